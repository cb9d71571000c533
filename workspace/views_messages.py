"""Messages to buyers and attendees, and the mail of an event."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from events import times
from events.access import event_for_member
from events.models import Event
from outbox import post
from outbox.models import Mail
from ticketing.lib import clock
from workspace import messaging, texts
from workspace.filters import Filter
from workspace.models import Message, MessageTemplate

LISTED, PAGE = 50, 50
WAITING = Q(sent_at=None, given_up_at=None)
MAIL_STATES = {"waiting": WAITING, "sent": Q(sent_at__isnull=False), "failed": Q(given_up_at__isnull=False)}
MAIL_KINDS = {"order_confirmation": "Confirmation", "order_cancelled": "Cancellation", "message": "Message", "export_ready": "Export"}


class MessageForm(forms.Form):
    to = forms.ChoiceField(choices=[("buyers", "Buyers"), ("attendees", "Attendees")], label="To", widget=forms.RadioSelect)
    title = forms.CharField(max_length=150, label="Subject")
    body = forms.CharField(
        label="Text",
        max_length=20_000,
        widget=forms.Textarea(attrs={"class": "tall"}),
        help_text="Markdown: **bold**, [a link](https://…), lists.",
    )
    keep_as = forms.CharField(max_length=80, required=False, label="Keep the text as a template under this name")

    def clean(self) -> dict[str, Any]:
        for name in ("title", "body"):
            if unknown := texts.unknown_placeholders(self.cleaned_data.get(name, "")):
                self.add_error(name, f"There is no placeholder {{{unknown[0]}}}. The list beside the text shows those that there are.")
        return self.cleaned_data


class SendForm(forms.Form):
    send_at = forms.DateTimeField(
        required=False, label="Not before", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )


@login_required
@require_safe
def message_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    rows = Message.objects.filter(event=event).select_related("written_by").order_by("-id")[:LISTED]
    return render(request, "workspace/message_list.html", {"event": event, "tab": "messages", "rows": rows})


@login_required
def message_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    wanted = Filter.of(request.POST if request.method == "POST" else request.GET)
    template = _template(event, request.GET.get("template", ""))
    initial = {"to": "attendees" if request.GET.get("to") == "attendees" else "buyers"}
    form = MessageForm(request.POST or None, initial=initial | ({"title": template.subject, "body": template.body} if template else {}))
    if request.method == "POST" and form.is_valid():
        audience = {"to": form.cleaned_data["to"]} | wanted.as_dict()
        typed = {"subject": form.cleaned_data["title"], "body": form.cleaned_data["body"]}
        made = messaging.draft(event=event, audience=audience, by=request.user, now=clock.now(), **typed)
        _keep_template(event, form)
        return HttpResponseRedirect(reverse("workspace:message", args=[slug, made.pk]), status=303)
    return _form_page(request, event, form, wanted, None)


def _template(event: Event, pk: str) -> MessageTemplate | None:
    return (
        MessageTemplate.objects.filter(organiser=event.organiser, pk=int(pk)).first()
        if pk.isascii() and pk.isdigit() and len(pk) < 19
        else None
    )


def _keep_template(event: Event, form: MessageForm) -> None:
    if name := form.cleaned_data["keep_as"]:
        messaging.keep_template(event=event, name=name, subject=form.cleaned_data["title"], body=form.cleaned_data["body"])


def _form_page(request: HttpRequest, event: Event, form: MessageForm, wanted: Filter, message: Message | None) -> HttpResponse:
    facts = texts.facts_of(event=event, order=None)
    body = str(form["body"].value() or "")
    context = {
        "event": event,
        "tab": "messages",
        "form": form,
        "wanted": wanted,
        "message": message,
        "reach": messaging.reach(event=event, audience={"to": form["to"].value()} | wanted.as_dict()),
        "placeholders": texts.PLACEHOLDERS,
        "templates": MessageTemplate.objects.filter(organiser=event.organiser),
        "html": mark_safe(texts.as_html(body, facts)),
        "send_form": SendForm(),
    }
    return render(request, "workspace/message_form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """As the mail will read, with an example's facts."""
    event = event_for_member(user=request.user, slug=slug, to="manage")
    facts, body = texts.facts_of(event=event, order=None), request.POST.get("body", "")[:20_000]
    context = {
        "subject": texts.as_subject(request.POST.get("title", "")[:150], facts),
        "html": mark_safe(texts.as_html(body, facts)),
        "unknown": texts.unknown_placeholders(body),
    }
    return render(request, "workspace/_message_preview.html", context)


def _message(request: HttpRequest, slug: str, pk: int) -> tuple[Event, Message]:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    message = get_object_or_404(Message.objects.select_related("written_by"), event=event, pk=pk)
    message.event = event
    return event, message


def _to_message(message: Message) -> HttpResponse:
    return HttpResponseRedirect(reverse("workspace:message", args=[message.event.slug, message.pk]), status=303)


@login_required
def message_page(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A draft to write on, or what became of a message."""
    event, message = _message(request, slug, pk)
    wanted = Filter.of(message.audience)
    if message.state != "draft":
        return _sent_page(request, event, message, wanted)
    initial = {"to": message.audience.get("to", "buyers"), "title": message.subject, "body": message.body}
    form = MessageForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        audience = {"to": form.cleaned_data["to"]} | wanted.as_dict()
        messaging.rewrite(message=message, subject=form.cleaned_data["title"], body=form.cleaned_data["body"], audience=audience)
        _keep_template(event, form)
        messages.info(request, "Saved.")
        return _to_message(message)
    return _form_page(request, event, form, wanted, message)


def _reach(message: Message) -> messaging.Reach:
    """Of its gathered recipients, or of its audience as it is now."""
    if message.gathered_at:
        return messaging.Reach(addresses=message.recipients.count(), more=False)
    return messaging.reach(event=message.event, audience=message.audience)


def _sent_page(request: HttpRequest, event: Event, message: Message, wanted: Filter) -> HttpResponse:
    facts = texts.facts_of(event=event, order=None)
    context = {
        "event": event,
        "tab": "messages",
        "message": message,
        "wanted": wanted,
        "reach": _reach(message),
        "owed": message.recipients.filter(owed_at__isnull=False).count(),
        "html": mark_safe(texts.as_html(message.body, facts)),
    }
    return render(request, "workspace/message.html", context)


@login_required
@require_POST
def message_test(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    _, message = _message(request, slug, pk)
    address = request.user.email  # type: ignore[union-attr]
    messaging.send_test(message=message, to=address, now=clock.now())
    messages.info(request, f"A test goes to {address}.")
    return _to_message(message)


@login_required
@require_POST
def message_send(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event, message = _message(request, slug, pk)
    form, now = SendForm(request.POST), clock.now()
    try:
        typed = form.cleaned_data["send_at"] if form.is_valid() else None
        at = times.to_utc(typed.replace(tzinfo=None), event.time_zone) if typed else now
        messaging.send(message=message, at=at, now=now)
    except (messaging.NotSendable, times.NoSuchTime) as refusal:
        messages.warning(request, str(refusal))
    return _to_message(message)


@login_required
@require_POST
def message_stop(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    _, message = _message(request, slug, pk)
    taken_back = messaging.stop(message=message, now=clock.now())
    messages.info(request, f"Stopped. {taken_back} mail{'s' if taken_back != 1 else ''} that waited will not be sent.")
    return _to_message(message)


@login_required
@require_safe
def outbox(request: HttpRequest, slug: str) -> HttpResponse:
    """What was sent to this event's people, what waits, what failed."""
    event = event_for_member(user=request.user, slug=slug, to="manage")
    state, text, before = request.GET.get("state", ""), request.GET.get("q", "")[:100].strip(), request.GET.get("before", "")
    rows = Mail.objects.filter(event_id=event.pk).defer("message").order_by("-id")
    rows = rows.filter(MAIL_STATES[state]) if state in MAIL_STATES else rows
    rows = rows.filter(to__istartswith=text) if text else rows
    rows = rows.filter(pk__lt=int(before)) if before.isascii() and before.isdigit() and len(before) < 19 else rows
    found = list(rows[: PAGE + 1])
    for mail in found:
        mail.title = MAIL_KINDS.get(mail.kind, mail.kind)  # type: ignore[attr-defined]
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    context = {"event": event, "tab": "messages", "rows": found[:PAGE], "more": more, "state": state, "states": MAIL_STATES, "q": text}
    return render(request, "workspace/outbox.html", context)


@login_required
@require_POST
def outbox_retry(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    post.try_again(mails=[get_object_or_404(Mail, event_id=event.pk, pk=pk)], now=clock.now())
    messages.info(request, "It is tried again now.")
    return redirect("workspace:outbox", slug=slug)
