"""Small panels that hold the inputs of one strategy."""

from __future__ import annotations

import datetime as dt

import polars as pl

from desk.strategies import STRATEGIES, Strategy

BY_ID = {strategy.id: strategy for strategy in STRATEGIES}
Values = float | list[float]
Columns = dict[str, Values]
"""Input column -> one number for every day, or a number a day."""


def made(strategy: Strategy, days: int | None = None, /, **columns: Values) -> pl.DataFrame:
    """A panel of `days` on which every column holds one number or a given list; columns not named are unknown."""
    count = strategy.min_history + 40 if days is None else days
    day = pl.date_range(dt.date(2020, 1, 1), dt.date(2020, 1, 1) + dt.timedelta(days=count - 1), eager=True)
    blank = {name: pl.Series([None] * count, dtype=pl.Float64) for name in strategy.inputs}
    given = {
        name: pl.Series(value if isinstance(value, list) else [value] * count, dtype=pl.Float64)
        for name, value in columns.items()
    }
    assert set(given) <= set(blank)
    return pl.DataFrame({"day": day, **blank, **given})


def last(strategy_id: str, **columns: Values) -> tuple[float | None, float]:
    """Score and confidence of a strategy on the last day of a small panel."""
    strategy = BY_ID[strategy_id]
    lengths = {len(value) for value in columns.values() if isinstance(value, list)}
    frame = strategy.score(made(strategy, lengths.pop() if lengths else None, **columns))
    return frame["score"][-1], frame["confidence"][-1]


def swing(before: float, after: float, days: int = 900) -> list[float]:
    """Values that alternate around `before` by a tenth of the distance to `after`, and end at `after`."""
    step = abs(after - before) / 10.0
    return [before + (step if day % 2 else -step) for day in range(days - 1)] + [after]
