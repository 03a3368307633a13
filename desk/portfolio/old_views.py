"""How much of each conviction rests on inputs that are too old."""

from __future__ import annotations

import json
import math
from collections.abc import Set as AbstractSet

import polars as pl


def with_old_shares(aggregated: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """`aggregated` (AGGREGATED_SIGNAL) with `old_share`: the share of the contributions, by size, of strategies whose
    inputs are too old (`age_bd` of `signals`, STRATEGY_SIGNALS, above zero); null without contributions."""
    late = signals.filter(pl.col("age_bd") > 0).group_by("as_of").agg(pl.col("strategy_id"))
    by_day = {as_of: set(names) for as_of, names in late.rows()}
    nobody: set[str] = set()
    shares = [
        _share(text, by_day.get(as_of, nobody))
        for as_of, text in aggregated.select("as_of", "contributions").iter_rows()
    ]
    return aggregated.with_columns(pl.Series("old_share", shares, dtype=pl.Float64))


def _share(contributions: str | None, late: AbstractSet[str]) -> float | None:
    if not late:
        return 0.0 if contributions not in (None, "{}") else None
    parts = {name: abs(part) for name, part in json.loads(contributions or "{}").items()}
    total = math.fsum(parts.values())
    return math.fsum(parts[name] for name in parts if name in late) / total if total > 0 else None
