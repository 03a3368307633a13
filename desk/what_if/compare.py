"""A decided book and the same book with orders more: P&L by scenario, VaR and ES, limits, margin, cost.

Both books are measured at once, as two rows on the decision's day, by the functions of the risk pass, so that what
differs is the orders. Nothing of the past changes by an order: drawdown and losses are those of the decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import MissingInput
from desk.model import desk_day
from desk.portfolio.contract_terms import Terms, terms_of
from desk.portfolio.costs import unit_cost
from desk.portfolio.market_levels import USDBRL, Market, read_market
from desk.portfolio.price_inputs import PriceInputs
from desk.portfolio.pricing import Quotes, quote_market
from desk.risk import tail
from desk.risk.components import component_var
from desk.risk.dv01 import deltas, dv01_ladder, ladder_index
from desk.risk.limits import limit_status, limit_values
from desk.risk.liquidity import margin, placed_values
from desk.risk.positions import Positions
from desk.risk.reverse_stress import reverse_scenario, reverse_stress
from desk.risk.risk_pass import COMPONENT_LEVEL
from desk.risk.stress import run_stress
from desk.risk.tail_history import LEVELS, tail_history, tail_metrics
from desk.risk.var_method import headline_of
from desk.transforms.market_depth import depth_of
from desk.units import DAYS_PER_YEAR
from desk.what_if.orders import Order
from desk.what_if.result import DecidedBook, Figure, LimitUse, OrderEffect, Scenario, WhatIf

BOTH = 2
OF_THE_PAST = ("drawdown", "daily_loss", "five_day_loss", "strategy_daily_loss")
"""Limits that no order changes."""
DIFFERENT = 1e-6
"""A share of VaR by which the measured book may differ from the stored one before it is said."""
Pair = tuple[float | None, float | None]


def compare(
    values: pl.DataFrame,
    book: DecidedBook,
    orders: Sequence[Order],
    parameters: DeskParameters,
    archive: pl.DataFrame | None = None,
    prices: PriceInputs | None = None,
) -> WhatIf:
    """`values`: the wide panel up to the decision's day, with the window of VaR before it; `archive` and
    `prices` as in run_risk.

    Raises MissingInput naming what the panel lacks, or a contract that has no price.
    """
    market = read_market(values, prices)
    older = None if archive is None or archive.is_empty() else read_market(archive)
    lines = _Lines.of(book, orders, parameters)
    terms = terms_of(lines.parameters.instruments)
    positions = lines.positions(market, book)
    quotes = quote_market(terms, market, positions.maturity, positions.rows)
    lines.require_prices(quotes)
    history = tail_history(terms, market, positions, lines.parameters)
    metrics = tail_metrics(history, positions.nav, parameters.risk)
    quantile = float(tail.normal_var(1.0, COMPONENT_LEVEL))
    deviation = component_var(positions.contracts, history.matrix, quantile).component / quantile
    deviation = np.where(np.isfinite(history.deviation)[:, None], deviation / positions.nav[:, None], np.nan)
    method = headline_of(book.methods) or parameters.risk.headline
    headline = {name: metrics[name, method] for name in LEVELS}
    scenarios = run_stress(terms, market, positions, lines.parameters, older)
    reverse = reverse_stress(terms, market, positions, lines.parameters)
    days = market.days[positions.rows].tolist()
    known = depth_of(market.inputs.depth, days, positions.contract_id, parameters.risk.liquidity)
    placed = placed_values(positions, quotes, scenarios, known, lines.parameters)
    figures = [
        *(Figure(name, _METRIC_NAMES[name], "share of NAV", *_pair(headline[name])) for name in LEVELS),
        Figure(
            "volatility", "Volatility a year", "share of NAV", *_pair(_volatility(history.deviation, positions.nav))
        ),
        Figure("gross_leverage", "Gross leverage (10y-equivalent)", "x NAV", *_pair(placed["gross_leverage"])),
        Figure("margin", "Margin", "BRL", *_pair(margin(positions.contracts, quotes, lines.parameters))),
        *_sensitivities(terms, market, positions),
        Figure("reverse_stress", "Moves that cost 10% of NAV", "standard deviations", *_pair(reverse.distance)),
    ]
    shown = [*scenarios, reverse_scenario(reverse, lines.parameters)]
    uses = limit_values(positions, headline, deviation, placed, lines.parameters)
    dealt = lines.dealt(quotes, unit_cost(lines.parameters, terms, quotes, market.levels.spots[positions.rows, USDBRL]))
    costs = [one.cost_brl for one in dealt]
    return WhatIf(
        nav_brl=float(positions.nav[0]),
        orders=tuple(dealt),
        cost_brl=None if None in costs else round(sum(cost or 0.0 for cost in costs), 2),
        figures=tuple(figures),
        limits=tuple(_limit_uses(book, uses, parameters)),
        scenarios=tuple(
            Scenario(one.id, one.names[-1], *_pair(one.pnl.sum(axis=1)))
            for one in shown
            if one.known_from <= positions.rows[0]
        ),
        notes=(*(order.note for order in orders if order.note), *_unlike_stored(book, headline, method)),
    )


_METRIC_NAMES = {
    "var_95": "VaR 95%, one day",
    "var_99": "VaR 99%, one day",
    "es_95": "Expected shortfall 95%, one day",
    "es_975": "Expected shortfall 97.5%, one day",
}


@dataclass(frozen=True)
class _Lines:
    """The book's lines and those that the orders add, in the order of `parameters.instruments`."""

    parameters: DeskParameters
    rows: Mapping[str, Mapping[str, object]]
    orders: tuple[Order, ...]

    @classmethod
    def of(cls, book: DecidedBook, orders: Sequence[Order], parameters: DeskParameters) -> _Lines:
        """Raises MissingInput for an instrument without a row of target_position."""
        known = set(parameters.instrument_ids)
        new = {order.instrument.id: order.instrument for order in orders if order.instrument.id not in known}
        rows = {row["instrument_id"]: row for row in book.targets.iter_rows(named=True)}
        added = {
            order.instrument.id: {"contracts": 0, "maturity": order.maturity, "contract_id": order.contract_id}
            for order in orders
            if order.instrument.id in new
        }
        missing = [name for name in parameters.instrument_ids if name not in rows]
        if missing:
            raise MissingInput(f"target_position lacks {missing[0]}")
        whole = replace(parameters, instruments=(*parameters.instruments, *new.values()))
        return cls(whole, {**rows, **added}, tuple(orders))

    def contracts(self) -> FloatArray:
        """Before and after (2, N)."""
        names = self.parameters.instrument_ids
        before = np.array([float(self.rows[name]["contracts"] or 0) for name in names])  # type: ignore[arg-type]
        change = np.zeros(len(names))
        for order in self.orders:
            change[names.index(order.instrument.id)] += order.change
        return np.stack([before, before + change])

    def positions(self, market: Market, book: DecidedBook) -> Positions:
        """Two rows on the decision's day: before, after. Raises MissingInput where the panel lacks that day."""
        state = book.state.row(0, named=True)
        day = desk_day(state["as_of"])
        row = int(np.searchsorted(market.days, np.datetime64(day)))
        if row == len(market) or market.days[row] != np.datetime64(day):
            raise MissingInput(f"the panel lacks {day}, the day of the book")
        maturity = np.array([self.rows[name]["maturity"] for name in self.parameters.instrument_ids], "datetime64[D]")

        names = np.array([str(self.rows[name]["contract_id"] or "") for name in self.parameters.instrument_ids])

        def twice(name: str) -> FloatArray:
            return np.full(BOTH, np.nan if state[name] is None else float(state[name]))

        return Positions(
            as_of=pl.Series([state["as_of"]] * BOTH),
            rows=np.full(BOTH, row, dtype=np.intp),
            contracts=self.contracts(),
            maturity=np.stack([maturity] * BOTH),
            contract_id=np.stack([names] * BOTH),
            nav=twice("nav_brl"),
            drawdown=twice("drawdown"),
            returns=twice("return_1d"),
            five_day_loss=np.full(BOTH, np.nan),
            strategy_loss=np.full(BOTH, np.nan),
        )

    def require_prices(self, quotes: Quotes) -> None:
        """Raises MissingInput for an ordered contract without a price."""
        for order in self.orders:
            if not np.isfinite(quotes.value[0, self.parameters.instrument_ids.index(order.instrument.id)]):
                raise MissingInput(
                    f"{order.contract_id} has no price on this decision: a level that it is priced off is unknown, or"
                    " its maturity lies beyond the last vertex of its curve"
                )

    def dealt(self, quotes: Quotes, cost: FloatArray) -> list[OrderEffect]:
        """What each order does by itself; the contracts of a line that several move follow each other."""
        names, found = self.parameters.instrument_ids, []
        held = {name: int(row["contracts"] or 0) for name, row in self.rows.items()}  # type: ignore[call-overload]
        for order in self.orders:
            item = order.instrument
            at = names.index(item.id)
            before = held[item.id]
            held[item.id] = before + order.change
            added = abs(held[item.id]) - abs(before)
            found.append(
                OrderEffect(
                    order=order,
                    contracts_before=before,
                    contracts_after=held[item.id],
                    cost_brl=_number(round(abs(order.change) * cost[0, at], 2)),
                    margin_brl=_number(added * abs(quotes.value[0, at]) * item.margin_rate),
                    dv01_brl=_number(order.change * quotes.dv01[0, at]),
                    price=_number(quotes.price[0, at]),
                    rate=_number(quotes.rate[0, at]) if item.quoted_in_rate else None,
                )
            )
        return found


def _volatility(deviation: FloatArray, nav: FloatArray) -> FloatArray:
    return np.asarray(deviation * np.sqrt(DAYS_PER_YEAR) / nav)


def _number(value: float) -> float | None:
    return float(value) + 0.0 if np.isfinite(value) else None


def _pair(values: FloatArray) -> Pair:
    return _number(values[0]), _number(values[1])


def _sensitivities(terms: Terms, market: Market, positions: Positions) -> list[Figure]:
    """DV01 of each curve, the exposures to the dollar and the Ibovespa, and the spread's."""
    curves, _ = ladder_index()
    found = np.concatenate([dv01_ladder(terms, market, positions), deltas(terms, market, positions)], axis=1)
    figures = []
    for curve in dict.fromkeys(curves):
        total = found[:, [at for at, name in enumerate(curves) if name == curve]].sum(axis=1)
        name, unit = _SENSITIVITIES[curve]
        figures.append(Figure(f"dv01_{curve.lower()}", name, unit, *_pair(total)))
    return figures


_SENSITIVITIES = {
    "PRE": ("DV01, nominal curve (+ gains when it falls)", "BRL/bp"),
    "REAL": ("DV01, real curve", "BRL/bp"),
    "CUPOM": ("DV01, cupom", "BRL/bp"),
    "UST": ("DV01, Treasuries", "BRL/bp"),
    "FX": ("Dollar, gain when it rises by 0.01%", "BRL/bp"),
    "EQUITY": ("Ibovespa, gain when it rises by 0.01%", "BRL/bp"),
    "SPREAD": ("Sovereign spread, gain when it falls", "BRL/bp"),
}


def _limit_uses(book: DecidedBook, values: Mapping[str, FloatArray], parameters: DeskParameters) -> list[LimitUse]:
    stored = {row["limit_id"]: row for row in book.limits.iter_rows(named=True)}
    found = []
    for name, limit in parameters.limits.limits.items():
        if name in OF_THE_PAST:
            value = stored[name]["value"] if name in stored else None
            pair: Pair = (value, value)
        else:
            pair = _pair(values[name]) if name in values else (None, None)
        colours = [limit_status(one, limit, parameters.limits)[1] for one in pair]
        found.append(LimitUse(name, limit.name, limit.threshold, *pair, *colours))
    return found


def _unlike_stored(book: DecidedBook, headline: Mapping[str, FloatArray], method: str) -> list[str]:
    """Says where the book as measured now is not what the decision stored: the code or its parameters are others."""
    rows = book.metrics.filter(pl.col("metric") == "var_95", pl.col("method") == method)
    stored = rows["value"][0] if rows.height else None
    now = _number(headline["var_95"][0])
    if stored is None or now is None or abs(now - stored) <= DIFFERENT * max(abs(stored), abs(now)):
        return []
    return [f"VaR 95% of the decision is stored as {stored:.4%} and is {now:.4%} as measured here"]
