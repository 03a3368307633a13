"""What the command line reads of stored decisions, on a filled database: a difference, and a day that never was."""

from __future__ import annotations

import datetime as dt

import pytest

from alvorada.cli.report_contents import read_report_data_from
from desk import calendars
from desk.errors import BadInput, WrongWorld
from reports.page.diff import PARTS, differences
from tests.fixtures.flows import RunningDesk


async def test_two_decisions_of_the_store_are_told_apart(filled: RunningDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", filled.url)
    monkeypatch.setenv("ALVORADA_HOME", str(filled.home))
    found = await read_report_data_from(filled.url, "sandbox", [None])
    assert found is not None
    [latest] = found
    before = calendars.b3().offset(latest.day, -1)
    pair = await read_report_data_from(filled.url, "sandbox", [before, latest.day])
    assert pair is not None
    text = differences(*pair)
    assert [line for line in text.split("\n") if line in PARTS] == list(PARTS)
    assert f"the state of the data on {before.day}" in text  # the history pass has no runs of its own
    with pytest.raises(BadInput, match="there is no decision of 2001-01-02"):
        await read_report_data_from(filled.url, "sandbox", [dt.date(2001, 1, 2)])
    with pytest.raises(WrongWorld, match="--world sandbox"):
        await read_report_data_from(filled.url, "live", [None])
