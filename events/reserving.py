"""Vouchers that reserve places; and the one door to Promotion.reserved and reserved_free.

The places are claimed in their quotas when the voucher is made. A hold that uses it takes them from the
voucher and the rest, if any, from the quotas; what the hold gives back goes to the voucher. When the
voucher is withdrawn or its time is over, what nobody uses goes back on sale: at once, and by a sweep what
comes back later. Promotion before quota, as everywhere.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from events import inventory
from events.models import Event, Promotion, TicketType
from events.pages import changed
from events.promotions import UsedUp

LEFT = "SELECT reserved_free FROM events_promotion WHERE id = %s FOR NO KEY UPDATE"
TAKE = "UPDATE events_promotion SET reserved_free = reserved_free - %s WHERE id = %s AND reserved_free >= %s"
GIVE_BACK = "UPDATE events_promotion SET reserved_free = reserved_free + %s WHERE id = %s"


class ReserveInUse(Exception):
    """Fewer places, or another type, than holds and orders have from this voucher."""

    code = "reserve_in_use"

    def __init__(self, used: int) -> None:
        super().__init__(
            f"{used} of the reserved places {'is' if used == 1 else 'are'} used already. Reserve at least that many, of this type."
        )
        self.used = used


def take(*, promotion_id: int, at_most: int) -> int:
    """As many of the reserved places as there are, up to `at_most`. The row is locked before it is read."""
    with connection.cursor() as cursor:
        cursor.execute(LEFT, [promotion_id])
        places = min(at_most, int(cursor.fetchone()[0]))
    if places:
        take_exactly(promotion_id=promotion_id, places=places)
    return places


def take_exactly(*, promotion_id: int, places: int) -> None:
    """UsedUp when fewer are left."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [places, promotion_id, places])
        if cursor.rowcount != 1:
            raise UsedUp()


def give_back(*, promotion_id: int, places: int) -> None:
    """To the voucher; a CHECK refuses more than it reserved. If it has ended, the sweep puts them on sale."""
    with connection.cursor() as cursor:
        cursor.execute(GIVE_BACK, [places, promotion_id])


def type_id(*, promotion_id: int) -> int:
    """The type whose places it reserves. It can't change while some are in use."""
    return int(Promotion.objects.values_list("reserves_id", flat=True).get(pk=promotion_id) or 0)


def reserve(*, promotion: Promotion, kind: TicketType | None, places: int) -> None:
    """Let the voucher reserve just these. SoldOut when they are not free, ReserveInUse when more are used."""
    wanted_id, places = (kind.pk, places) if kind and places else (None, 0)
    with transaction.atomic():
        row = Promotion.objects.select_for_update(no_key=True).get(pk=promotion.pk)
        used = row.reserved - row.reserved_free
        if used and (places < used or wanted_id != row.reserves_id):
            raise ReserveInUse(used)
        if wanted_id != row.reserves_id:
            _put_on_sale(row)
        more = places - row.reserved
        row.reserves_id, row.reserved, row.reserved_free = wanted_id, places, row.reserved_free + more
        row.save(update_fields=["reserves", "reserved", "reserved_free"])
        if more > 0 and wanted_id:
            inventory.claim(needs=inventory.quota_needs(quantities={wanted_id: more}))
        elif more < 0 and wanted_id:
            inventory.release(needs=inventory.quota_needs(quantities={wanted_id: -more}))
    promotion.reserves_id, promotion.reserved, promotion.reserved_free = row.reserves_id, row.reserved, row.reserved_free


def _put_on_sale(row: Promotion) -> int:
    """What nobody uses; the row is locked."""
    free = row.reserved_free
    if free and row.reserves_id:
        row.reserved, row.reserved_free = row.reserved - free, 0
        row.save(update_fields=["reserved", "reserved_free"])
        inventory.release(needs=inventory.quota_needs(quantities={row.reserves_id: free}))
    return free


def put_ended_on_sale(*, now: datetime) -> int:
    """The unused places of vouchers that were withdrawn or whose time is over. Returns how many places."""
    over = Q(archived_at__isnull=False) | Q(ends_at__lte=now)
    places = 0
    for pk in list(Promotion.objects.filter(over, reserved_free__gt=0).order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            row = Promotion.objects.select_for_update(no_key=True, of=("self",)).select_related("event").get(pk=pk)
            places += _put_on_sale(row)
            changed(row.event)
    return places


def on_the_page(*, free: dict[int, int], promotion: Promotion | None) -> dict[int, int]:
    """{ticket type id: places}: with those that the typed code has set aside for its buyers."""
    if promotion is None or not promotion.reserved_free or promotion.reserves_id is None:
        return free
    return free | {promotion.reserves_id: free.get(promotion.reserves_id, 0) + promotion.reserved_free}


def copy(*, source: Event, target: Event, kinds: Mapping[int, TicketType]) -> None:
    """The vouchers of an event reserve in its copy what they reserve there. `kinds`: {type of the source: its copy}."""
    for voucher in source.promotions.filter(archived_at=None, reserved__gt=0):
        made = target.promotions.filter(code=voucher.code).first()
        if made and voucher.reserves_id and voucher.reserves_id in kinds:
            reserve(promotion=made, kind=kinds[voucher.reserves_id], places=voucher.reserved)
