"""A million tickets in one event against a thousand: every page within 1.3 times."""

import statistics
import time

from bench import sales
from bench.buyers import buy
from bench.client import Client
from bench.stage import PORT, Stage, runner, wait_until_idle

SMALL, LARGE = 1_000, 1_000_000
REPEATS = 60


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    from django.db import connection

    from events.models import Event, TicketType

    began = time.monotonic()
    for tickets in (SMALL, LARGE):
        runner.manage("demo", "--tickets", str(tickets))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    figures = {"making a million tickets": (time.monotonic() - began, "s", "")}
    times: dict[tuple[str, int], float] = {}
    with stage.serve(PAGE_CACHE="0", PDF_IN_MAIL="0"):
        events = {tickets: Event.objects.get(slug=f"benchmark-{tickets}") for tickets in (SMALL, LARGE)}
        client = _staff(stage)
        for tickets, event in events.items():
            kind = TicketType.objects.filter(event=event, pricing="free").first() or TicketType.objects.filter(event=event).first()
            codes = sales.some_codes(event.slug, REPEATS + 5)
            acts = {
                "event page": lambda n, e=event: client.get(f"/events/{e.slug}/"),
                "organiser's order list": lambda n, e=event: client.get(f"/manage/events/{e.slug}/orders/"),
                "organiser's attendee search": lambda n, e=event: client.get(f"/manage/events/{e.slug}/attendees/?q=Anna"),
                "admin ticket list": lambda n, e=event: client.get(f"/admin/registrations/ticket/?event__id__exact={e.pk}"),
                "checkout": lambda n, e=event, k=kind: buy(Client(PORT), e.slug, k.pk, n + e.pk * 1000),
                "scan": lambda n, e=event, c=codes: sales.scan_all_one(client, e.slug, c[n], n),
            }
            for name, act in acts.items():
                times[name, tickets] = _median(act)
            wait_until_idle(stage, seconds=10)
    for name in dict.fromkeys(name for name, _ in times):
        figures[f"{name}, with a million tickets"] = (times[name, LARGE] * 1000, "ms", "")
        figures[f"{name}, a million ÷ a thousand"] = (times[name, LARGE] / times[name, SMALL], "ratio", "<= 1.3")
    return figures


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


def _median(act: object) -> float:
    times = []
    for number in range(REPEATS):
        began = time.monotonic()
        reply = act(number)
        times.append(time.monotonic() - began)
        assert reply is None or isinstance(reply, str) or reply.status == 200, (reply.status, reply.body[:500])
    return statistics.median(times[5:])
