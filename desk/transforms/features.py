"""The registry of features: derived columns computed on a panel's days, each with inputs, formula and unit.

A feature's value at a day uses that day and earlier ones only. Its obs_date is the oldest of its inputs'. Windows are
in decision days: 21 a month, 63 a quarter, 252 a year, 504 two years, 756 three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from desk.transforms.curves import FloatArray

Columns = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Feature:
    """One derived column. `compute` gets the panel's columns, (T,) each, and returns (T,)."""

    name: str
    inputs: tuple[str, ...]
    formula: str
    unit: str
    compute: Callable[[Columns], FloatArray]


@dataclass(frozen=True)
class Lineage:
    """Direct inputs of everything that a panel derives, by column name."""

    direct: Mapping[str, tuple[str, ...]]

    def leaves(self, name: str) -> tuple[str, ...]:
        """The columns that come straight from sources behind `name`, in order; a source's own column is itself."""
        found: dict[str, None] = {}
        self._walk(name, found, ())
        return tuple(found)

    def _walk(self, name: str, found: dict[str, None], path: tuple[str, ...]) -> None:
        # a fallback may carry a source's own name: below itself it is the source's column
        if name in path or name not in self.direct:
            found.setdefault(name)
            return
        for parent in self.direct[name]:
            self._walk(parent, found, (*path, name))
