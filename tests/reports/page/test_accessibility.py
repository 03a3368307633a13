"""The page for every reader: contrast of WCAG AA in light, dark and print, heads with scope, names for pictures, and
tables that stand without a script."""

from __future__ import annotations

import itertools
import re
from importlib import resources

import pytest

from reports.elements import palette
from reports.page.render import render
from tests.reports.html_page import AT, Page
from tests.reports.sample import sample

CSS = (resources.files("reports.templates") / "report.css").read_text(encoding="utf-8")
TEXT, GRAPHIC = 4.5, 3.0
"""Least contrast by WCAG 2.1: 1.4.3 for text (AA), 1.4.11 for lines and bars."""


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):(#[0-9a-f]{3,6})", block))


LIGHT = variables(CSS.split("@media")[0])
DARK = LIGHT | variables(re.search(r"prefers-color-scheme:dark\)\{:root\{(.*?)\}", CSS).group(1))  # type: ignore[union-attr]
PRINT = DARK | variables(re.search(r"@media print\{\n:root\{(.*?)\}", CSS).group(1))  # type: ignore[union-attr]
"""Print styles apply on top of either theme: the printed page is light."""
THEMES = {"light": LIGHT, "dark": DARK, "print": PRINT}


def luminance(color: str) -> float:
    """Relative luminance as WCAG defines it."""
    digits = color.lstrip("#")
    digits = "".join(c * 2 for c in digits) if len(digits) == 3 else digits
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def test_the_formula_is_wcags() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)  # the best known failing grey


@pytest.mark.parametrize("theme", list(THEMES))
@pytest.mark.parametrize("ink", ["ink", "muted", "accent", "gain", "loss", "ok", "amber", "red"])
def test_text_has_enough_contrast_on_every_background(theme: str, ink: str) -> None:
    colors = THEMES[theme]
    for background in ("page", "paper", "soft"):
        assert contrast(colors[ink], colors[background]) >= TEXT, (theme, ink, background)


@pytest.mark.parametrize("theme", list(THEMES))
def test_the_banner_and_a_breach_are_read(theme: str) -> None:
    colors = THEMES[theme]
    assert contrast(colors["banner-ink"], colors["banner"]) >= TEXT
    assert contrast(colors["breach-ink"], colors["red"]) >= TEXT
    assert contrast(colors["ink"], colors["banner"]) >= TEXT  # the receipt that a link points to


def drawn(name: str, theme: str) -> str:
    color = getattr(palette, name)
    return palette.DARK[color] if theme == "dark" else color


@pytest.mark.parametrize("theme", list(THEMES))
def test_lines_and_bars_stand_out_and_labels_are_read(theme: str) -> None:
    paper = THEMES[theme]["paper"]
    for name in ("BLUE", "ORANGE", "GREEN", "PURPLE", "GOLD", "GREY", "AMBER", "RED"):
        assert contrast(drawn(name, theme), paper) >= GRAPHIC, (theme, name)
    for name in ("INK", "MUTED"):
        assert contrast(drawn(name, theme), paper) >= TEXT, (theme, name)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_bar_is_seen_on_the_bands_of_its_bullet(theme: str) -> None:
    for bar, band in (("BLUE", "GREEN_SOFT"), ("INK", "GOLD_SOFT"), ("INK", "ORANGE_SOFT")):
        assert contrast(drawn(bar, theme), drawn(band, theme)) >= GRAPHIC


def test_every_colour_of_a_figure_has_its_twin_for_dark() -> None:
    colors = [value for name, value in vars(palette).items() if name.isupper() and isinstance(value, str)]
    assert len(colors) > 15
    assert set(colors) == set(palette.DARK)


def test_tables_need_no_script_and_are_labelled_for_a_screen_reader() -> None:
    html = render(sample(days=60), AT)
    page = Page(re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL))
    captions = [values for tag, values in page.tags if tag == "caption"]
    tables = [values for tag, values in page.tags if tag == "table"]
    assert len(captions) >= 20
    assert len(tables) == len(captions) + 3  # datasets, pairs and inputs are named by their summaries
    text = " ".join(page.text)
    for words in ("NAV BRL", "USD/BRL", "CAGR", "Orders decided at", "Scorecard of the orders"):
        assert words in text
    regions = [values for _, values in page.tags if values.get("role") == "region"]
    assert all(values.get("tabindex") == "0" for values in regions)  # what scrolls is reached by keys
    assert all(values.get("aria-label") or values.get("aria-labelledby") for values in regions)
    plots = [values for _, values in page.tags if values.get("class") == "plot"]
    assert all(len(values.get("aria-label") or "") > 20 for values in plots)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
