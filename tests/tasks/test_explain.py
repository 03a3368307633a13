"""Every figure of the report has an explanation, on the gold of a whole run."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import polars as pl
import pytest

from alvorada.cli.explain_figure import explanation_text, lines
from alvorada.stack.data_dir import DataDir, LastWorld
from desk.agents import AGENTS
from desk.catalog import load_catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.errors import BadInput
from desk.model import decision_time
from desk.strategies import STRATEGIES
from tasks.explain import Explanation, explain
from tasks.explain.decision_gold import Facts
from tasks.explain.explainers import KINDS
from tasks.explain.inputs import trace
from tests.fixtures.flows import FILLED_DAY, RunningDesk

pytestmark = [pytest.mark.flow, pytest.mark.db]
AS_OF = decision_time(FILLED_DAY)


async def why(desk: RunningDesk, figure: str) -> Explanation:
    async with desk.store() as store:
        return await explain(store, load_catalog(), figure, AS_OF)


def part(found: Explanation, name: str) -> object:
    return next(item.value for item in found.draft.parts if item.name == name)


async def test_var_leads_back_to_payloads(filled: RunningDesk) -> None:
    found = await why(filled, "risk.var_99")
    rows = await filled.gold("risk_metrics_daily", FILLED_DAY)
    headline = load_desk_parameters().risk.headline
    assert found.draft.value == rows.filter(metric="var_99", method=headline)["value"][0]
    nav = (await filled.gold("portfolio_state", FILLED_DAY))["nav_brl"][0]
    assert part(found, "method") == headline
    assert part(found, "nav_brl") == nav
    assert part(found, "loss") == pytest.approx(found.draft.value * nav)
    assert "expected volatility" in found.draft.formula
    received = [item for item in found.inputs if item.sha256]
    assert received, "behind the number there are payloads"
    for item in received:
        assert len(item.sha256 or "") == 64
        assert item.knowledge_time is not None
        assert item.knowledge_time <= AS_OF
        stored = await filled.rows("SELECT count(*) FROM v_payload WHERE sha256 = $1", item.sha256)
        assert stored[0][0] >= 1
    held = {
        row["instrument_id"]
        for row in (await filled.gold("target_position", FILLED_DAY)).iter_rows(named=True)
        if row["contracts"]
    }
    if any(name.startswith("DI1") for name in held):
        assert any("pre_252" in item.levels for item in found.inputs)
    other = await why(filled, "risk.var_99.historical")
    assert part(other, "method") == "historical"


async def test_nav_adds_up_to_its_lines(filled: RunningDesk) -> None:
    found = await why(filled, "portfolio.nav")
    moves = [item for item in found.draft.parts if item.note and "contracts:" in item.note]
    before = part(found, "nav_brl before")
    if before is not None:
        assert isinstance(before, float)
        moved = sum(item.value for item in moves if isinstance(item.value, float))
        assert found.draft.value == pytest.approx(before + moved, abs=0.01)
    assert (await why(filled, "portfolio.nav_brl")).draft == found.draft


async def test_a_position_can_be_computed_again_from_what_is_printed(filled: RunningDesk) -> None:
    """From the terminal's own lines: legs, lot and contracts before."""
    targets = await filled.gold("target_position", FILLED_DAY)
    withheld = set((await filled.gold("withheld_order", FILLED_DAY))["instrument_id"])
    counted = 0
    for row in targets.iter_rows(named=True):
        found = await why(filled, f"positions.{row['instrument_id']}")
        printed = [line.split() for line in lines(found)]
        legs = [float(words[1].replace(",", "")) for words in printed if "leg" in words and "package," in words]
        lot = next(float(words[1]) for words in printed if words[:1] == ["lot"])
        before = next(float(words[1].replace(",", "")) for words in printed if words[:1] == ["contracts_before"])
        again = np.copysign(np.floor(abs(sum(legs)) / lot + 0.5) * lot, sum(legs))
        expected = before if row["instrument_id"] in withheld else again
        assert row["contracts"] == expected, row["instrument_id"]
        counted += bool(legs)
    assert counted > 5
    packages = {row["strategy_id"]: row for row in (await filled.gold("package", FILLED_DAY)).iter_rows(named=True)}
    rules = load_desk_parameters().portfolio
    natural = {
        name: row["budget"] ** 0.5 * abs(row["conviction"]) / rules.full_conviction * rules.target_volatility
        for name, row in packages.items()
        if row["asked_volatility"]
    }
    kept = {round(packages[name]["asked_volatility"] / size, 6) for name, size in natural.items()}
    assert len(kept) == 1, "all packages are scaled by the same share to the target"
    assert max(kept) <= 1.0


async def test_pnl_of_lines_strategies_and_factors_adds_up_to_the_day(filled: RunningDesk) -> None:
    whole = (await filled.gold("portfolio_state", FILLED_DAY))["pnl_brl"][0]
    for table, key in (
        ("pnl_attribution", "instrument_id"),
        ("pnl_by_strategy", "strategy_id"),
        ("pnl_by_factor", "factor"),
    ):
        names = (await filled.gold(table, FILLED_DAY))[key].to_list()
        values = [
            (await filled.gold(table, FILLED_DAY)).filter(pl.col(key) == name)["pnl_brl"][0] or 0.0 for name in names
        ]
        assert sum(values) == pytest.approx(whole, abs=0.01)
    for row in (await filled.gold("pnl_attribution", FILLED_DAY)).iter_rows(named=True):
        found = await why(filled, f"pnl.{row['instrument_id']}")
        assert found.draft.value == row["pnl_brl"]
        if row["mark"] == "marked":
            pieces = {
                name: part(found, name) or 0.0
                for name in ("price_pnl_brl", "carry_pnl_brl", "source_pnl_brl", "cost_brl")
            }
            again = sum(pieces.values()) - 2.0 * pieces["cost_brl"]  # type: ignore[arg-type,operator]
            assert again == pytest.approx(row["pnl_brl"], abs=0.005)


async def test_an_order_is_explained_by_the_number_of_its_ticket_and_the_split_of_its_line(filled: RunningDesk) -> None:
    actions = {row["seq"]: row for row in (await filled.gold("action", FILLED_DAY)).iter_rows(named=True)}
    tickets = await filled.gold("ticket", FILLED_DAY)
    legs = tickets.drop_nulls("seq").filter(pl.col("role") != "roll_out").sort("ticket", "leg")
    legs = legs.unique("ticket", keep="first", maintain_order=True)
    assert legs.height == tickets["ticket"].n_unique()
    assert legs["ticket"].to_list() != legs["seq"].to_list(), "tickets come by risk, orders by instrument"
    for leg in legs.iter_rows(named=True):
        row = actions[leg["seq"]]
        found = await why(filled, f"orders.{leg['ticket']}")
        assert found.draft.value == row["contracts_to"] - row["contracts_from"]
        assert row["contract_id"] in found.draft.title
        assert any(item.sha256 for item in found.inputs)


async def test_what_rests_on_focus_ends_in_its_payloads(filled: RunningDesk) -> None:
    async with filled.store() as store:
        facts = Facts(store, load_catalog(), AS_OF)
        surveyed = [name for name in facts.panel.values.columns if name.startswith("focus_")]
        assert len(surveyed) > 10
        for column in [*surveyed, "focus_less_breakeven", *facts.direct]:
            found = await trace(facts, [column])
            for item in found:
                if item.input_id.startswith("focus_") and item.value is not None:
                    assert item.sha256, f"{column}: {item.input_id} {item.state}"


async def test_every_kind_explains_every_name_that_it_has(filled: RunningDesk) -> None:
    """No figure without a formula, and none but the calendar's own without an input."""
    async with filled.store() as store:
        facts = Facts(store, load_catalog(), AS_OF)
        for kind, item in KINDS.items():
            names = await item.names(facts)
            assert names, kind
            for name in names:
                draft = await item.explain(facts, name)
                assert draft is not None, f"{kind}.{name}"
                assert draft.formula
                for column in draft.columns:
                    assert await trace(facts, [column]), f"{kind}.{name}: {column}"


@pytest.mark.parametrize("figure", ["signals.RATES_CARRY_ROLL", "agents.inflation", "series.usdbrl", "positions.DOL"])
async def test_figures_of_each_stage_have_receipts(filled: RunningDesk, figure: str) -> None:
    found = await why(filled, figure)
    assert any(item.sha256 for item in found.inputs), figure
    answer = json.loads(json.dumps(found.as_json()))
    assert answer["figure"] == figure
    assert answer["day"] == FILLED_DAY.isoformat()
    assert answer["world"] == "sandbox"
    assert {item["input_id"] for item in answer["inputs"]} == {item.input_id for item in found.inputs}


async def test_a_level_is_explained_by_the_inputs_that_it_was_read_off_and_no_others(filled: RunningDesk) -> None:
    """The choice between sources is stored; a source that could have been chosen is no input."""
    async with filled.store() as store:
        facts = Facts(store, load_catalog(), AS_OF)
        origins = {name: inputs for name, inputs in (await facts.origins()).items() if inputs}
        assert len(origins) > 400
        for name, inputs in origins.items():
            found = await trace(facts, [name])
            assert {item.input_id for item in found if item.state != "made by the desk"} == set(inputs), name


async def test_all_strategies_and_agents_have_an_explanation(filled: RunningDesk) -> None:
    async with filled.store() as store:
        facts = Facts(store, load_catalog(), AS_OF)
        for kind, keys in (("signals", [item.id for item in STRATEGIES]), ("agents", [item.id for item in AGENTS])):
            for key in keys:
                draft = await KINDS[kind].explain(facts, key)
                assert draft is not None, key
                assert draft.formula.startswith(("mean of", "tanh")), key
                assert await trace(facts, draft.columns), key


async def test_a_day_of_the_history_pass_has_receipts_too(filled: RunningDesk) -> None:
    """Only the run's own day stores them; another day's are read off what was known then."""
    async with filled.store() as store:
        day = (await store.gold_days("portfolio_state"))[-10]
        found = await explain(store, load_catalog(), "risk.es_975", day)
    received = [item for item in found.inputs if item.sha256]
    assert received
    assert all(item.knowledge_time <= day for item in received)


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("risk.var_98", "near: .*risk.var_99"),
        ("signals.RATES_CARY_ROLL", "near: signals.RATES_CARRY_ROLL"),
        ("portfolio.nva", "near: .*portfolio.nav"),
        ("agent.inflation", "near: agents.inflation"),
        ("POSITIONS.dol", "near: positions.DOL"),
        ("zzz", "Figures are risk.METRIC"),
        ("risk.", "there is no figure 'risk.'"),
    ],
)
async def test_a_wrong_name_is_one_clear_error(filled: RunningDesk, figure: str, expected: str) -> None:
    with pytest.raises(BadInput, match=expected) as raised:
        await why(filled, figure)
    assert "\n" not in str(raised.value)


async def test_a_day_without_a_decision_says_which_there_are(filled: RunningDesk) -> None:
    async with filled.store() as store:
        with pytest.raises(BadInput, match=f"no decision of 2019-03-01 is stored: there are .* to {FILLED_DAY}"):
            await explain(store, load_catalog(), "risk.var_99", decision_time(FILLED_DAY.replace(2019, 3, 1)))


async def test_the_command_prints_text_and_json(filled: RunningDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", filled.url)
    data_dir, last = DataDir(filled.home), LastWorld("sandbox")
    text = await asyncio.to_thread(explanation_text, data_dir, last, "risk.var_99", FILLED_DAY, False)
    assert text.startswith("risk.var_99 as of 2026-11-18 09:00 UTC, world sandbox")
    assert "payload " in text
    assert "fraction of NAV" in text
    latest = await asyncio.to_thread(explanation_text, data_dir, last, "risk.var_99", None, True)
    assert json.loads(latest)["as_of"] == AS_OF.isoformat()
