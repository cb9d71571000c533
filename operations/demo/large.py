"""Many orders fast: rows made in the database, consistent with the audit."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from events.models import Event, Quota, TicketType
from payments.models import PracticeSession
from payments.practice import book
from registrations import codes
from scanning.gates import gates_of
from ticketing.lib import tokens

FIRST = "{Anna,Ben,Chiara,David,Elif,Femi,Grace,Hugo,Ines,Jonas,Kavya,Liam,Mei,Noah,Olga,Pavel,Quinn,Rosa,Sami,Tara,Uwe,Vera,Wim,Xenia,Yusuf,Zoë}"
LAST = "{Adler,Baker,Costa,Dubois,Eriksen,Fischer,García,Hansen,Ivanova,Jansen,Kim,López,Müller,Novak,Okafor,Patel,Quist,Rossi,Sato,Tanaka,Usman,Varga,Weber,Xu,Yılmaz,Zając}"
LARGE = 200_000  # tickets; from here on the search indexes are built afterwards, which is faster
SOLD_OVER = timedelta(days=28)
TABLES = "registrations_order, registrations_orderline, registrations_ticket, scanning_entry, scanning_scan, payments_payment, payments_ledgerentry, payments_posting"

# An odd factor modulo 2^40 gives each n another code; the alphabet is the one of real codes.
ORDERS = """
INSERT INTO registrations_order (event_id, code, secret, buyer_name, buyer_email, currency, total_minor, placed_at, confirmed_at, fulfilled_at, revision)
SELECT %(event)s, c.code, substr(md5('s' || %(event)s || n || random()), 1, 22),
  (%(first)s::text[])[1 + n %% 26] || ' ' || (%(last)s::text[])[1 + (n / 26) %% 26], 'buyer' || n || '@example.com',
  %(currency)s, %(price)s * %(each)s, t.at, t.at, t.at, 1
FROM generate_series(1, %(orders)s) AS n,
  LATERAL (SELECT (n::bigint * 618033988749 + %(event)s::bigint * 271828182845) & 1099511627775 AS x) AS mixed,
  LATERAL (SELECT string_agg(substr(%(alphabet)s, 1 + ((x >> (5 * k)) & 31)::int, 1), '') AS code FROM generate_series(0, 7) AS k) AS c,
  LATERAL (SELECT %(now)s::timestamptz - sqrt(n::float / %(orders)s) * %(sold_over)s::interval AS at) AS t
ON CONFLICT DO NOTHING
"""
LINES = """
INSERT INTO registrations_orderline (order_id, ticket_type_id, quantity, price_minor, attendees)
SELECT o.id, %(kind)s, %(each)s, %(price)s, '[]' FROM registrations_order o WHERE o.event_id = %(event)s
"""
TICKETS = """
INSERT INTO registrations_ticket (order_id, event_id, ticket_type_id, serial, key_id, position, attendee_name, attendee_email, price_minor, issued_at, void_reason)
SELECT o.id, o.event_id, %(kind)s, (random() * 1152921504606846975)::bigint, %(key)s, p,
  CASE WHEN p = 1 THEN o.buyer_name ELSE (%(first)s::text[])[1 + (o.id %% 26)::int] || ' ' || (%(last)s::text[])[1 + ((o.id / 7) %% 26)::int] END,
  '', %(price)s, o.confirmed_at, ''
FROM registrations_order o, generate_series(1, %(each)s) AS p WHERE o.event_id = %(event)s
"""
SESSIONS = """
INSERT INTO payments_practicesession (token, idempotency_key, reference, description, amount_minor, currency, return_url, cancel_url,
  created_at, expires_at, status, decides_to, refunded_minor)
SELECT 'demo' || o.id, 'demo' || o.id, o.code, 'order ' || o.code, o.total_minor, o.currency, %(site)s, %(site)s,
  o.placed_at, o.placed_at + interval '1 hour', 'succeeded', '', 0
FROM registrations_order o WHERE o.event_id = %(event)s AND o.total_minor > 0
"""
PAYMENTS = """
INSERT INTO payments_payment (order_id, gateway, provider_id, idempotency_key, amount_minor, currency, payment_url, opened_at, asked_at, succeeded_at, failure, fee_minor)
SELECT o.id, 'practice', 'demo' || o.id, 'demo' || o.id, o.total_minor, o.currency, '', o.placed_at, o.confirmed_at, o.confirmed_at, '', %(fee)s
FROM registrations_order o WHERE o.event_id = %(event)s AND o.total_minor > 0
"""
BOOKED = """
WITH entry AS (
  INSERT INTO payments_ledgerentry (key, kind, organiser_id, payment_id, note, posted_at)
  SELECT 'payment:' || p.id, 'payment', %(organiser)s, p.id, '', p.succeeded_at FROM payments_payment p
  JOIN registrations_order o ON o.id = p.order_id WHERE o.event_id = %(event)s RETURNING id, payment_id)
INSERT INTO payments_posting (entry_id, account, currency, amount_minor)
SELECT entry.id, line.account, p.currency, line.amount FROM entry JOIN payments_payment p ON p.id = entry.payment_id,
  LATERAL (VALUES ('clearing', p.amount_minor), ('organiser_payable', -p.amount_minor)) AS line(account, amount)
"""
FEES = """
WITH entry AS (
  INSERT INTO payments_ledgerentry (key, kind, organiser_id, payment_id, note, posted_at)
  SELECT 'fee:' || p.id, 'fee', %(organiser)s, p.id, '', p.succeeded_at FROM payments_payment p
  JOIN registrations_order o ON o.id = p.order_id WHERE o.event_id = %(event)s AND p.fee_minor > 0 RETURNING id, payment_id)
INSERT INTO payments_posting (entry_id, account, currency, amount_minor)
SELECT entry.id, line.account, p.currency, line.amount FROM entry JOIN payments_payment p ON p.id = entry.payment_id,
  LATERAL (VALUES ('processor_fee', p.fee_minor), ('clearing', -p.fee_minor)) AS line(account, amount)
"""
ENTRIES = """
INSERT INTO scanning_entry (check_in_list_id, ticket_id, gate_id, admitted_at)
SELECT %(list)s, t.id, %(gate)s, %(now)s::timestamptz - (t.id %% 3600) * interval '1 second' FROM registrations_ticket t
WHERE t.event_id = %(event)s AND t.id %% 2 = 0
"""
SCANS = """
INSERT INTO scanning_scan (event_id, gate_id, check_in_list_id, ticket_id, presented, via, verdict, scanned_at, received_at)
SELECT %(event)s, e.gate_id, e.check_in_list_id, e.ticket_id, '', 'code', 'admitted', e.admitted_at, e.admitted_at FROM scanning_entry e
WHERE e.check_in_list_id = %(list)s
"""
CLAIMED = """
UPDATE events_quota SET claimed = (SELECT coalesce(sum(l.quantity), 0) FROM registrations_orderline l
  JOIN registrations_order o ON o.id = l.order_id WHERE o.event_id = %(event)s) WHERE id = %(quota)s
"""


def fill(*, event: Event, tickets: int, now: datetime, price_minor: int = 0) -> None:
    """`tickets` tickets in orders of two, half of them scanned. The event must be empty."""
    facts = _facts(event, tickets, now, price_minor)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        with _search_indexes_afterwards(cursor, wanted=tickets >= LARGE and settings.EMBEDDED):
            for statement in (ORDERS, LINES, TICKETS, SESSIONS, PAYMENTS, BOOKED, FEES, ENTRIES, SCANS, CLAIMED):
                cursor.execute(statement, facts)


def tidy() -> None:
    """Statistics for the planner, and the search indexes' lists of what is not merged yet worked off:
    they would slow the first searches down."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"{'ANALYZE' if connection.in_atomic_block else 'VACUUM (ANALYZE)'} {TABLES}")
        cursor.execute("RESET statement_timeout")


def _facts(event: Event, tickets: int, now: datetime, price_minor: int) -> dict[str, Any]:
    pricing = "fixed" if price_minor else "free"
    kind = TicketType.objects.create(event=event, name="Standard", pricing=pricing, price_minor=price_minor)
    quota = Quota.objects.create(event=event, name="Standard", capacity=tickets * 2)
    kind.quotas.add(quota)
    gate = gates_of(event=event)[0]
    return {
        "event": event.pk,
        "organiser": event.organiser_id,
        "currency": event.currency,
        "orders": tickets // 2,
        "each": 2,
        "price": price_minor,
        "fee": book.fee_minor(PracticeSession(amount_minor=price_minor * 2, currency=event.currency, created_at=now)),
        "now": now,
        "sold_over": SOLD_OVER,
        "site": settings.SITE_URL,
        "kind": kind.pk,
        "quota": quota.pk,
        "alphabet": tokens.ALPHABET,
        "first": FIRST,
        "last": LAST,
        "key": codes.signing_key_id(event_id=event.pk, now=now),
        "gate": gate.pk,
        "list": gate.check_in_list_id,
    }


@contextmanager
def _search_indexes_afterwards(cursor: CursorWrapper, *, wanted: bool) -> Iterator[None]:
    """Full-text indexes built once over all rows, in parallel, instead of row by row; in the same
    transaction, so that a crash leaves them as they were. Foreign keys are taken on trust: the rows
    come from each other."""
    definitions = _search_indexes(cursor) if wanted else []
    if wanted:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
    for name, _ in definitions:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    for _, definition in definitions:
        cursor.execute(definition)
    if wanted:
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def _search_indexes(cursor: CursorWrapper) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexdef LIKE '%USING gin%' "
        "AND tablename IN ('registrations_order', 'registrations_ticket')"
    )
    return list(cursor.fetchall())
