"""Rules, the copy and rotating codes on the phone agree with the published vectors, in a real browser."""

import json

import pytest

from tests.architecture.house import ROOT
from tests.journeys.test_gate_vectors import phone  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
RULES = json.loads((ROOT / "docs" / "gate-rule-vectors.json").read_text())["vectors"]
COPY = json.loads((ROOT / "docs" / "gate-copy-vectors.json").read_text())
FOLLOW_RULES = """async (vectors) => {
  const { judge, periodOf } = await import("/static/js/gate/rules.js");
  return vectors.map(({ zone, rule, types, steps }) => {
    const states = new Map();
    return steps.map(({ at, direction, type }) => {
      const moment = Date.parse(at), period = periodOf(rule, moment, zone);
      const { verdict, state } = judge({ rule, types, type, direction, moment, state: states.get(period) ?? { entries: 0, inside: false } });
      states.set(period, state);
      return { verdict, period, entries: state.entries, inside: state.inside };
    });
  });
}"""
OPEN_COPY = """async ({ parts, public_key, key_id, event, tickets, altered, states, damage }) => {
  const { Part, partsOf, bytesFromBase64 } = await import("/static/js/gate/part.js");
  const { Copy } = await import("/static/js/gate/copy.js");
  const { decode } = await import("/static/js/gate/ticket-code.js");
  const { unsealer } = await import("/static/js/gate/seal.js");
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const keys = { [key_id]: bytesFromBase64(public_key) }, means = {}, kept = [];
  const store = { parts: async () => [], change: async (names, act) => act({ parts: { clear: () => (kept.length = 0), put: (row) => kept.push(row) } }) };
  const whole = parts.map(bytesFromBase64);
  const answer = new Uint8Array(whole.reduce((sum, part) => sum + part.length, 0));
  whole.reduce((at, part) => (answer.set(part, at), at + part.length), 0);
  if (damage) answer[answer.length - 70] ^= 1;
  const copy = await Copy.load(store);
  let trouble = null;
  await copy.take(answer, { store, eventId: event, keys, means }).catch((error) => { trouble = error.constructor.name; });
  const found = [];
  for (const { code } of tickets) {
    const opened = await unsealer(decode(code));
    const record = await copy.record(opened);
    found.push({ id: hex(opened.id), record: record && { ...record, secret: record.secret && hex(record.secret) } });
  }
  const held = states.flatMap((rows, number) => rows.map((row) => {
    const part = partsOf(answer)[number];
    const id = Uint8Array.from(row.record_id.match(/../g), (pair) => parseInt(pair, 16));
    return part.state(id, part.header.lists[row.list_index], row.period);
  }));
  const holds = async (part) => new Part(bytesFromBase64(part)).authentic(keys, means);
  const authentic = await Promise.all(altered.map((part) => holds(part).catch(({ constructor }) => constructor.name)));
  return { found, held, authentic, number: copy.number, kept: kept.length, trouble };
}"""
SUFFIXES = """async (vectors) => {
  const { suffixOf } = await import("/static/js/gate/rotating.js");
  const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  return Promise.all(vectors.map(({ secret, step }) => suffixOf(bytes(secret), step)));
}"""


def test_rules_are_judged_as_published(phone):  # noqa: F811
    for vector, answers in zip(RULES, phone.evaluate(FOLLOW_RULES, RULES), strict=True):
        for number, (step, answer) in enumerate(zip(vector["steps"], answers, strict=True)):
            assert answer == {name: step[name] for name in answer}, (vector["name"], number)


def test_a_copy_opens_with_the_tickets_own_codes(phone):  # noqa: F811
    answer = phone.evaluate(OPEN_COPY, COPY | {"damage": False})
    assert answer["number"] == 8 and answer["kept"] == 2 and answer["trouble"] is None
    standings = ("fine", "revoked", "cancelled", "unpaid")
    for ticket, found in zip(COPY["tickets"], answer["found"], strict=True):
        assert found["id"] == ticket["record_id"]
        record = found["record"] and {
            "standing": standings[found["record"]["standing"]],
            "type": found["record"]["type"],
            "order": found["record"]["order"],
            "name": found["record"]["attendee"],
            "rotating_secret": found["record"]["secret"],
        }
        assert record == ticket["record"], ticket["serial"]


def test_states_are_found_by_ticket_list_and_period(phone):  # noqa: F811
    rows = [row for part in COPY["states"] for row in part]
    for row, state in zip(rows, phone.evaluate(OPEN_COPY, COPY | {"damage": False})["held"], strict=True):
        assert (state["entries"], state["inside"], state["period"]) == (row["entries"], row["inside"], row["period"])
        assert (state["gate"] is None) == (row["gate_index"] == 65535)


def test_an_altered_part_is_thrown_away_whole(phone):  # noqa: F811
    answer = phone.evaluate(OPEN_COPY, COPY | {"damage": True})
    assert set(answer["authentic"]) <= {False, "BadPart"} and len(answer["authentic"]) == len(COPY["altered"])
    assert answer["trouble"] == "BadPart"
    assert answer["number"] == 7, "the part before it was good"


def test_rotating_codes_change_as_published(phone):  # noqa: F811
    assert phone.evaluate(SUFFIXES, COPY["rotating"]) == [vector["suffix"] for vector in COPY["rotating"]]
