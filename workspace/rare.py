"""What few rows have is looked up first, and a list begins there; what many have is soon met on the way from the newest
row to the oldest. The planner can't know which of the two it is, and goes through a hundred thousand rows for a page."""

from typing import Any

from django.db.models import QuerySet

FEW = 2000  # rows that are looked up one by one sooner than a hundred thousand are gone through


def if_few(rows: QuerySet[Any], name: str) -> list[int] | None:
    """These rows' values of a column, when they are few; None when they are many. One query."""
    found = list(rows.order_by().values_list(name, flat=True)[: FEW + 1])
    return found if len(found) <= FEW else None
