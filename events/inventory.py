"""Capacity: the one door to Quota.claimed. HOT.

A claim is one conditional UPDATE per quota, in id order, and its row count is the answer; a CHECK
constraint stands behind it. There is no read before the write, so there is nothing to race.

A claim is cheap to lose: after a crash a lost hold can only undersell for minutes. So the
transaction of a claim commits without waiting for the disk, and the hot row is not locked through
the flush or through a standby's round trip. The log is sequential: an order that is durable
implies that the claim before it is. `durable=True` for a claim that commits together with money, and for
those that organisers and the waiting list make.

Who waits comes before who looks: while entries of the waiting list want places of a quota (`queued`), a
buyer's claim is refused, and what becomes free is claimed for offers. The same statement, one condition more.
"""

from collections.abc import Collection, Mapping, Sequence

from django.db import connection, models, transaction

from events.models import Quota, TicketType
from ticketing.lib.prepared import kept_cursor
from trail import record

CLAIM = "UPDATE events_quota SET claimed = claimed + %s WHERE id = %s AND claimed + %s <= capacity"
CLAIM_FAST = (
    "UPDATE events_quota SET claimed = claimed + %s "
    "FROM (SELECT set_config('synchronous_commit', 'off', true)) AS fast "
    "WHERE id = %s AND claimed + %s <= capacity AND queued = 0"
)
# For an order that is placed with its claim: it waits for the disk, stands behind the waiting list, and no event that is over is sold.
CLAIM_AT_ONCE = (
    "UPDATE events_quota AS q SET claimed = q.claimed + %s FROM events_event AS e "
    "WHERE q.id = %s AND q.claimed + %s <= q.capacity AND q.queued = 0 AND e.id = q.event_id AND e.cancelled_at IS NULL"
)
QUOTAS_OF = "SELECT tickettype_id, quota_id FROM events_tickettype_quotas WHERE tickettype_id = ANY(%s)"
LOCK = "SELECT 1 FROM events_quota WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
QUEUE = "UPDATE events_quota SET queued = %s WHERE id = %s AND queued <> %s"
RELEASE = "UPDATE events_quota SET claimed = claimed - %s WHERE id = %s AND claimed >= %s"


class SoldOut(Exception):
    """Not enough capacity is free. Nothing was claimed."""

    code = "sold_out"

    def __init__(self, quota_id: int) -> None:
        super().__init__("There are not enough tickets left.")
        self.quota_id = quota_id


class NothingToRelease(Exception):
    """More was to be released than is claimed: a bug in the caller, and nothing was released."""


def quota_needs(*, quantities: Mapping[int, int], known: Mapping[int, Sequence[int]] | None = None) -> dict[int, int]:
    """{ticket type id: tickets} → {quota id: places}, in quota id order. One query; none when the types' quotas are
    `known`, {ticket type id: quota ids}.

    Every ticket type must have a quota: one without would sell without limit."""
    if known is None:
        cursor = kept_cursor()
        cursor.execute(QUOTAS_OF, [list(quantities)])
        links = cursor.fetchall()
    else:
        links = [(type_id, quota_id) for type_id in quantities for quota_id in known[type_id]]
    needs: dict[int, int] = {}
    limited = set()
    for type_id, quota_id in links:
        limited.add(type_id)
        needs[quota_id] = needs.get(quota_id, 0) + quantities[type_id]
    if missing := set(quantities) - limited:
        raise SoldOut(quota_id=0) from ValueError(f"Ticket types without capacity: {sorted(missing)}")
    return dict(sorted(needs.items()))


def claim(*, needs: Mapping[int, int], durable: bool = False) -> None:
    """Claim places: {quota id: places}. All or nothing. SoldOut when one quota lacks them.

    `durable`: waits for the disk, and does not stand behind the waiting list.
    One statement for each quota; a single one without a surrounding transaction needs no BEGIN."""
    statement = CLAIM if durable else CLAIM_FAST
    if len(needs) == 1 and not connection.in_atomic_block:
        _claim_each(needs, statement)
        return
    with transaction.atomic(savepoint=False):  # inside a caller's transaction: two statements fewer
        _claim_each(needs, statement)


def claim_at_once(*, needs: Mapping[int, int]) -> None:
    """As `claim`, in the transaction of a buyer's order: it waits for the disk with it, and stands behind the waiting
    list. SoldOut also when the event was cancelled meanwhile."""
    _claim_each(needs, CLAIM_AT_ONCE)


def _claim_each(needs: Mapping[int, int], statement: str) -> None:
    cursor = kept_cursor()
    for quota_id, places in sorted(needs.items()):
        cursor.execute(statement, [places, quota_id, places])
        if cursor.rowcount != 1:
            raise SoldOut(quota_id)


def release(*, needs: Mapping[int, int]) -> None:
    """Give places back: {quota id: places}. In id order, as claims are, so that none waits in a ring."""
    with transaction.atomic(savepoint=False):
        cursor = kept_cursor()
        for quota_id, places in sorted(needs.items()):
            cursor.execute(RELEASE, [places, quota_id, places])
            if cursor.rowcount != 1:
                raise NothingToRelease(f"quota {quota_id}: {places} places")


def free_places(*, ticket_types: Sequence[TicketType]) -> dict[int, int]:
    """{ticket type id: places that a buyer can have now}: the least of its quotas. One query, for display.

    None while somebody waits for them."""
    to_buyers = models.Case(models.When(quota__queued__gt=0, then=0), default=models.F("quota__capacity") - models.F("quota__claimed"))
    return _least(ticket_types, to_buyers)


def unclaimed_places(*, ticket_types: Sequence[TicketType]) -> dict[int, int]:
    """{ticket type id: places that nobody holds or has}, whoever waits for them. One query."""
    return _least(ticket_types, models.F("quota__capacity") - models.F("quota__claimed"))


def _least(ticket_types: Sequence[TicketType], places: models.expressions.Combinable) -> dict[int, int]:
    links = TicketType.quotas.through.objects.filter(tickettype__in=ticket_types)
    return dict(links.values_list("tickettype_id").annotate(least=models.Min(places)))


def lock(*, quota_ids: Collection[int]) -> None:
    """Take the quotas' rows in id order, until the transaction's end."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(quota_ids)])


def queue(*, counts: Mapping[int, int]) -> None:
    """{quota id: entries that wait for it}, counted under `lock`."""
    with connection.cursor() as cursor:
        cursor.executemany(QUEUE, [(count, quota_id, count) for quota_id, count in sorted(counts.items())])


def set_capacity(*, quota: Quota, capacity: int) -> None:
    """Change a quota's capacity. Refused below what is claimed (F26)."""
    with transaction.atomic():
        before = Quota.objects.filter(pk=quota.pk).values_list("capacity", flat=True).first()
        if Quota.objects.filter(pk=quota.pk, claimed__lte=capacity).update(capacity=capacity) != 1:
            raise BelowClaimed(Quota.objects.values_list("claimed", flat=True).get(pk=quota.pk))
        if before != capacity:
            record.note(
                act="capacity_changed",
                about="event",
                about_id=quota.event_id,
                event_id=quota.event_id,
                changed={"capacity": (before, capacity)},
                words=quota.name,
            )
    quota.capacity = capacity


class BelowClaimed(Exception):
    """The capacity asked for is less than what is held and sold."""

    code = "below_claimed"

    def __init__(self, claimed: int) -> None:
        super().__init__(f"{claimed} are sold or held already. Choose at least that many, or cancel orders first.")
