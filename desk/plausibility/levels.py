"""When a held value is believed because the source keeps to its level, and when that is no evidence."""

from __future__ import annotations

import polars as pl

from desk.plausibility.steps import scaled_value

PRINTS_TO_KEEP = {"step": 1, "slip": 3, "digits": 3, "sibling": 3}
"""How many later values must keep a held one's level before it is believed. A unit that has changed, or a file with the
decimal point elsewhere, looks the same the day after: it takes three. What is out of bounds, displaced or stale is
never believed for being repeated, nor is what is unheard of."""
UNHEARD_CRASHES, UNHEARD_TIMES, UNHEARD_STEPS = 2.0, 5.0, 3
"""Twice the largest step that a kind has ever shown, and so many times the value before or that part of it; in a series
of at least so many steps, since of a younger one nobody knows which of its values are wrong."""


def unheard() -> pl.Expr:
    """Whether a row (as `with_steps` returns it) is as far off as a misplaced decimal point alone puts a number.

    Such a value is not believed for being printed again, nor because a second service repeats its publisher's number.
    """
    value, expected = pl.col("value"), pl.col("expected")
    beyond = pl.col("step").abs() > UNHEARD_CRASHES * pl.col("crash")
    times = (
        (value.abs() >= UNHEARD_TIMES * expected.abs())
        | (value.abs() * UNHEARD_TIMES <= expected.abs())
        | (value * expected < 0)
    )
    return (beyond & times & (pl.col("steps") >= UNHEARD_STEPS)).fill_null(False)


def kept() -> pl.Expr:
    """Held, but as many later values as the rule takes stand at its level, and none of them revises what is stored: a
    fetch that rewrites the past is no witness of its own."""
    later: list[pl.Expr] = []
    for ahead in range(1, max(PRINTS_TO_KEEP.values()) + 1):
        value, new, stored = (pl.col(name).shift(-ahead).over("key") for name in ("value", "new", "stored"))
        near = (scaled_value(value, pl.col("level")) - pl.col("z")).abs() <= pl.col("suspect_sigmas") * pl.col("sigma")
        later.append((near & new & stored.is_null()).fill_null(False))
    prints = pl.col("hold").replace_strict(PRINTS_TO_KEEP, default=0, return_dtype=pl.Int64)
    enough = [pl.all_horizontal(later[:count]) & (prints == count) for count in set(PRINTS_TO_KEEP.values())]
    return pl.any_horizontal(enough) & pl.col("stored").is_null() & ~pl.col("unheard")
