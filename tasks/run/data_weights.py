"""How much of the decided book's VaR, and of the day's decisions, rests on each dataset and on old inputs."""

from __future__ import annotations

import polars as pl

from desk.catalog.desk_parameters import load_desk_parameters
from desk.risk.data_weights import data_weights
from desk.strategies import STRATEGIES
from tasks.run.measured_risk import Frames
from tasks.run.run import Run

STORED = ("feature", "input_receipt", "aggregated_signal", "strategy_signals")
"""Tables of the stages before."""
DECIDED = ("component_var", "target_position", "withheld_order")


async def weigh_data(run: Run, decided: Frames, orders: pl.DataFrame) -> pl.DataFrame:
    """DATA_WEIGHT rows of the run's day. `orders`: those that the sizes of the day make, issued or not."""
    frames = {name: await run.store.read_gold(name, run.as_of, run.as_of) for name in STORED}
    frames |= {name: decided[name].filter(as_of=run.as_of) for name in DECIDED}
    inputs = {strategy.id: strategy.inputs for strategy in STRATEGIES}
    return data_weights(run.as_of, {**frames, "action": orders}, run.catalog, load_desk_parameters(), inputs)
