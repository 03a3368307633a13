"""The book, its risk and its orders for the made-up `ReportData` of tests/reports/sample.py."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import polars as pl

from desk.catalog.dealing import load_dealing
from desk.catalog.desk_parameters import load_desk_parameters
from desk.dealing import DealingInputs, tickets
from desk.model import SETTLEMENT
from desk.portfolio.sides import action_of
from tests.reports.sample_parts import INSTRUMENTS, frame, market_day
from tests.reports.sample_risk import risk

PARAMETERS = load_desk_parameters()
LIMITS_BOUND = (
    '[{"limit": "instrument_risk_share", "subjects": ["DOL"], "taken": 0.018},'
    ' {"limit": "gross_leverage", "subjects": ["book"], "taken": 0.006}]'
)
STRATEGY_LINES = ("RATES_CARRY_ROLL", "INF_BREAKEVEN_MEANREV", "FX_CARRY_MOMENTUM", "COST", "CASH")
FACTOR_LINES = ("DI", "REAL", "FX", "EQUITY", "CARRY", "COST", "RESIDUAL", "CASH")


def book(rng: np.random.Generator, times: list[dt.datetime]) -> dict[str, pl.DataFrame]:
    n, as_of = len(times), times[-1]
    per = rng.normal(900, 95_000, (n, len(INSTRUMENTS))) * np.array([0.6, 1.0, 1.4, 0.8, 1.6, 1.0])
    per[0] = 0.0
    cost = np.abs(rng.normal(1500, 400, n))
    cost[0] = 0.0
    pnl = per.sum(axis=1) - cost
    nav = 100e6 + np.cumsum(pnl)
    peak = np.maximum.accumulate(nav)
    state = [
        {
            "as_of": times[i],
            "valuation_date": market_day(times[i]),
            "nav_brl": nav[i],
            "pnl_brl": pnl[i],
            "cost_brl": cost[i],
            "return_1d": pnl[i] / nav[i - 1] if i else None,
            "peak_nav_brl": peak[i],
            "drawdown": 1 - nav[i] / peak[i],
            "gross_leverage": 1.7,
            "target_volatility": 0.049,
            "expected_volatility": 0.048,
            "asked_volatility": 0.073,
            "limits_bound": LIMITS_BOUND,
            "active_positions": 6,
            "risk_multiplier": 0.75 if 20 <= i < min(40, n - 3) else 1.0,
            "shadow_nav_brl": nav[i] * (1.0 + 0.004 * np.sin(i / 40)),
            "sizing": "risk_budget",
            "benchmark_nav_brl": 100e6 * 1.1465 ** (i / 252),
        }
        for i in range(n)
    ]
    attribution = [
        {
            "as_of": times[i],
            "valuation_date": market_day(times[i]),
            "instrument_id": item[0],
            "asset_class": item[1],
            "contracts": 10,
            "price_pnl_brl": per[i, k] - 900,
            "carry_pnl_brl": 900.0,
            "cost_brl": cost[i] / len(INSTRUMENTS),
            "pnl_brl": per[i, k] - cost[i] / len(INSTRUMENTS),
        }
        for i in range(max(n - 30, 0), n)
        for k, item in enumerate(INSTRUMENTS)
    ]
    splits = {
        "pnl_by_strategy": _split(rng, times, pnl, "strategy_id", STRATEGY_LINES),
        "pnl_by_factor": _split(rng, times, pnl, "factor", FACTOR_LINES),
    }
    contracts = [int(c) for c in rng.integers(-220, 220, len(INSTRUMENTS))]
    before = [c + int(d) for c, d in zip(contracts, rng.integers(-30, 30, len(INSTRUMENTS)), strict=True)]
    before[-1] = contracts[-1]
    actions = frame("action", _past_actions(times) + _actions(as_of, contracts, before))
    targets = frame("target_position", _past_positions(rng, times) + _positions(as_of, contracts, before))
    return {
        "ticket": _tickets(actions, targets, times),
        "portfolio_state": frame("portfolio_state", state),
        "pnl_attribution": frame("pnl_attribution", attribution),
        "package": frame("package", _packages(as_of)),
        **splits,
        "target_position": targets,
        "action": actions,
        **risk(rng, times, pnl, nav, contracts),
    }


def _tickets(actions: pl.DataFrame, targets: pl.DataFrame, times: list[dt.datetime]) -> pl.DataFrame:
    now = pl.col("as_of") == times[-1]
    settled = {"contract_id": "DI1F29", "obs_date": market_day(times[-1]), "rate": 0.1309, "price": 78_150.0}
    row = settled | {"open_interest": 48_000.0, "volume": 12_500.0, "knowledge_time": times[-1]}
    schema = SETTLEMENT.stored_schema
    inputs = DealingInputs(
        actions.filter(now),
        targets.filter(now),
        actions.filter(~now),
        tuple(times[:-1]),
        pl.DataFrame([{name: row.get(name) for name in schema}], schema=schema),
        market_day(times[-1]),
    )
    return tickets(inputs, PARAMETERS, load_dealing())


def _split(
    rng: np.random.Generator, times: list[dt.datetime], pnl: np.ndarray, key: str, lines: tuple[str, ...]
) -> pl.DataFrame:
    """The book's P&L shared out among lines, the last of which takes what is left."""
    parts = rng.normal(0, 30_000, (len(times), len(lines)))
    parts[:, -1] = pnl - parts[:, :-1].sum(axis=1)
    rows = [
        {"as_of": times[i], "valuation_date": market_day(times[i]), key: name, "pnl_brl": float(parts[i, k])}
        for i in range(len(times))
        for k, name in enumerate(lines)
    ]
    return frame("pnl_by_strategy" if key == "strategy_id" else "pnl_by_factor", rows)


def _positions(as_of: dt.datetime, contracts: list[int], before: list[int]) -> list[dict[str, Any]]:
    sizes = np.array([0.18, 0.22, 0.24, 0.12, 0.16, 0.08])
    weights = sizes * np.sign(contracts)
    return [
        {
            "as_of": as_of,
            "instrument_id": item[0],
            "contract_id": item[2],
            "asset_class": item[1],
            "maturity": dt.date(2029, 1, 2),
            "price": item[3],
            "rate": 0.131 if item[4] else None,
            "risk_weight": float(weights[k]),
            "contracts": contracts[k],
            "contracts_before": before[k],
            "notional_brl": contracts[k] * item[3] * (50 if item[0] == "DOL" else 1),
            "dv01_brl": contracts[k] * item[4] or None,
            "delta_brl": contracts[k] * item[5] or None,
            "margin_brl": abs(contracts[k]) * 2500.0,
            "cost_brl": abs(contracts[k] - before[k]) * 62.0,
            "unit_vol_brl": 140.0,
            "marked_at": "settlement",
        }
        for k, item in enumerate(INSTRUMENTS)
    ]


PAST = 30
"""Decisions of orders and prices before the last one."""


def _past_positions(rng: np.random.Generator, times: list[dt.datetime]) -> list[dict[str, Any]]:
    rows = []
    for as_of in times[-PAST - 1 : -1]:
        for row in _positions(as_of, [10] * len(INSTRUMENTS), [10] * len(INSTRUMENTS)):
            move = float(rng.normal(0, 0.004))
            rate = None if row["rate"] is None else row["rate"] + move / 5
            rows.append(row | {"price": row["price"] * (1 + move), "rate": rate})
    return rows


def _past_actions(times: list[dt.datetime]) -> list[dict[str, Any]]:
    """One order a day, by turns."""
    rows = []
    for i, as_of in enumerate(times[-PAST - 1 : -1]):
        contracts, before = [10] * len(INSTRUMENTS), [10] * len(INSTRUMENTS)
        before[i % len(INSTRUMENTS)] = 4 if i % 2 else 16
        rows += _actions(as_of, contracts, before)
    return rows


def _stop(contracts: int, price: float, is_rate: bool) -> float:
    """Where the position loses: up for what is received in rate or short in price."""
    return 0.1310 + (0.004 if contracts > 0 else -0.004) if is_rate else price * (0.98 if contracts > 0 else 1.02)


def _actions(as_of: dt.datetime, contracts: list[int], before: list[int]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for k, item in enumerate(INSTRUMENTS):
        order = contracts[k] - before[k]
        if order == 0:
            continue
        side = action_of(PARAMETERS.instrument(item[0]).dealt_in, order)
        rows.append(
            {
                "as_of": as_of,
                "seq": len(rows) + 1,
                "instrument_id": item[0],
                "contract_id": item[2],
                "side": side,
                "contracts_from": before[k],
                "contracts_to": contracts[k],
                "order_contracts": order,
                "dv01_change_brl": order * item[4] or None,
                "notional_change_brl": order * item[3],
                "cost_brl": abs(order) * 62.0,
                "invalidation": _stop(contracts[k], item[3], bool(item[4])),
                "invalidation_unit": "fraction per year" if item[4] else "points",
                "rationale": json.dumps({"RATES_CARRY_ROLL": 0.62, "RATES_SLOPE_MEANREV": -0.4}),
                "sentence": f"{side.capitalize()} {abs(order)} {item[2]}, from {before[k]:+d} to {contracts[k]:+d} "
                "contracts; because RATES_CARRY_ROLL +0.62, RATES_SLOPE_MEANREV -0.40.",
            }
        )
    return rows


def _packages(as_of: dt.datetime) -> list[dict[str, Any]]:
    """A spread, an outright view that a limit cut, and one that waits for a price."""
    spread = {
        "strategy_id": "INF_BREAKEVEN_MEANREV", "asset_class": "Inflation", "neutrality": "dv01", "conviction": 0.42,
        "budget": 1 / 18, "asked_volatility": 0.011, "scale": 0.92, "limit_bound": "gross_leverage",
        "legs": '{"DAP_2Y": 120.4, "DI1_2Y": -98.7}', "leg_dv01_brl": '{"DAP_2Y": 1810.0, "DI1_2Y": -1795.0}',
        "imbalance": 0.008, "volatility": 0.0101, "state": "traded",
    }  # fmt: skip
    dollar = {
        "strategy_id": "FX_CARRY_MOMENTUM", "asset_class": "FX", "neutrality": "outright", "conviction": -0.61,
        "budget": 1 / 30, "asked_volatility": 0.018, "scale": 0.66, "limit_bound": "instrument_risk_share",
        "legs": '{"DOL": 33.2}', "leg_dv01_brl": "{}", "imbalance": None, "volatility": 0.0118, "state": "kept",
    }  # fmt: skip
    waits = {
        "strategy_id": "CUPOM_BASIS", "asset_class": "Cupom", "neutrality": "outright", "conviction": 0.2,
        "budget": 1 / 12, "asked_volatility": 0.0, "scale": None, "limit_bound": None, "legs": "{}",
        "leg_dv01_brl": "{}", "imbalance": None, "volatility": 0.0, "state": "waits",
    }  # fmt: skip
    return [{"as_of": as_of, **row} for row in (spread, dollar, waits)]
