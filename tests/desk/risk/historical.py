"""Historical VaR and ES of one sample or many, at one level."""

from __future__ import annotations

from desk.arrays import FloatArray
from desk.risk.tail import var_es


def historical_var(pnl: FloatArray, level: float) -> FloatArray:
    return var_es(pnl, (level,), ()).var[level]


def historical_es(pnl: FloatArray, level: float) -> FloatArray:
    return var_es(pnl, (), (level,)).es[level]
