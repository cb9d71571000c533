"""The rules that every installation begins with. What staff change stays changed; `ensure` adds what is missing."""

from typing import Any

from operations.models import Missing, Rule, Severity

WARN = Severity.WARNING
# name, title, measure, threshold, clears at, unit, and what differs from the model's defaults
RULES: tuple[tuple[str, str, str, float, float, str, dict[str, Any]], ...] = (
    # the plan's three
    ("error-rate", "More than 1 % of requests fail", "page.error_share", 0.01, 0.005, "share", {"minimum_samples": 50}),
    ("database-capacity", "Database connections are used to more than 80 %", "database.capacity_share", 0.8, 0.7, "share", {}),
    ("storage-4xx", "The file store refuses more than 5 % of calls", "storage.refused_share", 0.05, 0.02, "share", {"minimum_samples": 20}),
    # hot paths and parts
    ("pay-errors", "More than 1 % of payment requests fail", "pay.error_share", 0.01, 0.005, "share", {"minimum_samples": 30}),
    ("register-slow", "Registering takes too long", "register.p95_ms", 1000, 700, "ms", {"minimum_samples": 30, "severity": WARN}),
    ("scan-slow", "Scanning takes too long", "scan.p95_ms", 300, 200, "ms", {"minimum_samples": 30}),
    ("storage-5xx", "The file store does not answer", "storage.failed_share", 0.05, 0.02, "share", {"minimum_samples": 10}),
    ("storage-slow", "The file store is slow", "storage.answer_ms", 2000, 1000, "ms", {"severity": WARN}),
    ("provider-away", "The payment provider does not answer", "provider.failed_share", 0.2, 0.05, "share", {"minimum_samples": 10}),
    ("mail-failing", "Mail is not taken", "mail.failed_share", 0.2, 0.05, "share", {"minimum_samples": 5}),
    ("tasks-failing", "Tasks fail", "task.error_share", 0.05, 0.02, "share", {"minimum_samples": 5, "severity": WARN}),
    ("worker-silent", "No worker is alive", "worker.silent_s", 45, 30, "s", {"missing": Missing.MISSING}),
    ("queue-long", "Tasks pile up", "queue.length", 2000, 500, "", {"severity": WARN}),
    ("redis-memory", "Redis is nearly full", "redis.memory_share", 0.9, 0.8, "share", {"severity": WARN}),
    ("disk-full", "The disk is nearly full", "disk.used_share", 0.92, 0.9, "share", {}),
    ("statement-slow", "A statement runs for too long", "database.slowest_statement_s", 20, 10, "s", {"severity": WARN}),
    ("locks", "Statements wait for locks", "database.waiting", 5, 2, "", {}),
    ("replica-behind", "The standby is behind", "database.replica_lag_s", 30, 10, "s", {"missing": Missing.OK}),
    ("archive-broken", "The write-ahead log is not archived", "database.archive_broken_s", 0, 0, "s", {"missing": Missing.OK}),
    # the business
    ("notice-stuck", "A payment notice is not handled", "notice.oldest_s", 60, 30, "s", {}),
    ("mail-stuck", "A mail is not sent", "mail.oldest_s", 300, 120, "s", {"severity": WARN}),
    ("ticket-stuck", "A paid order has no tickets made", "ticket.oldest_unmade_s", 90, 45, "s", {}),
    ("hold-leaked", "A hold is not released", "hold.oldest_leaked_s", 60, 30, "s", {}),
    ("refund-stuck", "A refund is not sent", "refund.oldest_s", 900, 300, "s", {"severity": WARN}),
    ("orders-stop", "Holds do not become orders", "sale.hold_to_order", 0.02, 0.05, "share", {"above": False, "minimum_samples": 100}),
    ("payments-stop", "Orders are not paid", "sale.order_to_paid", 0.1, 0.2, "share", {"above": False, "minimum_samples": 50}),
    # the objective, recovery, surroundings
    ("objective-fast", "The error budget is gone within two days", "objective.burn_fast", 14.4, 10, "×", {"minimum_samples": 200}),
    ("objective-slow", "The error budget is gone within five days", "objective.burn_slow", 6, 4, "×", {"minimum_samples": 1000, "severity": WARN}),
    ("drill-old", "No restore was tried for 35 days", "drill.age_days", 35, 34, "days", {"severity": WARN}),
    ("budget", "The month will cost more than its budget", "cost.forecast_share", 1.0, 0.95, "share", {"severity": WARN, "missing": Missing.OK}),
    ("certificate-ends", "The certificate ends within 14 days", "certificate.days_left", 14, 15, "days", {"above": False, "severity": WARN, "missing": Missing.OK}),
    ("clock-skew", "A machine's clock is wrong", "clock.skew_s", 2, 1, "s", {"severity": WARN}),
)  # fmt: skip


def ensure() -> None:
    """Add the rules that are not there."""
    there = set(Rule.objects.values_list("name", flat=True))
    missing = [row for row in RULES if row[0] not in there]
    Rule.objects.bulk_create(
        [
            Rule(name=name, title=title, measure=measure, threshold=threshold, clear_threshold=clears, unit=unit, **more)
            for name, title, measure, threshold, clears, unit, more in missing
        ],
        ignore_conflicts=True,
    )
