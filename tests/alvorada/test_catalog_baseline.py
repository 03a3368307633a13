"""The check before is the baseline: what a provider says otherwise is told once, silence changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from alvorada.cli.catalog_baseline import compared_with
from desk.catalog.provider_metadata import Difference, Metadata, Verdict
from desk.errors import BadInput

METADATA = Metadata("Unemployment Rate", "Percent", "M", True, dt.date(2026, 10, 1))
GOOD = Verdict("us_unemployment", "fred", "agrees", found=METADATA)


def test_the_first_check_makes_the_baseline_and_the_same_answer_is_no_news(tmp_path: Path) -> None:
    path = tmp_path / "home" / "catalogue_live.json"
    assert compared_with(path, [GOOD]) == [GOOD]
    assert compared_with(path, [GOOD]) == [GOOD]
    newer = replace(GOOD, found=replace(METADATA, last=dt.date(2026, 11, 1)))
    assert compared_with(path, [newer]) == [newer]


@pytest.mark.parametrize(
    ("change", "what", "was", "now"),
    [
        ({"name": "Unemployment Level"}, "name, was", "Unemployment Rate", "Unemployment Level"),
        ({"unit": "Thousands"}, "unit, was", "Percent", "Thousands"),
        ({"frequency": "Q"}, "frequency, was", "M", "Q"),
        ({"adjusted": False}, "adjustment, was", "sa", "none"),
        ({"last": dt.date(2026, 9, 1)}, "last value, was", "2026-10-01", "2026-09-01"),
    ],
)
def test_each_change_is_a_difference_and_is_told_once(
    tmp_path: Path, change: dict[str, object], what: str, was: str, now: str
) -> None:
    path = tmp_path / "catalogue_live.json"
    compared_with(path, [GOOD])
    other = replace(GOOD, found=replace(METADATA, **change))  # type: ignore[arg-type]
    (reported,) = compared_with(path, [other])
    assert (reported.state, reported.differences) == ("differs", (Difference(what, was, now),))
    assert compared_with(path, [other]) == [other]


def test_a_series_that_does_not_answer_keeps_its_place(tmp_path: Path) -> None:
    path = tmp_path / "catalogue_live.json"
    compared_with(path, [GOOD])
    silent = Verdict("us_unemployment", "fred", "unreachable", note="HTTP 503")
    assert compared_with(path, [silent]) == [silent]
    (reported,) = compared_with(path, [replace(GOOD, found=replace(METADATA, unit="Index"))])
    assert reported.state == "differs"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": {"colour": 1, "last": null}}'])
def test_a_file_that_is_no_baseline_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue_live.json"
    path.write_text(text)
    with pytest.raises(BadInput, match=r"catalogue_live\.json is no baseline"):
        compared_with(path, [GOOD])
    assert path.read_text() == text
