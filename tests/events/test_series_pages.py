"""Series through their pages, and with 13,000 dates: every page within twelve queries, the list shows it once."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from events import publication, series, series_work
from events.models import Event, EventSeries, Quota, TicketType
from events.repetition import Rule
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db
MANY = 13_000


@pytest.fixture
def first(hall):
    start = (clock.now() + timedelta(days=10)).replace(hour=18, minute=0, second=0, microsecond=0)
    event = cast.event(organiser=hall, starts_at=start, ends_at=start + timedelta(minutes=50), time_zone="UTC")
    cast.ticket_type(event, price_minor=1500, capacity=20)
    cast.ticket_type(event, capacity=5)
    return event


@pytest.fixture
def weeks(first):
    return made(first, 4)


def made(event, count, *, hours=1):
    first = event.local_start.date()
    at = [event.local_start.time().replace(hour=hour) for hour in range(19 - hours, 19)]
    rule = Rule(frequency="day", first=first, last=first + timedelta(days=count // hours - 1), at=at)
    found = series.make_series(event=event, rule=rule, by=None, now=clock.now())
    series_work.do_due(now=clock.now())
    cache.clear()
    return found


TYPED = {
    "frequency": "week",
    "every": "1",
    "weekdays": ["4", "5"],
    "at": "15:00, 25:00",
    "first": "2027-03-01",
    "last": "2027-03-31",
    "without": "",
}


def test_an_event_becomes_a_series_through_its_pages(client, alice, first):
    client.force_login(alice)
    url = f"/manage/events/{first.slug}/series/new/"
    assert client.get(url).status_code == 200
    wrong = client.post(url, TYPED)
    assert wrong.status_code == 422 and "25:00" in wrong.content.decode()
    typed = TYPED | {"at": "15.00, 20:00"}
    preview = client.post(url, typed).content.decode()
    assert "16 dates" in preview and "Friday 5 March 2027, 15:00" in preview and not EventSeries.objects.exists()
    answer = client.post(url, typed | {"make": "yes"}, follow=True)
    assert "being made" in answer.content.decode()
    series_work.do_due(now=clock.now())
    assert Event.objects.filter(series__isnull=False).count() == 17
    page = client.get(answer.redirect_chain[-1][0]).content.decode()
    assert "16 dates made" in page and "Every week on Friday and Saturday" in page
    assert client.get(f"/manage/events/{first.slug}/series/").url in answer.redirect_chain[-1][0]


def test_the_form_of_a_date_asks_for_which_dates(client, alice, first, weeks):
    client.force_login(alice)
    third = Event.objects.filter(series=weeks).order_by("starts_at")[2]
    url = f"/manage/events/{third.slug}/details/"
    page = client.get(url)
    assert "This and all later dates" in page.content.decode()
    form = page.context["form"]
    typed = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    typed |= {"starts_at": f"{third.starts_at:%Y-%m-%dT%H:%M}", "ends_at": f"{third.ends_at:%Y-%m-%dT%H:%M}", "venue_name": "The Cellar"}
    assert client.post(url, typed | {"scope": "all", "time_zone": "Europe/Berlin"}).status_code == 422
    assert client.post(url, typed | {"scope": "later"}).status_code == 302
    series_work.do_due(now=clock.now())
    assert (
        list(Event.objects.filter(series=weeks).order_by("starts_at").values_list("venue_name", flat=True))
        == ["Town Hall"] * 2 + ["The Cellar"] * 2
    )


def test_a_types_form_asks_for_which_dates(client, alice, weeks):
    client.force_login(alice)
    kind = TicketType.objects.filter(event__series=weeks, price_minor=1500).order_by("event__starts_at")[1]
    url = f"/manage/events/{kind.event.slug}/tickets/{kind.pk}/"
    typed = {
        "name": kind.name, "pricing": "fixed", "price": "17.00", "quotas": [kind.quotas.get().pk], "min_per_order": "1", "max_per_order": "4",
        "scope": "all",
    }  # fmt: skip
    assert client.post(url, typed).status_code == 302
    series_work.do_due(now=clock.now())
    assert set(TicketType.objects.filter(name=kind.name).values_list("price_minor", "max_per_order")) == {(1700, 4)}


def test_the_public_page_shows_months_days_and_what_is_sold_out(client, weeks):
    events = list(Event.objects.filter(series=weeks).order_by("starts_at"))
    Quota.objects.filter(event=events[1]).update(claimed=0, capacity=0)
    publication.cancel(event=events[2], now=clock.now())
    url = weeks.get_absolute_url()
    page = client.get(f"{url}?month={events[0].starts_at:%Y-%m}").content.decode()
    assert events[0].get_absolute_url() in page
    assert "Sold out" in client.get(f"{url}?day={events[1].starts_at:%Y-%m-%d}").content.decode()
    assert events[2].get_absolute_url() not in page
    for odd in ("?month=x", "?day=2027-02-30", "?page=0", "?page=99", "?month=1999-01", "?month=9999-12"):
        assert client.get(url + odd).status_code == 200
    assert weeks.get_absolute_url() in client.get(events[0].get_absolute_url()).content.decode()
    EventSeries.objects.update(published_at=None)
    assert client.get(url).status_code == 404


def test_nobody_else_sees_a_series_or_changes_it(client, charlie, bob, first, weeks):
    addresses = [("get", ""), ("get", "dates/new/"), ("post", "publication/"), ("post", "unpublication/")]
    for who in (charlie, bob):
        client.force_login(who)
        for method, path in addresses:
            assert getattr(client, method)(f"/manage/series/{weeks.slug}/{path}").status_code == 404
        assert client.get(f"/manage/events/{first.slug}/series/").status_code == 404


def test_with_thirteen_thousand_dates_every_page_stays_small(client, alice, hall, first, django_assert_max_num_queries):
    """Five hours a day for seven years. What it costs in CPU stands in docs/performance.md."""
    other = cast.event(organiser=hall, starts_at=clock.now() + timedelta(days=40), ends_at=clock.now() + timedelta(days=40, hours=1))
    many = made(first, MANY, hours=5)
    assert Event.objects.filter(series=many).count() == MANY
    listing = client.get("/").content.decode()
    assert listing.count("event-card") == 2 and "13,000 dates" in listing and other.get_absolute_url() in listing
    middle = Event.objects.filter(series=many).order_by("starts_at")[MANY // 2]
    client.force_login(alice)
    manage = f"/manage/events/{middle.slug}/"
    series_home = f"/manage/series/{many.slug}/"
    for page in [
        "/manage/", "/manage/?q=conc", series_home, f"{series_home}?page=200", f"{series_home}?month={middle.starts_at:%Y-%m}",
        f"{series_home}?show=past", f"{series_home}dates/new/", manage, f"{manage}details/", f"{manage}tickets/", f"{manage}orders/",
        f"{manage}attendees/", f"{manage}payments/", f"{manage}history/", f"{manage}waiting/", f"{manage}requests/", f"{manage}messages/",
        f"{manage}exports/", "/gate/", many.get_absolute_url(), f"{many.get_absolute_url()}?day={middle.starts_at:%Y-%m-%d}", "/",
    ]:  # fmt: skip
        cache.clear()
        client.force_login(alice)  # whose session is in the cache, as of everybody who works there
        with django_assert_max_num_queries(12):
            answer = client.get(page)
        assert answer.status_code == 200, page
        assert len(answer.content) < 100_000, page
