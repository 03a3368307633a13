"""Prefect passes a stage its panel as it is, and does not store it on its server."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from prefect import flow, get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName

from desk.catalog import load_catalog
from desk.transforms.panel import build_panel
from tasks.run.panel_input import PanelInput
from tests.fixtures.flows import RunningDesk

pytestmark = [pytest.mark.flow, pytest.mark.db]

DAY = dt.date(2026, 11, 18)
STAGES = ("signals", "portfolio", "risk")


def small_panel() -> PanelInput:
    return PanelInput(build_panel({}, [DAY], load_catalog()), DAY)


async def stored_parameters(*flows: str) -> list[dict[str, Any]]:
    """The parameters of every run of these flows, as Prefect's server holds them."""
    async with get_client() as client:
        runs = await client.read_flow_runs(flow_filter=FlowFilter(name=FlowFilterName(any_=list(flows))))
    return [run.parameters for run in runs]


async def test_a_sub_flow_gets_the_same_panel_and_the_server_its_types_name(prefect_api: None) -> None:
    @flow(name="receives-a-panel", validate_parameters=False)
    async def stage(panel_input: PanelInput) -> PanelInput:
        return panel_input

    @flow(name="passes-a-panel", validate_parameters=False)
    async def stages(panel_input: PanelInput) -> PanelInput:
        state = await stage(panel_input, return_state=True)
        received: PanelInput = await state.result(fetch=True)  # type: ignore[call-overload]  # its overloads lack `fetch`
        return received

    made = small_panel()
    received = await stages(made)
    assert received is made
    assert received.panel is made.panel
    parameters = await stored_parameters("receives-a-panel", "passes-a-panel")
    assert parameters == [{"panel_input": "<PanelInput>"}] * 2


async def test_the_stages_of_a_daily_run_store_no_panel(filled: RunningDesk) -> None:
    parameters = await stored_parameters(*STAGES)
    assert len(parameters) >= len(STAGES)
    handed = {"<Run>", "<PanelInput>", "<ProposedBook>", "<MeasuredRisk>"}
    assert all({"run", "panel_input"} <= set(one) and set(one.values()) <= handed for one in parameters), parameters
