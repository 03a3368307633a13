"""A synthetic `ReportData` for tests of the page: seeded random walks with consistent sums. No market data."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from desk import calendars
from desk.gold import GOLD
from desk.model import decision_time
from reports.elements.report_data import ReportData
from tests.reports.sample_book import book
from tests.reports.sample_models import agents, measures, regimes, signals
from tests.reports.sample_parts import VERTICES, frame, walk

AS_OF_DAY = dt.date(2026, 11, 19)


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
        "source_comparison": _pairs(times[-1], dates),
        "agent_view": agents(rng, times),
        "regime": regimes(rng, times),
        "agent_measure": measures(rng, times[-30:]),
        **signals(rng, times),
        **book(rng, times),
    }
    return ReportData(
        as_of=times[-1],
        world=world,
        run_id=f"run-{seed:08d}",
        code_version="0.1.0+test",
        frames={name: table for name, table in frames.items() if name not in drop},
    )


def _levels(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    short, slope = walk(rng, n, 0.135, 0.0006), walk(rng, n, -0.004, 0.0005)
    real, us = walk(rng, n, 0.069, 0.0004), walk(rng, n, 0.041, 0.0005)
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
        "usdbrl": usdbrl,
        "dxy": 99 * np.exp(np.cumsum(rng.normal(0, 0.003, n))),
        "vix": 17 * np.exp(walk(rng, n, 0, 0.06, 0.05)),
        "selic_target": np.repeat(0.1475, n) - 0.005 * (np.arange(n) > n - 40),
        "cdi": np.repeat(0.1465, n),
        "ipca_12m": np.repeat(walk(rng, n // 21 + 1, 0.045, 0.0015), 21)[:n],
        "focus_ipca_12m": walk(rng, n, 0.041, 0.0002),
        "us_hy_spread": walk(rng, n, 0.032, 0.0006),
        "breakeven_504": (1 + out["pre_504"]) / (1 + out["real_504"]) - 1,
        "reserves": walk(rng, n, 345e3, 400.0),
    }
    return out


def _features(times: list[dt.datetime], dates: list[dt.date], values: Mapping[str, np.ndarray]) -> pl.DataFrame:
    seen = [dates[max(i - 1, 0)] for i in range(len(dates))]
    monthly = [dt.date(d.year, d.month, 1) for d in dates]
    parts = [
        pl.DataFrame(
            {
                "as_of": times,
                "feature_id": [name] * len(times),
                "value": path,
                "obs_date": monthly if name == "ipca_12m" else seen,
                "origin": [name] * len(times),
                "knowledge_time": [time - dt.timedelta(hours=9) for time in times],
                "payload_id": [None] * len(times),
            },
            schema=GOLD["feature"].schema,
        )
        for name, path in values.items()
    ]
    return pl.concat(parts)


SOURCE = {"pre": "b3_market_data", "real": "b3_market_data", "cupom": "b3_market_data", "ust": "treasury_gov"}


def _receipts(as_of: dt.datetime, dates: list[dt.date], values: Mapping[str, np.ndarray]) -> pl.DataFrame:
    rows = []
    for name in values:
        source = SOURCE.get(name.split("_")[0], "yahoo_finance" if name in ("vix", "spx", "ibovespa") else "bcb_sgs")
        rows.append(
            {
                "as_of": as_of,
                "input_id": name,
                "source": source,
                "dataset": f"{source}_daily",
                "value": float(values[name][-1]),
                "unit": "fraction per year",
                "obs_date": dates[-1] - dt.timedelta(days=1),
                "knowledge_time": as_of - dt.timedelta(hours=9),
                "stamp": "rule",
                "sha256": hashlib.sha256(name.encode()).hexdigest(),
                "age_bd": 1,
                "state": "known",
            }
        )
    rows.append(
        {"as_of": as_of, "input_id": "cot_brl_oi", "source": "cftc_cot", "dataset": "cftc_tff", "state": "absent"}
    )
    return frame("input_receipt", rows)


def _pairs(as_of: dt.datetime, dates: list[dt.date]) -> pl.DataFrame:
    day = dates[-1] - dt.timedelta(days=1)
    rows = [
        (
            "usdbrl_ptax_sgs",
            "usdbrl_ptax_sell",
            "usdbrl_sgs_sell",
            5.4321,
            5.4321,
            0.0,
            "share",
            1e-4,
            2e-4,
            "agree",
            0,
        ),
        ("vix", "vix", "vix_fred", 17.2, 18.1, -0.05, "share", 0.002, 0.02, "broken", 1),
        ("brent", "brent", "brent_fred", 68.0, 73.1, -0.07, "share", 0.05, 0.6, "apart", 0),
        ("dgs10", "dgs10", "UST|2520", 0.0412, 0.412, -0.3708, "fraction per year", 6e-5, 1.5e-4, "held", 1),
    ]
    absent = ("spx", "spx", "sp500_fred", None, None, None, "share", 1e-3, 1e-2, "absent", 0)
    made = [
        {
            "as_of": as_of, "pair_id": one[0], "left_source": one[1], "right_source": one[2], "left_value": one[3],
            "right_value": one[4], "left_date": day, "right_date": day, "difference": one[5], "unit": one[6],
            "tolerance": one[7], "breach": one[8], "state": one[9], "compared": 5, "broken": one[10],
        }
        for one in [*rows, absent]
    ]  # fmt: skip
    return frame("source_comparison", made)


def _datasets(as_of: dt.datetime, dates: list[dt.date]) -> pl.DataFrame:
    ok = (
        "bcb_sgs_daily",
        "bcb_sgs_monthly",
        "bcb_ptax",
        "bcb_focus_annual",
        "bcb_focus_12m",
        "bcb_focus_selic",
        "bcb_fx_flow",
        "ibge_ipca_index",
        "ibge_ipca_groups",
        "stn_auctions",
        "b3_swap_curves",
        "b3_settlements",
        "fred_daily",
        "fred_macro",
        "treasury_nominal",
        "treasury_real",
        "yahoo_daily",
        "cftc_disagg",
    )
    rows: list[dict[str, Any]] = [
        {
            "as_of": as_of,
            "dataset": name,
            "source": name.split("_")[0],
            "state": "ok",
            "last_obs_date": dates[-1] - dt.timedelta(days=1),
            "age_bd": 1,
            "promise_bd": 3,
        }
        for name in ok
    ]
    rows.append(
        {
            "as_of": as_of,
            "dataset": "stn_tesouro_direto",
            "source": "stn_fiscal",
            "state": "stale",
            "last_obs_date": dates[-1] - dt.timedelta(days=10),
            "age_bd": 8,
            "promise_bd": 4,
        }
    )
    rows.append(
        {
            "as_of": as_of,
            "dataset": "cftc_tff",
            "source": "cftc_cot",
            "state": "failed",
            "last_obs_date": dates[-1] - dt.timedelta(days=20),
            "age_bd": 13,
            "promise_bd": 10,
            "error": "cftc_cot: 503 after 3 tries",
        }
    )
    return frame("dataset_status", rows)
