"""Import of attendees: upload, say which column is what, look at what would come of it, import."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from events.access import event_for_member
from events.models import Event
from ticketing.lib import clock
from workspace import foreign_csv, importing, jobs
from workspace.models import Import

AT_ONCE = 100  # rows; more take a job that works behind the page


class UploadForm(forms.Form):
    file = forms.FileField(label="CSV file", help_text="With a first line that names the columns. Up to 10 MB or 50,000 rows.")


@login_required
def import_new(request: HttpRequest, slug: str) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            row = importing.upload(event=event, file_name=file.name, content=file.read(), by=request.user, now=clock.now())
            return HttpResponseRedirect(reverse("workspace:import-map", args=[slug, row.pk]), status=303)
        except foreign_csv.BadFile as error:
            form.add_error("file", str(error))
    context = {"event": event, "tab": "attendees", "form": form}
    return render(request, "workspace/import_new.html", context, status=422 if form.errors else 200)


@login_required
def import_map(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    row = get_object_or_404(Import.objects.select_related("job"), event=event, pk=pk)
    row.event = event
    if row.job_id:
        return HttpResponseRedirect(reverse("workspace:job", args=[slug, row.job_id]), status=303)
    table = foreign_csv.read(row.content)
    if request.method == "POST":
        _remap(row, table, request.POST)
        if request.POST.get("act") == "import":
            return _begin(request, row)
        return HttpResponseRedirect(request.path, status=303)
    return render(request, "workspace/import_map.html", _context(event, row, table))


def _begin(request: HttpRequest, row: Import) -> HttpResponse:
    now = clock.now()
    job = importing.begin(row=row, by=request.user, now=now)
    if (job.total or 0) <= AT_ONCE:
        jobs.run(job_id=job.pk, now=now)
    return HttpResponseRedirect(reverse("workspace:job", args=[row.event.slug, job.pk]), status=303)


def _remap(row: Import, table: foreign_csv.Table, given: QueryDict) -> None:
    asked = [f"{foreign_csv.QUESTION}{question.pk}" for question in importing.importable(event=row.event)]
    columns = {field: name for field in (*foreign_csv.FIELDS, *asked) if (name := given.get(f"column-{field}", "")) in table.head}
    ours = {str(pk): pk for pk in row.event.ticket_types.values_list("pk", flat=True)}
    names = importing.type_names(table, columns)
    chosen = {name: given.get(f"type-{number}", "") for number, name in enumerate(importing.type_names(table, row.mapping["columns"]))}
    types = {name: ours[chosen[name]] for name in names if chosen.get(name) in ours}
    importing.remap(row=row, columns=columns, types=types, mail=given.get("mail") == "yes")


def _context(event: Event, row: Import, table: foreign_csv.Table) -> dict[str, Any]:
    columns = row.mapping["columns"]
    asked = [(f"{foreign_csv.QUESTION}{question.pk}", question.label) for question in importing.importable(event=event)]
    labels = [(field, label) for field, (label, _) in foreign_csv.FIELDS.items()]
    return {
        "event": event,
        "tab": "attendees",
        "row": row,
        "head": table.head,
        "fields": [{"name": field, "label": label, "chosen": columns.get(field, "")} for field, label in [*labels, *asked]],
        "types": [{"name": name, "chosen": row.mapping["types"].get(name)} for name in importing.type_names(table, columns)],
        "kinds": list(event.ticket_types.filter(archived_at=None)),
        "plan": importing.plan(row=row),
    }
