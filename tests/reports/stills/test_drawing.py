"""Still pictures: their numbers, read back off the paper by their own tick labels, are those of the figure."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from reports.charts import chart_parts
from reports.elements.locale import ENGLISH, LANGUAGES, use_locale
from reports.elements.page_elements import Figure
from reports.page.render import render
from reports.sections import SECTIONS
from reports.stills.drawing import SMALL, WIDE, WIDTH, drawing, still
from reports.stills.scales import Scale, ticks
from reports.stills.svg_text import text_width
from tests.reports.html_page import AT
from tests.reports.sample import sample


@pytest.fixture(scope="module", params=LANGUAGES)
def figures(request: pytest.FixtureRequest) -> list[tuple[Figure, ET.Element]]:
    data = sample(days=180)
    with use_locale(request.param):
        found = [figure for make in SECTIONS for figure in make(data).figures]
        return [(figure, ET.fromstring(still(figure))) for figure in found]


def line_of(days: list[str], values: list[float | None], **extra: Any) -> dict[str, Any]:
    layout = chart_parts.layout(300, chart_parts.axis(type="date"), chart_parts.axis("BRL million"))
    return {"data": [chart_parts.line("NAV", days, values, **extra)], "layout": layout}


def placed_texts(picture: ET.Element) -> list[tuple[str, float, float]]:
    return [(e.text or "", float(e.get("x", 0)), float(e.get("y", 0))) for e in picture.iter("text")]


def points(path: str) -> list[list[tuple[float, float]]]:
    """The runs of a path, each a list of points."""
    return [
        [(float(x), float(y)) for x, y in (pair.split() for pair in run.split("L"))] for run in path.split("M") if run
    ]


def by_labels(marks: list[tuple[float, float]]) -> tuple[float, float]:
    """(value at px 0, value per px) through the outermost two of (px, value)."""
    (first, low), (last, high) = min(marks), max(marks)
    slope = (high - low) / (last - first)
    return low - slope * first, slope


def test_a_line_is_read_back_off_its_own_ticks() -> None:
    days = [(dt.date(2026, 1, 5) + dt.timedelta(days=k)).isoformat() for k in range(300)]
    values: list[float | None] = [100 + 0.04 * k for k in range(300)]
    values[100] = None
    picture = ET.fromstring(drawing(line_of(days, values), WIDTH))
    texts = placed_texts(picture)
    levels = [(y - 11 * 0.36, float(text)) for text, _, y in texts if re.fullmatch(r"\d+", text)]
    origin, slope = by_labels(levels)
    names = [(x, text.removesuffix(" 2026")) for text, x, _ in texts if text.endswith(" 2026")]
    months = [(x, dt.date(2026, ENGLISH.months.index(name) + 1, 1)) for x, name in names]
    start, per_px = by_labels([(x, float(day.toordinal())) for x, day in months])
    [drawn] = [e for e in picture.iter("path") if e.get("stroke-width") == "1.8"]
    before, after = points(drawn.get("d", ""))
    assert (len(before), len(after)) == (100, 199), "the unknown day is a gap"
    for place, (x, y) in zip([*range(100), *range(101, 300)], [*before, *after], strict=True):
        assert origin + slope * y == pytest.approx(values[place], abs=0.05)
        assert start + per_px * x == pytest.approx(dt.date.fromisoformat(days[place]).toordinal(), abs=0.6)


def test_bars_are_as_long_as_their_values_and_on_their_side_of_zero() -> None:
    values = [2.5, 1.0, -0.5, -4.0]
    spec = chart_parts.signed_bars(["a", "b", "c", "d"], values, [f"{v:+.1f}" for v in values], "BRL million")
    picture = ET.fromstring(drawing(spec, WIDTH))
    boxes = [(float(e.get("x", 0)), float(e.get("width", 0)), float(e.get("y", 0))) for e in picture.iter("rect")]
    zero = boxes[0][0]
    unit = boxes[0][1] / 2.5
    for value, (left, width, _) in zip(values, boxes, strict=True):
        assert width == pytest.approx(abs(value) * unit, abs=0.15)
        assert (left if value > 0 else left + width) == pytest.approx(zero, abs=0.15)
    assert [top for *_, top in boxes] == sorted(top for *_, top in boxes), "the first name is at the top"
    texts = {text: (x, e) for e in picture.iter("text") for text, x in [(e.text or "", float(e.get("x", 0)))]}
    assert texts["+2.5"][0] > boxes[0][0] + boxes[0][1]
    assert texts["-4.0"][0] < boxes[3][0]


def test_stacked_areas_add_up_and_the_last_one_drawn_is_the_lowest() -> None:
    days = ["2026-01-05", "2026-06-05"]
    traces = [
        {"type": "scatter", "mode": "lines", "name": name, "stackgroup": "all", "x": days, "y": shares,
         "fillcolor": "#a9cbe6", "line": {"width": 1.2, "color": "#0a5f9e"}}
        for name, shares in (("one", [25.0, 50.0]), ("two", [75.0, 50.0]))
    ]  # fmt: skip
    layout = chart_parts.layout(300, chart_parts.axis(type="date"), chart_parts.axis("%", range=[0, 100]))
    picture = ET.fromstring(drawing({"data": traces, "layout": layout}, WIDTH))
    whole, lower = (points(e.get("d", "").rstrip("Z"))[0] for e in picture.iter("path") if e.get("fill"))
    bottom, top = whole[0][1], whole[1][1]
    assert whole[2][1] == top, "together they are the whole on both days"
    assert lower[1][1] == pytest.approx(bottom - (bottom - top) * 0.25, abs=0.1)
    assert lower[2][1] == pytest.approx(bottom - (bottom - top) * 0.50, abs=0.1)


def test_cells_have_the_ends_of_the_colour_scale_and_an_ink_that_is_read() -> None:
    spec = chart_parts.heatmap(["x", "y", "z"], ["r"], [[-1.0, 1.0, None]], [["-1", "+1", ""]], 1.0, 200, "%{z}")
    picture = ET.fromstring(drawing(spec, WIDTH))
    assert [e.get("fill") for e in picture.iter("rect")] == ["#c2540a", "#0a5f9e"]
    inks = {e.text: e.get("fill") for e in picture.iter("text")}
    assert (inks["+1"], inks["-1"]) == ("#fff", "#fff")


def test_every_label_of_every_figure_lies_inside_of_its_picture(figures: list[tuple[Figure, ET.Element]]) -> None:
    assert len(figures) > 30
    for figure, picture in figures:
        _, _, width, height = (float(n) for n in picture.get("viewBox", "").split())
        assert width == (WIDE if figure.wide else WIDTH)
        for element in picture.iter("text"):
            if element.get("transform"):
                continue
            for part in [element.text, *(span.text for span in element.iter("tspan"))]:
                size = text_width(part or "", float(element.get("font-size", 0)))
                x, y = float(element.get("x", 0)), float(element.get("y", 0))
                left = x - {"middle": size / 2, "end": size}.get(element.get("text-anchor", ""), 0.0)
                assert left >= -1.0, (figure.id, part)
                assert left + size <= width + 1.0, (figure.id, part)
                assert 0 <= y <= height + 1.0, (figure.id, part)


def test_every_figure_of_the_page_has_its_picture_without_a_script() -> None:
    html = re.sub(r"<script.*?</script>", "", render(sample(days=60), AT), flags=re.DOTALL)
    plots = re.findall(r'<div id="(fig-[\w-]+)" class="plot"[^>]*>(<svg class="still".*?</svg>)</div>', html, re.DOTALL)
    assert len(plots) == html.count('class="plot"') > 20
    for identity, picture in plots:
        marks = list(ET.fromstring(picture).iter())
        assert sum(e.tag in ("path", "rect", "circle") for e in marks) >= 3, identity
    assert f'viewBox="0 0 {SMALL} ' in html, "a card's figure is drawn for a card"


def test_text_from_outside_cannot_leave_its_element() -> None:
    spec = chart_parts.signed_bars(["<b>&x</b>"], [1.0], ["<script>"], "")
    picture = drawing(spec, WIDTH)
    assert "<b>" not in picture
    assert "<script>" not in picture
    assert {"<b>&x</b>", "<script>"} <= {e.text for e in ET.fromstring(picture).iter("text")}


@pytest.mark.parametrize(
    ("low", "high", "suffix", "labels"),
    [
        (0.0, 1.0, "", ["0.0", "0.5", "1.0"]),
        (0.0, 40_000.0, "", ["0", "20,000", "40,000"]),
        (-0.03, 0.03, "%", ["−0.02%", "0.00%", "0.02%"]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, suffix: str, labels: list[str]) -> None:
    found = ticks(Scale("linear", low, high, 0.0, 90.0), {"ticksuffix": suffix}, 30.0)
    assert [label for _, label in found] == labels


def test_a_kind_that_no_figure_has_is_refused_by_name() -> None:
    layout = chart_parts.layout(300)
    with pytest.raises(KeyError, match="pie"):
        drawing({"data": [{"type": "pie", "x": [1.0], "y": [1.0]}], "layout": layout}, WIDTH)


def test_a_figure_without_points_has_no_picture() -> None:
    """As on a first morning without a network: the page comes out, and says what is missing."""
    empty = line_of([], [])
    assert drawing(empty, WIDTH) == drawing({**empty, "data": []}, WIDTH) == ""
    days = ["2026-01-05", "2026-01-06"]
    both = line_of(days, [1.0, 2.0])
    with_empty = {**both, "data": [*both["data"], *empty["data"]]}
    assert drawing(with_empty, WIDTH) == drawing(both, WIDTH)


def test_the_numbers_of_falling_bars_do_not_run_into_their_names() -> None:
    spec = chart_parts.signed_bars(
        ["trajectory of the debt", "term premium"], [-1.21, 0.62], ["−1.21", "+0.62"], "score"
    )
    picture = ET.fromstring(drawing(spec, SMALL))
    at = {e.text: (float(e.get("x", 0)), float(e.get("font-size", 11))) for e in picture.iter("text")}
    name = next(place for label, place in at.items() if label is not None and label.startswith("trajectory"))
    number, size = at["−1.21"]
    assert number - text_width("−1.21", size) >= name[0], "the number ends at its bar, the name before it"
