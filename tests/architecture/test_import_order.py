"""A lower room never imports a higher one: held by import-linter, and the linter by a planted import."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import FLOOR, ROOMS, ROOT, findings, imported_modules, own_python

# Composition is above all; what knows no app is below all.
OPEN_TO_ALL = ("ticketing.lib",)
STARTED_BY = {"operations/drills.py": ("ticketing.embedded.servers",)}  # a drill restores into a server of its own


def lint_imports(where: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=where, capture_output=True, text=True, env={"PYTHONPATH": str(where), "PATH": "/usr/bin:/bin"})


@pytest.fixture
def empty_house(tmp_path):
    """The rooms without anything in them, under the same contract."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in (*ROOMS, "ticketing/lib"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").touch()
    return tmp_path


def test_the_contract_is_kept():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("events/offer.py", "from registrations.models import Order"),
        ("registrations/checkout.py", "def late():\n    import payments.settlement"),
        ("payments/settlement.py", "import scanning"),
        ("scanning/redemption.py", "import payments"),
        ("accounts/access.py", "from operations import audit"),
        ("ticketing/lib/clock.py", "import outbox"),
        ("outbox/post.py", "import accounts"),
    ],
)
def test_the_contract_finds_a_planted_import(empty_house, module, statement):
    for name in ("registrations/models", "payments/settlement", "operations/audit"):
        (empty_house / f"{name}.py").touch()
    assert lint_imports(empty_house).returncode == 0
    (empty_house / module).write_text(statement)
    done = lint_imports(empty_house)
    assert done.returncode == 1, done.stdout + done.stderr


def composition_imported(path: str, text: str) -> list[str]:
    """Imports of settings, addresses or schedule by an app: composition knows the apps, not they it."""
    if path.split("/")[0] not in FLOOR and not path.startswith("ticketing/lib/"):
        return []
    allowed = OPEN_TO_ALL + STARTED_BY.get(path, ())
    return [name for name in imported_modules(text) if name.startswith("ticketing.") and not name.startswith(allowed)]


def test_no_room_imports_composition():
    assert findings(composition_imported, own_python()) == []


def test_an_import_of_composition_is_found():
    assert composition_imported("events/offer.py", "from ticketing.celery import app") == ["ticketing.celery.app"]
    assert composition_imported("events/offer.py", "from ticketing import celery") == ["ticketing.celery"]
    assert composition_imported("events/offer.py", "from ticketing.lib import clock\nimport celery") == []
