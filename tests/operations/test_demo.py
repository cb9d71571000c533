"""The demo's world is whole, and making it again changes nothing."""

import pytest
from django.core.management import call_command

from events.models import Event
from operations.audit import audit
from operations.costs.month import month
from operations.dashboard import history
from registrations.models import Order
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


def test_the_demo_is_made_once_and_passes_the_audit():
    call_command("demo")
    orders = Order.objects.count()
    assert Event.objects.filter(series=None).count() == 43
    assert orders > 20_000
    call_command("demo")
    assert Order.objects.count() == orders
    assert [finding.invariant.name for finding in audit() if finding.violated] == []
    now = clock.now()
    found = month(now=now)
    assert found.is_metered and found.bill.total > 0 and len(found.used.of_events) > 40
    for span in history.SPANS:
        (rate, *_) = history.charts(span=span, path="register", now=now)
        assert sum(value is not None for value in rate.lines[0][1]) > 20, span
