"""The catalogues are whole: every message translated in all languages, with the same placeholders, and compiled."""

import re

import pytest
from babel.messages.catalog import Catalog

from ticketing import catalogues
from ticketing.lib.spoken_templates import messages_in

PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|</?[a-z][^<>]*>|\{\w+\}|%\(\w+\)[sd]|%d|%@", re.S)
IN_ATTRIBUTES = re.compile(r'(?:aria-label|placeholder|title|alt|data-\w+)="\{% translate "([^"]+)" %\}"')

# Words that speak to a friend, where the languages have others for a guest.
FAMILIAR = {
    "de": re.compile(r"\b([Dd]u|[Dd]ich|[Dd]ir|[Dd]ein\w*)\b"),
    "es": re.compile(r"\b([Tt]ú|[Tt]us?|[Tt]i|[Tt]uy[oa]s?|[Ee]stás|[Ii]ntroduce(lo)?|[Uu]tiliza|[Ss]elecciona|[Tt]en)\b"),
    "fr": re.compile(r"\b([Tt]u|[Tt]oi|[Tt]on|[Tt]es|[Tt]ien\w*)\b"),
    "hi": re.compile("तुम|तेर[ाीे]"),
}


def forms(said):
    return list(said) if isinstance(said, tuple | list) else [said]


def untranslated(catalogue):
    return [message.id for message in catalogue if message.id and not all(forms(message.string))]


def ids(catalogue):
    return {tuple(forms(message.id)) for message in catalogue if message.id}


def familiar(catalogue):
    pattern = FAMILIAR[str(catalogue.locale)]
    return [said for message in catalogue if message.id for said in forms(message.string) if pattern.search(said)]


def uncertain(catalogue):
    return [message.id for message in catalogue if message.id and message.fuzzy]


def lost_placeholders(catalogue):
    """Translations that hold other variables, tags or HTML than their message; a singular may do without its number."""
    wrong = []
    for message in catalogue:
        wanted = sorted(PLACEHOLDER.findall(forms(message.id)[-1])) if message.id else []
        for said in forms(message.string) if message.id else []:
            if sorted(PLACEHOLDER.findall(said)) != wanted:
                wrong.append(said)
    return wrong


def breaks_its_attribute(catalogue, in_attributes):
    return [message.id for message in catalogue if message.id in in_attributes and re.search(r'["<>]', forms(message.string)[0])]


def catalogue_of(*messages):
    made = Catalog(locale="de")
    for one, said in messages:
        made.add(one, said)
    return made


@pytest.fixture(params=catalogues.TRANSLATED)
def catalogue(request):
    return catalogues.read(request.param)


def test_every_message_is_translated_and_certain(catalogue):
    assert len(catalogue) > 600
    assert untranslated(catalogue) == [] and uncertain(catalogue) == []


def test_every_translation_has_its_message_s_placeholders(catalogue):
    assert lost_placeholders(catalogue) == []


def test_no_translation_ends_the_attribute_it_stands_in(catalogue):
    pages = (path.read_text() for path in (catalogues.settings.BASE_DIR / "templates").rglob("*.html"))
    assert breaks_its_attribute(catalogue, {text for page in pages for text in IN_ATTRIBUTES.findall(page)}) == []


@pytest.mark.parametrize("code", catalogues.TRANSLATED)
def test_the_catalogues_have_what_is_said_and_are_compiled(code):
    known = ids(catalogues.read(code))
    said = {(one, many) if many else (one,) for one, many in catalogues.found()}
    assert said - known == set(), "run `make messages` and translate what is new"
    assert known - said == set(), "run `make messages`"
    assert catalogues.path_of(code).with_suffix(".mo").read_bytes() == catalogues.compiled(catalogues.read(code)), "run `make messages`"


def test_all_languages_have_the_same_messages():
    assert len({frozenset(ids(catalogues.read(code))) for code in catalogues.TRANSLATED}) == 1


def test_nobody_is_spoken_to_as_a_friend(catalogue):
    assert familiar(catalogue) == []


def test_controls_each_fault_is_found():
    assert familiar(catalogue_of(("Pay", "Zahle mit deiner Karte"), ("Go", "Los"))) == ["Zahle mit deiner Karte"]
    assert ids(catalogue_of(("Pay", ""))) != ids(catalogue_of(("Go", "")))
    assert untranslated(catalogue_of(("Pay", ""), (("a", "b"), ("x", "")))) == ["Pay", ("a", "b")]
    doubted = catalogue_of(("Pay", "Zahlen"))
    doubted.get("Pay").flags.add("fuzzy")
    assert uncertain(doubted) == ["Pay"]
    assert lost_placeholders(catalogue_of(("Pay {{ amount }}", "Zahlen"), ("<a>Go</a>", "<a>Los"), ("{n} of {all}", "{n} von {n}")))
    assert breaks_its_attribute(catalogue_of(("Main", 'Das "Haupt"menü')), {"Main"}) == ["Main"]


def test_marks_of_a_template_are_found():
    text = """{% translate "One" %}{{ name|default:_("two") }}{% blocktranslate %}Three {{ x }}{% endblocktranslate %}
{% blocktranslate count n=left with y=x|f:"a b" %}{{ n }} four{% plural %}{{ n }} fours{% endblocktranslate %}"""
    assert list(messages_in(text)) == [
        (1, ("One", None)),
        (1, ("two", None)),
        (1, ("Three {{ x }}", None)),
        (2, ("{{ n }} four", "{{ n }} fours")),
    ]
