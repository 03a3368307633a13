"""PNG export: all figures in one browser, or no image and the reason."""

import asyncio
import struct
from pathlib import Path
from typing import Any

import pytest

from reports.page.png_export import MAIL_FIGURES, NO_BROWSER, PAPER, _collected, export_png, find_browser, on_paper
from reports.page.render import figure_specs
from tests.reports.sample import sample

SPEC = {"data": [{"type": "bar", "x": ["a", "b"], "y": [1, 3]}], "layout": {"height": 200, "paper_bgcolor": "red"}}
browser = pytest.mark.skipif(find_browser() is None, reason="no Chrome or Chromium on this machine")


def size(png: bytes) -> tuple[Any, ...]:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


@browser
def test_every_figure_becomes_a_png_of_the_size_asked_for_inside_a_running_loop_too() -> None:
    async def inside() -> Any:
        return export_png({"one": SPEC, "two": SPEC | {"layout": {"height": 300}}}, width=320, scale=2.0)

    found = asyncio.run(inside())
    assert found.reason == ""
    assert {name: size(png) for name, png in found.items()} == {"one": (640, 400), "two": (640, 600)}


def test_a_figure_that_is_not_drawn_is_named_and_the_others_are_there() -> None:
    found = _collected(["good", "bad"], [b"png", RuntimeError("no such trace\nat line 3")])
    assert found == {"good": b"png"}
    assert found.reason == "not drawn: bad (RuntimeError: no such trace)"


def test_without_a_browser_there_is_no_image_and_the_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    found = export_png({"one": SPEC})
    assert found == {}
    assert found.reason == NO_BROWSER


def test_a_program_that_is_no_browser_is_named_as_the_reason(tmp_path: Path) -> None:
    fake = tmp_path / "chromium"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    found = export_png({"one": SPEC}, browser=str(fake))
    assert found == {}
    assert str(fake) in found.reason


def test_browser_path_has_precedence_and_a_missing_file_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "my-chrome"
    own.write_text("")
    monkeypatch.setenv("BROWSER_PATH", str(own))
    assert find_browser() == str(own)
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "gone"))
    assert find_browser() is None


def test_a_picture_stands_on_white_and_the_figure_stays_as_it_was() -> None:
    assert on_paper(SPEC)["layout"]["paper_bgcolor"] == PAPER
    assert SPEC["layout"]["paper_bgcolor"] == "red"  # type: ignore[index]


def test_the_figures_of_the_mail_are_figures_of_the_page() -> None:
    assert set(MAIL_FIGURES) <= set(figure_specs(sample(days=130)))
