"""What is kept of buyers and attendees is told before they buy, and it is what the rooms declare."""

import html

import pytest
from django.test import Client

from events import publication
from ticketing.lib import personal

pytestmark = pytest.mark.django_db


def visit(event, **headers):
    return Client().get(f"{event.get_absolute_url()}privacy/", headers=headers)


def test_every_reason_that_is_declared_stands_in_the_notice(concert, hall):
    told = html.unescape(visit(concert).content.decode())
    assert [kept.why for _, _, kept in personal.sentences() if kept.why not in told] == []
    assert hall.email in told and f"{hall.erase_after_days} days after the event" in told


def test_it_speaks_the_visitor_s_language(concert):
    told = html.unescape(visit(concert, accept_language="de").content.decode())
    assert "Was mit Ihren Daten geschieht" in told and "Wohin Tickets" in told and "Where tickets" not in told


def test_an_event_that_nobody_sees_has_no_notice(concert):
    publication.unpublish(event=concert)
    assert visit(concert).status_code == 404


def test_it_takes_one_query(concert, django_assert_num_queries):
    with django_assert_num_queries(1):
        visit(concert)
