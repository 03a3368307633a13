"""What the book binds and how fast it can be closed: face, margin after the worst scenario, days to liquidate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from desk.arrays import FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.portfolio.pricing import Quotes
from desk.risk.positions import Positions
from desk.risk.stress import Scenario
from desk.transforms.market_depth import Depth


def placed_values(
    positions: Positions,
    quotes: Quotes,
    scenarios: Sequence[Scenario],
    depth: Depth,
    parameters: DeskParameters,
) -> dict[str, FloatArray]:
    """By limit, what is held against it (R,); NaN where it is unknown.

    `quotes` and `depth` of one contract (R, N). A scenario that is not priced, or not known yet on a row, is
    left out of the worst; without any the worst is unknown. A book without contracts loses and binds nothing.
    """
    worst = worst_loss(positions, scenarios)
    return {
        "gross_leverage": held_sum(positions.contracts, quotes.exposure) / positions.nav,
        "gross_face": held_sum(positions.contracts, quotes.value) / positions.nav,
        "worst_scenario": worst,
        "stressed_margin": margin(positions.contracts, quotes, parameters) / positions.nav + worst,
        "days_to_liquidate": days_to_liquidate(positions.contracts, depth.volume, parameters),
        "open_interest": largest_share(positions.contracts, depth.open_interest),
    }


def held_sum(contracts: FloatArray, unit: FloatArray) -> FloatArray:
    """The sum of the sizes of what is held (R,), `unit` (R, N) of one contract; NaN where a held line's is unknown."""
    return np.asarray(np.where(contracts != 0, np.abs(contracts * unit), 0.0).sum(axis=1))


def margin(contracts: FloatArray, quotes: Quotes, parameters: DeskParameters) -> FloatArray:
    """BRL (R,), each line by itself at the catalogue's rate."""
    rates = np.array([item.margin_rate for item in parameters.instruments])
    return held_sum(contracts, quotes.value * rates)


def worst_loss(positions: Positions, scenarios: Sequence[Scenario]) -> FloatArray:
    """The largest loss of any scenario, as a fraction of NAV (R,), at least zero."""
    totals = np.stack(
        [np.where(positions.rows >= one.known_from, one.pnl.sum(axis=1), np.nan) for one in scenarios], axis=1
    )
    known = np.isfinite(totals).any(axis=1)
    least = np.where(np.isfinite(totals), totals, np.inf).min(axis=1)
    return np.where(known, np.maximum(-np.where(known, least, 0.0), 0.0) / positions.nav, np.nan)


def days_to_liquidate(contracts: FloatArray, volume: FloatArray, parameters: DeskParameters) -> FloatArray:
    """Sessions (R,) in which the slowest line can be closed at the desk's share of its volume.

    Of the lines whose market is stored; what is dealt by dealers or abroad has none. NaN where it is stored of no line
    that is held, and where one is held that nobody has traded; zero for a book without contracts.
    """
    return largest_share(contracts, volume * parameters.risk.liquidity.share_of_volume)


def largest_share(contracts: FloatArray, market: FloatArray) -> FloatArray:
    """The largest line over the size of its market (R,), both (R, N), of the lines whose market is stored.

    NaN where it is stored of no line that is held, and where one is held whose market is empty; zero for a book without
    contracts.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.abs(contracts) / market
    held = contracts != 0
    measured, stuck = np.isfinite(shares) & held, (market == 0) & held
    largest = np.where(measured, shares, 0.0).max(axis=1)
    return np.where((measured.any(axis=1) | ~held.any(axis=1)) & ~stuck.any(axis=1), largest, np.nan)
