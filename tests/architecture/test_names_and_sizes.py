"""A module is named after its idea and can be read in a sitting."""

import re
from pathlib import PurePosixPath

import pytest

from tests.architecture.house import files, findings, own_python, source

NO_IDEA = re.compile(r"^(utils?|helpers?|services?|common|core|misc|managers?|handlers?|processors?|stuff)$")
LONGEST = 500
PLACES = (
    "accounts",
    "api",
    "bench",
    "events",
    "operations",
    "outbox",
    "payments",
    "registrations",
    "scanning",
    "tests",
    "ticketing",
    "trail",
    "workspace",
)


def names_without_idea(path: str) -> list[str]:
    """Folders and modules of this path that say nothing of what is in them."""
    whole = PurePosixPath(path)
    return [name for name in (*whole.parent.parts, whole.stem) if NO_IDEA.match(name)]


def too_long(path: str, text: str) -> list[str]:
    lines = len(text.splitlines())
    return [f"{lines} lines"] if lines > LONGEST else []


def test_every_module_is_named_after_an_idea():
    paths = files(*PLACES, ending=".py") + files("static/js", ending=".js")
    assert [path for path in paths if names_without_idea(path)] == []


@pytest.mark.parametrize("path", ["events/utils.py", "payments/services/refund.py", "static/js/helpers.js", "core/models.py"])
def test_a_name_without_idea_is_found(path):
    assert names_without_idea(path)


def test_names_with_an_idea_pass():
    assert not names_without_idea("events/inventory.py") and not names_without_idea("static/css/base.css/x.py")


def test_no_file_outgrows_a_sitting():
    assert findings(too_long, own_python(*PLACES)) == []


def test_a_file_too_long_is_found():
    assert too_long("x.py", "pass\n" * 501) == ["501 lines"]
    assert too_long("x.py", "pass\n" * 500) == []


def packages_without_reason(text: str) -> list[str]:
    """Requirement lines with no reason beside them and none in the line above."""
    bare, above = [], ""
    for line in text.splitlines():
        package, _, reason = line.partition("#")
        if package.strip() and not package.startswith("-r") and not reason.strip() and not above.startswith("#"):
            bare.append(package.strip())
        above = line.strip()
    return bare


@pytest.mark.parametrize("path", ["requirements.in", "requirements-dev.in"])
def test_every_package_has_a_reason(path):
    assert packages_without_reason(source(path)) == []


def test_a_package_without_reason_is_found():
    assert packages_without_reason("django # the framework\n# reads a PDF\npypdf\nleft-pad\nmore  #\n-r x.in\n") == ["left-pad", "more"]
