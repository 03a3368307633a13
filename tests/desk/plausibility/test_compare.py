"""Two sources of one fact: which dates stand against each other, in which measure, and which number is held."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk.catalog import load_catalog
from desk.catalog.plausibility import load_plausibility
from desk.catalog.siblings import SiblingPair, load_curve_pairs, load_siblings
from desk.frames import parts_by
from desk.gold import SOURCE_COMPARISON
from desk.model import SILVER
from desk.plausibility.compare import compare_curves, compare_series, compared
from desk.plausibility.conflicts import broken_facts, fact_keys
from desk.plausibility.points import POINT_SCHEMA
from tests.desk.plausibility.points import FIRST, PTAX, series, weekdays

CATALOG, RULES = load_catalog(), load_plausibility()
PAIRS = {pair.id: pair for pair in load_siblings()}
SGS = "observation.value:usdbrl_sgs_sell"
NOTHING = pl.DataFrame(schema=POINT_SCHEMA)
STEADY = [5.10, 5.12, 5.11, 5.13, 5.12] * 8
LAST = weekdays(len(STEADY))[-1]
DAY = LAST + dt.timedelta(days=1)


def monthly(key: str, values: list[float], first: dt.date) -> pl.DataFrame:
    months = pl.date_range(first, first + dt.timedelta(days=31 * len(values)), "1mo", eager=True)[: len(values)]
    known = [dt.datetime.combine(day, dt.time(20), dt.UTC) + dt.timedelta(days=40) for day in months]
    rows = {"key": [key] * len(values), "obs_date": months, "knowledge_time": known, "value": values}
    return pl.DataFrame(rows, schema=POINT_SCHEMA)


def row(pair: SiblingPair, points: pl.DataFrame, held: pl.DataFrame = NOTHING, day: dt.date = DAY) -> dict[str, object]:
    found = compare_series(points, held, [pair], CATALOG, day)
    assert dict(found.schema) == SOURCE_COMPARISON.schema
    assert found.height == 1
    return found.row(0, named=True)


def pair_of(*values: list[float]) -> pl.DataFrame:
    return pl.concat([series(key, numbers) for key, numbers in zip((PTAX, SGS), values, strict=True)])


def test_the_same_number_twice_agrees() -> None:
    found = row(PAIRS["usdbrl_ptax_sgs"], pair_of(STEADY, STEADY))
    assert (found["state"], found["difference"], found["left_date"], found["unit"]) == ("agree", 0.0, LAST, "share")
    assert found["compared"] == sum(day > DAY - dt.timedelta(days=10) for day in weekdays(len(STEADY)))


@pytest.mark.parametrize(("share", "state"), [(0.00005, "agree"), (0.00015, "apart"), (0.0003, "broken")])
def test_the_newest_date_is_held_against_tolerance_and_breach(share: float, state: str) -> None:
    found = row(PAIRS["usdbrl_ptax_sgs"], pair_of([*STEADY[:-1], STEADY[-1] * (1 + share)], STEADY))
    assert found["state"] == state
    assert found["difference"] == pytest.approx(share)


def test_a_broken_day_speaks_for_ten_days_though_the_newest_agrees() -> None:
    values = [*STEADY]
    values[-3] *= 1.01
    found = row(PAIRS["usdbrl_ptax_sgs"], pair_of(values, STEADY))
    assert (found["state"], found["broken"], found["left_date"]) == ("broken", 1, weekdays(len(STEADY))[-3])
    later = DAY + dt.timedelta(days=7)
    assert row(PAIRS["usdbrl_ptax_sgs"], pair_of(values, STEADY), day=later)["state"] == "agree"


def test_where_one_source_is_late_the_last_common_date_is_compared() -> None:
    found = row(PAIRS["usdbrl_ptax_sgs"], pair_of(STEADY, STEADY[:-1]))
    assert (found["state"], found["left_date"]) == ("agree", weekdays(len(STEADY))[-2])
    assert row(PAIRS["usdbrl_ptax_sgs"], series(PTAX, STEADY))["state"] == "absent"


def test_a_held_value_takes_part_and_says_so() -> None:
    slipped = series(PTAX, STEADY)[-1:].with_columns(value=pl.lit(512.0))
    found = row(PAIRS["usdbrl_ptax_sgs"], pair_of(STEADY[:-1], STEADY), slipped)
    assert (found["state"], found["left_value"], found["right_value"]) == ("held", 512.0, STEADY[-1])


def test_a_rate_by_the_day_is_compared_by_the_year() -> None:
    daily = 1.1490 ** (1 / 252) - 1
    points = pl.concat(
        [
            series("observation.value:cdi_annual", [0.1490] * 40),
            series("observation.value:cdi_daily", [daily] * 40),
        ]
    )
    found = row(PAIRS["cdi_daily_annual"], points)
    assert found["state"] == "agree"
    assert found["right_value"] == pytest.approx(0.1490)


@pytest.mark.parametrize(
    ("pair", "right", "values", "expected"),
    [
        ("cdi_month", "cdi_daily", [0.0005] * 60, lambda days: 1.0005 ** len(days) - 1.0),
        ("usdbrl_month", "usdbrl_ptax_sell", [5.0 + 0.01 * at for at in range(60)], None),
        ("reserves_month", "reserves", [300_000.0 + at for at in range(60)], "last"),
    ],
)
def test_a_month_stands_against_its_own_days(pair: str, right: str, values: list[float], expected: object) -> None:
    """FIRST is 6 January 2025: February is the first whole month, April has not ended."""
    days = weekdays(60)
    inside = [at for at, day in enumerate(days) if day.month == 2]
    if callable(expected):
        month = expected(inside)
    else:
        month = values[inside[-1]] if expected == "last" else float(np.mean([values[at] for at in inside]))
    left = PAIRS[pair].left
    points = pl.concat(
        [
            monthly(f"observation.value:{left}", [1.0, month, 1.0], FIRST.replace(day=1)),
            series(f"observation.value:{right}", values),
        ]
    )
    both = compared(parts_by(points.with_columns(is_held=pl.lit(False)), "key"), PAIRS[pair], CATALOG)
    assert both["left_date"].to_list() == [dt.date(2025, 2, 1)], "neither a month cut at its begin nor one going on"
    assert both["right_date"][0] == dt.date(2025, 2, 28)
    assert both["difference"][0] == pytest.approx(0.0, abs=1e-12)


def test_twelve_months_compound_to_the_year() -> None:
    months = [0.004, 0.001, -0.002, 0.005] * 4
    first = dt.date(2024, 1, 1)
    year = float(np.prod([1 + value for value in months[1:13]]) - 1.0)
    points = pl.concat(
        [
            monthly("observation.value:ibge_ipca_headline_mom", months, first),
            monthly("observation.value:ipca_12m", [year], dt.date(2025, 1, 1)),
        ]
    ).with_columns(is_held=pl.lit(False))
    both = compared(parts_by(points, "key"), PAIRS["ipca_12m_chained"], CATALOG)
    assert both["difference"].to_list() == [pytest.approx(0.0, abs=1e-12)]
    # a month that is absent makes no year
    gap = points.filter(pl.col("obs_date") != dt.date(2024, 7, 1))
    assert compared(parts_by(gap, "key"), PAIRS["ipca_12m_chained"], CATALOG).is_empty()


def test_copper_by_the_pound_is_compared_by_the_tonne() -> None:
    assert PAIRS["copper_month"].right_scale == pytest.approx(1000 / 0.45359237, rel=1e-7)


def test_curves_of_one_day_are_compared_at_their_vertices() -> None:
    tenors = {21: 0.140, 126: 0.141, 252: 0.142, 504: 0.143, 756: 0.144, 1260: 0.145, 2520: 0.146}
    known = dt.datetime.combine(LAST, dt.time(22), dt.UTC)
    ust = pl.DataFrame(
        [("UST", LAST, known, tenor, rate) for tenor, rate in tenors.items()],
        schema={"curve_id": pl.String, "obs_date": pl.Date, "knowledge_time": pl.Datetime("us", "UTC"),
                "tenor_bd": pl.Int32, "rate": pl.Float64},
        orient="row",
    )  # fmt: skip
    names = {21: "dgs1mo", 126: "dgs6mo", 252: "dgs1", 504: "dgs2", 756: "dgs3", 1260: "dgs5", 2520: "dgs10"}
    fred = ust.select(
        series_id=pl.col("tenor_bd").replace_strict(names), obs_date="obs_date", knowledge_time="knowledge_time",
        value=pl.col("rate") + pl.when(pl.col("tenor_bd") == 1260).then(0.001).otherwise(0.0),
    )  # fmt: skip
    older = fred.with_columns(obs_date=pl.col("obs_date").dt.offset_by("-1d"), value=pl.lit(0.5))
    newer = ust.with_columns(obs_date=pl.lit(DAY), rate=pl.lit(0.5), knowledge_time=pl.lit(known))
    frames = {
        "curve_point": pl.concat([ust, newer]), "observation": pl.concat([older, fred]),
    }  # fmt: skip
    silver = {
        name: pl.concat([pl.DataFrame(schema=table.stored_schema), frames[name]], how="diagonal_relaxed")
        if name in frames
        else pl.DataFrame(schema=table.stored_schema)
        for name, table in SILVER.items()
    }
    rows = {one["pair_id"]: one for one in compare_curves(silver, load_curve_pairs(), DAY).iter_rows(named=True)}
    found = rows.pop("ust_treasury_fred")
    assert (found["left_source"], found["left_date"], found["state"]) == ("treasury|1260", LAST, "broken")
    assert found["difference"] == pytest.approx(-0.001)
    assert {one["state"] for one in rows.values()} == {"absent"}


def losers(points: pl.DataFrame, day: dt.date = DAY) -> list[tuple[str, dt.date, str]]:
    found = broken_facts(points, list(PAIRS.values()), RULES, CATALOG, day)
    return [(one["key"], one["obs_date"], one["peer"]) for one in found.iter_rows(named=True)]


def test_of_a_broken_fact_the_one_that_moved_is_held() -> None:
    assert losers(pair_of(STEADY, STEADY)) == []
    off = [*STEADY[:-1], STEADY[-1] * 1.03]
    assert losers(pair_of(off, STEADY)) == [(PTAX, LAST, "usdbrl_sgs_sell")]
    assert losers(pair_of(STEADY, off)) == [(SGS, LAST, "usdbrl_ptax_sell")]


def test_the_one_that_repeats_itself_is_held_though_the_other_moved() -> None:
    moved, still = [*STEADY, STEADY[-1] * 1.01], [*STEADY, STEADY[-1]]
    day = weekdays(len(moved))[-1]
    assert losers(pair_of(still, moved), day) == [(PTAX, day, "usdbrl_sgs_sell")]


def test_a_third_source_decides() -> None:
    """The market moved 9% in a day: the source that did not follow is held, since a third one did."""
    crash = [*STEADY[:-1], STEADY[-1] * 1.09]
    points = pl.concat([pair_of(crash, STEADY), series("price_bar.close:yahoo_usdbrl", crash)])
    assert losers(points) == [(SGS, LAST, "usdbrl_ptax_sell")]


def test_it_is_held_from_when_both_were_known() -> None:
    points = pair_of([*STEADY[:-1], STEADY[-1] * 1.03], STEADY)
    late = dt.datetime.combine(DAY, dt.time(15), dt.UTC)
    moved = points.with_columns(
        knowledge_time=pl.when((pl.col("key") == SGS) & (pl.col("obs_date") == LAST)).then(late).otherwise(
            "knowledge_time"
        )
    )  # fmt: skip
    found = broken_facts(moved, list(PAIRS.values()), RULES, CATALOG, DAY)
    assert found["hidden_from"].to_list() == [late]
    assert found["knowledge_time"][0] < late


def test_a_pair_that_is_no_fact_holds_nothing() -> None:
    yahoo = series("price_bar.close:yahoo_usdbrl", [*STEADY[:-1], STEADY[-1] * 1.5])
    assert losers(pl.concat([series(PTAX, STEADY), yahoo])) == []
    assert "price_bar.close:yahoo_usdbrl" in fact_keys(list(PAIRS.values()), CATALOG)


def test_a_wrong_label_of_a_group_breaks_its_pair() -> None:
    """Codes 1640 and 1641 filed under each other's names, as they once were: two facts are broken, and both held."""
    changes = {"health": [0.004, 0.006, 0.005, 0.007] * 6, "communication": [0.001, -0.002, 0.000, 0.001] * 6}
    swapped = {"health": changes["communication"], "communication": changes["health"]}
    first = dt.date(2023, 1, 1)
    points = pl.concat(
        [monthly(f"observation.value:ibge_ipca_{name}_mom", values, first) for name, values in changes.items()]
        + [monthly(f"observation.value:ipca_{name}_mom", values, first) for name, values in swapped.items()]
    )
    day = points["obs_date"].max()
    assert isinstance(day, dt.date)
    pairs = [PAIRS["ipca_health"], PAIRS["ipca_communication"]]
    found = compare_series(points, NOTHING, pairs, CATALOG, day + dt.timedelta(days=40))
    assert found["state"].to_list() == ["broken", "broken"]
    assert {one[0] for one in losers(points, day)}


def test_every_pair_names_what_its_tolerance_rests_on() -> None:
    words = [(pair.id, pair.reason, pair.source) for pair in PAIRS.values()]
    words += [(pair.id, pair.reason, pair.source) for pair in load_curve_pairs()]
    for name, reason, source in words:
        assert len(reason) >= len("As dgs1mo."), name
        assert source.partition(":")[0].split()[0] in ("measured", "construction", "arithmetic", "the"), name
    units = {pair.id: (CATALOG.series[pair.left].unit, CATALOG.series[pair.right].unit) for pair in PAIRS.values()
             if pair.left in CATALOG.series and pair.right in CATALOG.series}  # fmt: skip
    turned = {name for name, (left, right) in units.items() if left != right}
    assert turned == {
        "cdi_daily_annual", "cdi_month", "copper_month", "ipca_12m_chained", "selic_month",
    }, "a unit that differs is turned"  # fmt: skip
