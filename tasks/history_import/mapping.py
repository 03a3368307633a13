"""The map of an import: for each file its format, and the series, curve, bonds or survey that it holds.

    root = "../my-history"                     # relative to the map's own folder
    [[file]]
    path = "fx/ptax.json"                      # .csv, .json, .parquet, each also .gz
    kind = "series"                            # series, bars, curve, bonds, futures, expectation
    date = "data"
    columns = { valor = "usdbrl_ptax_sell" }   # source column -> series id

A table of many subjects needs one entry: `each = { column = "code", names = { 102741 = "brl" } }` with
`columns = { Long = "cot_{}_lev_long" }`.

The first file with a number for a (series, date) wins. A stored number is never replaced.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from desk import calendars
from desk.catalog import Catalog
from desk.errors import BadInput, UnknownCalendar


class LongColumns(BaseModel):
    """A long table: column `variable` names a row's subject, `value` has its number. `names`: subject -> series."""

    model_config = ConfigDict(extra="forbid")
    variable: str
    value: str
    names: dict[str, str]


class EachSubject(BaseModel):
    """A table of several subjects, named by `column`. `names`: subject -> text that replaces `{}` in `columns`."""

    model_config = ConfigDict(extra="forbid")
    column: str
    names: dict[str, str]


class FileMap(BaseModel):
    """One file of the map. docs/import-history.md describes every key."""

    model_config = ConfigDict(extra="forbid")
    path: str
    kind: Literal["series", "bars", "curve", "bonds", "futures", "expectation"] = "series"
    date: str
    date_format: str = "%Y-%m-%d"
    zone: str | None = None
    """Where the calendar day of a column of instants is read; None: in the zone that the column itself names."""
    separator: str = Field(default=",", min_length=1, max_length=1)
    decimal: Literal[".", ","] = "."
    encoding: Literal["utf-8", "latin-1", "cp1252", "utf-16"] = "utf-8"
    conflicts: Literal["refuse", "first"] = "refuse"
    """Two values for one key in a file: refused, or the first row's is taken."""
    skip_rows: int = 0
    header: list[str] | None = None
    json_shape: Literal["records", "mapping"] = "records"
    columns: dict[str, str] = Field(default_factory=dict)
    long: LongColumns | None = None
    each: EachSubject | None = None
    where: dict[str, str] = Field(default_factory=dict)
    start: dt.date | None = None
    end: dt.date | None = None
    scale: Decimal | None = None
    shift_months: int = 0
    shift_bd: int = 0
    """Business days of `shift_calendar` that the file's date is moved by: -1 where it stands one day late."""
    shift_calendar: str = "anbima"
    id: str | None = None
    """kind curve: the curve's id; kind bars: the instrument's."""
    vertices: dict[str, int] = Field(default_factory=dict)
    prefix: str = "ANBIMA"
    bond_columns: dict[str, str] = Field(default_factory=dict)
    bond_types: list[str] = Field(default_factory=list)
    scales: dict[str, Decimal] = Field(default_factory=dict)
    indicator: str | None = None
    """kind expectation: what the whole file is about, where no column says it."""
    reference: str | None = None
    """The same of the reference: 12m_smoothed, or 12m."""
    years_ahead: int | None = None
    """The reference is the calendar year so many years after that of the survey."""
    reference_format: str | None = None
    """How the reference column writes a month, which becomes 03/2026."""
    contract_columns: dict[str, str] = Field(default_factory=dict)
    note: str = ""

    @model_validator(mode="after")
    def _shape(self) -> FileMap:
        needs = {
            "series": bool(self.columns) != (self.long is not None) and not (self.each and self.long),
            "bars": bool(self.id and self.columns),
            "curve": bool(self.id and self.vertices),
            "bonds": {"type", "maturity", "rate"} <= set(self.bond_columns),
            "futures": {"contract", "rate"} <= set(self.contract_columns),
            "expectation": "median" in self.columns
            and (self.indicator is None) == ("indicator" in self.columns)
            and [self.reference, self.years_ahead, self.columns.get("reference")].count(None) == 2,
        }
        if not needs[self.kind]:
            raise ValueError(f"{self.path}: a file of kind {self.kind!r} lacks its columns")
        return self

    @property
    def series_ids(self) -> list[str]:
        """The ids of all series in the file."""
        if self.kind == "bars":
            return [self.id] if self.id else []
        if self.kind != "series":
            return []
        if self.long:
            return list(self.long.names.values())
        subjects = self.each.names.values() if self.each else [""]
        return [series_id.format(subject) for subject in subjects for series_id in self.columns.values()]


class HistoryMap(BaseModel):
    """The whole map. `root`: the folder of the files, relative to the map's own."""

    model_config = ConfigDict(extra="forbid")
    root: str = "."
    file: list[FileMap]

    def check(self, catalog: Catalog) -> None:
        """Raises BadInput for a series that is not in the catalogue, and for an unknown calendar."""
        for entry in self.file:
            try:
                calendars.by_name(entry.shift_calendar)
                if entry.zone is not None:
                    ZoneInfo(entry.zone)
            except (UnknownCalendar, ZoneInfoNotFoundError, ValueError) as error:
                raise BadInput(f"import map, {entry.path}: {error}") from error
            for series_id in entry.series_ids:
                if series_id not in catalog.series:
                    raise BadInput(f"import map, {entry.path}: unknown series {series_id!r}")


def load_map(path: Path, catalog: Catalog) -> HistoryMap:
    """The map, checked against the catalogue. Raises BadInput that names the file and the entry."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"import map {path} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"import map {path} is not TOML: {error}") from error
    try:
        history = HistoryMap.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"import map {path}, {place}: {first['msg']}") from error
    history.check(catalog)
    return history
