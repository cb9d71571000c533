"""Tokens of other programs: made by an owner, shown once, revoked at once. The only writer of Token."""

import hashlib
import re
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import Organiser
from api.models import Scope, Token
from ticketing.lib import tokens
from ticketing.lib.prepared import Param, Prepared, PreparedUpdate
from trail import record

PREFIX = "tkt_"
SECRET = re.compile(r"tkt_[A-Za-z0-9_-]{44}")
REMEMBERED_SECONDS, MOST_REMEMBERED = 2.0, 1000
USED_EVERY = timedelta(minutes=1)  # how exact "last used" is

TOKEN = Prepared(lambda: Token.objects.select_related("organiser").filter(secret_hash=Param("hash"), revoked_at=None))
USED = PreparedUpdate(lambda: Token.objects.filter(pk=Param("token")), last_used_at=Param("now"))


def make(*, organiser: Organiser, name: str, scopes: Sequence[str], by: Any, now: datetime) -> tuple[Token, str]:
    """A token and its secret, which nobody can read again."""
    secret = PREFIX + tokens.link_token() + tokens.link_token()
    with transaction.atomic():
        token = Token.objects.create(
            organiser=organiser,
            name=name[:80],
            scopes=[scope for scope in Scope.values if scope in scopes],
            secret_hash=_hash(secret),
            ending=secret[-4:],
            made_by=by,
            made_at=now,
        )
        _note(token, "token_made", ", ".join(token.scopes))
    return token, secret


def revoke(*, token: Token, now: datetime) -> bool:
    """It opens nothing any more: in this process at once, in others within REMEMBERED_SECONDS. False when it was revoked before."""
    _remembered.clear()
    with transaction.atomic():
        done = bool(Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now))
        if done:
            _note(token, "token_revoked")
    return done


def token_for(*, secret: str, now: datetime) -> Token | None:
    """The token with its organiser, or None. HOT: one query, for a busy program one every two seconds."""
    if not SECRET.fullmatch(secret):
        return None
    hashed = _hash(secret)
    until, token = _remembered.get(hashed, (0.0, None))
    if time.monotonic() < until:
        return token
    token = TOKEN.first(hash=hashed)
    if token is not None and (token.last_used_at is None or now - token.last_used_at >= USED_EVERY):
        USED.run(token=token.pk, now=now)
    if token is not None:
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        _remembered[hashed] = (time.monotonic() + REMEMBERED_SECONDS, token)
    return token


_remembered: dict[str, tuple[float, Token]] = {}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _note(token: Token, act: str, words: str = "") -> None:
    organiser_id = token.organiser_id
    record.note(act=act, about="organiser", about_id=organiser_id, organiser_id=organiser_id, words=f"{token}: {words}".rstrip(": "))
