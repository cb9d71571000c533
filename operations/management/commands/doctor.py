"""python manage.py doctor: try every outside part for real."""

import json
import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from operations.doctor import State, examine

MARKS = {State.WELL: "well", State.DOUBTFUL: "doubtful", State.SICK: "SICK"}


class Command(BaseCommand):
    help = "Try database, Redis, worker, storage, mail, provider, clock, PDF, keys and disk. Exits with 1 when one is sick."
    requires_system_checks = []  # half a configuration is what this is asked about

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="For programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = examine()
        if options["json"]:
            self.stdout.write(json.dumps([vars(each) for each in found], default=str))
        else:
            for each in found:
                self.stdout.write(f"{each.name:<14} {MARKS[each.state]:<9} {each.seconds * 1000:6.0f} ms  {each.said}")
                if each.mend:
                    self.stdout.write(f"{'':<14} {'mend:':<9} {each.mend}")
        self.stdout.flush()
        if any(each.state is State.SICK for each in found):
            sys.stderr.flush()
            os._exit(1)  # a part that hangs holds a thread, which would hold the exit
