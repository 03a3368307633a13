"""The gate's check of limits: what the orders do to each one, beside today's book without them.

Both books are measured alike: the same prices, the same deviations, the same scenarios. Orders that lessen a breach,
or leave it as it is, pass, whatever the day before was; those that worsen one are stopped. A share of risk and a
scenario are compared one line, class or scenario at a time, so that one order's relief hides no other's breach.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.package_limits import DEPTH_LIMITS
from desk.risk import tail
from desk.risk.gate_basis import Found, Frames, GateInput, finite
from desk.risk.risk_pass import COMPONENT_LEVEL, WORST_DAY
from desk.transforms.market_depth import traded_volume
from desk.units import DAYS_PER_YEAR

MEASURED_LIMITS = ("var_95", "var_99", "es_975", "gross_leverage", "gross_face", "stressed_margin", "worst_scenario")
"""Those whose use is known of every book that can be priced."""
RISK_SHARES = ("instrument_risk_share", "class_risk_share")
TARGET_LIMITS = (*MEASURED_LIMITS, *DEPTH_LIMITS, *RISK_SHARES)
"""Limits of what the orders make of the book; the others are of what has happened to it."""
_SAME = 1.0 + 1e-9
"""Two computations of one number."""


def limits(found: GateInput, most_change: float) -> Found:
    """How many limits the orders would leave in breach and worse than today's book without them has them.

    A use that has grown more than `most_change` times since the day before while nothing was dealt is a number that has
    slipped: it counts, whatever the orders do. Of the limits on a market only an order that adds to a line that is past
    it counts. Unknown where none is broken and the use of one is not known, as of a book with a line that has no price.
    """
    rows = found.today["risk_limits_status"].filter(pl.col("limit_id").is_in(TARGET_LIMITS))
    if rows.is_empty():
        return Found(None)
    broken: dict[str, str] = {}
    for row in _breached(rows).iter_rows(named=True):
        reason = _broken(found, row["limit_id"], most_change)
        if reason is not None:
            broken[row["limit_id"]] = f"{row['name']} {row['value']:.4g} of {row['threshold']:g}{reason}"
    measured = rows.filter(pl.col("limit_id").is_in(MEASURED_LIMITS))
    unknown = measured.filter(~pl.col("value").is_finite().fill_null(False))["name"].drop_nulls().to_list()
    if not broken and unknown:
        return Found(None, f"not known: {', '.join(unknown)}")
    return Found(float(len(broken)), ", ".join(broken.values()), {"limits": list(broken)} if broken else {})


def asks_for_the_book_without_orders(found: GateInput) -> bool:
    """Whether a limit is in breach that is judged beside the book without the day's orders."""
    rows = _breached(found.today["risk_limits_status"]).filter(~pl.col("limit_id").is_in(DEPTH_LIMITS))
    return rows.height > 0 and found.today["action"].height > 0


def _breached(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("limit_id").is_in(TARGET_LIMITS), pl.col("status") == "breach")


def _broken(found: GateInput, limit_id: str, most_change: float) -> str | None:
    """What to say of a limit in breach beyond its use where the orders answer for it; None where they do not."""
    if found.today["action"].is_empty():
        return None
    if limit_id in DEPTH_LIMITS:
        return "" if _adds_past(found, limit_id) else None
    without = _value(found.without, limit_id)
    if without is None:
        return ", of the book without the orders unknown"
    before = _value(found.before, limit_id)
    if before is not None and without > most_change * before:
        return f", without the orders {without:.4g}: {most_change:g} times the day before's and more"
    worse = _worsened(found, limit_id)
    return f", without the orders {without:.4g}" if worse else None


def _value(frames: Frames, limit_id: str) -> float | None:
    rows = frames["risk_limits_status"].filter(limit_id=limit_id) if frames else pl.DataFrame()
    value = rows["value"][0] if rows.height else None
    return float(value) if isinstance(value, float) and finite(value) else None


def _worsened(found: GateInput, limit_id: str) -> bool:
    """Whether a subject of the limit (a line, a class, a scenario; the book) is past it, and more so by the orders.

    A share of risk grows by itself where others that it is spread over get smaller. Where no order adds to its lines
    and the book's whole deviation falls, the orders lessen the risk that the share is of.
    """
    threshold = load_desk_parameters().limits.threshold(limit_id)
    now, then = (_uses(frames, limit_id) for frames in (found.today, found.without))
    worse = {name for name, use in now.items() if use >= threshold and use > _SAME * then.get(name, 0.0)}
    if limit_id in RISK_SHARES and _deviation(found.today) <= _SAME * _deviation(found.without):
        worse &= _added_to(found.today, limit_id)
    return bool(worse)


def _uses(frames: Frames, limit_id: str) -> Mapping[str, float]:
    """The use of the limit by its subjects."""
    if limit_id in RISK_SHARES:
        daily = load_desk_parameters().portfolio.target_volatility / np.sqrt(DAYS_PER_YEAR)
        unit = daily * float(tail.normal_var(1.0, COMPONENT_LEVEL))
        name = _subject(limit_id)
        parts = frames["component_var"].group_by(name).agg(pl.col("component_var_95").sum().abs() / unit)
        return dict(parts.iter_rows())
    if limit_id == "worst_scenario":
        rows = frames["stress_test_results"].filter(
            pl.col("instrument_id") == "TOTAL", pl.col("kind") != "reverse", pl.col("scenario_id") != WORST_DAY
        )
        return {name: -pnl for name, pnl in rows.select("scenario_id", "pnl_fraction").drop_nulls().iter_rows()}
    value = _value(frames, limit_id)
    return {} if value is None else {"book": value}


def _subject(limit_id: str) -> str:
    return "instrument_id" if limit_id == "instrument_risk_share" else "asset_class"


def _deviation(frames: Frames) -> float:
    """Of the whole book: the parts of its normal VaR add up to it."""
    return float(frames["component_var"]["component_var_95"].sum())


def _added_to(frames: Frames, limit_id: str) -> set[str]:
    """The lines, or their classes, of which the orders hold more than before, on either side."""
    rows = frames["target_position"]
    more = rows.filter(
        (pl.col("contracts").abs() > pl.col("contracts_before").abs())
        | (pl.col("contracts") * pl.col("contracts_before") < 0)
    )
    return set(more[_subject(limit_id)].drop_nulls().to_list())


def _adds_past(found: GateInput, limit_id: str) -> bool:
    """Whether an order adds to a line, or opens one, that is then past a limit on its market."""
    parameters = load_desk_parameters()
    rules, threshold = parameters.risk.liquidity, parameters.limits.threshold(limit_id)
    orders = found.today["action"].group_by("contract_id").agg(order=pl.col("order_contracts").sum())
    lines = found.today["target_position"].join(orders, on="contract_id").join(found.listed, on="contract_id")
    after, order, interest, stored = (
        lines[name].cast(pl.Float64).to_numpy() for name in ("contracts", "order", "open_interest", "volume")
    )
    market = interest if limit_id == "open_interest" else traded_volume(interest, stored, rules) * rules.share_of_volume
    adds = np.abs(after) > np.abs(after - order)
    return bool((adds & (np.abs(after) >= market * threshold)).any())
