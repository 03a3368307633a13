"""What each contract itself was settled at, by decision: B3's settlement of a future, the rate of a bond.

A line is marked at its own price where the session that the decision values at has one, else at the curve. An NTN-B has
the rate that ANBIMA gives for it, else the one of Tesouro Direto; its nominal value is the desk's, as that of a DAP.
There is no own price of FRC (B3's report has the DDI, whose settlement carries the dollar of the day before), nor of
Treasury futures and the sovereign spread (no source).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import polars as pl

from desk.arrays import BoolArray, FloatArray, IntArray, RowIndex
from desk.calendars import Days
from desk.catalog.desk_parameters import Instrument, InstrumentKind
from desk.portfolio.contracts import MONTH_LETTERS, business_days, maturities_of, paid_on, valuation_days
from desk.transforms import bonds
from desk.units import DAYS_PER_YEAR

MARK_SOURCES = ("curve", "settlement", "anbima", "tesouro_direto")
"""What a line may be marked at; a number of `OwnPrices` is a place here. Of the own ones the first that is there."""
CURVE, SETTLEMENT, ANBIMA, TESOURO_DIRETO = range(4)
OWN = (SETTLEMENT, ANBIMA, TESOURO_DIRETO)
RATE_KINDS: tuple[InstrumentKind, ...] = ("pre_pu", "real_pu")
SETTLED_KINDS: tuple[InstrumentKind, ...] = (*RATE_KINDS, "fx_forward", "equity_forward")
_FUTURE = re.compile(rf"([A-Z0-9]{{2,3}})([{MONTH_LETTERS}])(\d\d)")
_BOND = re.compile(r"(ANBIMA|TD):(NTN-B)_(\d{4}-\d\d-\d\d)")
_ISSUERS = {"ANBIMA": ANBIMA, "TD": TESOURO_DIRETO}
_MATURITY_BITS, _SOURCE_BITS = 17, 2
Kept = Mapping[tuple[int, str, np.datetime64], tuple[int, float]]


@dataclass(frozen=True)
class OwnPrices:
    """Own prices of contracts on rows of decision days.

    A price is in the unit that one contract counts: unit price of DI1 and DAP, BRL per USD 1,000, index points, and an
    NTN-B's share of its nominal value. `keys` (E,) ascending, with `prices` (E,): of (row, root, maturity, source).
    `kept`: (row, root, maturity) -> the source and price that a stored book was marked at, whatever is known now;
    `by_curve`: rows of which a stored book knew no own price.
    """

    keys: IntArray
    prices: FloatArray
    roots: tuple[str, ...]
    rows: int
    first: int = 0
    kept: Kept = field(default_factory=dict)
    by_curve: frozenset[int] = frozenset()

    def __getitem__(self, rows: slice) -> OwnPrices:
        start, stop, _ = rows.indices(self.rows)
        return replace(self, rows=stop - start, first=self.first + start)

    def of(self, source: IntArray, rows: RowIndex, roots: tuple[str, ...], maturity: Days) -> FloatArray:
        """What `source` (M, N) says on the rows (M,) of the contracts of the roots (N,) that end at `maturity` (M, N);
        NaN where it says nothing."""
        if not len(self.keys):
            return np.full(maturity.shape, np.nan)
        contract, known = self._contracts(rows, roots, maturity)
        key = (contract << _SOURCE_BITS) | source
        at = np.minimum(np.searchsorted(self.keys, key), len(self.keys) - 1)
        return np.where(known & (source != CURVE) & (self.keys[at] == key), self.prices[at], np.nan)

    def best(self, rows: RowIndex, roots: tuple[str, ...], maturity: Days) -> tuple[FloatArray, IntArray]:
        """Price (M, N) that each contract is marked at, and its source; NaN and CURVE where it has none of its own."""
        price, source = np.full(maturity.shape, np.nan), np.full(maturity.shape, CURVE, dtype=np.int64)
        if len(self.keys):  # a contract's sources lie together in `keys`, the first to be used before the others
            contract, known = self._contracts(rows, roots, maturity)
            at = np.minimum(np.searchsorted(self.keys, contract << _SOURCE_BITS), len(self.keys) - 1)
            found = known & (self.keys[at] >> _SOURCE_BITS == contract)
            price = np.where(found, self.prices[at], np.nan)
            source = np.where(found, self.keys[at] - (contract << _SOURCE_BITS), CURVE)
        absolute = np.asarray(rows) + self.first
        for row in self.by_curve:
            price[absolute == row], source[absolute == row] = np.nan, CURVE
        for (row, root, end), (own, value) in self.kept.items():
            same = (absolute == row)[:, None] & (np.array(roots) == root) & (maturity == end)
            price[same], source[same] = value, own
        return price, source

    def _contracts(self, rows: RowIndex, roots: tuple[str, ...], maturity: Days) -> tuple[IntArray, BoolArray]:
        root = _places(self.roots, roots)
        known = ~np.isnat(maturity) & (root >= 0)
        ends = np.where(known, maturity, np.datetime64(0, "D")).astype(np.int64)
        row = np.asarray(rows, dtype=np.int64)[:, None] + self.first
        return _contract_key(row, root, ends, len(self.roots)), known

    def keeping(self, row: int, kept: Mapping[tuple[str, np.datetime64], tuple[int, float]] | None) -> OwnPrices:
        """With the marks that a stored book made on a row; None: a release that marked at the curve alone."""
        at = row + self.first
        if kept is None:
            return replace(self, by_curve=self.by_curve | {at})
        return replace(self, kept={**self.kept, **{(at, *contract): mark for contract, mark in kept.items()}})


def no_own_prices(rows: int) -> OwnPrices:
    """Where every contract is marked at the curve."""
    return OwnPrices(np.array([], dtype=np.int64), np.array([]), (), rows)


@lru_cache(maxsize=16)
def _places(roots: tuple[str, ...], names: tuple[str, ...]) -> IntArray:
    return np.array([roots.index(name) if name in roots else -1 for name in names], dtype=np.int64)


def _contract_key(row: IntArray, root: IntArray, maturity: IntArray, roots: int) -> IntArray:
    return np.asarray(((row * roots + root) << _MATURITY_BITS) | maturity, dtype=np.int64)


def read_own_prices(settled: pl.DataFrame, days: Days, instruments: Sequence[Instrument]) -> OwnPrices:
    """Of the instruments' contracts and bonds on the decision days (T,). `settled`: SETTLED_SCHEMA."""
    roots = tuple(sorted({item.root for item in instruments}))
    names = settled["contract_id"].unique().sort().to_list()
    known = {name: found for name in names if (found := _contract(name, instruments)) is not None}
    rows = settled.filter(pl.col("contract_id").is_in(list(known)))
    if rows.is_empty():
        return no_own_prices(len(days))
    contracts = [known[name] for name in rows["contract_id"].to_list()]
    ends = np.array([one.paid for one in contracts], dtype="datetime64[D]")
    decided = rows["day"].to_numpy().astype("datetime64[D]")
    price = _prices(contracts, valuation_days(decided), rows["price"].to_numpy(), rows["rate"].to_numpy())
    root = np.array([roots.index(one.root) for one in contracts], dtype=np.int64)
    source = np.array([one.source for one in contracts], dtype=np.int64)
    row = np.searchsorted(days, decided).astype(np.int64)
    key = (_contract_key(row, root, ends.astype(np.int64), len(roots)) << _SOURCE_BITS) | source
    good = np.flatnonzero(np.isfinite(price) & (ends >= decided))
    good = good[np.argsort(key[good], kind="stable")]
    return OwnPrices(key[good], price[good], roots, len(days))


@dataclass(frozen=True)
class _Contract:
    """`nominal`: the maturity by its name; `paid`: the business day of it, as in Holdings."""

    root: str
    kind: InstrumentKind
    nominal: np.datetime64
    paid: np.datetime64
    source: int


def _contract(name: str, instruments: Sequence[Instrument]) -> _Contract | None:
    """What an id of the settlement table names; None for what the desk does not trade."""
    if bond := _BOND.fullmatch(name):
        day = np.datetime64(bond[3], "D")
        if not any(item.root == bond[2] and item.maturity == day.item() for item in instruments):
            return None
        return _Contract(bond[2], "ipca_bond", day, paid_on(day), _ISSUERS[bond[1]])
    future = _FUTURE.fullmatch(name)
    kinds = {item.root: item.kind for item in instruments if item.kind in SETTLED_KINDS}
    if future is None or future[1] not in kinds:
        return None
    month = np.datetime64(f"20{future[3]}-{MONTH_LETTERS.index(future[2]) + 1:02d}-01", "D")
    end = maturities_of(future[1], np.array([month]))[0]
    return _Contract(future[1], kinds[future[1]], end, end, SETTLEMENT)


def _prices(contracts: Sequence[_Contract], session: Days, price: FloatArray, rate: FloatArray) -> FloatArray:
    """Own prices (E,): as settled; of what is settled in rate, and has no price, the one that its rate gives."""
    paid = np.array([one.paid for one in contracts], dtype="datetime64[D]")
    in_rate = np.array([one.kind in RATE_KINDS for one in contracts])
    is_bond = np.array([one.kind == "ipca_bond" for one in contracts])
    rate = np.where(rate > -1.0, rate, np.nan)  # also turns an infinite one into no price below
    of_rate = 100_000.0 / (1.0 + rate) ** (business_days(session, paid) / DAYS_PER_YEAR)
    found = np.where(in_rate & ~(price > 0), of_rate, np.where(price > 0, price, np.nan))
    at = np.flatnonzero(is_bond & np.isfinite(rate) & (session < paid))
    found[is_bond] = np.nan
    nominal = np.array([contracts[place].nominal for place in at.tolist()], dtype="datetime64[D]")
    if len(at):
        found[at] = bonds.price(bonds.NTN_B, session[at], nominal, rate[at]) / 100.0
    return found
