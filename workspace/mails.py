"""What the desk writes by mail. The outbox calls these by name when it sends."""

from collections.abc import Mapping

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse

from events.models import Event
from ticketing.lib import languages
from ticketing.lib.site import absolute
from workspace import texts, unsubscribing
from workspace.models import Job, Recipient
from workspace.sheets import SHEETS


def message(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """A message to one of its recipients. None when it was stopped, or the order has gone."""
    found = (
        Recipient.objects.select_related("message__event__organiser", "order__event", "ticket__ticket_type").filter(pk=subject_id).first()
    )
    if found is None or found.message.stopped_at is not None:
        return None
    event = found.message.event
    if unsubscribing.is_unsubscribed(organiser_id=event.organiser_id, email=to):
        return None
    with languages.speaking(found.order.spoken if found.order else event.language):
        facts = texts.facts_of(event=event, order=found.order, ticket=found.ticket)
        return written(event=event, subject=found.message.subject, body=found.message.body, facts=facts, to=to)


def written(*, event: Event, subject: str, body: str, facts: Mapping[str, str], to: str) -> EmailMultiAlternatives:
    """The whole mail; replies go to the organiser."""
    token = unsubscribing.token_for(organiser_id=event.organiser_id, email=to)
    unsubscribe = absolute(reverse("workspace:unsubscribe", args=[token]))
    context = {
        "event": event,
        "organiser": event.organiser,
        "link": facts["link"],
        "site_name": settings.SITE_NAME,
        "unsubscribe": unsubscribe,
    }
    plain = render_to_string("emails/workspace/message.txt", context | {"body": texts.as_plain(body, facts)})
    mail = EmailMultiAlternatives(subject=texts.as_subject(subject, facts), body=plain, to=[to], reply_to=[event.organiser.email])
    mail.attach_alternative(render_to_string("emails/workspace/message.html", context | {"body": texts.as_html(body, facts)}), "text/html")
    # RFC 8058: the mail program's own button posts there, without a page.
    mail.extra_headers |= {"List-Unsubscribe": f"<{unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return mail


def export_ready(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """A scheduled export's link. None when its file is deleted already."""
    job = Job.objects.select_related("event", "schedule").exclude(file_name="").filter(pk=subject_id).first()
    if job is None:
        return None
    title = SHEETS[job.arguments["what"]].title
    link = absolute(reverse("workspace:job", args=[job.event.slug, job.pk]))
    context = {"event": job.event, "title": title, "rows": job.outcome.get("rows"), "link": link, "site_name": settings.SITE_NAME}
    mail = EmailMultiAlternatives(
        subject=f"{title} of {job.event.name}", body=render_to_string("emails/workspace/export_ready.txt", context), to=[to]
    )
    mail.attach_alternative(render_to_string("emails/workspace/export_ready.html", context), "text/html")
    return mail
