"""What the gate's checks are made on: the gold of a decision and of the one before it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

Frames = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class GateInput:
    """Gold of one decision (`today`: portfolio_state, pnl_attribution, pnl_by_strategy, pnl_by_factor, target_position,
    action, risk_limits_status, component_var, stress_test_results) and of the one before it (`before`: portfolio_state,
    target_position, risk_metrics_daily, risk_limits_status; empty frames where there is none).

    `listed`: contract_id, open_interest and volume, the medians that the sizes read. `headline`: the VaR method that
    the limits of the day before read. `without`: the risk tables of today's book without its orders; empty where no
    limit asks for it (desk.risk.gate_limits).
    """

    today: Frames
    before: Frames
    listed: pl.DataFrame
    headline: str
    target_volatility: float
    without: Frames = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """A check's value, None where it is not known, and what it is of: `detail` in English, for files and programs;
    `facts` the same as names and numbers, for whoever words it (desk.gold_orders.ACTION_GATE)."""

    value: float | None
    detail: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def state_of(frames: Frames) -> dict[str, Any] | None:
    """The row of PORTFOLIO_STATE; None where there is none."""
    rows = frames["portfolio_state"]
    return rows.row(0, named=True) if rows.height else None


def finite(value: object) -> bool:
    """Whether it is a number, and no NaN or infinity."""
    return isinstance(value, int | float) and math.isfinite(value)


def deviations(frames: Frames) -> dict[str, float]:
    """Daily standard deviation of one contract, BRL, by instrument, where it is known."""
    return {
        row["instrument_id"]: row["unit_vol_brl"]
        for row in frames["target_position"].iter_rows(named=True)
        if finite(row["unit_vol_brl"]) and row["unit_vol_brl"] > 0
    }
