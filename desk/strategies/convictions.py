"""A strategy's conviction: its score, as far as its inputs are there, fresh, and in a regime that suits its class.

conviction = score x confidence x 2^(-age / STALE_HALF_LIFE_BD) x tilt, in -1 to 1. The tilt is the multiplier that the
regime gives the strategy's asset class (measures `reg_tilt_*`); where it is unknown it counts as one.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from desk.arrays import FloatArray

STALE_HALF_LIFE_BD = 5.0
"""A signal whose inputs are a week too old counts half."""
TILT_COLUMNS = {
    "FX": "reg_tilt_fx",
    "Rates": "reg_tilt_rates",
    "Inflation": "reg_tilt_inflation",
    "Cupom": "reg_tilt_cupom",
    "Sovereign": "reg_tilt_sovereign",
}
"""A strategy whose class is not here (one that spans classes) has no tilt."""


def convictions(scored: pl.DataFrame, age_bd: FloatArray, tilt: FloatArray) -> FloatArray:
    """Of one strategy by day (T,), NaN without a score.

    scored: columns score and confidence. age_bd (T,): business days that its oldest input is too old, NaN where no
    input is known. tilt (T,): the multiplier of its class, NaN where unknown.
    """
    score, confidence = (scored[name].cast(pl.Float64).to_numpy() for name in ("score", "confidence"))
    decay = 0.5 ** (age_bd / STALE_HALF_LIFE_BD)
    return np.asarray(np.clip(score * confidence * decay * np.where(np.isfinite(tilt), tilt, 1.0), -1.0, 1.0))


def class_tilt(values: pl.DataFrame, asset_class: str) -> FloatArray:
    """The regime's multiplier for a class on every day of `values` (T,), NaN where there is none."""
    name = TILT_COLUMNS.get(asset_class)
    if name is None or name not in values.columns:
        return np.full(len(values), np.nan)
    return np.asarray(values[name].cast(pl.Float64).to_numpy())
