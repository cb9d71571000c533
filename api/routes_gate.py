"""Scanning, and what gates go by."""

from typing import Any, Literal

from django.http import HttpResponse
from ninja import Router
from pydantic import Field

from api import order_shapes, words
from api.access import event_for, gates_for
from api.answers import done, shown
from api.models import Scope
from api.problem import invalid
from api.reference import op
from api.routes_events import Slug
from scanning import redemption
from scanning.gates import gates_of
from scanning.models import CheckInList
from ticketing.lib import clock

router = Router(tags=["Gates"])


class ScanNew(words.Sent):
    code: words.text(400, least=1) = Field(description="What was read, or a serial that was typed.")  # type: ignore[valid-type]
    gate: words.Id | None = Field(None, description="By itself the event's first.")
    direction: Literal["in", "out"] = "in"
    nonce: words.text(40) = Field("", description="Your own key of this attempt: sent again, it is the same scan.")  # type: ignore[valid-type]


@router.post("/{slug}/scans", **op("Scan", Scope.SCANS_WRITE, order_shapes.ScanAnswer))
def scan_new(request: Any, slug: Slug, sent: ScanNew) -> HttpResponse:
    """Admit a ticket, once. Whatever is read gets a verdict; `let_in` says whether the person may pass."""
    gates = gates_for(request, slug)
    gate = next((gate for gate in gates if sent.gate is None or gate.pk == sent.gate), None)
    if gate is None:
        raise invalid("gate", "This event has no such gate.")
    answer = redemption.redeem(gate=gate, presented=sent.code.strip(), direction=sent.direction, nonce=sent.nonce or None, now=clock.now())
    return done(order_shapes.scan_answer(answer))


@router.get("/{slug}/gates", **op("List gates", Scope.SCANS_WRITE, order_shapes.Gates))
def gate_list(request: Any, slug: Slug) -> HttpResponse:
    return shown(request, {"items": [order_shapes.gate(gate) for gate in gates_of(event=event_for(request, slug))]})


@router.get("/{slug}/check-in-lists", **op("List check-in lists", Scope.SCANS_WRITE, order_shapes.Lists))
def list_list(request: Any, slug: Slug) -> HttpResponse:
    event = event_for(request, slug)
    gates_of(event=event)  # every event has a list from the first look on
    rows = CheckInList.objects.filter(event=event).prefetch_related("ticket_types").order_by("id")
    return shown(request, {"items": [order_shapes.check_in_list(row) for row in rows]})
