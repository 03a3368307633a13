"""Which inputs the book's prices rest on by day: their source, their session, and what other sources say of it.

Everything is read off the panel, which has made the choice between sources; nothing is chosen here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from desk import calendars
from desk.arrays import BoolArray, FloatArray, IntArray
from desk.calendars import Days
from desk.catalog import Catalog, load_catalog
from desk.catalog.defence import PRICE_GROUPS, load_defence
from desk.catalog.desk_parameters import Instrument, InstrumentKind, load_desk_parameters
from desk.catalog.fallbacks import LONG_VERTICES, VERTICES, load_fallbacks
from desk.point_in_time.as_of_grid import NAT
from desk.portfolio.own_prices import OwnPrices, no_own_prices, read_own_prices
from desk.transforms.input_receipts import input_datasets
from desk.transforms.market_depth import DEPTH_SCHEMA
from desk.transforms.maturities import SourceCurve
from desk.transforms.panel import Panel

Names = npt.NDArray[np.str_]
GROUP_COLUMNS: dict[str, tuple[str, ...]] = {
    "pre": tuple(f"pre_{bd}" for bd in VERTICES),
    "real": tuple(f"real_{bd}" for bd in VERTICES),
    "real_long": tuple(f"real_{bd}" for bd in LONG_VERTICES),
    "cupom": tuple(f"cupom_{bd}" for bd in VERTICES),
    "ust": tuple(f"ust_{bd}" for bd in VERTICES),
    **{name: (name,) for name in ("usdbrl", "ibovespa", "ipca_index_pro_rata", "usd_short_rate")},
}
"""Group of PRICE_GROUPS -> the panel's columns that it brings."""
NEEDS: dict[InstrumentKind, tuple[str, ...]] = {
    "pre_pu": ("pre",),
    "real_pu": ("real", "ipca_index_pro_rata"),
    "fx_forward": ("usdbrl", "pre", "usd_short_rate"),
    "equity_forward": ("ibovespa", "pre"),
    "cupom_pu": ("cupom", "usdbrl", "usd_short_rate"),
    "ipca_bond": ("real", "ipca_index_pro_rata"),
    "par_bond": ("ust", "usdbrl", "usd_short_rate"),
    "spread": ("cupom", "ust", "usdbrl"),
}
"""Kind -> the groups that its price, and its P&L in BRL, rest on."""
OWN_NEEDS: dict[InstrumentKind, tuple[str, ...]] = {
    "real_pu": ("ipca_index_pro_rata",),
    "ipca_bond": ("ipca_index_pro_rata",),
}
"""Kind -> the groups that its price in BRL rests on where it is marked at its own price; none for the others."""
LONGEST_LISTED = np.timedelta64(3650, "D")
"""A bond that has more than the ten years of VERTICES left is priced at the long vertices too."""
LONG_TENOR = 120
"""Months: a contract of this constant maturity may lie beyond the ten-year vertex."""
SOURCE_NAME = "U48"


@dataclass(frozen=True)
class SourceLevels:
    """What one source says of a group: `source` (T,) its input id, empty where it has nothing; `values` (T, K) at the
    group's columns; `sessions` (T,)."""

    source: Names
    values: FloatArray
    sessions: Days


@dataclass(frozen=True)
class PriceInputs:
    """By day (T) and group (G, in the order of PRICE_GROUPS): `sources` the input id that was used (empty for none),
    `sessions` its obs_date, `ages` the business days since then (-1 where unknown), `current` whether that is the
    newest there can be. `others`: group -> its sources. `own`: what single contracts were settled at. `depth`:
    DEPTH_SCHEMA rows, how much of each contract there is, by day."""

    sources: Names
    sessions: Days
    ages: IntArray
    current: BoolArray
    own: OwnPrices
    others: Mapping[str, tuple[SourceLevels, ...]] = field(default_factory=dict)
    depth: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DEPTH_SCHEMA))

    def __getitem__(self, rows: slice) -> PriceInputs:
        others = {
            group: tuple(SourceLevels(one.source[rows], one.values[rows], one.sessions[rows]) for one in found)
            for group, found in self.others.items()
        }
        known = self.sources[rows], self.sessions[rows], self.ages[rows], self.current[rows]
        return PriceInputs(*known, self.own[rows], others, self.depth)

    def level_of(self, group: str, source: str, row: int, session: np.datetime64) -> FloatArray | None:
        """What `source` says on a row of the group's columns (K,) for one session; None where it has none of it."""
        for one in self.others.get(group, ()):
            if one.source[row] == source and one.sessions[row] == session:
                return np.asarray(one.values[row])
        return None


def all_current(days: int) -> PriceInputs:
    """Inputs of which nothing is known but that they are current."""
    shape = (days, len(PRICE_GROUPS))
    sources, never = np.full(shape, "", dtype=SOURCE_NAME), np.full(shape, NAT)
    ages, current = np.full(shape, -1, dtype=np.int64), np.ones(shape, dtype=np.bool_)
    return PriceInputs(sources, never, ages, current, no_own_prices(days))


def line_needs(instruments: Sequence[Instrument], days: Days) -> BoolArray:
    """Which groups the price of each instrument rests on (T, N, G)."""
    static = np.array([[group in NEEDS[item.kind] for group in PRICE_GROUPS] for item in instruments])
    needs = np.repeat(static[None], len(days), axis=0)
    place = PRICE_GROUPS.index("real_long")
    for column, item in enumerate(instruments):
        if item.maturity is not None:
            needs[:, column, place] = np.datetime64(item.maturity, "D") - days > LONGEST_LISTED
        elif item.kind == "real_pu" and (item.tenor_months or 0) >= LONG_TENOR:
            needs[:, column, place] = True
    return needs


def own_needs(instruments: Sequence[Instrument]) -> BoolArray:
    """Which groups the price of each instrument rests on (N, G) where it is marked at its own price."""
    return np.array([[group in OWN_NEEDS.get(item.kind, ()) for group in PRICE_GROUPS] for item in instruments])


def price_columns(instrument: Instrument, day: dt.date) -> tuple[str, ...]:
    """The panel's columns that the price of the instrument rests on."""
    needs = line_needs([instrument], np.array([day], dtype="datetime64[D]"))[0, 0]
    return tuple(name for at, group in enumerate(PRICE_GROUPS) if needs[at] for name in GROUP_COLUMNS[group])


def read_price_inputs(panel: Panel) -> PriceInputs:
    """The inputs behind the panel's price columns."""
    catalog, limits = load_catalog(), load_defence().price_age
    shape = (len(panel.days), len(PRICE_GROUPS))
    sources, sessions = np.full(shape, "", dtype=SOURCE_NAME), np.full(shape, NAT)
    ages, current = np.full(shape, -1, dtype=np.int64), np.zeros(shape, dtype=np.bool_)
    days = panel.values["day"].to_numpy().astype("datetime64[D]")
    for place, group in enumerate(PRICE_GROUPS):
        sources[:, place], sessions[:, place] = _used(panel, GROUP_COLUMNS[group])
        ages[:, place] = _ages(sources[:, place], sessions[:, place], days, catalog)
        current[:, place] = (ages[:, place] >= 0) & (ages[:, place] <= limits[group])
    own = read_own_prices(panel.settled, days, load_desk_parameters().instruments)
    return PriceInputs(sources, sessions, ages, current, own, _others(panel), panel.depth)


def _used(panel: Panel, columns: Sequence[str]) -> tuple[Names, Days]:
    """The input id and the obs_date behind the first known column of each day."""
    numbers = np.stack([panel.provenance.columns[name].inputs for name in columns])
    dates = np.stack([panel.obs_dates[name].to_numpy().astype("datetime64[D]") for name in columns])
    at = np.argmax(numbers > 0, axis=0), np.arange(numbers.shape[1])
    return _first_ids(panel)[numbers[at]], dates[at]


def _first_ids(panel: Panel) -> Names:
    """The first input id of each tuple of the panel; the others (a survey beside an index) are no source of a price."""
    return np.array([inputs[0] if inputs else "" for inputs in panel.provenance.inputs], dtype=SOURCE_NAME)


def _ages(sources: Names, sessions: Days, days: Days, catalog: Catalog) -> IntArray:
    """Business days of the source's calendar from the session to the day; -1 where nothing is known."""
    age, datasets = np.full(len(days), -1, dtype=np.int64), input_datasets(catalog)
    for source in np.unique(sources[(sources != "") & ~np.isnat(sessions)]):
        rows = (sources == source) & ~np.isnat(sessions)
        calendar = calendars.by_name(catalog.datasets[datasets[str(source)]].calendar)
        age[rows] = np.maximum(calendar.count_array(sessions[rows], days[rows]), 0)
    return age


def _others(panel: Panel) -> dict[str, tuple[SourceLevels, ...]]:
    found = {name: tuple(_of_curve(one) for one in curves) for name, curves in panel.curve_sources.items()}
    ids = _first_ids(panel)
    for spec in load_fallbacks().columns:
        if spec.name in PRICE_GROUPS:
            found[spec.name] = tuple(
                SourceLevels(
                    ids[panel.provenance.columns[name].inputs],
                    panel.array(name)[:, None],
                    panel.obs_dates[name].to_numpy().astype("datetime64[D]"),
                )
                for name in spec.candidates
            )
    return found


def _of_curve(curve: SourceCurve) -> SourceLevels:
    names = np.where(np.isnat(curve.obs_dates), "", curve.input_id).astype(SOURCE_NAME)
    return SourceLevels(names, curve.rates, curve.obs_dates)
