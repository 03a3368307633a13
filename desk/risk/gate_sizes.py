"""The gate's checks of what the orders make of the book: turnover, lines, markets."""

from __future__ import annotations

import math

import polars as pl

from desk.risk.gate_basis import Found, GateInput, deviations, finite, state_of
from desk.units import DAYS_PER_YEAR


def _budget(found: GateInput) -> float | None:
    now = state_of(found.today)
    if now is None or not finite(now["nav_brl"]) or now["nav_brl"] <= 0:
        return None
    return float(now["nav_brl"]) * found.target_volatility / math.sqrt(DAYS_PER_YEAR)


def _sized(found: GateInput) -> pl.DataFrame:
    """Today's lines with the larger of the deviations that this day and the one before it knew: one that has slipped to
    a tenth makes ten times the position, which by itself looks as large as ever."""
    before = found.before["target_position"].select("instrument_id", was="unit_vol_brl")
    rows = found.today["target_position"].join(before, on="instrument_id", how="left", maintain_order="left")
    return rows.with_columns(unit_vol_brl=pl.max_horizontal("unit_vol_brl", "was"))


def unit_risk(found: GateInput) -> Found:
    """How many times the deviation of one contract has grown or shrunk since the day before: of lines that are held or
    ordered in the same contract, the most. A multiplier or a history that has slipped sizes the line by it, and every
    other check too. A line that goes on to its next contract may change by the ratio of their years."""
    then, now = deviations(found.before), deviations(found.today)
    was = found.before["target_position"].select("instrument_id", "contract_id")
    same = found.today["target_position"].join(was, on=["instrument_id", "contract_id"], how="semi", nulls_equal=True)
    rows = same.filter((pl.col("contracts") != 0) | (pl.col("contracts_before") != 0))
    times = {
        name: max(now[name] / then[name], then[name] / now[name])
        for name in rows["instrument_id"]
        if name in then and name in now
    }
    worst = max(times, key=lambda name: times[name], default=None)
    return Found(None) if worst is None else Found(times[worst], worst)


def turnover(found: GateInput) -> Found:
    """The daily risk that all orders move, line by line, over the book's whole daily risk at full conviction."""
    whole, then = _budget(found), state_of(found.before)
    if whole is None or then is None:
        return Found(None)
    rows = _sized(found).with_columns(
        moved=(pl.col("contracts") - pl.col("contracts_before")).abs() * pl.col("unit_vol_brl")
    )
    total = float(rows["moved"].sum())
    top = rows.filter(pl.col("moved") > 0).sort("moved", descending=True).head(3)["instrument_id"].to_list()
    return Found(total / whole, ", ".join(top))


def position(found: GateInput) -> Found:
    """The largest line's own daily risk after the orders, over the book's whole daily risk at full conviction."""
    whole = _budget(found)
    rows = _sized(found).with_columns(size=pl.col("contracts").abs() * pl.col("unit_vol_brl"))
    known = rows.drop_nulls("size").sort("size", descending=True)
    if whole is None or known.is_empty():
        return Found(None)
    return Found(float(known["size"][0]) / whole, str(known["instrument_id"][0]))


def market_share(found: GateInput, column: str) -> Found:
    """The largest order over the open interest, or over a day's volume, of its contract, where that is stored;
    without bound where none is open, or none is traded."""
    known = found.listed.filter(pl.col(column).is_not_null()).select("contract_id", column)
    orders = found.today["action"].join(known, on="contract_id", how="inner")
    if orders.is_empty():
        return Found(None)
    shares = orders.with_columns(share=pl.col("order_contracts").abs() / pl.col(column)).sort("share", descending=True)
    return Found(float(shares["share"][0]), str(shares["contract_id"][0]))
