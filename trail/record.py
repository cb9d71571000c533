"""Writing the trail. The door: `note`, called by the verb that makes the change.

Who acts is known at the edge and nowhere else, as the time is: the middleware says it for a request,
`acting` for a task or a command. Verbs need no parameter that only the trail would read.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from trail.models import Change


@dataclass(frozen=True)
class Actor:
    """`user_id` is None for whoever has no account here."""

    name: str
    user_id: int | None = None


SYSTEM = Actor("The system")
BUYER = Actor("The buyer")
# A request's user is read when something is noted: most requests note nothing and need no user.
_actor: ContextVar[Actor | Any] = ContextVar("actor", default=SYSTEM)


@contextmanager
def acting(who: Any) -> Iterator[None]:
    """What is noted inside was done by `who`: an Actor, or a request whose user is asked when needed."""
    token = _actor.set(who)
    try:
        yield
    finally:
        _actor.reset(token)


def actor() -> Actor:
    """Who acts now."""
    who = _actor.get()
    if isinstance(who, Actor):
        return who
    user = who.user
    return Actor(str(user)[:150], user.pk) if user.is_authenticated else BUYER


def note(
    *,
    act: str,
    about: str,
    about_id: int,
    event_id: int | None = None,
    organiser_id: int | None = None,
    changed: Mapping[str, tuple[object, object]] | None = None,
    words: str = "",
) -> None:
    """Keep who did this to that row, in the transaction of the change. One statement.

    `changed`: {field: (from, to)}; what is alike on both sides is left out."""
    who = actor()
    Change.objects.create(
        actor_id=who.user_id,
        actor=who.name,
        act=act,
        about=about,
        about_id=about_id,
        event_id=event_id,
        organiser_id=organiser_id,
        changed={name: [_worded(old), _worded(new)] for name, (old, new) in (changed or {}).items() if old != new},
        words=words[:300],
    )


def _worded(value: object) -> object:
    return value if value is None or isinstance(value, str | int | bool) else str(value)
