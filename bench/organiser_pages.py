"""Every page of the organiser's desk, read from the addresses of the product itself: what is measured can't
forget one. A new page is in the list the moment it has an address; when that names a thing which
one_of_each.py does not make, nothing is measured until it does."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

NO_PAGE = re.compile(r"(\.csv|\.pdf|/file/|/answers/<str:token>/|<slug:slug>/series/)$")  # whole files; from a date to its series
PART = re.compile(r"(\w*)(/?)<(?:\w+:)?(\w+)>")


class Unknown(LookupError):
    """An address names something that one_of_each.py does not make."""


def routes() -> dict[str, str]:
    """{name: address as Django writes it} of everything below /manage/ that is a page or takes what a page sends."""
    return {name: route for name, route in _walk(get_resolver()) if route.startswith("manage/") and not NO_PAGE.search(route)}


def _walk(resolver: URLResolver, before: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", route
        else:
            yield from _walk(pattern, route, f"{pattern.namespace}:" if pattern.namespace else space)


def address(route: str, *, things: Mapping[str, Any]) -> str:
    """The route with what one_of_each.py made: a `pk` is that of the noun before it, as in jobs/<int:pk>/. Unknown."""

    def filled(match: re.Match[str]) -> str:
        noun, slash, name = match.groups()
        of_organiser = route.startswith("manage/<slug:slug>/") and name == "slug"
        return f"{noun}{slash}{things['organiser' if of_organiser else noun if name == 'pk' else name]}"

    try:
        return "/" + PART.sub(filled, route)
    except KeyError as missing:
        raise Unknown(f"{route}: make {missing} in bench/one_of_each.py") from missing
