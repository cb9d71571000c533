"""Money, numbers, dates and plural forms as each language writes them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ticketing.lib import dates, languages, money, numbers

EVENING = datetime(2026, 12, 4, 20, 5, tzinfo=ZoneInfo("Europe/Berlin"))
SPACE, THIN = "\u00a0", "\u202f"

AMOUNTS = [(123450, "EUR"), (1234500, "JPY"), (1234567, "BHD"), (12345678, "INR"), (-500, "USD"), (100000, "CHF")]
MONEY = {
    "en": ["€1,234.50", "¥1,234,500", "BHD 1,234.567", "₹123,456.78", "−$5.00", "CHF 1,000.00"],
    "de": ["1.234,50_€", "1.234.500_¥", "1.234,567_BHD", "123.456,78_₹", "−5,00_$", "1.000,00_CHF"],
    "es": ["1.234,50_€", "1.234.500_JPY", "1.234,567_BHD", "123.456,78_INR", "−5,00_US$", "1.000,00_CHF"],
    "fr": ["1~234,50_€", "1~234~500_JPY", "1~234,567_BHD", "123~456,78_₹", "−5,00_$US", "1~000,00_CHF"],
    "hi": ["€1,234.50", "JP¥12,34,500", "BHD_1,234.567", "₹1,23,456.78", "−$5.00", "CHF_1,000.00"],
}
MOMENTS = {
    "en": ["Friday 4 December 2026, 20:05", "4 Dec, 20:05", "Fri 4 Dec 2026, 20:05", "4 December 2026", "20:05", "December 2026"],
    "de": ["Freitag, 4. Dezember 2026, 20:05 Uhr", "4. Dez., 20:05 Uhr", "Fr., 4. Dez. 2026, 20:05 Uhr", "4. Dezember 2026", "20:05 Uhr", "Dezember 2026"],
    "es": ["viernes, 4 de diciembre de 2026, 20:05 h", "4 dic, 20:05 h", "vie, 4 dic 2026, 20:05 h", "4 de diciembre de 2026", "20:05 h", "diciembre de 2026"],
    "fr": ["vendredi 4 décembre 2026 à 20:05", "4 déc. à 20:05", "ven. 4 déc. 2026 à 20:05", "4 décembre 2026", "20:05", "décembre 2026"],
    "hi": ["शुक्रवार, 4 दिसंबर 2026, 8:05 pm", "4 दिस॰, 8:05 pm", "शुक्र, 4 दिस॰ 2026, 8:05 pm", "4 दिसंबर 2026", "8:05 pm", "दिसंबर 2026"],
}  # fmt: skip
FORMS = ["when", "when_short", "card", "day", "clock", "month"]
PLACES = {  # of 0, 1, 2 and 5
    "en": "places place places places",
    "de": "Plätze Platz Plätze Plätze",
    "es": "plazas plaza plazas plazas",
    "fr": "place place places places",
    "hi": "जगह जगह जगहें जगहें",
}


@pytest.mark.parametrize("code", languages.NAMES)
def test_money(code):
    with languages.speaking(code):
        written = [money.format_money(amount, currency) for amount, currency in AMOUNTS]
    assert written == [text.replace("_", SPACE).replace("~", THIN) for text in MONEY[code]]


@pytest.mark.parametrize("code", languages.NAMES)
def test_moments(code):
    with languages.speaking(code):
        assert [dates.moment(EVENING, form) for form in FORMS] == MOMENTS[code]


def test_every_language_has_every_form_of_a_moment():
    assert {code: set(forms) for code, forms in dates.FORMS.items()} == {code: set(dates.FORMS["en"]) for code in languages.NAMES}


def test_midnight_and_noon_on_clocks_that_count_to_twelve():
    with languages.speaking("hi"):
        assert [dates.moment(EVENING.replace(hour=hour), "clock") for hour in (0, 11, 12, 23)] == [
            "12:05 am",
            "11:05 am",
            "12:05 pm",
            "11:05 pm",
        ]


@pytest.mark.parametrize(
    ("code", "zone", "place"),
    [
        ("en", "CET", "Europe/Berlin"),
        ("de", "MEZ", "Berlin"),
        ("es", "CET", "Berlín"),
        ("fr", "CET", "Berlin"),
        ("hi", "CET", "बर्लिन"),
    ],
)
def test_time_zones(code, zone, place):
    with languages.speaking(code):
        assert dates.with_zone(EVENING).endswith(f"({zone})") and dates.clocks_of("Europe/Berlin") == place


@pytest.mark.parametrize(
    ("code", "count", "rate"),
    [
        ("en", "1,234,567", "7.5"),
        ("de", "1.234.567", "7,5"),
        ("es", "1.234.567", "7,5"),
        ("fr", "1~234~567", "7,5"),
        ("hi", "12,34,567", "7.5"),
    ],
)
def test_counts_and_rates(code, count, rate):
    with languages.speaking(code):
        assert numbers.grouped(1_234_567) == count.replace("~", THIN) and numbers.decimal("7.5") == rate


@pytest.mark.parametrize("code", languages.NAMES)
def test_plural_forms(code):
    with languages.speaking(code):
        said = [languages.say_many("{n} place set aside for you", "{n} places set aside for you", n) for n in (0, 1, 2, 5)]
    assert [sentence.split()[1] for sentence in said] == PLACES[code].split()


def test_what_is_written_down_for_others_is_in_english():
    with languages.speaking("de"):
        assert money.in_english(1250, "EUR") == "€12.50"
        assert languages.current() == "de"
