"""The outside parts: how each is tried, and what mends it."""

import ctypes.util
import os
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import redis
from celery import current_app, shared_task
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from payments.gateway import GatewayTrouble, PaymentRefused, gateway
from registrations import codes
from registrations.models import SigningKey

QUEUES = ("now", "soon")
ROUND_TRIP_SECONDS = 8.0
MAIL_SECONDS = 5
CLOCK_TOLERANCE_SECONDS = 1.0
FREE_BYTES, FREE_SHARE = 1024**3, 0.05
KEYS_TRIED = 200


class Sick(Exception):
    """The part does not do its work. `mend` replaces the part's own where it is known better."""

    def __init__(self, said: str, mend: str = "") -> None:
        super().__init__(said)
        self.mend = mend


class Doubtful(Sick):
    """It works, but not as it should."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """`check` says in a few words what it saw, or raises."""

    name: str
    check: Callable[[], str]
    mend: str


def database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), pg_is_in_recovery()")
        version, standby = cursor.fetchone()
    if standby:
        raise Sick("it is a standby and takes no writes", "Point DATABASE_URL at the primary, or promote this one.")
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise Sick(f"{len(waiting)} migrations are not applied", "Run: python manage.py migrate")
    return f"PostgreSQL {version}, migrations applied"


def redis_server() -> str:
    client = _redis()
    key, value = f"{_prefix()}:doctor:{secrets.token_hex(8)}", secrets.token_hex(8)
    client.set(key, value, ex=60)
    found = client.get(key)
    client.delete(key)
    if found != value.encode():
        raise Sick("it forgot what was just written")
    told: Any = client.info()
    policy = told.get("maxmemory_policy", "noeviction")
    if policy.startswith("allkeys"):
        raise Doubtful(f"it may drop tasks: maxmemory-policy is {policy}", "Set maxmemory-policy to volatile-lru or noeviction.")
    return f"set, get and delete; {told.get('redis_version', 'unknown version')}"


def worker() -> str:
    """A task through each queue that somebody waits for, until its answer is in Redis."""
    client, started = _redis(), time.monotonic()
    keys = {queue: f"{_prefix()}:doctor:{secrets.token_hex(8)}" for queue in QUEUES}
    for queue, key in keys.items():
        current_app.send_task("operations.answer_doctor", kwargs={"key": key}, queue=queue, retry=False, ignore_result=True, expires=60)
    waiting = dict(keys)
    while waiting and time.monotonic() - started < ROUND_TRIP_SECONDS:
        waiting = {queue: key for queue, key in waiting.items() if not client.getdel(key)}
        time.sleep(0.02)
    if waiting:
        raise Sick(f"no answer from queue {', '.join(waiting)} within {ROUND_TRIP_SECONDS:.0f} s")
    return f"queues {' and '.join(QUEUES)} answered in {(time.monotonic() - started) * 1000:.0f} ms"


@shared_task(name="operations.answer_doctor")
def answer_doctor(key: str) -> None:
    if key.startswith(f"{_prefix()}:doctor:"):
        _redis().set(key, b"1", ex=60)


def storage() -> str:
    written = secrets.token_bytes(1024)
    name = default_storage.save(f"doctor/{secrets.token_hex(8)}", ContentFile(written))
    try:
        with default_storage.open(name, "rb") as file:
            if file.read() != written:
                raise Sick("it gave back something else than was written")
    finally:
        default_storage.delete(name)
    if default_storage.exists(name):
        raise Sick("what was deleted is still there")
    return f"put, get and delete; {'bucket ' + settings.S3_BUCKET if settings.S3_BUCKET else 'files on this machine'}"


def mail_server() -> str:
    """Its greeting, and its answer to our sign-in. Nothing is sent."""
    if "smtp" not in settings.OUTBOX_TRANSPORT:
        if settings.EMAIL_URL or settings.EMBEDDED:
            return f"no mail server: {settings.OUTBOX_TRANSPORT.rsplit('.', 2)[-2]}"
        raise Doubtful("mail is written to files and reaches nobody")
    transport = get_connection(settings.OUTBOX_TRANSPORT, timeout=MAIL_SECONDS)
    transport.open()
    try:
        code, _ = transport.connection.noop()  # type: ignore[attr-defined]
    finally:
        transport.close()
    if code != 250:
        raise Sick(f"it answered {code}")
    return f"{settings.EMAIL_HOST} greets and lets us in"


def provider() -> str:
    """A session that cannot exist is asked for: that it is unknown is the right answer."""
    try:
        gateway().fetch(provider_id=f"doctor-{secrets.token_hex(8)}")
    except (PaymentRefused, LookupError):
        pass
    except GatewayTrouble as error:
        if "no such" not in str(error).lower():
            raise Sick(str(error) or "it does not answer") from error
    return f"{settings.PAYMENT_GATEWAY} answers"


def clocks() -> str:
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        there = cursor.fetchone()[0]
        here = before + (timezone.now() - before) / 2
    seconds = (there - here).total_seconds()
    if abs(seconds) > CLOCK_TOLERANCE_SECONDS:
        raise Sick(f"the database's clock is {seconds:+.1f} s from this machine's")
    return f"{seconds * 1000:+.0f} ms from the database's"


def fonts_and_pdf() -> str:
    """A ticket is drawn whole, in several scripts; the subsetting library is what makes that fast."""
    from registrations.ticket_pdf import DesignFacts, TicketFacts, ticket_pdf

    started = time.monotonic()
    design = DesignFacts(
        event_name="Doctor’s concert · Концерт",
        organiser_name="Operations",
        starts_text="Thursday",
        ends_text="Friday",
        venue_name="Hall",
        venue_address="Market 1",
        ticket_type_name="Standard",
        price_text="Free",
        accent="#285cc2",
    )
    code = codes.encode(private_key=Ed25519PrivateKey.generate(), key_id=1, event_id=1, serial=1)
    ticket = TicketFacts(code=code, serial_text="0000-0000-0000", attendee_name="Zoë Łukasz", order_code="00000000", position="1 of 1")
    made = ticket_pdf(design=design, tickets=[ticket])
    if not made.startswith(b"%PDF"):
        raise Sick("what was drawn is no PDF")
    seconds = time.monotonic() - started
    if not ctypes.util.find_library("harfbuzz-subset"):
        raise Doubtful(f"tickets are drawn several times slower than they could be ({seconds * 1000:.0f} ms)")
    return f"a ticket of {len(made) / 1024:.0f} KB in {seconds * 1000:.0f} ms, the first with its design"


def signing_keys() -> str:
    """Every event's key opens with SECRET_KEY; of many, the newest."""
    rows = SigningKey.objects.order_by("-created_at").values_list("event_id", "sealed_private_key")[:KEYS_TRIED]
    shut = [event_id for event_id, sealed in rows if not codes.opens(sealed=bytes(sealed))]
    if shut:
        raise Sick(f"{len(shut)} keys do not open, such as event {shut[0]}'s")
    return f"{len(rows)} of the newest keys open" if len(rows) > 1 else "no key is shut"


def disk() -> str:
    place = next(path for path in (settings.VAR_DIR, settings.VAR_DIR.parent, settings.BASE_DIR) if os.path.exists(path))
    usage = shutil.disk_usage(place)
    free = f"{usage.free / 1024**3:.1f} GB free of {usage.total / 1024**3:.0f}"
    if usage.free < FREE_BYTES or usage.free / usage.total < FREE_SHARE:
        raise Sick(free)
    return free


PARTS = (
    Part(name="database", check=database, mend="Start PostgreSQL, or mend DATABASE_URL."),
    Part(
        name="redis", check=redis_server, mend="Start Redis, or mend REDIS_URL. Selling goes on without it; cached pages and nudges do not."
    ),
    Part(name="worker", check=worker, mend="Start a worker: celery -A ticketing worker -B -Q now,soon,whenever"),
    Part(name="storage", check=storage, mend="Check S3_BUCKET, its keys and rights (put, get, delete), or the rights on var/media/."),
    Part(name="mail", check=mail_server, mend="Mend EMAIL_URL, or let this machine reach the mail server."),
    Part(
        name="provider", check=provider, mend="Check the payment provider's key and status page. Paid orders are settled when it is back."
    ),
    Part(name="clock", check=clocks, mend="Synchronise this machine's clock: timedatectl set-ntp true"),
    Part(
        name="fonts and PDF",
        check=fonts_and_pdf,
        mend="Install the libraries of WeasyPrint: apt-get install libpango-1.0-0 libharfbuzz-subset0",
    ),
    Part(name="signing keys", check=signing_keys, mend="Put the earlier SECRET_KEY into SECRET_KEY_FALLBACKS."),
    Part(name="disk", check=disk, mend="Make room: old logs and backups under var/ first."),
)


def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_ADDRESS, socket_timeout=2, socket_connect_timeout=2)


def _prefix() -> str:
    return str(settings.CACHES["default"]["KEY_PREFIX"])
