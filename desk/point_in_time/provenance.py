"""Where each value of a panel came from: the inputs it was read off, when the newest of them was known, its payload.

A column read straight from a source rests on one input. A column chosen between sources rests on the chosen one alone.
A derived column rests on the inputs of all columns that it is computed from, where these are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from desk.arrays import BoolArray, FloatArray, IntArray

Instants = npt.NDArray[np.datetime64]
"""Microseconds UTC; NaT for unknown."""
NEVER = np.datetime64("NaT", "us")
NO_PAYLOAD = -1
SEPARATOR = ", "
"""Between the input ids of a value that rests on several."""


@dataclass(frozen=True)
class ColumnOrigin:
    """Of one column, (T,) each: `inputs` index a table of input-id tuples (0 is none), `knowledge_times` of the newest
    input, `payload_ids` of the one payload that it was read from (-1 for none or several)."""

    inputs: IntArray
    knowledge_times: Instants
    payload_ids: IntArray

    def cut(self, rows: slice) -> ColumnOrigin:
        """The origin of some rows."""
        return ColumnOrigin(self.inputs[rows], self.knowledge_times[rows], self.payload_ids[rows])


class InputTable:
    """The tuples of input ids that occur in a panel, numbered; number 0 is the empty one."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], int] = {(): 0}

    def number(self, inputs: tuple[str, ...]) -> int:
        """The number of a tuple, a new one where it has none yet."""
        return self._numbers.setdefault(inputs, len(self._numbers))

    @property
    def tuples(self) -> tuple[tuple[str, ...], ...]:
        """All tuples, by number."""
        return tuple(self._numbers)

    def unknown(self, length: int) -> ColumnOrigin:
        """The origin of a column without any value."""
        return ColumnOrigin(
            np.zeros(length, dtype=np.int64), np.full(length, NEVER), np.full(length, NO_PAYLOAD, dtype=np.int64)
        )

    def read(self, input_id: str, values: FloatArray, known: Instants, payload_ids: IntArray) -> ColumnOrigin:
        """The origin of a column read off one input; none where the value is NaN."""
        has = np.isfinite(values)
        return ColumnOrigin(
            np.where(has, self.number((input_id,)), 0),
            np.where(has, known, NEVER),
            np.where(has, payload_ids, NO_PAYLOAD),
        )

    def combined(self, origins: Sequence[ColumnOrigin], has: BoolArray) -> ColumnOrigin:
        """The origin of a column computed from others; none where `has` (T,) is False."""
        if not origins:
            return self.unknown(len(has))
        tuples = self.tuples
        numbers = np.stack([origin.inputs for origin in origins])
        patterns, which = np.unique(numbers, axis=1, return_inverse=True)
        union = [tuple(dict.fromkeys(name for n in pattern for name in tuples[n])) for pattern in patterns.T]
        numbered = np.array([self.number(inputs) for inputs in union], dtype=np.int64)
        times: Instants = np.fmax.reduce(np.stack([origin.knowledge_times for origin in origins]))
        payloads = np.stack([origin.payload_ids for origin in origins])
        one = np.array([len(inputs) == 1 for inputs in union])[which.ravel()]
        own = payloads.max(axis=0)
        return ColumnOrigin(
            np.where(has, numbered[which.ravel()], 0),
            np.where(has, times, NEVER),
            np.where(has & one, own, NO_PAYLOAD),
        )


def chosen(origins: Sequence[ColumnOrigin], choice: IntArray) -> ColumnOrigin:
    """The origin of the candidate chosen at each row, none where `choice` is -1."""
    at = np.maximum(choice, 0), np.arange(len(choice))
    none = choice < 0
    return ColumnOrigin(
        np.where(none, 0, np.stack([origin.inputs for origin in origins])[at]),
        np.where(none, NEVER, np.stack([origin.knowledge_times for origin in origins])[at]),
        np.where(none, NO_PAYLOAD, np.stack([origin.payload_ids for origin in origins])[at]),
    )


@dataclass(frozen=True)
class Provenance:
    """The origin of every column of a panel. `inputs` holds the tuples of input ids that `ColumnOrigin.inputs` index;
    an input id is that of an INPUT_RECEIPT row."""

    inputs: tuple[tuple[str, ...], ...]
    columns: Mapping[str, ColumnOrigin]

    def cut(self, rows: slice) -> Provenance:
        """The provenance of some rows."""
        return Provenance(self.inputs, {name: origin.cut(rows) for name, origin in self.columns.items()})

    def names(self, column: str) -> list[str | None]:
        """The input ids behind a column, (T,), joined where there are several; None where the value is unknown."""
        joined = [SEPARATOR.join(inputs) or None for inputs in self.inputs]
        return [joined[number] for number in self.columns[column].inputs]


def input_ids(origin: str | None) -> tuple[str, ...]:
    """The input ids of a stored `origin`."""
    return tuple(origin.split(SEPARATOR)) if origin else ()
