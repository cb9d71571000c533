"""python manage.py api_token ORGANISER: a token with every scope, printed alone, for scripts and first tries."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organiser
from api import tokens
from api.models import Scope
from ticketing.lib import clock


class Command(BaseCommand):
    help = "Make an API token of an organiser and print it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("organiser", help="The organiser's part of addresses, such as hall-of-echoes.")
        parser.add_argument("--name", default="Made on the command line")
        parser.add_argument("--scope", action="append", choices=Scope.values, help="May be given several times; by itself every scope.")

    def handle(self, *args: Any, **options: Any) -> None:
        organiser = Organiser.objects.filter(slug=options["organiser"]).first()
        if organiser is None:
            known = ", ".join(Organiser.objects.values_list("slug", flat=True)[:20])
            raise CommandError(f"There is no such organiser. Known: {known or 'none'}.")
        scopes = options["scope"] or Scope.values
        self.stdout.write(tokens.make(organiser=organiser, name=options["name"], scopes=scopes, by=None, now=clock.now())[1])
