"""VaR by year, famous stretches and what silences a strategy, on small books made by hand."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk.model import decision_time
from desk.performance.episodes import episode
from desk.performance.strategy_coverage import coverage
from desk.performance.var_by_year import backtest_hits
from desk.point_in_time.provenance import Provenance
from desk.strategies import STRATEGIES
from desk.transforms.features import Lineage
from desk.transforms.panel import Panel


def test_exceptions_are_counted_on_known_days_and_the_zone_asks_for_a_whole_year() -> None:
    hits = np.zeros(260)
    hits[[10, 90, 91, 200, 250]] = 1.0
    hits[:5] = np.nan
    found = backtest_hits(hits, 0.01, zoned=True)
    assert (found.days, found.exceptions, found.zone) == (255, 5, "yellow")
    assert found.expected == pytest.approx(2.55)
    assert found.kupiec_p is not None
    assert 0.1 < found.kupiec_p < 0.3  # 5 of 255 at 1%: no rejection
    assert backtest_hits(hits[:100], 0.01, zoned=True).zone is None
    nothing = backtest_hits(np.full(3, np.nan), 0.01, zoned=True)
    assert (nothing.days, nothing.kupiec_p, nothing.christoffersen_p) == (0, None, None)


DAYS = [dt.date(2017, 5, 17), dt.date(2017, 5, 18), dt.date(2017, 5, 19)]


def book() -> dict[str, pl.DataFrame]:
    moments = [decision_time(day) for day in DAYS]
    return {
        "portfolio_state": pl.DataFrame({"as_of": moments, "nav_brl": [200.0, 201.0, 195.0]}),
        "pnl_attribution": pl.DataFrame(
            {"as_of": moments[1:] + moments[2:], "asset_class": ["FX", "FX", "Rates"], "pnl_brl": [1.0, -8.0, 2.0]}
        ),
        "pnl_by_strategy": pl.DataFrame(
            {"as_of": [moments[2]] * 3, "strategy_id": ["A", "B", "COST"], "pnl_brl": [-7.0, 1.5, -0.5]}
        ),
    }  # fmt: skip


def test_a_session_is_in_the_row_of_the_morning_after() -> None:
    found = episode(book(), dt.date(2017, 5, 17), dt.date(2017, 5, 18))
    assert found is not None
    assert found.nav_brl == 201.0
    assert found.total == pytest.approx(195.0 / 201.0 - 1.0)
    assert found.by_class == pytest.approx({"FX": -8.0 / 201.0, "Rates": 2.0 / 201.0})
    assert list(found.by_strategy) == ["A", "B"], "the worst first; costs are no strategy"
    assert sum(found.by_class.values()) == pytest.approx(found.total)


def test_a_stretch_that_the_book_did_not_see_is_none() -> None:
    assert episode(book(), dt.date(2017, 5, 15), dt.date(2017, 5, 18)) is None
    assert episode(book(), dt.date(2017, 5, 17), dt.date(2017, 5, 19)) is None


def test_a_silent_strategy_names_what_is_missing_behind_its_input() -> None:
    days = pl.DataFrame({"day": DAYS})
    unknown = ("fx_beer_gap_z", "fx_flow_total_21_z", "chosen", "reserves", "flow")
    values = days.with_columns(
        fx_carry_to_risk=pl.Series([1.0, 2.0, 3.0]),
        ipca=pl.Series([1.0, 2.0, 3.0]),
        **{name: pl.lit(None, pl.Float64) for name in unknown},
    )
    lineage = Lineage(
        {
            "fx_beer_gap_z": ("ipca", "chosen", "reserves"),
            "chosen": ("chosen", "reserves"),
            "fx_flow_total_21_z": ("flow",),
        }
    )
    (strategy,) = [one for one in STRATEGIES if one.id == "FX_CARRY_FLOW"]
    signals = pl.DataFrame(
        {"as_of": [decision_time(day) for day in DAYS], "strategy_id": "FX_CARRY_FLOW", "score": [None, 0.5, None]},
        schema_overrides={"score": pl.Float64},
    )
    panel = Panel(values, days, Provenance((), {}), lineage)
    (found,) = coverage(panel, signals, [strategy], np.full((3, 1), np.nan), ["DOL"])
    assert (found.scored, found.first, found.last, found.unpriced) == (1, DAYS[1], DAYS[1], ("DOL",))
    assert found.missing_inputs == {"fx_beer_gap_z": ("chosen", "reserves"), "fx_flow_total_21_z": ("flow",)}
