"""From strategies to instruments: one conviction per instrument and day, its contributions, and what changed.

conviction = sum over strategies of leg sign * score * confidence * staleness decay * regime tilt, divided by the summed
weights of the legs with a score; + is long the contract's price. A strategy that scores -1 on a leg that is short DOL
comes out long DOL.

The tilt is the multiplier that the regime gives the strategy's asset class (measures `reg_tilt_*`). Where it is unknown
it counts as one, and the column `tilt` is null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.gold import AGGREGATED_SIGNAL
from desk.model import decision_time
from desk.portfolio.old_views import with_old_shares
from desk.strategies.base import Strategy

STALE_HALF_LIFE_BD = 5.0
"""A signal whose inputs are a week too old counts half."""
CROWDED_AGREEMENT = 0.8
CROWDING_HAIRCUT = 0.25
"""Share of the conviction that full agreement of two or more strategies takes off: they tend to be one position, and
to be closed together."""
DEAD_BAND = 0.1
TILT_COLUMNS = {
    "FX": "reg_tilt_fx",
    "Rates": "reg_tilt_rates",
    "Inflation": "reg_tilt_inflation",
    "Cupom": "reg_tilt_cupom",
    "Sovereign": "reg_tilt_sovereign",
}
"""A strategy whose class is not here (one that spans classes) has no tilt."""
SURGE = 0.3


def aggregate(
    signals: pl.DataFrame,
    ages: pl.DataFrame,
    strategies: Sequence[Strategy],
    asset_classes: Mapping[str, str],
    tilts: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """AGGREGATED_SIGNAL rows, every instrument of a leg on every day of `signals`.

    signals: STRATEGY_SIGNALS. ages: day, strategy_id, age_bd (`desk.strategies.input_ages`). asset_classes: instrument
    id -> class. tilts: a frame with `day` and columns of TILT_COLUMNS (the panel with its measures). conviction and
    agreement are null where no strategy with a leg there has a score. `conflicts` are the strategies against the
    conviction that are as strong as the dead band.
    """
    as_of = signals["as_of"].unique().sort()
    tilt = _tilts(as_of, tilts)
    own = np.column_stack([tilt[s.asset_class] if s.asset_class in tilt else np.ones(len(as_of)) for s in strategies])
    weighted = _weighted_scores(signals, ages, strategies) * np.where(np.isfinite(own), own, 1.0)
    instruments = list(dict.fromkeys(leg.instrument for strategy in strategies for leg in strategy.legs))
    frames = []
    for instrument in instruments:
        legs = [
            (index, leg.sign) for index, s in enumerate(strategies) for leg in s.legs if leg.instrument == instrument
        ]
        parts = np.column_stack([sign * weighted[:, index] for index, sign in legs])
        names = [strategies[index].id for index, _ in legs]
        size = np.array([abs(sign) for _, sign in legs])
        asset_class = asset_classes[instrument]
        of_class = tilt.get(asset_class, np.full(len(as_of), np.nan))
        frames.append(_instrument_rows(instrument, asset_class, as_of, parts, size, names, of_class))
    return with_old_shares(pl.concat(frames).sort("as_of", "instrument_id"), ages)


def _tilts(as_of: pl.Series, tilts: pl.DataFrame | None) -> dict[str, FloatArray]:
    """Class -> multiplier by day, NaN where unknown."""
    if tilts is None:
        return {}
    days = pl.DataFrame({"day": as_of.dt.convert_time_zone("America/Sao_Paulo").dt.date()})
    held = [name for name in TILT_COLUMNS.values() if name in tilts.columns]
    rows = days.join(tilts.select("day", *held), on="day", how="left", maintain_order="left")
    return {
        asset_class: rows[name].cast(pl.Float64).to_numpy()
        for asset_class, name in TILT_COLUMNS.items()
        if name in held
    }


def _weighted_scores(signals: pl.DataFrame, ages: pl.DataFrame, strategies: Sequence[Strategy]) -> FloatArray:
    """Score x confidence x decay (T, strategies), NaN where a strategy has no score."""
    clock = pl.DataFrame({"day": ages["day"].unique().sort()})
    clock = clock.with_columns(
        pl.Series("as_of", [decision_time(day) for day in clock["day"]], dtype=pl.Datetime("us", "UTC"))
    )
    decay = pl.lit(0.5) ** (pl.col("age_bd") / STALE_HALF_LIFE_BD)
    weighted = (
        signals.select("as_of", "strategy_id", "score", "confidence")
        .join(ages.join(clock, on="day"), on=["as_of", "strategy_id"], how="left")
        .with_columns((pl.col("score") * pl.col("confidence") * decay).alias("weighted"))
        .pivot(on="strategy_id", index="as_of", values="weighted", on_columns=[s.id for s in strategies])
        .sort("as_of")
    )
    return weighted.select([s.id for s in strategies]).to_numpy().astype(np.float64)


def _instrument_rows(
    instrument: str,
    asset_class: str,
    as_of: pl.Series,
    parts: FloatArray,
    size: FloatArray,
    names: Sequence[str],
    tilt: FloatArray,
) -> pl.DataFrame:
    """AGGREGATED_SIGNAL rows of one instrument.

    parts (T, legs): signed contributions before normalising; size (legs,): the legs' own weights; tilt (T,)."""
    known = np.isfinite(parts)
    clean = np.where(known, parts, 0.0)
    weight = (known * size).sum(axis=1)
    strength = np.abs(clean).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        agreement = np.where(strength > 0, np.maximum(clean, 0.0).sum(axis=1) / strength, np.nan)
        agreement = np.maximum(agreement, 1.0 - agreement)
        crowded = np.clip((agreement - CROWDED_AGREEMENT) / (1.0 - CROWDED_AGREEMENT), 0.0, 1.0)
        several = (np.abs(clean) > 0).sum(axis=1) >= 2
        factor = np.where(several, 1.0 - CROWDING_HAIRCUT * np.nan_to_num(crowded), 1.0) / np.where(
            weight > 0, weight, 1.0
        )
    shares = np.where(known, clean * factor[:, None], np.nan)
    total = np.nansum(shares, axis=1)
    scale = np.maximum(np.abs(total), 1.0)  # a tilt above one can ask for more than full conviction
    shares = shares / scale[:, None]
    conviction = np.where(weight > 0, total / scale, np.nan)
    return pl.DataFrame(
        {
            "as_of": as_of,
            "instrument_id": [instrument] * len(as_of),
            "asset_class": [asset_class] * len(as_of),
            "conviction": pl.Series(conviction, nan_to_null=True),
            "agreement": pl.Series(agreement, nan_to_null=True),
            "contributions": [
                json.dumps({name: round(value, 6) for name, value in zip(names, row, strict=True) if value == value})
                for row in shares.tolist()
            ],
            "flip": flips(conviction),
            "surge": pl.Series(surges(conviction), nan_to_null=True),
            "conflicts": _conflicts(clean, conviction, names),
            "tilt": pl.Series(tilt, nan_to_null=True),
            "old_share": None,
        },
        schema=AGGREGATED_SIGNAL.schema,
    )


def _conflicts(parts: FloatArray, conviction: FloatArray, names: Sequence[str]) -> list[str]:
    """JSON list by day of the strategies against the conviction; of both sides where they cancel."""
    side = np.sign(np.nan_to_num(conviction))[:, None]
    strong = np.abs(parts) >= DEAD_BAND
    both = strong & (parts > 0).any(axis=1, keepdims=True) & (parts < 0).any(axis=1, keepdims=True)
    against = np.where(side == 0, both, strong & (np.sign(parts) == -side))
    return [json.dumps([names[index] for index in np.flatnonzero(row).tolist()]) for row in against]


def flips(conviction: FloatArray) -> list[int]:
    """+1 or -1 on the day conviction crosses to the other side of the dead band, else 0. Inside it the side is kept."""
    side = np.where(np.abs(conviction) >= DEAD_BAND, np.sign(conviction), 0.0)
    result, held = [], 0
    for now in side.astype(np.int64).tolist():
        result.append(now if now and held and now != held else 0)
        held = now or held
    return result


def surges(conviction: FloatArray) -> FloatArray:
    """The change from the day before where its size is above SURGE, else NaN."""
    moved = np.diff(conviction, prepend=np.nan)
    return np.where(np.abs(moved) > SURGE, moved, np.nan)
