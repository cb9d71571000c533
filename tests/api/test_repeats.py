"""Idempotency keys: a parallel repeat is 409, a later one gets the first answer, another body 422."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from api import repeats
from api.models import Call
from events.models import Event
from registrations.models import Order
from tests import cast
from tests.api.conftest import Program, secret_of
from ticketing.lib import clock

BUYER = {"name": "Dana", "email": "dana@example.com"}
EVENT = {"name": "Twice", "starts_at": "2030-05-01T20:00:00Z", "ends_at": "2030-05-01T23:00:00Z"}


@pytest.mark.django_db
def test_a_repeat_is_answered_as_the_first_time_and_happens_once(program, hall):
    first, again = (program.post("manage/events", EVENT, key="one") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content and again.headers["Idempotency-Replayed"] == "true"
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_control_without_a_key_it_happens_twice(program, hall):
    for _ in range(2):
        program.post("manage/events", EVENT)
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused(program, hall):
    program.post("manage/events", EVENT, key="one")
    other = program.post("manage/events", EVENT | {"name": "Other"}, key="one")
    assert (other.status_code, other.said["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert Event.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["two words", "tab\tbed", "naïve", "k" * (repeats.LONGEST + 1)])
def test_a_key_that_is_no_plain_word_is_refused(program, hall, key):
    refused = program.post("manage/events", EVENT, key=key)
    assert (refused.status_code, refused.said["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert Event.objects.count() == 0


@pytest.mark.django_db
def test_a_refusal_is_the_first_answer_too(program, concert):
    kind = cast.ticket_type(concert, capacity=0)
    sent = {"buyer": BUYER, "lines": [{"ticket_type": kind.pk, "quantity": 1}]}
    first, again = (program.post(f"manage/events/{concert.slug}/orders", sent, key="one") for _ in range(2))
    assert (first.status_code, first.said["code"]) == (409, "sold_out")
    assert first.content == again.content and again.headers["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_keys_of_two_tokens_are_two_keys(client, hall):
    for _ in range(2):
        assert Program(client, secret_of(hall)).post("manage/events", EVENT, key="one").status_code == 201
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_a_call_that_died_is_taken_over_after_a_minute(program, concert):
    kind = cast.ticket_type(concert)
    sent = {"buyer": BUYER, "lines": [{"ticket_type": kind.pk, "quantity": 1}]}
    program.post(f"manage/events/{concert.slug}/orders", sent, key="one")
    Call.objects.update(answered_at=None, status=None, body="")  # as if it had died after the order
    assert program.post(f"manage/events/{concert.slug}/orders", sent, key="one").said["code"] == "in_progress"
    Call.objects.update(started_at=clock.now() - timedelta(minutes=2))
    again = program.post(f"manage/events/{concert.slug}/orders", sent, key="one")
    assert again.status_code == 201 and again.said["code"] == Order.objects.get().code


@pytest.mark.django_db
def test_an_answer_is_kept_for_a_day(program, hall):
    program.post("manage/events", EVENT, key="one")
    assert repeats.forget_old(now=clock.now() + timedelta(hours=23)) == 0
    assert repeats.forget_old(now=clock.now() + timedelta(hours=25)) == 1
    program.post("manage/events", EVENT, key="one")
    assert Event.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keyed", [True, False])
def test_of_parallel_calls_with_one_key_one_happens_and_the_others_are_told(hall, keyed):
    """Not keyed is the control: each of them happens."""
    from django.test import Client

    secret, answers, gate = secret_of(hall), [], threading.Barrier(4)

    def call():
        program = Program(Client(), secret)
        gate.wait()
        answers.append(program.post("manage/events", EVENT, key="one" if keyed else None))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Event.objects.count() == (1 if keyed else 4)
    assert {reply.status_code for reply in answers} <= {201, 409}
    assert {reply.said["code"] for reply in answers if reply.status_code == 409} <= {"in_progress"}
    assert len({reply.content for reply in answers if reply.status_code == 201}) == (1 if keyed else 4)
