"""Tickets per buyer, exact under parallel orders: claimed conditionally, as capacity is."""

from django.db import connection

from ticketing.lib.languages import say_many

CLAIM = """
INSERT INTO registrations_buyerallowance AS mine (event_id, email, claimed)
SELECT %s, %s, %s WHERE %s <= %s
ON CONFLICT (event_id, email) DO UPDATE SET claimed = mine.claimed + excluded.claimed
WHERE mine.claimed + excluded.claimed <= %s
"""
RELEASE = "UPDATE registrations_buyerallowance SET claimed = claimed - %s WHERE event_id = %s AND email = %s AND claimed >= %s"


class TooManyForBuyer(Exception):
    """The e-mail address would hold more tickets of this event than one buyer may."""

    code = "too_many_for_buyer"

    def __init__(self, limit: int) -> None:
        super().__init__(
            say_many(
                "One buyer may have {n} ticket of this event, and this e-mail address would have more.",
                "One buyer may have {n} tickets of this event, and this e-mail address would have more.",
                limit,
            )
        )


def claim(*, event_id: int, email: str, tickets: int, limit: int | None) -> None:
    """One statement inside the order's transaction. TooManyForBuyer when the limit is reached.
    An event without a limit (None) pays nothing for this."""
    if limit is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [event_id, canonical(email), tickets, tickets, limit, limit])
        if cursor.rowcount != 1:
            raise TooManyForBuyer(limit)


def release(*, event_id: int, email: str, tickets: int) -> None:
    """The order expired or was cancelled. Events without a limit have no row, and nothing happens."""
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [tickets, event_id, canonical(email), tickets])


def canonical(email: str) -> str:
    """One address, one spelling: lower case, without what stands after "+"."""
    local, _, domain = email.strip().lower().rpartition("@")
    return f"{local.split('+')[0]}@{domain}"
