"""Typed access to the scalars that Polars returns as a union of types."""

from __future__ import annotations


def number(value: object) -> float:
    """A statistic or cell as a float. Fails for null and for what is not a number."""
    assert isinstance(value, int | float)
    assert not isinstance(value, bool)
    return float(value)
