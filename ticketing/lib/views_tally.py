"""How often pages were looked at: counted in Redis beside the answer, moved to rows by a sweep (take).

Counted are answers of this server to people's browsers. What a browser, a CDN or a search engine's copy
answered is not here, nor what was counted in the last minute before Redis lost its memory.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict

BOT = re.compile(r"bot|crawl|spider|slurp|preview|monitor|curl|python", re.I)
SOURCE = re.compile(r"[^a-z0-9._-]+")
LONGEST = 40


def source_of(request: HttpRequest) -> str:
    """?src= (or utm_source=) of the address: lower case letters, digits, dots and dashes; "" for none."""
    query = request.META.get("QUERY_STRING", "")
    if "src=" not in query and "utm_source=" not in query:
        return ""
    return clean_source(request.GET.get("src") or request.GET.get("utm_source") or "")


def source_of_page(request: HttpRequest) -> str:
    """The source in the address of our own page that a form was sent from (the Referer); "" for none."""
    query = urlsplit(request.META.get("HTTP_REFERER", "")).query
    if "src=" not in query and "utm_source=" not in query:
        return ""
    given = QueryDict(query)
    return clean_source(given.get("src") or given.get("utm_source") or "")


def clean_source(text: str) -> str:
    return SOURCE.sub("-", text.lower()).strip("-")[:LONGEST]


def is_counted(request: HttpRequest) -> bool:
    """A person's own request for a page."""
    return request.method == "GET" and not request.path_info.startswith("/api/") and not BOT.search(request.META.get("HTTP_USER_AGENT", ""))


def take(*, client: Any, key: str) -> dict[tuple[str, str], int]:
    """{(scope, source): views} since the last time, and forget them. Rows first: a crash in between
    counts a minute twice rather than loses it, so the caller commits before `forget`."""
    taken = f"{key}:taken"
    if not client.exists(taken) and client.exists(key):
        client.rename(key, taken)
    found: dict[tuple[str, str], int] = {}
    for name, count in client.hgetall(taken).items():
        scope, _, source = name.decode().partition("|")
        found[scope, source] = int(count)
    return found


def forget(*, client: Any, key: str) -> None:
    client.delete(f"{key}:taken")
