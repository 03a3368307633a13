"""A made-up but realistic `ReportData` for tests of the page: seeded random walks, numbers that agree with each other.

Nothing here is market data, and nothing but tests may import it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from desk import calendars
from desk.gold import GOLD
from desk.model import decision_time
from reports.data import ReportData

AS_OF_DAY = dt.date(2026, 11, 19)
VERTICES = (21, 42, 63, 126, 252, 378, 504, 756, 1008, 1260, 1764, 2520)
STRATEGIES = {
    "RATES_CARRY_ROLL": "Rates", "RATES_SLOPE_MEANREV": "Rates", "INF_BREAKEVEN_MEANREV": "Inflation",
    "FX_CARRY_MOMENTUM": "FX", "FX_POSITIONING": "FX", "CROSS_RISK_APPETITE": "Cross-Asset",
}  # fmt: skip
AGENTS = ("inflation", "monetary_policy", "fiscal", "fx_equilibrium", "cross_asset")
REGIMES = ("goldilocks", "reflation", "stagflation", "deflation")
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
    ("taper_2013", "Taper tantrum 2013", "parametric"), ("brazil_2015", "Brazil 2015", "parametric"),
    ("may_2017", "18 May 2017", "parametric"), ("covid_2020", "COVID 2020", "parametric"),
    ("rate_shock_2022", "Rate shock 2022", "parametric"), ("fiscal_crisis", "Fiscal crisis", "parametric"),
    ("risk_off", "Global risk-off", "parametric"), ("parallel_100", "Parallel +100 bp", "parametric"),
)  # fmt: skip
LIMITS = (
    ("var_95", "VaR 95", 0.03), ("var_99", "VaR 99", 0.05), ("es_975", "ES 97.5", 0.05), ("drawdown", "Drawdown", 0.10),
    ("gross_leverage", "Gross leverage", 3.0), ("instrument_risk_share", "Single-instrument risk share", 0.25),
    ("class_risk_share", "Class risk share", 0.50), ("daily_loss", "Portfolio daily loss", 0.02),
)  # fmt: skip


def frame(table: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    schema = GOLD[table].schema
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def sample(
    seed: int = 7, days: int = 504, world: Any = "sandbox", drop: Sequence[str] = (), day: dt.date = AS_OF_DAY
) -> ReportData:
    """`days` decisions up to `day`; `drop` leaves whole tables out."""
    rng = np.random.default_rng(seed)
    calendar = calendars.b3()
    dates = calendar.days(calendar.offset(day, -(days - 1)), day)
    times = [decision_time(date) for date in dates]
    values = _levels(rng, len(dates))
    frames = {
        "feature": _features(times, dates, values),
        "input_receipt": _receipts(times[-1], dates, values),
        "dataset_status": _datasets(times[-1], dates),
        "agent_view": _agents(rng, times),
        "regime": _regimes(rng, times),
        **_signals(rng, times),
        **_book(rng, times),
    }
    return ReportData(
        as_of=times[-1], world=world, run_id=f"run-{seed:08d}", code_version="0.1.0+test",
        frames={name: table for name, table in frames.items() if name not in drop},
    )  # fmt: skip


def _walk(rng: np.random.Generator, n: int, start: float, step: float, pull: float = 0.004) -> np.ndarray:
    path = np.empty(n)
    path[0] = start
    shocks = rng.normal(0, step, n)
    for i in range(1, n):
        path[i] = path[i - 1] + pull * (start - path[i - 1]) + shocks[i]
    return path


def _levels(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    short, slope = _walk(rng, n, 0.135, 0.0006), _walk(rng, n, -0.004, 0.0005)
    real, us = _walk(rng, n, 0.069, 0.0004), _walk(rng, n, 0.041, 0.0005)
    out: dict[str, np.ndarray] = {}
    for bd in VERTICES:
        share = 1 - np.exp(-bd / 600)
        out[f"pre_{bd}"] = short + slope * share
        out[f"cupom_{bd}"] = us + 0.008 + 0.002 * share
        out[f"ust_{bd}"] = us + 0.004 * share
        if bd >= 252:
            out[f"real_{bd}"] = real + 0.003 * share
    usdbrl = 5.4 * np.exp(np.cumsum(rng.normal(0, 0.008, n)))
    prices = {"ibovespa": 138e3, "spx": 6700.0, "brent": 68.0, "iron_ore": 104.0, "soybean": 1105.0, "gold": 4010.0}
    out |= {name: start * np.exp(np.cumsum(rng.normal(0, 0.009, n))) for name, start in prices.items()}
    out |= {
        "usdbrl": usdbrl, "dxy": 99 * np.exp(np.cumsum(rng.normal(0, 0.003, n))),
        "vix": 17 * np.exp(_walk(rng, n, 0, 0.06, 0.05)), "selic_target": np.repeat(0.1475, n) - 0.005 * (np.arange(n) > n - 40),
        "cdi": np.repeat(0.1465, n), "ipca_12m": np.repeat(_walk(rng, n // 21 + 1, 0.045, 0.0015), 21)[:n],
        "focus_ipca_12m": _walk(rng, n, 0.041, 0.0002), "us_hy_spread": _walk(rng, n, 0.032, 0.0006),
        "breakeven_504": (1 + out["pre_504"]) / (1 + out["real_504"]) - 1, "reserves": _walk(rng, n, 345e3, 400.0),
    }  # fmt: skip
    return out


def _features(times: list[dt.datetime], dates: list[dt.date], values: Mapping[str, np.ndarray]) -> pl.DataFrame:
    seen = [dates[max(i - 1, 0)] for i in range(len(dates))]
    monthly = [dt.date(d.year, d.month, 1) for d in dates]
    parts = [
        pl.DataFrame(
            {"as_of": times, "feature_id": [name] * len(times), "value": path,
             "obs_date": monthly if name == "ipca_12m" else seen},
            schema=GOLD["feature"].schema,
        )
        for name, path in values.items()
    ]  # fmt: skip
    return pl.concat(parts)


SOURCE = {"pre": "b3_market_data", "real": "b3_market_data", "cupom": "b3_market_data", "ust": "treasury_gov"}


def _receipts(as_of: dt.datetime, dates: list[dt.date], values: Mapping[str, np.ndarray]) -> pl.DataFrame:
    rows = []
    for name in values:
        source = SOURCE.get(name.split("_")[0], "yahoo_finance" if name in ("vix", "spx", "ibovespa") else "bcb_sgs")
        rows.append({
            "as_of": as_of, "input_id": name, "source": source, "dataset": f"{source}_daily",
            "value": float(values[name][-1]), "unit": "fraction per year", "obs_date": dates[-2],
            "knowledge_time": as_of - dt.timedelta(hours=9), "stamp": "rule",
            "sha256": hashlib.sha256(name.encode()).hexdigest(), "age_bd": 1, "state": "known",
        })  # fmt: skip
    rows.append(
        {"as_of": as_of, "input_id": "cot_brl_oi", "source": "cftc_cot", "dataset": "cftc_tff", "state": "absent"}
    )
    return frame("input_receipt", rows)


def _datasets(as_of: dt.datetime, dates: list[dt.date]) -> pl.DataFrame:
    ok = ("bcb_sgs_daily", "bcb_sgs_monthly", "bcb_ptax", "bcb_focus_annual", "bcb_focus_12m", "bcb_focus_selic",
          "bcb_fx_flow", "ibge_ipca_index", "ibge_ipca_groups", "stn_auctions", "b3_swap_curves", "b3_settlements",
          "fred_daily", "fred_macro", "treasury_nominal", "treasury_real", "yahoo_daily", "cftc_disagg")  # fmt: skip
    rows: list[dict[str, Any]] = [
        {"as_of": as_of, "dataset": name, "source": name.split("_")[0], "state": "ok", "last_obs_date": dates[-2],
         "age_bd": 1, "promise_bd": 3}
        for name in ok
    ]  # fmt: skip
    rows.append({"as_of": as_of, "dataset": "stn_tesouro_direto", "source": "stn_fiscal", "state": "stale",
                 "last_obs_date": dates[-9], "age_bd": 8, "promise_bd": 4})  # fmt: skip
    rows.append({"as_of": as_of, "dataset": "cftc_tff", "source": "cftc_cot", "state": "failed",
                 "last_obs_date": dates[-14], "age_bd": 13, "promise_bd": 10,
                 "error": "cftc_cot: 503 after 3 tries"})  # fmt: skip
    return frame("dataset_status", rows)


def _agents(rng: np.random.Generator, times: list[dt.datetime]) -> pl.DataFrame:
    rows = []
    for agent in AGENTS:
        score = np.tanh(_walk(rng, len(times), 0.1, 0.06, 0.02))
        for i, as_of in enumerate(times):
            parts = np.array([0.6, 0.5, -0.3, 0.2]) * score[i]
            rows.append({
                "as_of": as_of, "agent_id": agent, "score": float(score[i]), "confidence": 0.55 + 0.2 * abs(score[i]),
                "drivers": json.dumps(dict(zip(("expectations", "momentum", "activity_gap", "fx"), parts, strict=True))),
                "missing": json.dumps(["cot_brl_oi"] if agent == "fx_equilibrium" else []),
                "sentence": f"The {agent.replace('_', ' ')} view stands at {score[i]:+.2f} on expectations and momentum.",
            })  # fmt: skip
    return frame("agent_view", rows)


def _regimes(rng: np.random.Generator, times: list[dt.datetime]) -> pl.DataFrame:
    logits = np.stack([_walk(rng, len(times), start, 0.25, 0.03) for start in (0.8, 0.5, -0.2, -0.8)])
    odds = np.exp(logits) / np.exp(logits).sum(axis=0)
    rows = [
        {"as_of": as_of, "regime_id": regime, "probability": float(odds[k, i])}
        for i, as_of in enumerate(times)
        for k, regime in enumerate(REGIMES)
    ]
    return frame("regime", rows)


def _signals(rng: np.random.Generator, times: list[dt.datetime]) -> dict[str, pl.DataFrame]:
    n = len(times)
    scores = {name: np.tanh(_walk(rng, n, 0.0, 0.12, 0.03)) for name in STRATEGIES}
    rows = []
    for name, asset_class in STRATEGIES.items():
        for i, as_of in enumerate(times):
            lost = name == "FX_POSITIONING" and i == n - 1
            rows.append({
                "as_of": as_of, "strategy_id": name, "asset_class": asset_class,
                "score": None if lost else float(scores[name][i]), "confidence": None if lost else 0.7,
                "drivers": json.dumps({"carry_z": 1.1, "momentum": -0.2}),
                "missing": json.dumps(["cot_brl_oi"] if lost else []),
            })  # fmt: skip
    convictions = []
    for item in INSTRUMENTS:
        path = np.tanh(_walk(rng, n, 0.1, 0.1, 0.03))
        for i, as_of in enumerate(times):
            change = path[i] - path[i - 1] if i else 0.0
            flip = int(np.sign(path[i])) if i and np.sign(path[i]) != np.sign(path[i - 1]) else 0
            if i == n - 1 and item[0] == "DOL":
                flip = int(np.sign(path[i]))
            convictions.append({
                "as_of": as_of, "instrument_id": item[0], "asset_class": item[1], "conviction": float(path[i]),
                "agreement": 0.75, "flip": flip, "surge": float(change) if abs(change) > 0.15 else None,
                "contributions": json.dumps({s: float(path[i]) / 2 for s in list(STRATEGIES)[:2]}),
            })  # fmt: skip
    return {
        "strategy_signals": frame("strategy_signals", rows),
        "aggregated_signal": frame("aggregated_signal", convictions),
    }


def _book(rng: np.random.Generator, times: list[dt.datetime]) -> dict[str, pl.DataFrame]:
    n, as_of = len(times), times[-1]
    per = rng.normal(900, 95_000, (n, len(INSTRUMENTS))) * np.array([0.6, 1.0, 1.4, 0.8, 1.6, 1.0])
    per[0] = 0.0
    cost = np.abs(rng.normal(1500, 400, n))
    cost[0] = 0.0
    pnl = per.sum(axis=1) - cost
    nav = 100e6 + np.cumsum(pnl)
    peak = np.maximum.accumulate(nav)
    state = [
        {"as_of": times[i], "nav_brl": nav[i], "pnl_brl": pnl[i], "cost_brl": cost[i],
         "return_1d": pnl[i] / nav[i - 1] if i else None, "peak_nav_brl": peak[i], "drawdown": 1 - nav[i] / peak[i],
         "gross_leverage": 1.7, "target_volatility": 0.08, "expected_volatility": 0.078, "active_positions": 6}
        for i in range(n)
    ]  # fmt: skip
    attribution = [
        {"as_of": times[i], "instrument_id": item[0], "asset_class": item[1], "contracts": 10,
         "price_pnl_brl": per[i, k] - 900, "carry_pnl_brl": 900.0, "cost_brl": cost[i] / len(INSTRUMENTS),
         "pnl_brl": per[i, k] - cost[i] / len(INSTRUMENTS)}
        for i in range(max(n - 30, 0), n)
        for k, item in enumerate(INSTRUMENTS)
    ]  # fmt: skip
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
    weights = np.array([0.18, 0.22, -0.24, 0.12, -0.16, 0.08])
    return [
        {"as_of": as_of, "instrument_id": item[0], "contract_id": item[2], "asset_class": item[1],
         "maturity": dt.date(2029, 1, 2), "price": item[3], "rate": 0.131 if item[4] else None,
         "risk_weight": float(weights[k]), "contracts": contracts[k], "contracts_before": before[k],
         "notional_brl": contracts[k] * item[3] * (50 if item[0] == "DOL" else 1), "dv01_brl": contracts[k] * item[4] or None,
         "delta_brl": contracts[k] * item[5] or None, "margin_brl": abs(contracts[k]) * 2500.0,
         "cost_brl": abs(contracts[k] - before[k]) * 62.0, "unit_vol_brl": 140.0}
        for k, item in enumerate(INSTRUMENTS)
    ]  # fmt: skip


def _actions(as_of: dt.datetime, contracts: list[int], before: list[int]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for k, item in enumerate(INSTRUMENTS):
        order = contracts[k] - before[k]
        if order == 0:
            continue
        side = "buy" if order > 0 else "sell"
        rows.append({
            "as_of": as_of, "seq": len(rows) + 1, "instrument_id": item[0], "contract_id": item[2], "side": side,
            "contracts_from": before[k], "contracts_to": contracts[k], "order_contracts": order,
            "dv01_change_brl": order * item[4] or None, "notional_change_brl": order * item[3],
            "cost_brl": abs(order) * 62.0, "invalidation": 0.1310 if item[4] else item[3] * 0.98,
            "invalidation_unit": "rate" if item[4] else "points",
            "rationale": json.dumps({"RATES_CARRY_ROLL": 0.62, "RATES_SLOPE_MEANREV": -0.4}),
            "sentence": f"{side.title()} {abs(order)} {item[2]}, from {before[k]:+d} to {contracts[k]:+d} contracts; "
            "because RATES_CARRY_ROLL +0.62, RATES_SLOPE_MEANREV -0.40.",
        })  # fmt: skip
    return rows


def _risk(
    rng: np.random.Generator, times: list[dt.datetime], pnl: np.ndarray, nav: np.ndarray, contracts: list[int]
) -> dict[str, pl.DataFrame]:
    n, as_of = len(times), times[-1]
    base = 0.0024 + 0.0004 * _walk(rng, n, 0, 0.2, 0.05)
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
        for method, scale in (("historical", 1.05), ("parametric", 1.0))
    ]
    shares = np.array([0.15, 0.24, 0.31, 0.10, 0.26, -0.06])
    component = [
        {"as_of": as_of, "instrument_id": item[0], "asset_class": item[1], "individual_var_95": 0.002,
         "marginal_var_95": 1e-5, "component_var_95": float(shares[k] * base[-1] * 1.645), "share": float(shares[k])}
        for k, item in enumerate(INSTRUMENTS)
    ]  # fmt: skip
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
    used = {"var_95": base[-1] * 1.645 * 1.05, "var_99": base[-1] * 2.326 * 1.05, "es_975": base[-1] * 2.338 * 1.05,
            "drawdown": 1 - nav[-1] / nav.max(), "gross_leverage": 1.7, "instrument_risk_share": 0.31,
            "class_risk_share": 0.38, "daily_loss": None}  # fmt: skip
    limits = []
    for key, name, threshold in LIMITS:
        value = used[key]
        share = None if value is None else float(value) / threshold
        limits.append({"as_of": as_of, "limit_id": key, "name": name, "value": None if value is None else float(value),
                       "threshold": threshold, "utilisation": share, "status": _status(share)})  # fmt: skip
    return {
        "risk_metrics_daily": frame("risk_metrics_daily", metrics), "component_var": frame("component_var", component),
        "dv01_ladder": frame("dv01_ladder", ladder), "stress_test_results": frame("stress_test_results", stress),
        "risk_limits_status": frame("risk_limits_status", limits),
    }  # fmt: skip


def _status(share: float | None) -> str:
    if share is None:
        return "absent"
    return "green" if share < 0.6 else "amber" if share < 0.8 else "red" if share < 1 else "breach"
