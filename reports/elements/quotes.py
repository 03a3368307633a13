"""The levels of the market snapshot: what each line is called, where it is read, and how it is printed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reports.elements.formats import number, percent

Kind = Literal["rate", "price", "points", "usd_million"]


@dataclass(frozen=True, slots=True)
class Quote:
    """What one line of the table shows: one feature, under its market name."""

    name: str
    feature: str
    kind: Kind
    unit: str
    digits: int = 2


QUOTES: tuple[Quote, ...] = (
    Quote("USD/BRL", "usdbrl", "price", "BRL per USD", 4),
    Quote("Ibovespa", "ibovespa", "price", "points", 0),
    Quote("Selic target", "selic_target", "rate", "% a year"),
    Quote("DI 6m", "pre_126", "rate", "% a year"),
    Quote("DI 1y", "pre_252", "rate", "% a year"),
    Quote("DI 2y", "pre_504", "rate", "% a year"),
    Quote("DI 5y", "pre_1260", "rate", "% a year"),
    Quote("DI 10y", "pre_2520", "rate", "% a year"),
    Quote("Real rate 2y", "real_504", "rate", "% a year"),
    Quote("Real rate 5y", "real_1260", "rate", "% a year"),
    Quote("Breakeven 2y", "breakeven_504", "rate", "% a year"),
    Quote("IPCA 12 months", "ipca_12m", "rate", "% a year"),
    Quote("Focus IPCA next 12m", "focus_ipca_12m", "rate", "% a year"),
    Quote("Cupom 1y", "cupom_252", "rate", "% a year"),
    Quote("UST 2y", "ust_504", "rate", "% a year"),
    Quote("UST 10y", "ust_2520", "rate", "% a year"),
    Quote("US high-yield spread", "us_hy_spread", "rate", "% a year"),
    Quote("S&P 500", "spx", "price", "points", 0),
    Quote("VIX", "vix", "points", "points"),
    Quote("Dollar index (DXY)", "dxy", "price", "points"),
    Quote("Dollar, broad (Fed)", "dollar_broad", "price", "points"),
    Quote("Brent", "brent", "price", "USD per barrel"),
    Quote("Iron ore", "iron_ore", "price", "USD per tonne"),
    Quote("Soybean", "soybean", "price", "US cents per bushel", 0),
    Quote("Gold", "gold", "price", "USD per ounce", 0),
    Quote("FX reserves", "reserves", "usd_million", "USD billion", 1),
)

VALUE: dict[Kind, Callable[[float, int], str]] = {
    "rate": lambda value, digits: percent(value, digits),
    "price": lambda value, digits: number(value, digits),
    "points": lambda value, digits: number(value, digits),
    "usd_million": lambda value, digits: number(value / 1000.0, digits),
}
