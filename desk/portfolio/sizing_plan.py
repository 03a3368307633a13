"""The plan of each day: every strategy's package in contracts per BRL of NAV, within the limits, before lots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np

from desk.arrays import BoolArray, FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import BadInput
from desk.portfolio.combine import combine
from desk.portfolio.contract_measures import measure_contracts
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.contracts import ContractMap, map_contracts
from desk.portfolio.costs import unit_cost
from desk.portfolio.covariance import pull, quadratic_form
from desk.portfolio.market_levels import USDBRL, Market
from desk.portfolio.package_limits import ContractUses, LimitedBook, limit_packages
from desk.portfolio.packages import PackageTerms, unit_packages
from desk.portfolio.pricing import Quotes
from desk.units import DAYS_PER_YEAR


@dataclass(frozen=True)
class SizingPlan:
    """What each row (R) would hold of each package (S) in contracts of each instrument (N), per BRL of NAV. NaN where
    unknown. `market`: the rows; they begin at row `first` of `whole_market`, which has those before them too.

    `conviction` (R, S), zero for no view; `requested_risk` (R, S) what it asks for of the package alone, a year, and
    `requested` (R,) of all; `alone` (R, S, N) the packages before the book is scaled to anything; `limited` those
    within the limits; `packages` (R, S, N) the same, NaN for one whose view cannot be formed. `risk_weight` (R, N) is
    each line's signed share of target risk; `volatility` BRL a day per contract; `uses` what one contract uses of the
    limits; `unit_cost` BRL to trade one contract; `largest_order` (R, 2, N) contracts that the gate lets one order be;
    `aversion` (R,) the risk aversion at which that book is the best one;
    `sizing` by row the method, and the packages that cannot be formed.
    """

    terms: tuple[PackageTerms, ...]
    market: Market
    whole_market: Market
    first: int
    contracts: ContractMap
    quotes: Quotes
    volatility: FloatArray
    uses: ContractUses
    conviction: FloatArray
    requested_risk: FloatArray
    requested: FloatArray
    alone: FloatArray
    limited: LimitedBook
    packages: FloatArray
    risk_weight: FloatArray
    unit_cost: FloatArray
    largest_order: FloatArray
    aversion: FloatArray
    sizing: Sequence[str]

    def __len__(self) -> int:
        return len(self.market)

    @property
    def matrix(self) -> FloatArray:
        """The covariance (R, N, N) of one contract of each instrument, BRL a day."""
        return self.uses.matrix

    def with_limited(self, limited: LimitedBook, target_volatility: float) -> SizingPlan:
        """The plan with other limited sizes of its rows."""
        packages = np.where(np.isnan(self.packages), np.nan, limited.per_brl)
        weight = _risk_weight(limited.per_brl.sum(axis=1), self.matrix, target_volatility)
        return replace(self, limited=limited, packages=packages, risk_weight=weight)

    def __getitem__(self, rows: slice) -> SizingPlan:
        cut = {
            field.name: getattr(self, field.name)[rows]
            for field in fields(self)
            if field.name not in ("terms", "whole_market", "first", "quotes", "contracts", "limited", "uses")
        }
        return replace(
            self,
            first=self.first + rows.indices(len(self))[0],
            contracts=_cut(self.contracts, rows),
            quotes=_cut(self.quotes, rows),
            limited=self.limited[rows],
            uses=self.uses[rows],
            **cut,
        )


_Record = TypeVar("_Record", ContractMap, Quotes)


def _cut(record: _Record, rows: slice) -> _Record:
    return type(record)(*(getattr(record, field.name)[rows] for field in fields(record)))


def plan_book(
    market: Market,
    conviction: FloatArray,
    packages: Sequence[PackageTerms],
    parameters: DeskParameters,
    first: int,
    contracts: ContractMap | None = None,
) -> SizingPlan:
    """The plan of the rows from `first` on; `conviction` (T, S) covers the whole market, NaN for no view. `contracts`:
    of those rows, where they are not the ones that the calendar maps.

    Raises BadInput for a conviction outside [-1, 1], or a covariance that is not finite.
    """
    rules, terms = parameters.portfolio, terms_of(parameters.instruments)
    if (np.abs(conviction) > 1.0 + 1e-9).any():
        raise BadInput("a conviction lies outside [-1, 1]")
    part = market[first:]
    contracts = contracts or map_contracts(parameters.instruments, part.days)
    found = measure_contracts(market, np.arange(first, len(market)), contracts, parameters)
    quotes, matrix = found.quotes, found.uses.matrix
    view = np.nan_to_num(conviction[first:])
    view = np.where(np.abs(view) >= rules.dead_band, view, 0.0)
    sized_by = np.where(found.unseen, np.nan, found.volatility)
    unit = unit_packages(packages, np.sign(view), quotes, sized_by, matrix, parameters)
    unformed = np.asarray(np.isnan(unit).any(axis=2))
    usable = np.where(unformed, 0.0, view)
    book = combine(usable, np.nan_to_num(unit), matrix, packages, rules)
    limited = limit_packages(book.per_brl, found.uses, parameters)
    kept = np.where(book.requested > 0, limited.volatility / np.where(book.requested > 0, book.requested, 1.0), 1.0)
    return SizingPlan(
        terms=tuple(packages),
        market=part,
        whole_market=market,
        first=first,
        contracts=contracts,
        quotes=quotes,
        volatility=found.volatility,
        uses=found.uses,
        conviction=view,
        requested_risk=_alone(book.per_brl, matrix),
        requested=book.requested,
        alone=book.alone,
        limited=limited,
        packages=np.where(unformed[:, :, None], np.nan, limited.per_brl),
        risk_weight=_risk_weight(limited.per_brl.sum(axis=1), matrix, rules.target_volatility),
        unit_cost=unit_cost(parameters, terms, quotes, part.levels.spots[:, USDBRL]),
        largest_order=found.largest_order,
        aversion=rules.sharpe_assumed / rules.target_volatility / np.where(kept > 0, kept, 1.0),
        sizing=_sizing(rules.method, unformed, packages),
    )


def package_risk(legs: FloatArray, matrix: FloatArray) -> FloatArray:
    """Standard deviation a day (S,) of packages (S, N) by the covariance (N, N) of one contract."""
    return np.asarray(np.sqrt(np.maximum(((legs @ matrix) * legs).sum(axis=1), 0.0)))


def _alone(per_brl: FloatArray, matrix: FloatArray) -> FloatArray:
    """Volatility a year (R, S) of each package by itself."""
    daily = np.stack([package_risk(*row) for row in zip(per_brl, matrix, strict=True)])
    return np.asarray(daily * np.sqrt(DAYS_PER_YEAR))


def _risk_weight(lines: FloatArray, matrix: FloatArray, target_volatility: float) -> FloatArray:
    """Each line's part (R, N) of the target's standard deviation, with the sign of its side."""
    daily = np.sqrt(np.maximum(quadratic_form(lines, matrix), 0.0))
    target = target_volatility / np.sqrt(DAYS_PER_YEAR)
    share = lines * pull(lines, matrix) / np.where(daily > 0, daily * target, 1.0)[:, None]
    return np.asarray(np.abs(share) * np.sign(lines))


def _sizing(method: str, unformed: BoolArray, packages: Sequence[PackageTerms]) -> list[str]:
    """By row: the method, and the packages with a view that cannot be formed."""
    names = []
    for row in unformed:
        missing = [terms.id for terms, gone in zip(packages, row, strict=True) if gone]
        names.append(method + (f", without {' '.join(missing)}" if missing else ""))
    return names
