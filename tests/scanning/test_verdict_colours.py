"""The four colours of a verdict stay apart for people who see red and green, or blue and yellow, alike."""

import itertools
import re

import pytest

from tests.architecture.house import source

# Linear-light matrices of full dichromacy: Machado, Oliveira and Fernandes, 2009, table 1, severity 1.0.
EYES = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "no colours": ((0.2126, 0.7152, 0.0722),) * 3,
}
APART = dict.fromkeys(EYES, 35) | {"no colours": 15}  # CIE76: 2.3 is just noticeable, these are read in a glance, in the sun
COLOURS = dict(re.findall(r"\.verdict\.(\w+) \{ background: (#\w{6})", source("static/css/gate-verdicts.css")))
INKS = dict(re.findall(r"\.verdict\.(\w+) \{[^}]*; color: (#\w{6})", source("static/css/gate-verdicts.css")))
DESIGN = {"admit": "#81efd3", "already": "#ef912d", "refuse": "#800613", "unsure": "#687284"}


def linear(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def seen(colour, eyes):
    """Linear RGB as these eyes see it."""
    return [min(1, max(0, sum(weight * part for weight, part in zip(row, linear(colour), strict=True)))) for row in eyes]


def lab(rgb):
    """CIELAB of linear sRGB, white point D65."""
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(weight * part for weight, part in zip(row, rgb, strict=True)) for row in to_xyz]
    x, y, z = (
        part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116
        for part in (value / white for value, white in zip(xyz, (0.95047, 1, 1.08883), strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one, other, eyes):
    return sum((a - b) ** 2 for a, b in zip(lab(seen(one, eyes)), lab(seen(other, eyes)), strict=True)) ** 0.5


def contrast(one, other):
    light, dark = sorted((sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear(c), strict=True)) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_colours_are_those_of_the_design():
    assert COLOURS == DESIGN


@pytest.mark.parametrize("eyes", EYES)
def test_any_two_verdicts_stay_apart(eyes):
    close = {
        (one, other): round(distance(COLOURS[one], COLOURS[other], EYES[eyes]), 1)
        for one, other in itertools.combinations(COLOURS, 2)
        if distance(COLOURS[one], COLOURS[other], EYES[eyes]) < APART[eyes]
    }
    assert close == {}


def test_control_green_and_red_of_equal_lightness_are_one_colour_to_many():
    green, red = "#2e9e4f", "#c4632f"
    assert distance(green, red, EYES["all cones"]) > 2 * APART["all cones"]
    assert distance(green, red, EYES["protan"]) < APART["protan"]
    assert distance(green, red, EYES["deutan"]) < APART["deutan"]
    assert distance(green, red, EYES["no colours"]) < APART["no colours"]


@pytest.mark.parametrize("kind", DESIGN)
def test_words_are_readable_on_their_colour(kind):
    assert contrast(COLOURS[kind], INKS[kind]) >= 4.5
