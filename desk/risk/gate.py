"""The gate before actions are issued: NAV, P&L, positions and orders against what the book's own risk allows.

A number that got past every check of the data shows in the book as a P&L, a turnover or an order that the book as it
was sized does not make. Each check is a value and the most it may be (defence.toml); a check whose value is not known
yet, in a book's first days, stops nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from desk.catalog.defence import GateRules
from desk.gold import ACTION_GATE
from desk.risk.gate_basis import Found, GateInput, deviations, finite, state_of
from desk.risk.gate_limits import limits
from desk.risk.gate_sizes import market_share, position, turnover, unit_risk

PASSED, FAILED, UNKNOWN, RELEASED = "passed", "failed", "unknown", "released"


def check_actions(found: GateInput, rules: Mapping[str, GateRules]) -> pl.DataFrame:
    """ACTION_GATE rows of today, one for each check of `rules`, in their order."""
    checks = {
        "nav_chain": _nav_chain(found),
        "numbers": _numbers(found),
        "pnl": _pnl(found),
        "line_pnl": _line_pnl(found),
        "cash": _cash(found),
        "unit_risk": unit_risk(found),
        "turnover": turnover(found),
        "position": position(found),
        "limits": limits(found, rules["unit_risk"].threshold),
        "open_interest": market_share(found, "open_interest"),
        "volume": market_share(found, "volume"),
        "closed": _closed(found),
        "released": Found(None),  # a person's word comes after the checks: desk.risk.gate_proposal
    }
    as_of = found.today["portfolio_state"]["as_of"][0]
    rows = []
    for check_id, rule in rules.items():
        one = checks[check_id]
        known = one.value is not None
        # What is no number is beyond every threshold.
        state = UNKNOWN if one.value is None else PASSED if one.value <= rule.threshold else FAILED
        rows.append(
            {
                "as_of": as_of,
                "check_id": check_id,
                "value": one.value if known and math.isfinite(one.value or 0.0) else None,
                "threshold": rule.threshold,
                "state": state,
                "detail": one.detail or None,
                "facts": _as_json(one.facts),
            }
        )
    return pl.DataFrame(rows, schema=ACTION_GATE.schema)


def _as_json(facts: Mapping[str, Any]) -> str | None:
    """None for no facts; a number that is none is null, which JSON has."""
    known = {name: None if isinstance(value, float) and not finite(value) else value for name, value in facts.items()}
    return json.dumps(known) if known else None


def _nav_chain(found: GateInput) -> Found:
    """BRL by which NAV is not the NAV before plus the P&L, or the P&L not the sum of one of its tables; the largest."""
    now, then = state_of(found.today), state_of(found.before)
    if now is None or then is None:
        return Found(None)
    gaps = {"NAV": now["nav_brl"] - then["nav_brl"] - now["pnl_brl"]}
    for table in ("pnl_attribution", "pnl_by_strategy", "pnl_by_factor"):
        gaps[table] = float(found.today[table]["pnl_brl"].sum()) - now["pnl_brl"]
    worst = max(gaps, key=lambda name: abs(gaps[name]) if finite(gaps[name]) else math.inf)
    return Found(round(abs(gaps[worst]), 4), worst)


def _numbers(found: GateInput) -> Found:
    """How many numbers that a decision cannot be without are not there or not finite."""
    now = state_of(found.today) or {}
    bad = [name for name in ("nav_brl", "pnl_brl", "risk_multiplier") if not finite(now.get(name))]
    if finite(now.get("nav_brl")) and now["nav_brl"] <= 0:
        bad.append("nav_brl")
    for table, columns in (
        ("target_position", ("contracts", "contracts_before")),
        ("action", ("order_contracts", "cost_brl", "dv01_change_brl", "notional_change_brl")),
    ):
        for row in found.today[table].iter_rows(named=True):
            bad += [f"{row['instrument_id']} {name}" for name in columns if not finite(row[name])]
    # An order in a line of unknown deviation would count as none in `turnover` and `position`.
    measured = {row["instrument_id"]: row["unit_vol_brl"] for row in found.today["target_position"].to_dicts()}
    ordered = sorted(set(found.today["action"]["instrument_id"]))
    bad += [f"{name} unit_vol_brl" for name in ordered if not finite(measured.get(name))]
    return Found(float(len(bad)), ", ".join(bad[:5]))


def _lines(found: GateInput) -> list[dict[str, Any]]:
    """Lines that were marked, with `gain`, their P&L before costs, and `days` since the mark before."""
    rows = found.today["pnl_attribution"].filter(
        pl.col("instrument_id") != "CASH", pl.col("price_pnl_brl").is_not_null()
    )
    gain = pl.col("price_pnl_brl") + pl.col("carry_pnl_brl") + pl.col("source_pnl_brl").fill_null(0.0)
    day = pl.col("as_of").dt.convert_time_zone("America/Sao_Paulo").dt.date()
    days = ((day - pl.col("marked_from")).dt.total_days() * 5 / 7).clip(1.0).fill_null(1.0)
    return list(rows.with_columns(gain=gain, days=days).iter_rows(named=True))


def _pnl(found: GateInput) -> Found:
    """The day's P&L of the positions over the VaR at 99% that the day before knew; of several days where a line is
    caught up."""
    then, metrics = state_of(found.before), found.before["risk_metrics_daily"]
    values = [
        row["value"]
        for row in metrics.iter_rows(named=True)
        if row["metric"] == "var_99" and row["method"] == found.headline and finite(row["value"])
    ]
    if then is None or not values or values[0] <= 0:
        return Found(None)
    lines = _lines(found)
    total = math.fsum(line["gain"] for line in lines)
    days = max((line["days"] for line in lines), default=1.0)
    # A VaR beyond its own limit is no measure of what the book may lose.
    most = found.before["risk_limits_status"].filter(limit_id="var_99")["threshold"].drop_nulls().to_list()
    allowed = min([values[0], *most]) * then["nav_brl"] * math.sqrt(days)
    words = f"BRL {total:+,.0f} against a VaR 99% of BRL {allowed:,.0f}"
    return Found(_over(total, allowed), words, {"brl": total, "var_99_brl": allowed})


def _line_pnl(found: GateInput) -> Found:
    """The largest P&L of one line in daily standard deviations that the day before knew of it."""
    unit = deviations(found.before)
    worst: float | None = None
    largest: tuple[str, float] | None = None
    for line in _lines(found):
        name, held = line["instrument_id"], abs(line["contracts"] or 0)
        if name not in unit or held == 0:
            continue
        size = abs(line["gain"]) / (unit[name] * held * math.sqrt(line["days"]))
        if worst is None or size > worst:
            worst, largest = size, (name, line["gain"])
    if largest is None:
        return Found(worst)
    name, gain = largest
    return Found(worst, f"{name} {gain:+,.0f} BRL", {"instrument_id": name, "brl": gain})


def _over(amount: float, whole: float) -> float:
    """The size of `amount` over `whole`; beyond every threshold where that is no positive number."""
    return abs(amount) / whole if whole > 0 else math.inf


def _cash(found: GateInput) -> Found:
    """What cash earned and trading cost, over the NAV of the day before: all of the day's P&L but the lines' own."""
    now, then = state_of(found.today), state_of(found.before)
    if now is None or then is None or not finite(now["pnl_brl"]):
        return Found(None)
    rest = now["pnl_brl"] - math.fsum(line["gain"] for line in _lines(found))
    return Found(_over(rest, then["nav_brl"]), f"BRL {rest:+,.0f}", {"brl": rest})


def _closed(found: GateInput) -> Found:
    """The share of the positions that the orders close; zero where the drawdown breaker cuts, and in a small book."""
    now, then, rows = state_of(found.today), state_of(found.before), found.today["target_position"]
    had = rows.filter(pl.col("contracts_before") != 0)
    if now is None or then is None:
        return Found(None)
    before = 1.0 if then["risk_multiplier"] is None else then["risk_multiplier"]  # a release without a breaker
    if now["risk_multiplier"] < before or had.height < SMALL_BOOK:
        return Found(0.0)
    closed = had.filter(pl.col("contracts") == 0)
    return Found(closed.height / had.height, ", ".join(closed["instrument_id"].to_list()[:5]))


SMALL_BOOK = 4
"""Positions below which closing most of them is a day like others."""


def stopped(checks: pl.DataFrame) -> bool:
    """Whether a check of ACTION_GATE rows has failed."""
    return bool(np.asarray(checks["state"] == FAILED).any())
