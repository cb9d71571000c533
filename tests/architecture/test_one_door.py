"""State is written behind one door: who may write each field, and who may make each row."""

import ast
import re

import pytest

from tests.architecture.house import findings, imported_modules, own_python

LARGE = "operations/demo/large.py"  # fills an empty event with millions of rows for measurements
DOORS = {
    "claimed": {
        "events/inventory.py",
        "events/tiers.py",
        "events/tier_steps.py",
        "events/series_copies.py",  # of new dates, where nothing is claimed yet
        "events/series_parts.py",
        "events/series_changes.py",  # of new steps
        "registrations/allowance.py",
        LARGE,
    },  # tiers and allowances have their own
    "queued": {"events/inventory.py", "events/series_copies.py"},
    "uses": {"events/promotions.py"},
    "given_minor": {"events/promotions.py"},
    "reserved_free": {"events/reserving.py", "events/promotions.py"},
    "published_at": {"events/publication.py", "events/series.py", "operations/demo/world.py", "operations/management/commands/demo.py"},
    "archived_at": {
        "events/series_copies.py",
        "events/series_changes.py",
        "events/publication.py",
        "events/promotions.py",
        "events/questions.py",
        "events/discounts.py",
        "events/tier_steps.py",
    },
    "released_at": {"registrations/holding.py", "registrations/rebuilding.py"},
    "converted_at": {"registrations/holding.py"},
    "payment_open_since": {"registrations/holding.py"},
    "confirmed_at": {"registrations/ordering.py", "registrations/staff_orders.py", LARGE},
    "expired_at": {"registrations/ordering.py", "registrations/expiry.py", "registrations/rebuilding.py"},
    "cancelled_at": {"registrations/cancellation.py", "events/publication.py"},
    "voided_at": {"registrations/cancellation.py"},
    "transferred_at": {"registrations/transfer.py"},
    "erased_at": {"registrations/erasure.py"},
    "kept_outside_at": {"registrations/erasure.py"},
    "forgotten_at": {"payments/forgetting.py"},
    "fulfilled_at": {"registrations/fulfilment.py", LARGE},
    "pending_at": {"payments/settlement.py"},
    "succeeded_at": {"payments/settlement.py", LARGE},
    "failed_at": {"payments/settlement.py", "workspace/jobs.py"},
    "mismatch_at": {"payments/settlement.py"},
    "completed_at": {"payments/settlement.py"},
    "staff_asked_at": {"payments/settlement.py"},
    "approved_at": {"payments/settlement.py", "registrations/approval.py"},  # a refund's, and a request's
    "declined_at": {"registrations/approval.py"},
    "requested_at": {"registrations/ordering.py"},
    "offered_at": {"registrations/waiting_offers.py"},
    "taken_at": {"payments/disputes.py"},
    "won_at": {"payments/disputes.py"},
    "lost_at": {"payments/disputes.py"},
    "evidence_sent_at": {"payments/disputes.py"},
    "may_charge_since": {"payments/connecting.py"},
    "may_pay_out_since": {"payments/connecting.py"},
    "handled_at": {"payments/notices.py"},
    "admitted_at": {"scanning/redemption.py", "scanning/undoing.py", LARGE},
    "sent_at": {"outbox/post.py"},
    "accepted_at": {"accounts/team.py"},
    "left_at": {"scanning/redemption.py", "scanning/late.py", "scanning/undoing.py"},
    "claimed_at": {"scanning/devices.py"},
    "ended_at": {"registrations/transfer.py", "registrations/waiting.py", "scanning/devices.py", "workspace/exporting.py"},
    "revoked_at": {"accounts/team.py", "scanning/devices.py", "api/tokens.py"},
    "answered_at": {"api/repeats.py"},
    "paused_at": {"api/webhooks/endpoints.py"},
    "removed_at": {"api/webhooks/endpoints.py"},
    "abandoned_at": {"api/webhooks/endpoints.py", "api/webhooks/sending.py"},
}
MAKERS = {
    "Hold": {"registrations/holding.py", "registrations/rebuilding.py"},
    "Order": {"registrations/ordering.py", "registrations/rebuilding.py", "registrations/staff_orders.py"},
    "Ticket": {"registrations/ordering.py"},
    "Transfer": {"registrations/transfer.py"},
    "WaitingEntry": {"registrations/waiting.py"},
    "Erasure": {"registrations/erasure.py"},
    "Invoice": {"registrations/invoices.py"},
    "Payment": {"payments/settlement.py"},
    "Refund": {"payments/settlement.py"},
    "Dispute": {"payments/disputes.py"},
    "PayoutAccount": {"payments/connecting.py"},
    "Notice": {"payments/settlement.py"},
    "LedgerEntry": {"payments/ledger.py"},
    "Posting": {"payments/ledger.py"},
    "Scan": {"scanning/redemption.py", "scanning/late.py"},
    "Entry": {"scanning/redemption.py"},
    "Undo": {"scanning/undoing.py"},
    "Conflict": {"scanning/conflicts.py"},
    "Device": {"scanning/devices.py"},
    "Change": {"trail/record.py"},
    "Token": {"api/tokens.py"},
    "Endpoint": {"api/webhooks/endpoints.py"},
}
ROWS = {*MAKERS, "Event", "Quota", "Promotion", "PriceTier", "Discount", "TicketType", "Mail", "Invitation", "BuyerAllowance"}
WRITING = {
    "update",
    "_change",
    "create",
    "get_or_create",
    "update_or_create",
    "acreate",
    "aupdate",
    "PreparedUpdate",
    "HastyUpdate",
    "PreparedInsert",
} | ROWS
MAKING = {"create", "get_or_create", "update_or_create", "bulk_create", "acreate", "abulk_create"}


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def assigned(node: ast.AST) -> list[str]:
    """Attributes that a statement sets: `row.confirmed_at = now`, also within a tuple."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign | ast.AnnAssign) else []
    flat = [part for target in targets for part in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return [target.attr for target in flat if isinstance(target, ast.Attribute)]


def passed(node: ast.AST) -> list[str]:
    """Fields that a call writes: `.update(confirmed_at=now)`, `Order(confirmed_at=now)`, by name."""
    if not isinstance(node, ast.Call):
        return []
    called = name_of(node.func)
    if called == "setattr":
        return [arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant)]
    if called == "bulk_update":
        return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return [str(keyword.arg) for keyword in node.keywords] if called in WRITING else []


def in_sql(node: ast.AST, field: str) -> bool:
    """`SET field = …` and `INSERT INTO … (…, field, …)`, as statements and as parts of them."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    set_to = re.search(rf"(?<![\w.]){field}\s*=(?!=)", node.value)
    inserted = re.search(rf"(INSERT\s+INTO|COPY)\s+\S+\s*\([^)]*\b{field}\b", node.value, re.I)
    return bool(set_to or inserted)


def fields_written(path: str, text: str) -> list[str]:
    """State fields that this module writes and may not."""
    found = []
    for node in ast.walk(ast.parse(text)):
        names = {*assigned(node), *passed(node)}
        for field, doors in DOORS.items():
            if path not in doors and (field in names or in_sql(node, field)):
                found.append(f"line {node.lineno} writes {field}")
    return found


def rows_made(path: str, text: str) -> list[str]:
    """Rows that this module makes and may not."""
    found = []
    imported = {name.split(".")[-1] for name in imported_modules(text)}  # another library's Entry is none of ours
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        made = name_of(node.func)
        if made in MAKING and isinstance(node.func.value, ast.Attribute):  # Order.objects.create(…)
            made = name_of(node.func.value.value)
        if made in MAKERS and imported & {made, "models"} and path not in MAKERS[made]:
            found.append(f"line {node.lineno} makes {made}")
    return found


def test_state_is_written_behind_its_door():
    product = {path: text for path, text in own_python().items() if not path.endswith("/models.py")}
    assert findings(fields_written, product) == []


def test_rows_are_made_behind_their_door():
    assert findings(rows_made, own_python()) == []


def test_every_door_is_used():
    """A door nobody goes through is a name that has changed, and a rule that holds nothing any more."""
    modules = own_python()
    shut = {field: doors - modules.keys() for field, doors in DOORS.items() if doors - modules.keys()}
    assert shut == {}
    for field, doors in DOORS.items():
        for door in doors:
            assert f"writes {field}" in " ".join(fields_written("elsewhere.py", modules[door])), (field, door)


@pytest.mark.parametrize(
    ("planted", "field"),
    [
        ("order.confirmed_at = now", "confirmed_at"),
        ("a, hold.released_at = 1, now", "released_at"),
        ("quota.claimed += 1", "claimed"),
        ("Order.objects.filter(pk=1).update(cancelled_at=now)", "cancelled_at"),
        ("Payment.objects.create(order=order, succeeded_at=now)", "succeeded_at"),
        ("row = Order(code='x', expired_at=now)", "expired_at"),
        ("setattr(ticket, 'voided_at', now)", "voided_at"),
        ("Ticket.objects.bulk_update(rows, ['voided_at'])", "voided_at"),
        ("SQL = 'UPDATE events_quota SET claimed = claimed + 1 WHERE id = %s'", "claimed"),
        ("SQL = 'UPDATE x SET a = 1, failed_at=now()'", "failed_at"),
        ("SQL = f'UPDATE {table} SET converted_at = now()'", "converted_at"),
        ("SQL = 'INSERT INTO scanning_entry (ticket_id, admitted_at) VALUES (1, now())'", "admitted_at"),
        ("UPDATE = PreparedUpdate(lambda: Hold.objects.all(), released_at=Param('now'))", "released_at"),
        ("UPDATE = HastyUpdate(lambda: Hold.objects.all(), released_at=Param('now'))", "released_at"),
    ],
)
def test_a_planted_write_is_found(planted, field):
    assert fields_written("registrations/views_planted.py", planted) == [f"line 1 writes {field}"]


@pytest.mark.parametrize(
    "reading",
    [
        "Order.objects.filter(confirmed_at=None, cancelled_at__isnull=False)",
        "Q(confirmed_at=None)",
        "quotas.annotate(claimed=Sum('quotas__claimed'))",
        "claimed = quota.claimed",
        "if order.confirmed_at == now: pass",
        "SQL = 'SELECT 1 FROM t WHERE o.confirmed_at IS NULL AND q.claimed <= 3'",
    ],
)
def test_reading_is_open_to_all(reading):
    assert fields_written("registrations/views_planted.py", reading) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from registrations.models import Ticket\nTicket(order=order)",
        "from scanning.models import Entry, Gate\nEntry.objects.create(ticket=t)",
        "from registrations import models\nmodels.Order.objects.bulk_create([])",
    ],
)
def test_a_planted_row_is_found(planted):
    assert rows_made("registrations/views_planted.py", planted)
