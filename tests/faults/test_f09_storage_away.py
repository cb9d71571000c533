"""F9: the store answers 500 or not at all. The order stays, the PDF is drawn on the spot, U1."""

import http.server
import threading

import pytest
from django.core.files.storage import default_storage, storages

from registrations import fulfilment
from registrations.models import Order
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


class Broken(http.server.BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_HEAD = do_POST = answer

    def log_message(self, *words):
        pass


@pytest.fixture
def broken_bucket(settings, monkeypatch):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    options = {"bucket_name": "b", "endpoint_url": f"http://127.0.0.1:{server.server_port}", "region_name": "us-east-1"}
    settings.S3_BUCKET = "b"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}
    default_storage._wrapped = storages.create_storage(settings.STORAGES["default"])
    yield
    server.shutdown()
    server.server_close()
    default_storage._wrapped = storages["default"]


def test_the_buyer_gets_the_pdf_all_the_same(client, concert, broken_bucket):
    order = cast.ordered(cast.ticket_type(concert))
    fulfilment.fulfil(order_id=order.pk, now=clock.now())
    assert Order.objects.get().fulfilled_at
    reply = client.get(f"{order.get_absolute_url()}tickets.pdf")
    assert reply.status_code == 200
    body = b"".join(reply.streaming_content) if reply.streaming else reply.content
    assert body.startswith(b"%PDF")
