"""What buyers type: the choice of tickets, and who buys and who comes."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from events.models import Event, Pricing, Question, QuestionKind, TicketType
from events.promotions import normal
from registrations.checkout import Pick, Refused
from registrations.models import Hold, HoldLine
from registrations.questionnaire import Place, check, lay_out
from ticketing.lib import money, tax_ids
from ticketing.lib.languages import say

MOST_TICKETS_TYPED = 10_000
TYPOS = {
    "gmial.com": "gmail.com",
    "gmai.com": "gmail.com",
    "gmal.com": "gmail.com",
    "gamil.com": "gmail.com",
    "gnail.com": "gmail.com",
    "gmail.con": "gmail.com",
    "gmail.co": "gmail.com",
    "hotmial.com": "hotmail.com",
    "hotmai.com": "hotmail.com",
    "hotmail.con": "hotmail.com",
    "outlok.com": "outlook.com",
    "outlook.con": "outlook.com",
    "yaho.com": "yahoo.com",
    "yahoo.con": "yahoo.com",
    "iclod.com": "icloud.com",
    "icloud.con": "icloud.com",
    "gmx.ed": "gmx.de",
    "web.ed": "web.de",
}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The form of an event page as it was typed: `quantity-<type id>`, `amount-<type id>`, `code`."""

    quantities: dict[int, str]
    amounts: dict[int, str]
    attempt: str
    code: str = ""

    @classmethod
    def from_post(cls, post: Mapping[str, str]) -> "Choice":
        def numbered(prefix: str) -> dict[int, str]:
            found = ((re.fullmatch(prefix + r"-([0-9]{1,18})", name), value.strip()[:20]) for name, value in post.items())
            return {int(match[1]): value for match, value in found if match}

        return cls(
            quantities=numbered("quantity"),
            amounts=numbered("amount"),
            attempt=post.get("attempt", "")[:100],
            code=normal(post.get("code", "")),
        )

    def wanted(self) -> dict[int, int]:
        """{ticket type id: tickets}. Refused when something is no number."""
        wanted = {}
        for type_id, text in self.quantities.items():
            if text in ("", "0"):
                continue
            if not re.fullmatch("[0-9]{1,5}", text) or int(text) > MOST_TICKETS_TYPED:
                raise Refused(say("Enter the number of tickets as a whole number, such as 2."), code="no_number", ticket_type_id=type_id)
            if int(text):
                wanted[type_id] = int(text)
        return wanted

    def picks(self, *, kinds: Sequence[TicketType], event: Event) -> list[Pick]:
        wanted = self.wanted()
        return [Pick(ticket_type=kind, quantity=wanted[kind.pk], price_minor=self._amount(kind, event)) for kind in kinds]

    def _amount(self, kind: TicketType, event: Event) -> int | None:
        text = self.amounts.get(kind.pk, "").replace(",", ".")
        if kind.pricing != Pricing.DONATION or not text:
            return None
        try:
            amount = money.to_minor(text, event.currency)
        except money.BadAmount as error:
            raise Refused(f"{kind.name}: {error}", code="bad_amount", ticket_type_id=kind.pk) from error
        if not 0 <= amount <= 10**11:
            raise Refused(say("{name}: enter a smaller amount.", name=kind.name), code="bad_amount", ticket_type_id=kind.pk)
        return amount

    def key(self) -> str | None:
        """The attempt's key, which a different choice changes: a double click is one hold, a second thought another."""
        if not self.attempt:
            return None
        return hashlib.sha256(
            repr((self.attempt, sorted(self.quantities.items()), sorted(self.amounts.items()), self.code)).encode()
        ).hexdigest()[:40]


@dataclass(kw_only=True)
class Seat:
    """The fields of one ticket on the details page."""

    ticket_type_id: int
    label: str
    prefix: str
    name: str = ""
    email: str = ""
    named: bool = True  # an add-on has its buyer's name; it may be asked about all the same
    errors: dict[str, str] = field(default_factory=dict)
    place: Place | None = None  # its questions, where the event asks


class DetailsForm(forms.Form):
    """The buyer's name and e-mail address, and for each ticket a name, which may stay empty: then it is the buyer's."""

    buyer_name = forms.CharField(
        max_length=150, error_messages={"required": _("Enter your name."), "max_length": _("Enter a name of at most 150 characters.")}
    )
    buyer_email = forms.EmailField(
        error_messages={
            "required": _("Enter your e-mail address: the tickets go there."),
            "invalid": _("Enter an e-mail address such as dana@example.com."),
        }
    )

    company = forms.CharField(required=False, max_length=160, error_messages={"max_length": _("Company: at most 160 characters.")})
    address = forms.CharField(required=False, max_length=300, error_messages={"max_length": _("Address: at most 300 characters.")})
    vat_id = forms.CharField(required=False, max_length=30)

    def __init__(
        self, *, hold: Hold, lines: Sequence[HoldLine], data: Any = None, files: Any = None, questions: Sequence[Question] = ()
    ) -> None:
        super().__init__(data, initial={"buyer_name": hold.buyer_name, "buyer_email": hold.buyer_email, **(hold.billing or {})})
        self.seats = list(_seats(hold, lines, data))
        self.places: list[Place] = []
        if questions:
            self._ask(hold, questions, data, files)

    def _ask(self, hold: Hold, questions: Sequence[Question], data: Any, files: Any) -> None:
        kept: dict[int, list[dict[str, Any]]] = {}
        for each in hold.attendees:
            kept.setdefault(each.get("ticket_type"), []).append(each.get("answers") or {})
        self.of_order = Place(prefix="order", given=hold.answers or {})
        for seat in self.seats:
            before = kept.get(seat.ticket_type_id)
            given = before.pop(0) if before else {}
            seat.place = Place(prefix=seat.prefix, label=seat.label, type_id=seat.ticket_type_id, given=given)
        self.places = [self.of_order, *(seat.place for seat in self.seats if seat.place)]
        lay_out(questions=questions, places=self.places, typed=data, files=files)

    @property
    def asks_for_files(self) -> bool:
        return any(asked.question.kind == QuestionKind.FILE for place in self.places for asked in place.asked)

    def clean_vat_id(self) -> str:
        try:
            return tax_ids.tidy(self.cleaned_data["vat_id"])
        except tax_ids.BadTaxId as error:
            raise forms.ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Attendees' addresses are optional, but not nonsense."""
        for seat in self.seats:
            if len(seat.name) > 150:
                seat.errors["name"] = say("{ticket}: enter a name of at most 150 characters.", ticket=seat.label)
            try:
                forms.EmailField(required=False).clean(seat.email)
            except forms.ValidationError:
                seat.errors["email"] = say(
                    "{ticket}: enter an e-mail address such as dana@example.com, or leave it empty.", ticket=seat.label
                )
            for name, message in seat.errors.items():
                self.add_error(None, forms.ValidationError(message, code=f"{seat.prefix}-{name}"))
        for target, message in check(places=self.places):
            self.add_error(None, forms.ValidationError(message, code=target.removeprefix("id_")))
        return self.cleaned_data

    def typed(self) -> dict[str, Any]:
        """What was typed, valid or not, for save_details."""
        billing = {name: self.data.get(name, "").strip()[:300] for name in ("company", "address", "vat_id")}
        typed = self._typed()
        if self.places:
            typed["answers"] = self.of_order.answers()
            for seat, attendee in zip(self.seats, typed["attendees"], strict=True):
                if seat.place and seat.place.asked:
                    attendee["answers"] = seat.place.answers()
        return typed | {"billing": billing if any(billing.values()) else None}

    def _typed(self) -> dict[str, Any]:
        return {
            "buyer_name": self.data.get("buyer_name", "").strip()[:150],
            "buyer_email": self.data.get("buyer_email", "").strip()[:254],
            "attendees": [{"ticket_type": seat.ticket_type_id, "name": seat.name[:150], "email": seat.email[:254]} for seat in self.seats],
        }

    def summary(self) -> list[tuple[str, str]]:
        """(id of the field, what is wrong), in the page's order."""
        errors = self.errors.as_data()
        found = [(f"id_{name}", str(errors[name][0].messages[0])) for name in self.fields if name in errors]
        return found + [(f"id_{error.code}", str(error.messages[0])) for error in errors.get("__all__", [])]


def _seats(hold: Hold, lines: Sequence[HoldLine], data: Any) -> Any:
    kept: dict[int, list[dict[str, str]]] = {}
    for each in hold.attendees:
        kept.setdefault(each.get("ticket_type"), []).append(each)
    number = numbered = 0
    total = sum(line.quantity for line in lines if not line.is_addon)
    begun: dict[int, int] = {}  # a type may have several lines, one for each price
    for line in lines:
        before = kept.get(line.ticket_type_id, [])[begun.get(line.ticket_type_id, 0) :]
        begun[line.ticket_type_id] = begun.get(line.ticket_type_id, 0) + line.quantity
        for n in range(line.quantity):
            number += 1
            numbered += not line.is_addon
            prefix = f"attendee-{number}"
            if line.is_addon:
                label = (
                    say("{name}, {n} of {all}", name=line.ticket_type.name, n=n + 1, all=line.quantity)
                    if line.quantity > 1
                    else line.ticket_type.name
                )
                yield Seat(ticket_type_id=line.ticket_type_id, prefix=prefix, label=label, named=False)
                continue
            seat = Seat(
                ticket_type_id=line.ticket_type_id, prefix=prefix, label=say("Ticket {n}", n=numbered) if total > 1 else say("Ticket")
            )
            source = (
                {key: data.get(f"{prefix}-{key}", "") for key in ("name", "email")}
                if data is not None
                else before[n]
                if n < len(before)
                else {}
            )
            seat.name, seat.email = (source.get("name") or "").strip(), (source.get("email") or "").strip()
            seat.label += f", {line.ticket_type.name}"
            yield seat


def likely_address(email: str) -> str | None:
    """The address that was probably meant: "dana@gmial.com" → "dana@gmail.com"."""
    local, _, domain = email.strip().rpartition("@")
    meant = TYPOS.get(domain.lower())
    return f"{local}@{meant}" if meant and local else None


class AttendeeForm(forms.Form):
    """Another name on a ticket."""

    name = forms.CharField(max_length=150, label=_("Name"), error_messages={"required": _("Enter the name of the person who comes.")})
    email = forms.EmailField(
        label=_("Email"),
        required=False,
        error_messages={"invalid": _("Enter an e-mail address such as dana@example.com, or leave it empty.")},
    )


class RecipientForm(forms.Form):
    """To whom a ticket is handed on. `seen`: the serial, in hexadecimal digits, that the page was made with."""

    name = forms.CharField(
        max_length=150, label=_("Their name"), error_messages={"required": _("Enter the name of the person who gets the ticket.")}
    )
    email = forms.EmailField(
        label=_("Their e-mail address"),
        help_text=_("The ticket goes there. Look twice: it can't be taken back."),
        error_messages={
            "required": _("Enter the e-mail address that the ticket goes to."),
            "invalid": _("Enter an e-mail address such as erin@example.com."),
        },
    )
    seen = forms.CharField(max_length=16, label=_("Ticket"), widget=forms.HiddenInput)

    def clean_seen(self) -> int:
        text = self.cleaned_data["seen"]
        if not re.fullmatch(r"[0-9a-f]{1,16}", text):
            raise forms.ValidationError(say("Open this page again, then hand the ticket on."))
        return int(text, 16)


class FindForm(forms.Form):
    email = forms.EmailField(
        label=_("Email"),
        error_messages={
            "required": _("Enter the e-mail address you bought with."),
            "invalid": _("Enter an e-mail address such as dana@example.com."),
        },
    )
