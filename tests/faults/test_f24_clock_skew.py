"""F24: the web server's clock is five minutes wrong. The database's clock decides."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def wrong_clock(monkeypatch):
    true_now = timezone.now
    monkeypatch.setattr(clock.timezone, "now", lambda: true_now() + timedelta(minutes=5))
    clock.forget()
    yield true_now
    monkeypatch.undo()
    clock.forget()


def test_now_is_the_databases_now(wrong_clock):
    assert abs(clock.now() - wrong_clock()) < timedelta(seconds=2)


def test_control_the_machines_own_clock_is_wrong(wrong_clock):
    assert abs(timezone.now() - wrong_clock()) > timedelta(minutes=4)
