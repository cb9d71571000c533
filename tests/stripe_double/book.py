"""What the double knows: sessions, payment intents, refunds, disputes, accounts, and how each may change.

Amounts in minor units. A thing on an organiser's account bears it in `on`, which no answer shows."""

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

FEE_PERCENT, FEE_FIXED = 1.5, 25
DISPUTE_FEE = 2000
Thing = dict[str, Any]


class Refused(Exception):
    """An error as Stripe words it. `status` is of HTTP."""

    def __init__(self, message: str, *, status: int = 400, kind: str = "invalid_request_error", code: str = "") -> None:
        super().__init__(message)
        self.status, self.kind, self.code = status, kind, code


def refuse_parts(amount: int, currency: str) -> None:
    """As Stripe: whole króna and shillings in hundredths; three decimals whose last is 0."""
    step = 100 if currency in ("isk", "ugx") else 10 if currency in ("bhd", "jod", "kwd", "omr", "tnd") else 1
    if amount % step:
        raise Refused(f"Invalid amount. Amounts in {currency} must be divisible by {step}.", code="invalid_charge_amount")


class Book:
    """Everything under one lock; `happened` is called with each event after it is written. `now`: its clock, seconds."""

    def __init__(self, base: str, now: Callable[[], float] = time.time) -> None:
        self.base, self.lock, self.now = base, threading.RLock(), now
        self.fee: Callable[[int], int] = lambda amount: round(amount * FEE_PERCENT / 100) + FEE_FIXED
        self.things: dict[str, Thing] = {}
        self.events: list[Thing] = []
        self.happened: Any = lambda event: None
        self._numbers = itertools.count(1)

    def forget(self) -> None:
        self.things.clear()
        self.events.clear()

    def new(self, prefix: str, kind: str, on: str, **fields: Any) -> Thing:
        made = {"id": f"{prefix}_{next(self._numbers):08d}", "object": kind, "created": int(self.now()), "livemode": False, "on": on}
        self.things[made["id"]] = made | fields
        return self.things[made["id"]]

    def get(self, own: str, on: str, kind: str) -> Thing:
        found = self.things.get(own)
        if found is None or found["on"] != on or found["object"] != kind:
            raise Refused(f"No such {kind}: '{own}'", status=404, code="resource_missing")
        return found

    def all(self, kind: str, on: str) -> list[Thing]:
        """The newest first."""
        return [thing for thing in reversed(list(self.things.values())) if thing["object"] == kind and thing["on"] == on]

    def tell(self, kind: str, thing: Thing) -> None:
        event = self.new("evt", "event", thing["on"], type=kind, data={"object": shown(thing)}, api_version="2026-10-28.endive")
        if thing["on"]:
            event["account"] = thing["on"]
        self.events.append(event)
        self.happened(event)

    # What the shop asks for.

    def open_session(self, params: Thing, on: str) -> Thing:
        line = params["line_items"][0]
        amount, left = int(line["price_data"]["unit_amount"]) * int(line["quantity"]), int(params["expires_at"]) - self.now()
        if amount <= 0:
            raise Refused("Invalid positive integer", code="parameter_invalid_integer")
        refuse_parts(amount, line["price_data"]["currency"])
        if not 29 * 60 < left <= 24 * 3600:
            raise Refused("The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.")
        if on and not self.get(on, "", "account")["charges_enabled"]:
            raise Refused("Your account cannot currently make live charges.")
        intent = params.get("payment_intent_data", {})
        made = self.new("cs_test", "checkout.session", on, status="open", payment_status="unpaid", payment_intent=None, amount_total=amount)
        made |= {"currency": line["price_data"]["currency"], "metadata": params.get("metadata", {}), "mode": params["mode"]}
        made |= {"client_reference_id": params.get("client_reference_id"), "expires_at": int(params["expires_at"])}
        made |= {"success_url": params["success_url"], "cancel_url": params["cancel_url"], "url": f"{self.base}/pay/{made['id']}"}
        made["asked_of_intent"] = {
            "application_fee_amount": int(intent.get("application_fee_amount", 0)),
            "metadata": intent.get("metadata", {}),
        }
        self.things[made["id"]] = made
        return made

    def describe(self, own: str, params: Thing, on: str, kind: str) -> Thing:
        """Other metadata: keys that are named are set, those set to nothing go, others stay."""
        found = self.get(own, on, kind)
        told = found["metadata"] | params.get("metadata", {})
        found["metadata"] = {name: value for name, value in told.items() if value != ""}
        return found

    def expire(self, own: str, on: str) -> Thing:
        found = self.get(own, on, "checkout.session")
        if found["status"] != "open":
            raise Refused(f'Only Checkout Sessions with a status in ["open"] can be expired. This one is {found["status"]}.')
        found |= {"status": "expired", "url": None}
        self.tell("checkout.session.expired", found)
        return found

    def refund(self, params: Thing, on: str) -> Thing:
        intent = self.get(params["payment_intent"], on, "payment_intent")
        if intent["status"] != "succeeded":
            raise Refused("This PaymentIntent does not have a successful charge to refund.")
        charge = self.get(intent["latest_charge"], on, "charge")
        amount = int(params.get("amount", charge["amount"] - charge["amount_refunded"]))
        if charge["disputed"]:
            raise Refused("This charge has been charged back.", code="charge_disputed")
        if amount > charge["amount"] - charge["amount_refunded"]:
            raise Refused("Refund amount is greater than unrefunded amount on charge.", code="charge_already_refunded")
        refuse_parts(amount, charge["currency"])
        charge["amount_refunded"] += amount
        made = self.new("re", "refund", on, amount=amount, currency=charge["currency"], status="succeeded", payment_intent=intent["id"])
        made["balance_transaction"] = self.move(on, "refund", -amount, 0, made)["id"]
        self.tell("refund.created", made)
        return made

    def move(self, on: str, category: str, amount: int, fee: int, source: Thing, application_fee: int = 0) -> Thing:
        parts = [{"type": "stripe_fee", "amount": fee - application_fee}, {"type": "application_fee", "amount": application_fee}]
        fields = {"reporting_category": category, "amount": amount, "fee": fee, "net": amount - fee, "source": source["id"], "payout": None}
        return self.new("txn", "balance_transaction", on, currency=source["currency"], fee_details=parts, **fields)

    # What buyers, banks and time do.

    def run_out(self) -> None:
        """Time closes sessions too."""
        for found in [each for each in self.things.values() if each["object"] == "checkout.session"]:
            if found["status"] == "open" and found["expires_at"] <= self.now():
                self.expire(found["id"], found["on"])

    def begin(self, own: str, on: str) -> tuple[Thing, Thing]:
        """The session with its payment intent: made when the buyer first tries."""
        found = self.get(own, on, "checkout.session")
        if found["status"] != "open":
            raise Refused("This Checkout Session is no longer open.")
        if found["payment_intent"] is None:
            intent = self.new("pi", "payment_intent", on, amount=found["amount_total"], currency=found["currency"], latest_charge=None)
            intent |= {"status": "requires_payment_method", "last_payment_error": None, "session": own}
            intent["metadata"] = dict(found["asked_of_intent"]["metadata"])
            self.things[intent["id"]] = intent
            found["payment_intent"] = intent["id"]
        return found, self.things[found["payment_intent"]]

    def decline(self, own: str, on: str) -> None:
        _, intent = self.begin(own, on)
        intent["last_payment_error"] = {"code": "card_declined", "message": "Your card was declined."}
        self.tell("payment_intent.payment_failed", intent)

    def pay(self, own: str, on: str) -> None:
        found, intent = self.begin(own, on)
        self._charge(found, intent)
        found |= {"status": "complete", "payment_status": "paid", "url": None}
        self.tell("checkout.session.completed", found)

    def pay_after_all(self, own: str, on: str) -> None:
        """Money for a session that was closed: a transfer that was under way, a mistake mended at Stripe's own desk."""
        found = self.get(own, on, "checkout.session")
        found["status"] = "open"
        self.pay(own, on)

    def pay_later(self, own: str, on: str) -> None:
        found, intent = self.begin(own, on)
        intent["status"] = "processing"
        found |= {"status": "complete", "url": None}
        self.tell("checkout.session.completed", found)

    def decide(self, own: str, on: str, *, success: bool) -> None:
        found = self.get(own, on, "checkout.session")
        intent = self.things[found["payment_intent"]]
        if intent["status"] != "processing":
            raise Refused("Nothing to decide.")
        if success:
            self._charge(found, intent)
            found["payment_status"] = "paid"
        else:
            intent |= {
                "status": "requires_payment_method",
                "last_payment_error": {"code": "debit_refused", "message": "The debit was refused."},
            }
        self.tell(f"checkout.session.async_payment_{'succeeded' if success else 'failed'}", found)

    def _charge(self, found: Thing, intent: Thing) -> None:
        on, platform = found["on"], found["asked_of_intent"]["application_fee_amount"]
        fields = {"amount": intent["amount"], "amount_refunded": 0, "disputed": False, "payment_intent": intent["id"]}
        charge = self.new("ch", "charge", on, currency=intent["currency"], **fields)
        fee = self.fee(charge["amount"]) + platform
        charge["balance_transaction"] = self.move(on, "charge", charge["amount"], fee, charge, platform)["id"]
        intent |= {"status": "succeeded", "latest_charge": charge["id"]}

    def dispute(self, own: str, on: str = "", *, amount: int = 0) -> Thing:
        """The buyer goes to the bank about a session's payment, or about `amount` of it."""
        intent = self.things[self.get(own, on, "checkout.session")["payment_intent"]]
        charge = self.things[intent["latest_charge"]]
        charge["disputed"] = True
        amount = amount or charge["amount"]
        made = self.new("du", "dispute", on, amount=amount, currency=charge["currency"], status="needs_response")
        made |= {"reason": "fraudulent", "payment_intent": intent["id"], "charge": charge["id"], "evidence": {}}
        made |= {"evidence_details": {"due_by": int(self.now()) + 7 * 86400, "submission_count": 0}}
        self.things[made["id"]] = made
        taken = self.move(on, "dispute", -amount, DISPUTE_FEE, made)
        made["balance_transactions"] = [shown(taken)]
        self.tell("charge.dispute.created", made)
        return made

    def answer(self, own: str, params: Thing, on: str) -> Thing:
        found = self.get(own, on, "dispute")
        if found["status"] != "needs_response":
            raise Refused("This dispute can no longer be answered.")
        found["evidence"] |= params.get("evidence", {})
        if params.get("submit") == "true":
            found["status"] = "under_review"
            self.tell("charge.dispute.updated", found)
        return found

    def close_dispute(self, own: str, on: str = "", *, won: bool) -> None:
        found = self.get(own, on, "dispute")
        found["status"] = "won" if won else "lost"
        if won:
            self.things[found["charge"]]["disputed"] = False
            found["balance_transactions"].append(shown(self.move(on, "dispute_reversal", found["amount"], 0, found)))
        self.tell("charge.dispute.closed", found)

    def send_back(self, own: str, on: str = "") -> None:
        """A refund comes back from the buyer's bank."""
        found = self.get(own, on, "refund")
        found |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
        self.things[self.things[found["payment_intent"]]["latest_charge"]]["amount_refunded"] -= found["amount"]
        self.move(on, "refund_failure", found["amount"], 0, found)
        self.tell("refund.failed", found)

    def open_account(self, params: Thing) -> Thing:
        made = self.new("acct", "account", "", charges_enabled=False, payouts_enabled=False, email=params.get("email"))
        made["requirements"] = {"currently_due": ["business_profile.url", "external_account"]}
        return made

    def finish_onboarding(self, own: str) -> None:
        found = self.get(own, "", "account")
        found |= {"charges_enabled": True, "payouts_enabled": True, "requirements": {"currently_due": []}}
        self.tell("account.updated", found | {"on": own})

    def pay_out(self, on: str = "") -> Thing:
        """The balance goes to the bank, in one payout of one currency."""
        lines = [line for line in self.all("balance_transaction", on) if line["payout"] is None]
        amount, now = sum(line["net"] for line in lines), int(self.now())
        made = self.new("po", "payout", on, amount=amount, currency=lines[0]["currency"], status="paid", arrival_date=now)
        for line in lines:
            line["payout"] = made["id"]
        self.move(on, "payout", -amount, 0, made)["payout"] = made["id"]
        self.tell("payout.paid", made)
        return made


def shown(thing: Thing) -> Thing:
    return {name: value for name, value in thing.items() if name not in ("on", "asked_of_intent", "session", "success_url")}
