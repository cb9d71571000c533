"""A real Chromium before a live server."""

import pathlib
import shutil
import socket
import subprocess
import sys
import time

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage, storages
from playwright.sync_api import sync_playwright

from tests.journeys.at_the_desk import page as page
from tests.journeys.at_the_desk import sold as sold
from ticketing.templatetags import pages

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = pathlib.Path(__file__).resolve().parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="session")
def playwright():
    """One for all tests of a process: a second one beside it is refused."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright):
    made = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_page_stays_open(request):
    """A page that renews itself would go on asking the server, and be counted in another test."""
    yield
    if "browser" in request.fixturenames:
        for context in request.getfixturevalue("browser").contexts:
            context.close()


@pytest.fixture
def site(live_server, settings):
    """The live server's address, known to the product as its own."""
    settings.SITE_URL = live_server.url
    settings.ALLOWED_HOSTS = ["*"]
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    # The live server serves files by their own names, not by the hashed ones.
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    pages._static_url.cache_clear()
    cache.clear()
    yield live_server.url
    pages._static_url.cache_clear()


@pytest.fixture
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    yield
    storages._storages = {}


@pytest.fixture
def s3(settings, tmp_path, monkeypatch):
    """An S3-compatible server that checks signatures (rclone)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "tickets").mkdir()
    binary = shutil.which("rclone", path=str(pathlib.Path(sys.executable).parent)) or shutil.which("rclone")
    server = subprocess.Popen(
        [binary, "serve", "s3", "--auth-key", "key,secret-secret", "--addr", f"127.0.0.1:{port}", str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-secret")
    from botocore.config import Config

    config = Config(
        s3={"addressing_style": "path"},
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    options = {
        "bucket_name": "tickets",
        "endpoint_url": f"http://127.0.0.1:{port}",
        "region_name": "us-east-1",
        "client_config": config,
        "querystring_expire": 300,
    }
    settings.S3_BUCKET = "tickets"
    settings.STORAGES = settings.STORAGES | {"default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}}
    default_storage._wrapped = storages.create_storage(settings.STORAGES["default"])
    yield f"http://127.0.0.1:{port}"
    default_storage._wrapped = storages["default"]
    server.terminate()
    server.wait()


def axe_findings(page):
    """What axe says of the page as it stands, one line each. A page without its style would pass too easily."""
    assert page.evaluate("getComputedStyle(document.body).display") == "flex", "the style sheets did not load"
    page.evaluate(AXE.read_text())
    result = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [f"{rule['id']}: {node['html'][:120]} {node['failureSummary'][:200]}" for rule in result for node in rule["nodes"]]
