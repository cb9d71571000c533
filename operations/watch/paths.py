"""The hot paths: the plan's six functions, by the names of their addresses, with their targets."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HotPath:
    """`p95_ms`: its target. `budget`: the share of faults that is still well."""

    name: str
    title: str
    routes: tuple[str, ...]
    p95_ms: float
    budget: float = 0.01


HOT_PATHS = (
    HotPath(name="list", title="Event list", routes=("events:event-list", "events.views_public.event_list"), p95_ms=200),
    HotPath(name="event", title="Event page", routes=("events:event", "events:calendar"), p95_ms=200),
    HotPath(name="stats", title="Statistics", routes=("workspace:event-home", "workspace:order-list"), p95_ms=500),
    HotPath(
        name="register",
        title="Register",
        routes=("registrations:hold-new", "registrations:details", "registrations:review", "registrations:order-new"),
        p95_ms=1000,
    ),
    HotPath(
        name="pay",
        title="Pay",
        routes=("payments:payment-start", "payments:payment-new", "payments:payment-return", "payments:notice-new"),
        p95_ms=3000,
    ),
    HotPath(name="scan", title="Scan", routes=("scanning:scan-new", "scanning:entry-new"), p95_ms=300),
)
