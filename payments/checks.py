"""Settings of payments that stop the start, each with its mend."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from payments.gateway import GATEWAYS


@register("payments")
def payment_gateway(**kwargs: Any) -> list[Error]:
    if settings.PAYMENT_GATEWAY not in GATEWAYS:
        names = ", ".join(GATEWAYS)
        return [
            Error(f"PAYMENT_GATEWAY is {settings.PAYMENT_GATEWAY!r}.", hint=f"Set PAYMENT_GATEWAY to one of: {names}.", id="payments.E001")
        ]
    if settings.PAYMENT_GATEWAY == "practice" and not settings.ALLOW_PRACTICE_PAYMENTS:
        return [
            Error(
                "Practice payments give tickets away: no money moves.",
                hint="Set another PAYMENT_GATEWAY, or ALLOW_PRACTICE_PAYMENTS=1 if that is meant.",
                id="payments.E002",
            )
        ]
    return []


@register("payments")
def stripe_is_whole(**kwargs: Any) -> list[Error]:
    """A key without a notice secret would take money and hear of it only by asking."""
    found: list[Error] = []
    key, secrets = settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS
    if settings.PAYMENT_GATEWAY != "stripe":
        if key or secrets:
            name = settings.PAYMENT_GATEWAY
            hint = "Set PAYMENT_GATEWAY=stripe, or unset STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRETS."
            found.append(Error(f"Stripe's keys are set, and PAYMENT_GATEWAY is {name!r}.", hint=hint, id="payments.E003"))
        return found
    if not key.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
        hint = "Set STRIPE_SECRET_KEY to the secret key of Stripe's dashboard, which begins with sk_test_ or sk_live_."
        found.append(Error("STRIPE_SECRET_KEY is missing or no secret key.", hint=hint, id="payments.E004"))
    if not secrets or len(secrets) > 2 or not all(secret.startswith("whsec_") for secret in secrets):
        hint = "Set STRIPE_WEBHOOK_SECRETS to the signing secret of the endpoint (whsec_…); to two of them, with a comma, while one is replaced."
        found.append(Error(f"STRIPE_WEBHOOK_SECRETS has {len(secrets)} usable secrets.", hint=hint, id="payments.E005"))
    if settings.STRIPE_API_BASE and "_live_" in key[:9]:
        hint = "Unset STRIPE_API_BASE; it is for tries with a test key."
        found.append(Error("STRIPE_API_BASE is set beside a live key.", hint=hint, id="payments.E006"))
    if not 0 <= settings.APPLICATION_FEE_PERCENT <= 50:
        hint = "Set APPLICATION_FEE_PERCENT between 0 and 50, such as 1.5."
        found.append(Error(f"APPLICATION_FEE_PERCENT is {settings.APPLICATION_FEE_PERCENT}.", hint=hint, id="payments.E007"))
    return found
