"""No public page has a word that is in no catalogue: in a language whose every word is marked, nothing is outside the marks."""

import pytest

from tests.words import tour
from tests.words.marked import marked_language, unmarked

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything(hall, alice, settings, tmp_path):
    settings.PAGE_CACHE_ENABLED, settings.MEDIA_ROOT = False, tmp_path
    return tour.world(hall, alice)


def test_every_word_of_every_public_page_is_in_a_catalogue(everything):
    found = {}
    with marked_language():
        for name, page in tour.walk(everything):
            found[name] = unmarked(page)
    assert len(found) > 50
    assert {name: words for name, words in found.items() if words} == {}


def test_controls_a_word_that_is_not_marked_is_found():
    assert unmarked("<p>⟦Pay ⟦now⟧⟧ Free</p>") == ["Free"]
    assert unmarked('<a aria-label="Main">⟦Home⟧</a>') == ["Main"]
    assert unmarked("<p>⟦Until⟧ 4. Dezember, dana@example.com, 7QF2-M9XK-3T4B</p><script>var words</script>") == []
