"""What the organiser is told against the rows themselves: the audit's W1, in one statement and so in one moment."""

from workspace.statistics import SOLD

SEALED = "(SELECT coalesce(max(ticket_id), 0) FROM workspace_seal)"
OF_ALL = SOLD.replace("%(events)s", "ARRAY(SELECT id FROM events_event)").replace("%(tickets)s", SEALED)
# One row for each sum that is not what the rows of orders and tickets say.
DISAGREEMENTS = f"""
WITH told AS (
  SELECT event_id, ticket_type_id, sum(tickets) AS tickets, sum(tickets_minor) AS tickets_minor, sum(orders) AS orders, sum(orders_minor) AS orders_minor
  FROM ({OF_ALL}) AS sums GROUP BY 1, 2),
sold AS (
  SELECT t.event_id, t.ticket_type_id, count(*) AS tickets, sum(t.price_minor) AS tickets_minor
  FROM registrations_ticket t JOIN registrations_order o ON o.id = t.order_id WHERE o.confirmed_at IS NOT NULL AND o.cancelled_at IS NULL GROUP BY 1, 2),
placed AS (
  SELECT event_id, count(*) AS orders, sum(total_minor) AS orders_minor FROM registrations_order
  WHERE confirmed_at IS NOT NULL AND cancelled_at IS NULL GROUP BY 1),
told_orders AS (SELECT event_id, sum(orders) AS orders, sum(orders_minor) AS orders_minor FROM told GROUP BY 1),
came AS (
  SELECT event_id, sum(orders) AS orders, sum(tickets) AS tickets FROM (
    SELECT event_id, orders, tickets FROM workspace_traffichour
    UNION ALL
    SELECT event_id, count(*) FILTER (WHERE position = 1), count(*) FROM registrations_ticket
    WHERE id > {SEALED} GROUP BY 1) AS ways GROUP BY 1),
issued AS (SELECT event_id, count(*) FILTER (WHERE position = 1) AS orders, count(*) AS tickets FROM registrations_ticket GROUP BY 1)
SELECT 'type ' || ticket_type_id || ': told ' || coalesce(t.tickets, 0) || ' tickets over ' || coalesce(t.tickets_minor, 0) || ', sold '
  || coalesce(s.tickets, 0) || ' over ' || coalesce(s.tickets_minor, 0)
FROM told t FULL JOIN sold s USING (event_id, ticket_type_id)
WHERE coalesce(t.tickets, 0) <> coalesce(s.tickets, 0) OR coalesce(t.tickets_minor, 0) <> coalesce(s.tickets_minor, 0)
UNION ALL
SELECT 'event ' || event_id || ': told ' || coalesce(t.orders, 0) || ' orders over ' || coalesce(t.orders_minor, 0) || ', placed '
  || coalesce(p.orders, 0) || ' over ' || coalesce(p.orders_minor, 0)
FROM told_orders t FULL JOIN placed p USING (event_id)
WHERE coalesce(t.orders, 0) <> coalesce(p.orders, 0) OR coalesce(t.orders_minor, 0) <> coalesce(p.orders_minor, 0)
UNION ALL
SELECT 'event ' || event_id || ': ' || coalesce(c.tickets, 0) || ' tickets by source, issued ' || coalesce(i.tickets, 0)
FROM came c FULL JOIN issued i USING (event_id)
WHERE coalesce(c.tickets, 0) <> coalesce(i.tickets, 0) OR coalesce(c.orders, 0) <> coalesce(i.orders, 0)
"""
