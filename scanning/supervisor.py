"""What the supervisor's page shows: counts, rates, refusals, devices. From rows, remembered for two seconds."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection

from events.models import Event
from scanning import undoing
from scanning.gates import gates_of
from scanning.models import Conflict, Device, Scan
from scanning.redemption import rule_of
from scanning.verdicts import words_of

FRESH_SECONDS = 2
ISSUED_SECONDS = 30
RATE_MINUTES = 30
SILENT_AFTER = timedelta(minutes=2)
LOW_BATTERY = 20
OLD_COPY_SECONDS = 300

# Tickets that came in at all, by list and gate; who is inside now, where exits are scanned.
ENTERED = """
SELECT e.check_in_list_id, e.gate_id, count(*), sum(e.entries), count(*) FILTER (WHERE e.left_at IS NULL OR e.left_at < e.admitted_at),
  max(e.admitted_at) FROM scanning_entry e JOIN scanning_checkinlist l ON l.id = e.check_in_list_id WHERE l.event_id = %s GROUP BY 1, 2
"""
TURNED_UP = """
SELECT count(DISTINCT e.ticket_id) FROM scanning_entry e JOIN scanning_checkinlist l ON l.id = e.check_in_list_id WHERE l.event_id = %s
"""
ISSUED = "SELECT count(*) FROM registrations_ticket WHERE event_id = %s AND voided_at IS NULL"
# Scans have ascending ids: the newest thousands are read backwards, however many there are.
RECENT = """
SELECT verdict, gate_id, direction, count(*), floor(extract(epoch FROM %(now)s - received_at) / 60)::int AS minutes_ago
FROM (SELECT verdict, gate_id, direction, received_at FROM scanning_scan WHERE event_id = %(event)s ORDER BY id DESC LIMIT 30000) newest
WHERE received_at > %(now)s - interval '30 minutes' GROUP BY 1, 2, 3, 5
"""


def figures_of(*, event: Event, now: datetime) -> dict[str, Any]:
    """Everything that is counted; plain values, so that any web server may have made them."""
    key = f"gate-figures:{event.pk}"
    found = cache.get(key)
    if found is None:
        found = _counted(event, now)
        cache.set(key, found, FRESH_SECONDS)
    return dict(found)


def _counted(event: Event, now: datetime) -> dict[str, Any]:
    gates = gates_of(event=event)
    lists = {gate.check_in_list_id: gate.check_in_list for gate in gates}
    entered = _rows(ENTERED, [event.pk])
    recent = _rows(RECENT, {"event": event.pk, "now": now})
    turned_up, issued = _rows(TURNED_UP, [event.pk])[0][0], _issued(event)
    per_minute = [0] * RATE_MINUTES
    for verdict, _, direction, number, minutes_ago in recent:
        if verdict == "admitted" and direction == "in" and 0 <= minutes_ago < RATE_MINUTES:
            per_minute[minutes_ago] += number
    return {
        "turned_up": turned_up,
        "issued": issued,
        "turnout": 100 * turned_up // issued if issued else 0,
        "inside": sum(row[4] for row in entered if rule_of(lists[row[0]]).exits)
        if any(rule_of(each).exits for each in lists.values())
        else None,
        "rate": round(sum(per_minute[:5]) / 5, 1),
        "per_minute": list(reversed(per_minute)),
        "most": max(*per_minute, 1),
        "gates": [
            {
                "name": gate.name,
                "list": gate.check_in_list.name,
                "entries": sum(row[3] for row in entered if row[1] == gate.pk),
                "rate": round(sum(row[3] for row in recent if row[:3] == ("admitted", gate.pk, "in") and row[4] < 5) / 5, 1),
                "refused": sum(row[3] for row in recent if row[1] == gate.pk and row[0] not in ("admitted", "exited")),
            }
            for gate in gates
        ],
        "lists": [
            {
                "pk": each.pk,
                "name": each.name,
                "entries": sum(row[3] for row in entered if row[0] == each.pk),
                "inside": sum(row[4] for row in entered if row[0] == each.pk) if rule_of(each).exits else None,
            }
            for each in lists.values()
        ],
        "refusals": _refusals(recent),
        "conflicts": Conflict.objects.filter(event=event).count(),
    }


def _issued(event: Event) -> int:
    key = f"gate-issued:{event.pk}"
    found = cache.get(key)
    if found is None:
        found = _rows(ISSUED, [event.pk])[0][0]
        cache.set(key, found, ISSUED_SECONDS)
    return int(found)


def _refusals(recent: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Reasons of the last half hour, the most frequent first."""
    counted: dict[str, int] = {}
    for verdict, _, _, number, _ in recent:
        if verdict not in ("admitted", "exited"):
            counted[verdict] = counted.get(verdict, 0) + number
    ordered = sorted(counted.items(), key=lambda each: -each[1])
    return [{"word": words_of(verdict).word, "sentence": words_of(verdict).sentence, "number": number} for verdict, number in ordered]


def devices_of(*, event: Event, now: datetime) -> list[Device]:
    """The event's devices, those that want a look first; each with `state`, `troubles` and `names`."""
    devices = list(Device.objects.filter(event=event).prefetch_related("gates").order_by("id"))
    for device in devices:
        device.state = state_of(device=device, now=now)  # type: ignore[attr-defined]
        device.troubles = _troubles(device, now)  # type: ignore[attr-defined]
    return sorted(devices, key=lambda device: (device.revoked_at is not None or device.ended_at is not None, not device.troubles))  # type: ignore[attr-defined]


def state_of(*, device: Device, now: datetime) -> str:
    """revoked, ended, waiting (its code was not used yet), late (nor in time), silent or working."""
    if device.revoked_at:
        return "revoked"
    if device.ended_at:
        return "ended"
    if device.claimed_at is None:
        return "waiting" if device.code_expires_at > now else "late"
    return "silent" if device.last_seen_at is None or now - device.last_seen_at > SILENT_AFTER else "working"


def _troubles(device: Device, now: datetime) -> list[str]:
    if device.state not in ("silent", "working"):  # type: ignore[attr-defined]
        return []
    said = []
    if device.state == "silent":  # type: ignore[attr-defined]
        said.append("No sign for more than 2 minutes")
    if device.battery is not None and device.battery < LOW_BATTERY:
        said.append("Battery low")
    if device.queue:
        said.append(f"{device.queue} not uploaded")
    if (device.copy_age_seconds or 0) > OLD_COPY_SECONDS:
        said.append("Copy is old")
    if abs(device.skew_ms or 0) > 60_000:
        said.append("Clock is wrong")
    return said


def last_scans(*, event: Event, most: int = 20) -> list[Scan]:
    """The newest attempts; each knows its words, and whether it was taken back."""
    scans = list(Scan.objects.filter(event=event).select_related("ticket__ticket_type", "gate", "device").order_by("-id")[:most])
    undone = undoing.undone(scans=scans)
    for scan in scans:
        scan.words = words_of(scan.verdict)  # type: ignore[attr-defined]
        scan.undone = scan.pk in undone  # type: ignore[attr-defined]
    return scans


def _rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
