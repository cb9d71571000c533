"""The API as ninja knows it: how an operation is declared, how refusals are answered, what the document says."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from api import problem, repeats
from api.access import NeedsToken
from api.door import PREFIX
from api.models import Scope
from api.problem import Problem
from api.shapes import ProblemShape
from api.words import wrongs

DESCRIPTION = """Everything the pages do, for other programs. Times are RFC 3339 in UTC, money is in minor units
with its currency, lists give a cursor `next` for `?after=`. Errors are problem+json (RFC 9457)."""
KEY_PARAMETER = {
    "name": repeats.HEADER,
    "in": "header",
    "required": False,
    "description": "Makes the call repeatable for a day: the same key is answered as the first time (409 while that is at work).",
    "schema": {"type": "string", "minLength": 1, "maxLength": repeats.LONGEST, "pattern": f"^{repeats.PATTERN}$"},
}


class Api(NinjaAPI):
    """Problems have a content type of their own, which ninja's document does not know."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> Any:
        document = super().get_openapi_schema(path_prefix=path_prefix or PREFIX)
        for path in document["paths"].values():
            for operation in path.values():
                for status, told in operation["responses"].items():
                    if int(status) >= 400 and "content" in told:
                        told["content"] = {problem.CONTENT_TYPE: told["content"]["application/json"]}
        return document


api = Api(
    title="Ticketing",
    version="1",
    description=DESCRIPTION,
    urls_namespace="v1",
    docs_url=None,
    openapi_url=None,  # served by document.py, made once
)


def op(
    summary: str, scope: Scope | None, shape: Any, *, status: int = 200, also: Sequence[int] = (), public: bool = False
) -> dict[str, Any]:
    """How an operation is declared: its words, what it needs and what it may answer."""
    refusals = {422, 429, *also} if public else {401, 403, 404, 422, 429, *also}
    declared: dict[str, Any] = {
        "summary": summary,
        "response": {status: shape} | dict.fromkeys(sorted(refusals), ProblemShape),
        "auth": None if public else NeedsToken(scope),
    }
    if scope is not None:
        declared["openapi_extra"] = {"x-scope": str(scope)}
    return declared


def changing(summary: str, scope: Scope, shape: Any, *, status: int = 200, also: Sequence[int] = ()) -> dict[str, Any]:
    """An operation that changes something: it may be repeated with an Idempotency-Key, and refused by the state of things."""
    declared = op(summary, scope, shape, status=status, also=(409, *also))
    declared["openapi_extra"] |= {"parameters": [KEY_PARAMETER]}
    return declared


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    found = wrongs(error.errors)
    detail = f"{found[0].field}: {found[0].message}" if found else "Something sent is not valid."
    return problem.answer(Problem(422, "invalid", detail, errors=found))


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The body is no JSON."""
    detail = "The body is no JSON. Send an object, with Content-Type: application/json."
    return problem.answer(
        problem.invalid("body", detail) if error.status_code == 400 else Problem(error.status_code, "refused", str(error))
    )


@api.exception_handler(Http404)
@api.exception_handler(Exception)
def _refused(request: HttpRequest, error: Exception) -> HttpResponse:
    """Verbs' refusals; all else is for the door."""
    told = problem.of(error)
    if told is None:
        raise error
    return problem.answer(told)
