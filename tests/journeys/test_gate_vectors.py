"""The phone's own judgement agrees with the published vectors, in a real browser, by both ways of checking signatures."""

import json
import random

import pytest

from tests.architecture.house import ROOT

pytestmark = pytest.mark.django_db(transaction=True)
CODES = json.loads((ROOT / "docs" / "ticket-code-vectors.json").read_text())
JUDGE_CODES = """async ({ vectors, keys, libraryAlone }) => {
  const { decode, serialText } = await import("/static/js/gate/ticket-code.js");
  const { signedCode } = await import("/static/js/gate/signature.js");
  const library = JSON.parse(document.getElementById("shell").textContent).ed25519;
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const judged = async ({ text, gate }) => {
    const claim = decode(text);
    if (!claim) return ["malformed", null];
    const key = keys.find(({ event_id, key_id }) => event_id === claim.eventId && key_id === claim.keyId);
    const said = { serial: String(claim.serial), serial_text: serialText(claim.serial), event_id: claim.eventId, key_id: claim.keyId };
    if (!key) return ["unknown_key", said];
    if (!(await signedCode(claim, bytes(key.public_key_hex), { library, libraryAlone }))) return ["forged", said];
    return [claim.eventId === gate ? "valid" : "wrong_event", said];
  };
  return Promise.all(vectors.map(judged));
}"""


@pytest.fixture
def phone(browser, site):
    """The scanner's page, whose modules are asked."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site}/gate/scanner/")
    page.wait_for_selector("#opening:not([hidden])")
    yield page
    context.close()


def judged(phone, vectors, *, library_alone):
    return phone.evaluate(JUDGE_CODES, {"vectors": vectors, "keys": CODES["keys"], "libraryAlone": library_alone})


@pytest.mark.parametrize("library_alone", [False, True], ids=["by WebCrypto", "by the library"])
def test_ticket_codes_are_judged_as_published(phone, library_alone):
    answers = judged(phone, CODES["vectors"], library_alone=library_alone)
    for vector, (expected, claim) in zip(CODES["vectors"], answers, strict=True):
        assert expected == vector["expected"], vector["name"]
        if vector["claim"]:
            assert claim == {name: vector["claim"][name] for name in claim}, vector["name"]


def test_codes_altered_anywhere_are_no_codes_of_ours(phone):
    genuine, chance = CODES["vectors"][0], random.Random(7)
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    altered = []
    for place in range(len(genuine["text"])):
        other = chance.choice(alphabet.replace(genuine["text"][place], ""))
        altered.append(genuine | {"text": genuine["text"][:place] + other + genuine["text"][place + 1 :]})
    answers = judged(phone, [*altered, genuine], library_alone=False)
    assert {answer[0] for answer in answers[:-1]} <= {"malformed", "unknown_key", "forged"}
    assert answers[-1][0] == "valid"  # the control
