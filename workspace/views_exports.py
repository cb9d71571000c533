"""Exports, reports and the jobs that make them."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import MAY, members_with
from events.access import event_for_member
from events.models import Event
from ticketing.lib import clock, spreadsheets
from workspace import exporting
from workspace.filters import Filter
from workspace.models import ExportSchedule, Job, Repeat
from workspace.sheets import REPORTS, SHEETS

LISTED = 30


def _sheet(request: HttpRequest, slug: str, what: str) -> Event:
    """The event, if the user may have this sheet of it."""
    if what not in SHEETS:
        raise Http404
    return event_for_member(user=request.user, slug=slug, to=SHEETS[what].permission)


@login_required
@require_safe
def order_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    event = _sheet(request, slug, "orders")
    return exporting.answer(event=event, what="orders", wanted=Filter.of(request.GET), form="csv")


@login_required
@require_safe
def attendee_csv(request: HttpRequest, slug: str) -> HttpResponseBase:
    event = _sheet(request, slug, "attendees")
    return exporting.answer(event=event, what="attendees", wanted=Filter.of(request.GET), form="csv")


@login_required
@require_safe
def export_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="view")
    role = members_with(user=request.user, to="finance").filter(organiser=event.organiser_id).exists()
    context = {
        "event": event,
        "tab": "exports",
        "sheets": {name: sheet for name, sheet in SHEETS.items() if role or sheet.permission != "finance"},
        "reports": REPORTS if role else (),
        "jobs": _jobs(request, event),
        "schedules": [
            {"row": row, "title": SHEETS[row.arguments["what"]].title}
            for row in ExportSchedule.objects.filter(event=event, ended_at=None).select_related("asked_by")
        ],
        "repeats": Repeat.choices,
    }
    return render(request, "workspace/export_list.html", context)


def _jobs(request: HttpRequest, event: Event) -> list[dict[str, Any]]:
    return [
        {"job": job, "title": _title(job)} for job in Job.objects.filter(event=event).select_related("asked_by").order_by("-id")[:LISTED]
    ]


def _title(job: Job) -> str:
    names = {"cancel": "Cancel and refund", "resend": "Send the mail again", "import": "Import of attendees"}
    return SHEETS[job.arguments["what"]].title if job.kind == "export" else names[job.kind]


@login_required
@require_POST
def export_new(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Small: the file at once. Large: a job with a page that says how far it is."""
    what = request.POST.get("what", "")
    event, wanted = _sheet(request, slug, what), Filter.of(request.POST)
    form = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
    if exporting.row_count(event=event, what=what, wanted=wanted, most=exporting.AT_ONCE + 1) <= exporting.AT_ONCE:
        return exporting.answer(event=event, what=what, wanted=wanted, form=form)
    job = exporting.ask(event=event, what=what, wanted=wanted, form=form, by=request.user, now=clock.now())
    return HttpResponseRedirect(reverse("workspace:job", args=[slug, job.pk]), status=303)


@login_required
@require_POST
def schedule_new(request: HttpRequest, slug: str) -> HttpResponse:
    what, every = request.POST.get("what", ""), request.POST.get("every", "")
    event = _sheet(request, slug, what)
    if every in Repeat.values:
        form = "xlsx" if request.POST.get("format") == "xlsx" else "csv"
        exporting.schedule(event=event, what=what, wanted=Filter.of(request.POST), form=form, every=every, by=request.user, now=clock.now())
        messages.info(request, f"The first one comes by mail to {request.user} in some minutes.")
    return redirect("workspace:export-list", slug=slug)


@login_required
@require_POST
def schedule_end(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    exporting.end_schedule(schedule=get_object_or_404(ExportSchedule, event=event, pk=pk), now=clock.now())
    return redirect("workspace:export-list", slug=slug)


def _job(request: HttpRequest, slug: str, pk: int) -> tuple[Event, Job]:
    """The job, for those who might have asked for it."""
    event = event_for_member(user=request.user, slug=slug, to="view")
    job = get_object_or_404(Job.objects.select_related("asked_by"), event=event, pk=pk)
    needed = SHEETS[job.arguments["what"]].permission if job.kind == "export" else "manage"
    if needed not in MAY or not members_with(user=request.user, to=needed).filter(organiser=event.organiser_id).exists():
        raise Http404
    return event, job


@login_required
@require_safe
def job(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event, found = _job(request, slug, pk)
    context = {"event": event, "tab": "exports", "job": found, "title": _title(found)}
    return render(request, "workspace/_job.html" if request.headers.get("HX-Request") else "workspace/job.html", context)


@login_required
@require_safe
def job_file(request: HttpRequest, slug: str, pk: int) -> HttpResponseBase:
    event, found = _job(request, slug, pk)
    if not found.file_name:
        raise Http404
    form = found.file_name.rsplit(".", 1)[-1]
    name = f"{found.arguments['what']}-{event.slug}.{form}"
    if settings.S3_BUCKET:  # a short-lived link; the bytes don't go through here
        disposition = {"ResponseContentDisposition": f'attachment; filename="{name}"', "ResponseContentType": spreadsheets.TYPES[form]}
        return HttpResponseRedirect(default_storage.url(found.file_name, parameters=disposition))  # type: ignore[call-arg]
    response = FileResponse(default_storage.open(found.file_name), content_type=spreadsheets.TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
