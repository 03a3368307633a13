"""What goes wrong with a number between a source and a store, planted into a true series.

A slip takes the last rows of a series up to the day that is judged, and the series beside it. It returns what was
stored before that day, and what the day's fetch brings; None where the slip would change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

Slip = Callable[[pl.DataFrame, pl.DataFrame], tuple[pl.DataFrame, pl.DataFrame] | None]
LOOKBACK, KEPT = 10, 4
MOST_DECIMALS = 6


def _factor(factor: float, doc: str) -> Slip:
    def slip(rows: pl.DataFrame, beside: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        return _last(rows, float(rows["value"][-1]) * factor)

    slip.__doc__ = doc
    return slip


def _kept(factor: float, doc: str) -> Slip:
    def slip(rows: pl.DataFrame, beside: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame] | None:
        wrong = rows[-KEPT:].with_columns(value=pl.col("value") * factor)
        return None if (wrong["value"] == rows["value"][-KEPT:]).any() else (rows[:-KEPT], wrong)

    slip.__doc__ = doc
    return slip


def _last(rows: pl.DataFrame, value: float) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """The stored rows, and the last day with `value`."""
    if value == rows["value"][-1]:
        return None
    return rows[:-1], rows[-1:].with_columns(value=pl.lit(value))


def decimal_comma(rows: pl.DataFrame, beside: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """the decimal sign is read as a separator of thousands: 4.0936 comes in as 40936."""
    value = float(rows["value"][-1])
    shown = f"{value:.{MOST_DECIMALS}f}".rstrip("0")
    return _last(rows, value * 10.0 ** len(shown.partition(".")[2]))


def swapped(rows: pl.DataFrame, beside: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """the day's value of the next series of the same table stands in the place of this one's."""
    other = beside.filter(pl.col("obs_date") <= rows["obs_date"][-1])
    return _last(rows, float(other["value"][-1])) if other.height else None


def stale(rows: pl.DataFrame, beside: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """the last good value comes again for ten days; judged on the tenth."""
    value = float(rows["value"][-LOOKBACK - 1])
    if (rows["value"][-LOOKBACK:] == value).all():
        return None
    repeated = pl.concat([rows[:-LOOKBACK], rows[-LOOKBACK:].with_columns(value=pl.lit(value))])
    return repeated[:-1], repeated[-1:]


def shifted(rows: pl.DataFrame, beside: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """the ten days of the fetch carry the values of the day before each."""
    moved = rows.with_columns(value=pl.col("value").shift(1))[-LOOKBACK:]
    changed = moved.filter(moved["value"] != rows["value"][-LOOKBACK:])
    if changed.is_empty() or changed["obs_date"][-1] != rows["obs_date"][-1]:
        return None
    return rows[:-1], changed


SLIPS: Mapping[str, Slip] = {
    "x100": _factor(100.0, "the value times 100."),
    "x10": _factor(10.0, "the value times 10."),
    "/10": _factor(0.1, "a tenth of the value."),
    "sign": _factor(-1.0, "the value with the other sign."),
    "swapped neighbours": swapped,
    "decimal comma": decimal_comma,
    "stale, 10 days": stale,
    "shifted by a day": shifted,
    "x10, 4 days": _kept(10.0, "four days times 10, as a file in another unit brings them; judged on the fourth."),
    "/10, 4 days": _kept(0.1, "a tenth on four days; judged on the fourth."),
}
