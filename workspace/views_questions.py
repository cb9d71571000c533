"""What an event asks its buyers, and the answers of one order."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from events import questions, series_changes
from events.access import event_for_member
from events.models import Event, Question
from events.views_series import for_other_dates
from registrations import answer_files, answers
from registrations.questionnaire import check, lay_out
from registrations.refusals import Refused
from ticketing.lib import clock
from workspace.access import order_for_member
from workspace.question_form import QuestionForm


@login_required
@require_safe
def question_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    found = questions.asked(event_id=event.pk)
    kinds = {kind.pk: kind.name for kind in event.ticket_types.only("id", "name", "position", "event_id")}
    labels = {question.pk: question.label for question in found}
    rows = [
        {
            "question": question,
            "kinds": [kinds[pk] for pk in sorted(question.type_ids) if pk in kinds],  # type: ignore[attr-defined]
            "waits_for": labels.get(question.shown_if_id or 0),
        }
        for question in found
    ]
    return render(request, "workspace/question_list.html", {"event": event, "tab": "tickets", "rows": rows})


@login_required
def question_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    return _form_page(request, event, Question(event=event), "New question")


@login_required
def question_edit(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    return _form_page(request, event, get_object_or_404(Question, event=event, pk=pk, archived_at=None), "Change the question")


def _form_page(request: HttpRequest, event: Event, question: Question, heading: str) -> HttpResponse:
    form = QuestionForm(request.POST or None, event=event, question=question)
    if request.method == "POST" and form.is_valid():
        was, kinds = series_changes.name_of(question), list(form.cleaned_data["ticket_types"])
        saved = questions.save(event=event, question=question, fields=form.fields_for_verb(), kinds=kinds)
        for_other_dates(request, event=event, part=saved, was=was, scope=form.cleaned_data.get("scope"))
        return HttpResponseRedirect(reverse("workspace:question-list", args=[event.slug]), status=303)
    context = {"event": event, "tab": "tickets", "form": form, "heading": heading, "question": question}
    return render(request, "workspace/question_form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def question_archive(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    question = get_object_or_404(Question, event=event, pk=pk)
    questions.archive(question=question, now=clock.now())
    messages.info(request, "Not asked any more. Answers that were given stay with their orders.")
    for_other_dates(request, event=event, part=question, was=question.label, scope=request.POST.get("scope"))
    return redirect("workspace:question-list", slug=slug)


@login_required
@require_POST
def question_move(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    questions.move(question=get_object_or_404(Question, event=event, pk=pk, archived_at=None), up=request.POST.get("to") == "up")
    return redirect("workspace:question-list", slug=slug)


@login_required
def answers_edit(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """All answers of one order, as the buyer gave them."""
    event, order = order_for_member(user=request.user, slug=slug, code=code, to="manage")
    places, now = answers.places_of(order=order), clock.now()
    sent = request.method == "POST"
    lay_out(
        questions=questions.asked(event_id=event.pk),
        places=places,
        typed=request.POST if sent else None,
        files=request.FILES if sent else None,
    )
    errors = []
    if sent:
        answer_files.keep_uploads(event_id=event.pk, places=places, now=now)
        errors = check(places=places)
        try:
            if not errors:
                answers.change(order=order, places=places, now=now)
                messages.info(request, "Answers changed.")
                return HttpResponseRedirect(reverse("workspace:order-manage", args=[slug, code]), status=303)
        except Refused as refusal:
            errors = [("main", str(refusal))]
    context = {"event": event, "tab": "orders", "order": order, "places": places, "errors": errors}
    return render(request, "workspace/answers_form.html", context, status=422 if errors else 200)


@login_required
@require_safe
def answer_file(request: HttpRequest, slug: str, code: str, token: str) -> HttpResponseBase:
    _, order = order_for_member(user=request.user, slug=slug, code=code, to="view")
    return answer_files.download(order=order, token=token)
