"""The gate's checks of what the orders make of the book: turnover, lines, limits, markets."""

from __future__ import annotations

import math

import polars as pl

from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.package_limits import DEPTH_LIMITS
from desk.risk.gate_basis import Found, GateInput, deviations, finite, state_of
from desk.units import DAYS_PER_YEAR

TARGET_LIMITS = (
    "var_95",
    "var_99",
    "es_975",
    "gross_leverage",
    "gross_face",
    "stressed_margin",
    "worst_scenario",
    "open_interest",
    "days_to_liquidate",
    "instrument_risk_share",
    "class_risk_share",
)
"""Limits of what the orders make of the book; the others are of what has happened to it."""
MEASURED_LIMITS = ("var_95", "var_99", "es_975", "gross_leverage", "gross_face", "stressed_margin", "worst_scenario")
"""Those whose use is known of every book that can be priced."""


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


def limits(found: GateInput) -> Found:
    """How many limits the orders would leave in breach, other than those that they leave less so than they were, and
    those on a market that has shrunk below what is held while no order adds to it.

    Unknown where none is in breach and the use of one is not known, as of a book with a line that has no price."""
    rows = found.today["risk_limits_status"].filter(pl.col("limit_id").is_in(TARGET_LIMITS))
    if rows.is_empty():
        return Found(None)
    before = found.before["risk_limits_status"].select("limit_id", was="value")
    broken = (
        rows.filter(pl.col("status") == "breach")
        .join(before, on="limit_id", how="left", maintain_order="left")
        .filter(pl.col("was").is_null() | (pl.col("value") > pl.col("was")))
    )
    shrunk = [name for name in DEPTH_LIMITS if not _adds_past(found, name)]
    broken = broken.filter(~pl.col("limit_id").is_in(shrunk))
    measured = rows.filter(pl.col("limit_id").is_in(MEASURED_LIMITS))
    unknown = measured.filter(~pl.col("value").is_finite().fill_null(False))["name"].drop_nulls().to_list()
    if broken.is_empty() and unknown:
        return Found(None, f"not known: {', '.join(unknown)}")
    words = [f"{row['name']} {row['value']:.4g} of {row['threshold']:g}" for row in broken.iter_rows(named=True)]
    return Found(float(len(words)), ", ".join(words))


def _adds_past(found: GateInput, limit_id: str) -> bool:
    """Whether an order adds to a line, or opens one, that is then past a limit on its market."""
    parameters = load_desk_parameters()
    rules, threshold = parameters.risk.liquidity, parameters.limits.threshold(limit_id)
    interest, stored = pl.col("open_interest"), pl.min_horizontal("volume", "open_interest")
    volume = pl.when(pl.col("volume").is_null()).then(interest * rules.volume_of_open_interest).otherwise(stored)
    market = interest if limit_id == "open_interest" else volume * rules.share_of_volume
    orders = found.today["action"].group_by("contract_id").agg(order=pl.col("order_contracts").sum())
    lines = found.today["target_position"].join(orders, on="contract_id").join(found.listed, on="contract_id")
    adds = pl.col("contracts").abs() > (pl.col("contracts") - pl.col("order")).abs()
    past = pl.col("contracts").abs() >= market * threshold
    return lines.filter(adds & past).height > 0


def market_share(found: GateInput, column: str) -> Found:
    """The largest order over the open interest, or over a day's volume, of its contract, where that is stored;
    without bound where none is open, or none is traded."""
    known = found.listed.filter(pl.col(column).is_not_null()).select("contract_id", column)
    orders = found.today["action"].join(known, on="contract_id", how="inner")
    if orders.is_empty():
        return Found(None)
    shares = orders.with_columns(share=pl.col("order_contracts").abs() / pl.col(column)).sort("share", descending=True)
    return Found(float(shares["share"][0]), str(shares["contract_id"][0]))
