"""ReportData checks its input and never reads rows after its decision."""

import dataclasses
import datetime as dt
from typing import Any

import polars as pl
import pytest

from desk.errors import BadInput
from reports.elements.report_data import ReportData
from tests.reports.sample import sample


def test_rows_after_the_decision_are_never_read() -> None:
    full = sample(days=40)
    times = full.frames["portfolio_state"]["as_of"]
    earlier = dataclasses.replace(full, as_of=times[-5])
    cut = {name: frame.filter(pl.col("as_of") <= times[-5]) for name, frame in full.frames.items()}
    for name in full.frames:
        assert earlier.history(name).equals(dataclasses.replace(earlier, frames=cut).history(name))
    assert earlier.latest("portfolio_state")["nav_brl"][0] == full.frames["portfolio_state"]["nav_brl"][-5]


def test_yesterday_is_the_last_decision_before_and_a_gap_is_no_day() -> None:
    data = sample(days=10)
    frame = data.frames["portfolio_state"]
    without = dataclasses.replace(data, frames={"portfolio_state": frame.filter(pl.col("as_of") != frame["as_of"][-2])})
    assert data.previous("portfolio_state")["as_of"][0] == frame["as_of"][-2]
    assert without.previous("portfolio_state")["as_of"][0] == frame["as_of"][-3]
    assert without.previous("regime").is_empty()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"as_of": dt.datetime(2026, 1, 2, 9)}, "no time zone"),  # noqa: DTZ001  the naive time is the point
        ({"world": "moon"}, "unknown world 'moon'"),
        ({"frames": {"nonsense": pl.DataFrame()}}, "no table 'nonsense'"),
        ({"frames": {"regime": pl.DataFrame({"as_of": []})}}, "regime lacks the columns regime_id, probability"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        dataclasses.replace(sample(days=3), **change)


def test_the_stores_run_id_column_is_allowed() -> None:
    data = sample(days=3)
    frames = {name: frame.with_columns(run_id=pl.lit("r")) for name, frame in data.frames.items()}
    again = ReportData(data.as_of, data.world, data.run_id, data.code_version, frames)
    assert again.latest("regime").equals(data.latest("regime"))
