"""Refuses what Stripe would refuse: parameters that the SDK's own types do not know, at any depth."""

import functools
import typing
from typing import Any, get_args, get_origin, get_type_hints

import stripe.params
import stripe.params.checkout
from typing_extensions import is_typeddict

OPTIONS = {
    "api_key",
    "stripe_version",
    "stripe_account",
    "stripe_context",
    "max_network_retries",
    "idempotency_key",
    "content_type",
    "headers",
}
TYPES = {
    "POST checkout/sessions": stripe.params.checkout.SessionCreateParams,
    "GET checkout/sessions": stripe.params.checkout.SessionListParams,
    "GET checkout/sessions/*": stripe.params.checkout.SessionRetrieveParams,
    "POST checkout/sessions/*/expire": stripe.params.checkout.SessionExpireParams,
    "POST checkout/sessions/*": stripe.params.checkout.SessionUpdateParams,
    "POST payment_intents/*": stripe.params.PaymentIntentUpdateParams,
    "POST refunds": stripe.params.RefundCreateParams,
    "GET refunds": stripe.params.RefundListParams,
    "GET refunds/*": stripe.params.RefundRetrieveParams,
    "GET disputes/*": stripe.params.DisputeRetrieveParams,
    "POST disputes/*": stripe.params.DisputeModifyParams,
    "POST accounts": stripe.params.AccountCreateParams,
    "GET accounts/*": stripe.params.AccountRetrieveParams,
    "POST account_links": stripe.params.AccountLinkCreateParams,
    "GET balance_transactions": stripe.params.BalanceTransactionListParams,
    "GET balance_transactions/*": stripe.params.BalanceTransactionRetrieveParams,
    "GET payouts": stripe.params.PayoutListParams,
    "GET events": stripe.params.EventListParams,
}


class Unknown(Exception):
    """A parameter or an operation that Stripe does not have."""


def check(operation: str, params: dict[str, Any]) -> None:
    if operation not in TYPES:
        raise Unknown(f"Unrecognized request URL ({operation}).")
    _check(TYPES[operation], params, "")


@functools.cache
def _fields(kind: Any) -> dict[str, Any]:
    namespace = vars(__import__(kind.__module__, fromlist=["x"]))
    return {
        name: hint
        for name, hint in get_type_hints(kind, globalns=vars(typing) | {"StripeContext": object} | namespace).items()
        if name not in OPTIONS
    }


def _check(kind: Any, value: Any, path: str) -> None:
    if is_typeddict(kind):
        if not isinstance(value, dict):
            raise Unknown(f"Invalid object: {path}")
        for name, inner in value.items():
            if name not in _fields(kind):
                raise Unknown(f"Received unknown parameter: {path}[{name}]" if path else f"Received unknown parameter: {name}")
            _check(_fields(kind)[name], inner, f"{path}[{name}]" if path else name)
        return
    origin = get_origin(kind)
    if origin in (list, typing.List):  # noqa: UP006
        for each in value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]:
            _check(get_args(kind)[0], each, f"{path}[]")
    elif origin is typing.Literal:
        if not isinstance(value, str) or value not in {str(choice) for choice in get_args(kind)}:
            raise Unknown(f"Invalid {path}: must be one of {', '.join(map(str, get_args(kind)))}")
    elif origin is not None and origin is not dict:
        _check_one_of(get_args(kind), value, path)


def _check_one_of(kinds: tuple[Any, ...], value: Any, path: str) -> None:
    wrong = None
    if any(get_origin(kind) is typing.Literal for kind in kinds):  # the SDK also allows words of later versions; the double does not
        kinds = tuple(kind for kind in kinds if kind is not str)
    for kind in kinds:
        if is_typeddict(kind) != isinstance(value, dict) and (is_typeddict(kind) or get_origin(kind) is None) and kind is not str:
            continue
        try:
            return _check(kind, value, path)
        except Unknown as error:
            wrong = error
    if wrong:
        raise wrong
