"""What must become of orders and their money, in plain Python: no tables, no races, one rule after the other.

Written from docs/payments.md and not from the code, and told only what the provider says and what somebody did.
Amounts in minor units of one currency."""

from dataclasses import dataclass, field

DISPUTE_FEE = 2000
SHARE = ("due", "sent")


@dataclass
class Refund:
    amount: int
    reason: str
    state: str = "due"  # then sent or failed; a sent one may come back: failed


@dataclass
class Dispute:
    amount: int
    state: str = "taken"  # then won or lost


@dataclass
class Payment:
    order: "Order"
    asked: int
    state: str = "open"  # pending, succeeded, failed
    received: int = 0
    refunds: list[Refund] = field(default_factory=list)
    disputes: dict[str, Dispute] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        return self.state == "succeeded" and self.received != self.asked

    @property
    def given(self) -> int:
        return sum(refund.amount for refund in self.refunds if refund.state in SHARE)

    @property
    def away(self) -> int:
        return sum(dispute.amount for dispute in self.disputes.values() if dispute.state != "won")

    @property
    def left(self) -> int:
        return 0 if self.state != "succeeded" or self.differs else max(self.asked - self.given - self.away, 0)


@dataclass
class Order:
    quantity: int
    total: int
    until: object
    hold: str = "held"  # kept: a payment is open; converted; released
    end: str = ""  # confirmed, expired, cancelled
    was_paid: bool = False
    tickets: str = ""  # "", good, frozen, void
    payments: list[Payment] = field(default_factory=list)

    @property
    def open_payment(self):
        return next((payment for payment in self.payments if payment.state in ("open", "pending")), None)

    @property
    def claimed(self) -> int:
        return self.quantity if self.hold in ("held", "kept") or self.end == "confirmed" else 0


class Model:
    def __init__(self, capacity: int) -> None:
        self.capacity, self.orders = capacity, {}

    @property
    def claimed(self) -> int:
        return sum(order.claimed for order in self.orders.values())

    @property
    def payments(self) -> list[Payment]:
        return [payment for order in self.orders.values() for payment in order.payments]

    def opens(self, order: Order, now: object) -> Payment | None:
        """The order's payment, or None: its places are gone."""
        if order.open_payment:
            return order.open_payment
        if order.hold not in ("held", "kept") or order.until <= now:
            return None
        order.hold = "kept"
        order.payments.append(Payment(order=order, asked=order.total))
        return order.payments[-1]

    def learns(self, payment: Payment, said: str, amount: int = 0) -> None:
        """The provider says open, pending, paid, or failed (expired too)."""
        was_open, order = payment.state in ("open", "pending"), payment.order
        if said == "paid" and payment.state != "succeeded":
            payment.state, payment.received = "succeeded", amount
            if payment.differs:
                if was_open:
                    self._lets_go(order)
            elif order.end == "confirmed":
                payment.refunds.append(Refund(payment.asked, "surplus"))
            elif not self._sells(order):
                # Money for an order that was sold and then cancelled came twice; for one never sold, too late.
                payment.refunds.append(Refund(payment.asked, "surplus" if order.was_paid else "late"))
        elif said == "pending" and payment.state == "open":
            payment.state = "pending"
        elif said == "failed" and was_open:
            payment.state = "failed"
            self._lets_go(order)

    def _lets_go(self, order: Order) -> None:
        if order.hold == "kept":
            order.hold = "held"

    def _sells(self, order: Order) -> bool:
        alive = order.hold in ("held", "kept")
        if order.end == "cancelled" or not (alive or self.capacity - self.claimed >= order.quantity):
            return False
        if alive:
            order.hold = "converted"
        order.end, order.was_paid, order.tickets = "confirmed", True, "good"
        return True

    def runs_out(self, now: object) -> None:
        for order in self.orders.values():
            if order.hold == "held" and order.until <= now:
                order.hold = "released"
                order.end = order.end or "expired"

    def refundable(self, order: Order) -> int:
        return sum(payment.left for payment in order.payments)

    def owes(self, order: Order, amount: int, reason: str) -> None:
        for payment in order.payments:
            part = min(amount, payment.left)
            if part:
                payment.refunds.append(Refund(part, reason))
                amount -= part

    def cancels(self, order: Order, now: object) -> bool:
        if order.end in ("cancelled", "expired"):
            return False
        left = self.refundable(order)
        if order.hold == "held":
            order.until = min(order.until, now)
        order.tickets = order.tickets and ("void" if order.tickets == "good" else order.tickets)
        order.end = "cancelled"
        self.owes(order, left, "cancelled")
        return True

    def disputed(self, payment: Payment, name: str, amount: int) -> None:
        if name not in payment.disputes:
            payment.disputes[name] = Dispute(amount)
            if payment.order.tickets == "good":
                payment.order.tickets = "frozen"

    def decided(self, payment: Payment, name: str, won: bool) -> None:
        dispute, order = payment.disputes[name], payment.order
        if dispute.state == "taken":
            dispute.state = "won" if won else "lost"
            if won and order.tickets == "frozen" and order.end != "cancelled" and not any(each.away for each in order.payments):
                order.tickets = "good"

    def ledger(self) -> dict[str, int]:
        """{account: balance}, debit positive, those that are not zero; before processing fees."""
        found = dict.fromkeys(("clearing", "organiser_payable", "unclaimed", "refunds", "disputes", "processor_fee"), 0)
        for payment in self.payments:
            if payment.state != "succeeded":
                continue
            whose = "unclaimed" if payment.differs else "organiser_payable"
            found[whose] += payment.given - payment.received
            found["clearing"] += payment.received - sum(refund.amount for refund in payment.refunds if refund.state == "sent")
            found["refunds"] -= sum(refund.amount for refund in payment.refunds if refund.state == "due")
            for dispute in payment.disputes.values():
                found["processor_fee"] += DISPUTE_FEE
                found["clearing"] -= DISPUTE_FEE + (dispute.amount if dispute.state != "won" else 0)
                found["disputes"] += dispute.amount if dispute.state == "taken" else 0
                found["organiser_payable"] += dispute.amount if dispute.state == "lost" else 0
        return {account: amount for account, amount in found.items() if amount}
