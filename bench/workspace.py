"""The organiser's desk with 100,000 orders and 13,000 dates: CPU of every page; memory of exports of a million rows."""

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

from bench import meter, one_of_each, organiser_pages, sales, world
from bench.client import Client, Reply, hidden_fields
from bench.stage import ROOT, Stage, runner, wait_until_idle

ORDERS, DATES, ROWS = 100_000, 13_000, 1_000_000
REPEATS = 30
STATES = ("waiting", "asked", "expired", "cancelled", "declined")
Figures = dict[str, tuple[float, str, str]]
# Some of all orders were cancelled, one by one over the weeks.
CANCELLED = """
WITH cancelled AS (UPDATE registrations_order SET cancelled_at = confirmed_at + interval '2 hours' WHERE event_id = %(event)s AND id %% 50 = 0
  RETURNING id, cancelled_at)
UPDATE registrations_ticket t SET voided_at = o.cancelled_at FROM cancelled o WHERE o.id = t.order_id
"""
# Everybody is asked what they eat; one in a thousand is vegan.
ANSWERS = """
INSERT INTO registrations_answers (order_id, position, given)
SELECT order_id, position, jsonb_build_object(%(question)s::text, CASE WHEN id %% 1000 = 0 THEN 'Vegan' ELSE 'Meat' END)
FROM registrations_ticket WHERE event_id = %(event)s
"""
EXPORT = """
import django, json, sys; django.setup()
from django.utils import timezone
from events.models import Event
from workspace import exporting, jobs
from workspace.filters import Filter
from workspace.models import Job
event = Event.objects.get(slug=sys.argv[1]); now = timezone.now()
job = Job.objects.create(event=event, kind="export", arguments={"what": "attendees", "format": sys.argv[2], "filters": {}}, asked_at=now)
rest = int(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])
while not Job.objects.filter(pk=job.pk, finished_at__isnull=False).exists():
    jobs.run(job_id=job.pk, now=timezone.now())
job.refresh_from_db()
most = int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
print(json.dumps([job.outcome["rows"], rest / 1024, most / 1024]))
"""


def measure(stage: Stage) -> Figures:
    return pages(stage) | exports(stage)


def pages(stage: Stage) -> Figures:
    from accounts.models import User

    event = large_event()
    dates_of_a_series(event)
    things = one_of_each.of(event, by=User.objects.get(email="bench@example.com"))
    figures: Figures = {}
    with stage.serve():
        client = sales.signed_in()
        wait_until_idle(stage, seconds=60)
        for name, path in every_page(client, things).items():
            figures[f"desk, {name}"] = (looked_at(stage, client, path), "ms CPU", "<= 50")
        for name, (path, target, anew) in filtered(event, things).items():
            figures[f"desk, {name}"] = (looked_at(stage, client, path, anew=event if anew else None), "ms CPU", f"<= {target}")
        figures["desk, all orders ticked, looked at before the act"] = (looked_at(stage, client, *all_ticked(event)), "ms CPU", "<= 50")
    return figures


def every_page(client: Client, things: dict[str, Any]) -> dict[str, str]:
    """{name of the address: path} of all that is a page; what only takes a POST, or leads elsewhere, is none."""
    paths = {name: organiser_pages.address(route, things=things) for name, route in organiser_pages.routes().items()}
    answers = {name: client.get(path).status for name, path in paths.items()}
    odd = {name: status for name, status in answers.items() if status not in (200, 302, 405)}
    assert not odd, odd
    return {name: paths[name] for name, status in answers.items() if status == 200}


def large_event() -> Any:
    """100,000 orders of two tickets, one in fifty cancelled, half of the tickets scanned, each with an answer."""
    from django.db import connection
    from django.utils import timezone

    from events import questions
    from events.models import Event, Question
    from operations.demo import large
    from payments import sums
    from workspace import sealing

    found = Event.objects.filter(slug="desk").first()
    if found is None:
        found = world.an_event("desk")
        large.fill(event=found, tickets=ORDERS * 2, now=timezone.now(), price_minor=2500)
        large.tidy()
        sealing.seal_all(now=timezone.now())
        sums.sum_all(now=timezone.now())
        fields = {"label": "What do you eat?", "kind": "one_of", "choices": ["Meat", "Vegan"]}
        asked = questions.save(event=found, question=Question(event=found), fields=fields, kinds=[])
        guests_of(found)
        with connection.cursor() as cursor:
            cursor.execute(CANCELLED, {"event": found.pk})
            cursor.execute(ANSWERS, {"event": found.pk, "question": asked.pk})
            cursor.execute("VACUUM ANALYZE")
    return found


def guests_of(event: Any) -> None:
    """A few comps of a type of their own: what a filter finds last when it looks through everything."""
    from django.utils import timezone

    from registrations.staff_orders import StaffLine, place_staff_order

    press = world.free_type(event, capacity=100, name="Press")
    for number in range(20):
        line = StaffLine(ticket_type=press, price_minor=0, attendees=[{"name": f"Reporter {number}", "email": ""}])
        guest = {"buyer_name": f"Reporter {number}", "buyer_email": ""}
        place_staff_order(event=event, lines=[line], kind="comp", made_by=None, now=timezone.now(), **guest)


def dates_of_a_series(event: Any) -> None:
    """As many events of one organiser."""
    from django.db import connection

    from events.models import Event, Quota

    if Event.objects.filter(organiser=event.organiser).count() > DATES:
        return
    facts = {
        field.attname: getattr(event, field.attname)
        for field in Event._meta.concrete_fields
        if field.attname not in ("id", "slug", "starts_at", "ends_at", "name")
    }
    dates = [
        Event(
            **facts,
            name=f"Date {n}",
            slug=f"date-{n}",
            starts_at=event.starts_at + timedelta(hours=n),
            ends_at=event.ends_at + timedelta(hours=n),
        )
        for n in range(DATES)
    ]
    Quota.objects.bulk_create(Quota(event=made, name="Places", capacity=100) for made in Event.objects.bulk_create(dates, batch_size=1000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE events_event, events_quota")


def filtered(event: Any, things: dict[str, Any]) -> dict[str, tuple[str, int, bool]]:
    """{name: (address, ms at most, with the figures counted anew)}: pages that searches, filters and places in a list
    make another."""
    from registrations.models import Order

    food, kind = things["questions"], things["kind"]
    few = event.ticket_types.exclude(pk=kind).get().pk
    some = list(Order.objects.filter(event=event, cancelled_at=None).order_by("-placed_at")[:50_001:50_000])
    at, deep = f"/manage/events/{event.slug}", some[-1]
    after = f"{deep.placed_at.isoformat().replace('+', '%2B')}_{deep.pk}"
    return {
        "all events, search": ("/manage/?q=date+129", 30, False),
        "all events, page 500": ("/manage/?page=500", 50, False),
        "home, counted anew": (f"{at}/", 50, True),
        "orders, far down": (f"{at}/orders/?after={after}", 50, False),
        **{f"orders, {state}": (f"{at}/orders/?state={state}", 50, False) for state in STATES},
        "orders, made as comps": (f"{at}/orders/?made=comp", 50, False),
        "orders, of a type that many bought": (f"{at}/orders/?kind={kind}", 50, False),
        "orders, of a type that few bought": (f"{at}/orders/?kind={few}", 50, False),
        "orders, by an answer that few gave": (f"{at}/orders/?answer={food}:Vegan", 50, False),
        "orders, search by a first name": (f"{at}/orders/?q=anna", 30, False),
        "orders, search by a letter": (f"{at}/orders/?q=a", 30, False),
        "orders, search by address": (f"{at}/orders/?q=buyer777%40ex", 30, False),
        "orders, search by code": (f"{at}/orders/?q={deep.code}", 30, False),
        "orders, search for nobody": (f"{at}/orders/?q=anna+nobody", 30, False),
        "attendees who are in": (f"{at}/attendees/?entered=yes", 50, False),
        "attendees who are not in": (f"{at}/attendees/?entered=no", 50, False),
        "attendees, void": (f"{at}/attendees/?state=void", 50, False),
        "attendees, of a type that few bought": (f"{at}/attendees/?kind={few}", 50, False),
        "attendees, by an answer that most gave": (f"{at}/attendees/?answer={food}:Meat", 50, False),
        "attendees, by an answer that few gave": (f"{at}/attendees/?answer={food}:Vegan", 50, False),
        "attendees, search by a first name": (f"{at}/attendees/?q=anna", 30, False),
        "attendees, search by two words": (f"{at}/attendees/?q=anna+nov", 30, False),
        "attendees, search by a letter": (f"{at}/attendees/?q=a", 30, False),
        "message to all attendees": (f"{at}/messages/new/?to=attendees", 50, False),
    }


def all_ticked(event: Any) -> tuple[str, dict[str, object]]:
    """Where the list's form goes, and what it sends."""
    return f"/manage/events/{event.slug}/orders/selection/", {"all": "yes", "act": "cancel"}


def looked_at(stage: Stage, client: Client, path: str, sent: dict[str, object] | None = None, *, anew: Any = None) -> float:
    """Milliseconds of CPU that the page takes. `anew`: the event whose figures are forgotten before each time."""
    from django.core.cache import cache

    form = sent and hidden_fields(client.get(path.removesuffix("selection/")).body) | sent

    def ask() -> Reply:
        return client.post(path, form) if form else client.get(path)

    for _ in range(8):
        reply = ask()
        assert reply.status == 200, (path, reply.status, reply.body[:500])
    wait_until_idle(stage, seconds=3)
    with meter.Watch(stage.roots()) as spent:
        for _ in range(REPEATS):
            if anew:
                cache.delete(f"figures:{anew.pk}")
            ask()
    return spent.cpu / REPEATS * 1000


def exports(stage: Stage) -> Figures:
    """A process of its own for each, as a worker does it."""
    runner.manage("demo", "--tickets", str(ROWS))
    figures = {}
    for form in ("csv", "xlsx"):
        with meter.Watch([]) as spent:
            done = subprocess.run(
                [sys.executable, "-c", EXPORT, f"benchmark-{ROWS}", form], cwd=ROOT, check=True, capture_output=True, text=True
            )
        rows, _, most = json.loads(done.stdout.splitlines()[-1])
        assert rows == ROWS, rows
        figures[f"export of a million rows, {form}"] = (most, "MB", "<= 150")
        figures[f"export of a million rows, {form}, time"] = (spent.seconds, "s", "")
    return figures
