"""Every input that an agent or a strategy declares leads back to something that a connector brings."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache

import pytest

from desk.agents import AGENTS, compute_measures
from desk.catalog import load_catalog
from desk.catalog.fallbacks import CurveSpec, load_fallbacks
from desk.model import Series, Window
from desk.strategies import STRATEGIES
from desk.transforms.index_future import INDEX_FUTURE
from desk.transforms.panel import Panel, build_panel
from tasks.connectors import CONNECTORS
from tasks.connectors.exchange import SourceConfig

CATALOG = load_catalog()
DAY = dt.date(2026, 11, 18)
DECLARED = [*((agent.id, agent.inputs) for agent in AGENTS), *((one.id, one.inputs) for one in STRATEGIES)]
CALENDAR = re.compile(r"(mp_(copom|fomc)_bd_(to|since)|inflation_(target|tolerance))\Z")
"""Of our own files: the two central banks' calendars, and the inflation targets by law."""
FOCUS_SETS = {
    r"focus_ipca_12m": ("ExpectativasMercadoInflacao12Meses", "IPCA"),
    r"focus_selic_meeting_\d": ("ExpectativasMercadoSelic", "Selic"),
    r"focus_ipca_y\d": ("ExpectativasMercadoAnuais", "IPCA"),
    r"focus_selic_y\d": ("ExpectativasMercadoAnuais", "Selic"),
    r"focus_fx_y\d": ("ExpectativasMercadoAnuais", "Câmbio"),
    r"focus_gdp_y\d": ("ExpectativasMercadoAnuais", "PIB Total"),
}


@cache
def full_panel() -> Panel:
    """A panel of one day without data: its columns, and what each is made of."""
    empty = build_panel({}, [DAY], CATALOG)
    return empty.with_measures(compute_measures(empty))


@cache
def requested_ids() -> frozenset[str]:
    """The series that the connectors' plans ask for."""
    found: set[str] = set()
    for dataset in CATALOG.datasets.values():
        connector = CONNECTORS[dataset.source](SourceConfig.from_spec(CATALOG.sources[dataset.source], api_key="k"))
        for query in connector.plan(dataset, CATALOG.series_of(dataset.id), Window(DAY, DAY)):
            found |= {series.id for series in query.series}
    return frozenset(found)


def series_is_brought(series: Series) -> bool:
    return series.id in requested_ids() and series.source in CONNECTORS


def curve_is_brought(spec: CurveSpec) -> bool:
    """One at least of the curve's sources is what some dataset's connector brings."""
    brought: set[str] = set()
    for dataset in CATALOG.datasets.values():
        if dataset.source in CONNECTORS:
            brought |= {*dataset.params.get("curves", {}).values(), *dataset.params.get("roots", [])}
            brought |= {str(dataset.params.get("curve", "")), str(dataset.params.get("prefix", "")).rstrip(":")}
    named = {one for source in spec.sources for one in (source.curve_id, source.root, source.issuer)}
    return bool(named & brought - {""})


def survey_is_brought(leaf: str) -> bool:
    expected = next((pair for shape, pair in FOCUS_SETS.items() if re.fullmatch(shape, leaf)), None)
    return any(
        expected == (dataset.params["set"], indicator)
        for dataset in CATALOG.datasets_of("bcb_focus")
        for indicator in dataset.params["indicators"]
    )


def is_brought(leaf: str) -> bool:
    if leaf in CATALOG.series:
        return series_is_brought(CATALOG.series[leaf])
    if leaf.startswith("focus_"):
        return survey_is_brought(leaf)
    if leaf == INDEX_FUTURE:
        return any(leaf in dataset.params.get("roots", ()) for dataset in CATALOG.datasets.values())
    curve = re.fullmatch(r"([a-z]+)_\d+", leaf)
    specs = [spec for spec in load_fallbacks().curves if curve and spec.prefix == curve.group(1)]
    return any(curve_is_brought(spec) for spec in specs) or bool(CALENDAR.match(leaf))


@pytest.mark.parametrize(("who", "inputs"), DECLARED, ids=[who for who, _ in DECLARED])
def test_what_it_declares_is_brought_by_a_connector(who: str, inputs: tuple[str, ...]) -> None:
    panel = full_panel()
    assert inputs, f"{who} declares nothing"
    assert [name for name in inputs if name not in panel.values.columns] == []
    leaves = {leaf for name in inputs for leaf in panel.lineage.leaves(name)}
    assert sorted(leaf for leaf in leaves if not is_brought(leaf)) == []


def test_every_series_of_the_catalogue_is_asked_for() -> None:
    assert requested_ids() == set(CATALOG.series)


@pytest.mark.parametrize("leaf", ["no_such_series", "focus_wages_y0", "xyz_252", "pre_", "score"])
def test_what_nobody_brings_is_not_taken_for_brought(leaf: str) -> None:
    assert not is_brought(leaf)
