"""Waiting for somebody else's server: never inside a transaction, and with no database connection held.

A transaction that waits keeps its locks, and a connection that waits is one that nobody else can use: a provider that
takes seconds would take the whole sale along."""

from typing import Any

from django.db import connection


class InsideTransaction(RuntimeError):
    """A call over the network was about to be made while a transaction is open: a mistake in the caller."""


def without_database() -> None:
    """Say that this thread waits now. Its connection goes back to the pool, where there is one; a kept connection of
    its own stays, since nobody else could use it. InsideTransaction."""
    blocks: list[Any] = connection.atomic_blocks
    if any(not block._from_testcase for block in blocks):  # a test's own frame is not ours
        raise InsideTransaction("A call over the network inside a transaction.")
    if connection.connection is not None and "pool" in connection.settings_dict["OPTIONS"]:
        connection.close()
