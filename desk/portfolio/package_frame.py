"""The book's packages as a gold frame, and what each limit took of the volatility asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from desk.arrays import BoolArray, FloatArray
from desk.catalog.desk_parameters import DeskParameters
from desk.gold import PACKAGE
from desk.portfolio.book_frames import as_of_times, gold_frame
from desk.portfolio.book_history import BookHistory
from desk.portfolio.combine import strategy_budgets
from desk.portfolio.lines_as_held import unfilled
from desk.portfolio.order_limits import ORDER_LIMITS, HeldBack
from desk.portfolio.package_limits import SIZE_LIMITS
from desk.portfolio.packages import imbalance, measure_of
from desk.portfolio.sizing_plan import SizingPlan, package_risk
from desk.units import DAYS_PER_YEAR

LEG_DIGITS = 6
"""Decimals of a leg's contracts: a smaller move is none."""


def package_frame(plan: SizingPlan, history: BookHistory, held: list[int], parameters: DeskParameters) -> pl.DataFrame:
    """PACKAGE: every strategy's package after each decision, flat ones included. `held`: rows without a decision.
    `plan` has the measures of the contracts that the target is in (desk.portfolio.lines_as_held)."""
    rows, count = plan.conviction.shape
    open_orders = unfilled(history.target, history.packages, parameters)
    daily = np.stack([package_risk(*row) for row in zip(history.packages, plan.matrix, strict=True)])
    undecided = np.isin(np.arange(rows), held)[:, None]
    scale = np.where(plan.requested_risk > 0, plan.limited.scale * history.risk_multiplier[:, None], np.nan)
    bound = [None if at < 0 else SIZE_LIMITS[at] for at in np.where(undecided, -1, plan.limited.bound).ravel()]
    legs, dv01 = _texts(history.packages, plan, open_orders, parameters)
    return gold_frame(
        PACKAGE,
        {
            "as_of": as_of_times(plan).gather(np.repeat(np.arange(rows), count)),
            "strategy_id": np.tile([terms.id for terms in plan.terms], rows),
            "asset_class": np.tile([terms.asset_class for terms in plan.terms], rows),
            "neutrality": np.tile([terms.neutrality for terms in plan.terms], rows),
            "conviction": np.where(undecided, np.nan, plan.conviction).ravel(),
            "budget": np.tile(strategy_budgets(plan.terms) ** 2, rows),
            "asked_volatility": np.where(undecided, np.nan, plan.requested_risk).ravel(),
            "scale": np.where(undecided, np.nan, scale).ravel(),
            "limit_bound": bound,
            "legs": legs,
            "leg_dv01_brl": dv01,
            "imbalance": _imbalances(plan, history.packages, open_orders).ravel(),
            "volatility": (daily * np.sqrt(DAYS_PER_YEAR) / history.nav[:, None]).ravel(),
            "state": _states(plan, history.packages, undecided[:, 0]),
        },
    )


def limits_bound(
    plan: SizingPlan, risk_multiplier: FloatArray, held_back: Sequence[HeldBack | None], ids: Sequence[str]
) -> list[str]:
    """By row the JSON list of what took of the volatility asked for, a year, the breaker's part last of these; then
    what the limits on one order and on one roll have kept for later days, in contracts, line by line."""
    texts = []
    for row, multiplier in enumerate(risk_multiplier.tolist()):
        found = [
            {"limit": limit, "subjects": list(plan.limited.subjects[row][place]), "taken": round(taken, 8)}
            for place, limit in enumerate(SIZE_LIMITS)
            if (taken := float(plan.limited.taken[row, place])) > 0
        ]
        if multiplier < 1.0 and plan.limited.volatility[row] > 0:
            taken = round(float(plan.limited.volatility[row]) * (1.0 - multiplier), 8)
            found.append({"limit": "breaker", "subjects": [], "taken": taken})
        texts.append(json.dumps([*found, *_kept_for_later(held_back[row], ids)]))
    return texts


def _kept_for_later(held_back: HeldBack | None, ids: Sequence[str]) -> Iterator[dict[str, object]]:
    """They take nothing of the volatility aimed at: it is reached later."""
    if held_back is None:
        return
    for contracts, limit in ((held_back.orders, None), (held_back.rolls, "roll")):
        for column in np.flatnonzero(contracts).tolist():
            name = limit or f"order_{ORDER_LIMITS[held_back.limit[column]]}"
            yield {"limit": name, "subjects": [ids[column]], "taken": 0.0, "contracts": int(contracts[column])}


def _texts(
    packages: FloatArray, plan: SizingPlan, open_orders: BoolArray, parameters: DeskParameters
) -> tuple[list[str], list[str]]:
    """By row and package the legs, and what is known of their DV01."""
    ids, unit = parameters.instrument_ids, np.where(open_orders, np.nan, plan.quotes.dv01)
    legs, dv01 = [], []
    for row, book in enumerate(np.round(packages, LEG_DIGITS)):
        for own in book:
            columns = np.flatnonzero(own).tolist()
            legs.append(json.dumps({ids[column]: float(own[column]) for column in columns}))
            risk = {ids[column]: float(own[column] * unit[row, column]) for column in columns}
            dv01.append(json.dumps({name: round(value, 2) for name, value in risk.items() if np.isfinite(value)}))
    return legs, dv01


def _imbalances(plan: SizingPlan, packages: FloatArray, open_orders: BoolArray) -> FloatArray:
    """(R, S), NaN for an outright package, a flat one, and one with a leg that has no measure or did not fill."""
    found = np.full(packages.shape[:2], np.nan)
    for place, terms in enumerate(plan.terms):
        legs = packages[:, place]
        measure = measure_of(terms, legs, plan.quotes, plan.matrix)
        if measure is None:
            continue
        known = (legs != 0).any(axis=1) & ((legs == 0) | ((measure != 0) & ~open_orders)).all(axis=1)
        found[:, place] = np.where(known, imbalance(legs, measure), np.nan)
    return found


def _states(plan: SizingPlan, packages: FloatArray, undecided: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[str]:
    legs = np.round(packages, LEG_DIGITS)
    flat = (legs == 0).all(axis=2)
    traded = (legs != np.concatenate([np.zeros_like(legs[:1]), legs[:-1]])).any(axis=2)
    unformed = np.isnan(plan.packages).any(axis=2)
    names = np.select(
        [undecided[:, None] & ~flat, traded, unformed, flat], ["held", "traded", "waits", "flat"], default="kept"
    )
    return [str(name) for name in names.ravel()]
