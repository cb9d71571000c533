"""A paid concert, and a clock that can be moved."""

from datetime import timedelta

import pytest

from tests import cast
from ticketing.lib import clock


@pytest.fixture
def kind(concert):
    """Four places at €15.00."""
    return cast.ticket_type(concert, price_minor=1500, capacity=4)


@pytest.fixture
def pass_time(monkeypatch):
    """pass_time(minutes=16): the shop's and the provider's clock go on by that much."""
    passed = timedelta(0)
    monkeypatch.setattr(clock, "_measured_at", float("inf"))

    def go_on(**span):
        nonlocal passed
        passed += timedelta(**span)
        monkeypatch.setattr(clock, "_offset", passed)

    return go_on


@pytest.fixture
def shop(live_server, settings):
    """The shop on a port of its own, where the provider posts its notices."""
    settings.SITE_URL = live_server.url
    return live_server


@pytest.fixture
def stripe_double(settings, monkeypatch):
    """Stripe's double on a port of its own with the shop's clock, and the shop set up for it; the SDK repeats without waiting."""
    import stripe

    from tests.stripe_double.server import Double

    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.0)
    settings.PAYMENT_GATEWAY, settings.STRIPE_SECRET_KEY = "stripe", "sk_test_double"
    settings.STRIPE_WEBHOOK_SECRETS, settings.STRIPE_CALLS_PER_SECOND = ["whsec_double"], 10_000
    with Double(now=lambda: clock.now().timestamp()) as double:
        settings.STRIPE_API_BASE = double.url
        yield double
