"""The market levels and curves of a decision, against a week and a month ago."""

from __future__ import annotations

from dataclasses import dataclass

from reports.calculations.levels import Level, levels_of
from reports.elements.quotes import QUOTES, Quote
from reports.elements.report_data import ReportData, once_per_report

MOMENTS = (("today", 0), ("a week ago", 7), ("a month ago", 30))
"""(name, calendar days back) of the curves."""


@dataclass(frozen=True)
class MarketView:
    """The levels of QUOTES at the decision; `unknown` lists those without a value.

    Curves are (tenor_bd, annual rate as a fraction), shortest tenor first, by the names in MOMENTS.
    """

    levels: tuple[tuple[Quote, Level], ...]
    unknown: tuple[Quote, ...]
    pre: dict[str, list[tuple[int, float]]]
    real: dict[str, list[tuple[int, float]]]
    breakeven: dict[str, list[tuple[int, float]]]
    ust: dict[str, list[tuple[int, float]]]
    cupom: dict[str, list[tuple[int, float]]]

    def level(self, name: str) -> Level | None:
        """The level of a quote by its display name; None where it is not known."""
        return next((level for quote, level in self.levels if quote.name == name), None)


@once_per_report
def market_view(data: ReportData) -> MarketView:
    """The market at the decision: levels, and curves at each of MOMENTS."""
    levels = levels_of(data)
    found = [(quote, levels.get(quote.feature)) for quote in QUOTES]
    pre = {name: levels.curve("pre", back) for name, back in MOMENTS}
    real = {name: levels.curve("real", back) for name, back in MOMENTS}
    return MarketView(
        levels=tuple((quote, level) for quote, level in found if level is not None),
        unknown=tuple(quote for quote, level in found if level is None),
        pre=pre,
        real=real,
        breakeven={name: breakeven(pre[name], real[name]) for name, _ in MOMENTS},
        ust={name: levels.curve("ust", back) for name, back in MOMENTS},
        cupom={name: levels.curve("cupom", back) for name, back in MOMENTS},
    )


def breakeven(pre: list[tuple[int, float]], real: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """(1 + pre) / (1 + real) - 1 at the tenors that both curves have; fractions per year."""
    nominal = dict(pre)
    return [(bd, (1.0 + nominal[bd]) / (1.0 + rate) - 1.0) for bd, rate in real if bd in nominal]
