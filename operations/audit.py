"""Every invariant of docs/faults.md, recomputed from the rows. Set-based: a few seconds on a million tickets."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from payments import sums
from workspace.agreement import DISAGREEMENTS


@dataclass(frozen=True)
class Invariant:
    """`violations`: SQL that returns one row for each violation, its first column says which."""

    name: str
    sentence: str
    violations: str


@dataclass(frozen=True)
class Finding:
    invariant: Invariant
    violated: list[str]
    seconds: float


SUCCEEDED = "p.succeeded_at IS NOT NULL"

INVARIANTS = (
    Invariant(
        "I1",
        "held + sold + reserved by vouchers = claimed, and claimed is between 0 and capacity, for every quota",
        """
        WITH needed AS (
          SELECT tq.quota_id, sum(line.quantity) AS places FROM (
            SELECT p.reserves_id AS ticket_type_id, p.reserved_free AS quantity FROM events_promotion p WHERE p.reserved_free > 0
            UNION ALL
            SELECT l.ticket_type_id, l.quantity FROM registrations_holdline l JOIN registrations_hold h ON h.id = l.hold_id
            WHERE h.released_at IS NULL AND h.converted_at IS NULL
            UNION ALL
            SELECT l.ticket_type_id, l.quantity FROM registrations_orderline l JOIN registrations_order o ON o.id = l.order_id
            WHERE o.confirmed_at IS NOT NULL AND o.cancelled_at IS NULL
          ) line JOIN events_tickettype_quotas tq ON tq.tickettype_id = line.ticket_type_id GROUP BY tq.quota_id)
        SELECT 'quota ' || q.id || ': claimed ' || q.claimed || ', held, sold and reserved ' || coalesce(n.places, 0)
        FROM events_quota q LEFT JOIN needed n ON n.quota_id = q.id
        WHERE q.claimed <> coalesce(n.places, 0) OR q.claimed < 0 OR q.claimed > q.capacity""",
    ),
    Invariant(
        "I5",
        "uses of a code = its holds + its orders, what they take off and what they have of its places = what is booked, within its limits",
        """
        WITH used AS (
          SELECT u.promotion_id, count(*) AS uses, sum(u.given) AS given, sum(u.reserved) AS reserved FROM (
            SELECT h.promotion_id, h.reserved, CASE WHEN h.discount_id IS NOT NULL THEN 0 ELSE
              (SELECT coalesce(sum(l.quantity * l.discount_minor), 0) FROM registrations_holdline l WHERE l.hold_id = h.id) END AS given
            FROM registrations_hold h WHERE h.promotion_id IS NOT NULL AND h.released_at IS NULL AND h.converted_at IS NULL
            UNION ALL
            SELECT o.promotion_id, o.reserved, CASE WHEN o.discount_id IS NOT NULL THEN 0 ELSE
              (SELECT coalesce(sum(l.quantity * l.discount_minor), 0) FROM registrations_orderline l WHERE l.order_id = o.id) END
            FROM registrations_order o WHERE o.promotion_id IS NOT NULL AND o.confirmed_at IS NOT NULL AND o.cancelled_at IS NULL
          ) u GROUP BY u.promotion_id)
        SELECT 'code ' || p.code || ': ' || p.uses || ' uses, ' || p.given_minor || ' off and ' || p.reserved - p.reserved_free
          || ' of its places, held and sold ' || coalesce(u.uses, 0) || ', ' || coalesce(u.given, 0) || ' and ' || coalesce(u.reserved, 0)
        FROM events_promotion p LEFT JOIN used u ON u.promotion_id = p.id
        WHERE p.uses <> coalesce(u.uses, 0) OR p.given_minor <> coalesce(u.given, 0) OR p.uses > p.max_uses OR p.given_minor > p.budget_minor
          OR p.reserved - p.reserved_free <> coalesce(u.reserved, 0)""",
    ),
    Invariant(
        "I6",
        "tickets at a price step that counts them = held + sold at it, and no more than there are",
        """
        WITH used AS (
          SELECT line.tier_id, sum(line.quantity) AS tickets FROM (
            SELECT l.tier_id, l.quantity FROM registrations_holdline l JOIN registrations_hold h ON h.id = l.hold_id
            WHERE l.tier_id IS NOT NULL AND h.released_at IS NULL AND h.converted_at IS NULL
            UNION ALL
            SELECT l.tier_id, l.quantity FROM registrations_orderline l JOIN registrations_order o ON o.id = l.order_id
            WHERE l.tier_id IS NOT NULL AND o.confirmed_at IS NOT NULL AND o.cancelled_at IS NULL
          ) line GROUP BY line.tier_id)
        SELECT 'price step ' || t.id || ': claimed ' || t.claimed || ', held and sold ' || coalesce(u.tickets, 0)
        FROM events_pricetier t LEFT JOIN used u ON u.tier_id = t.id
        WHERE t.quantity IS NOT NULL AND (t.claimed <> coalesce(u.tickets, 0) OR t.claimed > t.quantity)""",
    ),
    Invariant(
        "I7",
        "every quota knows how many entries of the waiting list want places of it, and every offer is one entry's",
        """
        WITH wanted AS (
          SELECT x.quota_id, count(*) AS entries FROM registrations_waitingentry w
          JOIN events_tickettype_quotas x ON x.tickettype_id = w.ticket_type_id WHERE w.hold_id IS NULL AND w.ended_at IS NULL GROUP BY 1)
        SELECT 'quota ' || q.id || ': ' || q.queued || ' queued, entries ' || coalesce(n.entries, 0)
        FROM events_quota q LEFT JOIN wanted n ON n.quota_id = q.id WHERE q.queued <> coalesce(n.entries, 0)
        UNION ALL
        SELECT 'hold ' || h.id || ' is an offer to nobody' FROM registrations_hold h
        WHERE h.source = 'waiting-list' AND h.extensions > 0 AND h.replaced_by_id IS NULL AND h.released_at IS NULL AND h.converted_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM registrations_waitingentry w WHERE w.hold_id = h.id)
          AND NOT EXISTS (SELECT 1 FROM registrations_order o WHERE o.hold_id = h.id)""",
    ),
    Invariant(
        "I2",
        "no ticket code is active twice",
        """
        SELECT 'serial ' || serial FROM registrations_ticket WHERE voided_at IS NULL GROUP BY serial HAVING count(*) > 1""",
    ),
    Invariant(
        "I3",
        "every order that was told of is whole: a paid one has its payment, a payment its order",
        """
        SELECT 'order ' || o.code FROM registrations_order o
        WHERE o.confirmed_at IS NOT NULL AND o.total_minor > 0 AND o.hold_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM payments_payment p WHERE p.order_id = o.id AND p.succeeded_at IS NOT NULL)""",
    ),
    Invariant(
        "I4",
        "no hold is kept more than 60 s past its time, unless its payment is undecided",
        """
        SELECT 'hold ' || id FROM registrations_hold
        WHERE released_at IS NULL AND converted_at IS NULL AND payment_open_since IS NULL AND expires_at < now() - interval '60 seconds'""",
    ),
    Invariant(
        "M1",
        "captured = paid orders + refunds completed, due and refused (which staff decide) + disputes, per currency",
        """
        WITH refunded AS (SELECT payment_id, coalesce(sum(amount_minor) FILTER (WHERE failed_at IS NULL), 0) AS given,
            coalesce(sum(amount_minor) FILTER (WHERE failed_at IS NOT NULL), 0) AS refused FROM payments_refund GROUP BY payment_id),
        disputed AS (SELECT payment_id, sum(amount_minor) AS away FROM payments_dispute WHERE taken_at IS NOT NULL AND won_at IS NULL
          GROUP BY payment_id),
        kept AS (SELECT p.order_id, p.currency, sum(p.amount_minor - coalesce(r.given, 0)) AS kept,
            sum(greatest(p.amount_minor - coalesce(r.given, 0) - coalesce(r.refused, 0) - coalesce(d.away, 0), 0)) AS unexplained
          FROM payments_payment p LEFT JOIN refunded r ON r.payment_id = p.id LEFT JOIN disputed d ON d.payment_id = p.id
          WHERE p.succeeded_at IS NOT NULL AND p.mismatch_at IS NULL GROUP BY p.order_id, p.currency)
        SELECT 'order ' || o.code || ': ' || k.kept || ' ' || k.currency || ' kept without a confirmed order' FROM kept k
        JOIN registrations_order o ON o.id = k.order_id
        WHERE k.kept < 0 OR k.unexplained > CASE WHEN o.confirmed_at IS NULL THEN 0 ELSE o.total_minor END""",
    ),
    Invariant(
        "M2",
        "no order keeps more than one successful payment; one whose refund was refused waits for staff, one that a bank holds for the bank",
        """
        SELECT 'order id ' || p.order_id FROM payments_payment p
        WHERE p.succeeded_at IS NOT NULL AND p.mismatch_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM payments_refund r WHERE r.payment_id = p.id)
          AND NOT EXISTS (SELECT 1 FROM payments_dispute d WHERE d.payment_id = p.id AND d.taken_at IS NOT NULL AND d.won_at IS NULL)
        GROUP BY p.order_id HAVING count(*) > 1""",
    ),
    Invariant(
        "M3",
        "a released hold has no payment that can still succeed",
        """
        SELECT 'payment ' || p.id FROM payments_payment p JOIN registrations_order o ON o.id = p.order_id JOIN registrations_hold h ON h.id = o.hold_id
        WHERE p.succeeded_at IS NULL AND p.failed_at IS NULL AND h.released_at IS NOT NULL""",
    ),
    Invariant(
        "M4",
        "a confirmed order has exactly the tickets it was sold",
        """
        WITH sold AS (SELECT l.order_id, l.ticket_type_id, sum(l.quantity) AS n FROM registrations_orderline l
          JOIN registrations_order o ON o.id = l.order_id WHERE o.confirmed_at IS NOT NULL AND o.cancelled_at IS NULL GROUP BY 1, 2),
        made AS (SELECT t.order_id, t.ticket_type_id, count(*) AS n FROM registrations_ticket t
          JOIN registrations_order o ON o.id = t.order_id WHERE o.confirmed_at IS NULL OR o.cancelled_at IS NULL GROUP BY 1, 2)
        SELECT 'order id ' || coalesce(s.order_id, m.order_id) FROM sold s FULL JOIN made m USING (order_id, ticket_type_id)
        WHERE coalesce(s.n, 0) <> coalesce(m.n, 0)""",
    ),
    Invariant(
        "M5",
        "refunds never exceed what was captured",
        """
        SELECT 'payment ' || p.id FROM payments_payment p JOIN payments_refund r ON r.payment_id = p.id AND r.failed_at IS NULL
        GROUP BY p.id HAVING sum(r.amount_minor) > p.amount_minor OR p.succeeded_at IS NULL""",
    ),
    Invariant(
        "M6",
        "the ledger sums to zero, tells of every payment and refund, and agrees with the practice provider's own book",
        """
        WITH told AS (SELECT e.payment_id, p.currency, sum(p.amount_minor) AS clearing,
            coalesce(sum(p.amount_minor) FILTER (WHERE e.kind = 'payment'), 0) AS came,
            coalesce(sum(p.amount_minor) FILTER (WHERE e.kind = 'refund'), 0) AS went
          FROM payments_posting p JOIN payments_ledgerentry e ON e.id = p.entry_id
          WHERE p.account = 'clearing' AND e.payment_id IS NOT NULL GROUP BY 1, 2),
        given AS (SELECT payment_id, sum(amount_minor) FILTER (WHERE completed_at IS NOT NULL) AS sent,
            sum(amount_minor) FILTER (WHERE completed_at IS NULL AND failed_at IS NULL) AS due
          FROM payments_refund GROUP BY payment_id),
        owed AS (SELECT e.payment_id, -sum(p.amount_minor) AS due FROM payments_posting p JOIN payments_ledgerentry e ON e.id = p.entry_id
          WHERE p.account = 'refunds' GROUP BY e.payment_id)
        SELECT 'entry ' || entry_id || ': ' || sum(amount_minor) || ' ' || currency || ' too many'
        FROM payments_posting GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0
        UNION ALL
        SELECT 'payment ' || p.id || ': the ledger says ' || coalesce(t.came, 0) || ' came and ' || -coalesce(t.went, 0) || ' went'
        FROM payments_payment p LEFT JOIN told t ON t.payment_id = p.id AND t.currency = p.currency LEFT JOIN given g ON g.payment_id = p.id
        WHERE p.mismatch_at IS NULL
          AND (coalesce(t.came, 0) <> CASE WHEN p.succeeded_at IS NULL THEN 0 ELSE p.amount_minor END OR coalesce(t.went, 0) <> -coalesce(g.sent, 0))
        UNION ALL
        SELECT 'payment ' || p.id || ': refunds due ' || coalesce(g.due, 0) || ', in the ledger ' || coalesce(w.due, 0)
        FROM payments_payment p LEFT JOIN given g ON g.payment_id = p.id LEFT JOIN owed w ON w.payment_id = p.id
        WHERE coalesce(g.due, 0) <> coalesce(w.due, 0)
        UNION ALL
        SELECT 'payment ' || p.id || ': not as the practice provider has it' FROM payments_payment p JOIN payments_practicesession s ON s.token = p.provider_id
        LEFT JOIN given g ON g.payment_id = p.id
        WHERE p.gateway = 'practice' AND ((p.succeeded_at IS NOT NULL AND s.status <> 'succeeded') OR s.refunded_minor < coalesce(g.sent, 0))""",
    ),
    Invariant(
        "S1",
        "no more entries per ticket than its check-in list allows, each with its admitted scan",
        """
        SELECT 'ticket ' || ticket_id FROM scanning_entry GROUP BY check_in_list_id, ticket_id, period HAVING count(*) > 1
        UNION ALL
        SELECT 'ticket ' || e.ticket_id || ' entered ' || e.entries || ' times' FROM scanning_entry e JOIN scanning_checkinlist l
        ON l.id = e.check_in_list_id WHERE e.entries > CASE WHEN l.rule ? 'entries' THEN coalesce((l.rule->>'entries')::int, 32767) ELSE 1 END
        UNION ALL
        SELECT 'scans of ticket ' || coalesce(e.ticket_id, s.ticket_id) FROM scanning_entry e FULL JOIN (
          SELECT check_in_list_id, ticket_id, period, count(*) AS n FROM scanning_scan c WHERE verdict = 'admitted'
          AND NOT EXISTS (SELECT 1 FROM scanning_undo u WHERE u.scan_id = c.id) GROUP BY 1, 2, 3) s USING (check_in_list_id, ticket_id, period)
        WHERE coalesce(e.entries, 0) <> coalesce(s.n, 0)""",
    ),
    Invariant("W1", "what organisers are told was sold = the orders and tickets that are there, per type and event", DISAGREEMENTS),
    Invariant(
        "W2",
        "what finance is told an event's payments and an organiser's accounts sum to = the ledger's entries, per currency",
        sums.DISAGREEMENTS,
    ),
)
SHOWN = 5


def audit() -> Iterator[Finding]:
    """Check each invariant; a finding without violations holds."""
    for invariant in INVARIANTS:
        started = time.monotonic()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0" if connection.in_atomic_block else "SET statement_timeout = 0")
            cursor.execute(invariant.violations)
            violated = [str(row[0]) for row in cursor.fetchmany(SHOWN + 1)]
        yield Finding(invariant=invariant, violated=violated, seconds=time.monotonic() - started)
