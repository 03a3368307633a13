"""A reading by instrument of what the strategies say: its conviction, contributions, and what changed.

conviction = sum over the strategies with a leg there of leg sign x the strategy's conviction, over the square root of
the number of those that have one, cut to [-1, 1]; + is long the contract's price. The square root is the size of a sum
of independent voices: a second one that agrees strengthens it, and eight of different mind do not make a whisper. A
strategy that scores -1 on a leg that is short DOL comes out long DOL.

The page and the alerts read this table. The book is sized by packages (desk.portfolio.packages), not by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from desk.arrays import FloatArray
from desk.gold import AGGREGATED_SIGNAL
from desk.portfolio.old_views import with_old_shares
from desk.strategies.base import Strategy
from desk.strategies.convictions import class_tilt

DEAD_BAND = 0.1
SURGE = 0.3


def aggregate(
    signals: pl.DataFrame,
    strategies: Sequence[Strategy],
    asset_classes: Mapping[str, str],
    tilts: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """AGGREGATED_SIGNAL rows, every instrument of a leg on every day of `signals`.

    signals: STRATEGY_SIGNALS. asset_classes: instrument id -> class. tilts: a frame with `day` and the regime's
    multipliers (the panel with its measures), shown beside the conviction, which holds them already. conviction and
    agreement are null where no strategy with a leg there has a conviction. `conflicts` are the strategies against the
    conviction that are as strong as the dead band.
    """
    as_of = signals["as_of"].unique().sort()
    wide = signals.pivot(on="strategy_id", index="as_of", values="conviction", on_columns=[s.id for s in strategies])
    strong = wide.sort("as_of").select([s.id for s in strategies]).to_numpy().astype(np.float64)
    tilt_rows = _tilt_rows(as_of, tilts)
    frames = []
    for instrument in dict.fromkeys(leg.instrument for strategy in strategies for leg in strategy.legs):
        legs = [
            (index, leg.sign) for index, s in enumerate(strategies) for leg in s.legs if leg.instrument == instrument
        ]
        parts = np.column_stack([np.sign(sign) * strong[:, index] for index, sign in legs])
        names = [strategies[index].id for index, _ in legs]
        asset_class = asset_classes[instrument]
        tilt = class_tilt(tilt_rows, asset_class)
        frames.append(_instrument_rows(instrument, asset_class, as_of, parts, names, tilt))
    return with_old_shares(pl.concat(frames).sort("as_of", "instrument_id"), signals)


def _tilt_rows(as_of: pl.Series, tilts: pl.DataFrame | None) -> pl.DataFrame:
    """The rows of `tilts` on the days of `as_of`."""
    days = pl.DataFrame({"day": as_of.dt.convert_time_zone("America/Sao_Paulo").dt.date()})
    return days if tilts is None else days.join(tilts, on="day", how="left", maintain_order="left")


def _instrument_rows(
    instrument: str,
    asset_class: str,
    as_of: pl.Series,
    parts: FloatArray,
    names: Sequence[str],
    tilt: FloatArray,
) -> pl.DataFrame:
    """AGGREGATED_SIGNAL rows of one instrument. parts (T, legs): the strategies' convictions on it, signed."""
    known = np.isfinite(parts)
    clean = np.where(known, parts, 0.0)
    voices = known.sum(axis=1)
    strength = np.abs(clean).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        agreement = np.where(strength > 0, np.maximum(clean, 0.0).sum(axis=1) / strength, np.nan)
        agreement = np.maximum(agreement, 1.0 - agreement)
    shares = np.where(known, clean / np.sqrt(np.maximum(voices, 1))[:, None], np.nan)
    total = np.nansum(shares, axis=1)
    scale = np.maximum(np.abs(total), 1.0)
    shares = shares / scale[:, None]
    conviction = np.where(voices > 0, total / scale, np.nan)
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
