"""The regime table: the probabilities of the four regimes and of a mixed state, day by day."""

from __future__ import annotations

import polars as pl

from desk.agents.cross_asset.regimes import NAMES
from desk.gold import REGIME
from desk.model import decision_time
from desk.transforms.panel import Panel


def regime_rows(panel: Panel) -> pl.DataFrame:
    """REGIME rows, five a day, of a panel with measures; null probability where the model has no estimate."""
    as_of = pl.Series("as_of", [decision_time(day) for day in panel.days], dtype=pl.Datetime("us", "UTC"))
    frames = [
        pl.DataFrame(
            {
                "as_of": as_of,
                "regime_id": [name] * len(as_of),
                "probability": panel.values[f"reg_p_{name.lower()}"],
            },
            schema=REGIME.schema,
        )
        for name in NAMES
    ]
    return pl.concat(frames).sort("as_of", "regime_id")
