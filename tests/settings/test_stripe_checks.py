"""Stripe half set up stops the start, with the mend."""

import pytest

from payments.checks import stripe_is_whole

WHOLE = {
    "PAYMENT_GATEWAY": "stripe",
    "STRIPE_SECRET_KEY": "sk_test_1",
    "STRIPE_WEBHOOK_SECRETS": ["whsec_1"],
    "STRIPE_API_BASE": "",
    "APPLICATION_FEE_PERCENT": 0,
}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, []),
        ({"STRIPE_WEBHOOK_SECRETS": ["whsec_1", "whsec_2"]}, []),
        ({"PAYMENT_GATEWAY": "practice"}, ["payments.E003"]),
        ({"STRIPE_SECRET_KEY": ""}, ["payments.E004"]),
        ({"STRIPE_SECRET_KEY": "pk_test_1"}, ["payments.E004"]),
        ({"STRIPE_WEBHOOK_SECRETS": []}, ["payments.E005"]),
        ({"STRIPE_WEBHOOK_SECRETS": ["secret"]}, ["payments.E005"]),
        ({"STRIPE_SECRET_KEY": "sk_live_1", "STRIPE_API_BASE": "http://127.0.0.1:1"}, ["payments.E006"]),
        ({"APPLICATION_FEE_PERCENT": 60}, ["payments.E007"]),
    ],
)
def test_half_given_settings_stop_the_start(settings, changes, found):
    for name, value in (WHOLE | changes).items():
        setattr(settings, name, value)
    errors = stripe_is_whole()
    assert [error.id for error in errors] == found and all(error.hint for error in errors)
