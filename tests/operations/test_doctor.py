"""The doctor finds each outside part that is really broken, and only that one."""

import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections import namedtuple

import pytest
from django.core.files.storage import default_storage, storages

from operations.doctor import State, examine, parts
from registrations import codes
from tests.faults.stage import ROOT, Stage, until
from ticketing.embedded import children
from ticketing.lib import clock


def found(name):
    (part,) = [part for part in parts.PARTS if part.name == name]
    (one,) = examine(parts=[part])
    return one


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["database", "redis", "storage", "mail", "provider", "clock", "fonts and PDF", "signing keys", "disk"])
def test_a_sound_part_is_well(name, concert):
    codes.signing_key_id(event_id=concert.pk, now=clock.now())
    one = found(name)
    assert one.state in (State.WELL, State.DOUBTFUL) and one.said, one
    assert bool(one.mend) == (one.state is State.DOUBTFUL)


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_redis_away(settings):
    settings.REDIS_ADDRESS = f"redis://127.0.0.1:{closed_port()}/0"
    one = found("redis")
    assert one.state is State.SICK and "REDIS_URL" in one.mend


@pytest.mark.django_db(transaction=True)
def test_storage_that_takes_nothing(settings, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    from botocore.config import Config

    once = Config(connect_timeout=1, read_timeout=1, retries={"max_attempts": 1})
    options = {
        "bucket_name": "tickets",
        "endpoint_url": f"http://127.0.0.1:{closed_port()}",
        "region_name": "us-east-1",
        "client_config": once,
    }
    before = default_storage._wrapped
    default_storage._wrapped = storages.create_storage({"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options})
    try:
        one = found("storage")
    finally:
        default_storage._wrapped = before
    assert one.state is State.SICK and "S3_BUCKET" in one.mend


def smtp(settings, port):
    settings.OUTBOX_TRANSPORT = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def test_mail_server_away(settings):
    smtp(settings, closed_port())
    one = found("mail")
    assert one.state is State.SICK and "EMAIL_URL" in one.mend


class Greeting(socketserver.StreamRequestHandler):
    first = b"220 mail.example ESMTP\r\n"

    def handle(self):
        self.wfile.write(self.first)
        for line in self.rfile:
            self.wfile.write(b"250 yes\r\n")
            if line.upper().startswith(b"QUIT"):
                return


class Refusal(Greeting):
    first = b"554 go away\r\n"


@pytest.mark.parametrize(("manners", "state"), [(Greeting, State.WELL), (Refusal, State.SICK)])
def test_mail_server_is_judged_by_its_greeting(settings, manners, state):
    with socketserver.TCPServer(("127.0.0.1", 0), manners) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        smtp(settings, server.server_address[1])
        assert found("mail").state is state
        server.shutdown()


@pytest.mark.django_db(transaction=True)
def test_provider_away(settings):
    settings.PRACTICE_AWAY = True
    one = found("provider")
    assert one.state is State.SICK and "provider" in one.mend


@pytest.mark.django_db(transaction=True)
def test_clock_five_minutes_wrong(monkeypatch):
    from datetime import timedelta

    from django.utils import timezone

    right = timezone.now
    monkeypatch.setattr(parts.timezone, "now", lambda: right() + timedelta(minutes=5))
    one = found("clock")
    assert one.state is State.SICK and "-300" in one.said and "set-ntp" in one.mend


@pytest.mark.django_db(transaction=True)
def test_keys_sealed_under_another_secret(settings, concert):
    codes.signing_key_id(event_id=concert.pk, now=clock.now())
    before = settings.SECRET_KEY
    settings.SECRET_KEY = "another-secret-key-that-is-long-enough-for-everything"
    one = found("signing keys")
    assert one.state is State.SICK and "SECRET_KEY_FALLBACKS" in one.mend
    settings.SECRET_KEY_FALLBACKS = [before]
    assert found("signing keys").state is State.WELL


def test_the_subsetting_library_is_missed(monkeypatch):
    monkeypatch.setattr(parts.ctypes.util, "find_library", lambda name: None)
    one = found("fonts and PDF")
    assert one.state is State.DOUBTFUL and "libharfbuzz-subset0" in one.mend


def test_a_pdf_that_cannot_be_drawn(monkeypatch):
    monkeypatch.setitem(sys.modules, "registrations.ticket_pdf", None)  # as when Pango is not installed: the import fails
    one = found("fonts and PDF")
    assert one.state is State.SICK and "libpango" in one.mend


def test_a_full_disk(monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(parts.shutil, "disk_usage", lambda path: usage(100 * 1024**3, 99.9 * 1024**3, 0.1 * 1024**3))
    one = found("disk")
    assert one.state is State.SICK and "room" in one.mend


def test_a_part_that_hangs_is_sick_and_holds_nobody_up():
    hanging = parts.Part(name="hanging", check=lambda: time.sleep(60) or "", mend="Wake it.")
    quick = parts.Part(name="quick", check=lambda: "here", mend="")
    started = time.monotonic()
    first, second = examine(parts=[hanging, quick], seconds=0.5)
    assert time.monotonic() - started < 2
    assert (first.state, first.mend, second.state) == (State.SICK, "Wake it.", State.WELL)


def command(env):
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "doctor", "--json"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.stdout.startswith("["), done.stdout + done.stderr
    states = {each["name"]: each["state"] for each in json.loads(done.stdout)}
    return done.returncode, {name for name, state in states.items() if state == "sick"}, time.monotonic() - started


def test_a_running_product_is_well_and_its_stopped_worker_is_named():
    with Stage() as stage:
        until(lambda: command(stage.env)[:2] == (0, set()), seconds=60)  # the worker has begun to listen
        assert command(stage.env)[2] < 14  # the start of a process, and ten seconds at most
        children.stop(stage.worker, seconds=5)
        assert command(stage.env)[:2] == (1, {"worker"})


def test_stopped_servers_are_named_and_nothing_else_is(tmp_path):
    """Neither PostgreSQL nor Redis runs for this folder."""
    code, sick, seconds = command(os.environ | {"VAR_DIR": str(tmp_path)})
    assert code == 1 and seconds < 14
    assert {"database", "redis", "worker"} <= sick and not {"storage", "mail", "disk", "fonts and PDF"} & sick


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_not_there(monkeypatch):
    monkeypatch.setattr(parts, "ROUND_TRIP_SECONDS", 0.3)
    one = found("worker")
    assert one.state is State.SICK and "celery -A ticketing worker" in one.mend
