"""Check-in lists: which tickets, how often, when. Changed by a manager, also while gates are open."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max

from events.models import Event, TicketType
from scanning import rules
from scanning.devices import forget_gates
from scanning.models import CheckInList, Entry, Gate
from scanning.redemption import rule_of
from scanning.rules import BadRule, Rule


def save_list(*, event: Event, check_in_list: CheckInList | None, name: str, rule: Rule, types: Sequence[TicketType]) -> CheckInList:
    """A new list, or another rule for one. BadRule when what was already admitted would contradict it."""
    with transaction.atomic():
        row = check_in_list or CheckInList(event=event)
        if check_in_list is not None:
            _agrees_with_the_past(CheckInList.objects.select_for_update().get(pk=check_in_list.pk), rule)
        row.name, row.rule = name, rules.written(rule)
        row.save()
        row.ticket_types.set(types)
    forget_gates()
    return row


def _agrees_with_the_past(row: CheckInList, rule: Rule) -> None:
    before = rule_of(row)
    entered = Entry.objects.filter(check_in_list=row)
    if (before.per_day, before.day_starts) != (rule.per_day, rule.day_starts) and entered.exists():
        raise BadRule("Somebody came in already, so what is counted can't change. Make another list and give its gates to it.")
    most = entered.aggregate(most=Max("entries"))["most"] or 0
    if rule.entries is not None and most > rule.entries:
        raise BadRule(f"A ticket came in {most} times already: allow at least {most} entries.")


def give_gate(*, gate: Gate, check_in_list: CheckInList) -> None:
    """From now on the gate goes by that list."""
    Gate.objects.filter(pk=gate.pk, event=check_in_list.event_id).update(check_in_list=check_in_list)
    forget_gates()
