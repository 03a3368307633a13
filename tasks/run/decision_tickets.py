"""The dealing tickets of a run's decision, from the book just computed, earlier orders and B3's settlements."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from desk import calendars
from desk.catalog.dealing import load_dealing
from desk.catalog.desk_parameters import load_desk_parameters
from desk.dealing import DealingInputs, tickets
from desk.transforms.market_depth import depth_contracts
from tasks.run.run import Run

REACH = dt.timedelta(days=60)
"""Of earlier orders and settlements: more than the volume and the reversals of dealing.toml look back."""


async def decision_tickets(run: Run, frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The TICKET frame of the run's day; `frames` are the book's tables, of that day and of those before it."""
    parameters, dealing = load_desk_parameters(), load_dealing()
    now = pl.col("as_of") == run.as_of
    stored = await run.store.read_gold("action", run.as_of - REACH, run.as_of)
    days = await run.store.read_gold("portfolio_state", run.as_of - REACH, run.as_of)
    earlier = pl.concat([stored, frames["action"]]).unique(["as_of", "seq"], keep="last").filter(~now)
    times = pl.concat([days.select("as_of"), frames["portfolio_state"].select("as_of")]).filter(~now)["as_of"]
    actions, targets = frames["action"].filter(now), frames["target_position"].filter(now)
    contracts = sorted({*actions["contract_id"].drop_nulls(), *targets["contract_id"].drop_nulls()})
    valuation = calendars.b3().offset(run.day, -1)
    names = depth_contracts(contracts, parameters)
    settlements = await run.store.read_silver("settlement", run.as_of, valuation - REACH, names)
    inputs = DealingInputs(
        actions=actions,
        targets=targets,
        earlier=earlier.filter(pl.col("as_of") > run.as_of - REACH),
        decisions=tuple(times.unique().sort().to_list()),
        settlements=settlements,
        valuation=valuation,
    )
    return tickets(inputs, parameters, dealing)
