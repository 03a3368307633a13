"""The catalogue: TOML files that the desk edits, as typed records whose references are checked.

This module is the only one of `desk` that reads files: the ones of its own package.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from typing import Any

from desk.errors import BadCatalog
from desk.model import SILVER, Dataset, PublicationRule, Series, SourceSpec


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

    def series_of(self, dataset: str) -> list[Series]:
        """The series of a dataset, in the order of the file."""
        return [series for series in self.series.values() if series.dataset == dataset]


def read_toml(name: str) -> dict[str, Any]:
    """The content of one catalogue file, named without its ending. Raises BadCatalog when it cannot be read."""
    file = resources.files("desk.catalog") / f"{name}.toml"
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadCatalog(f"catalogue file {name}.toml cannot be read: {error}") from error


def load_catalog() -> Catalog:
    """The catalogue from its four files. Raises BadCatalog that names the wrong entry."""
    rules = {key: _rule(key, raw) for key, raw in read_toml("publication_rules")["rule"].items()}
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

    Raises BadCatalog that names `where` for a field that is unknown, missing or invalid.
    """
    try:
        return kind(**raw)
    except (TypeError, ValueError) as error:
        raise BadCatalog(f"{where}: {error}") from error


def _rule(key: str, raw: Mapping[str, Any]) -> PublicationRule:
    rule: PublicationRule = typed_record(
        PublicationRule, f"rule {key}", {"id": key, **raw, "time": dt.time.fromisoformat(raw["time"])}
    )
    forms = [rule.lag_bd is not None, rule.weekday is not None, rule.months is not None and rule.day is not None]
    if sum(forms) != 1:
        raise BadCatalog(f"rule {key}: exactly one of lag_bd, weekday, or months with day")
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


def _known(where: str, what: str, name: str, known: Mapping[str, Any]) -> None:
    if name not in known:
        raise BadCatalog(f"{where}: unknown {what} {name!r}")
