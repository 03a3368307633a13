"""Point in time: no later number and no later revision moves an earlier day. And what the panel's columns hold."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from desk.catalog import load_catalog
from desk.errors import BadInput, MissingInput
from desk.gold import FEATURE
from desk.model import SILVER, decision_time
from desk.point_in_time.as_of_grid import Grid, latest_known
from desk.transforms.feature_rows import feature_rows
from desk.transforms.panel import Panel, build_panel
from desk.transforms.possible_inputs import possible_inputs
from tests.desk.made_history import decision_days, made_silver

CATALOG = load_catalog()
DAYS = decision_days(300)

Silver = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def panel() -> Panel:
    return build_panel(made_silver(), DAYS, CATALOG)


def with_rows(silver: Silver, table: str, rows: pl.DataFrame) -> Silver:
    return {
        **silver,
        table: pl.concat([silver[table], rows.select(silver[table].columns).cast(silver[table].schema)]),
    }


def observation(series_id: str, obs_date: dt.date, knowledge_time: dt.datetime, value: float) -> pl.DataFrame:
    return pl.DataFrame(
        {"series_id": [series_id], "obs_date": [obs_date], "knowledge_time": [knowledge_time], "value": [value]}
    ).with_columns(pl.col("knowledge_time").cast(pl.Datetime("us", "UTC")))


def same_before(one: Panel, other: Panel, cut: int) -> None:
    one, other = one.head(cut), other.head(cut)
    for name in ("values", "obs_dates"):
        assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    for name in one.provenance.columns:
        assert one.provenance.names(name) == other.provenance.names(name), name


def test_every_catalogue_series_and_feature_is_known_on_a_full_history(panel: Panel) -> None:
    last = panel.values.tail(1)
    unknown = {name for name in last.columns if last[name][0] is None}
    short = {"selic_monthly"}  # stale by its own limit: the made history publishes it as a monthly one
    # the made monthly changes start in 2009, so no chain from December 1993; three-year windows need 378 days
    short |= {"ipca_chained_accrued"} | {name for name in unknown if name.endswith("_z")}
    short |= {"IND"}  # the made history has no settlement of it
    short |= {"real_3780", "real_5040"}  # the made history has no bond or DAP beyond ten years
    assert unknown <= short


def test_a_value_known_later_changes_no_earlier_day(panel: Panel) -> None:
    day = DAYS[200]
    late = decision_time(day) + dt.timedelta(microseconds=1)
    planted = with_rows(made_silver(), "observation", observation("usdbrl_ptax_sell", DAYS[198], late, 99.0))
    other = build_panel(planted, DAYS, CATALOG)
    same_before(panel, other, 201)
    # it is an old date by then, so nobody ever sees it as the latest
    assert_frame_equal(panel.values, other.values, check_exact=True)


def test_a_new_latest_value_shows_from_its_knowledge_time_on(panel: Panel) -> None:
    day = DAYS[200]
    at = decision_time(day)
    planted = with_rows(made_silver(), "observation", observation("usdbrl_ptax_sell", day, at, 99.0))
    other = build_panel(planted, DAYS, CATALOG)
    same_before(panel, other, 200)
    assert other.values["usdbrl"][200] == 99.0
    assert other.obs_dates["usdbrl"][200] == day


def test_a_revision_of_an_old_month_moves_growth_from_then_on_only(panel: Panel) -> None:
    day = DAYS[200]
    month = panel.obs_dates["ipca_12m_index"][200]
    base = dt.date(month.year - 1, month.month, 1)
    planted = with_rows(made_silver(), "observation", observation("ipca_index", base, decision_time(day), 50.0))
    other = build_panel(planted, DAYS, CATALOG)
    same_before(panel, other, 200)
    level = panel.values["ipca_index"][200]
    assert other.values["ipca_index"][200] == level
    assert other.values["ipca_12m_index"][200] == pytest.approx(level / 50.0 - 1.0)


def test_a_curve_point_revised_later_is_seen_later(panel: Panel) -> None:
    obs = panel.obs_dates["pre_252"][200]
    row = pl.DataFrame(
        {
            "curve_id": ["PRE"],
            "tenor_bd": [252],
            "obs_date": [obs],
            "knowledge_time": [decision_time(DAYS[200])],
            "rate": [0.5],
        }
    )
    other = build_panel(with_rows(made_silver(), "curve_point", row), DAYS, CATALOG)
    same_before(panel, other, 200)
    assert other.values["pre_252"][200] == pytest.approx(0.5)
    assert other.values["pre_252"][201] == panel.values["pre_252"][201]


@pytest.mark.parametrize("cut", [1, 57, 180, 299])
def test_silver_as_known_at_a_day_gives_the_same_earlier_rows(panel: Panel, cut: int) -> None:
    as_of = decision_time(DAYS[cut - 1])
    known = {name: frame.filter(pl.col("knowledge_time") <= as_of) for name, frame in made_silver().items()}
    same_before(panel, build_panel(known, DAYS[:cut], CATALOG), cut)


def test_a_later_start_gives_the_same_bits_once_windows_are_full() -> None:
    days = decision_days(1400)
    long, short = build_panel(made_silver(), days, CATALOG), build_panel(made_silver(), days[40:], CATALOG)
    # the longest chain is a three-year z of a quarterly statistic of a quarterly change: 756 + 63 + 63 days
    assert_frame_equal(long.values.tail(300), short.values.tail(300), check_exact=True)


def test_stale_values_are_unknown_not_repeated() -> None:
    silver = made_silver()
    stop = DAYS[100]
    held = silver["observation"].filter((pl.col("series_id") != "reserves") | (pl.col("obs_date") < stop))
    values = build_panel({**silver, "observation": held}, DAYS, CATALOG).values
    ages = [(day - stop).days for day in DAYS]
    known = values["reserves"].is_not_null().to_list()
    assert known[100]
    assert not any(k for k, age in zip(known, ages, strict=True) if age > CATALOG.series["reserves"].max_age_days)


def test_the_second_source_speaks_only_when_the_first_is_silent(panel: Panel) -> None:
    assert set(panel.provenance.names("usdbrl")) == {"usdbrl_ptax_sell"}
    silver = made_silver()
    stop = DAYS[100]
    held = silver["observation"].filter((pl.col("series_id") != "usdbrl_ptax_sell") | (pl.col("obs_date") < stop))
    other = build_panel({**silver, "observation": held}, DAYS, CATALOG)
    used = other.provenance.names("usdbrl")
    assert used[100] == "usdbrl_ptax_sell"
    assert used[110] == "usdbrl_sgs_sell"
    assert other.values["usdbrl"][110] == panel.values["usdbrl_sgs_sell"][110]
    assert other.obs_dates["usdbrl"][110] == panel.obs_dates["usdbrl_sgs_sell"][110]


def test_the_second_source_of_the_day_goes_before_yesterday_s_value_of_a_held_one(panel: Panel) -> None:
    silver, at = made_silver(), panel.days[200]
    newest = panel.obs_dates["usdbrl_ptax_sell"][200]
    is_held = (pl.col("series_id") == "usdbrl_ptax_sell") & (pl.col("obs_date") == newest)
    columns = ["series_id", "obs_date", "knowledge_time", "value"]
    held = silver["observation"].filter(is_held).select(columns)
    believed = {**silver, "observation": silver["observation"].filter(~is_held)}
    other = build_panel(believed, DAYS, CATALOG, held)
    assert other.provenance.names("usdbrl")[200] == "usdbrl_sgs_sell"
    assert other.obs_dates["usdbrl"][200] == panel.obs_dates["usdbrl"][200] == newest
    same_before(panel, other, 200)
    # the day after, a newer value of the source is believed again
    assert other.values["usdbrl"][205] == panel.values["usdbrl"][205]
    # without the sibling there is only the value before
    alone = {**believed, "observation": believed["observation"].filter(pl.col("series_id") != "usdbrl_sgs_sell")}
    alone["price_bar"] = believed["price_bar"].filter(pl.col("instrument_id") != "yahoo_usdbrl")
    assert build_panel(alone, DAYS, CATALOG, held).provenance.names("usdbrl")[200] == "usdbrl_ptax_sell"
    assert at > newest


def test_an_empty_world_is_all_unknown_and_has_every_column(panel: Panel) -> None:
    empty = build_panel({}, DAYS[:3], CATALOG)
    assert empty.values.columns == panel.values.columns == empty.obs_dates.columns
    always = {"day", "inflation_target", "inflation_tolerance"}
    assert all(empty.values[name].null_count() == 3 for name in empty.values.columns if name not in always)


def test_focus_years_follow_the_calendar() -> None:
    silver = made_silver()
    days = decision_days(900)
    values = build_panel(silver, days, CATALOG).values
    medians = silver["expectation"].filter(pl.col("indicator") == "IPCA", pl.col("reference") == "2025")
    turn = next(i for i, day in enumerate(days) if day.year == 2025)
    seen = medians.filter(pl.col("knowledge_time") <= decision_time(days[turn])).sort("obs_date")["median"][-1]
    assert values["focus_ipca_y0"][turn] == seen
    before = medians.filter(pl.col("knowledge_time") <= decision_time(days[turn - 1])).sort("obs_date")["median"][-1]
    assert values["focus_ipca_y1"][turn - 1] == before


def test_possible_inputs_lead_back_to_sources() -> None:
    inputs = possible_inputs("carry_to_risk_z")
    assert inputs[0] == "PRE"
    assert {"CUPOM", "dgs3mo", "usdbrl_ptax_sell", "usdbrl_sgs_sell"} <= set(inputs)
    assert possible_inputs("vix_z") == ("vix", "cboe_vix", "vix_fred")
    assert possible_inputs("usdbrl_ptax_sell") == ("usdbrl_ptax_sell",)
    assert possible_inputs("moon") == ()


def test_without_fred_the_first_sources_speak() -> None:
    """Off without a key: SOFR and EFFR are the New York Fed's own, and they speak before FRED's copies anyway."""
    silver = made_silver()
    fred = [one.id for one in CATALOG.series.values() if one.source == "fred"]
    without = {**silver, "observation": silver["observation"].filter(~pl.col("series_id").is_in(fred))}
    whole, bare = build_panel(silver, DAYS, CATALOG), build_panel(without, DAYS, CATALOG)
    firsts = {"sofr": "nyfed_sofr", "fed_funds_effective": "nyfed_effr", "dollar_broad": "h10_dollar_broad"}
    for column, first in firsts.items():
        assert set(whole.provenance.names(column)[100:]) == {first}
        assert bare.values[column][-1] == whole.values[column][-1] == whole.values[first][-1] is not None
    assert bare.values["usd_short_rate"][-1] == whole.values["usd_short_rate"][-1] is not None


def test_a_feature_is_as_old_as_its_oldest_input(panel: Panel) -> None:
    pre, dollar = panel.obs_dates["pre_63"], panel.obs_dates["usd_short_rate"]
    assert panel.obs_dates["brl_carry"].to_list() == [min(a, b) for a, b in zip(pre, dollar, strict=True)]


def test_known_columns_become_feature_rows(panel: Panel) -> None:
    rows = feature_rows(panel, panel.days[-2:])
    assert dict(rows.schema) == FEATURE.schema
    last = rows.filter(pl.col("as_of") == decision_time(panel.days[-1]))
    known = [name for name in panel.values.columns[1:] if panel.values[name][-1] is not None]
    assert last["feature_id"].to_list() == sorted(known)
    usdbrl = last.filter(pl.col("feature_id") == "usdbrl").row(0, named=True)
    assert (usdbrl["value"], usdbrl["obs_date"]) == (panel.values["usdbrl"][-1], panel.obs_dates["usdbrl"][-1])


def test_days_must_ascend() -> None:
    with pytest.raises(BadInput, match="ascending"):
        build_panel({}, [DAYS[1], DAYS[0]], CATALOG)


def test_rows_without_a_knowledge_time_are_refused() -> None:
    rows = pl.DataFrame(
        {"series_id": ["vix_fred"], "obs_date": [DAYS[0]], "knowledge_time": [None], "value": [1.0]},
        schema=SILVER["observation"].parsed_schema,
    )
    with pytest.raises(MissingInput, match="knowledge time"):
        build_panel({"observation": rows}, DAYS[:2], CATALOG)


def test_a_panel_says_which_column_it_lacks(panel: Panel) -> None:
    with pytest.raises(MissingInput, match="'moon'"):
        panel.array("moon")
    assert len(panel.array("usdbrl")) == len(panel.days) == 300


MOMENTS = st.integers(min_value=-3, max_value=12)
ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 6), MOMENTS, st.floats(-5, 5)), max_size=25)


@settings(max_examples=150)
@given(ROWS)
def test_latest_known_is_what_a_plain_loop_says(rows: list[tuple[str, int, int, float]]) -> None:
    days = DAYS[:8]
    grid = Grid.of(days)
    start = decision_time(days[0])
    table = [(e, days[o] if o < 7 else days[7], start + dt.timedelta(hours=20 * k), v) for e, o, k, v in rows]
    unique = {(e, o, k): v for e, o, k, v in table}
    frame = pl.DataFrame(
        [(e, o, k, v) for (e, o, k), v in unique.items()],
        schema={"e": pl.String, "obs_date": pl.Date, "knowledge_time": pl.Datetime("us", "UTC"), "v": pl.Float64},
        orient="row",
    )
    latest = latest_known(frame, "e", "v", grid)
    for t, day in enumerate(days):
        for entity in "ab":
            seen = [(o, k, v) for (e, o, k), v in unique.items() if e == entity and k <= decision_time(day)]
            if entity not in latest.entities:
                assert not seen
                continue
            at = latest.entities.index(entity)
            if not seen:
                assert np.isnan(latest.values[t, at])
            else:
                newest = max(seen, key=lambda row: (row[0], row[1]))
                assert latest.values[t, at] == newest[2]
                assert latest.obs_dates[t, at] == np.datetime64(newest[0])
