"""The spot that B3's index future implies, and Ibovespa resting on it where Yahoo is silent."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import calendars
from desk.catalog import load_catalog
from desk.model import SILVER, decision_time
from desk.point_in_time.as_of_grid import Grid
from desk.transforms.curves import flat_forward
from desk.transforms.index_future import VERTICES, expiry_of, implied_spot
from desk.transforms.input_receipts import input_receipts
from desk.transforms.panel import Panel, build_panel
from tests.reports.elements.test_origins import DAYS, SILENT_SINCE, silver, without

DAY = dt.date(2026, 11, 18)
GRID = Grid.of([DAY + dt.timedelta(days=1)])


def settlements(*rows: tuple[str, dt.date, float]) -> pl.DataFrame:
    schema = SILVER["settlement"].stored_schema
    known = {
        "contract_id": [one[0] for one in rows],
        "obs_date": [one[1] for one in rows],
        "price": [one[2] for one in rows],
        "knowledge_time": [decision_time(one[1]) + dt.timedelta(hours=13) for one in rows],
        "payload_id": list(range(1, len(rows) + 1)),
    }
    blank = {name: [None] * len(rows) for name in schema if name not in known}
    return pl.DataFrame({**known, **blank}, schema_overrides=schema).select(list(schema))


# Published by B3: last trading days of IND.
@pytest.mark.parametrize(
    ("contract", "day"),
    [("INDZ23", "2023-12-13"), ("INDG24", "2024-02-14"), ("INDJ25", "2025-04-16"), ("INDM25", "2025-06-18")],
)
def test_it_expires_on_the_wednesday_nearest_the_fifteenth(contract: str, day: str) -> None:
    assert str(expiry_of(contract)) == day


@given(rate=st.floats(0.02, 0.30), spot=st.floats(20_000.0, 400_000.0))
def test_it_is_the_inverse_of_the_contract_s_price(rate: float, spot: float) -> None:
    days = np.busday_count(np.datetime64(DAY), np.datetime64("2026-12-16"), holidays=["2026-11-20", "2026-12-25"])
    price = spot * (1.0 + rate) ** (float(days) / 252.0)
    found = implied_spot(settlements(("INDZ26", DAY, price)), GRID, np.full((1, len(VERTICES)), rate))
    assert found.values[0] == pytest.approx(spot, rel=1e-12)
    assert found.obs_dates[0] == np.datetime64(DAY)
    assert found.payload_ids[0] == 1


def test_the_shortest_contract_of_the_newest_session_speaks() -> None:
    before = DAY - dt.timedelta(days=1)
    rows = (("INDG27", DAY, 2e5), ("INDZ26", before, 1e5), ("DI1F28", DAY, 9e4), ("INDG27", before, 3e5))
    found = implied_spot(settlements(*rows), GRID, np.zeros((1, len(VERTICES))))
    assert found.values[0] == 2e5  # December has no price in the newest file


@pytest.mark.parametrize(
    "rows", [(), (("INDZ26", DAY - dt.timedelta(days=12), 1e5),), (("INDZ26", DAY, 0.0),), (("INDZ26", DAY, None),)]
)
def test_what_is_old_or_has_no_price_is_unknown(rows: tuple[tuple[str, dt.date, float], ...]) -> None:
    assert np.isnan(implied_spot(settlements(*rows), GRID, np.zeros((1, len(VERTICES)))).values).all()


def test_without_the_curve_there_is_no_spot() -> None:
    found = implied_spot(settlements(("INDZ26", DAY, 1e5)), GRID, np.full((1, len(VERTICES)), np.nan))
    assert np.isnan(found.values[0])


def test_ibovespa_rests_on_the_exchange_where_yahoo_is_silent_and_on_yahoo_where_it_is_not() -> None:
    catalog, frames = load_catalog(), silver()
    bars = frames["price_bar"].filter(pl.col("instrument_id") == "ibovespa").sort("obs_date").tail(5)
    rows = settlements(*(("INDQ25", day, close * 1.02) for day, close in bars.select("obs_date", "close").iter_rows()))
    frames = {**frames, "settlement": pl.concat([frames["settlement"], rows])}
    whole = build_panel(frames, DAYS, catalog)
    silent = build_panel(without(frames, "ibovespa"), DAYS, catalog)
    assert origin_of(whole) == ("ibovespa",)
    assert origin_of(silent)[0] == "IND"
    assert "PRE" in origin_of(silent)
    session = silent.obs_dates["ibovespa"][-1]
    assert session == whole.obs_dates["ibovespa"][-1] > SILENT_SINCE
    days = calendars.anbima().count(session, expiry_of("INDQ25"))
    pre = np.array([[silent.array(f"pre_{bd}")[-1] for bd in VERTICES]])
    rate = flat_forward(VERTICES, pre, [days], flat_below=True)[0, 0]
    close = bars.filter(pl.col("obs_date") == session)["close"][0]
    assert silent.array("ibovespa")[-1] == pytest.approx(close * 1.02 / (1.0 + rate) ** (days / 252.0), rel=1e-12)
    as_of = decision_time(DAYS[-1])
    known = {name: frame.filter(pl.col("knowledge_time") <= as_of) for name, frame in frames.items()}
    receipt = input_receipts(known, catalog, as_of, {}).filter(input_id="IND")
    assert receipt.select("source", "obs_date").row(0) == ("b3_market_data", session)


def origin_of(panel: Panel) -> tuple[str, ...]:
    return panel.provenance.inputs[panel.provenance.columns["ibovespa"].inputs[-1]]
