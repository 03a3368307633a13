"""The history pass: silver in, every stage's frames out, for all decision days of a stretch at once.

The stages are those of the daily run (panel, measures and views, scores and convictions, book, risk), in its order, so
the last row is what the daily run would write on that day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from desk.agents import compute_measures, compute_regimes, compute_views, measure_rows
from desk.catalog import Catalog
from desk.catalog.desk_parameters import DeskParameters
from desk.model import desk_day
from desk.portfolio import package_terms, run_book
from desk.portfolio.aggregate import aggregate
from desk.portfolio.price_inputs import read_price_inputs
from desk.risk import run_risk
from desk.strategies import STRATEGIES, compute_signals
from desk.transforms.panel import Panel, build_panel


@dataclass(frozen=True)
class HistoryPass:
    """`panel` with the agents' measures, warm-up included; `frames` gold tables by name, as the stages return them."""

    panel: Panel
    frames: Mapping[str, pl.DataFrame]

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.frames[name]


def run_history(
    silver: Mapping[str, pl.DataFrame],
    days: Sequence[dt.date],
    inception: dt.date,
    catalog: Catalog,
    parameters: DeskParameters,
) -> HistoryPass:
    """All stages over `days` (ascending decision days, those before `inception` being warm-up).

    The book opens at `inception` and risk is measured on every day from there; Monte Carlo is of the last day only.
    Raises what the stages raise: MissingInput for a level that pricing needs, BadInput for days out of order.
    """
    bare = build_panel(silver, days, catalog)
    measures = compute_measures(bare)
    panel = bare.with_measures(measures)
    scores = compute_signals(panel)
    classes = {instrument.id: instrument.asset_class for instrument in parameters.instruments}
    prices = read_price_inputs(panel)
    book = run_book(panel.values, scores, package_terms(STRATEGIES), parameters, inception, prices)
    held = list(map(desk_day, book["portfolio_state"]["as_of"].to_list()))
    frames = {
        "agent_view": compute_views(panel),
        "regime": compute_regimes(panel),
        "agent_measure": measure_rows(panel, measures),
        "strategy_signals": scores,
        "aggregated_signal": aggregate(scores, STRATEGIES, classes, panel.values),
        **book,
        **run_risk(panel.values, book, parameters, held, prices=prices),
    }
    return HistoryPass(panel, frames)
