"""Lists page by cursor, unchanged answers are 304, and caches are told how long."""

import pytest

from events import publication
from tests import cast
from ticketing.lib.pagecache import _redis

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_page_cache():
    _redis().flushdb()


def all_pages(get, path, **query):
    rows, after = [], ""
    for _ in range(50):
        page = get(f"{path}?limit=3&after={after}").said
        rows += page["items"]
        after = page["next"]
        if after is None:
            return rows
    raise AssertionError("it never ends")


def test_every_row_is_on_one_page_once(program, visitor, hall):
    starts = cast.event(organiser=hall).starts_at
    events = [cast.event(organiser=hall, starts_at=starts, ends_at=starts) for _ in range(7)]  # all at once: the id decides
    kind = cast.ticket_type(events[0])
    orders = [cast.ordered(kind, 2) for _ in range(5)]
    assert len({row["slug"] for row in all_pages(visitor.get, "events")}) == 8
    assert len(all_pages(visitor.get, "events")) == 8
    assert len({row["slug"] for row in all_pages(program.get, "manage/events")}) == len(all_pages(program.get, "manage/events")) == 8
    at = f"manage/events/{events[0].slug}"
    assert [row["code"] for row in all_pages(program.get, f"{at}/orders")] == [order.code for order in reversed(orders)]
    assert len({row["serial"] for row in all_pages(program.get, f"{at}/attendees")}) == 10


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFd", "WyJub3ciLDFd", "////"])
def test_a_cursor_that_is_none_is_named(visitor, program, hall, cursor):
    for path, caller in (("events", visitor), ("manage/events", program)):
        refused = caller.get(f"{path}?after={cursor}")
        assert (refused.status_code, refused.said["errors"][0]["field"]) == (422, "after")


def test_the_public_list_is_kept_for_a_minute_and_a_change_is_seen_at_once(visitor, concert, django_capture_on_commit_callbacks):
    cast.ticket_type(concert)
    first, second = visitor.get("events"), visitor.get("events")
    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert "X-Cache" not in first.headers and second.headers["X-Cache"] == "hit" and first.content == second.content
    unchanged = visitor.get("events", **{"If-None-Match": first.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["X-Cache"]) == (304, b"", "hit")
    with django_capture_on_commit_callbacks(execute=True):
        publication.update_event(event=concert, fields={"name": "Renamed"})
    changed = visitor.get("events", **{"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200 and changed.said["items"][0]["name"] == "Renamed"


def test_stats_may_be_kept_for_thirty_seconds_by_their_caller_alone(program, concert):
    first = program.get(f"manage/events/{concert.slug}/stats")
    assert first.headers["Cache-Control"] == "private, max-age=30"
    assert program.get(f"manage/events/{concert.slug}/stats", **{"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_an_unchanged_order_is_304_and_a_changed_one_is_not(program, concert):
    order = cast.ordered(cast.ticket_type(concert))
    path = f"manage/events/{concert.slug}/orders/{order.code}"
    tag = program.get(path).headers["ETag"]
    assert program.get(path, **{"If-None-Match": f'W/{tag}, "other"'}).status_code == 304
    assert program.post(f"{path}/cancellation").said["state"] == "cancelled"
    assert program.get(path, **{"If-None-Match": tag}).said["state"] == "cancelled"


def test_a_draft_is_nowhere_in_public(visitor, hall):
    draft = cast.event(organiser=hall, published=False)
    assert visitor.get("events").said["items"] == []
    assert visitor.get(f"events/{draft.slug}").status_code == 404


def test_calls_are_not_counted_as_views_of_pages(visitor, concert):
    from ticketing.lib import pagecache

    for _ in range(2):
        visitor.get(f"events/{concert.slug}")
    assert pagecache.take_views() == {}


@pytest.mark.parametrize("path", ["nothing", "events/", "manage", ""])
def test_an_address_that_is_none_is_a_problem_and_no_page(visitor, path):
    reply = visitor.get(path)
    assert (reply.status_code, reply.headers["Content-Type"], reply.said["code"]) == (404, "application/problem+json", "not_found")


def test_another_method_is_a_problem_that_names_those_there_are(visitor):
    reply = visitor.call("DELETE", "events")
    assert (reply.status_code, reply.headers["Allow"], reply.said["code"]) == (405, "GET", "method_not_allowed")


def test_the_reference_lists_every_operation(client):
    from api import document

    page = client.get("/api/")
    assert page.status_code == 200
    for path in document.whole()["paths"]:
        assert path.encode() in page.content
