"""F29: forged, altered, revoked, another event's and fuzzed codes. None is admitted."""

import multiprocessing
import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from operations.audit import audit
from registrations import cancellation, codes
from registrations.models import SigningKey
from scanning import redemption
from scanning.gates import gates_of
from scanning.models import Entry, Scan, Verdict
from tests import cast
from tests.scanning.phone import Phone
from ticketing.lib import clock, tokens

pytestmark = pytest.mark.django_db

REFUSED = {Verdict.FORGED, Verdict.UNKNOWN}
FUZZED = 1_000_000
PROCESSES = 2
OVER_HTTP, AT_ONCE = 3000, 200
CROCKFORD = bytes(ord(tokens.ALPHABET[number & 31]) for number in range(256))  # a random byte → one of the 32 characters
FIELDS = 23  # characters that hold version, key, event and serial


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
    """A text that might be a code: altered, cut, put together of two, signed by nobody, or nothing but noise."""
    kind = chance.randrange(100)
    if kind < 2:  # some characters others
        text = list(code)
        for place in chance.choices(range(len(code)), k=chance.randint(1, 40)):
            text[place] = chance.choice(tokens.ALPHABET)
        return "".join(text)
    if kind < 3:  # the signature right, another serial
        return code[:11] + noise(chance, FIELDS - 11) + code[FIELDS:]
    if kind < 28:  # every field right, the signature noise
        return code[:FIELDS] + noise(chance, len(code) - FIELDS - 1) + "0"
    if kind < 36:  # the event's own number and key, all else noise
        return code[:9] + noise(chance, len(code) - 10) + "G"
    if kind < 85:
        return noise(chance, chance.choice((12, 124, 125, 125, 125, 126, 134)))
    return chance.randbytes(chance.randint(0, 200)).decode("latin-1")


def noise(chance, length):
    return chance.randbytes(length).translate(CROCKFORD).decode()


def judge_many(seed, count, code, public_key, check=codes.check):
    """How many of so many fuzzed texts read as codes, and which of them the key is said to have signed.
    `decode` and `check` are all that stands between a text and a ticket (redemption.identify)."""
    chance, genuine, read, signed = random.Random(seed), codes.decode(code), 0, []
    for _ in range(count):
        claim = codes.decode(fuzzed(code, chance))
        if claim is not None and claim != genuine:
            read += 1
            if check(claim=claim, public_key=public_key):
                signed.append(claim)
    return read, signed


def test_every_place_altered_to_every_other_character_is_refused(gate, code):
    tried = 0
    for altered in every_alteration(code):
        assert redemption.identify(gate, altered, clock.now())[1] in REFUSED
        tried += 1
    assert tried == codes.CODE_LENGTH * 31
    assert judged(gate, code) == Verdict.ADMITTED  # the control: the unaltered one enters


def test_of_a_million_fuzzed_codes_none_is_signed(ticket, code):
    public_key, shares = codes.public_key_of(event_id=ticket.event_id, key_id=ticket.key_id), 10
    jobs = [(seed, FUZZED // shares, code, public_key) for seed in range(shares)]
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:  # pure functions: nobody touches the database
        found = pool.starmap(judge_many, jobs)
    assert [signed for _, signed in found] == [[]] * shares
    assert sum(read for read, _ in found) > FUZZED / 4  # hundreds of thousands get as far as their signature


def test_thousands_over_http_are_refused_and_each_is_a_scan(gate, code):
    chance, phone = random.Random(290), Phone(gate.event).open()
    presented = [text for text in (fuzzed(code, chance) for _ in range(OVER_HTTP)) if codes.decode(text) != codes.decode(code)]
    for at in range(0, len(presented), AT_ONCE):
        results = phone.send([phone.scanned(text) for text in presented[at : at + AT_ONCE]])
        assert {result["verdict"] for result in results} <= REFUSED
    assert Scan.objects.filter(event=gate.event).count() == len(presented)
    assert not Entry.objects.exists()
    assert phone.scan(code)["verdict"] == Verdict.ADMITTED


def test_forged_codes_on_the_gates_own_page_are_refused_without_trouble(client, bob, gate, code):
    client.force_login(bob)
    path, chance = f"/gate/{gate.event.slug}/scans/", random.Random(2900)
    for number in range(100):
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


def test_control_without_the_signature_fuzzed_codes_would_enter(gate, ticket, code, monkeypatch):
    _, signed = judge_many(0, 1000, code, b"", check=lambda **_: True)
    assert sum(claim.serial == ticket.serial for claim in signed) > 200  # hundreds name a ticket that there is
    chance, phone = random.Random(290), Phone(gate.event).open()
    monkeypatch.setattr(codes, "check", lambda *, claim, public_key: True)
    results = phone.send([phone.scanned(fuzzed(code, chance)) for _ in range(AT_ONCE)])
    assert [result["verdict"] for result in results].count(Verdict.ADMITTED) == 1
    assert Entry.objects.get().ticket == ticket


def test_control_without_the_tickets_standing_a_revoked_one_would_enter(gate, ticket, code, monkeypatch):
    cancellation.void_ticket(ticket=ticket, reason="lost", now=clock.now())
    monkeypatch.setattr(redemption, "_standing", lambda gate, ticket, as_of: None)
    assert judged(gate, code) == Verdict.REVOKED, "the entry itself looks once more, under the ticket's lock"
    looks = [(name, text) for name, text in vars(redemption).items() if isinstance(text, str) and "voided_at IS NULL" in text]
    for name, text in looks:
        monkeypatch.setattr(redemption, name, text.replace("voided_at IS NULL OR", "true OR"))
    assert judged(gate, code) == Verdict.ADMITTED


def test_a_key_that_is_rotated_out_still_admits_what_it_signed(gate, ticket, code):
    codes.add_key(event_id=ticket.event_id, now=clock.now())
    assert SigningKey.objects.filter(event=gate.event).count() == 2
    assert judged(gate, code) == Verdict.ADMITTED
