"""A book that goes on from a stored day keeps the marks it was made at; one of an older release changes its source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from desk.model import decision_time
from desk.portfolio.book_state_json import from_json, to_json
from desk.portfolio.contracts import valuation_day
from desk.portfolio.portfolio_pass import continue_book
from tests.desk.portfolio.panels import FREE, LONE, views_of
from tests.desk.portfolio.settlements import (
    COUNT,
    DAYS,
    FLAT,
    HELD,
    IDS,
    NAMES,
    VALUES,
    between,
    book,
    cdi_growth,
    inputs,
    prices_of,
    settled,
)


def without_marks(state: str) -> str:
    """The state as a release stored it that marked at the curve."""
    read = json.loads(state)
    for row in read["levels"].values():
        del row["marks"]
    return json.dumps(read)


def continued(state: str, frame: pl.DataFrame, values: pl.DataFrame = VALUES) -> Mapping[str, pl.DataFrame]:
    views = views_of(values, {name: np.full(COUNT, side) for name, side in HELD.items()})
    start = from_json(state, IDS, NAMES)
    return continue_book(values, views, LONE, FREE, start, DAYS[-8:], inputs(frame)).frames


def test_a_continued_book_books_the_same_and_keeps_the_marks_it_was_made_at() -> None:
    whole, upto = book(settled()), DAYS[-4]
    state = to_json(book(settled(), until=upto).states[upto], IDS, NAMES)
    later = pl.col("as_of") > decision_time(upto)
    after = continued(state, settled())
    for name in ("pnl_attribution", "pnl_by_factor", "pnl_by_strategy", "portfolio_state", "target_position"):
        expected = whole.frames[name].filter(later)
        numbers = [column for column, kind in expected.schema.items() if kind == pl.Float64]
        assert after[name].drop(numbers).equals(expected.drop(numbers)), name
        for column in numbers:
            np.testing.assert_allclose(after[name][column], expected[column], atol=1e-6, err_msg=f"{name}.{column}")
    # A settlement that is corrected after its day was decided: what the day was marked at stays.
    wrong = pl.when(pl.col("day") == upto).then(10.0).otherwise(0.0)
    corrected = settled().with_columns(price=pl.col("price") + wrong)
    assert continued(state, corrected)["portfolio_state"].equals(after["portfolio_state"])


def test_a_state_of_a_release_that_marked_at_the_curve_books_the_difference_as_a_change_of_source() -> None:
    upto, after = DAYS[-4], DAYS[-3]
    run = book(settled().clear(), FLAT, until=upto)
    old = without_marks(to_json(run.states[upto], IDS, NAMES))
    found = continued(old, settled(), FLAT)["pnl_attribution"].filter(
        as_of=decision_time(after), instrument_id="DI1_2Y"
    )
    held = run.frames["target_position"].filter(as_of=decision_time(upto), instrument_id="DI1_2Y").row(0, named=True)
    assert held["contracts"] != 0
    then, now = (
        Decimal(100_000) / Decimal("1.13") ** (Decimal(between(valuation_day(day), held["maturity"])) / 252)
        for day in (upto, after)
    )
    # The new source has the session of the last mark: it says what the market did, and the rest is the change.
    own = {day: Decimal(str(prices_of(settled())[day, held["contract_id"]][0])) for day in (upto, after)}
    growth = cdi_growth(upto, after)
    row = found.row(0, named=True)
    assert row["price_pnl_brl"] + row["carry_pnl_brl"] == pytest.approx(
        float((own[after] - own[upto] * growth) * held["contracts"]), abs=0.011
    )
    assert row["source_pnl_brl"] == pytest.approx(float((own[upto] - then) * growth * held["contracts"]), abs=0.021)
    assert now > then
