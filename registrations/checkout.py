"""The buyer's way, one door: hold → details → place_order → confirm_order. HOT.

    choosing.py   what was picked, whether it may be bought now, what it costs
    claims.py     what is given back and taken again as one
    holding.py    places set aside: hold, extend, keep for a payment, give back
    ordering.py   the order: placed from a hold, confirmed, its tickets issued
    refusals.py   what the buyer is told when it can't be done

Rooms above call these verbs from here and need not know which module has which.
"""

from registrations.choosing import Pick, is_on_sale, total_minor
from registrations.holding import (
    decide_unpaid,
    extend_hold,
    hold,
    hold_again,
    keep_for_payment,
    needs_of,
    release_hold,
    save_details,
)
from registrations.ordering import (
    ADD_ORDER,
    ADD_ORDER_LINES,
    confirm_locked,
    confirm_order,
    issue_tickets,
    lock_order,
    place,
    place_order,
    sell,
)
from registrations.refusals import HoldEnded, Refused

__all__ = [
    "ADD_ORDER",
    "ADD_ORDER_LINES",
    "HoldEnded",
    "Pick",
    "Refused",
    "confirm_locked",
    "confirm_order",
    "decide_unpaid",
    "extend_hold",
    "hold",
    "hold_again",
    "is_on_sale",
    "issue_tickets",
    "keep_for_payment",
    "lock_order",
    "needs_of",
    "place",
    "place_order",
    "release_hold",
    "save_details",
    "sell",
    "total_minor",
]
