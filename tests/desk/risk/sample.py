"""One seeded panel and one book for the tests of the risk pass, and books made by hand on their last day."""

from __future__ import annotations

import dataclasses
import datetime as dt
from functools import cache

import numpy as np
import polars as pl

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio import run_book
from desk.portfolio.contract_terms import Terms, terms_of
from desk.portfolio.market_levels import Market, read_market
from desk.risk import run_risk
from desk.risk.positions import Positions, read_positions
from tests.desk.portfolio.panels import LONE, make_values, make_views

Frames = dict[str, pl.DataFrame]
FIRST = 780
PARAMETERS = load_desk_parameters()
QUICK = dataclasses.replace(PARAMETERS, risk=dataclasses.replace(PARAMETERS.risk, monte_carlo_paths=2_000))
"""The desk's own rules but for fewer paths, for the many books made by hand."""
IDS = PARAMETERS.instrument_ids
VALUES = make_values(1_060)
DAYS: list[dt.date] = VALUES["day"][FIRST:].to_list()
LAST = decision_time(DAYS[-1])


_NEVER = dataclasses.replace(PARAMETERS.risk.breaker, levels=((0.98, 0.5), (0.99, 0.0)), stop=0.995)
HELD = dataclasses.replace(PARAMETERS, risk=dataclasses.replace(PARAMETERS.risk, breaker=_NEVER))
"""The desk's own rules with a breaker that never cuts: views drawn by lot lose, and every day is to have its risk."""


@cache
def book() -> Frames:
    return run_book(VALUES, make_views(VALUES, IDS), LONE, HELD, DAYS[0])


@cache
def risk() -> Frames:
    return run_risk(VALUES, book(), PARAMETERS, DAYS)


@cache
def market() -> Market:
    return read_market(VALUES)


@cache
def terms() -> Terms:
    return terms_of(PARAMETERS.instruments)


def with_contracts(contracts: dict[str, int], rows: int = 1) -> Frames:
    """The book's last days, holding just these contracts."""
    state = book()["portfolio_state"].tail(rows)
    target = book()["target_position"].filter(pl.col("as_of").is_in(state["as_of"].to_list()))
    held = pl.col("instrument_id").replace_strict(contracts, default=0, return_dtype=pl.Int64)
    return {"portfolio_state": state, "target_position": target.with_columns(contracts=held)}


def risk_of(contracts: dict[str, int], values: pl.DataFrame = VALUES) -> Frames:
    return run_risk(values, with_contracts(contracts), QUICK, DAYS[-1:])


def metric(frames: Frames, name: str, method: str) -> float | None:
    rows = frames["risk_metrics_daily"].filter(pl.col("metric") == name, pl.col("method") == method)
    value: float | None = rows["value"][-1]
    return value


def known_metric(frames: Frames, name: str, method: str) -> float:
    """The metric of the last day, which must be known."""
    value = metric(frames, name, method)
    assert value is not None, (name, method)
    return value


def lines_alone(side: int = 1) -> Positions:
    """A row per instrument on the last day, each holding `side` contracts of it and nothing else."""
    last = read_positions(market(), with_contracts({}), PARAMETERS)
    count = len(IDS)
    repeated = {
        field.name: np.repeat(getattr(last, field.name), count, axis=0)
        for field in dataclasses.fields(last)
        if field.name not in ("as_of", "contracts")
    }
    return Positions(as_of=last.as_of.gather([0] * count), contracts=side * np.eye(count), **repeated)
