"""What-if on the gold and silver of a whole run: before is what the decision stored, and nothing is written."""

from __future__ import annotations

import pytest

from desk.catalog import load_catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.what_if import parse
from tasks.what_if import what_if
from tests.fixtures.flows import FILLED_DAY, RunningDesk

pytestmark = [pytest.mark.flow, pytest.mark.db]


async def test_before_is_the_stored_decision_and_nothing_is_written(filled: RunningDesk) -> None:
    untouched = await filled.stored()
    async with filled.store() as store:
        found = await what_if(store, load_catalog(), decision_time(FILLED_DAY), parse("receive 200 DI1F29; buy 50 DOL"))
    headline = load_desk_parameters().risk.headline
    metrics = (await filled.gold("risk_metrics_daily", FILLED_DAY)).filter(method=headline)
    stored = dict(metrics.select("metric", "value").iter_rows())
    for one in found.figures:
        if one.id in stored:
            assert one.before == pytest.approx(stored[one.id], rel=1e-9), one.id
    state = (await filled.gold("portfolio_state", FILLED_DAY)).row(0, named=True)
    assert found.nav_brl == state["nav_brl"]
    leverage = next(one for one in found.figures if one.id == "gross_leverage")
    assert leverage.before == pytest.approx(state["gross_leverage"], rel=1e-9)
    margin = next(one for one in found.figures if one.id == "margin")
    assert margin.before == pytest.approx((await filled.gold("target_position", FILLED_DAY))["margin_brl"].sum())
    rows = (await filled.gold("stress_test_results", FILLED_DAY)).filter(instrument_id="TOTAL")
    scenarios = dict(rows.select("scenario_id", "pnl_brl").iter_rows())
    assert found.scenarios
    made = {one.id: one.before_brl for one in found.scenarios}
    near = {name: None if pnl is None else pytest.approx(pnl, rel=1e-9, abs=1e-4) for name, pnl in scenarios.items()}
    assert made == {name: near[name] for name in made}
    limits = {row["limit_id"]: row for row in (await filled.gold("risk_limits_status", FILLED_DAY)).to_dicts()}
    for use in found.limits:
        assert use.before == pytest.approx(limits[use.id]["value"], rel=1e-9), use.id
        assert use.status_before == limits[use.id]["status"]
    assert not any("stored as" in note for note in found.notes)
    assert await filled.stored() == untouched
