"""The database stands behind the ledger: append-only, balanced, and no money without its postings.

The last two are deferred: they look when the transaction commits, so that the order of its statements
is free. Entries for what was paid and given back before the ledger are written here."""

from django.db import migrations

APPEND_ONLY = """
CREATE FUNCTION payments_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: answer a wrong row with another', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER ledgerentry_append_only BEFORE UPDATE OR DELETE ON payments_ledgerentry
  FOR EACH ROW EXECUTE FUNCTION payments_append_only();
CREATE TRIGGER posting_append_only BEFORE UPDATE OR DELETE ON payments_posting
  FOR EACH ROW EXECUTE FUNCTION payments_append_only();
"""

BALANCED = """
CREATE FUNCTION payments_entry_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE entry bigint := CASE WHEN TG_TABLE_NAME = 'payments_posting' THEN (to_jsonb(NEW) ->> 'entry_id')::bigint ELSE NEW.id END;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM payments_posting WHERE entry_id = entry) OR EXISTS (
      SELECT 1 FROM payments_posting WHERE entry_id = entry GROUP BY currency HAVING sum(amount_minor) <> 0) THEN
    RAISE EXCEPTION 'ledger entry % does not sum to zero', entry USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balanced';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balanced AFTER INSERT ON payments_ledgerentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_entry_balanced();
CREATE CONSTRAINT TRIGGER posting_balanced AFTER INSERT ON payments_posting
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_entry_balanced();
"""

POSTED = """
CREATE FUNCTION payments_posted(wanted text, on_account text, in_currency text, amount bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(p.amount_minor), 0) = amount FROM payments_ledgerentry e JOIN payments_posting p ON p.entry_id = e.id
  WHERE e.key = wanted AND p.account = on_account AND p.currency = in_currency
$$;

CREATE FUNCTION payments_payment_posted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE row payments_payment;
BEGIN
  SELECT * INTO row FROM payments_payment WHERE id = NEW.id;
  IF row.succeeded_at IS NULL THEN RETURN NULL; END IF;
  IF NOT (CASE WHEN row.mismatch_at IS NULL
      THEN payments_posted('payment:' || row.id, 'clearing', row.currency, row.amount_minor)
      ELSE EXISTS (SELECT 1 FROM payments_ledgerentry WHERE key = 'payment:' || row.id) END) THEN
    RAISE EXCEPTION 'payment % succeeded without its postings', row.id USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_posted';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER payment_posted AFTER INSERT OR UPDATE OF succeeded_at, mismatch_at, amount_minor, currency ON payments_payment
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.succeeded_at IS NOT NULL) EXECUTE FUNCTION payments_payment_posted();

CREATE FUNCTION payments_refund_posted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE row payments_refund; money text;
BEGIN
  SELECT * INTO row FROM payments_refund WHERE id = NEW.id;
  IF row.id IS NULL THEN RETURN NULL; END IF;
  SELECT currency INTO money FROM payments_payment WHERE id = row.payment_id;
  IF NOT payments_posted('refund-due:' || row.id, 'refunds', money, -row.amount_minor)
      OR row.completed_at IS NOT NULL AND NOT payments_posted('refund:' || row.id, 'refunds', money, row.amount_minor)
      OR row.failed_at IS NOT NULL AND NOT payments_posted('refund-failed:' || row.id, 'refunds', money, row.amount_minor) THEN
    RAISE EXCEPTION 'refund % without its postings', row.id USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_posted';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER refund_posted AFTER INSERT OR UPDATE OF completed_at, failed_at, amount_minor ON payments_refund
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payments_refund_posted();
"""

EARLIER = """
WITH fact AS (
  SELECT 'payment:' || p.id AS key, 'payment' AS kind, p.id AS payment_id, p.order_id, p.currency, p.amount_minor, p.succeeded_at AS at,
    'clearing' AS debit, CASE WHEN p.mismatch_at IS NULL THEN 'organiser_payable' ELSE 'unclaimed' END AS credit
  FROM payments_payment p WHERE p.succeeded_at IS NOT NULL
  UNION ALL
  SELECT 'refund-due:' || r.id, 'refund-due', p.id, p.order_id, p.currency, r.amount_minor, r.due_at, 'organiser_payable', 'refunds'
  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id
  UNION ALL
  SELECT 'refund:' || r.id, 'refund', p.id, p.order_id, p.currency, r.amount_minor, r.completed_at, 'refunds', 'clearing'
  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id WHERE r.completed_at IS NOT NULL
  UNION ALL
  SELECT 'refund-failed:' || r.id, 'refund-failed', p.id, p.order_id, p.currency, r.amount_minor, r.failed_at, 'refunds', 'organiser_payable'
  FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id WHERE r.failed_at IS NOT NULL
), entry AS (
  INSERT INTO payments_ledgerentry (key, kind, organiser_id, payment_id, note, posted_at)
  SELECT f.key, f.kind, e.organiser_id, f.payment_id, '', f.at FROM fact f
  JOIN registrations_order o ON o.id = f.order_id JOIN events_event e ON e.id = o.event_id RETURNING id, key
)
INSERT INTO payments_posting (entry_id, account, currency, amount_minor)
SELECT entry.id, line.account, f.currency, line.amount FROM entry JOIN fact f USING (key),
  LATERAL (VALUES (f.debit, f.amount_minor), (f.credit, -f.amount_minor)) AS line(account, amount)
"""

DROP = """
DROP TRIGGER refund_posted ON payments_refund;
DROP TRIGGER payment_posted ON payments_payment;
DROP TRIGGER posting_balanced ON payments_posting;
DROP TRIGGER entry_balanced ON payments_ledgerentry;
DROP TRIGGER posting_append_only ON payments_posting;
DROP TRIGGER ledgerentry_append_only ON payments_ledgerentry;
DROP FUNCTION payments_refund_posted, payments_payment_posted, payments_entry_balanced, payments_append_only;
DROP FUNCTION payments_posted;
"""


class Migration(migrations.Migration):
    dependencies = [("payments", "0003_ledger"), ("registrations", "0002_order_revision"), ("events", "0001_initial")]

    operations = [
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
        migrations.RunSQL(APPEND_ONLY + BALANCED + POSTED, DROP),
    ]
