"""Makes docs/gate-rule-vectors.json: `python -m tests.scanning.rule_vectors` writes it anew.

Verdicts are written here by hand; what the state is afterwards comes from scanning/rules.py.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

FILE = Path(__file__).resolve().parent.parent.parent / "docs" / "gate-rule-vectors.json"
README = [
    "Test vectors for check-in lists' rules: scanning/rules.py and the scanner's script follow them alike (gate-protocol.md, section 4).",
    "Each vector begins with nothing done in any period. at: UTC. type: the ticket type's id. types: what the list accepts, null for all.",
    "verdict: what is shown; period, entries, inside: of the step's own period, after it.",
]
BERLIN = "Europe/Berlin"
EVENT = {"per": "event", "entries": 1, "exits": False}
DAY = {"per": "day", "entries": 1, "exits": False}
IN_AND_OUT = {"per": "event", "entries": None, "exits": True}
EVENING = {"from": "2027-06-12T16:00:00Z", "until": "2027-06-12T22:00:00Z"}
YES, AGAIN, LIST, TIME, OUT, NOT_IN = "admitted", "already_admitted", "wrong_list", "wrong_time", "exited", "not_inside"


def vector(name, rule, steps, *, zone=BERLIN, types=None):
    """`steps`: (time, verdict) or (time, verdict, direction) or (…, type)."""
    whole = [(*step, *("in", 31)[len(step) - 2 :]) for step in steps]
    return {
        "name": name,
        "zone": zone,
        "rule": rule,
        "types": types,
        "steps": [
            {"at": f"{at}Z" if len(at) > 16 else f"{at}:00Z", "direction": way, "type": kind, "verdict": verdict}
            for at, verdict, way, kind in whole
        ],
    }


VECTORS = [
    vector("once", EVENT, [("2027-06-12T18:00", YES), ("2027-06-12T18:00:01", AGAIN), ("2027-06-13T18:00", AGAIN)]),
    vector("an empty rule is once", {}, [("2027-06-12T18:00", YES), ("2027-06-13T18:00", AGAIN)]),
    vector("three entries", EVENT | {"entries": 3}, [("2027-06-12T18:00", YES), ("2027-06-12T18:01", YES), ("2027-06-13T09:00", YES), ("2027-06-13T10:00", AGAIN)]),
    vector("no limit", EVENT | {"entries": None}, [("2027-06-12T18:00", YES)] * 4),
    vector("once a day, at the venue's midnight", DAY, [("2027-06-12T21:59:59", YES), ("2027-06-12T22:00", YES), ("2027-06-13T21:59:59", AGAIN), ("2027-06-13T22:00", YES)]),
    vector("twice a day", DAY | {"entries": 2}, [("2027-06-12T10:00", YES), ("2027-06-12T11:00", YES), ("2027-06-12T12:00", AGAIN), ("2027-06-13T10:00", YES)]),
    vector("an earlier day that arrives late is its own", DAY, [("2027-06-13T10:00", YES), ("2027-06-12T10:00", YES), ("2027-06-12T11:00", AGAIN), ("2027-06-13T11:00", AGAIN)]),
    vector("a day that starts at six", DAY | {"day_starts": "06:00"}, [("2027-06-12T20:00", YES), ("2027-06-13T03:59:59", AGAIN), ("2027-06-13T04:00", YES)]),
    vector("spring: the day has 23 hours", DAY, [("2027-03-27T23:00", YES), ("2027-03-28T21:59:59", AGAIN), ("2027-03-28T22:00", YES)]),
    vector("spring: a day that starts at a time which does not exist", DAY | {"day_starts": "02:30"}, [("2027-03-28T00:59:59", YES), ("2027-03-28T01:00", YES), ("2027-03-29T00:29:59", AGAIN), ("2027-03-29T00:30", YES)]),
    vector("autumn: the day has 25 hours", DAY, [("2027-10-30T22:00", YES), ("2027-10-31T22:59:59", AGAIN), ("2027-10-31T23:00", YES)]),
    vector("autumn: half past two comes twice and is one day", DAY | {"day_starts": "03:00"}, [("2027-10-31T00:30", YES), ("2027-10-31T01:30", AGAIN), ("2027-10-31T01:59:59", AGAIN), ("2027-10-31T02:00", YES)]),
    vector("autumn: a day that starts in the hour that comes twice", DAY | {"day_starts": "02:30"}, [("2027-10-31T00:29:59", YES), ("2027-10-31T00:30", YES), ("2027-10-31T01:00", AGAIN), ("2027-10-31T01:30", AGAIN)]),
    vector("New York, west of UTC", DAY, [("2027-07-05T03:59:59", YES), ("2027-07-05T04:00", YES)], zone="America/New_York"),
    vector("New York, the night the clocks go back", DAY, [("2027-11-07T04:00", YES), ("2027-11-08T04:59:59", AGAIN), ("2027-11-08T05:00", YES)], zone="America/New_York"),
    vector("Kolkata, half an hour", DAY, [("2027-06-12T18:29:59", YES), ("2027-06-12T18:30", YES)], zone="Asia/Kolkata"),
    vector("Lord Howe, clocks move half an hour", DAY, [("2027-04-03T13:00", YES), ("2027-04-04T13:29:59", AGAIN), ("2027-04-04T13:30", YES)], zone="Australia/Lord_Howe"),
    vector("Kiritimati, fourteen hours ahead", DAY, [("2027-06-12T09:59:59", YES), ("2027-06-12T10:00", YES)], zone="Pacific/Kiritimati"),
    vector("in and out", IN_AND_OUT, [("2027-06-12T18:00", YES), ("2027-06-12T18:05", AGAIN), ("2027-06-12T19:00", OUT, "out"), ("2027-06-12T19:01", NOT_IN, "out"), ("2027-06-12T19:30", YES), ("2027-06-12T19:31", AGAIN)]),
    vector("out before anybody came in", IN_AND_OUT, [("2027-06-12T18:00", NOT_IN, "out"), ("2027-06-12T18:01", YES)]),
    vector("one re-entry", IN_AND_OUT | {"entries": 2}, [("2027-06-12T18:00", YES), ("2027-06-12T19:00", OUT, "out"), ("2027-06-12T19:30", YES), ("2027-06-12T20:00", OUT, "out"), ("2027-06-12T20:30", AGAIN)]),
    vector("counted out, no re-entry", EVENT | {"exits": True}, [("2027-06-12T18:00", YES), ("2027-06-12T19:00", OUT, "out"), ("2027-06-12T19:30", AGAIN)]),
    vector("in and out within each day", DAY | {"entries": None, "exits": True}, [("2027-06-12T18:00", YES), ("2027-06-12T18:05", AGAIN), ("2027-06-13T18:00", YES), ("2027-06-13T19:00", OUT, "out")]),
    vector("an exit where nobody is scanned out", EVENT, [("2027-06-12T18:00", YES), ("2027-06-12T19:00", NOT_IN, "out"), ("2027-06-12T19:01", AGAIN)]),
    vector("a window holds from its first moment to before its last", EVENT | {"entries": None, "windows": [EVENING]}, [("2027-06-12T15:59:59", TIME), ("2027-06-12T16:00", YES), ("2027-06-12T21:59:59", YES), ("2027-06-12T22:00", TIME)]),
    vector("a window that never closes", EVENT | {"windows": [{"from": "2027-06-12T16:00:00Z", "until": None}]}, [("2027-06-12T15:59", TIME), ("2028-01-01T00:00", YES)]),
    vector("a window without beginning", EVENT | {"windows": [{"until": "2027-06-12T16:00:00Z"}]}, [("2027-06-12T15:59", YES), ("2027-06-12T16:00", TIME)]),
    vector("one of two windows", EVENT | {"entries": None, "windows": [EVENING, {"from": "2027-06-13T16:00:00Z", "until": "2027-06-13T22:00:00Z"}]}, [("2027-06-12T17:00", YES), ("2027-06-13T12:00", TIME), ("2027-06-13T17:00", YES)]),
    vector("some types come earlier", EVENT | {"windows": [EVENING | {"from": "2027-06-12T15:00:00Z", "types": [32]}, EVENING]}, [("2027-06-12T15:30", TIME), ("2027-06-12T15:30", YES, "in", 32), ("2027-06-12T16:30", AGAIN)]),
    vector("a list for some types", EVENT, [("2027-06-12T18:00", LIST, "in", 33), ("2027-06-12T18:00", LIST, "out", 33), ("2027-06-12T18:00", YES)], types=[31, 32]),
    vector("the wrong list is said before the wrong time", EVENT | {"windows": [EVENING]}, [("2027-06-12T12:00", LIST, "in", 33)], types=[31]),
    vector("one may leave at any time", IN_AND_OUT | {"windows": [EVENING]}, [("2027-06-12T21:00", YES), ("2027-06-12T23:00", OUT, "out"), ("2027-06-12T23:01", TIME)]),
    vector("nobody enters too late who may not enter again", EVENT | {"windows": [EVENING]}, [("2027-06-12T17:00", YES), ("2027-06-12T23:00", TIME)]),
]  # fmt: skip


def followed(vector):
    """The vector's steps as the product judges them."""
    from scanning import rules

    rule, zone, states, found = rules.parse(vector["rule"]), ZoneInfo(vector["zone"]), {}, []
    for step in vector["steps"]:
        at = datetime.fromisoformat(step["at"]).astimezone(UTC)
        period = rule.period(at=at, zone=zone)
        judged = rules.judge(
            rule=rule,
            types=vector["types"],
            type_id=step["type"],
            state=states.get(period, rules.NOTHING_YET),
            direction=step["direction"],
            at=at,
        )
        states[period] = judged.state
        found.append(step | {"verdict": str(judged.verdict), "period": period} | vars(judged.state))
    return vector | {"steps": found}


def as_text() -> str:
    lines = ",\n".join(json.dumps(followed(each)) for each in VECTORS)
    return f'{{"readme": {json.dumps(README, indent=1)},\n"vectors": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketing.settings")
    django.setup()
    FILE.write_text(as_text())
