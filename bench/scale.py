"""A million tickets in one event against a thousand: every page within 1.3 times."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from bench import sales
from bench.buyers import buy
from bench.client import Client
from bench.stage import PORT, Stage, runner, wait_until_idle

SMALL, LARGE = 1_000, 1_000_000
REPEATS = 60
Act = Callable[[int], Any]


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    from django.db import connection

    from events.models import Event

    began = time.monotonic()
    for tickets in (SMALL, LARGE):
        runner.manage("demo", "--tickets", str(tickets))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    figures = {"making a million tickets": (time.monotonic() - began, "s", "")}
    with stage.serve(PAGE_CACHE="0", PDF_IN_MAIL="0"):
        client = _staff(stage)
        acts = {tickets: _acts(client, Event.objects.get(slug=f"benchmark-{tickets}")) for tickets in (SMALL, LARGE)}
        times = {name: _medians(acts[SMALL][name], acts[LARGE][name]) for name in acts[SMALL]}
        wait_until_idle(stage, seconds=10)
    for name, (small, large) in times.items():
        figures[f"{name}, with a million tickets"] = (large * 1000, "ms", "")
        figures[f"{name}, a million ÷ a thousand"] = (large / small, "ratio", "<= 1.3")
    return figures


def _acts(client: Client, event: Any) -> dict[str, Act]:
    kind, codes = event.ticket_types.first(), sales.some_codes(event.slug, REPEATS)
    at = f"/manage/events/{event.slug}"
    return {
        "event page": lambda n: client.get(f"/events/{event.slug}/"),
        "organiser's order list": lambda n: client.get(f"{at}/orders/"),
        "organiser's attendee search": lambda n: client.get(f"{at}/attendees/?q=Anna"),
        "admin ticket list": lambda n: client.get(f"/admin/registrations/ticket/?event__id__exact={event.pk}"),
        "checkout": lambda n: buy(Client(PORT), event.slug, kind.pk, n + event.pk * 1000),
        "scan": lambda n: sales.scan_all_one(client, event.slug, codes[n], n),
    }


def _medians(small: Act, large: Act) -> tuple[float, float]:
    """Seconds of each, taken in turn: what disturbs the machine disturbs both."""
    pairs = [(_timed(small, number), _timed(large, number)) for number in range(REPEATS)][5:]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _timed(act: Act, number: int) -> float:
    began = time.monotonic()
    reply = act(number)
    seconds = time.monotonic() - began
    assert reply is None or isinstance(reply, str) or reply.status == 200, (reply.status, reply.body[:500])
    return seconds


def _staff(stage: Stage) -> Client:
    """Signed in as staff who also belongs to the large events' organiser."""
    from accounts.models import Membership, User
    from bench import world
    from events.models import Event

    world.organiser()
    user = User.objects.get(email="bench@example.com")
    for event in Event.objects.filter(slug__startswith="benchmark-"):
        Membership.objects.get_or_create(organiser=event.organiser, user=user, defaults={"role": "owner"})
    return sales.signed_in()
