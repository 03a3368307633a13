"""What the gate reads: the gold of the run's day and of the decision before it, and what is listed of the contracts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from desk.catalog.desk_parameters import DeskParameters, load_desk_parameters
from desk.model import decision_time
from desk.risk.gate_basis import GateInput
from desk.risk.var_method import headline_of
from desk.transforms.market_depth import depth_contracts, market_depth
from tasks.run.run import Run
from tasks.run.stages import MeasuredRisk, ProposedBook

TODAY = (
    "portfolio_state",
    "pnl_attribution",
    "pnl_by_strategy",
    "pnl_by_factor",
    "target_position",
    "risk_limits_status",
    "component_var",
    "stress_test_results",
    "action",
)
BEFORE = ("portfolio_state", "target_position", "risk_metrics_daily", "risk_limits_status", "var_method")
BEFORE_DAYS, DEPTH_DAYS = 10, 60
"""Calendar days within which the decision before is looked for, and behind the medians of what is traded."""


async def read_gate_input(run: Run, proposed: ProposedBook, measured: MeasuredRisk) -> GateInput:
    """The proposed day, and the day before it: a stored one, or one that is proposed with it. Raises StoreError."""
    parameters, frames = load_desk_parameters(), {**measured.frames, **proposed.frames}
    orders = frames["action"].filter(as_of=run.as_of)
    before = await _before(run, frames)
    return GateInput(
        today={name: frames[name].filter(as_of=run.as_of) for name in TODAY},
        before=before,
        listed=await _listed(run, orders["contract_id"].drop_nulls().unique().to_list(), parameters),
        headline=headline_of(before["var_method"]),
        target_volatility=parameters.portfolio.target_volatility,
    )


async def _before(run: Run, frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The rows of the last day of the book before this one; no rows where it begins today."""
    earlier = frames["portfolio_state"].filter(pl.col("as_of") < run.as_of)["as_of"].max()
    if isinstance(earlier, dt.datetime):
        return {name: frames[name].filter(as_of=earlier) for name in BEFORE}
    since = decision_time(run.day - dt.timedelta(days=BEFORE_DAYS))
    state = await run.store.read_gold("portfolio_state", since, run.as_of - dt.timedelta(seconds=1))
    last = state["as_of"].max()
    at = last if isinstance(last, dt.datetime) else since
    return {name: await run.store.read_gold(name, at, at) for name in BEFORE}


async def _listed(run: Run, contracts: list[str], parameters: DeskParameters) -> pl.DataFrame:
    """The open interest and the volume of each contract, as the sizes read them: medians of the last sessions."""
    since = run.day - dt.timedelta(days=DEPTH_DAYS)
    rows = await run.store.read_silver("settlement", run.as_of, since, depth_contracts(contracts, parameters))
    found = market_depth(rows, [run.day], parameters).filter(pl.col("contract_id").is_in(contracts))
    return found.select("contract_id", "open_interest", "volume")
