"""The book, its risk and its orders for the made-up `ReportData` of tests/reports/sample.py."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import polars as pl

from desk.gold import GOLD

VERTICES = (21, 42, 63, 126, 252, 378, 504, 756, 1008, 1260, 1764, 2520)
# id, class, contract, price, dv01 of one contract (BRL per bp, + when long gains from a fall), delta of one contract
INSTRUMENTS: tuple[tuple[str, str, str, float, float, float], ...] = (
    ("DI1_1Y", "Rates", "DI1F28", 88_400.0, 7.9, 0.0),
    ("DI1_2Y", "Rates", "DI1F29", 78_150.0, 14.1, 0.0),
    ("DI1_5Y", "Rates", "DI1F32", 54_300.0, 24.6, 0.0),
    ("DAP_3Y", "Inflation", "DAPQ29", 81_500.0, 21.0, 0.0),
    ("DOL", "FX", "DOLZ26", 5_432.5, 0.0, 271_625.0),
    ("IND", "Cross-Asset", "INDZ26", 141_250.0, 0.0, 141_250.0),
)
SCENARIOS = (
    ("taper_2013", "Taper tantrum 2013", "parametric"),
    ("brazil_2015", "Brazil 2015", "parametric"),
    ("may_2017", "18 May 2017", "parametric"),
    ("covid_2020", "COVID 2020", "parametric"),
    ("rate_shock_2022", "Rate shock 2022", "parametric"),
    ("fiscal_crisis", "Fiscal crisis", "parametric"),
    ("risk_off", "Global risk-off", "parametric"),
    ("parallel_100", "Parallel +100 bp", "parametric"),
)
LIMITS = (
    ("var_95", "VaR 95", 0.03),
    ("var_99", "VaR 99", 0.05),
    ("es_975", "ES 97.5", 0.05),
    ("drawdown", "Drawdown", 0.10),
    ("gross_leverage", "Gross leverage", 3.0),
    ("instrument_risk_share", "Single-instrument risk share", 0.25),
    ("class_risk_share", "Class risk share", 0.50),
    ("daily_loss", "Portfolio daily loss", 0.02),
)


def frame(table: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    schema = GOLD[table].schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def walk(rng: np.random.Generator, n: int, start: float, step: float, pull: float = 0.004) -> np.ndarray:
    path = np.empty(n)
    path[0] = start
    shocks = rng.normal(0, step, n)
    for i in range(1, n):
        path[i] = path[i - 1] + pull * (start - path[i - 1]) + shocks[i]
    return path


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
            "nav_brl": nav[i],
            "pnl_brl": pnl[i],
            "cost_brl": cost[i],
            "return_1d": pnl[i] / nav[i - 1] if i else None,
            "peak_nav_brl": peak[i],
            "drawdown": 1 - nav[i] / peak[i],
            "gross_leverage": 1.7,
            "target_volatility": 0.08,
            "expected_volatility": 0.078,
            "active_positions": 6,
        }
        for i in range(n)
    ]
    attribution = [
        {
            "as_of": times[i],
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
    contracts = [int(c) for c in rng.integers(-220, 220, len(INSTRUMENTS))]
    before = [c + int(d) for c, d in zip(contracts, rng.integers(-30, 30, len(INSTRUMENTS)), strict=True)]
    before[-1] = contracts[-1]
    return {
        "portfolio_state": frame("portfolio_state", state),
        "pnl_attribution": frame("pnl_attribution", attribution),
        "target_position": frame("target_position", _positions(as_of, contracts, before)),
        "action": frame("action", _actions(as_of, contracts, before)),
        **_risk(rng, times, pnl, nav, contracts),
    }


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
        }
        for k, item in enumerate(INSTRUMENTS)
    ]


def _actions(as_of: dt.datetime, contracts: list[int], before: list[int]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for k, item in enumerate(INSTRUMENTS):
        order = contracts[k] - before[k]
        if order == 0:
            continue
        side = "buy" if order > 0 else "sell"
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
                "invalidation": 0.1310 if item[4] else item[3] * 0.98,
                "invalidation_unit": "fraction per year" if item[4] else "points",
                "rationale": json.dumps({"RATES_CARRY_ROLL": 0.62, "RATES_SLOPE_MEANREV": -0.4}),
                "sentence": f"{side.title()} {abs(order)} {item[2]}, from {before[k]:+d} to {contracts[k]:+d} "
                "contracts; because RATES_CARRY_ROLL +0.62, RATES_SLOPE_MEANREV -0.40.",
            }
        )
    return rows


def _risk(
    rng: np.random.Generator, times: list[dt.datetime], pnl: np.ndarray, nav: np.ndarray, contracts: list[int]
) -> dict[str, pl.DataFrame]:
    n, as_of = len(times), times[-1]
    base = 0.0024 + 0.0004 * walk(rng, n, 0, 0.2, 0.05)
    metrics = [
        {
            "as_of": times[i],
            "metric": metric,
            "method": method,
            "value": float(base[i] * z * scale),
            "observations": 756,
        }
        for i in range(n)
        for metric, z in (("var_95", 1.645), ("var_99", 2.326), ("es_975", 2.338))
        for method, scale in (("filtered_historical", 1.05), ("historical", 1.1), ("normal", 1.0), ("student_t", 1.02))
    ]
    metrics += [
        {
            "as_of": as_of,
            "metric": f"{test}_{metric}",
            "method": "filtered_historical",
            "value": value,
            "observations": 250,
        }
        for metric, found in (("var_95", (15.0, 0.48, 0.31)), ("var_99", (7.0, 0.02, 0.44)))
        for test, value in zip(("exceptions", "kupiec_p", "christoffersen_p"), found, strict=True)
    ]
    shares = np.array([0.15, 0.24, 0.31, 0.10, 0.26, -0.06])
    component = [
        {
            "as_of": as_of,
            "instrument_id": item[0],
            "asset_class": item[1],
            "individual_var_95": 0.002,
            "marginal_var_95": 1e-5,
            "component_var_95": float(shares[k] * base[-1] * 1.645),
            "share": float(shares[k]),
        }
        for k, item in enumerate(INSTRUMENTS)
    ]
    ladder = [
        {"as_of": as_of, "curve_id": curve, "tenor_bd": bd, "dv01_brl": float(rng.normal(0, 2200))}
        for curve, tenors in (("PRE", VERTICES), ("REAL", (504, 756, 1260)))
        for bd in tenors
    ]
    stress: list[dict[str, Any]] = []
    for key, name, kind in SCENARIOS:
        parts = [{"instrument_id": item[0], "pnl_brl": float(rng.normal(-350e3, 600e3))} for item in INSTRUMENTS]
        total = {"instrument_id": "TOTAL", "pnl_brl": sum(p["pnl_brl"] for p in parts)}
        stress += [
            {
                "as_of": as_of,
                "scenario_id": key,
                "name": name,
                "kind": kind,
                "pnl_fraction": p["pnl_brl"] / nav[-1],
                **p,
            }
            for p in (*parts, total)
        ]
    used = {
        "var_95": base[-1] * 1.645 * 1.05,
        "var_99": base[-1] * 2.326 * 1.05,
        "es_975": base[-1] * 2.338 * 1.05,
        "drawdown": 1 - nav[-1] / nav.max(),
        "gross_leverage": 1.7,
        "instrument_risk_share": 0.31,
        "class_risk_share": 0.38,
        "daily_loss": None,
    }
    limits = []
    for key, name, threshold in LIMITS:
        value = used[key]
        share = None if value is None else float(value) / threshold
        limits.append(
            {
                "as_of": as_of,
                "limit_id": key,
                "name": name,
                "value": None if value is None else float(value),
                "threshold": threshold,
                "utilisation": share,
                "status": _status(share),
            }
        )
    return {
        "risk_metrics_daily": frame("risk_metrics_daily", metrics),
        "component_var": frame("component_var", component),
        "dv01_ladder": frame("dv01_ladder", ladder),
        "stress_test_results": frame("stress_test_results", stress),
        "risk_limits_status": frame("risk_limits_status", limits),
    }


def _status(share: float | None) -> str:
    if share is None:
        return "absent"
    return "green" if share < 0.6 else "amber" if share < 0.8 else "red" if share < 1 else "breach"
