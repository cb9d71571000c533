"""python manage.py cloudwatch: the CloudFormation template of alarms and dashboard."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from operations.cloudwatch import template


class Command(BaseCommand):
    help = "Print the CloudFormation template with the alarms and the dashboard (kept as deploy/cloudwatch.json)."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(template(), indent=1))
