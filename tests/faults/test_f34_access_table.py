"""F34: who may enter where. docs/access.md declares every address and every API operation × every role, and this
measures each of them. One test, since making its world takes longer than a thousand requests.

A new address fails it until its line is there: WRITE_ACCESS_TABLE=1 writes the file; look at what it says."""

import os
import re
from pathlib import Path

import pytest

from accounts import access
from tests.faults import access_table
from tests.faults.access_table import PEOPLE, PROGRAMS, World, measured_operations, measured_pages, operations, table

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "access.md"
# The measured world has none of these, so nobody enters: asked for one that is not there, which is 404 for all.
WITHOUT_A_ROW = re.compile(
    r"(prices|discounts|categories|questions)/<int:pk>|answers/<str:token>|exports/(new|schedules)/$|jobs/<int:pk>/file|gates/<int:gate>/list"
)
HEAD = """# Who may enter where

Every address of the product and every operation of the API, by who asks. It is measured, not written: `tests/faults/test_f34_access_table.py` asks each address as each role and compares. What is not ticked answers as what is not there (404), asks to sign in, or, for an API token without the scope, 403.

A link with a secret (orders, checkouts, invitations) is ticked for everybody who has the link. Staff are asked without being members of an organiser and without rights of their own on Django's desk.

To write it anew after a new address: `WRITE_ACCESS_TABLE=1 .venv/bin/python -m pytest tests/faults/test_f34_access_table.py`, then read the difference.
"""


@pytest.fixture
def no_limits(settings):
    settings.API_CALLS_PER_TOKEN = settings.API_CALLS_PER_ADDRESS = 10**9


@pytest.mark.django_db
def test_everybody_enters_where_the_document_says_and_nowhere_else(client, no_limits, monkeypatch):
    client.raise_request_exception = False
    world = World()
    pages, calls = measured_pages(world, client), measured_operations(world, client)
    written = f"{HEAD}\n## Pages\n\n{table(pages, PEOPLE, 'Address')}\n## API\n\n{table(calls, PROGRAMS, 'Operation')}"
    if os.environ.get("WRITE_ACCESS_TABLE"):
        DOCUMENT.write_text(written)
    declared, found = access_table.read(DOCUMENT.read_text()), access_table.read(written)
    assert found.keys() - declared.keys() == set(), "not declared in docs/access.md: WRITE_ACCESS_TABLE=1 adds them"
    assert declared.keys() - found.keys() == set(), "declared in docs/access.md and not there any more"
    assert {name: marks for name, marks in found.items() if marks != declared[name]} == {}
    assert access_table.BROKEN == []
    _nobody_enters_anothers(pages)
    _only_the_scope_decides(calls)
    # The control: with the guard switched off, what is measured is not what is declared.
    monkeypatch.setattr(access, "MAY", {to: frozenset(access.Role.values) for to in access.MAY})
    monkeypatch.setattr(access_table, "PEOPLE", ("viewer", "gate"))
    monkeypatch.setattr(access_table, "addresses", lambda: ["manage/<slug:slug>/team/", "manage/<slug:slug>/tokens/"])
    unguarded = measured_pages(world, client)
    assert all(unguarded[address]["gate"] and not pages[address]["gate"] for address in unguarded)


def _nobody_enters_anothers(pages):
    """Whatever the document says: an organiser's pages are for its team."""
    inside = [name for name in pages if name.startswith(("manage/", "gate/<slug")) and "<" in name]
    assert len(inside) > 80
    assert [name for name in inside if pages[name]["nobody"] or pages[name]["other owner"] or pages[name]["staff"]] == []
    shut = [name for name in inside if not pages[name]["owner"] and not WITHOUT_A_ROW.search(name)]
    assert shut == [], "the owner enters everywhere, or the world lacks a row"


def _only_the_scope_decides(calls):
    for method, path, scope, public in operations():
        row = calls[f"{method} {path}"]
        assert row["no token"] == row["a session"] == public, path
        assert row["other organiser"] == (public or path == "/api/v1/token" or path == "/api/v1/manage/events"), path
        assert {each for each in PROGRAMS[3:] if row[each]} == ({scope} if scope else set(PROGRAMS[3:])), path
