"""Bond curves: a curve that is known, priced into bonds and taken back out; real ANBIMA bonds against B3 swaps."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.model import SILVER
from desk.point_in_time.publication_rules import publication_times
from desk.transforms.bonds import NTN_F
from desk.transforms.bootstrap import bootstrap
from desk.transforms.cashflows import business_days, cash_flows
from desk.transforms.curves import flat_forward
from desk.transforms.panel import build_panel
from tests.desk.scalars import number

HISTORY = Path(os.environ.get("ALVORADA_REAL_HISTORY", Path(__file__).parents[4] / "shared" / "real-history"))
SETTLE = np.array(["2024-07-05", "2023-12-20"], dtype="datetime64[D]")


def ntnf_yield(settle: dt.date, maturity: dt.date, tenors: list[int], zeros: list[float], coupon: float) -> float:
    """Yield of a half-yearly bond priced on a zero curve, by a plain loop and bisection."""
    calendar, half = calendars.anbima(settle), np.sqrt(1 + coupon) - 1
    flows, month = [], maturity
    while month > settle:
        flows.append((calendar.count(settle, calendar.on_or_after(month)), half + (month == maturity)))
        month = dt.date(month.year - (month.month <= 6), (month.month - 7) % 12 + 1, month.day)
    price = sum(a * (1 + flat_forward(tenors, [zeros], [d], flat_below=True)[0, 0]) ** (-d / 252) for d, a in flows)
    low, high = 0.0, 1.0
    for _ in range(200):
        mid = (low + high) / 2
        low, high = (mid, high) if sum(a * (1 + mid) ** (-d / 252) for d, a in flows) > price else (low, mid)
    return low


def test_business_days_to_published_bonds_as_the_calendar_was_known() -> None:
    maturity = np.array([["2030-01-01", "NaT"], ["2030-01-01", "2025-01-01"]], dtype="datetime64[D]")
    days = business_days(SETTLE, maturity)
    assert days[0, 0] == 1374  # ANBIMA, LTN 01-01-2030 on 05-07-2024
    assert np.isnan(days[0, 1])
    old = calendars.anbima(dt.date(2023, 12, 20))
    assert days[1, 1] == old.count(dt.date(2023, 12, 20), dt.date(2025, 1, 2))


def test_zero_bonds_are_their_own_nodes() -> None:
    maturity = np.array([["2025-01-01", "2027-01-01"]], dtype="datetime64[D]")
    tenors, zeros = bootstrap(SETTLE[:1], maturity, np.array([[0.105, 0.115]]), np.zeros((1, 2)))
    np.testing.assert_allclose(zeros, [[0.105, 0.115]], atol=1e-12)
    assert tenors.shape == (1, 2)


def test_a_flat_curve_stays_flat_through_coupons() -> None:
    maturity = np.array([["2026-01-01", "2029-01-01", "2031-01-01", "2035-01-01"]], dtype="datetime64[D]")
    _, zeros = bootstrap(SETTLE[:1], maturity, np.full((1, 4), 0.12), np.array([[0.0, 0.10, 0.10, 0.10]]))
    np.testing.assert_allclose(zeros, 0.12, atol=1e-12)


@pytest.mark.parametrize("coupon", [0.10, 0.06])
def test_a_known_curve_comes_back_from_its_bonds(coupon: float) -> None:
    settle = dt.date(2024, 7, 5)
    maturities = [dt.date(2026, 1, 1), dt.date(2027, 1, 1), dt.date(2029, 1, 1), dt.date(2033, 1, 1)]
    dates = np.array([maturities], dtype="datetime64[D]")
    tenors = business_days(np.array([settle], dtype="datetime64[D]"), dates)[0].astype(int).tolist()
    truth = [0.104, 0.112, 0.121, 0.118]
    yields = [truth[0], *(ntnf_yield(settle, m, tenors, truth, coupon) for m in maturities[1:])]
    coupons = np.array([[0.0, coupon, coupon, coupon]])
    found, zeros = bootstrap(np.array([settle], dtype="datetime64[D]"), dates, np.array([yields]), coupons)
    np.testing.assert_allclose(zeros[0], truth, atol=1e-9)
    assert found[0].tolist() == tenors


def test_an_absent_bond_or_a_second_one_of_the_same_day_adds_no_node() -> None:
    maturity = np.array([["2027-01-01", "2027-01-01", "2029-01-01"]] * 2, dtype="datetime64[D]")
    yields = np.array([[0.11, 0.30, 0.12], [np.nan, 0.11, 0.12]])
    coupons = np.array([[0.0, 0.10, 0.10]] * 2)
    tenors, zeros = bootstrap(SETTLE, maturity, yields, coupons)
    assert np.isnan(zeros[0, 1])
    assert np.isnan(tenors[0, 1])
    assert zeros[0, 0] == pytest.approx(0.11)
    assert np.isnan(zeros[1, 0])
    assert zeros[1, 1] == pytest.approx(0.11, abs=2e-3)  # a first coupon bond alone gives a flat curve at its yield


def bond_settlements() -> pl.DataFrame:
    bonds = pl.read_parquet(HISTORY / "anbima" / "anbima_tpf_2007_2025.parquet")
    obs = bonds["ReferenceDate"].cast(pl.Date)
    rule = load_catalog().rules["anbima_bonds"]
    name = pl.concat_str(
        pl.lit("ANBIMA:"), "BondType", pl.lit("_"), pl.col("MaturityDate").cast(pl.Date).cast(pl.String)
    )
    rows = bonds.select(
        name.alias("contract_id"),
        obs.alias("obs_date"),
        publication_times(rule, obs).alias("knowledge_time"),
        pl.col("Price").alias("price"),
        pl.col("IndicativeRate").alias("rate"),
        pl.lit(None, dtype=pl.Float64).alias("open_interest"),
        pl.lit(None, dtype=pl.Float64).alias("volume"),
    )
    return rows.filter(pl.col("contract_id").str.contains(":(LTN|NTN-F|NTN-B)_")).select(
        list(SILVER["settlement"].parsed_schema)
    )


@pytest.mark.real
@pytest.mark.skipif(not HISTORY.is_dir(), reason=f"no real history at {HISTORY}; set ALVORADA_REAL_HISTORY")
def test_real_bond_curves_agree_with_b3_swaps_and_known_days() -> None:
    days = calendars.b3().days(dt.date(2010, 1, 5), dt.date(2025, 4, 3))
    panel = build_panel({"settlement": bond_settlements()}, days, load_catalog())
    assert set(panel.provenance.names("pre_252")) == {"ANBIMA:LTN+NTN-F"}
    swaps = pl.read_csv(HISTORY / "tidy_by_us" / "swap_pre_di_vertices_1994_2020.csv.gz", try_parse_dates=True)
    both = (
        panel.values.select(panel.obs_dates["pre_252"].alias("date"), "pre_252", "pre_504")
        .join(swaps, on="date")
        .filter(pl.col("date") < dt.date(2020, 1, 1))
    )
    gap = (both["pre_252"] - both["Pré x DI|360 dias"] / 100).drop_nulls() * 1e4
    assert len(gap) > 2000
    assert abs(number(gap.median())) < 10  # LTN pay about 3 bp over DI at one year
    assert number(gap.abs().quantile(0.99)) < 40
    row = {day: panel.values.row(days.index(day), named=True) for day in (dt.date(2017, 5, 18), dt.date(2017, 5, 19))}
    jump = row[dt.date(2017, 5, 19)]["pre_1260"] - row[dt.date(2017, 5, 18)]["pre_1260"]
    assert 0.012 < jump < 0.022  # the 18th of May 2017, known the morning after
    # March 2020: five-year NTN-B above 4%, a ten-year breakeven near 4.9%
    march = panel.values.row(days.index(dt.date(2020, 3, 19)), named=True)
    assert 0.035 < march["real_1260"] < 0.045
    assert 0.045 < march["breakeven_2520"] < 0.053


@pytest.mark.real
@pytest.mark.skipif(not HISTORY.is_dir(), reason=f"no real history at {HISTORY}; set ALVORADA_REAL_HISTORY")
@pytest.mark.parametrize("day", ["2020-03-18", "2023-12-22", "2025-04-02"])
def test_a_bootstrapped_curve_gives_back_the_published_prices(day: str) -> None:
    """The circle: yields to zeros by bootstrap, ANBIMA's flows discounted on the zeros, against ANBIMA's own PU."""
    bonds = pl.read_parquet(HISTORY / "anbima" / "anbima_tpf_2007_2025.parquet").filter(
        pl.col("BondType").is_in(["LTN", "NTN-F"]), pl.col("ReferenceDate").cast(pl.Date) == dt.date.fromisoformat(day)
    )
    bonds = bonds.sort("MaturityDate", "BondType").unique("MaturityDate", keep="first", maintain_order=True)
    settle, maturity = np.array([day], dtype="datetime64[D]"), bonds["MaturityDate"].to_numpy().astype("datetime64[D]")
    pays = (bonds["BondType"] == "NTN-F").to_numpy()
    tenors, zeros = bootstrap(
        settle, maturity[None, :], bonds["IndicativeRate"].to_numpy()[None, :], 0.10 * pays[None, :]
    )
    assert np.isfinite(zeros).all()
    flows = cash_flows(np.repeat(settle, len(bonds)), maturity, np.where(pays, NTN_F.coupon, 0.0), 1000.0)
    at = np.nan_to_num(flows.days, nan=1.0)
    flow_rates = np.stack([flat_forward(tenors, zeros, row[None, :], flat_below=True)[0] for row in at])
    worth = (flows.amounts * (1 + flow_rates) ** (-at / 252)).sum(axis=1)
    assert pays.sum() >= 3
    np.testing.assert_allclose(worth, bonds["Price"].to_numpy(), atol=5e-5)
