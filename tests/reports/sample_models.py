"""The models of the sample: agents with their measures, regimes, signals and convictions."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl

from reports.tables.agent_measures import MEASURES
from tests.reports.sample_parts import INSTRUMENTS, frame, walk

STRATEGIES = {
    "RATES_CARRY_ROLL": "Rates",
    "RATES_SLOPE_MEANREV": "Rates",
    "INF_BREAKEVEN_MEANREV": "Inflation",
    "FX_CARRY_MOMENTUM": "FX",
    "FX_POSITIONING": "FX",
    "CROSS_RISK_APPETITE": "Cross-Asset",
}
AGENTS = ("inflation", "monetary_policy", "fiscal", "fx_equilibrium", "cross_asset")
REGIMES = ("Goldilocks", "Reflation", "Stagflation", "Deflation")


def agents(rng: np.random.Generator, times: list[dt.datetime]) -> pl.DataFrame:
    rows = []
    for agent in AGENTS:
        score = np.tanh(walk(rng, len(times), 0.1, 0.06, 0.02))
        for i, as_of in enumerate(times):
            parts = np.array([0.6, 0.5, -0.3, 0.2]) * score[i]
            rows.append(
                {
                    "as_of": as_of,
                    "agent_id": agent,
                    "score": float(score[i]),
                    "confidence": 0.55 + 0.2 * abs(score[i]),
                    "drivers": json.dumps(
                        dict(zip(("expectations", "momentum", "activity_gap", "fx"), parts, strict=True))
                    ),
                    "missing": json.dumps(["cot_brl_oi"] if agent == "fx_equilibrium" else []),
                    "sentence": f"The {agent.replace('_', ' ')} view is {score[i]:+.2f} on expectations and momentum.",
                }
            )
    return frame("agent_view", rows)


def measures(rng: np.random.Generator, times: list[dt.datetime]) -> pl.DataFrame:
    rows = [
        {"as_of": as_of, "measure_id": measure.measure_id, "value": abs(float(rng.normal(0.05, 0.002)))}
        for as_of in times
        for measure in MEASURES
    ]
    return frame("agent_measure", rows)


def regimes(rng: np.random.Generator, times: list[dt.datetime]) -> pl.DataFrame:
    logits = np.stack([walk(rng, len(times), start, 0.25, 0.03) for start in (0.8, 0.5, -0.2, -0.8)])
    odds = np.exp(logits) / np.exp(logits).sum(axis=0)
    rows = [
        {"as_of": as_of, "regime_id": regime, "probability": float(odds[k, i])}
        for i, as_of in enumerate(times)
        for k, regime in enumerate(REGIMES)
    ]
    return frame("regime", rows)


def signals(rng: np.random.Generator, times: list[dt.datetime]) -> dict[str, pl.DataFrame]:
    n = len(times)
    scores = {name: np.tanh(walk(rng, n, 0.0, 0.12, 0.03)) for name in STRATEGIES}
    rows = []
    for name, asset_class in STRATEGIES.items():
        for i, as_of in enumerate(times):
            lost = name == "FX_POSITIONING" and i == n - 1
            rows.append(
                {
                    "as_of": as_of,
                    "strategy_id": name,
                    "asset_class": asset_class,
                    "score": None if lost else float(scores[name][i]),
                    "confidence": None if lost else 0.7,
                    "drivers": json.dumps({"carry_z": 1.1, "momentum": -0.2}),
                    "missing": json.dumps(["cot_brl_oi"] if lost else []),
                }
            )
    convictions = []
    for item in INSTRUMENTS:
        path = np.tanh(walk(rng, n, 0.1, 0.1, 0.03))
        for i, as_of in enumerate(times):
            change = path[i] - path[i - 1] if i else 0.0
            flip = int(np.sign(path[i])) if i and np.sign(path[i]) != np.sign(path[i - 1]) else 0
            if i == n - 1 and item[0] == "DOL":
                flip = int(np.sign(path[i]))
            convictions.append(
                {
                    "as_of": as_of,
                    "instrument_id": item[0],
                    "asset_class": item[1],
                    "conviction": float(path[i]),
                    "agreement": 0.75,
                    "flip": flip,
                    "surge": float(change) if abs(change) > 0.15 else None,
                    "contributions": json.dumps({s: float(path[i]) / 2 for s in list(STRATEGIES)[:2]}),
                }
            )
    return {
        "strategy_signals": frame("strategy_signals", rows),
        "aggregated_signal": frame("aggregated_signal", convictions),
    }
