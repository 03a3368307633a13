"""Measures: numbers that the agents work out of a panel, named so that strategies can read them as panel columns.

A measure at a day uses what was known on that day, as a feature does; it may go through several models on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Measure:
    """One number a day. `inputs` are panel columns or earlier measures; none for what only the calendar says."""

    name: str
    inputs: tuple[str, ...]
    formula: str
    unit: str


@dataclass(frozen=True)
class Measures:
    """`values` by name, (T,) each on the panel's days, NaN for unknown; `specs` in the order of computation."""

    specs: tuple[Measure, ...]
    values: Mapping[str, FloatArray]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(spec.name for spec in self.specs)
