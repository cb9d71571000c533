"""Every stored field that may be about a person is declared, in its room's personal.py: whose, why, until when."""

import pytest
from django.apps import apps
from django.db import models
from django.test.utils import isolate_apps

from ticketing.lib import personal
from ticketing.lib.personal import Kept, Until

MEND = """
A new text, data or file field was not declared in its room's personal.py (ticketing/lib/personal.py says how):
  about nobody: name it in rest="…" of its model;
  about a person: field=Kept(whose="buyer", why="…"), with the model's order= and event=, so that it is erased."""


def test_every_field_is_declared():
    known = personal.declared()
    missing = [name for model in apps.get_models(include_auto_created=True) for name in personal.undeclared(model=model, known=known)]
    assert missing == [], MEND


def test_every_declaration_is_of_a_model():
    labels = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert set(personal.declared()) - labels == set()


@isolate_apps("registrations")
def test_a_planted_field_and_a_name_of_nothing_are_found():
    class Guest(models.Model):
        diet = models.CharField(max_length=20)
        passport = models.FileField()
        seats = models.IntegerField()

        class Meta:
            app_label = "registrations"

    known = {"registrations.Guest": personal.Declaration(label="registrations.Guest", order=None, event=None, rest=frozenset({"gone"}))}
    assert personal.undeclared(model=Guest, known=known) == [f"registrations.Guest.{name}" for name in ("diet", "gone", "passport")]
    assert personal.undeclared(model=Guest, known={}) == ["registrations.Guest.diet", "registrations.Guest.passport"]


def without_a_way(each: personal.Declaration) -> list[str]:
    """Fields that are to be erased with the event and can't be reached from it; days that have no beginning."""
    found = [name for name, kept in each.kept.items() if kept.until == Until.EVENT and each.event is None]
    moments = {field.name for field in each.model._meta.get_fields()}
    return found + [name for name, kept in each.kept.items() if kept.days and kept.since not in moments]


@pytest.mark.parametrize("label", sorted(personal.declared()))
def test_what_is_to_be_erased_can_be_reached(label):
    assert without_a_way(personal.declared()[label]) == []


def test_a_field_without_a_way_is_found():
    kept = {"email": Kept(whose="buyer", why=""), "to": Kept(whose="buyer", why="", until=Until.DAYS, days=3, since="never")}
    assert without_a_way(personal.Declaration(label="outbox.Mail", order=None, event=None, rest=frozenset(), kept=kept)) == ["email", "to"]
