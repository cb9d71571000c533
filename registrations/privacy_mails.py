"""The mail that confirms a wish to be forgotten. Composed when it is sent: the link in it lives for a week from then."""

from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from registrations.mails import facts_of, written
from registrations.models import Order
from ticketing.lib import languages
from ticketing.lib.languages import say
from ticketing.lib.site import absolute

SALT = "registrations.erasure-link"
LINK_SECONDS = 7 * 24 * 3600


def erasure_asked(*, subject_id: int, to: str) -> EmailMultiAlternatives | None:
    """To the address of the order itself: whoever has only the order's link can't make it be forgotten."""
    order = Order.objects.select_related("event__organiser").filter(pk=subject_id, erased_at=None).first()
    if order is None:
        return None
    with languages.speaking(order.spoken):
        return _asked(order, to)


def _asked(order: Order, to: str) -> EmailMultiAlternatives:
    link = absolute(reverse("registrations:erasure", args=[order.code, order.secret, token_of(order=order)]))
    return written("erasure_asked", say("Erase your data for {event}?", event=order.event.name), to, facts_of(order) | {"erase_link": link})


def token_of(*, order: Order) -> str:
    return signing.dumps(order.pk, salt=SALT)


def is_token_of(*, token: str, order: Order) -> bool:
    """True for the link in the mail, for a week."""
    try:
        return bool(signing.loads(token, salt=SALT, max_age=LINK_SECONDS) == order.pk)
    except signing.BadSignature:
        return False
