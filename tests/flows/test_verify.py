"""The weekly verification: one pass over all decided days has the records of the mornings, or says which it has not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from desk.gold_difference import DIFFERENCE_SCHEMA
from desk.model import decision_time
from flows.verify import NOT_COMPARED, outcome, verify
from tasks.run.full_pass import Verified
from tasks.run.verified_segments import Segment
from tests.fixtures.flows import FILLED_DAY, HISTORY_DAYS, NEXT_DAY, RunningDesk
from tests.tasks.run.test_verified_segments import decision

pytestmark = [pytest.mark.flow, pytest.mark.db]


def test_a_verification_that_has_nothing_to_hold_a_record_against_does_not_end_as_completed() -> None:
    none = pl.DataFrame(schema=DIFFERENCE_SCHEMA)
    part = Segment(None, (decision(FILLED_DAY),), "other code", frozenset())
    other, plain = Verified(part, {"feature": 7}, none), Verified(replace(part, reason=""), {"feature": 7}, none)
    assert outcome([])[0] == outcome([other])[0] == "completed_with_gaps"
    assert outcome([other])[1:] == (
        "nothing could be compared: 0 decided days, 0 rows compared, 0 differ; 1 days of other code, 0 rows differ",
        [NOT_COMPARED],
    )
    assert outcome([other, plain])[0] == "completed"


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
