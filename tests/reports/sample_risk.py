"""The risk of the made-up book: VaR and ES, components, ladder, stress, limits."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import numpy as np
import polars as pl

from tests.reports.sample_parts import INSTRUMENTS, VERTICES, frame, walk

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


def risk(
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
        for method, scale in (
            ("filtered_historical", 1.05),
            ("historical", 1.1),
            ("normal", 1.0),
            ("student_t", 1.02),
            ("monte_carlo", 1.04),
        )
    ]
    metrics += [
        {
            "as_of": as_of,
            "metric": f"{test}_{metric}",
            "method": method,
            "value": value,
            "observations": 250,
        }
        for method, more in (("filtered_historical", 0.0), ("student_t", -2.0))
        for metric, found in (("var_95", (15.0 + more, 0.48, 0.31)), ("var_99", (7.0 + more, 0.02, 0.44)))
        for test, value in zip(("exceptions", "kupiec_p", "christoffersen_p"), found, strict=True)
    ]
    for i in range(1, n):
        moved, var_95 = float(rng.normal(0.0, base[i - 1])), float(base[i - 1] * 1.645 * 1.05)
        metrics += [
            {"as_of": times[i], "metric": name, "method": "filtered_historical", "value": value, "observations": 1}
            for name, value in (
                ("tested_pnl", moved),
                ("tested_var_95", var_95),
                ("exception_var_95", float(-moved > var_95)),
            )
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
            "incremental_var_95": float(0.8 * shares[k] * base[-1] * 1.645),
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
        parts: list[dict[str, Any]] = [
            {"instrument_id": item[0], "pnl_brl": float(rng.normal(-350e3, 600e3))} for item in INSTRUMENTS
        ]
        total = {"instrument_id": "TOTAL", "pnl_brl": sum(float(p["pnl_brl"]) for p in parts)}
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
    reverse = {"as_of": as_of, "scenario_id": "reverse_10", "instrument_id": "TOTAL", "kind": "reverse"}
    stress.append(
        reverse
        | {
            "name": "Reverse stress: 9.1 standard deviations cost 10% of NAV: USD/BRL +14.2%, DI 5y +210 bp",
            "pnl_brl": -0.1 * nav[-1],
            "pnl_fraction": -0.1,
            "moves": json.dumps({"standard_deviations": 9.1, "usdbrl": 0.142, "pre_1260": 210.0, "pre_252": 90.0}),
        }
    )
    metrics.append(
        {
            "as_of": as_of,
            "metric": "reverse_stress_deviations",
            "method": "repricing",
            "value": 9.1,
            "observations": 252,
        }
    )
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
        "var_method": frame(
            "var_method",
            [
                {"as_of": as_of, "role": role, "method": method, "since": since, "verdict": verdict}
                for role, method, since, verdict in (
                    ("headline", "filtered_historical", dt.date(2025, 1, 2), "doubtful"),
                    ("challenger", "student_t", None, "accepted"),
                )
            ],
        ),
        "risk_limits_status": frame("risk_limits_status", limits),
    }


def _status(share: float | None) -> str:
    if share is None:
        return "absent"
    return "green" if share < 0.6 else "amber" if share < 0.8 else "red" if share < 1 else "breach"
