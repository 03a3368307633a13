"""What a gold table is: its name, key, columns and their kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal["text", "float", "int", "date", "json", "time"]


@dataclass(frozen=True, slots=True)
class GoldTable:
    """A gold table: its name, key and columns with their kinds."""

    name: str
    key: tuple[str, ...]
    """Key columns besides `as_of`."""
    columns: Mapping[str, Kind]
    """All columns besides `as_of` and `run_id`, the key's first."""

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Columns and Polars types of a frame for this table, `as_of` first."""
        return {
            "as_of": pl.Datetime("us", "UTC"),
            **{name: POLARS_TYPES[kind] for name, kind in self.columns.items()},
        }


POLARS_TYPES: dict[Kind, pl.DataType] = {
    "text": pl.String(),
    "float": pl.Float64(),
    "int": pl.Int64(),
    "date": pl.Date(),
    "json": pl.String(),
    "time": pl.Datetime("us", "UTC"),
}
