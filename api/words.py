"""The types of what is sent: strict, with limits, and refused in words that say the mend."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError as FieldError
from django.core.validators import URLValidator, validate_email
from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from api.problem import Wrong
from events.times import zone_choices
from ticketing.lib import money

BIGGEST_ID = 2**63 - 1
ZONES = frozenset(zone for _, group in zone_choices() for zone, _ in group)  # type: ignore[attr-defined]


class Sent(Schema):
    """A body: nothing is guessed from the wrong type, and nothing unknown is dropped in silence."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Shown(Schema):
    """An answer, for the document; answers are written by shapes.py."""


def storable(text: str) -> str:
    """The text, if the database can hold it. ValueError."""
    if "\0" in text or not _encodes(text):
        raise ValueError("Leave out characters that can't be stored.")
    return text


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _filled(text: str) -> str:
    if not text.strip():
        raise ValueError("Give a text that is not empty.")
    return text.strip()


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    mend = "Give a time with its offset from UTC, such as 2026-12-03T20:00:00+01:00."
    if not isinstance(value, str) or len(value) < 19 or value[10] not in "Tt ":
        raise ValueError(mend)
    try:
        at = datetime.fromisoformat(value.upper())
        if at.tzinfo is None or not 1970 <= at.year < 2200:
            raise ValueError
        return at.astimezone(UTC)
    except ValueError as error:
        raise ValueError(mend) from error


def _email(text: str) -> str:
    try:
        validate_email(text)
    except FieldError as error:
        raise ValueError("Give an e-mail address such as dana@example.com.") from error
    return text


def _zone(text: str) -> str:
    if text not in ZONES:
        raise ValueError("Give the name of a time zone, such as Europe/Berlin.")
    return text


def _link(text: str) -> str:
    if text:
        try:
            URLValidator(schemes=["http", "https"])(text)
        except FieldError as error:
            raise ValueError("Give a web address that begins with https://.") from error
    return text


def _percent(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        raise ValueError("Give a number, such as 19 or 8.875.")
    number = Decimal(str(value))
    if not 0 <= number <= 99 or number != round(number, 3):
        raise ValueError("Give a number from 0 to 99 with at most three decimals.")
    return number


def text(most: int, *, least: int = 0) -> Any:
    """A text of at most `most` characters."""
    return Annotated[str, StringConstraints(max_length=most, min_length=least), AfterValidator(storable)]


Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=150),
    AfterValidator(storable),
    AfterValidator(_filled),
    Field(json_schema_extra={"pattern": r"\S"}),
]
Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-12-03T20:00:00+01:00"]})
]
Choice = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    AfterValidator(storable),
    AfterValidator(_filled),
    Field(json_schema_extra={"pattern": r"\S"}),
]
Email = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(storable), AfterValidator(_email), Field(json_schema_extra={"format": "email"})
]
Zone = Annotated[str, StringConstraints(max_length=64), AfterValidator(_zone), Field(json_schema_extra={"enum": sorted(ZONES)})]
Link = Annotated[str, StringConstraints(max_length=200), AfterValidator(storable), AfterValidator(_link)]
Country = Annotated[str, StringConstraints(pattern=r"^([A-Z]{2})?$", max_length=2)]
Currency = Literal[tuple(money.CURRENCIES)]  # type: ignore[valid-type]
Percent = Annotated[
    Decimal,
    BeforeValidator(_percent),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 99, "multipleOf": 0.001, "examples": [19]}),
]
Id = Annotated[int, Field(ge=1, le=BIGGEST_ID)]
Minor = Annotated[int, Field(ge=0, lt=10**12, description="Minor units: 1250 is 12.50 in a currency with two decimals.")]


def wrongs(errors: list[dict[str, Any]]) -> list[Wrong]:
    """What pydantic found, by field, in words."""
    return [Wrong(field=_field(error["loc"]), message=_message(error)) for error in errors]


def _field(place: tuple[Any, ...]) -> str:
    """("body", "sent", "lines", 0, "quantity") → lines.0.quantity"""
    inner = place[2:] if place and place[0] == "body" else place[1:]
    return ".".join(str(part) for part in inner) or "body"


def _message(error: dict[str, Any]) -> str:
    kind, limits = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    told = MENDS.get(kind)
    return told.format(**limits) if told else f"{error['msg']}."


MENDS = {
    "missing": "Add this field.",
    "extra_forbidden": "There is no such field. Leave it away, or look how it is written.",
    "string_type": "Give a text.",
    "string_pattern_mismatch": "Give a text of the form {pattern}.",
    "string_too_long": "Give at most {max_length} characters.",
    "string_too_short": "Give at least {min_length} character(s).",
    "int_type": "Give a whole number.",
    "int_parsing": "Give a whole number.",
    "bool_type": "Give true or false.",
    "bool_parsing": "Give true or false.",
    "list_type": "Give a list.",
    "greater_than_equal": "Give {ge} or more.",
    "less_than_equal": "Give {le} or less.",
    "less_than": "Give less than {lt}.",
    "literal_error": "Give one of {expected}.",
    "enum": "Give one of {expected}.",
    "too_long": "Give at most {max_length}.",
    "too_short": "Give at least {min_length}.",
    "model_attributes_type": "Give an object.",
    "model_type": "Give an object.",
}
