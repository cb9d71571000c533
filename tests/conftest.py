"""The cast and a concert, for every test; and what makes hundreds of tests quick."""

import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from whitenoise.base import WhiteNoise

# Only tables with rows in them; Django would empty all, and write content types and permissions anew each time.
EMPTY = """
DO $$
DECLARE each text; filled text[] := '{}'; found boolean;
BEGIN
  FOR each IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'
    AND tablename NOT IN ('django_migrations', 'django_content_type', 'auth_permission')
  LOOP
    EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || each || ')' INTO found;
    IF found THEN filled := filled || each; END IF;
  END LOOP;
  IF filled <> '{}' THEN EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE'; END IF;
END $$
"""


def empty_tables(case: TransactionTestCase) -> None:
    for alias in case._databases_names(include_mirrors=False):
        with connections[alias].cursor() as cursor:
            cursor.execute(EMPTY)


_look_through = WhiteNoise.update_files_dictionary
_found: dict[tuple[str, str], dict[str, object]] = {}


def look_through_once(self: WhiteNoise, root: str, prefix: str) -> None:
    """Each test client sets the middleware up anew; looking through the static files each time took most of a test."""
    if (root, prefix) not in _found:
        there = set(self.files)
        _look_through(self, root, prefix)
        _found[root, prefix] = {url: file for url, file in self.files.items() if url not in there}
    self.files.update(_found[root, prefix])


def pytest_configure() -> None:
    # Slow hashing is what keeps real passwords safe, and most of the time that a cast takes to make.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    TransactionTestCase._fixture_teardown = empty_tables
    WhiteNoise.update_files_dictionary = look_through_once


@pytest.fixture
def alice(db: None) -> object:
    from tests import cast

    return cast.person("Alice")


@pytest.fixture
def bob(db: None) -> object:
    from tests import cast

    return cast.person("Bob")


@pytest.fixture
def charlie(db: None) -> object:
    from tests import cast

    return cast.person("Charlie")


@pytest.fixture
def hall(alice: object, bob: object) -> object:
    """Alice's organiser, where Bob works the gate."""
    from tests import cast

    return cast.organiser(owner=alice, gate=bob)


@pytest.fixture
def concert(hall: object) -> object:
    from tests import cast

    return cast.event(organiser=hall)
