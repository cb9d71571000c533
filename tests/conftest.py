"""The cast and a concert, for every test."""

import pytest


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
