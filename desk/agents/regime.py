"""Four regimes of growth and inflation, by a rule that can be read: each axis above or below its own normal.

With growth z-score g and inflation z-score i against their last five years, P(growth above normal) = N(g) and
P(inflation above normal) = N(i), taken as independent: Goldilocks N(g) N(-i), Reflation N(g) N(i),
Stagflation N(-g) N(i), Deflation N(-g) N(-i). They add to one.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.special import ndtr

from desk.gold import REGIME
from desk.model import decision_time
from desk.transforms.panel import Panel

GROWTH, INFLATION = "activity_yoy_z", "ipca_12m_z"
REGIMES: dict[str, tuple[int, int]] = {
    "Goldilocks": (1, -1),
    "Reflation": (1, 1),
    "Stagflation": (-1, 1),
    "Deflation": (-1, -1),
}
"""Signs of growth and inflation against normal."""


def regimes_all(panel: Panel) -> pl.DataFrame:
    """REGIME rows, four a day; probability null where growth or inflation is unknown."""
    growth, prices = panel.array(GROWTH), panel.array(INFLATION)
    as_of = pl.Series("as_of", [decision_time(day) for day in panel.days], dtype=pl.Datetime("us", "UTC"))
    frames = [
        pl.DataFrame(
            {
                "as_of": as_of,
                "regime_id": [name] * len(as_of),
                "probability": pl.Series(np.asarray(ndtr(g * growth) * ndtr(i * prices)), nan_to_null=True),
            },
            schema=REGIME.schema,
        )
        for name, (g, i) in REGIMES.items()
    ]
    return pl.concat(frames).sort("as_of", "regime_id")
