"""Grafana's rules for frames, on examples of its documentation: long and wide series, nulls, time fields."""

from __future__ import annotations

import datetime as dt
import math

import pytest

from tests.grafana.frames import barred, displayed, frame_of, graphable, series_type, wide

MONDAY, TUESDAY = (dt.datetime(2026, 11, day, 9, tzinfo=dt.UTC) for day in (23, 24))
TYPES = [("time", "timestamptz"), ("host", "text"), ("cpu", "float8")]


def test_a_long_series_becomes_a_column_for_each_host_and_null_where_one_did_not_report() -> None:
    frame = frame_of(TYPES, [(MONDAY, "a", 1.0), (MONDAY, "b", 2.0), (TUESDAY, "b", 3.0)])
    assert series_type(frame) == "long"
    time, first, second = wide(frame)
    assert time.values == [MONDAY, TUESDAY]
    assert (first.name, first.labels, first.values) == ("cpu", {"host": "a"}, [1.0, None])
    assert (second.labels, second.values) == ({"host": "b"}, [2.0, 3.0])
    assert series_type([time, first, second]) == "wide"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([("time", "timestamptz"), ("a", "float8")], "wide"),
        ([("time", "timestamptz"), ("a", "bool")], "not"),
        ([("time", "timestamptz"), ("a", "bool"), ("b", "int8")], "long"),
        ([("time", "timestamptz"), ("a", "text")], "not"),
        ([("a", "text"), ("b", "float8")], "not"),
        ([("day", "date"), ("b", "numeric")], "wide"),
    ],
)
def test_the_type_of_a_series(columns: list[tuple[str, str]], expected: str) -> None:
    assert series_type(frame_of(columns, [])) == expected


@pytest.mark.parametrize("rows", [[(TUESDAY, "a", 1.0), (MONDAY, "a", 1.0)], [(None, "a", 1.0)]])
def test_a_long_series_out_of_order_or_without_a_time_is_refused(rows: list[tuple[object, ...]]) -> None:
    with pytest.raises(ValueError, match="in order"):
        wide(frame_of(TYPES, rows))


def test_a_panel_draws_gaps_for_what_is_no_number_and_leaves_texts_out() -> None:
    time, cpu = graphable(frame_of(TYPES, [(MONDAY, "a", math.nan), (TUESDAY, "a", None)]))
    assert (time.kind, cpu.values) == ("time", [None, None])
    with pytest.raises(ValueError, match="missing a time field"):
        graphable(frame_of([("day", "text"), ("n", "int8")], []))
    with pytest.raises(ValueError, match="missing a number field"):
        graphable(frame_of([("time", "timestamptz"), ("n", "text")], []))


def test_tiles_show_the_last_known_value_or_every_row_up_to_the_limit() -> None:
    last = {"values": False, "calcs": ["lastNotNull"]}
    assert displayed(frame_of([("a", "float8"), ("b", "int8")], [(1.0, None), (None, None)]), last) == [
        ("a", 1.0),
        ("b", None),
    ]
    rows = [(f"source {k}", k) for k in range(30)]
    shown = displayed(frame_of([("source", "text"), ("state", "int4")], rows), {"values": True, "calcs": []})
    assert shown == rows[:25]


def test_a_bar_chart_names_its_bars_by_its_field() -> None:
    names, bars = barred(frame_of([("name", "text"), ("pnl", "float8")], [("a", 1.0)]), None)
    assert (names, [bar.name for bar in bars]) == (["a"], ["pnl"])
    with pytest.raises(ValueError, match="x field not found"):
        barred(frame_of([("name", "text"), ("pnl", "float8")], []), "scenario")
