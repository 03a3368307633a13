"""Regime probabilities of the decision, their changes, and the most probable regime over time."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.agents.cross_asset.appetite import entropy
from reports.elements.report_data import ReportData, once_per_report, with_day

REGIMES = ("goldilocks", "reflation", "stagflation", "deflation", "mixed")
"""Their order in charts; regimes with other names follow."""


@dataclass(frozen=True)
class RegimeView:
    """Probabilities as fractions. `today`: most probable first. `paths` by regime over `days`, oldest first."""

    today: dict[str, float]
    changes: dict[str, dict[str, float | None]]
    days: tuple[dt.date, ...]
    paths: dict[str, list[float | None]]
    leader: str | None
    leader_yesterday: str | None
    leader_days: int
    """Consecutive decisions, up to this one, at which the leader was the most probable regime."""
    equally_likely: float | None = None
    """The number of equally likely regimes that would be as uncertain: exp of the entropy. 1 is certain."""
    compared_with: dt.date | None = None
    """The day of the decision before."""


@once_per_report
def regime_view(data: ReportData) -> RegimeView:
    """The regime probabilities of the decision, their changes and history; without a leader where none is stored."""
    rows = with_day(data.history("regime")).filter(pl.col("probability").is_not_null())
    today = _probabilities(rows.filter(pl.col("as_of") == data.as_of))
    if not today:
        return RegimeView({}, {}, (), {}, None, None, 0)
    yesterday = _probabilities(data.previous("regime"))
    earlier = {"1d": yesterday}
    for span, back in (("1w", 7), ("1m", 30)):
        earlier[span] = _probabilities(data.at_or_before("regime", data.day - dt.timedelta(days=back)))
    changes = {
        regime: {span: (today[regime] - then[regime] if regime in then else None) for span, then in earlier.items()}
        for regime in today
    }
    wide = rows.pivot("regime_id", index="day", values="probability").sort("day")
    leaders = (
        rows.sort("day", "probability", "regime_id").group_by("day", maintain_order=True).last()["regime_id"].to_list()
    )
    run = next((i for i, name in enumerate(reversed(leaders)) if name != leaders[-1]), len(leaders))
    return RegimeView(
        today=today,
        changes=changes,
        days=tuple(wide["day"].to_list()),
        paths={name: wide[name].to_list() for name in sorted(today, key=_order)},
        leader=leaders[-1],
        leader_yesterday=leaders[-2] if len(leaders) > 1 else None,
        leader_days=run,
        equally_likely=math.exp(float(entropy(np.array(list(today.values()))))),
        compared_with=data.previous_day("regime"),
    )


def _probabilities(rows: pl.DataFrame) -> dict[str, float]:
    """By regime, most probable first."""
    pairs = zip(rows["regime_id"].to_list(), rows["probability"].to_list(), strict=True)
    return dict(sorted(((n, p) for n, p in pairs if p is not None), key=lambda pair: (-pair[1], pair[0])))


def _order(regime: str) -> tuple[int, str]:
    return (REGIMES.index(regime.lower()) if regime.lower() in REGIMES else len(REGIMES), regime)
