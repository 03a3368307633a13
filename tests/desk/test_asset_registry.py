"""Every table that the desk stores is an asset that is described to the last column, and names code that exists."""

from __future__ import annotations

import importlib
from functools import reduce

import pytest

from assets import faults
from desk.asset_registry import desk_assets
from desk.catalog import load_catalog, read_toml, toml_text
from desk.errors import BadCatalog
from desk.gold import GOLD
from desk.model import SILVER
from tasks.store import Store

KINDS = {
    "text": "text", "double precision": "float", "integer": "int", "bigint": "int", "date": "date",
    "timestamp with time zone": "time", "jsonb": "json", "json": "json", "bytea": "bytes", "uuid": "text",
}  # fmt: skip
TABLES = {"bronze": "payload", "report/report": "report", "report/delivery": "delivery"}


def test_every_dataset_and_table_is_an_asset_and_each_declaration_is_whole() -> None:
    registry = desk_assets()
    expected = {f"gold/{name}" for name in GOLD} | {"report/report", "report/delivery"}
    for dataset in load_catalog().datasets.values():
        expected |= {f"source/{dataset.id}", f"bronze/{dataset.id}"}
        expected |= {f"silver/{dataset.id}/{table}" for table in dataset.tables}
    assert {asset.key for asset in registry} == expected
    assert [line for asset in registry for line in faults(asset)] == []
    assert {asset.key.rsplit("/", 1)[1] for asset in registry if asset.layer == "silver"} == set(SILVER)


def test_functions_and_checks_exist() -> None:
    named = {asset.function for asset in desk_assets()} | {
        check.function for asset in desk_assets() for check in asset.checks
    }
    for function in sorted(named):
        module, _, path = function.partition(":")
        reduce(getattr, path.split("."), importlib.import_module(module))


def test_the_page_rests_on_every_required_dataset() -> None:
    registry = desk_assets()
    reached = {asset.key for asset in registry.upstream("report/delivery")}
    for dataset in load_catalog().datasets.values():
        assert f"source/{dataset.id}" in reached
        source = registry[f"source/{dataset.id}"]
        assert source.is_required == dataset.required
        assert source.partitions.kind == ("observation_day" if dataset.cell == "day" else dataset.cell)


@pytest.mark.db
async def test_columns_are_those_of_the_database(store: Store) -> None:
    for asset in desk_assets():
        if asset.layer == "source":
            continue
        table = TABLES.get(asset.key) or TABLES.get(asset.layer) or asset.key.rsplit("/", 1)[-1]
        query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1"
        async with store.connections.acquire() as connection:
            rows = await connection.fetch(query, table)
        stored = {row["column_name"]: KINDS[row["data_type"]] for row in rows}
        declared = {column.name: column.kind for column in asset.columns}
        if asset.layer == "gold":
            stored.pop("run_id")
            declared = {name: stored[name] if kind == "json" else kind for name, kind in declared.items()}
        assert declared == stored, asset.key


@pytest.mark.parametrize(
    ("file", "before", "after", "words"),
    [
        ("assets/risk", '\nshare = ["share, signed"', '\nshares = ["share, signed"',
         "assets/risk.toml: component_var: column share is not described; the table has no column shares"),
        ("assets/book", "[asset.package]", "[asset.parcel]", "assets/book.toml: there is no gold table 'parcel'"),
        ("assets/signals", 'upstream = ["gold/strategy_signals"]', 'upstream = ["gold/no_such"]',
         "asset gold/aggregated_signal is made of gold/no_such"),
        ("assets/inputs", '"siblings"]', '"sibling"]',
         "assets/inputs.toml: source_comparison: checks.toml has no check sibling"),
        ("assets/checks", 'severity = "block"\n', "", "assets/checks.toml: border"),
    ],
)  # fmt: skip
def test_a_wrong_edit_is_one_error_that_names_the_place(
    file: str, before: str, after: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = toml_text(file)
    assert before in text
    edited = read_toml(file, text.replace(before, after, 1))
    monkeypatch.setattr("desk.asset_registry.read_toml", lambda name: edited if name == file else read_toml(name))
    with pytest.raises(BadCatalog) as caught:
        desk_assets.__wrapped__()
    assert words in str(caught.value)
