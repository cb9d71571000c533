"""The supervisor's pages: live counts, devices, lists, conflicts; undo and exits."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST, require_safe

from events.access import event_for_member
from events.models import Event
from registrations.ticket_pdf.qr import qr_svg
from scanning import conflicts, devices, gates, lists, supervisor, undoing
from scanning import setup as set_up
from scanning.access import gate_event_for_member
from scanning.forms import DeviceForm, PolicyForm, ReasonForm
from scanning.list_form import ListForm, WindowForms
from scanning.models import CheckInList, Device, Scan, Verdict
from scanning.redemption import rule_of
from scanning.rules import BadRule
from ticketing.lib import clock
from ticketing.lib.site import absolute

SHOWN_CONFLICTS = 200


def _page(request: HttpRequest, template: str, event: Event, tab: str, more: dict[str, Any], status: int = 200) -> HttpResponse:
    context = {"gate_event": event, "zone": event.time_zone, "tab": tab, "may_manage": _may_manage(request, event)}
    return render(request, template, context | more, status=status)


def _may_manage(request: HttpRequest, event: Event) -> bool:
    try:
        return bool(event_for_member(user=request.user, slug=event.slug, to="manage"))
    except Http404:
        return False


@login_required
@require_safe
def live(request: HttpRequest, slug: str) -> HttpResponse:
    """The page, and for its own polling only what moves."""
    event, now = gate_event_for_member(user=request.user, slug=slug), clock.now()
    shown = {
        "figures": supervisor.figures_of(event=event, now=now),
        "scans": supervisor.last_scans(event=event),
        "devices": [device for device in supervisor.devices_of(event=event, now=now) if device.state not in ("revoked", "ended")],  # type: ignore[attr-defined]
        "now": now,
    }
    return _page(request, "scanning/_live.html" if request.headers.get("HX-Request") else "scanning/supervisor.html", event, "live", shown)


@login_required
def undo_new(request: HttpRequest, slug: str, scan: int) -> HttpResponse:
    """Take an entry back, with the reason."""
    event = gate_event_for_member(user=request.user, slug=slug)
    found = get_object_or_404(Scan.objects.select_related("ticket__ticket_type", "gate"), event=event, pk=scan, verdict=Verdict.ADMITTED)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if undoing.undo(scan=found, reason=form.cleaned_data["reason"], now=clock.now(), user=request.user):
            messages.info(request, "Taken back. The ticket may come in again.")
        else:
            messages.warning(request, "It was taken back already.")
        return redirect("scanning:supervisor", slug=slug)
    return _page(request, "scanning/undo.html", event, "live", {"scan": found, "form": form}, status=422 if form.errors else 200)


@login_required
def device_list(request: HttpRequest, slug: str) -> HttpResponse:
    event, now = gate_event_for_member(user=request.user, slug=slug), clock.now()
    form = DeviceForm(request.POST if request.method == "POST" else None, gates=gates.gates_of(event=event))
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        made = devices.make(event=event, name=typed["name"], gates=typed["gates"], kiosk=typed["kiosk"], now=now, made_by=request.user)
        return redirect("scanning:device", slug=slug, device=made.pk)
    shown = {"devices": supervisor.devices_of(event=event, now=now), "form": form, "now": now}
    return _page(request, "scanning/devices.html", event, "devices", shown, status=422 if form.errors else 200)


@login_required
@require_safe
def device(request: HttpRequest, slug: str, device: int) -> HttpResponse:
    """The one-time code, as large as it can be: the phone reads it off this screen."""
    event, now = gate_event_for_member(user=request.user, slug=slug), clock.now()
    found = get_object_or_404(Device, event=event, pk=device)
    state, link = supervisor.state_of(device=found, now=now), absolute(f"/gate/open/{found.code}/")
    code = "-".join(found.code[at : at + 4] for at in (0, 4, 8)) if found.code else ""
    drawn = mark_safe(qr_svg(link).replace("Ticket code", "Opens the gate")) if state == "waiting" else ""  # safe: drawn by us
    shown = {"device": found, "state": state, "link": link, "code": code, "qr": drawn, "now": now}
    return _page(request, "scanning/device.html", event, "devices", shown)


@login_required
@require_POST
def device_revocation(request: HttpRequest, slug: str, device: int) -> HttpResponse:
    event = gate_event_for_member(user=request.user, slug=slug)
    found = get_object_or_404(Device, event=event, pk=device)
    if devices.revoke(device=found, now=clock.now()):
        messages.info(request, f"{found.name} is shut out. It wipes its data when it next has a network.")
    return redirect("scanning:devices", slug=slug)


@login_required
@require_POST
def device_code(request: HttpRequest, slug: str, device: int) -> HttpResponse:
    event = gate_event_for_member(user=request.user, slug=slug)
    devices.renew_code(device=get_object_or_404(Device, event=event, pk=device), now=clock.now())
    return redirect("scanning:device", slug=slug, device=device)


@login_required
def list_list(request: HttpRequest, slug: str) -> HttpResponse:
    """Lists, gates, and what the lists do not decide."""
    event = event_for_member(user=request.user, slug=slug, to="manage")
    policy = {"unlisted": set_up.policy_of(event=event), "codes": set_up.codes_of(event=event)}
    form = PolicyForm(request.POST if request.method == "POST" else None, initial=policy)
    if request.method == "POST" and form.is_valid():
        set_up.set_policy(event=event, unlisted=form.cleaned_data["unlisted"])
        set_up.set_codes(event=event, shown=form.cleaned_data["codes"], now=clock.now())
        messages.info(request, "Saved. Phones know it within half a minute.")
        return redirect("scanning:lists", slug=slug)
    found = list(CheckInList.objects.filter(event=event).prefetch_related("ticket_types", "gates").order_by("id"))
    for each in found:
        each.parsed = rule_of(each)  # type: ignore[attr-defined]
    return _page(request, "scanning/lists.html", event, "lists", {"lists": found, "gates": gates.gates_of(event=event), "form": form})


@login_required
def list_edit(request: HttpRequest, slug: str, pk: int | None = None) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    found = get_object_or_404(CheckInList, event=event, pk=pk) if pk else None
    initial = {"name": found.name, "ticket_types": found.ticket_types.all()} if found else {}
    known: dict[str, Any] = {"event": event} | ({"rule": rule_of(found)} if found else {})
    posted = request.POST if request.method == "POST" else None
    form, windows = ListForm(posted, initial=initial, **known), WindowForms(posted, **known)
    if posted is not None and form.is_valid() & windows.is_valid():
        typed, rule = form.cleaned_data, form.rule_for_verb(windows.windows)
        try:
            lists.save_list(event=event, check_in_list=found, name=typed["name"], rule=rule, types=typed["ticket_types"])
        except BadRule as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("scanning:lists", slug=slug)
    return _page(
        request,
        "scanning/list.html",
        event,
        "lists",
        {"form": form, "windows": windows, "list": found},
        status=422 if form.errors or not (posted is None or windows.is_valid()) else 200,
    )


@login_required
@require_POST
def gate_list(request: HttpRequest, slug: str, gate: int) -> HttpResponse:
    event = event_for_member(user=request.user, slug=slug, to="manage")
    chosen = request.POST.get("list", "")
    found = get_object_or_404(CheckInList, event=event, pk=chosen if chosen.isdecimal() and len(chosen) < 18 else 0)
    lists.give_gate(gate=gates.chosen_gate(event=event, gate_id=str(gate)), check_in_list=found)
    return redirect("scanning:lists", slug=slug)


@login_required
@require_POST
def exits(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Everybody is out, now."""
    event, now = gate_event_for_member(user=request.user, slug=slug), clock.now()
    found = get_object_or_404(CheckInList, event=event, pk=pk)
    out = undoing.let_all_out(check_in_list=found, at=now, now=now, steward=request.user)
    messages.info(request, f"{out:,} people noted as out.")
    return redirect("scanning:supervisor", slug=slug)


@login_required
@require_safe
def conflict_list(request: HttpRequest, slug: str) -> HttpResponse:
    event = gate_event_for_member(user=request.user, slug=slug)
    found = list(conflicts.conflicts_of(event=event)[:SHOWN_CONFLICTS])
    return _page(request, "scanning/conflicts.html", event, "conflicts", {"conflicts": found})


@login_required
@require_safe
def conflict_export(request: HttpRequest, slug: str) -> StreamingHttpResponse:
    event = gate_event_for_member(user=request.user, slug=slug)
    response = StreamingHttpResponse(conflicts.as_csv(event=event), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="conflicts-{event.slug}.csv"'
    return response
