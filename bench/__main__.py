"""`make bench`: CPU per unit of work over all processes, and rates, against targets and a baseline.

`python -m bench NAME …` runs some parts only; `--keep` writes the result as the new baseline.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import meter
from bench.stage import PORT, Stage, port_is_free

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / "bench" / "baseline.json"
RESULT = ROOT / "var" / "bench.json"
Figures = dict[str, tuple[float, str, str]]


PARTS = {
    "claims": "claims.measure",
    "standby": "claims.measure_standby",
    "memory": "memory.measure",
    "pages": "pages.measure",
    "checkout": "sales.measure",
    "paid": "money.measure_paid",
    "notices": "money.measure_notices",
    "scans": "sales.measure_scans",
    "gate": "gate.measure",
    "pdf": "pdf.measure",
    "sold-out": "sales.measure_rush",
    "scale": "scale.measure",
    "meters": "meters.measure",
    "workspace": "workspace.measure",
    "api": "programs.measure",
    "series": "series.measure",
    "alarms": "alarms.measure",
}
ONLY_WHEN_ASKED = {"alarms"}  # minutes of waiting, nearly no work


def part(name: str) -> Callable[[Stage], Figures]:
    """Imported when its turn comes: some need the database to be there."""
    module, function = PARTS[name].split(".")
    measure: Callable[[Stage], Figures] = getattr(importlib.import_module(f"bench.{module}"), function)
    return measure


def is_met(value: float, target: str) -> bool:
    relation, _, limit = target.partition(" ")
    return {"<=": value <= float(limit), ">=": value >= float(limit), "==": value == float(limit)}[relation]


def show(figures: Figures, baseline: dict[str, dict[str, object]]) -> None:
    for name, (value, unit, target) in figures.items():
        mark = "  " if not target else "✓ " if is_met(value, target) else "✗ "
        before = baseline.get(name, {}).get("value")
        moved = f"{(value / before - 1) * 100:+.0f} %" if isinstance(before, int | float) and before else ""
        print(f"{mark}{name:<58} {value:>12,.2f} {unit:<12} {target:<10} {moved}", flush=True)


def main() -> None:
    keep = "--keep" in sys.argv
    wanted = [word for word in sys.argv[1:] if not word.startswith("--")]
    if not port_is_free():
        sys.exit(f"Port {PORT} is taken; the benchmark needs it.")
    os.environ.setdefault("PYTHONPATH", str(ROOT))
    stage = Stage()
    baseline = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    figures: Figures = {}
    try:
        stage.open()
        for name in wanted or [each for each in PARTS if each not in ONLY_WHEN_ASKED]:
            started = time.monotonic()
            found = part(name)(stage)
            found[f"reference loop after {name}"] = (meter.reference(), "ms CPU", "")
            print(f"\n{name} ({time.monotonic() - started:.0f} s)")
            show(found, baseline)
            figures |= found
    finally:
        stage.close()
    result = {
        name: {"value": round(value, 4), "unit": unit, "target": target, "met": is_met(value, target) if target else None}
        for name, (value, unit, target) in figures.items()
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    if keep:
        BASELINE.write_text(json.dumps(baseline | result, indent=1, ensure_ascii=False) + "\n")
    missed = [name for name, row in result.items() if row["met"] is False]
    print(
        f"\n{sum(row['met'] is True for row in result.values())} targets met, {len(missed)} missed"
        + (": " + "; ".join(missed) if missed else "")
    )


if __name__ == "__main__":
    main()
