"""A row's own language. Apart from languages.py, which the settings need before there are models."""

from __future__ import annotations

from django.db import models

from ticketing.lib import languages


def language_field(help_text: str) -> models.CharField[str, str]:
    """One of the five, or "" where the row has none of its own."""
    return models.CharField(max_length=2, choices=languages.CHOICES, blank=True, default="", db_default="", help_text=help_text)
