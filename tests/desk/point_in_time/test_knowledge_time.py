"""Knowledge times of fetched numbers. Decisions are at 09:00 UTC (06:00 in São Paulo)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.catalog import Catalog
from desk.model import OBSERVATION, SETTLEMENT, UTC, Dataset, PublicationRule, Series, SourceSpec, decision_time
from desk.point_in_time.knowledge_time import (
    EVERY_SERIES,
    NO_FETCHES,
    SAME_INSTANT,
    FetchContext,
    assign_knowledge_times,
)

# Numbers of a day come out at 09:00 São Paulo (12:00 UTC) on the next weekday; the lazy series a day later.
RULES = {
    "next_day": PublicationRule("next_day", "weekdays", dt.time(9), "America/Sao_Paulo", lag_bd=1),
    "two_days": PublicationRule("two_days", "weekdays", dt.time(9), "America/Sao_Paulo", lag_bd=2),
}
DATASET = Dataset("d", "s", "D", ("observation",), "weekdays", "next_day", 2, 10, 100, 100)


def series(name: str, rule: str) -> Series:
    return Series(name, "s", "d", name, name, "x", "D", rule, Decimal(1))


CATALOG = Catalog(
    sources={"s": SourceSpec("s", "S", {}, 1, 1, 1, 1)},
    datasets={"d": DATASET},
    series={"x": series("x", "next_day"), "lazy": series("lazy", "two_days")},
    rules=RULES,
)
MON, TUE, WED, THU, FRI = (dt.date(2026, 1, day) for day in range(5, 10))
TUE_NOON = dt.datetime(2026, 1, 6, 12, 0, tzinfo=UTC)  # when the rule makes Monday's number public
WED_0600 = decision_time(WED)


def parsed(*rows: tuple[str, dt.date, float], known: dt.datetime | None = None) -> pl.DataFrame:
    full = [(name, day, known, value, 7) for name, day, value in rows]
    return pl.DataFrame(full, schema={**OBSERVATION.parsed_schema, "payload_id": pl.Int64()}, orient="row")


def stored(*rows: tuple[str, dt.date, dt.datetime, float | None]) -> pl.DataFrame:
    return pl.DataFrame([(*row, "rule", 1) for row in rows], schema=OBSERVATION.stored_schema, orient="row")


def fetches(*rows: tuple[dt.date, dt.date, dt.datetime], subject: str = EVERY_SERIES) -> pl.DataFrame:
    return pl.DataFrame([(subject, *row) for row in rows], schema=NO_FETCHES.schema, orient="row")


def timed(rows: pl.DataFrame, existing: pl.DataFrame | None = None, **how: object) -> list[tuple[object, ...]]:
    facts = {"fetched_at": WED_0600 + dt.timedelta(minutes=1), "as_of": WED_0600, **how}
    context = FetchContext(**facts)  # type: ignore[arg-type]
    existing = stored() if existing is None else existing
    out = assign_knowledge_times(OBSERVATION, rows, DATASET, CATALOG, existing, context)
    assert out.schema == pl.Schema(OBSERVATION.stored_schema)
    return out.select("series_id", "obs_date", "knowledge_time", "value", "stamp").rows()


def test_a_new_number_is_known_from_its_series_rule() -> None:
    rows = parsed(("x", MON, 1.0), ("lazy", dt.date(2026, 1, 2), 2.0))
    assert timed(rows) == [
        ("lazy", dt.date(2026, 1, 2), TUE_NOON, 2.0, "rule"),
        ("x", MON, TUE_NOON, 1.0, "rule"),
    ]


def test_a_row_without_a_series_is_known_by_its_datasets_rule() -> None:
    row = pl.DataFrame(
        [("DI1F28", MON, None, 1.0, 0.13, None, None, 7)],
        schema={**SETTLEMENT.parsed_schema, "payload_id": pl.Int64()}, orient="row",
    )  # fmt: skip
    none = pl.DataFrame(schema=SETTLEMENT.stored_schema)
    out = assign_knowledge_times(SETTLEMENT, row, DATASET, CATALOG, none, FetchContext(WED_0600, WED_0600))
    assert out.select("knowledge_time", "stamp").rows() == [(TUE_NOON, "rule")]


def test_the_sources_own_vintage_is_kept() -> None:
    vintage = dt.datetime(2026, 1, 6, 13, 30, tzinfo=UTC)
    assert timed(parsed(("x", MON, 1.0), known=vintage)) == [("x", MON, vintage, 1.0, "source")]


def test_an_equal_number_is_dropped_and_a_different_one_is_a_revision() -> None:
    earlier = stored(("x", MON, TUE_NOON, 1.0))
    assert timed(parsed(("x", MON, 1.0)), earlier) == []
    assert timed(parsed(("x", MON, 1.1)), earlier) == [("x", MON, WED_0600, 1.1, "sight")]


def test_a_number_back_at_its_first_value_is_a_revision_too() -> None:
    earlier = stored(("x", MON, TUE_NOON, 1.0), ("x", MON, TUE_NOON + dt.timedelta(hours=1), 1.1))
    assert timed(parsed(("x", MON, 1.0)), earlier) == [("x", MON, WED_0600, 1.0, "sight")]


def test_a_number_that_becomes_null_or_stops_being_null_is_a_revision() -> None:
    assert timed(parsed(("x", MON, 1.0)), stored(("x", MON, TUE_NOON, None)))[0][4] == "sight"


def test_a_number_before_its_rules_time_is_known_from_its_first_fetch() -> None:
    """The rule says Wednesday 12:00 UTC for Tuesday's number; the 06:00 run fetches it at 06:01."""
    assert timed(parsed(("x", TUE, 1.0))) == [("x", TUE, WED_0600, 1.0, "sight")]


def test_a_number_fetched_in_the_instant_of_its_rule_is_known_by_it() -> None:
    assert timed(parsed(("x", MON, 1.0)), fetched_at=TUE_NOON) == [("x", MON, TUE_NOON, 1.0, "rule")]


def test_a_late_number_is_known_from_its_first_fetch() -> None:
    """A fetch after the rule's time did not return Monday's number."""
    earlier_fetches = fetches((dt.date(2026, 1, 1), WED, TUE_NOON + dt.timedelta(hours=1)))
    assert timed(parsed(("x", MON, 1.0)), fetches=earlier_fetches, stored={"x"}) == [("x", MON, WED_0600, 1.0, "sight")]


def test_a_fetch_of_the_one_day_covers_it() -> None:
    that_day = fetches((MON, MON, TUE_NOON + dt.timedelta(hours=1)))
    assert timed(parsed(("x", MON, 1.0)), fetches=that_day, stored={"x"}) == [("x", MON, WED_0600, 1.0, "sight")]


def test_a_look_at_the_series_itself_makes_its_number_late_and_no_other() -> None:
    own = fetches((dt.date(2026, 1, 1), WED, TUE_NOON + dt.timedelta(hours=1)), subject="x")
    rows = parsed(("x", MON, 1.0), ("lazy", dt.date(2026, 1, 2), 2.0))
    assert timed(rows, fetches=own, stored={"x", "lazy"}) == [
        ("lazy", dt.date(2026, 1, 2), TUE_NOON, 2.0, "rule"),
        ("x", MON, WED_0600, 1.0, "sight"),
    ]


@pytest.mark.parametrize(
    ("earlier_fetches", "known_ids", "why"),
    [
        (fetches((dt.date(2026, 1, 1), WED, TUE_NOON - dt.timedelta(hours=1))), {"x"}, "fetched before it was due"),
        (fetches((TUE, WED, WED_0600)), {"x"}, "other days were fetched: history loaded later"),
        (fetches((dt.date(2026, 1, 1), WED, WED_0600)), {"lazy"}, "the series is new"),
        (fetches((dt.date(2026, 1, 1), dt.date(2026, 1, 2), WED_0600)), {"x"}, "earlier days were fetched"),
        (fetches((dt.date(2026, 1, 1), WED, TUE_NOON)), {"x"}, "fetched in the instant in which it was due"),
        (NO_FETCHES, {"x"}, "never fetched"),
        (fetches((dt.date(2026, 1, 1), WED, WED_0600), subject="lazy"), {"x"}, "another series was fetched"),
    ],
)
def test_a_number_that_is_only_new_to_us_is_known_by_its_rule(
    earlier_fetches: pl.DataFrame, known_ids: set[str], why: str
) -> None:
    rows = timed(parsed(("x", MON, 1.0)), fetches=earlier_fetches, stored=known_ids)
    assert rows == [("x", MON, TUE_NOON, 1.0, "rule")], why


@pytest.mark.parametrize(
    ("delay", "first_seen_at"),
    [
        (dt.timedelta(0), WED_0600),
        (dt.timedelta(minutes=15), WED_0600),
        (dt.timedelta(minutes=15, microseconds=1), WED_0600 + dt.timedelta(minutes=15, microseconds=1)),
        (dt.timedelta(microseconds=-1), WED_0600 - dt.timedelta(microseconds=1)),
        (dt.timedelta(days=400), WED_0600 + dt.timedelta(days=400)),
    ],
)
def test_a_number_within_the_grace_is_known_at_the_decision(delay: dt.timedelta, first_seen_at: dt.datetime) -> None:
    earlier = stored(("x", MON, dt.datetime(2026, 1, 1, tzinfo=UTC), 1.0))
    rows = timed(parsed(("x", MON, 1.1)), earlier, fetched_at=WED_0600 + delay)
    assert rows == [("x", MON, first_seen_at, 1.1, "sight")]


def test_two_fetches_within_one_grace_do_not_share_a_time() -> None:
    """A second run five minutes later returns another value: the first keeps its time, the new one is later."""
    earlier = stored(("x", MON, WED_0600, 1.0))
    again = WED_0600 + dt.timedelta(minutes=5)
    assert timed(parsed(("x", MON, 1.1)), earlier, fetched_at=again) == [("x", MON, again, 1.1, "sight")]


def test_a_fetch_is_not_compared_with_rows_known_later() -> None:
    """A run for an earlier day over a clock set back: Friday's revision is not Wednesday's number."""
    earlier = stored(("x", MON, dt.datetime(2026, 1, 9, 12, tzinfo=UTC), 1.1))
    assert timed(parsed(("x", MON, 1.0)), earlier) == [("x", MON, TUE_NOON, 1.0, "rule")]


def test_a_row_written_in_the_instant_of_the_fetch_is_compared() -> None:
    fetched = WED_0600 + dt.timedelta(minutes=1)
    assert timed(parsed(("x", MON, 1.0)), stored(("x", MON, fetched + SAME_INSTANT, 1.0))) == []


def test_an_imported_row_without_a_series_is_known_by_its_datasets_rule() -> None:
    row = pl.DataFrame(
        [("DI1F28", MON, None, 1.0, 0.13, None, None, 7)],
        schema={**SETTLEMENT.parsed_schema, "payload_id": pl.Int64()}, orient="row",
    )  # fmt: skip
    none = pl.DataFrame(schema=SETTLEMENT.stored_schema)
    context = FetchContext(WED_0600, WED_0600, imported=True)
    out = assign_knowledge_times(SETTLEMENT, row, DATASET, CATALOG, none, context)
    assert out.select("knowledge_time", "stamp").rows() == [(TUE_NOON, "imported")]


def test_imported_rows_fill_holes_only_and_are_known_by_their_rule() -> None:
    earlier = stored(("x", MON, TUE_NOON, 1.0))
    rows = timed(parsed(("x", MON, 9.0), ("x", TUE, 2.0)), earlier, imported=True, stored={"x"})
    assert rows == [("x", TUE, TUE_NOON + dt.timedelta(days=1), 2.0, "imported")]


def test_the_last_of_two_values_of_one_point_in_a_payload_counts() -> None:
    assert timed(parsed(("x", MON, 1.0), ("x", MON, 2.0))) == [("x", MON, TUE_NOON, 2.0, "rule")]
    vintage = dt.datetime(2026, 1, 6, 13, 30, tzinfo=UTC)
    twice = parsed(("x", MON, 1.0), ("x", MON, 2.0), known=vintage)
    assert timed(twice) == [("x", MON, vintage, 2.0, "source")]


def test_no_row_gives_no_row() -> None:
    assert timed(parsed()) == []


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["x", "lazy"]), st.sampled_from([MON, TUE, WED]), st.sampled_from([1.0, 2.0, -0.5]),
            st.integers(0, 6 * 24 * 60),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_the_same_payload_again_adds_nothing_and_the_past_never_changes(
    seen: list[tuple[str, dt.date, float, int]],
) -> None:
    """Any sequence of fetches in time order: a repeat adds no row, no key comes twice, and no new row is known before
    one that is stored."""
    earlier = stored()
    for name, day, value, minutes in sorted(seen, key=lambda item: item[3]):
        fetched_at = dt.datetime(2026, 1, 5, 9, tzinfo=UTC) + dt.timedelta(minutes=minutes)
        facts = FetchContext(fetched_at, fetched_at, fetches=fetches((MON, FRI, fetched_at - dt.timedelta(hours=1))))
        new = assign_knowledge_times(OBSERVATION, parsed((name, day, value)), DATASET, CATALOG, earlier, facts)
        before = earlier.filter(pl.col("series_id") == name, pl.col("obs_date") == day)
        if not new.is_empty() and not before.is_empty():
            assert new["knowledge_time"][0] > before["knowledge_time"].max()
        earlier = pl.concat([earlier, new])
        assert assign_knowledge_times(
            OBSERVATION, parsed((name, day, value)), DATASET, CATALOG, earlier, facts
        ).is_empty()
    assert not earlier.select(OBSERVATION.key).is_duplicated().any()
