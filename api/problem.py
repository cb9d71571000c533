"""What is said when a call can't be answered: problem+json (RFC 9457) that names the field and the mend."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse

from api.answers import written
from events.inventory import BelowClaimed, SoldOut
from events.publication import NotReady
from payments.event_refunds import EventNotCancelled
from payments.gateway import GatewayBusy, GatewayTrouble, PaymentRefused
from payments.settlement import RefundTooLarge
from registrations.allowance import TooManyForBuyer
from registrations.checkout import Refused

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: "Not understood",
    401: "No valid token",
    403: "Not permitted",
    404: "Not found",
    405: "Method not allowed",
    409: "Not possible now",
    422: "Something sent is not valid",
    429: "Too many calls",
    500: "Something broke on our side",
    503: "Busy",
}


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One thing that was sent, and how to mend it. `field`: a path such as lines.0.quantity."""

    field: str
    message: str


class Problem(Exception):
    """Answered as it is; `code` is for programs, `detail` for people."""

    def __init__(self, status: int, code: str, detail: str, *, errors: Sequence[Wrong] = (), retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.errors, self.retry_after = status, code, detail, errors, retry_after


def invalid(field: str, message: str) -> Problem:
    """422 for one field."""
    return Problem(422, "invalid", message, errors=[Wrong(field=field, message=message)])


def answer(problem: Problem) -> HttpResponse:
    said: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(problem.status, "Not possible"),
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
    }
    if problem.errors:
        said["errors"] = [{"field": wrong.field, "message": wrong.message} for wrong in problem.errors]
    response = HttpResponse(written(said), status=problem.status, content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "no-store"
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def of(error: Exception) -> Problem | None:
    """The problem that a verb's refusal is to a caller; None for what nobody foresaw."""
    if isinstance(error, Problem):
        return error
    for kind, told in REFUSALS.items():
        if isinstance(error, kind):
            return told(error)
    return None


def _not_now(error: Any) -> Problem:
    return Problem(409, error.code, str(error))


def _busy(error: Exception) -> Problem:
    seconds = round(error.retry_after + 1) if isinstance(error, GatewayBusy) else 10
    return Problem(503, "provider_away", "The payment provider does not answer just now. Try again with the same key.", retry_after=seconds)


NOT_FOUND = Problem(404, "not_found", "There is nothing at this address that your token may see.")
REFUSALS: dict[type[Exception], Callable[[Any], Problem]] = {
    Http404: lambda error: NOT_FOUND,
    SoldOut: _not_now,
    Refused: _not_now,
    TooManyForBuyer: _not_now,
    BelowClaimed: _not_now,
    NotReady: _not_now,
    EventNotCancelled: _not_now,
    RefundTooLarge: _not_now,
    PaymentRefused: lambda error: Problem(409, "payment_refused", str(error)),
    GatewayTrouble: _busy,
}
