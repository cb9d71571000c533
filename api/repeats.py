"""A call that is repeated with the same Idempotency-Key happens once and is answered as the first time.

The row is inserted before the work begins: a parallel repeat finds it unanswered and gets 409, a later one
gets the first answer, the same key with another body 422. Work that is not harmless to repeat commits
together with its answer, so that a crash leaves either both or neither; a row whose call died is taken over.
"""

import functools
import hashlib
import re
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

from api import problem
from api.answers import CONTENT_TYPE
from api.models import Call
from api.problem import Problem
from ticketing.lib import clock
from ticketing.lib.prepared import Param, Prepared, PreparedUpdate

HEADER = "Idempotency-Key"
LONGEST = 255
PATTERN = "[!-~]+"
DEAD_AFTER = timedelta(minutes=1)  # a request lives at most half as long (statement_timeout)
KEPT_FOR = timedelta(days=1)
BATCH = 5000

BEGIN = "INSERT INTO api_call (token_id, key, asked, started_at, body) VALUES (%s, %s, %s, %s, '') ON CONFLICT (token_id, key) DO NOTHING RETURNING id"
BEFORE = Prepared(lambda: Call.objects.filter(token=Param("token"), key=Param("key")))
TAKE_OVER = PreparedUpdate(
    lambda: Call.objects.filter(pk=Param("call"), answered_at=None, started_at=Param("seen")), started_at=Param("now")
)
ANSWERED = PreparedUpdate(
    lambda: Call.objects.filter(pk=Param("call")), answered_at=Param("now"), status=Param("status"), body=Param("body")
)


def once(*, together: bool) -> Callable[..., Any]:
    """Make a call repeatable. `together`: its work and its answer are one transaction. False where the verb is
    safe to repeat by itself, or speaks to the payment provider (no transaction is kept open over that)."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def wrapped(request: HttpRequest, **values: Any) -> HttpResponse:
            key = request.headers.get(HEADER)
            if key is None:
                return view(request, **values)
            return _once(request, key, together, functools.partial(view, request, **values))

        return wrapped

    return decorate


def _once(request: HttpRequest, key: str, together: bool, work: Callable[[], HttpResponse]) -> HttpResponse:
    now = clock.now()
    call_id, before = _begin(request, _checked(key), now)
    if before is not None:
        return before
    try:
        with transaction.atomic() if together else nullcontext():
            response = work()
            if together:
                _keep(call_id, response, now)
        if not together:
            _keep(call_id, response, now)
    except Exception as error:
        refusal = problem.of(error)
        if refusal is None or refusal.status >= 500:
            Call.objects.filter(pk=call_id).delete()  # nothing was decided: the next try begins anew
            raise
        response = problem.answer(refusal)
        _keep(call_id, response, now)
    return response


def _checked(key: str) -> str:
    if len(key) > LONGEST or not re.fullmatch(PATTERN, key):
        raise problem.invalid(HEADER, f"Give a key of 1 to {LONGEST} plain characters without spaces, such as a UUID.")
    return key


def _begin(request: Any, key: str, now: datetime) -> tuple[int, HttpResponse | None]:
    """The row of this call, or the answer that it had before."""
    asked = hashlib.sha256(b"\0".join([request.method.encode(), request.get_full_path().encode(), request.body])).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, [request.auth.pk, key, asked, now])
        row = cursor.fetchone()
    if row is not None:
        return int(row[0]), None
    before = BEFORE.first(token=request.auth.pk, key=key)
    if before is None:  # swept, or given up in this very moment
        raise Problem(409, "in_progress", "The first call with this key ends just now. Try again.", retry_after=1)
    if before.asked != asked:
        raise problem.invalid(HEADER, "This key came before with another call. Take a new key for each new call.")
    if before.answered_at is not None:
        return before.pk, _again(before)
    if before.started_at > now - DEAD_AFTER or not TAKE_OVER.run(call=before.pk, seen=before.started_at, now=now):
        raise Problem(409, "in_progress", "The first call with this key is still at work. Wait a moment for its answer.", retry_after=1)
    return before.pk, None


def _again(call: Call) -> HttpResponse:
    kind = CONTENT_TYPE if (call.status or 0) < 400 else problem.CONTENT_TYPE
    response = HttpResponse(call.body, status=call.status or 200, content_type=kind)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _keep(call_id: int, response: HttpResponse, now: datetime) -> None:
    ANSWERED.run(call=call_id, now=now, status=response.status_code, body=response.content.decode())


def forget_old(*, now: datetime) -> int:
    """Answers older than a day are gone; the key may be used anew. Returns how many."""
    old = Call.objects.filter(started_at__lt=now - KEPT_FOR).order_by("started_at").values("pk")[:BATCH]
    return Call.objects.filter(pk__in=old).delete()[0]
