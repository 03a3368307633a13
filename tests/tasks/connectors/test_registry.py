"""The catalogue, the list of connectors and the page about adding one agree."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

import desk.errors
import desk.model
import desk.units
import tasks.connectors.base
import tasks.connectors.bodies
import tasks.connectors.border
import tasks.connectors.strict_values
from desk.catalog import load_catalog
from tasks.connectors import CONNECTORS
from tasks.connectors.base import Connector
from tasks.connectors.exchange import SourceConfig
from tasks.http.recording import SECRET_PARAMS

ROOT = Path(__file__).parents[3]
DAY = dt.date(2026, 11, 18)
FIELDS = {"base_urls", "key_setting", "max_body_mb", "secret_params", "build_request", "knowledge_time"}
PAGE = (ROOT / "docs" / "add-a-source.md").read_text(encoding="utf-8")


def test_every_source_of_the_catalogue_has_its_connector() -> None:
    assert CONNECTORS.keys() == load_catalog().sources.keys()
    assert all(source == connector.source for source, connector in CONNECTORS.items())


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_the_pages_count_the_sources(page: str) -> None:
    words = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen")
    count = words[len(CONNECTORS) - 10]
    assert f"{count} public sources" in (ROOT / page).read_text(encoding="utf-8")


def test_every_dataset_can_be_planned_and_asked_for() -> None:
    catalog = load_catalog()
    for dataset in catalog.datasets.values():
        spec = catalog.sources[dataset.source]
        connector: Connector = CONNECTORS[dataset.source](SourceConfig.from_spec(spec, api_key="k"))
        queries = connector.plan(dataset, catalog.series_of(dataset.id), desk.model.Window(DAY, DAY))
        assert queries, dataset.id
        for query in queries:
            request = connector.build_request(query)
            assert request.source == dataset.source
            assert set(request.secret_params) <= set(SECRET_PARAMS), "a replay leaves these out of what it compares"
            assert request.url.startswith(tuple(spec.base_urls.values()))
            assert "k" not in {part.partition("=")[2] for part in request.url.split("&")}


def test_the_window_of_a_query_lies_in_the_window_asked_for() -> None:
    catalog = load_catalog()
    span = desk.model.Window(DAY.replace(year=2015), DAY)
    for dataset in catalog.datasets.values():
        connector = CONNECTORS[dataset.source](SourceConfig.from_spec(catalog.sources[dataset.source], api_key="k"))
        for query in connector.plan(dataset, catalog.series_of(dataset.id), span):
            assert span.start <= query.window.start <= query.window.end <= span.end, query.label


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:\w+/)+[\w.-]+\.(?:py|toml|md))`", PAGE))))
def test_the_page_names_files_that_exist(path: str) -> None:
    assert (ROOT / path).is_file()


def test_the_page_names_things_that_exist() -> None:
    known = [desk.errors, desk.model, desk.units, tasks.connectors.base, tasks.connectors.bodies]
    known += [tasks.connectors.border, tasks.connectors.strict_values]
    names = set(re.findall(r"`([A-Z][a-z]\w+|[a-z]+_[a-z_]+)\b", PAGE)) - FIELDS
    missing = [name for name in names if not any(hasattr(module, name) for module in known)]
    assert missing == []
