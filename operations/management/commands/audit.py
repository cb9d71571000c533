"""python manage.py audit: recompute every invariant from the rows."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from operations.audit import SHOWN, audit


class Command(BaseCommand):
    help = "Recompute every invariant of docs/faults.md from the rows. Exits with 1 when one is violated."

    def handle(self, *args: Any, **options: Any) -> None:
        violated = 0
        for finding in audit():
            mark = "violated" if finding.violated else "holds"
            self.stdout.write(f"{finding.invariant.name}  {mark:<8}  {finding.seconds:6.2f} s  {finding.invariant.sentence}")
            for which in finding.violated[:SHOWN]:
                self.stdout.write(f"              {which}")
            violated += bool(finding.violated)
        if violated:
            sys.exit(1)
