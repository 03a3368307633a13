"""Measures: daily numbers that the agents' models compute from a panel. Strategies read them as panel columns.

A measure of a day uses only what was known on that day. It may depend on several models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class Measure:
    """Name, inputs, formula and unit of one measure.

    `inputs` are panel columns or measures of earlier models; empty for a measure of the calendar alone.
    """

    name: str
    inputs: tuple[str, ...]
    formula: str
    unit: str


@dataclass(frozen=True)
class Measures:
    """Computed measures. `values`: (T,) by name on the panel's days, NaN for unknown. `specs`: in computation order."""

    specs: tuple[Measure, ...]
    values: Mapping[str, FloatArray]

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of computation."""
        return tuple(spec.name for spec in self.specs)
