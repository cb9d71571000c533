"""All checks at once, each on a thread of its own, none waited for longer than the time there is."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError, connections

from operations.doctor.parts import PARTS, Doubtful, Part, Sick

SECONDS = 10.0
DATABASE = "database"


class State(StrEnum):
    WELL = "well"
    DOUBTFUL = "doubtful"
    SICK = "sick"


@dataclass(frozen=True, kw_only=True)
class Examined:
    """`said`: what was found; `mend`: what to do about it, empty when well."""

    name: str
    state: State
    said: str
    mend: str
    seconds: float


def examine(*, parts: Sequence[Part] = PARTS, seconds: float = SECONDS) -> list[Examined]:
    """Every part's state, in the order of `parts`. One that does not come back in time is sick."""
    started = time.monotonic()
    found: dict[str, Examined] = {}
    threads = [threading.Thread(target=_examine, args=(part, found), daemon=True, name=f"doctor {part.name}") for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, started + seconds - time.monotonic()))
    late = {
        part.name: Examined(name=part.name, state=State.SICK, said=f"no answer within {seconds:.0f} s", mend=part.mend, seconds=seconds)
        for part in parts
    }
    return [dict(found).get(part.name, late[part.name]) for part in parts]


def _examine(part: Part, found: dict[str, Examined]) -> None:
    started = time.monotonic()
    state, said, mend = _found_by(part)
    found[part.name] = Examined(name=part.name, state=state, said=said, mend=mend, seconds=time.monotonic() - started)
    connections.close_all()  # this thread's own


def _found_by(part: Part) -> tuple[State, str, str]:
    try:
        return State.WELL, part.check(), ""
    except Doubtful as doubt:
        return State.DOUBTFUL, str(doubt), doubt.mend or part.mend
    except Sick as error:
        return State.SICK, str(error), error.mend or part.mend
    except Exception as error:  # outside parts fail in every way; the first line says which
        lines = str(error).strip().splitlines()
        of_another = isinstance(error, DatabaseError) and part.name != DATABASE
        mend = "Mend the database first." if of_another else part.mend
        return State.SICK, f"{type(error).__name__}: {lines[0] if lines else 'no word'}"[:300], mend
