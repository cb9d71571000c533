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
