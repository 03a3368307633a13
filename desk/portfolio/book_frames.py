"""The book's history as gold frames: TARGET_POSITION, PORTFOLIO_STATE and PNL_ATTRIBUTION."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from desk.arrays import BoolArray, FloatArray, IntArray
from desk.calendars import Days
from desk.catalog.desk_parameters import DeskParameters
from desk.gold import PNL_ATTRIBUTION, PORTFOLIO_STATE, TARGET_POSITION, GoldTable
from desk.model import decision_time
from desk.portfolio.book_history import BookHistory
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.costs import line_cost, unit_cost
from desk.portfolio.covariance import quadratic_form
from desk.portfolio.drawdown import drawdown
from desk.portfolio.market_levels import USDBRL
from desk.portfolio.own_prices import MARK_SOURCES
from desk.portfolio.pnl_explain import PRICE_FACTORS
from desk.portfolio.pricing import quote_market
from desk.portfolio.sizing_plan import SizingPlan
from desk.units import DAYS_PER_YEAR

CASH = "CASH"
CASH_CLASS = "Cash"
RATE_FACTORS = ("DI", "REAL", "CUPOM", "UST")


def as_of_times(plan: SizingPlan) -> pl.Series:
    """The decision time (UTC) of each row."""
    times = [decision_time(day.item()) for day in plan.market.days]
    return pl.Series("as_of", times, dtype=pl.Datetime("us", "UTC"))


def valuation_dates(plan: SizingPlan) -> pl.Series:
    """The session whose prices mark each row: the market day of its P&L and NAV."""
    return pl.Series("valuation_date", plan.market.valuation.tolist(), dtype=pl.Date())


def gold_frame(table: GoldTable, columns: Mapping[str, Any]) -> pl.DataFrame:
    """Columns by name in the table's schema; NaN becomes null."""
    frame = pl.DataFrame({name: pl.Series(name, columns[name]) for name in ("as_of", *table.columns)})
    floats = [name for name, kind in table.columns.items() if kind == "float"]
    return frame.cast(dict(table.schema)).with_columns(pl.col(floats).fill_nan(None) + 0.0)  # type: ignore[arg-type]


def target_positions(plan: SizingPlan, history: BookHistory, parameters: DeskParameters) -> pl.DataFrame:
    """TARGET_POSITION: the target of each decision for every instrument, flat ones included. `plan` has the measures of
    the contracts that the target is in (desk.portfolio.lines_as_held)."""
    terms = terms_of(parameters.instruments)
    quotes = plan.quotes
    count = len(parameters.instruments)
    notional = history.target.contracts * quotes.value
    margin = np.array([item.margin_rate for item in parameters.instruments])
    rolled = (history.target.maturity != history.before.maturity) & (history.before.contracts != 0)
    old = quote_market(terms, plan.market, history.before.maturity)
    old_cost = unit_cost(parameters, terms, old, plan.market.levels.spots[:, USDBRL])
    cost = line_cost(history.before.contracts, history.target.contracts, rolled, old_cost, plan.unit_cost)
    idle = (history.target.contracts == history.before.contracts) & ~rolled
    return gold_frame(
        TARGET_POSITION,
        {
            "as_of": as_of_times(plan).gather(np.repeat(np.arange(len(plan)), count)),
            "instrument_id": np.tile(parameters.instrument_ids, len(plan)),
            "contract_id": history.target.contract_id.ravel(),
            "asset_class": np.tile([item.asset_class for item in parameters.instruments], len(plan)),
            "maturity": history.target.maturity.ravel(),
            "price": quotes.price.ravel(),
            "rate": np.where(terms.in_rate, quotes.rate, np.nan).ravel(),
            "risk_weight": (plan.risk_weight * history.risk_multiplier[:, None]).ravel(),
            "contracts": history.target.contracts.ravel(),
            "contracts_before": history.before.contracts.ravel(),
            "notional_brl": notional.ravel(),
            "dv01_brl": (history.target.contracts * quotes.dv01).ravel(),
            "delta_brl": np.where(terms.kind_mask("fx_forward", "equity_forward"), notional, 0.0 * notional).ravel(),
            "margin_brl": (np.abs(notional) * margin).ravel(),
            "cost_brl": np.where(idle, 0.0, cost).ravel(),
            "unit_vol_brl": plan.volatility.ravel(),
            "marked_at": _marked_at(quotes.source, quotes.value),
        },
    )


def _marked_at(source: IntArray, value: FloatArray) -> list[str | None]:
    """By line what its price is, of MARK_SOURCES; None where it has none."""
    known = np.isfinite(value).ravel().tolist()
    return [MARK_SOURCES[at] if has else None for at, has in zip(source.ravel().tolist(), known, strict=True)]


def portfolio_state(
    plan: SizingPlan,
    history: BookHistory,
    shadow: BookHistory,
    parameters: DeskParameters,
    limits_bound: Sequence[str],
    earlier_excess: Sequence[float] = (),
) -> pl.DataFrame:
    """PORTFOLIO_STATE: NAV, drawdown over cash, leverage by row. The first row has no return; expected volatility and
    leverage are of the targets, in whose contracts `plan` measures (desk.portfolio.lines_as_held). `limits_bound`: by
    row what each limit took (desk.portfolio.package_frame). `earlier_excess`: NAV over its benchmark on the days before
    the first row."""
    nav = history.nav
    peak, fall = drawdown(nav, history.benchmark, parameters.risk.breaker.peak_days, earlier_excess)
    returns = np.full(len(nav), np.nan)
    returns[1:] = nav[1:] / nav[:-1] - 1.0
    contracts = history.target.contracts.astype(np.float64)
    variance = quadratic_form(contracts, plan.matrix)
    held = history.target.contracts != 0
    exposure = np.where(held, np.abs(history.target.contracts * plan.quotes.exposure), 0.0).sum(axis=1)
    unknown = (held & ~np.isfinite(plan.volatility)).any(axis=1)
    return gold_frame(
        PORTFOLIO_STATE,
        {
            "as_of": as_of_times(plan),
            "nav_brl": nav,
            "pnl_brl": history.pnl,
            "cost_brl": history.lines.cost.sum(axis=1).round(2),
            "return_1d": returns,
            "peak_nav_brl": peak,
            "drawdown": fall,
            "gross_leverage": exposure / nav,
            "target_volatility": plan.limited.volatility * history.risk_multiplier,
            "expected_volatility": np.where(unknown, np.nan, np.sqrt(variance * DAYS_PER_YEAR) / nav),
            "active_positions": held.sum(axis=1),
            "risk_multiplier": history.risk_multiplier,
            "shadow_nav_brl": shadow.nav,
            "benchmark_nav_brl": history.benchmark,
            "sizing": list(plan.sizing),
            "asked_volatility": plan.requested,
            "limits_bound": list(limits_bound),
            "valuation_date": valuation_dates(plan),
        },
    )


def pnl_attribution(plan: SizingPlan, history: BookHistory, parameters: DeskParameters) -> pl.DataFrame:
    """P&L by instrument and cash; the lines of a day add up to the change of NAV to the cent.

    Rate, FX, equity and residual are parts of the price; inflation (the IPCA's accrual) is one of the carry.
    A line that could not be marked has null price, carry and source that day, and all of it when its price is back.
    Cost is that of the day's fills.
    """
    count = len(parameters.instruments) + 1
    cash = history.cash[:, None]
    none = np.zeros_like(cash)
    price, carry = np.hstack([history.lines.price, none]), np.hstack([history.lines.carry, cash])
    cost = np.hstack([history.lines.cost, none])
    classes = [item.asset_class for item in parameters.instruments]
    factors = np.concatenate([history.lines.factors, np.zeros((len(plan), 1, len(PRICE_FACTORS)))], axis=1)
    unmarked = np.isnan(price)
    of_price = {
        "rate_pnl_brl": factors[:, :, [PRICE_FACTORS.index(name) for name in RATE_FACTORS]].sum(axis=2),
        "fx_pnl_brl": factors[:, :, PRICE_FACTORS.index("FX")],
        "equity_pnl_brl": factors[:, :, PRICE_FACTORS.index("EQUITY")],
    }
    of_price["residual_pnl_brl"] = price - sum(of_price.values())
    parts = of_price | {"inflation_pnl_brl": np.hstack([history.lines.inflation, none])}
    source = np.hstack([history.lines.source, none])
    net = np.where(np.isnan(price) & (cost == 0), np.nan, np.nan_to_num(price + carry + source) - cost)
    marks, since = _marks(plan, history)
    return gold_frame(
        PNL_ATTRIBUTION,
        {
            "as_of": as_of_times(plan).gather(np.repeat(np.arange(len(plan)), count)),
            "valuation_date": valuation_dates(plan).gather(np.repeat(np.arange(len(plan)), count)),
            "instrument_id": np.tile([*parameters.instrument_ids, CASH], len(plan)),
            "asset_class": np.tile([*classes, CASH_CLASS], len(plan)),
            "contracts": np.hstack([history.lines.contracts, none.astype(np.int64)]).ravel(),
            "price_pnl_brl": price.ravel(),
            "carry_pnl_brl": carry.ravel(),
            "cost_brl": cost.ravel(),
            "pnl_brl": net.round(2).ravel(),
            "source_pnl_brl": source.ravel(),
            "mark": marks,
            "marked_from": since,
        }
        | {name: np.where(unmarked, np.nan, part).round(2).ravel() for name, part in parts.items()},
    )


def caught_up(plan: SizingPlan, history: BookHistory) -> BoolArray:
    """Lines (R, N) whose P&L is that of several days: they were last marked before the row before."""
    before = np.concatenate([plan.market.days[:1], plan.market.days[:-1]])
    marked = (history.lines.contracts != 0) & np.isfinite(history.lines.price)
    return np.asarray(marked & (history.lines.since < before[:, None]))


def _marks(plan: SizingPlan, history: BookHistory) -> tuple[list[str | None], Days]:
    """Of each line and of cash, row by row: the word of `mark`, and the day of the mark before."""
    held, unknown = history.lines.contracts != 0, np.isnan(history.lines.price)
    late = caught_up(plan, history)
    words = np.where(held, np.where(unknown, "unknown", np.where(late, "catch_up", "marked")), "")
    cash = np.full((len(plan), 1), "marked"), np.full((len(plan), 1), np.datetime64("NaT"), dtype="datetime64[D]")
    words, since = np.hstack([words, cash[0]]), np.hstack([history.lines.since, cash[1]])
    return [word or None for word in words.ravel().tolist()], since.ravel()
