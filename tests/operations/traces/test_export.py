"""Traces told to a collector: OTLP as a receiver decodes it, kept while it is away."""

import gzip
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.db import connection

from operations.meters import live
from operations.traces import export
from tests.operations.traces.kept import forget
from ticketing.lib import meters, traces

pytestmark = pytest.mark.django_db


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(
            (
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                gzip.decompress(body) if self.headers.get("Content-Encoding") else body,
            )
        )
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def collector(monkeypatch, settings):
    """A receiver of OTLP over HTTP at the address that the standard variables name."""
    forget()
    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        server.asked, server.status = [], 200
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=abc")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
        monkeypatch.setenv("OTEL_SERVICE_NAME", "tickets-test")
        settings.TRACES_EXPORTED = True
        export._exporter.cache_clear()
        export._resource.cache_clear()
        yield server
        export._exporter.cache_clear()
        export._resource.cache_clear()
        server.shutdown()
        thread.join()
    forget()


def spans_of(body):
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    service = {each.key: each.value.string_value for each in resource.resource.attributes}["service.name"]
    return service, list(resource.scope_spans[0].spans)


def some_work():
    usage = meters.begin()
    traces.follow("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    with traces.span("pdf", "order"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    meters.end(usage, kind="task", name="registrations.fulfil", outcome="failed", facts=lambda: {"order_id": 7})
    meters.Writer(role="worker").flush()


def test_a_collector_is_told_in_its_own_words(collector):
    some_work()
    assert export.send_some(live.connect()) == 1
    assert export.send_some(live.connect()) == 0
    (path, headers, body), *others = collector.asked
    assert (path, headers["x-key"], headers["content-type"], others) == ("/v1/traces", "abc", "application/x-protobuf", [])
    service, (root, *inner) = spans_of(body)
    assert service == "tickets-test"
    assert (root.trace_id.hex(), root.parent_span_id.hex()) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert (root.name, root.kind, root.status.code) == ("registrations.fulfil", root.SPAN_KIND_CONSUMER, 2)
    named = {span.name: span for span in inner}
    assert named["order"].parent_span_id == root.span_id
    assert named["SELECT"].parent_span_id == named["order"].span_id
    assert {each.key for each in named["SELECT"].attributes} == {"db.system.name", "db.query.summary"}
    assert root.start_time_unix_nano <= named["order"].start_time_unix_nano <= named["order"].end_time_unix_nano <= root.end_time_unix_nano


def test_what_a_collector_refuses_waits(collector):
    collector.status = 400
    some_work()
    with pytest.raises(export.NotTaken):
        export.send_some(live.connect())
    collector.status = 200
    assert export.send_some(live.connect()) == 1


def test_without_a_collector_nothing_waits_for_one(settings):
    forget()
    settings.TRACES_EXPORTED = False
    some_work()
    assert live.connect().llen(meters.key(traces.LISTS[1])) == 0
    forget()


def test_a_web_process_never_loads_the_sdk():
    code = "import sys, ticketing.wsgi, ticketing.celery; ticketing.celery.app.loader.import_default_modules(); print([name for name in sys.modules if name.startswith('opentelemetry')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
