"""A morning reads and writes what the assets declare, and nothing else."""

from __future__ import annotations

import pytest

from desk.asset_registry import FAMILIES, desk_assets
from desk.catalog import read_toml
from desk.gold import GOLD
from desk.model import SILVER
from tests.fixtures.accesses import Access
from tests.fixtures.flows import RunningDesk

pytestmark = [pytest.mark.flow, pytest.mark.db]

STAGES = {"transform": ("inputs",), "signals": ("signals",), "portfolio": ("book", "orders"), "risk": ("risk",),
          "gate": ("book", "risk", "orders")}  # fmt: skip
"""Sub-flow -> the families of tables that it makes, or proposes to the gate."""


def tables_of(families: tuple[str, ...]) -> set[str]:
    assert set(families) <= set(FAMILIES)
    return {name for family in families for name in read_toml(f"assets/{family}")["asset"]}


def declared_inputs(tables: set[str]) -> set[str]:
    registry = desk_assets()
    keys = {key for name in tables for key in registry[f"gold/{name}"].inputs}
    return {key.rsplit("/", 1)[-1] for key in keys}


async def test_every_stage_reads_what_its_assets_are_made_of(healthy: RunningDesk, accesses: list[Access]) -> None:
    if not accesses:
        pytest.skip("another worker made the run")
    seen = set(accesses)
    for stage, families in STAGES.items():
        own = tables_of(families)
        read = {one.table for one in seen if one.flow == stage and one.kind == "read"}
        undeclared = read - declared_inputs(own) - own  # its own tables: the days before, which it goes on from
        assert undeclared == set(), (
            f"{stage} reads {undeclared}, of which no table of {families} is declared to be made"
        )
        assert {one.table for one in seen if one.flow == stage and one.kind == "write"} <= own, stage
    written = {one.table for one in seen if one.kind == "write"}
    assert written == set(GOLD), "every gold table is written by a morning"
    assert set(SILVER) <= {one.table for one in seen if one.flow == "transform"}


async def test_nothing_outside_the_stages_writes_gold(healthy: RunningDesk, accesses: list[Access]) -> None:
    if not accesses:
        pytest.skip("another worker made the run")
    assert {one.flow for one in accesses if one.kind == "write"} <= set(STAGES)
