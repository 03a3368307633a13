"""What the made-up samples share: instruments, frames in their schema, random walks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from desk import calendars
from desk.gold import GOLD
from desk.model import desk_day

VERTICES = (21, 42, 63, 126, 252, 378, 504, 756, 1008, 1260, 1764, 2520)
# id, class, contract, price, dv01 of one contract (BRL per bp, + when long gains from a fall), delta of one contract
INSTRUMENTS: tuple[tuple[str, str, str, float, float, float], ...] = (
    ("DI1_1Y", "Rates", "DI1F28", 88_400.0, 7.9, 0.0),
    ("DI1_2Y", "Rates", "DI1F29", 78_150.0, 14.1, 0.0),
    ("DI1_5Y", "Rates", "DI1F32", 54_300.0, 24.6, 0.0),
    ("DAP_3Y", "Inflation", "DAPQ29", 81_500.0, 21.0, 0.0),
    ("DOL", "FX", "DOLZ26", 5_432.5, 0.0, 271_625.0),
    ("IND", "Cross-Asset", "INDZ26", 141_250.0, 0.0, 141_250.0),
)


def frame(table: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    schema = GOLD[table].schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def market_day(as_of: dt.datetime) -> dt.date:
    """The session that a decision marks the book on."""
    return calendars.b3().offset(desk_day(as_of), -1)


def walk(rng: np.random.Generator, n: int, start: float, step: float, pull: float = 0.004) -> np.ndarray:
    path = np.empty(n)
    path[0] = start
    shocks = rng.normal(0, step, n)
    for i in range(1, n):
        path[i] = path[i - 1] + pull * (start - path[i - 1]) + shocks[i]
    return path
