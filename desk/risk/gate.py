"""The gate before actions are issued: NAV, P&L, positions and orders against what the book's own risk allows.

A number that got past every check of the data shows in the book as a P&L, a turnover or an order that the book as it
was sized does not make. Each check is a value and the most it may be (defence.toml); a check whose value is not known
yet, in a book's first days, stops nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from desk.catalog.defence import GateRules
from desk.gold import ACTION_GATE
from desk.units import DAYS_PER_YEAR

PASSED, FAILED, UNKNOWN, RELEASED = "passed", "failed", "unknown", "released"
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
Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class GateInput:
    """Gold of one decision (`today`: portfolio_state, pnl_attribution, pnl_by_strategy, pnl_by_factor, target_position,
    action, risk_limits_status) and of the one before it (`before`: portfolio_state, target_position,
    risk_metrics_daily, risk_limits_status; empty frames where there is none).

    `listed`: contract_id, open_interest, volume of the newest session stored. `headline`: the VaR method that
    the limits of the day before read.
    """

    today: Frames
    before: Frames
    listed: pl.DataFrame
    headline: str
    target_volatility: float


@dataclass(frozen=True)
class _Found:
    value: float | None
    detail: str = ""


def check_actions(found: GateInput, rules: Mapping[str, GateRules]) -> pl.DataFrame:
    """ACTION_GATE rows of today, one for each check of `rules`, in their order."""
    checks = {
        "nav_chain": _nav_chain(found),
        "numbers": _numbers(found),
        "pnl": _pnl(found),
        "line_pnl": _line_pnl(found),
        "turnover": _turnover(found),
        "position": _position(found),
        "limits": _limits(found),
        "open_interest": _market_share(found, "open_interest"),
        "volume": _market_share(found, "volume"),
        "closed": _closed(found),
        "released": _Found(None),  # a person's word comes after the checks: desk.risk.gate_proposal
    }
    as_of = found.today["portfolio_state"]["as_of"][0]
    rows = []
    for check_id, rule in rules.items():
        one = checks[check_id]
        known = one.value is not None
        state = UNKNOWN if one.value is None else FAILED if one.value > rule.threshold else PASSED
        rows.append(
            {
                "as_of": as_of,
                "check_id": check_id,
                "value": one.value if known and math.isfinite(one.value or 0.0) else None,
                "threshold": rule.threshold,
                "state": state,
                "detail": one.detail or None,
            }
        )
    return pl.DataFrame(rows, schema=ACTION_GATE.schema)


def _state(frames: Frames) -> dict[str, Any] | None:
    rows = frames["portfolio_state"]
    return rows.row(0, named=True) if rows.height else None


def _nav_chain(found: GateInput) -> _Found:
    """BRL by which NAV is not the NAV before plus the P&L, or the P&L not the sum of one of its tables; the largest."""
    now, then = _state(found.today), _state(found.before)
    if now is None or then is None:
        return _Found(None)
    gaps = {"NAV": now["nav_brl"] - then["nav_brl"] - now["pnl_brl"]}
    for table in ("pnl_attribution", "pnl_by_strategy", "pnl_by_factor"):
        gaps[table] = float(found.today[table]["pnl_brl"].sum()) - now["pnl_brl"]
    worst = max(gaps, key=lambda name: abs(gaps[name]))
    return _Found(round(abs(gaps[worst]), 4), worst)


def _numbers(found: GateInput) -> _Found:
    """How many numbers that a decision cannot be without are not there or not finite."""
    now = _state(found.today) or {}
    bad = [name for name in ("nav_brl", "pnl_brl", "risk_multiplier") if not _finite(now.get(name))]
    if _finite(now.get("nav_brl")) and now["nav_brl"] <= 0:
        bad.append("nav_brl")
    for table, columns in (
        ("target_position", ("contracts", "contracts_before")),
        ("action", ("order_contracts", "cost_brl", "dv01_change_brl", "notional_change_brl")),
    ):
        for row in found.today[table].iter_rows(named=True):
            bad += [f"{row['instrument_id']} {name}" for name in columns if not _finite(row[name])]
    # An order in a line of unknown deviation would count as none in `turnover` and `position`.
    measured = {row["instrument_id"]: row["unit_vol_brl"] for row in found.today["target_position"].to_dicts()}
    ordered = sorted(set(found.today["action"]["instrument_id"]))
    bad += [f"{name} unit_vol_brl" for name in ordered if not _finite(measured.get(name))]
    return _Found(float(len(bad)), ", ".join(bad[:5]))


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _lines(found: GateInput) -> list[dict[str, Any]]:
    """Lines that were marked, with `gain`, their P&L before costs, and `days` since the mark before."""
    rows = found.today["pnl_attribution"].filter(
        pl.col("instrument_id") != "CASH", pl.col("price_pnl_brl").is_not_null()
    )
    gain = pl.col("price_pnl_brl") + pl.col("carry_pnl_brl") + pl.col("source_pnl_brl").fill_null(0.0)
    day = pl.col("as_of").dt.convert_time_zone("America/Sao_Paulo").dt.date()
    days = ((day - pl.col("marked_from")).dt.total_days() * 5 / 7).clip(1.0).fill_null(1.0)
    return list(rows.with_columns(gain=gain, days=days).iter_rows(named=True))


def _pnl(found: GateInput) -> _Found:
    """The day's P&L of the positions over the VaR at 99% that the day before knew; of several days where a line is
    caught up."""
    then, metrics = _state(found.before), found.before["risk_metrics_daily"]
    values = [
        row["value"]
        for row in metrics.iter_rows(named=True)
        if row["metric"] == "var_99" and row["method"] == found.headline and _finite(row["value"])
    ]
    if then is None or not values or values[0] <= 0:
        return _Found(None)
    lines = _lines(found)
    total = math.fsum(line["gain"] for line in lines)
    days = max((line["days"] for line in lines), default=1.0)
    allowed = values[0] * then["nav_brl"] * math.sqrt(days)
    return _Found(abs(total) / allowed, f"BRL {total:+,.0f} against a VaR 99% of BRL {allowed:,.0f}")


def _line_pnl(found: GateInput) -> _Found:
    """The largest P&L of one line in daily standard deviations that the day before knew of it."""
    unit = {
        row["instrument_id"]: row["unit_vol_brl"]
        for row in found.before["target_position"].iter_rows(named=True)
        if _finite(row["unit_vol_brl"]) and row["unit_vol_brl"] > 0
    }
    worst, detail = None, ""
    for line in _lines(found):
        name, held = line["instrument_id"], abs(line["contracts"] or 0)
        if name not in unit or held == 0:
            continue
        size = abs(line["gain"]) / (unit[name] * held * math.sqrt(line["days"]))
        if worst is None or size > worst:
            worst, detail = size, f"{name} {line['gain']:+,.0f} BRL"
    return _Found(worst, detail)


def _budget(found: GateInput) -> float | None:
    now = _state(found.today)
    if now is None or not _finite(now["nav_brl"]) or now["nav_brl"] <= 0:
        return None
    return float(now["nav_brl"]) * found.target_volatility / math.sqrt(DAYS_PER_YEAR)


def _turnover(found: GateInput) -> _Found:
    """The daily risk that all orders move, line by line, over the book's whole daily risk at full conviction."""
    budget, then = _budget(found), _state(found.before)
    if budget is None or then is None:
        return _Found(None)
    rows = found.today["target_position"].with_columns(
        moved=(pl.col("contracts") - pl.col("contracts_before")).abs() * pl.col("unit_vol_brl")
    )
    total = float(rows["moved"].sum())
    top = rows.filter(pl.col("moved") > 0).sort("moved", descending=True).head(3)["instrument_id"].to_list()
    return _Found(total / budget, ", ".join(top))


def _position(found: GateInput) -> _Found:
    """The largest line's own daily risk after the orders, over the book's whole daily risk at full conviction."""
    budget = _budget(found)
    rows = found.today["target_position"].with_columns(size=pl.col("contracts").abs() * pl.col("unit_vol_brl"))
    known = rows.drop_nulls("size").sort("size", descending=True)
    if budget is None or known.is_empty():
        return _Found(None)
    return _Found(float(known["size"][0]) / budget, str(known["instrument_id"][0]))


def _limits(found: GateInput) -> _Found:
    """How many limits the orders would leave in breach, other than those that they leave less so than they were."""
    rows = found.today["risk_limits_status"].filter(pl.col("limit_id").is_in(TARGET_LIMITS))
    if rows.is_empty():
        return _Found(None)
    before = found.before["risk_limits_status"].select("limit_id", was="value")
    broken = (
        rows.filter(pl.col("status") == "breach")
        .join(before, on="limit_id", how="left", maintain_order="left")
        .filter(pl.col("was").is_null() | (pl.col("value") > pl.col("was")))
    )
    words = [f"{row['name']} {row['value']:.4g} of {row['threshold']:g}" for row in broken.iter_rows(named=True)]
    return _Found(float(len(words)), ", ".join(words))


def _market_share(found: GateInput, column: str) -> _Found:
    """The largest order over the open interest, or over a day's volume, of its contract, where that is stored."""
    known = found.listed.filter(pl.col(column) > 0).select("contract_id", column)
    orders = found.today["action"].join(known, on="contract_id", how="inner")
    if orders.is_empty():
        return _Found(None)
    shares = orders.with_columns(share=pl.col("order_contracts").abs() / pl.col(column)).sort("share", descending=True)
    return _Found(float(shares["share"][0]), str(shares["contract_id"][0]))


def _closed(found: GateInput) -> _Found:
    """The share of the positions that the orders close; zero where the drawdown breaker cuts, and in a small book."""
    now, then, rows = _state(found.today), _state(found.before), found.today["target_position"]
    had = rows.filter(pl.col("contracts_before") != 0)
    if now is None or then is None:
        return _Found(None)
    before = 1.0 if then["risk_multiplier"] is None else then["risk_multiplier"]  # a release without a breaker
    if now["risk_multiplier"] < before or had.height < SMALL_BOOK:
        return _Found(0.0)
    closed = had.filter(pl.col("contracts") == 0)
    return _Found(closed.height / had.height, ", ".join(closed["instrument_id"].to_list()[:5]))


SMALL_BOOK = 4
"""Positions below which closing most of them is a day like others."""


def stopped(checks: pl.DataFrame) -> bool:
    """Whether a check of ACTION_GATE rows has failed."""
    return bool(np.asarray(checks["state"] == FAILED).any())
