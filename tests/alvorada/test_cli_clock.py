"""The command line goes by ALVORADA_NOW where it is set, as the runs do."""

import datetime as dt

import pytest

from alvorada.cli.main import now
from desk.errors import BadInput


def test_the_frozen_clock_is_the_command_lines_too(monkeypatch):
    monkeypatch.setenv("ALVORADA_NOW", "2026-01-12T06:00:00-03:00")
    assert now() == dt.datetime(2026, 1, 12, 9, 0, tzinfo=dt.UTC)


def test_without_it_the_clock_is_the_wall(monkeypatch):
    monkeypatch.delenv("ALVORADA_NOW", raising=False)
    assert abs(dt.datetime.now(dt.UTC) - now()) < dt.timedelta(seconds=5)


@pytest.mark.parametrize(("text", "says"), [("noon", "not a time"), ("2026-01-12T09:00:00", "no time zone")])
def test_a_clock_that_cannot_be_read_is_one_clear_line(monkeypatch, text, says):
    monkeypatch.setenv("ALVORADA_NOW", text)
    with pytest.raises(BadInput, match=says):
        now()
