"""Foreign keys between rooms point down and have no way back up."""

from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from accounts.models import User
from tests.architecture.house import FLOOR


def references(model: type[models.Model]) -> list[models.Field]:
    fields = [*model._meta.local_fields, *model._meta.local_many_to_many]
    return [field for field in fields if field.remote_field is not None and not getattr(field.remote_field, "parent_link", False)]


def wrong_references(model: type[models.Model]) -> list[str]:
    """References to a room that is not below, or that give the lower room a name for the higher."""
    wrong = []
    for field in references(model):
        here, there = model._meta.app_label, field.related_model._meta.app_label
        if there not in FLOOR or here == there:
            continue
        if FLOOR[there] >= FLOOR[here]:
            wrong.append(f"{model._meta.label}.{field.name} points up, at {there}")
        if not field.remote_field.hidden:  # Django writes the "+" of a many-to-many out in full
            wrong.append(f'{model._meta.label}.{field.name} needs related_name="+"')
    return wrong


def test_references_between_rooms_point_down_and_have_no_way_back():
    own = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in FLOOR and not model._meta.auto_created]
    assert {model._meta.app_label for model in own} >= {"accounts", "events", "registrations", "payments", "scanning", "outbox"}
    assert [finding for model in own for finding in wrong_references(model)] == []


@isolate_apps("events", "registrations", "payments", "accounts")
def test_wrong_references_are_found():
    class Sold(models.Model):
        class Meta:
            app_label = "registrations"

    class Capacity(models.Model):
        sold = models.ForeignKey(Sold, models.CASCADE, related_name="+")

        class Meta:
            app_label = "events"

    class Money(models.Model):
        sold = models.ForeignKey(Sold, models.CASCADE, related_name="money")
        several = models.ManyToManyField(Sold)
        right = models.ForeignKey(Sold, models.CASCADE, related_name="+")
        user = models.ForeignKey(User, models.CASCADE, related_name="+")

        class Meta:
            app_label = "payments"

    assert wrong_references(Capacity) == ["events.Capacity.sold points up, at registrations"]
    assert wrong_references(Money) == [
        'payments.Money.sold needs related_name="+"',
        'payments.Money.several needs related_name="+"',
    ]
