"""F29: forged, altered, revoked, another event's and fuzzed codes. None is admitted."""

import base64
import random
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from operations.audit import audit
from registrations import cancellation, codes
from registrations.models import SigningKey
from scanning import redemption
from scanning.gates import gates_of
from scanning.models import Entry, Scan, Verdict
from tests import cast
from ticketing.lib import clock, tokens

pytestmark = pytest.mark.django_db

REFUSED = {Verdict.FORGED, Verdict.UNKNOWN}
THROUGH_THE_VERB = 4000
FUZZ_CPU_SECONDS = 10
FUZZED_AT_LEAST = 20_000


@pytest.fixture
def gate(concert):
    return gates_of(event=concert)[0]


@pytest.fixture
def ticket(concert):
    return cast.ordered(cast.ticket_type(concert)).tickets.get()


@pytest.fixture
def code(ticket):
    return codes.code_of(ticket)


@pytest.fixture(autouse=True)
def clean_afterwards(db):
    yield
    assert [finding.invariant.name for finding in audit() if finding.violated] == []


def judged(gate, presented):
    return redemption.redeem(gate=gate, presented=presented, now=clock.now()).verdict


def every_alteration(code):
    """Each place of the code with each other character of the alphabet."""
    for place, there in enumerate(code):
        for other in tokens.ALPHABET:
            if other != there:
                yield code[:place] + other + code[place + 1 :]


def fuzzed(code, chance):
    """A text that might be a code: altered, cut, shuffled, re-signed by nobody, or nothing but noise."""
    kind = chance.randrange(6)
    if kind == 0:
        places = chance.sample(range(len(code)), chance.randint(1, 40))
        return "".join(chance.choice(tokens.ALPHABET) if place in places else there for place, there in enumerate(code))
    if kind == 1:  # every field right, the signature noise
        return text_of(codes.decode(code).body + chance.randbytes(64))
    if kind == 2:  # the signature right, another serial
        claim = codes.decode(code)
        return text_of(claim.body[:6] + chance.randbytes(8) + claim.signature)
    if kind == 3:  # the event's own number and key, all else noise
        return text_of(codes.decode(code).body[:6] + chance.randbytes(72))
    if kind == 4:
        return "".join(chance.choices(tokens.ALPHABET, k=chance.choice((12, 124, 125, 126))))
    return chance.randbytes(chance.randint(0, 200)).decode("latin-1")


def text_of(raw):
    """78 bytes as a code is spelled (codes.py)."""
    return base64.b32encode(raw).decode().rstrip("=").translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", tokens.ALPHABET))


def test_every_place_altered_to_every_other_character_is_refused(gate, code):
    tried = 0
    for altered in every_alteration(code):
        assert redemption.identify(gate, altered, clock.now())[1] in REFUSED
        tried += 1
    assert tried == codes.CODE_LENGTH * 31
    assert judged(gate, code) == Verdict.ADMITTED  # the control: the unaltered one enters


def test_a_large_fuzz_by_the_gates_own_judgement_admits_nothing(gate, code):
    """`identify` is what redeem asks before it writes; without the write as many fit as the processor makes."""
    chance, tried, began = random.Random(29), 0, time.process_time()
    while tried < FUZZED_AT_LEAST or time.process_time() - began < FUZZ_CPU_SECONDS:
        presented = fuzzed(code, chance)
        assert redemption.identify(gate, presented, clock.now())[1] in REFUSED or codes.decode(presented) == codes.decode(code)
        tried += 1
    print(f"{tried} fuzzed codes, none admitted")
    assert redemption.identify(gate, code, clock.now())[1] is None


def test_thousands_through_the_door_admit_nothing_and_each_is_a_scan(gate, code):
    chance = random.Random(290)
    presented = [text for text in (fuzzed(code, chance) for _ in range(THROUGH_THE_VERB)) if codes.decode(text) != codes.decode(code)]
    assert {judged(gate, text) for text in presented} <= REFUSED
    assert Scan.objects.exclude(verdict=Verdict.ADMITTED).count() == len(presented)
    assert not Entry.objects.exists()
    assert judged(gate, code) == Verdict.ADMITTED


def test_forged_codes_over_http_are_refused_without_trouble(client, bob, gate, code):
    client.force_login(bob)
    path, chance = f"/gate/{gate.event.slug}/scans/", random.Random(2900)
    for number in range(300):
        reply = client.post(path, {"code": fuzzed(code, chance), "nonce": number}, headers={"Accept": "application/json"})
        assert reply.status_code == 200
        assert reply.json()["verdict"] in REFUSED
    assert client.post(path, {"code": code}, headers={"Accept": "application/json"}).json()["verdict"] == "admitted"
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("field", ["code", "nonce", "gate"])
@pytest.mark.parametrize("noise", ["\x00", "a\x00b", "\ud7ff\U0001f3ab", "9" * 30, "-1", "'; --", "%s"])
def test_noise_in_any_field_is_an_answer_not_an_error(client, bob, gate, field, noise):
    client.force_login(bob)
    reply = client.post(f"/gate/{gate.event.slug}/scans/", {"code": "x", "nonce": "n", field: noise})
    assert reply.status_code == (400 if field == "nonce" and "\0" in noise else 200)
    assert "Admit<" not in reply.content.decode()


def test_a_code_signed_by_another_key_is_forged(gate, ticket):
    own = Ed25519PrivateKey.generate()
    signed = {"private_key": own, "event_id": ticket.event_id, "serial": ticket.serial}
    assert judged(gate, codes.encode(key_id=ticket.key_id, **signed)) == Verdict.FORGED
    assert judged(gate, codes.encode(key_id=ticket.key_id + 1, **signed)) == Verdict.FORGED  # a key that is not there
    assert not Entry.objects.exists()


def test_the_key_of_another_event_signs_nothing_here(hall, gate, ticket):
    elsewhere = cast.ordered(cast.ticket_type(cast.event(organiser=hall))).tickets.get()
    theirs = codes._private_key(elsewhere.event_id, elsewhere.key_id)
    forged = codes.encode(private_key=theirs, key_id=ticket.key_id, event_id=ticket.event_id, serial=ticket.serial)
    assert judged(gate, forged) == Verdict.FORGED
    assert judged(gate, codes.code_of(elsewhere)) == Verdict.WRONG_EVENT
    assert judged(gate, tokens.serial_text(elsewhere.serial)) == Verdict.UNKNOWN
    assert not Entry.objects.exists()


def test_revoked_and_cancelled_tickets_stay_out_by_code_serial_and_hand(gate, ticket, bob):
    revoked, cancelled = ticket, cast.ordered(cast.ticket_type(gate.event)).tickets.get()
    cancellation.void_ticket(ticket=revoked, reason="lost", now=clock.now())
    cancellation.cancel_order(order=cancelled.order, now=clock.now())
    for one, verdict in ((revoked, Verdict.REVOKED), (cancelled, Verdict.CANCELLED)):
        one.refresh_from_db()
        assert judged(gate, codes.code_of(one)) == verdict
        assert judged(gate, tokens.serial_text(one.serial)) == verdict
        assert redemption.admit_by_hand(gate=gate, ticket=one, now=clock.now(), steward=bob).verdict == verdict
    assert not Entry.objects.exists()


def test_a_true_signature_over_a_ticket_that_is_not_in_the_list_is_not_admitted(gate, ticket):
    own = codes._private_key(ticket.event_id, ticket.key_id)
    genuine = codes.encode(private_key=own, key_id=ticket.key_id, event_id=ticket.event_id, serial=ticket.serial + 1)
    assert judged(gate, genuine) == Verdict.AUTHENTIC_UNKNOWN
    assert not Entry.objects.exists()


def test_control_without_the_signature_a_forged_code_would_enter(gate, ticket, monkeypatch):
    forged = codes.encode(private_key=Ed25519PrivateKey.generate(), key_id=ticket.key_id, event_id=ticket.event_id, serial=ticket.serial)
    monkeypatch.setattr(codes, "check", lambda *, claim, public_key: True)
    assert judged(gate, forged) == Verdict.ADMITTED


def test_control_without_the_tickets_standing_a_revoked_one_would_enter(gate, ticket, code, monkeypatch):
    cancellation.void_ticket(ticket=ticket, reason="lost", now=clock.now())
    monkeypatch.setattr(redemption, "_standing", lambda gate, ticket, as_of: None)
    assert judged(gate, code) == Verdict.ADMITTED


def test_a_key_that_is_rotated_out_still_admits_what_it_signed(gate, ticket, code):
    codes.add_key(event_id=ticket.event_id, now=clock.now())
    assert SigningKey.objects.filter(event=gate.event).count() == 2
    assert judged(gate, code) == Verdict.ADMITTED
