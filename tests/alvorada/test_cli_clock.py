"""The command line uses ALVORADA_NOW where it is set, as the runs do."""

from __future__ import annotations

import datetime as dt

import pytest

from alvorada.cli.clock import now
from desk.errors import BadInput


def test_the_frozen_clock_is_the_command_lines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALVORADA_NOW", "2026-01-12T06:00:00-03:00")
    assert now() == dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)


def test_without_it_the_clock_is_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALVORADA_NOW", raising=False)
    before = dt.datetime.now(dt.UTC)
    assert before <= now() <= dt.datetime.now(dt.UTC)


@pytest.mark.parametrize(("text", "says"), [("noon", "not a time"), ("2026-01-12T09:00:00", "no time zone")])
def test_a_clock_that_cannot_be_read_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, text: str, says: str) -> None:
    monkeypatch.setenv("ALVORADA_NOW", text)
    with pytest.raises(BadInput, match=says):
        now()
