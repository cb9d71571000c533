"""Telling endpoints what is owed. The rows are the jobs; the one door is `send_due`.

At least once, with the same webhook-id each time. One worker at a time speaks to an endpoint, for as long as
`taken_until` says; if it dies, another takes over. Messages about one thing go out one after the other: while
one waits for its next try, later ones of the same thing wait too, others don't. An endpoint that fails is
tried with one message at a time, less and less often; when it answers again, all that waits goes out at once.
"""

import logging
import random
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from api.models import Endpoint, Message
from api.webhooks import endpoints, payloads, signing
from ticketing.lib import outward

logger = logging.getLogger("ticketing.webhooks")

GIVE_UP_AFTER = timedelta(days=3)
TAKEN_FOR = timedelta(seconds=30)  # more than a turn and one call after it
TURN_SECONDS = 8.0
SWEEP_SECONDS = 25.0
BATCH = 50
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=6)  # of one message: four times longer each time
FIRST_BRAKE, LONGEST_BRAKE = timedelta(seconds=10), timedelta(minutes=10)  # of an endpoint: twice as long each time
DOWN = 3  # failures in a row: it was not only one message
GONE = 410
KEPT_FOR = timedelta(days=30)
AGENT = "ticketing-webhooks/1"

OPEN = Q(delivered_at=None, abandoned_at=None)


def send_due(*, now: datetime) -> int:
    """A turn for every endpoint that something is due for. Returns how many messages arrived."""
    due = Message.objects.filter(OPEN, endpoint=OuterRef("pk"), due_at__lte=now)
    waits = Q(next_try_at__gt=now) | Q(taken_until__gt=now)
    running = list(Endpoint.objects.filter(~waits, Exists(due), paused_at=None, removed_at=None))
    random.shuffle(running)  # a slow one must not always be before the others
    until, told = time.monotonic() + SWEEP_SECONDS, 0
    for endpoint in running:
        if time.monotonic() < until and _taken(endpoint, now):
            told += _turn(endpoint, now)
            Endpoint.objects.filter(pk=endpoint.pk).update(taken_until=None)
    return told


def _taken(endpoint: Endpoint, now: datetime) -> bool:
    free = Endpoint.objects.filter(Q(taken_until=None) | Q(taken_until__lte=now), pk=endpoint.pk)
    return bool(free.update(taken_until=now + TAKEN_FOR))


def _turn(endpoint: Endpoint, now: datetime) -> int:
    """As many as are due, until one fails or the turn is over."""
    until, told = time.monotonic() + TURN_SECONDS, 0
    while batch := list(heads(endpoint=endpoint, now=now)[: 1 if endpoint.failures else BATCH]):
        for message in batch:
            if time.monotonic() > until or not _tell(endpoint, message, now):
                return told
            told += 1
    return told


def heads(*, endpoint: Endpoint, now: datetime) -> QuerySet[Message]:
    """What may go out now, one after the other until one fails: nothing before which a message about the same
    thing failed. Those that failed come last, so that one which is always refused holds up nothing else."""
    failed = Q(tries__gt=0) | Q(due_at__gt=now)
    earlier = Message.objects.filter(OPEN, failed, endpoint=endpoint, about=OuterRef("about"), pk__lt=OuterRef("pk"))
    return Message.objects.filter(OPEN, ~Exists(earlier), endpoint=endpoint, due_at__lte=now).order_by("tries", "pk")


def _tell(endpoint: Endpoint, message: Message, now: datetime) -> bool:
    if not message.body:
        body = payloads.body_of(message=message)
        if body is None:
            Message.objects.filter(pk=message.pk).update(abandoned_at=now, last_error="The row is gone.")
            return True
        message.body = body
    status, trouble = _call(endpoint, message, now)
    tried = {"body": message.body, "tries": F("tries") + 1, "tried_at": now, "last_status": status, "last_error": trouble[:200]}
    if not trouble:
        Message.objects.filter(pk=message.pk).update(delivered_at=now, **tried)
        _well_again(endpoint, now)
        return True
    given_up = now if now - message.happened_at > GIVE_UP_AFTER else None
    wait = _longer(FIRST_WAIT, 4, message.tries, LONGEST_WAIT)
    Message.objects.filter(pk=message.pk).update(due_at=now + wait, abandoned_at=given_up, **tried)
    _brake(endpoint, status, now)
    return False


def _call(endpoint: Endpoint, message: Message, now: datetime) -> tuple[int | None, str]:
    """The answer's status, and what was wrong; nothing for an answer of success."""
    body = message.body.encode()
    signed = signing.headers_of(webhook_id=message.webhook_id, at=now, body=body, key=endpoints.key_of(endpoint=endpoint))
    headers = {"Content-Type": "application/json", "User-Agent": AGENT, **signed}
    try:
        status = outward.post(url=endpoint.url, body=body, headers=headers, private_networks=settings.WEBHOOK_PRIVATE_NETWORKS)
    except (outward.NotCalled, outward.NoAnswer) as error:
        return None, str(error)
    if 300 <= status < 400:
        return status, f"answered {status}: redirects are not followed"
    return status, "" if 200 <= status < 300 else f"answered {status}"


def _well_again(endpoint: Endpoint, now: datetime) -> None:
    """It answered. After an outage all that waits is due at once, in its order."""
    if not endpoint.failures:
        return
    if endpoint.failures >= DOWN:
        Message.objects.filter(OPEN, endpoint=endpoint, due_at__gt=now).update(due_at=now)
    Endpoint.objects.filter(pk=endpoint.pk).update(failures=0, failing_since=None, next_try_at=None)
    endpoint.failures = 0


def _brake(endpoint: Endpoint, status: int | None, now: datetime) -> None:
    wait = _longer(FIRST_BRAKE, 2, endpoint.failures, LONGEST_BRAKE)
    Endpoint.objects.filter(pk=endpoint.pk).update(
        failures=F("failures") + 1, failing_since=endpoint.failing_since or now, next_try_at=now + wait
    )
    logger.info("Endpoint %s: try %d failed; the next in %s.", endpoint.pk, endpoint.failures + 1, wait)
    if status == GONE:  # the receiver says that it wants no more
        endpoints.pause(endpoint=endpoint, now=now)


def _longer(first: timedelta, factor: int, times: int, longest: timedelta) -> timedelta:
    """Longer each time, and never the same for two, so that they don't all come back at once."""
    return min(first * factor ** min(times, 20), longest) * random.uniform(0.8, 1.2)


def forget_old(*, now: datetime) -> int:
    """The log is kept for a month. Returns how many messages went."""
    old = Message.objects.filter(~OPEN, happened_at__lt=now - KEPT_FOR).order_by("happened_at").values("pk")[:5000]
    return Message.objects.filter(pk__in=old).delete()[0]
