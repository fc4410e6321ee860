"""Are the colours of tokens.css readable in both themes? WCAG 2.2 AA, recomputed from the file itself."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKENS = (ROOT / "static/css/tokens.css").read_text()
PAIR = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), ?(#[0-9a-f]{6})\);")
SAME = re.compile(r"--([\w-]+): var\(--([\w-]+)\);")

SURFACES = ["bg-page", "bg-surface", "bg-sunken", "bg-hover", "bg-selected"]
READ_ON = {
    "text": [*SURFACES, "run-bg", "ok-bg", "fail-bg", "stale-bg", "idle-bg", "mark-bg"],
    "text-muted": SURFACES,
    "accent": SURFACES,
    "accent-hover": SURFACES,
    "on-accent": ["accent", "accent-hover"],
    "bg-surface": ["fail-fg", "text"],  # a solid danger button, a tip
    **{f"{tone}-fg": [f"{tone}-bg", *SURFACES[:4]] for tone in ("run", "ok", "fail", "stale", "idle")},
    **{f"code-{kind}": ["bg-surface", "bg-sunken", "bg-page"] for kind in ("keyword", "string", "number", "name")},
    "ansi-cyan": ["bg-surface", "bg-sunken"],
}


def theme(place: int) -> dict[str, str]:
    colours = {found[1]: found[2 + place] for found in PAIR.finditer(TOKENS)}
    return colours | {found[1]: colours[found[2]] for found in SAME.finditer(TOKENS) if found[2] in colours}


THEMES = {"light": theme(0), "dark": theme(1)}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_the_guideline_says() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(("text", "ground"), [(text, ground) for text, on in READ_ON.items() for ground in on])
def test_text_can_be_read(name: str, text: str, ground: str) -> None:
    assert contrast(THEMES[name][text], THEMES[name][ground]) >= 4.5


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("ground", ["bg-page", "bg-surface", "bg-sunken", "bg-hover", "bg-selected"])
def test_borders_of_controls_and_the_focus_ring_can_be_seen(name: str, ground: str) -> None:
    colours = THEMES[name]
    assert contrast(colours["line-strong"], colours[ground]) >= 3
    assert contrast(colours["accent"], colours[ground]) >= 3


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("slot", range(1, 9))
def test_chart_lines_can_be_seen_on_a_card(name: str, slot: int) -> None:
    assert contrast(THEMES[name][f"series-{slot}"], THEMES[name]["bg-surface"]) >= 3


def test_both_themes_have_every_role() -> None:
    assert THEMES["light"].keys() == THEMES["dark"].keys()
    assert len(THEMES["light"]) >= 35
