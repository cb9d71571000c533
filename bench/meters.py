"""What metering and tracing cost: of the cheapest request there is, a cached page, and of a rendered one."""

import time

from bench.stage import Stage

ROUNDS = 20_000


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    """The meter's own CPU around an empty answer, the flush spread over a second of requests, against the pages' CPU."""
    from django.conf import settings
    from django.http import HttpResponse
    from django.test import RequestFactory

    from bench import pages
    from ticketing.lib import meters, traces
    from ticketing.metering import MeterMiddleware

    answer = HttpResponse(b"x" * 10_000)
    answer.cached_route = "events:event"  # type: ignore[attr-defined]

    def inside(request: object) -> HttpResponse:
        meters.about(event=7, organiser=3)
        return answer

    request = RequestFactory().get("/events/x/")
    one = _least(lambda: MeterMiddleware(inside)(request)) - _least(lambda: inside(request))  # type: ignore[arg-type]
    statement = _least(lambda: meters.statement("SELECT 1", 0, 1000))
    kept = _kept()
    writer = meters.Writer(role="bench")
    began = time.thread_time()
    for _ in range(50):
        meters._bucket()
        writer.flush()
    flush = (time.thread_time() - began) / 50
    found = pages.measure(stage)
    cached, rendered = found["event page, cached"][0] / 1000, found["event page, rendered"][0] / 1000
    # At half of one core's rate, as a process under load flushes once a second.
    most = settings.TRACES_PER_SECOND * sum(traces.BUDGETS.values())
    return {
        "trace, one kept": (kept * 1e6, "µs CPU", ""),
        "traces, at most": (most * kept * 100, "% of a core", "<= 1"),
        "meter, one request": (one * 1e6, "µs CPU", "<= 15"),
        "meter, one statement": (statement * 1e6, "µs CPU", "<= 2"),
        "meter, one flush": (flush * 1e6, "µs CPU", ""),
        "meter, share of a cached page": ((one + flush * cached * 2) / cached * 100, "%", "<= 3"),
        "meter, share of a rendered page": ((one + 4 * statement + flush * rendered * 2) / rendered * 100, "%", "<= 3"),
    }


def _kept() -> float:
    """CPU seconds of keeping a request with a dozen spans and writing it as a text, beyond recording it."""
    from ticketing.lib import meters, traces

    def request() -> None:
        usage = meters.begin()
        for _ in range(12):
            meters.statement('SELECT "events_event"."id" FROM "events_event" WHERE "events_event"."id" = %s', 0, 1000)
        meters.end(usage, kind="page", name="bench", outcome="ok", facts=lambda: {"http.request.method": "GET"})

    def forgotten() -> None:
        traces._left["page"] = 0
        request()

    def kept() -> None:
        traces._left["page"] = 10
        request()
        traces._text(*traces._waiting.pop())

    return _least(kept) - _least(forgotten)


def _least(action) -> float:  # type: ignore[no-untyped-def]
    """CPU seconds of one call: the least of five rounds, since other work only adds."""
    rounds = []
    for _ in range(5):
        began = time.thread_time()
        for _ in range(ROUNDS // 5):
            action()
        rounds.append((time.thread_time() - began) / (ROUNDS // 5))
    return min(rounds)
