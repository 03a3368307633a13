"""The catalogue: TOML files that the desk edits, as typed records whose references are checked.

This module is the only one of `desk` that reads files: the ones of its own package.
"""

from __future__ import annotations

import datetime as dt
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache
from importlib import resources
from types import NoneType
from typing import Any

from desk.errors import BadCatalog
from desk.model import SILVER, Dataset, PublicationRule, Series, SourceSpec, Suspension

_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, NoneType),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "int | None": (int, NoneType),
    "float | None": (int, float, NoneType),
}
"""Declared type of a field -> what its TOML value may be; `true` is an int to Python, and is refused apart."""


@dataclass(frozen=True)
class Catalog:
    """Sources, datasets, series and publication rules by id. Every id that one of them names exists."""

    sources: Mapping[str, SourceSpec]
    datasets: Mapping[str, Dataset]
    series: Mapping[str, Series]
    rules: Mapping[str, PublicationRule]

    def datasets_of(self, source: str) -> list[Dataset]:
        """The datasets of a source, in the order of the file."""
        return [dataset for dataset in self.datasets.values() if dataset.source == source]

    def required_absent(self, states: Mapping[str, str]) -> list[str]:
        """The required datasets of which nothing is known, by the state of each dataset: no decision without them."""
        return [name for name, state in states.items() if state == "absent" and self.datasets[name].required]

    def series_of(self, dataset: str) -> list[Series]:
        """The series of a dataset, in the order of the file."""
        return [series for series in self.series.values() if series.dataset == dataset]


def toml_text(name: str) -> str:
    """The text of one catalogue file, named without its ending."""
    return (resources.files("desk.catalog") / f"{name}.toml").read_text(encoding="utf-8")


def read_toml(name: str, text: str | None = None) -> dict[str, Any]:
    """The content of one catalogue file, named without its ending; of `text`, where the file was another one.

    Raises BadCatalog when it cannot be read, and for `nan` or `inf`, which TOML allows: no comparison with one holds,
    so that a limit, a bound or a band would be off without a word.
    """
    try:
        return finite(f"{name}.toml", tomllib.loads(toml_text(name) if text is None else text))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadCatalog(f"catalogue file {name}.toml cannot be read: {error}") from error


def finite(where: str, content: dict[str, Any]) -> dict[str, Any]:
    """`content`, whose numbers are all finite, at any depth. Raises BadCatalog naming the entry of one that is not."""
    waiting: list[tuple[str, Any]] = [(f"{where}:", content)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += [(f"{path} {key}", part) for key, part in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{path}[{place}]", part) for place, part in enumerate(value)]
        elif isinstance(value, float) and not math.isfinite(value):
            raise BadCatalog(f"{path} is {value}: a number must be finite")
    return content


@cache
def load_catalog() -> Catalog:
    """The catalogue, read once in a process. Raises BadCatalog as `read_catalog` does."""
    return read_catalog()


def read_catalog() -> Catalog:
    """The catalogue from its four files. Raises BadCatalog that names the wrong entry."""
    rules = {key: publication_rule(key, raw) for key, raw in read_toml("publication_rules")["rule"].items()}
    sources = {
        key: typed_record(SourceSpec, f"source {key}", {"id": key, **raw})
        for key, raw in read_toml("sources")["source"].items()
    }
    datasets = {key: _dataset(key, raw) for key, raw in read_toml("datasets")["dataset"].items()}
    series: dict[str, Series] = {}
    for raw in read_toml("series")["series"]:
        record = _series(raw)
        if record.id in series:
            raise BadCatalog(f"series {record.id} is listed twice")
        series[record.id] = record
    catalog = Catalog(sources, datasets, series, rules)
    _check(catalog)
    return catalog


def typed_record(kind: type[Any], where: str, raw: Mapping[str, Any]) -> Any:
    """A record of the dataclass `kind` from a TOML table.

    Raises BadCatalog that names `where` for a field that is unknown, missing or invalid, and for a number that is text,
    a truth value or a fraction of a count.
    """
    try:
        record = kind(**raw)
    except (TypeError, ValueError) as error:
        raise BadCatalog(f"{where}: {error}") from error
    for item in fields(kind):
        declared, value = str(item.type), getattr(record, item.name)
        if declared in _TYPES and not _fits(declared, value):
            raise BadCatalog(f"{where}: {item.name} = {value!r} is no {declared}")
        part = declared.removeprefix("tuple[").removesuffix(", ...]")
        if declared.startswith("tuple[") and part in _TYPES and not all(_fits(part, one) for one in value):
            raise BadCatalog(f"{where}: {item.name} = {list(value)!r} are not each of them {part}")
    return record


def _fits(declared: str, value: object) -> bool:
    return isinstance(value, _TYPES[declared]) and (declared == "bool" or not isinstance(value, bool))


def section(name: str, raw: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The table `key` of a file, named without its ending. Raises BadCatalog that names both where there is none."""
    found = raw.get(key)
    if not isinstance(found, dict):
        raise BadCatalog(f"{name}.toml: {key} {'is missing' if found is None else f'= {found!r} is no table'}")
    return found


def tables(name: str, raw: Mapping[str, Any], key: str) -> dict[str, dict[str, Any]]:
    """The table `key` of a file, of which each entry is a table. Raises BadCatalog that names what is none."""
    return {
        entry: section(name, {f"{key} {entry}": part}, f"{key} {entry}")
        for entry, part in section(name, raw, key).items()
    }


def entries(name: str, raw: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The tables of the list `key` of a file. Raises BadCatalog that names what is none."""
    found = raw.get(key)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadCatalog(f"{name}.toml: {key} {'is missing' if found is None else 'is no list of tables'}")
    return found


def number(where: str, raw: Mapping[str, Any], key: str) -> float:
    """The number `key` of a table. Raises BadCatalog that names it where it is missing or none."""
    if not _fits("float", raw.get(key)):
        raise BadCatalog(f"{where}: {key} = {raw.get(key)!r} is no float")
    return float(raw[key])


def publication_rule(key: str, raw: Mapping[str, Any]) -> PublicationRule:
    """One rule. Raises BadCatalog for a rule without source or reason, of no form or two, or with a wrong date."""
    where = f"rule {key}"
    plain = {name: value for name, value in raw.items() if name not in ("before", "dates", "suspended", "time")}
    same = {"id": key, "calendar": raw["calendar"], "time": dt.time.fromisoformat(raw["time"]), "tz": raw["tz"]}
    try:
        dates = {dt.date.fromisoformat(about): out for about, out in raw.get("dates", {}).items()}
        stops = tuple(Suspension(one["from"], one["to"], one["on"]) for one in raw.get("suspended", ()))
        earlier = [
            (one["until"], {name: one[name] for name in one if name != "until"}) for one in raw.get("before", ())
        ]
    except (KeyError, ValueError) as error:
        raise BadCatalog(f"{where}: {error!r} in dates, suspended or before") from error
    before = tuple((until, _of_one_form(where, {**same, **form})) for until, form in sorted(earlier, reverse=True))
    rule = _of_one_form(where, {**plain, **same, "before": before, "dates": dates, "suspended": stops})
    if not rule.source or not rule.reason:
        raise BadCatalog(f"{where}: a rule needs its source and its reason")
    return rule


def _of_one_form(where: str, raw: Mapping[str, Any]) -> PublicationRule:
    rule: PublicationRule = typed_record(PublicationRule, where, raw)
    monthly = rule.months is not None and rule.day is not None
    if sum((rule.lag_bd is not None, rule.weekday is not None, monthly, rule.days_before is not None)) != 1:
        raise BadCatalog(f"{where}: exactly one of lag_bd, weekday, days_before, or months with day")
    return rule


def _dataset(key: str, raw: Mapping[str, Any]) -> Dataset:
    return typed_record(Dataset, f"dataset {key}", {"id": key, **raw, "tables": tuple(raw["tables"])})  # type: ignore[no-any-return]


def _series(raw: Mapping[str, Any]) -> Series:
    where = f"series {raw.get('id', '?')}"
    return typed_record(Series, where, {**raw, "scale": Decimal(raw.get("scale", "1"))})  # type: ignore[no-any-return]


def _check(catalog: Catalog) -> None:
    for dataset in catalog.datasets.values():
        where = f"dataset {dataset.id}"
        _known(where, "source", dataset.source, catalog.sources)
        _known(where, "rule", dataset.rule, catalog.rules)
        for table in dataset.tables:
            _known(where, "table", table, SILVER)
    for series in catalog.series.values():
        where = f"series {series.id}"
        _known(where, "dataset", series.dataset, catalog.datasets)
        _known(where, "rule", series.rule, catalog.rules)
        if catalog.datasets[series.dataset].source != series.source:
            raise BadCatalog(f"{where}: source {series.source!r} is not the source of its dataset {series.dataset!r}")
        if series.replaced_by is not None:
            _known(where, "replaced_by", series.replaced_by, catalog.series)
            if series.retired is None or series.replaced_by == series.id:
                raise BadCatalog(f"{where}: what is replaced, by another series, has its last day in `retired`")


def _known(where: str, what: str, name: str, known: Mapping[str, Any]) -> None:
    if name not in known:
        raise BadCatalog(f"{where}: unknown {what} {name!r}")
