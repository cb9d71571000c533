"""Wherever an event's time stands, it is the venue's."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import cast

ROOT = Path(__file__).resolve().parent.parent.parent


def unzoned(template: str) -> list[str]:
    """Uses of |date that would show UTC: Django turns an aware time into the server's zone first."""
    zoned = re.compile(r"\|in_zone:[\w.]+\|(?:date|time)\b")
    return re.findall(r"\{\{[^}]*?\|(?:date|time)\b[^}]*\}\}", zoned.sub("", template))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/", "/events/{}/", "/events/{}/preview", "/manage/", "/manage/events/{}/", "/gate/"])
def test_a_concert_at_nine_in_new_york_is_at_nine_on_every_page(client, hall, alice, path):
    starts = datetime(2027, 7, 2, 1, 0, tzinfo=UTC)  # 21:00 of the day before, summer time
    event = cast.event(organiser=hall, time_zone="America/New_York", starts_at=starts, ends_at=starts.replace(hour=4))
    cast.ticket_type(event)
    client.force_login(alice)
    path = f"/manage/events/{event.slug}/preview/" if "preview" in path else path.format(event.slug)
    page = client.get(path).content.decode()
    assert "21:00" in page
    assert not re.search(r"(?<!T)01:00", page)


def test_no_template_shows_a_time_without_its_zone():
    pages = [
        path for path in (ROOT / "templates").rglob("*.html") if not {"operations", "api"} & {*path.parts}
    ]  # UTC, for staff and programs
    found = {path.name: unzoned(path.read_text()) for path in pages}
    assert {name: uses for name, uses in found.items() if uses} == {}


def test_control_an_unzoned_time_is_found():
    assert unzoned('{{ event.local_start|date:"H:i" }}')
    assert not unzoned('{{ event.starts_at|in_zone:event.time_zone|date:"H:i" }}')
