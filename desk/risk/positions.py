"""The book as the risk pass reads it back from gold: contracts, maturities and NAV by decision day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.arrays import FloatArray, RowIndex
from desk.calendars import Days
from desk.catalog.desk_parameters import DeskParameters
from desk.errors import MissingInput
from desk.gold import PORTFOLIO_STATE, TARGET_POSITION
from desk.portfolio.market_levels import Market

STRATEGY_TABLE = "pnl_by_strategy"
NO_STRATEGY = ("CASH", "COST", "UNATTRIBUTED", "SOURCE_CHANGE")
"""Lines of the table that are not a strategy's."""
FIVE_DAYS = 5


_Lines = tuple[FloatArray, Days, npt.NDArray[np.str_]]


@dataclass(frozen=True)
class Positions:
    """Rows (R) of the book from its first day: `rows` index the market, `contracts`, `maturity` and `contract_id`
    (R, N) are the targets of each decision; `nav`, `drawdown` and `returns` (R,) the state it was decided
    in; `five_day_loss` (R,) the fall of NAV over five rows as a positive fraction; `strategy_loss` (R,) the largest
    loss of one strategy on the day as a fraction of the NAV before, NaN where P&L by strategy is unknown.
    """

    as_of: pl.Series
    rows: RowIndex
    contracts: FloatArray
    maturity: Days
    contract_id: npt.NDArray[np.str_]
    nav: FloatArray
    drawdown: FloatArray
    returns: FloatArray
    five_day_loss: FloatArray
    strategy_loss: FloatArray

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: RowIndex) -> Positions:
        """Those of the rows at these places."""
        own = {field.name: getattr(self, field.name)[rows] for field in fields(self) if field.name != "as_of"}
        return Positions(as_of=self.as_of.gather(rows), **own)


def read_positions(market: Market, book: Mapping[str, pl.DataFrame], parameters: DeskParameters) -> Positions:
    """Raises MissingInput naming a table, or the first day that is missing in the panel or in a table."""
    missing = [table.name for table in (TARGET_POSITION, PORTFOLIO_STATE) if table.name not in book]
    if missing:
        raise MissingInput(f"the book lacks {', '.join(missing)}")
    state = book[PORTFOLIO_STATE.name].sort("as_of")
    if state.is_empty():
        raise MissingInput("the book has no days")
    days = state["as_of"].dt.convert_time_zone("America/Sao_Paulo").dt.date().to_numpy().astype("datetime64[D]")
    rows = np.searchsorted(market.days, days)
    found = market.days[np.minimum(rows, len(market) - 1)] == days
    if not found.all():
        raise MissingInput(f"the panel lacks {days[~found][0]}, a day of the book")
    lines = _lines(book[TARGET_POSITION.name], state["as_of"], parameters)
    nav, drawdown, returns = (state[name].cast(pl.Float64).to_numpy() for name in ("nav_brl", "drawdown", "return_1d"))
    losses = _strategy_loss(book.get(STRATEGY_TABLE), state)
    return Positions(state["as_of"], rows, *lines, nav, drawdown, returns, five_day_loss(nav), losses)


def five_day_loss(nav: FloatArray) -> FloatArray:
    """Fall of NAV over five rows as a positive fraction (R,); since inception in a book's first days, NaN on its
    first."""
    before = nav[np.maximum(np.arange(len(nav)) - FIVE_DAYS, 0)]
    loss = np.maximum(1.0 - nav / before, 0.0)
    loss[:1] = np.nan
    return loss


def _strategy_loss(pnl: pl.DataFrame | None, state: pl.DataFrame) -> FloatArray:
    """A day on which one strategy's P&L is unknown, or that has no rows, is unknown."""
    if pnl is None or pnl.is_empty():
        return np.full(len(state), np.nan)
    worst = (
        pnl.filter(~pl.col("strategy_id").is_in(NO_STRATEGY))
        .group_by("as_of")
        .agg(loss=pl.when(pl.col("pnl_brl").is_null().any()).then(None).otherwise((-pl.col("pnl_brl")).max()))
    )
    days = state.select("as_of", before=pl.col("nav_brl").shift(1)).join(
        worst, on="as_of", how="left", maintain_order="left"
    )
    loss = days.select((pl.col("loss") / pl.col("before")).clip(lower_bound=0.0)).to_series()
    return loss.cast(pl.Float64).to_numpy()


def _lines(target: pl.DataFrame, as_of: pl.Series, parameters: DeskParameters) -> _Lines:
    keys = as_of.to_frame().join(pl.DataFrame({"instrument_id": parameters.instrument_ids}), how="cross")
    lines = keys.join(
        target.select("as_of", "instrument_id", "contracts", "maturity", "contract_id"),
        on=["as_of", "instrument_id"],
        how="left",
        maintain_order="left",
    )
    gap = lines.filter(pl.col("contracts").is_null())
    if not gap.is_empty():
        raise MissingInput(f"{TARGET_POSITION.name} lacks {gap['instrument_id'][0]} as of {gap['as_of'][0]}")
    shape = len(as_of), len(parameters.instruments)
    maturity = lines["maturity"].to_numpy().astype("datetime64[D]").reshape(shape)
    names = lines["contract_id"].fill_null("").to_numpy().astype(np.str_).reshape(shape)
    return lines["contracts"].cast(pl.Float64).to_numpy().reshape(shape), maturity, names


def book_pnl(pnl: FloatArray, contracts: FloatArray) -> FloatArray:
    """P&L per contract (R, S, N) times contracts (R, N), added up over the lines that are held: (R, S).

    NaN where a held line's is unknown; a line that is not held does not matter.
    """
    held = (contracts != 0)[:, None, :]
    return np.asarray(np.where(held, pnl * contracts[:, None, :], 0.0).sum(axis=2))
