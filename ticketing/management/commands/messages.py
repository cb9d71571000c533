"""Bring the catalogues up to date with the words in templates and code, and compile them."""

from typing import Any

from django.core.management.base import BaseCommand

from ticketing import catalogues


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for code in catalogues.TRANSLATED:
            catalogue = catalogues.brought_up_to_date(code)
            path = catalogues.path_of(code)
            path.write_text(catalogues.written(catalogue))
            path.with_suffix(".mo").write_bytes(catalogues.compiled(catalogues.read(code)))
            missing = sum(1 for message in catalogue if message.id and not _is_translated(message.string))
            self.stdout.write(f"{code}: {len(catalogue)} messages, {missing or 'none'} without a translation")


def _is_translated(said: Any) -> bool:
    return all(said) if isinstance(said, tuple | list) else bool(said)
