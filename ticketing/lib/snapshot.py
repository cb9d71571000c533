"""Several statements that see one moment, and which transactions that moment does not see."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

# The oldest transaction that still runs, and the number that the next one gets. For sums that are kept: everything that
# ran when an end was seen, and so may yet commit a row before it, has ended when no running one is older than this.
HORIZON = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


@contextmanager
def one_snapshot() -> Iterator[None]:
    """All statements inside see the same moment. Within a transaction that is open already: as it sees."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
