"""What an event's payments and an organiser's accounts sum to, kept so that a hundred thousand of them are looked at in milliseconds.

Nothing is added to a sale: a sweep sums the ledger's entries since the last one, by their ids, and what is newer is
summed when somebody looks. The ledger is append-only, so a sum never has to be taken back. An id is taken before its
row can be seen, so the sweep sums only up to an end that it saw before every transaction of that moment had ended.
The audit sums everything anew and compares (W2)."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from accounts.models import Organiser
from events.models import Event
from payments.journal import SummedTo
from ticketing.lib.snapshot import HORIZON, one_snapshot

MOST = 100_000  # entries of one sweep

# Of payments that were for an order; what was paid for nothing waits for staff (F21). A fee is whatever the provider or
# the platform kept, also for the work with a dispute; `given` is what was sent and did not come back.
MOVED = """
SELECT o.event_id, g.currency,
  -coalesce(sum(g.amount_minor) FILTER (WHERE e.kind = 'payment' AND g.account = 'organiser_payable'), 0)::bigint AS paid_minor,
  coalesce(sum(g.amount_minor) FILTER (WHERE g.account IN ('processor_fee', 'platform_fee')), 0)::bigint AS fees_minor,
  coalesce(sum(g.amount_minor) FILTER (WHERE e.kind IN ('refund', 'correction') AND g.account = 'refunds'), 0)::bigint AS returned_minor,
  coalesce(sum(g.amount_minor) FILTER (WHERE e.kind <> 'dispute-lost' AND g.account = 'disputes'), 0)::bigint AS disputed_minor
FROM payments_ledgerentry e JOIN payments_posting g ON g.entry_id = e.id JOIN payments_payment p ON p.id = e.payment_id
  JOIN registrations_order o ON o.id = p.order_id
WHERE p.mismatch_at IS NULL AND {which} GROUP BY 1, 2
"""
SUM = f"""
INSERT INTO payments_eventsum AS s (event_id, currency, paid_minor, fees_minor, returned_minor, disputed_minor)
{MOVED.format(which="e.id > %(after)s AND e.id <= %(upto)s")}
ON CONFLICT (event_id, currency) DO UPDATE SET paid_minor = s.paid_minor + excluded.paid_minor, fees_minor = s.fees_minor + excluded.fees_minor,
  returned_minor = s.returned_minor + excluded.returned_minor, disputed_minor = s.disputed_minor + excluded.disputed_minor
"""
SUM_ACCOUNTS = """
INSERT INTO payments_accountsum AS s (organiser_id, account, currency, amount_minor)
SELECT e.organiser_id, g.account, g.currency, sum(g.amount_minor)::bigint
FROM payments_ledgerentry e JOIN payments_posting g ON g.entry_id = e.id WHERE e.id > %(after)s AND e.id <= %(upto)s GROUP BY 1, 2, 3
ON CONFLICT (organiser_id, account, currency) DO UPDATE SET amount_minor = s.amount_minor + excluded.amount_minor
"""
OF_ORGANISER = """
SELECT account, currency, sum(amount_minor)::bigint FROM (
  SELECT account, currency, amount_minor FROM payments_accountsum WHERE organiser_id = %(organiser)s
  UNION ALL SELECT g.account, g.currency, g.amount_minor FROM payments_ledgerentry e JOIN payments_posting g ON g.entry_id = e.id
    WHERE e.id > %(after)s AND e.organiser_id = %(organiser)s) AS moved
GROUP BY 1, 2 ORDER BY 2, 1
"""
# How far it is summed is read first, so that PostgreSQL knows how few entries are newer.
SUMMED_TO = "SELECT coalesce(max(entry_id), 0) FROM payments_summedto"
OF_EVENT = f"""
SELECT currency, sum(paid_minor)::bigint, sum(fees_minor)::bigint, sum(returned_minor)::bigint, sum(disputed_minor)::bigint FROM (
  SELECT event_id, currency, paid_minor, fees_minor, returned_minor, disputed_minor FROM payments_eventsum WHERE event_id = %(event)s
  UNION ALL {MOVED.format(which="e.id > %(after)s AND o.event_id = %(event)s")}) AS moved
GROUP BY 1 HAVING bool_or(paid_minor <> 0) ORDER BY 1
"""
END = "SELECT coalesce(max(id), 0) FROM payments_ledgerentry"
# For the audit: one row for each sum that is not what its entries say.
DISAGREEMENTS = f"""
WITH anew AS ({MOVED.format(which=f"e.id <= ({SUMMED_TO})")})
SELECT 'event ' || event_id || ' in ' || currency || ': summed ' || coalesce(s.paid_minor, 0) || ', paid ' || coalesce(a.paid_minor, 0)
FROM payments_eventsum s FULL JOIN anew a USING (event_id, currency)
WHERE (s.paid_minor, s.fees_minor, s.returned_minor, s.disputed_minor) IS DISTINCT FROM (a.paid_minor, a.fees_minor, a.returned_minor, a.disputed_minor)
UNION ALL
SELECT 'organiser ' || organiser_id || ', ' || account || ' in ' || currency || ': summed ' || coalesce(s.amount_minor, 0) || ', posted ' || coalesce(a.amount_minor, 0)
FROM payments_accountsum s FULL JOIN (
  SELECT e.organiser_id, g.account, g.currency, sum(g.amount_minor)::bigint AS amount_minor
  FROM payments_ledgerentry e JOIN payments_posting g ON g.entry_id = e.id WHERE e.id <= ({SUMMED_TO}) GROUP BY 1, 2, 3) a
  USING (organiser_id, account, currency)
WHERE s.amount_minor IS DISTINCT FROM a.amount_minor
"""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What an event's payments sum to in one currency, minor units."""

    currency: str
    paid_minor: int
    fees_minor: int
    given_minor: int
    disputed_minor: int

    @property
    def left_minor(self) -> int:
        return self.paid_minor - self.fees_minor - self.given_minor - self.disputed_minor


def totals(*, event: Event) -> list[Totals]:
    """For each currency that was paid in, at this moment. Fees as far as the provider has told them."""
    with one_snapshot(), connection.cursor() as cursor:
        cursor.execute(SUMMED_TO)
        (after,) = cursor.fetchone()
        cursor.execute(OF_EVENT, {"event": event.pk, "after": after})
        return [
            Totals(currency=currency, paid_minor=paid, fees_minor=fees, given_minor=given, disputed_minor=disputed)
            for currency, paid, fees, given, disputed in cursor.fetchall()
        ]


def balances(*, organiser: Organiser) -> dict[tuple[str, str], int]:
    """{(account, currency): minor units} of the organiser, of all time, at this moment."""
    with one_snapshot(), connection.cursor() as cursor:
        cursor.execute(SUMMED_TO)
        (after,) = cursor.fetchone()
        cursor.execute(OF_ORGANISER, {"organiser": organiser.pk, "after": after})
        return {(account, currency): amount for account, currency, amount in cursor.fetchall()}


def sum_up(*, now: datetime) -> bool:
    """Sum what can be summed; once a minute. Harmless beside itself. True when nothing is left to sum."""
    SummedTo.objects.get_or_create(pk=1)
    with transaction.atomic(), connection.cursor() as cursor:
        row = SummedTo.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if row is None:
            return True  # another sweep has it
        cursor.execute(HORIZON)
        oldest, next_xid = cursor.fetchone()
        if oldest >= row.pending_xid:
            upto = min(row.pending_entry_id, row.entry_id + MOST)
            if upto > row.entry_id:
                for statement in (SUM, SUM_ACCOUNTS):
                    cursor.execute(statement, {"after": row.entry_id, "upto": upto})
            row.entry_id, row.summed_at = max(upto, row.entry_id), now
            if row.entry_id == row.pending_entry_id:
                cursor.execute(END)
                row.pending_entry_id, row.pending_xid = max(cursor.fetchone()[0], row.entry_id), next_xid
        row.save()
    return row.entry_id == row.pending_entry_id


def sum_all(*, now: datetime) -> None:
    """Until everything that is there is summed: after many rows were made at once, as for the demo."""
    while not sum_up(now=now):
        pass
