"""The daily run: the same twice, blind to what was known later, and on which days it runs at all."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from polars.testing import assert_frame_equal
from prefect.states import get_state_exception

from desk.errors import BadInput, Busy
from desk.gold import GOLD
from desk.model import UTC, decision_time
from flows.daily import daily, day_at, requested_day
from tasks.run.report_page import without_render_time
from tests.fixtures.flows import FILLED_DAY, NEXT_DAY, RunningDesk
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.flow, pytest.mark.db]

SUNDAY = dt.date(2026, 11, 15)
CONSCIOUSNESS_DAY = dt.date(2026, 11, 20)
PLANTED = 99.0
"""BRL per USD, far from anything in the sandbox: where it is seen, it shows."""


async def test_the_same_decision_twice_writes_nothing_and_renders_the_same_page(healthy_desk: RunningDesk) -> None:
    page_file = healthy_desk.home / "reports" / "sandbox" / f"{NEXT_DAY}.html"
    page, rows = page_file.read_text(encoding="utf-8"), await healthy_desk.stored()
    assert page == await healthy_desk.page(NEXT_DAY)

    page_file.unlink()
    again = await healthy_desk.run(NEXT_DAY, late=dt.timedelta(minutes=9))
    assert again.state.name == "Reproduced"
    assert await healthy_desk.stored() == rows, "not a row version is new: silver, gold and the report"
    assert page_file.read_text(encoding="utf-8") == page, "byte for byte"
    assert NEXT_DAY.isoformat() in page or f"{NEXT_DAY:%d %b %Y}" in page


async def test_an_earlier_decision_sees_nothing_that_was_known_later(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    """A new value of yesterday and a revision of a month ago, both known an hour after the decision."""
    page = without_render_time(await filled_desk.page(FILLED_DAY))
    rows = await filled_desk.stored()
    later = decision_time(FILLED_DAY) + dt.timedelta(hours=1)
    revised = await filled_desk.rows(
        "SELECT series_id, obs_date FROM observation WHERE series_id IN ('usdbrl_ptax_sell', 'ipca_index')"
        " AND obs_date BETWEEN $1 AND $2 GROUP BY 1, 2",
        FILLED_DAY - dt.timedelta(days=60),
        FILLED_DAY - dt.timedelta(days=10),
    )
    assert {row["series_id"] for row in revised} == {"usdbrl_ptax_sell", "ipca_index"}
    new = [("usdbrl_ptax_sell", FILLED_DAY), ("usdbrl_ptax_sell", FILLED_DAY - dt.timedelta(days=1))]
    for name, day in [*new, *(tuple(row.values()) for row in revised)]:
        await filled_desk.rows(
            "INSERT INTO observation (series_id, obs_date, knowledge_time, value, stamp, payload_id)"
            " VALUES ($1, $2, $3, $4, 'sight', (SELECT max(payload_id) FROM payload))",
            name,
            day,
            later,
            PLANTED,
        )
    planted = await filled_desk.stored()
    assert planted["observation"][0] == rows["observation"][0] + len(new) + len(revised)

    before = {name: await filled_desk.gold(name, FILLED_DAY) for name in GOLD}
    same = await filled_desk.run(FILLED_DAY, sources="stored", reason="nothing that was known then has changed")
    assert same.state.name == "Completed", same.state.message
    for name, frame in before.items():
        assert_frame_equal(await filled_desk.gold(name, FILLED_DAY), frame, check_exact=False, rel_tol=1e-9)
    anew = without_render_time(same.page)
    assert re.sub(r'<p class="stamp decision">Version 2, restated.*?</p>\n', "", anew) == page
    assert await filled_desk.rows("SELECT 1 FROM restatement") == []

    await filled_desk.run(NEXT_DAY, sources="stored")
    features = await filled_desk.gold("feature", NEXT_DAY)
    assert features.filter(feature_id="usdbrl")["value"].to_list() == [PLANTED], "the next decision does see it"


async def test_one_daily_run_at_a_time(filled_desk: RunningDesk) -> None:
    """The second one ends with a message that names the lock, and stores nothing."""
    rows = await filled_desk.stored()
    async with filled_desk.store() as store, store.run_lock("flow", "daily"):
        ran = await filled_desk.run(NEXT_DAY)
    assert ran.state.is_failed()
    error = await get_state_exception(ran.state)
    assert isinstance(error, Busy)
    assert str(error) == "another process holds flow daily"
    assert await filled_desk.stored() == rows
    assert len(await filled_desk.rows("SELECT 1 FROM pipeline_runs")) == 1, "only the run that filled the database"


@pytest.mark.parametrize("closed", [SUNDAY, CONSCIOUSNESS_DAY])
async def test_the_schedule_ends_with_a_word_where_b3_has_no_session(
    prefect_api: None, closed: dt.date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is opened: there is no database at this address."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("ALVORADA_NOW", decision_time(closed).isoformat())
    state = await daily(return_state=True)
    assert state.name == "Completed"
    assert state.message == f"{closed} has no B3 session: nothing to do"


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (dt.datetime(2026, 11, 19, 9, 0, tzinfo=UTC), dt.date(2026, 11, 19)),  # 06:00 in São Paulo
        (dt.datetime(2026, 11, 19, 8, 59, tzinfo=UTC), dt.date(2026, 11, 18)),
        (dt.datetime(2026, 11, 23, 8, 59, tzinfo=UTC), dt.date(2026, 11, 19)),  # over a holiday and a weekend
        (dt.datetime(2026, 11, 20, 2, 30, tzinfo=UTC), dt.date(2026, 11, 19)),  # still the 19th in São Paulo
        (dt.datetime(2018, 12, 3, 8, 0, tzinfo=UTC), dt.date(2018, 12, 3)),  # 06:00 in summer time
        (dt.datetime(2018, 12, 3, 7, 59, tzinfo=UTC), dt.date(2018, 11, 30)),
        (dt.datetime(2026, 11, 21, 12, 0, tzinfo=UTC), None),
    ],
)
def test_the_decision_day_of_a_moment(now: dt.datetime, day: dt.date | None) -> None:
    assert day_at(now) == day


@pytest.mark.parametrize(
    ("as_of", "message"),
    [("19/11/2026", "is not a date"), ("2026-11-20", "is in the future"), (dt.date(2027, 1, 4), "is in the future")],
)
def test_an_invalid_as_of_is_refused_with_its_reason(as_of: dt.date | str, message: str) -> None:
    now = dt.datetime(2026, 11, 20, 8, 59, tzinfo=UTC)  # a minute before 06:00 in São Paulo
    assert requested_day("2026-11-19", now) == dt.date(2026, 11, 19)
    assert requested_day(None, now) is None
    with pytest.raises(BadInput, match=message):
        requested_day(as_of, now)


def test_a_decision_is_at_six_whatever_the_clocks_did() -> None:
    """Summer time ended for good in 2019."""
    assert decision_time(dt.date(2018, 12, 3)) == dt.datetime(2018, 12, 3, 8, 0, tzinfo=UTC)
    assert decision_time(dt.date(2018, 8, 1)) == dt.datetime(2018, 8, 1, 9, 0, tzinfo=UTC)
    assert decision_time(dt.date(2026, 12, 3)) == dt.datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
