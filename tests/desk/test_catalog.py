"""The catalogue names only what exists; an entry that does not exist is an error that names it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest

import desk.catalog as catalog_module
from desk.calendars import by_name
from desk.catalog import load_catalog, read_catalog, read_toml
from desk.catalog.fallbacks import load_fallbacks
from desk.errors import BadCatalog
from desk.model import SILVER
from desk.transforms.inflation import load_inflation_targets

CATALOG = load_catalog()


def test_every_series_belongs_to_its_source_dataset_and_rule() -> None:
    for series in CATALOG.series.values():
        assert CATALOG.datasets[series.dataset].source == series.source
        assert series.rule in CATALOG.rules


def test_every_calendar_exists() -> None:
    for name in {rule.calendar for rule in CATALOG.rules.values()} | {d.calendar for d in CATALOG.datasets.values()}:
        assert by_name(name).name == name


def test_ids_are_plain_words() -> None:
    for name in [*CATALOG.series, *CATALOG.datasets, *CATALOG.sources, *CATALOG.rules]:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", name), name


def test_no_code_of_a_source_is_asked_twice() -> None:
    keys = [(s.dataset, s.code, tuple(sorted(s.params.items()))) for s in CATALOG.series.values()]
    assert len(keys) == len(set(keys))


def test_datasets_of_observations_list_their_series() -> None:
    for dataset in CATALOG.datasets.values():
        if set(dataset.tables) & {"observation", "price_bar"}:
            assert CATALOG.series_of(dataset.id), dataset.id
        assert set(dataset.tables) <= set(SILVER)


def test_percent_sources_are_scaled_to_fractions() -> None:
    for series in CATALOG.series.values():
        if series.source in ("bcb_sgs", "fred") and series.unit.startswith("fraction per"):
            assert str(series.scale) == "0.01", series.id


def test_fallback_curves_name_points_that_datasets_bring() -> None:
    brought = {
        curve
        for dataset in CATALOG.datasets.values()
        for curve in [*dataset.params.get("curves", {}).values(), dataset.params.get("curve")]
    }
    roots = {root for dataset in CATALOG.datasets.values() for root in dataset.params.get("roots", [])}
    for spec in load_fallbacks().curves:
        for source in spec.sources:
            assert source.kind in ("points", "series", "futures", "bonds")
            assert source.kind != "series" or (source.series and set(source.series.values()) <= CATALOG.series.keys())
            assert source.kind != "points" or source.curve_id in brought
            assert source.kind != "futures" or source.root in roots


def test_inflation_targets_have_no_gap() -> None:
    years = sorted(load_inflation_targets().by_year)
    assert years == list(range(years[0], years[-1] + 1))


Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def one_wrong_file(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Change], None]:
    def change_file(name: str, change: Change) -> None:
        def read(file: str) -> dict[str, Any]:
            raw = read_toml(file)
            if file == name:
                change(raw)
            return raw

        monkeypatch.setattr(catalog_module, "read_toml", read)

    return change_file


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("series", lambda raw: raw["series"].append(raw["series"][0]), "listed twice"),
        ("series", lambda raw: raw["series"][0].update(rule="tomorrow"), "unknown rule 'tomorrow'"),
        ("series", lambda raw: raw["series"][0].update(dataset="nowhere"), "unknown dataset 'nowhere'"),
        ("series", lambda raw: raw["series"][0].update(source="fred"), "not the source of its dataset"),
        ("series", lambda raw: raw["series"][0].update(colour="red"), "series usdbrl_sgs_sell"),
        ("datasets", lambda raw: raw["dataset"]["bcb_ptax"].update(tables=["gold"]), "unknown table 'gold'"),
        ("datasets", lambda raw: raw["dataset"]["bcb_ptax"].update(source="bcb"), "unknown source 'bcb'"),
        ("publication_rules", lambda raw: raw["rule"]["ptax"].update(weekday=1), "exactly one of"),
    ],
)
def test_an_error_names_the_wrong_entry(
    one_wrong_file: Callable[[str, Change], None], file: str, change: Change, message: str
) -> None:
    one_wrong_file(file, change)
    with pytest.raises(BadCatalog, match=message):
        read_catalog()


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(BadCatalog, match=r"nothing\.toml"):
        read_toml("nothing")


def test_records_are_frozen() -> None:
    series = next(iter(CATALOG.series.values()))
    with pytest.raises(dataclasses.FrozenInstanceError):
        series.id = "x"  # type: ignore[misc]
