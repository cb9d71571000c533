"""The gate's answer to who came in with an order's tickets (registrations.attendance)."""

from collections.abc import Collection

from registrations.attendance import Attendance
from registrations.models import Order
from scanning.models import Entry, Scan


def entered(ticket_ids: Collection[int]) -> set[int]:
    return set(Entry.objects.filter(ticket_id__in=ticket_ids).values_list("ticket_id", flat=True))


def of_order(order: Order) -> list[Attendance]:
    scans = Scan.objects.filter(ticket__order=order).select_related("ticket", "gate").order_by("scanned_at")
    return [
        Attendance(attendee=scan.ticket.attendee_name, verdict=scan.verdict, gate=scan.gate.name, at=scan.scanned_at)
        for scan in scans
        if scan.ticket is not None
    ]
