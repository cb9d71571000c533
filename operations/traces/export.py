"""Traces to a collector, by OpenTelemetry's own exporter and its standard variables (OTLP over HTTP).

Only a worker with OTEL_EXPORTER_OTLP_ENDPOINT set loads the SDK: it costs 28 MB and a second. It runs in a thread
of its own, so that a collector that does not answer holds up neither tasks nor meters.
"""

import json
import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import redis
from django.conf import settings

from operations.traces import tree
from ticketing.lib import meters, traces

logger = logging.getLogger("ticketing.traces")
AT_ONCE = 200
PAUSE_SECONDS = 2.0
CLIENTS: dict[str, dict[str, str]] = {  # what is asked in a span of this kind, by the semantic conventions
    "sql": {"db.system.name": "postgresql"},
    "redis": {"db.system.name": "redis"},
    "s3": {"rpc.system": "aws-api", "rpc.service": "S3"},
    "provider": {"peer.service": "payment provider"},
    "mail": {"peer.service": "mail"},
}
NAMED = {"sql": "db.query.summary", "redis": "db.operation.name", "s3": "rpc.method", "provider": "rpc.method"}


def start() -> None:
    """In a worker: send from now on."""
    threading.Thread(target=_run, name="traces", daemon=True).start()


def _run() -> None:
    store, away = meters.connect(), False
    while True:
        time.sleep(PAUSE_SECONDS)
        try:
            while send_some(store):
                away = False
        except Exception as error:  # whatever it is, the next round tries again; this thread has nobody to tell
            if not away:
                logger.warning("Traces were not exported (%s); they wait.", type(error).__name__)
            away = True


class NotTaken(Exception):
    """The collector did not answer, or refused."""


def send_some(store: redis.Redis) -> int:
    """Send what waits, AT_ONCE at most. Returns how many recordings; what is not taken waits on. NotTaken."""
    texts: Any = store.lpop(meters.key(traces.LISTS[1]), AT_ONCE) or []
    if not texts:
        return 0
    from opentelemetry.sdk.trace.export import SpanExportResult

    if _exporter().export(list(readable(texts))) is not SpanExportResult.SUCCESS:
        store.rpush(meters.key(traces.LISTS[1]), *texts)
        store.ltrim(meters.key(traces.LISTS[1]), -traces.MOST_IN_REDIS, -1)
        raise NotTaken
    return len(texts)


@cache
def _exporter() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()


@cache
def _resource() -> Any:
    from opentelemetry.sdk.resources import Resource

    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    ours = {} if named else {"service.name": "ticketing"}
    return Resource.create(ours | ({"service.version": settings.VERSION} if settings.VERSION else {}))


def readable(texts: Iterable[str | bytes]) -> Iterator[Any]:
    """Each recording's spans in the SDK's shape, the root first."""
    for text in texts:
        yield from _spans_of(json.loads(text))


def _spans_of(told: dict[str, Any]) -> Iterator[Any]:
    from opentelemetry.trace import Link, SpanKind

    trace, root = int(told["trace"], 16), int(told["span"], 16)
    began, steps = told["at"] * 1000, list(tree.steps(told["spans"]))
    kind = {"page": SpanKind.SERVER, "task": SpanKind.CONSUMER}.get(told["kind"], SpanKind.INTERNAL)
    link = told.get("link")
    yield _span(
        name=_title(told),
        context=_context(trace, root),
        parent=_context(trace, int(told["parent"][-16:], 16)) if told.get("parent") else None,
        kind=kind,
        began=began,
        took_us=told["us"],
        attributes=told["facts"] | {"ticketing.outcome": told["outcome"]} | ({"ticketing.event": told["event"]} if "event" in told else {}),
        failed=told["outcome"] in ("failed", "busy"),
        events=[_event(step, began) for step in steps if step.kind == "log"],
        links=[Link(_context(int(link[:32], 16), int(link[-16:], 16)))] if link else [],
    )
    for step in steps:
        if step.kind == "log":
            continue
        yield _span(
            name=step.name,
            context=_context(trace, traces.child_id(root, step.number)),
            parent=_context(trace, root if step.within is None else traces.child_id(root, step.within)),
            kind=SpanKind.PRODUCER if step.kind == "publish" else SpanKind.CLIENT if step.kind in CLIENTS else SpanKind.INTERNAL,
            began=began + step.offset_us * 1000,
            took_us=step.took_us,
            attributes=CLIENTS.get(step.kind, {}) | {NAMED.get(step.kind, "ticketing.step"): step.name} | step.attributes,
            failed=bool(step.error),
        )


def _title(told: dict[str, Any]) -> str:
    method = told["facts"].get("http.request.method")
    return f"{method} {told['facts'].get('http.route', told['name'])}" if method else told["name"]


def _context(trace: int, span: int) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(trace_id=trace, span_id=span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _event(step: tree.Step, began: int) -> Any:
    from opentelemetry.sdk.trace import Event

    return Event(step.name, attributes=step.attributes, timestamp=began + step.offset_us * 1000)


def _span(*, began: int, took_us: int, failed: bool, **more: Any) -> Any:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Status, StatusCode

    return ReadableSpan(
        resource=_resource(),
        instrumentation_scope=InstrumentationScope("ticketing"),
        start_time=began,
        end_time=began + took_us * 1000,
        status=Status(StatusCode.ERROR) if failed else Status(),
        **more,
    )
