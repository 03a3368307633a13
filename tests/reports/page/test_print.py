"""The page as a printer gets it: few sheets, the still pictures at the width of the sheet, the live figures nowhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from reports.elements.locale import LANGUAGES, use_locale
from reports.page import render as render_module
from reports.page.png_export import find_browser
from reports.page.render import render
from reports.sections import SECTIONS
from reports.stills.drawing import SMALL, WIDE, WIDTH, still
from tests.reports.html_page import AT
from tests.reports.sample import sample

MOST_PAGES = 10
LEAST_POINTS = 7.0


@pytest.mark.skipif(find_browser() is None, reason="no Chrome or Chromium on this machine")
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_printed_report_has_ten_sheets_of_a4_at_most(language: str, tmp_path: Path) -> None:
    page, pdf = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text(render(sample(), AT, language), encoding="utf-8")
    command = [find_browser() or "", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"]
    command += ["--no-pdf-header-footer", "--virtual-time-budget=8000", f"--print-to-pdf={pdf}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    printed = pdf.read_bytes()
    sheets = len(re.findall(rb"/Type\s*/Page\b", printed))
    assert 3 <= sheets <= MOST_PAGES
    boxes = set(re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed))
    assert {(round(float(w)), round(float(h))) for w, h in boxes} == {(595, 842)}, "A4, in points"


def test_no_text_of_the_printed_page_is_smaller_than_seven_points() -> None:
    """Tables were 5.5 pt. Outside figures every size of the print rules is an absolute one."""
    style = (Path(render_module.__file__).parents[1] / "templates" / "report.css").read_text(encoding="utf-8")
    rules = style[style.rindex("@media print{") :]
    sizes = [float(size) for size in re.findall(r"font(?:-size)?:([\d.]+)pt", rules)]
    assert len(sizes) >= 10
    assert min(sizes) >= LEAST_POINTS
    assert not re.search(r"zoom:|font(?:-size)?:[\d.]+(?:px|em|rem)", rules)
    assert re.search(r"(?m)^table,thead th,\.unit,", rules), "the sizes of tables are set"


SHEET, MARGIN, POINTS_PER_PX = 595.3, 7 / 25.4 * 72, 0.75
"""A4 across, the margins of @page, and a px of the print rules, points."""


@pytest.mark.parametrize(
    ("units", "columns", "gap_px", "padding_px"), [(WIDE, 1, 0.0, 8.0), (WIDTH, 2, 5.0, 8.0), (SMALL, 3, 0.0, 10.0)]
)
def test_no_label_inside_a_printed_figure_is_smaller_than_seven_points(
    units: int, columns: int, gap_px: float, padding_px: float
) -> None:
    """They were 5 to 5.5 pt, in cards 3.8: the pictures were drawn for a screen and shrunk to the sheet."""
    across = SHEET - 2 * MARGIN - 2.0 * POINTS_PER_PX  # the frame of the block
    room = (across - (columns - 1) * gap_px * POINTS_PER_PX) / columns - padding_px * POINTS_PER_PX
    data = sample(days=60)
    with use_locale("en"):
        found = [still(figure) for make in SECTIONS for figure in make(data).figures if figure.wide == (units == WIDE)]
    sizes = {float(size) for picture in found for size in re.findall(r'font-size="([\d.]+)"', picture)}
    assert len(found) > 3
    assert min(sizes) * room / units >= LEAST_POINTS
