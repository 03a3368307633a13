"""Which number should be there: no alarm on days that the source itself leaves out, and one at the hour of the next."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import polars as pl
import pytest

from alvorada.cli.first_morning import one_query
from alvorada.cli.first_morning_hours import known_at, next_day, overdue
from desk.catalog import load_catalog
from desk.model import UTC, Window
from sandbox.silver import behind
from sandbox.world import SimulatedWorld
from tasks.connectors import CONNECTORS
from tasks.connectors.exchange import Query, SourceConfig

CATALOG = load_catalog()
D = dt.date
LONG = Window(D(2000, 1, 1), D(2030, 1, 1))


@pytest.fixture(scope="module")
def world() -> SimulatedWorld:
    return SimulatedWorld(7, CATALOG)


def query_of(series: str) -> Query:
    one = CATALOG.series[series]
    return Query(CATALOG.datasets[one.dataset], (one,), LONG)


@pytest.mark.parametrize(
    ("series", "last", "following", "due"),
    [
        # Reports of the CFTC as of a Monday, before a Tuesday that was a holiday: the next is as of a Tuesday.
        ("cot_brl_oi", D(2023, 7, 3), D(2023, 7, 11), D(2023, 7, 14)),
        ("cot_brl_oi", D(2025, 11, 10), D(2025, 11, 18), D(2025, 12, 16)),
        ("cot_brl_oi", D(2026, 11, 3), D(2026, 11, 10), D(2026, 11, 16)),
        # Days without a number in a week that came whole: London's bank holiday of 31 August 2015 for Brent, the storm
        # of 2 March 2018 for H.10.
        ("eia_brent", D(2015, 8, 28), D(2015, 9, 1), D(2015, 9, 10)),
        ("h10_dollar_broad", D(2018, 3, 1), D(2018, 3, 5), D(2018, 3, 12)),
        # EFFR keeps the Fed's days, its dataset the bond market's: 24 December 2019 was a holiday of federal offices.
        ("nyfed_effr", D(2019, 12, 23), D(2019, 12, 26), D(2019, 12, 27)),
        ("bls_cpi", D(2025, 9, 1), D(2025, 10, 1), D(2025, 12, 18)),
        ("h41_fed_assets", D(2026, 11, 18), D(2026, 11, 25), D(2026, 11, 27)),
    ],
)
def test_the_next_number_is_the_next_that_its_source_publishes(
    series: str, last: dt.date, following: dt.date, due: dt.date
) -> None:
    query = query_of(series)
    assert next_day(CATALOG, query, last) == following
    at = known_at(CATALOG, query, following)
    assert (at - dt.timedelta(hours=4)).date() <= due <= at.date()
    assert overdue(CATALOG, query, last, at - dt.timedelta(minutes=1)) is None
    assert overdue(CATALOG, query, last, at) == (following, at)


def test_a_year_file_s_newest_query_is_of_this_year() -> None:
    """On 8 January the Treasury's window of twelve days has two files, and the older one ends on 31 December."""
    dataset = CATALOG.datasets["treasury_nominal"]
    connector = CONNECTORS["treasury_gov"](SourceConfig.from_spec(CATALOG.sources["treasury_gov"]))
    query = one_query(CATALOG, connector, dataset, dt.datetime(2027, 1, 8, 10, tzinfo=UTC))
    assert query.window == Window(D(2027, 1, 1), D(2027, 1, 7))


@pytest.mark.parametrize("dataset", sorted(name for name, one in CATALOG.datasets.items() if CATALOG.series_of(name)))
def test_a_source_that_keeps_its_hours_is_never_overdue(dataset: str, world: SimulatedWorld) -> None:
    """Numbers of the sandbox's last year, each out exactly by its rule: the one expected next is never due before
    the one that comes."""
    series = CATALOG.series_of(dataset)[0]
    if series.source in ("yahoo_finance", "cftc_cot"):
        pytest.skip("prices and positions are simulated by market; the CFTC's days are in the cases above")
    query = query_of(series.id)
    released = world.published(behind(series), dt.datetime(2026, 11, 20, tzinfo=UTC)).released
    days = [day for day in pl.Series(released.days).cast(pl.Date).unique().sort().to_list() if day.year >= 2026]
    assert len(days) > 2
    wrong = []
    for last, real in pairwise(days):
        expected = next_day(CATALOG, query, last)
        assert expected is not None
        if expected < real and known_at(CATALOG, query, expected) < known_at(CATALOG, query, real):
            wrong.append((last, expected, real))
    assert wrong == []
