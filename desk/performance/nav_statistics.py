"""Statistics of a NAV: by calendar year, by month, and its worst drawdowns. A row is a decision, at the prices it
knows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.frames import parts_by
from desk.performance import drawdowns
from desk.performance.drawdowns import Drawdown
from desk.units import DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class PeriodStatistics:
    """Fractions: `total` of NAV, `cdi` of the cash rate over the same days, `volatility` a year of daily returns over
    CDI and `sharpe` of the same (None where they do not vary), `worst_drawdown` over CDI inside the year, `cost`
    of NAV, `risk_multiplier` the mean share of its risk that the drawdown breaker left the book."""

    year: int
    days: int
    total: float
    cdi: float
    volatility: float
    sharpe: float | None
    worst_drawdown: float
    cost: float
    risk_multiplier: float


def nav_series(state: pl.DataFrame) -> pl.DataFrame:
    """day (the market day), nav, cost, risk_multiplier and the return of the book's cash benchmark, of PORTFOLIO_STATE
    rows."""
    return state.sort("as_of").select(
        day=pl.col("valuation_date"),
        nav=pl.col("nav_brl"),
        cost=pl.col("cost_brl"),
        risk_multiplier=pl.col("risk_multiplier"),
        cash=pl.col("benchmark_nav_brl") / pl.col("benchmark_nav_brl").shift(1) - 1.0,
    )


def by_year(path: pl.DataFrame) -> list[PeriodStatistics]:
    """Calendar years, the first from the first row on. A year's first return is the one into its first row."""
    return [_year(year, part) for year, part in parts_by(_returns(path), "year").items()]


def whole_period(path: pl.DataFrame) -> PeriodStatistics:
    """The whole path as one `PeriodStatistics` (its year is 0); total and cdi compounded, volatility and sharpe a
    year."""
    return _year(0, _returns(path))


def by_month(path: pl.DataFrame) -> dict[tuple[int, int], float]:
    """(year, month) -> return of NAV over the month's rows."""
    months = _returns(path).group_by("year", "month").agg((1.0 + pl.col("return")).product() - 1.0)
    return {(year, month): value for year, month, value in months.iter_rows()}


def worst_drawdowns(path: pl.DataFrame, count: int) -> list[Drawdown]:
    """The deepest drawdowns of NAV over cash, deepest first."""
    return drawdowns.worst_drawdowns(path["day"].to_list(), excess(path), count)


def excess(path: pl.DataFrame) -> FloatArray:
    """NAV over its cash benchmark (T,), one at the first day."""
    cash = np.cumprod(1.0 + path["cash"].fill_null(0.0).to_numpy())
    nav = path["nav"].to_numpy()
    return np.asarray(nav / nav[0] / cash)


def _returns(path: pl.DataFrame) -> pl.DataFrame:
    return path.with_columns(
        (pl.col("nav") / pl.col("nav").shift(1) - 1.0).fill_null(0.0).alias("return"),
        pl.col("cash").fill_null(0.0),
        year=pl.col("day").dt.year(),
        month=pl.col("day").dt.month(),
    )


def _year(number: object, part: pl.DataFrame) -> PeriodStatistics:
    gained, cash = part["return"].to_numpy(), part["cash"].to_numpy()
    over = gained - cash
    spread = float(over.std(ddof=1)) if len(over) > 1 else 0.0
    path = np.concatenate([[1.0], np.cumprod(1.0 + gained)])
    excess = np.concatenate([[1.0], np.cumprod((1.0 + gained) / (1.0 + cash))])
    before = part["nav"].to_numpy() / (1.0 + gained)
    return PeriodStatistics(
        year=int(str(number)),
        days=len(part),
        total=float(path[-1] - 1.0),
        cdi=float(np.prod(1.0 + cash) - 1.0),
        volatility=spread * DAYS_PER_YEAR**0.5,
        sharpe=float(over.mean()) / spread * DAYS_PER_YEAR**0.5 if spread > 0 else None,
        worst_drawdown=float(drawdowns.underwater(excess).max()),
        cost=float((part["cost"].to_numpy() / before).sum()),
        risk_multiplier=float(part["risk_multiplier"].to_numpy().mean()),
    )
