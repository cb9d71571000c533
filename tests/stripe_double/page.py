"""Pages a browser can click: the payment, the bank's check (3-D Secure), and an organiser's onboarding."""

from html import escape
from typing import Any

from tests.stripe_double.book import Refused

BUTTONS = {
    "pay": "Pay by card",
    "decline": "Pay by a card that is declined",
    "challenge": "Pay by a card that the bank checks",
    "pay-later": "Pay by a slow method that succeeds",
    "fail-later": "Pay by a slow method that fails",
}
FRAME = '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Stripe, a double</title><main>{}</main></html>'
Answer = tuple[int, dict[str, str], str]


def answer(double: Any, method: str, path: str, params: dict[str, Any]) -> Answer:
    where, _, own = path.strip("/").partition("/")
    found = double.book.things.get(own)
    if found is None or where not in ("pay", "onboard"):
        return 404, {}, FRAME.format("<h1>Nothing here</h1>")
    if where == "onboard":
        return onboard(double, method, own, params)
    try:
        return pay(double, method, found, params.get("act", ""))
    except Refused as error:
        return 409, {}, FRAME.format(f"<h1>{escape(str(error))}</h1>")


def pay(double: Any, method: str, found: dict[str, Any], act: str, note: str = "") -> Answer:
    book, own, on = double.book, found["id"], found["on"]
    if method == "POST" and act == "challenge":
        buttons = '<button name="act" value="pay">Yes, that is me</button><button name="act" value="decline">No</button>'
        return 200, {}, FRAME.format(f'<h1>Your bank asks: is that you?</h1><form method="post">{buttons}</form>')
    if method == "POST":
        with book.lock:
            if act == "pay":
                book.pay(own, on)
            elif act == "decline":
                book.decline(own, on)
                return pay(double, "GET", found, "", "Your card was declined. Try another one.")
            else:
                book.pay_later(own, on)
                found["decides_to"] = act == "pay-later"
        return 303, {"Location": found["success_url"]}, ""
    if found["status"] != "open":
        return (
            200,
            {},
            FRAME.format(f"<h1>This payment is {found['status']}</h1><a href='{escape(found['cancel_url'])}'>Back to the shop</a>"),
        )
    buttons = "".join(f'<p><button name="act" value="{value}">{label}</button></p>' for value, label in BUTTONS.items())
    text = f"<p role='alert'>{escape(note)}</p><h1>{found['amount_total']} {found['currency'].upper()} minor units</h1>"
    return (
        200,
        {},
        FRAME.format(f'{text}<form method="post">{buttons}</form><a href="{escape(found["cancel_url"])}">Back without paying</a>'),
    )


def onboard(double: Any, method: str, own: str, params: dict[str, Any]) -> Answer:
    if method == "POST":
        double.book.finish_onboarding(own)
        return 303, {"Location": params["to"]}, ""
    return 200, {}, FRAME.format('<h1>Tell us about yourself</h1><form method="post"><button>That is all</button></form>')
