"""Ticket codes agree with the published test vectors, which other programs are tested with too."""

import json

import pytest

from registrations import codes
from registrations.models import SigningKey
from scanning import redemption
from scanning.gates import gates_of
from tests import cast
from tests.registrations import code_vectors
from ticketing.lib import clock, tokens

PUBLISHED = json.loads(code_vectors.FILE.read_text())
PUBLIC_KEYS = {(key["event_id"], key["key_id"]): bytes.fromhex(key["public_key_hex"]) for key in PUBLISHED["keys"]}
VECTORS = [pytest.param(vector, id=vector["name"]) for vector in PUBLISHED["vectors"]]
# What the gate says, where nobody has bought the tickets of the vectors.
AT_THE_GATE = {
    "malformed": "unknown",
    "unknown_key": "forged",
    "forged": "forged",
    "wrong_event": "wrong_event",
    "valid": "authentic_unknown",
}


def judged(text, *, gate, check=codes.check):
    claim = codes.decode(text)
    if claim is None:
        return "malformed"
    public_key = PUBLIC_KEYS.get((claim.event_id, claim.key_id))
    if public_key is None:
        return "unknown_key"
    if not check(claim=claim, public_key=public_key):
        return "forged"
    return "valid" if claim.event_id == gate else "wrong_event"


@pytest.mark.parametrize("vector", VECTORS)
def test_a_code_is_judged_as_published(vector):
    assert judged(vector["text"], gate=vector["gate"]) == vector["expected"]


@pytest.mark.parametrize("vector", [vector for vector in VECTORS if vector.values[0]["claim"]])
def test_a_code_says_what_is_published(vector):
    claim, published = codes.decode(vector["text"]), vector["claim"]
    assert (claim.version, claim.key_id, claim.event_id) == (published["version"], published["key_id"], published["event_id"])
    assert claim.serial == int(published["serial"]) == tokens.serial_from_text(published["serial_text"])
    assert (claim.body.hex(), claim.signature.hex()) == (published["body_hex"], published["signature_hex"])


@pytest.mark.parametrize("typed", PUBLISHED["serials"], ids=lambda typed: typed["text"])
def test_a_serial_is_read_as_published(typed):
    assert tokens.serial_from_text(typed["text"]) == (typed["serial"] and int(typed["serial"]))


def test_the_vectors_notice_a_reader_that_checks_no_signature():
    wrong = [v["name"] for v in PUBLISHED["vectors"] if judged(v["text"], gate=v["gate"], check=lambda **_: True) != v["expected"]]
    assert len(wrong) == sum(vector["expected"] == "forged" for vector in PUBLISHED["vectors"]) > 5


def test_the_vectors_show_every_outcome():
    assert {vector["expected"] for vector in PUBLISHED["vectors"]} == set(AT_THE_GATE)


def test_the_published_file_is_made_the_same_again():
    assert code_vectors.FILE.read_text() == code_vectors.as_text(), "run: python -m tests.registrations.code_vectors"


@pytest.fixture
def gate(hall, monkeypatch):
    """A gate of the vectors' event, with the keys of all of them."""
    monkeypatch.setattr(codes, "_public_keys", {})
    now = clock.now()
    events = {event_id: cast.event(organiser=hall, id=event_id) for event_id in {event_id for event_id, _ in PUBLIC_KEYS}}
    for (event_id, key_id), public_key in PUBLIC_KEYS.items():
        SigningKey.objects.create(event_id=event_id, key_id=key_id, public_key=public_key, sealed_private_key=b"", created_at=now)
    return gates_of(event=events[code_vectors.EVENT])[0]


@pytest.mark.django_db
def test_the_gate_judges_as_published(gate):
    said = {v["name"]: redemption.redeem(gate=gate, presented=v["text"], now=clock.now()).verdict for v in PUBLISHED["vectors"]}
    assert said == {vector["name"]: AT_THE_GATE[vector["expected"]] for vector in PUBLISHED["vectors"]}


@pytest.mark.django_db
def test_a_real_ticket_has_a_code_of_this_form(concert):
    ticket = cast.ordered(cast.ticket_type(concert)).tickets.get()
    code = codes.code_of(ticket)
    claim = codes.decode(code)
    assert len(code) == 125 and set(code) <= set(tokens.ALPHABET)
    assert (claim.version, claim.event_id, claim.serial) == (1, concert.pk, ticket.serial)
    assert codes.check(claim=claim, public_key=codes.public_key_of(event_id=concert.pk, key_id=ticket.key_id))
