"""Scanning, and what gates go by."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from pydantic import Field

from api import gate_shapes, repeats, words
from api.access import event_for, gates_for
from api.answers import done, page, shown
from api.models import Scope
from api.problem import invalid
from api.reference import changing, op
from api.routes_events import Slug
from api.routes_orders import number_of
from api.routes_public import After, Limit
from api.routes_types import Pk
from scanning import redemption, undoing
from scanning.gates import add_gate, gates_of
from scanning.models import CheckInList, Scan
from ticketing.lib import clock

router = Router(tags=["Gates"])


class ScanNew(words.Sent):
    code: words.text(400, least=1) = Field(description="What was read, or a serial that was typed.")  # type: ignore[valid-type]
    gate: words.Id | None = Field(None, description="By itself the event's first.")
    direction: Literal["in", "out"] = "in"
    nonce: words.text(40) = Field("", description="Your own key of this attempt: sent again, it is the same scan.")  # type: ignore[valid-type]


@router.post("/{slug}/scans", **op("Scan", Scope.SCANS_WRITE, gate_shapes.ScanAnswer))
def scan_new(request: Any, slug: Slug, sent: ScanNew) -> HttpResponse:
    """Admit a ticket, once. Whatever is read gets a verdict; `let_in` says whether the person may pass."""
    gates = gates_for(request, slug)
    gate = next((gate for gate in gates if sent.gate is None or gate.pk == sent.gate), None)
    if gate is None:
        raise invalid("gate", "This event has no such gate.")
    answer = redemption.redeem(gate=gate, presented=sent.code.strip(), direction=sent.direction, nonce=sent.nonce or None, now=clock.now())
    return done(gate_shapes.scan_answer(answer))


class UndoNew(words.Sent):
    reason: words.text(120, least=1) = Field(description="For the team: why the admission is taken back.")  # type: ignore[valid-type]


class GateNew(words.Sent):
    name: words.text(80, least=1)  # type: ignore[valid-type]


@router.get("/{slug}/scans", **op("List scans", Scope.ORDERS_READ, gate_shapes.Scans))
def scan_list(
    request: Any,
    slug: Slug,
    verdict: Annotated[str, Query(pattern="^[a-z_]{0,20}$", description="Only scans with this verdict, such as admitted.")] = "",
    limit: Limit = 50,
    after: After = "",
) -> HttpResponse:
    """Every attempt, the newest first."""
    event = event_for(request, slug)
    rows = Scan.objects.filter(event=event).select_related("gate", "ticket__ticket_type", "ticket__order").order_by("-id")
    if verdict:
        rows = rows.filter(verdict=verdict)
    if after:
        rows = rows.filter(pk__lt=number_of(after))
    found, following = page(list(rows[: limit + 1]), limit=limit, place=lambda scan: (scan.scanned_at, scan.pk))
    back = undoing.undone(scans=list(found))
    return shown(request, {"items": [gate_shapes.scan(row, undone=row.pk in back) for row in found], "next": following})


@router.post("/{slug}/scans/{pk}/undo", **changing("Take an admission back", Scope.SCANS_WRITE, gate_shapes.ScanShape))
@repeats.once(together=True)
def scan_undo(request: Any, slug: Slug, pk: Pk, sent: UndoNew) -> HttpResponse:
    """The ticket may enter again. What was no admission, or is taken back already, stays as it is."""
    rows = Scan.objects.select_related("gate", "ticket__ticket_type", "ticket__order")
    scan = get_object_or_404(rows, event=event_for(request, slug), pk=pk)
    undoing.undo(scan=scan, reason=sent.reason, now=clock.now())
    return done(gate_shapes.scan(scan, undone=bool(undoing.undone(scans=[scan]))))


@router.post("/{slug}/gates", **changing("Add a gate", Scope.EVENTS_WRITE, gate_shapes.GateShape, status=201))
@repeats.once(together=True)
def gate_new(request: Any, slug: Slug, sent: GateNew) -> HttpResponse:
    """On the event's first check-in list. The same name again is the same gate."""
    event = event_for(request, slug)
    gates_of(event=event)
    return done(gate_shapes.gate(add_gate(event=event, name=sent.name)), status=201)


@router.get("/{slug}/gates", **op("List gates", Scope.SCANS_WRITE, gate_shapes.Gates))
def gate_list(request: Any, slug: Slug) -> HttpResponse:
    return shown(request, {"items": [gate_shapes.gate(gate) for gate in gates_of(event=event_for(request, slug))]})


@router.get("/{slug}/check-in-lists", **op("List check-in lists", Scope.SCANS_WRITE, gate_shapes.Lists))
def list_list(request: Any, slug: Slug) -> HttpResponse:
    event = event_for(request, slug)
    gates_of(event=event)  # every event has a list from the first look on
    rows = CheckInList.objects.filter(event=event).prefetch_related("ticket_types").order_by("id")
    return shown(request, {"items": [gate_shapes.check_in_list(row) for row in rows]})
