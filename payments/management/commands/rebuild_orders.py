"""python manage.py rebuild_orders: after a restore, the paid orders that only the payment provider remembers."""

import sys
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from payments import reconciliation
from ticketing.lib import clock


class Command(BaseCommand):
    help = "Make paid orders again that were lost with a restore, from what the payment provider kept. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--hours", type=float, default=24, help="How far back to look: longer than the lost time. 24 by default.")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        made, failed = reconciliation.rebuild_paid_orders(since=now - timedelta(hours=options["hours"]), now=now)
        self.stdout.write(f"{made} paid orders made again.")
        for line in failed:
            self.stdout.write(f"  not made: {line}")
        if failed:
            self.stdout.write("These stand under Differences; their money can be given back at the provider.")
            sys.exit(1)
