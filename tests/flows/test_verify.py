"""The weekly verification: one pass over all decided days has the records of the mornings, or says which it has not."""

from __future__ import annotations

from typing import Any

import pytest

from desk.model import decision_time
from flows.verify import verify
from tests.fixtures.flows import FILLED_DAY, HISTORY_DAYS, NEXT_DAY, RunningDesk

pytestmark = [pytest.mark.flow, pytest.mark.db]


async def verified(desk: RunningDesk) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in desk.environment(NEXT_DAY).items():
            patch.setenv(name, value)
        return await verify(sources="stored", return_state=True)


async def test_one_pass_has_every_record_and_names_the_one_that_was_changed(healthy_desk: RunningDesk) -> None:
    before = await healthy_desk.stored()
    good = await verified(healthy_desk)
    assert good.is_completed(), good.message
    assert f"{HISTORY_DAYS + 1} decided days" in good.message
    assert " 0 differ" in good.message
    assert await healthy_desk.stored() == before, "nothing is written"

    day = decision_time(FILLED_DAY)
    await healthy_desk.rows(  # one unit in the last place
        "UPDATE feature SET value = value * (1 + 2.3e-16) WHERE as_of = $1 AND feature_id = 'pre_252'", day
    )
    [position] = await healthy_desk.rows(
        "UPDATE pnl_attribution SET carry_pnl_brl = carry_pnl_brl + 0.01 WHERE ctid ="
        " (SELECT ctid FROM pnl_attribution WHERE as_of = $1 AND contracts <> 0 ORDER BY instrument_id LIMIT 1)"
        " RETURNING instrument_id",
        day,
    )
    await healthy_desk.rows("DELETE FROM agent_measure WHERE as_of = $1 AND measure_id IN"
                            " (SELECT min(measure_id) FROM agent_measure)", day)  # fmt: skip
    bad = await verified(healthy_desk)
    assert bad.is_failed()
    assert "3 rows are not what was decided" in bad.message
    assert f"feature pre_252 of {FILLED_DAY}: value is " in bad.message
    assert f"pnl_attribution {position['instrument_id']} of {FILLED_DAY}: carry_pnl_brl is " in bad.message
    assert f"of {FILLED_DAY}: the row is absent, computed present" in bad.message
    recorded = await healthy_desk.rows("SELECT state, gaps FROM pipeline_runs WHERE kind = 'verify' ORDER BY state")
    assert [row["state"] for row in recorded] == ["completed", "failed"]
    assert recorded[1]["gaps"] == ["agent_measure", "feature", "pnl_attribution"]

    # Another version of the code has decided it: it may have come to other numbers, and the next day goes on from them.
    await healthy_desk.rows("ALTER TABLE decision DISABLE TRIGGER decision_is_a_record")
    await healthy_desk.rows("UPDATE decision SET code_version = '0.0.1' WHERE as_of = $1", day)
    other = await verified(healthy_desk)
    assert other.is_completed(), other.message
    assert f"{HISTORY_DAYS} decided days" in other.message
    assert "; 1 days of other code, 3 rows differ" in other.message
