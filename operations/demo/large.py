"""Many orders fast: rows made in the database, consistent with the audit."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from events.models import Event, Quota, TicketType
from registrations import codes
from scanning.gates import gates_of

FIRST = "{Anna,Ben,Chiara,David,Elif,Femi,Grace,Hugo,Ines,Jonas,Kavya,Liam,Mei,Noah,Olga,Pavel,Quinn,Rosa,Sami,Tara,Uwe,Vera,Wim,Xenia,Yusuf,Zoë}"
LAST = "{Adler,Baker,Costa,Dubois,Eriksen,Fischer,García,Hansen,Ivanova,Jansen,Kim,López,Müller,Novak,Okafor,Patel,Quist,Rossi,Sato,Tanaka,Usman,Varga,Weber,Xu,Yılmaz,Zając}"

ORDERS = """
INSERT INTO registrations_order (event_id, code, secret, buyer_name, buyer_email, currency, total_minor, placed_at, confirmed_at, fulfilled_at, revision)
SELECT %(event)s, upper(substr(md5(%(event)s || '-' || n), 1, 8)), substr(md5('s' || %(event)s || n || random()), 1, 22),
  (%(first)s::text[])[1 + n %% 26] || ' ' || (%(last)s::text[])[1 + (n / 26) %% 26], 'buyer' || n || '@example.com', %(currency)s, 0, t.at, t.at, t.at, 0
FROM generate_series(1, %(orders)s) AS n, LATERAL (SELECT %(now)s::timestamptz - (n %% 40000) * interval '1 minute' AS at) t
ON CONFLICT DO NOTHING
"""
LINES = """
INSERT INTO registrations_orderline (order_id, ticket_type_id, quantity, price_minor, attendees)
SELECT o.id, %(kind)s, %(each)s, 0, jsonb_build_array() FROM registrations_order o WHERE o.event_id = %(event)s
  AND NOT EXISTS (SELECT 1 FROM registrations_orderline l WHERE l.order_id = o.id)
"""
TICKETS = """
INSERT INTO registrations_ticket (order_id, event_id, ticket_type_id, serial, key_id, position, attendee_name, attendee_email, price_minor, issued_at, void_reason)
SELECT o.id, o.event_id, %(kind)s, (random() * 1152921504606846975)::bigint, %(key)s, p,
  CASE WHEN p = 1 THEN o.buyer_name ELSE (%(first)s::text[])[1 + (o.id %% 26)::int] || ' ' || (%(last)s::text[])[1 + ((o.id / 7) %% 26)::int] END,
  '', 0, o.confirmed_at, ''
FROM registrations_order o, generate_series(1, %(each)s) AS p WHERE o.event_id = %(event)s
  AND NOT EXISTS (SELECT 1 FROM registrations_ticket t WHERE t.order_id = o.id)
"""
ENTRIES = """
INSERT INTO scanning_entry (check_in_list_id, ticket_id, gate_id, admitted_at)
SELECT %(list)s, t.id, %(gate)s, %(now)s::timestamptz - (t.id %% 3600) * interval '1 second' FROM registrations_ticket t
WHERE t.event_id = %(event)s AND t.id %% 2 = 0 ON CONFLICT DO NOTHING
"""
SCANS = """
INSERT INTO scanning_scan (event_id, gate_id, check_in_list_id, ticket_id, presented, via, verdict, scanned_at, received_at)
SELECT %(event)s, e.gate_id, e.check_in_list_id, e.ticket_id, '', 'code', 'admitted', e.admitted_at, e.admitted_at FROM scanning_entry e
WHERE e.check_in_list_id = %(list)s
"""


def fill(*, event: Event, tickets: int, now: datetime) -> None:
    """`tickets` free tickets in orders of two, half of them scanned. The event must be empty."""
    kind = TicketType.objects.create(event=event, name="Standard", pricing="free", price_minor=0)
    quota = Quota.objects.create(event=event, name="Standard", capacity=tickets * 2)
    kind.quotas.add(quota)
    gate = gates_of(event=event)[0]
    facts: dict[str, Any] = {
        "event": event.pk,
        "currency": event.currency,
        "orders": tickets // 2,
        "each": 2,
        "now": now,
        "kind": kind.pk,
        "first": FIRST,
        "last": LAST,
        "key": codes.signing_key_id(event_id=event.pk, now=now),
        "gate": gate.pk,
        "list": gate.check_in_list_id,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        for statement in (ORDERS, LINES, TICKETS, ENTRIES, SCANS):
            cursor.execute(statement, facts)
        cursor.execute(
            "UPDATE events_quota SET claimed = (SELECT coalesce(sum(l.quantity), 0) FROM registrations_orderline l JOIN registrations_order o ON o.id = l.order_id "
            "WHERE o.event_id = %s) WHERE id = %s",
            [event.pk, quota.pk],
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE registrations_order, registrations_ticket, registrations_orderline, scanning_entry, scanning_scan")
