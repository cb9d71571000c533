"""A drill restores for real; one that fails is in the history as such, and the alarm of its age takes no notice of it."""

import tempfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from operations import drills
from operations.models import Drill
from operations.watch import measures
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_drill_restores_and_audits_a_copy_and_leaves_nothing_behind(concert):
    cast.ordered(cast.ticket_type(concert))
    call_command("drill")
    found = Drill.objects.get()
    assert found.passed and 0 < found.rto_seconds < 120 and 0 <= found.rpo_seconds < 60
    assert measures.surroundings(clock.now())["drill.age_days"][0] < 1
    with connection.cursor() as cursor:  # the control: what the copy has is looked at, not the original
        cursor.execute("UPDATE events_quota SET claimed = claimed + 1")
    with pytest.raises(CommandError, match="does not pass the audit"):
        call_command("drill")
    assert Drill.objects.filter(passed=False, rto_seconds__isnull=False).count() == 1
    assert not list(Path(tempfile.gettempdir()).glob("ticketing-drill-*"))


def test_a_copy_that_can_not_be_made_is_a_failed_drill(db, monkeypatch):
    monkeypatch.setattr(drills, "_address", lambda: "host=/nowhere user=postgres dbname=postgres")
    with pytest.raises(CommandError, match="drill failed"):
        call_command("drill")
    assert Drill.objects.get().passed is False
    assert measures.surroundings(clock.now())["drill.age_days"][0] is None
