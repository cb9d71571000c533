"""A month that was metered, as the meters keep it: rows by day of routes and of events."""

from datetime import datetime, timedelta

from operations.models import DAY, HOUR, EventMeter, Meter

ROUTES = {
    "events:event-list": (3000, 0.4, 2_000_000, 1_200_000, 2),
    "events:event": (9000, 0.6, 3_000_000, 1_800_000, 3),
    "workspace:event-home": (800, 0.0, 15_000_000, 9_000_000, 12),
    "registrations:hold-new": (1200, 0.0, 12_000_000, 6_000_000, 6),
    "registrations.fulfil": (500, 0.0, 60_000_000, 45_000_000, 14),
    "payments:payment-new": (500, 0.0, 30_000_000, 7_000_000, 9),
    "scanning:scan-new": (700, 0.0, 5_000_000, 3_000_000, 2),
    "account_login": (60, 0.0, 90_000_000, 80_000_000, 8),
}


def sums(calls, hit_share, duration, cpu, statements, **more):
    """`duration` and `cpu` in nanoseconds each, as for a call that is rendered."""
    hits = int(calls * hit_share)
    rendered = calls - hits
    return {
        "count": calls,
        "page_hits": hits,
        "duration_us": rendered * duration // 1000,
        "cpu_us": rendered * cpu // 1000,
        "sql": rendered * statements,
        "bytes_out": calls * 14_000,
    } | more


def fill(*, since: datetime, days: int, events: list[tuple[int, int]], hours_of_last: int = 0) -> None:
    """`events`: (event, organiser). Their part of each day is two thirds of all requests, the first the largest."""
    meters, of_events = [], []
    for day in range(days):
        at = since + timedelta(days=day)
        weekend = 1 + day % 7 // 5
        for name, (calls, hits, duration, cpu, statements) in ROUTES.items():
            more = {"pdfs": calls, "pdf_bytes": calls * 22_000, "s3_puts": calls, "mails": calls} if name == "registrations.fulfil" else {}
            counted = sums(calls * weekend, hits, duration, cpu, statements, **more)
            meters.append(meter(at, DAY, name, counted))
        weights = [1 / (place + 3) for place in range(len(events))]
        for weight, (event, organiser) in zip(weights, events, strict=True):
            calls = max(1, round(9000 * weekend * weight / sum(weights)))
            of_events.append(
                EventMeter(
                    started_at=at,
                    seconds=DAY,
                    event=event,
                    organiser=organiser,
                    **sums(calls, 0.4, 4_000_000, 2_500_000, 4, mails=calls // 20),
                )
            )
    for hour in range(hours_of_last):
        at = since + timedelta(days=days, hours=hour)
        meters += [meter(at, HOUR, name, sums(calls // 24, hits, *rest)) for name, (calls, hits, *rest) in ROUTES.items()]
    Meter.objects.bulk_create(meters)
    EventMeter.objects.bulk_create(of_events, batch_size=5000)


def meter(at: datetime, seconds: int, name: str, counted: dict) -> Meter:
    kind = "task" if "." in name else "page"
    return Meter(started_at=at, seconds=seconds, kind=kind, name=name, outcome="ok", sketch=b"", **counted)
