"""python manage.py drill: restore the database for real, elsewhere, and measure it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from operations.drills import DrillFailed, drill
from ticketing.lib import clock


class Command(BaseCommand):
    help = (
        "Copy the running database, start it elsewhere from the copy, audit it there, and write down what it took. Once a month, by cron."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = drill(now=clock.now())
        except DrillFailed as error:
            raise CommandError(f"The drill failed: {error}") from error
        self.stdout.write(f"Restored and audited in {found.rto_seconds:.1f} s; {found.rpo_seconds:.1f} s would have been lost.")
