"""python manage.py demo: a realistic world to look at, or a large event to measure with."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organiser
from events.models import Event
from operations.demo import large, meters, world
from ticketing.lib import clock


class Command(BaseCommand):
    help = "Make the demo's world (again: only what is missing), or with --tickets N one large event."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tickets", type=int, help="Make the event benchmark-N with N tickets, half of them scanned.")
        parser.add_argument("--yes", action="store_true", help="Also beside real data (DATABASE_URL is set).")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED and not options["yes"]:
            raise CommandError("DATABASE_URL is set: demo data would stand beside real data. Say --yes if that is meant.")
        now = clock.now()
        if options["tickets"]:
            self._large(options["tickets"], now)
        elif made := world.make(now=now):
            meters.make(now=now)
            self.stdout.write(f"  Demo: {made} events made, and a month of meters.")

    def _large(self, tickets: int, now: Any) -> None:
        slug = f"benchmark-{tickets}"
        if Event.objects.filter(slug=slug).exists():
            return
        organiser, _ = Organiser.objects.get_or_create(slug="benchmarks", defaults={"name": "Benchmarks", "email": "bench@example.com"})
        event = Event.objects.create(
            organiser=organiser,
            slug=slug,
            name=f"Benchmark {tickets}",
            starts_at=now + timedelta(days=20),
            ends_at=now + timedelta(days=20, hours=5),
            time_zone="Europe/Berlin",
            currency="EUR",
            venue_name="Everywhere",
            city="Berlin",
            country="DE",
            published_at=now,
        )
        large.fill(event=event, tickets=tickets, now=now)
        large.tidy()
