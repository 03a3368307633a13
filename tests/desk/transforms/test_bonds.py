"""Government bonds against ANBIMA's published prices: single ones to the last digit, and eighteen years of them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk import calendars
from desk.arrays import FloatArray
from desk.calendars import Days
from desk.errors import BadInput
from desk.transforms.bonds import (
    LFT,
    LTN,
    NTN_B,
    NTN_F,
    Bond,
    dv01,
    modified_duration,
    price,
    pu_from_vna,
    rate_from_price,
    vna,
)
from desk.transforms.cashflows import cash_flows, coupon_dates, present_values

HISTORY = Path(os.environ.get("ALVORADA_REAL_HISTORY", Path(__file__).parents[4] / "shared" / "real-history"))
BONDS = (LTN, NTN_F, NTN_B, LFT)


def days(*values: str) -> Days:
    return np.array(values, dtype="datetime64[D]")


def one(bond: Bond, settle: str, maturity: str, rate: float) -> float:
    return float(price(bond, days(settle), days(maturity), [rate])[0])


@pytest.mark.parametrize(
    ("bond", "settle", "maturity", "rate", "published"),
    [
        (LTN, "2024-07-05", "2030-01-01", 0.12145, 535.279902),
        (NTN_F, "2024-07-05", "2035-01-01", 0.11921, 895.359254),
        (NTN_F, "2008-05-21", "2014-01-01", 0.1366, 903.075616),
        (NTN_B, "2024-05-31", "2035-05-15", 0.06149, 99.3651),
        (NTN_B, "2024-05-31", "2060-08-15", 0.061878, 99.5341),
        (NTN_B, "2024-08-15", "2032-08-15", 0.05929, 100.6409),
    ],
)
def test_published_prices(bond: Bond, settle: str, maturity: str, rate: float, published: float) -> None:
    assert one(bond, settle, maturity, rate) == published


def test_published_lft_quotation() -> None:
    assert one(LFT, "2024-07-24", "2030-09-01", 0.001717) / 100 == 0.989645


def test_published_ltn_dv01() -> None:
    """As published: the fall of the truncated PU for one basis point more."""
    settle, maturity = "2025-03-26", "2032-01-01"
    assert round(one(LTN, settle, maturity, 0.15097) - one(LTN, settle, maturity, 0.15107), 6) == 0.226906


def test_pu_is_vna_times_quotation() -> None:
    assert pu_from_vna([4299.160173, 4315.498383, np.nan], [99.3651, 100.6409, 99.0]).tolist()[:2] == [
        4271.864805,
        4343.156412,
    ]
    assert np.isnan(pu_from_vna([np.nan], [99.0])[0])


def test_vna_grows_with_the_month_s_inflation() -> None:
    """From the 15th of January 2024, 4,195 BRL, at 0.42% a month: 21 business days to the 15th of February."""
    both = vna([4195.0, 4195.0, 4195.0], [0.0042] * 3, days("2024-01-15", "2024-02-14", "2024-01-16"))
    assert both[0] == 4195.0
    assert both[2] == np.floor(4195 * 1.0042 ** (1 / 21) * 1e6) / 1e6
    assert 4211.7 < both[1] < 4195 * 1.0042


def test_coupon_dates_of_ntn_f_and_ntn_b() -> None:
    both = coupon_dates(days("2024-07-05", "2024-05-14"), days("2026-01-01", "2025-05-15"), np.array([True, True]))
    assert both[0, :3].astype(str).tolist() == ["2026-01-01", "2025-07-01", "2025-01-01"]
    assert np.isnat(both[0, 3:]).all()
    assert both[1, :3].astype(str).tolist() == ["2025-05-15", "2024-11-15", "2024-05-15"]


def test_a_coupon_paid_today_is_gone() -> None:
    flows = cash_flows(days("2024-11-15"), days("2025-05-15"), np.array([3.0]), 100.0)
    assert flows.amounts[0].tolist()[0] == 103.0
    assert (flows.amounts[0][1:] == 0.0).all()
    # a coupon due on Saturday 15 February 2025 is paid on Monday: the buyer of Friday the 14th receives it
    friday = cash_flows(days("2025-02-14"), days("2025-08-15"), np.array([3.0]), 100.0)
    assert friday.days[0].tolist() == [friday.days[0][0], 1.0]


def test_at_its_coupon_rate_a_bond_is_worth_its_face_on_a_coupon_day() -> None:
    """Up to business days per half-year, which are 124 to 127 and not 126."""
    assert one(NTN_F, "2024-07-01", "2035-01-01", 0.10) == pytest.approx(1000.0, abs=6.0)
    assert one(NTN_B, "2024-08-15", "2060-08-15", 0.06) == pytest.approx(100.0, abs=0.6)


TENORS = st.integers(min_value=40, max_value=30 * 365)
RATES = st.floats(min_value=-0.01, max_value=0.40)


def maturity_after(settle: np.datetime64, calendar_days: int, bond: Bond) -> np.datetime64:
    month = (settle + calendar_days).astype("datetime64[M]")
    maturity: np.datetime64 = month.astype("datetime64[D]") + (14 if bond.indexed else 0)
    return maturity


@settings(max_examples=60)
@given(st.sampled_from(BONDS), TENORS, RATES)
def test_rate_and_price_are_inverse_up_to_the_last_digit(bond: Bond, tenor: int, rate: float) -> None:
    settle = days("2024-07-05")
    maturity = np.array([maturity_after(settle[0], tenor, bond)])
    quoted = price(bond, settle, maturity, [rate])
    back = float(rate_from_price(bond, settle, maturity, quoted)[0])
    tick = 10.0**-bond.digits
    slack = tick / (float(quoted[0]) * float(modified_duration(bond, settle, maturity, [rate])[0]))
    assert back == pytest.approx(rate, abs=1.2 * slack + 1e-12)


@settings(max_examples=60)
@given(st.sampled_from(BONDS), TENORS, RATES, st.floats(min_value=0.0005, max_value=0.05))
def test_a_price_falls_when_its_rate_rises(bond: Bond, tenor: int, rate: float, rise: float) -> None:
    settle = days("2024-07-05")
    maturity = np.array([maturity_after(settle[0], tenor, bond)])
    assert float(price(bond, settle, maturity, [rate])[0]) > float(price(bond, settle, maturity, [rate + rise])[0])


@settings(max_examples=60)
@given(st.sampled_from(BONDS), TENORS, RATES)
def test_dv01_by_formula_equals_the_bump_and_is_positive(bond: Bond, tenor: int, rate: float) -> None:
    settle = days("2024-07-05")
    maturity = np.array([maturity_after(settle[0], tenor, bond)])
    formula = float(dv01(bond, settle, maturity, [rate])[0])
    assert formula > 0
    flows = cash_flows(settle, maturity, np.array([bond.coupon]), bond.face)
    below, above = (float(present_values(flows, np.array([rate + bump])).sum()) for bump in (-1e-5, 1e-5))
    assert (below - above) / 2e-5 * 1e-4 == pytest.approx(formula, rel=1e-6)


def test_a_zero_bond_s_duration_is_its_term() -> None:
    term = float(modified_duration(LTN, days("2024-07-05"), days("2030-01-01"), [0.12145])[0])
    assert term == pytest.approx(1374 / 252 / 1.12145, rel=1e-14)


def test_what_is_unknown_stays_unknown_and_disturbs_nobody() -> None:
    settle, maturity = days("2024-07-05", "2024-07-05", "NaT", "2024-07-05"), days("NaT", *["2035-01-01"] * 3)
    result = price(NTN_F, settle, maturity, [0.11, np.nan, 0.11, 0.11921])
    assert np.isnan(result[:3]).all()
    assert result[3] == 895.359254
    assert np.isnan(dv01(NTN_F, settle, maturity, [0.11, np.nan, 0.11, 0.11921])[:3]).all()
    assert np.isnan(rate_from_price(NTN_F, settle, maturity, [900.0, np.nan, 900.0, 895.359254])[:3]).all()


@pytest.mark.parametrize(
    ("settle", "maturity", "rate", "named"),
    [
        ("2024-07-05", "2024-07-05", 0.12, "LTN: maturity 2024-07-05 is not after settlement"),
        ("2024-07-05", "2020-01-01", 0.12, "LTN: maturity 2020-01-01 is not after settlement"),
        ("2024-07-05", "2030-01-01", np.inf, "LTN 2030-01-01: a rate of inf"),
        ("2024-07-05", "2030-01-01", -1.0, "LTN 2030-01-01: a rate of -1.0"),
    ],
)
def test_bad_input_is_named(settle: str, maturity: str, rate: float, named: str) -> None:
    with pytest.raises(BadInput, match=named):
        price(LTN, days(settle), days(maturity), [rate])


@pytest.mark.parametrize("quoted", [0.0, -5.0, np.inf])
def test_a_price_that_is_none_is_named(quoted: float) -> None:
    with pytest.raises(BadInput, match="is not a price"):
        rate_from_price(LTN, days("2024-07-05"), days("2030-01-01"), [quoted])


FOLDER = HISTORY / "anbima"


def daily_vna() -> pl.DataFrame:
    """Rows ReferenceDate, vna_du (the file's), and vna, ours from the month's base and inflation."""
    rows = pl.read_parquet(FOLDER / "vna_ntnb_daily_2004_2025.parquet").sort("reference_date")
    base = pl.read_csv(FOLDER / "vna_base_monthly_2000_2025.csv", schema_overrides={"reference_date": pl.Date})
    both = rows.with_columns(pl.col("reference_date").cast(pl.Date)).join_asof(base, on="reference_date")
    ours = vna(both["vna"].to_numpy(), both["inflation"].to_numpy() / 100, both["reference_date"].to_numpy())
    return both.select(
        pl.col("reference_date").alias("ReferenceDate"), "vna_du", pl.col("vna").alias("base"), pl.Series("vna", ours)
    )


def published(bond: Bond) -> pl.DataFrame:
    rows = pl.read_parquet(FOLDER / "anbima_tpf_2007_2025.parquet").filter(pl.col("BondType") == bond.name)
    day = pl.col("ReferenceDate").cast(pl.Date)
    return rows.with_columns(day).join(daily_vna(), on="ReferenceDate", how="left", maintain_order="left")


def repriced(bond: Bond, rows: pl.DataFrame) -> tuple[Days, Days, FloatArray, FloatArray]:
    settle = rows["ReferenceDate"].to_numpy().astype("datetime64[D]")
    maturity = rows["MaturityDate"].to_numpy().astype("datetime64[D]")
    quoted = price(bond, settle, maturity, rows["IndicativeRate"].to_numpy())
    return settle, maturity, quoted, pu_from_vna(rows["vna"].to_numpy(), quoted) if bond.indexed else quoted


@pytest.mark.real
@pytest.mark.skipif(not HISTORY.is_dir(), reason=f"no real history at {HISTORY}; set ALVORADA_REAL_HISTORY")
def test_twenty_years_of_daily_vna() -> None:
    """To the sixth decimal but on three coupon days, where the file is one unit below its own base."""
    rows = daily_vna()
    differs = rows.filter((pl.col("vna") - pl.col("vna_du")).abs() > 5e-7)
    assert (len(rows), len(differs)) == (5071, 3)
    assert (differs["vna"] == differs["base"]).all()


@pytest.mark.real
@pytest.mark.skipif(not HISTORY.is_dir(), reason=f"no real history at {HISTORY}; set ALVORADA_REAL_HISTORY")
@pytest.mark.parametrize(
    ("bond", "bonds", "priced", "matched"),
    [(LTN, 45_735, 14_496, 14_496), (NTN_F, 28_102, 7_277, 7_277), (NTN_B, 68_473, 18_980, 18_967)],
    ids=["LTN", "NTN-F", "NTN-B"],
)
def test_eighteen_years_of_published_bonds(bond: Bond, bonds: int, priced: int, matched: int) -> None:
    """142,310 bond days, priced at their published rates. 40,753 of them (2020 on) have a PU in the file, and it comes
    out to the sixth decimal but for the 13 NTN-B of one day, priced with the next day's projected inflation. The others
    have none to compare with: there the rate comes back from our price."""
    rows = published(bond)
    settle, maturity, quoted, pu = repriced(bond, rows)
    there = rows["Price"].to_numpy()
    known = np.isfinite(there)
    equal = np.rint(pu[known] * 1e6) == np.rint(there[known] * 1e6)
    assert (len(rows), int(known.sum()), int(equal.sum())) == (bonds, priced, matched)
    assert set(settle[known][~equal].astype(str)) <= {"2021-09-27"}
    rate = rows["IndicativeRate"].to_numpy()
    tick = 10.0**-bond.digits / (quoted * modified_duration(bond, settle, maturity, rate))
    back = rate_from_price(bond, settle, maturity, quoted)
    # one unit of the last digit of the price, and of each rounded flow
    assert int((np.abs(back - rate) <= 1.01 * tick).sum()) == bonds


@pytest.mark.real
@pytest.mark.skipif(not HISTORY.is_dir(), reason=f"no real history at {HISTORY}; set ALVORADA_REAL_HISTORY")
def test_today_s_calendar_would_misprice_every_seventh_ltn() -> None:
    """Why the calendar is the one known on the day: settle everything as if after the law."""
    rows = published(LTN).filter(pl.col("Price").is_not_null())
    maturity = rows["MaturityDate"].to_numpy().astype("datetime64[D]")
    settle = rows["ReferenceDate"].to_numpy().astype("datetime64[D]")
    count = calendars.anbima().count_array(settle, maturity)
    today = np.floor(1000 / (1 + rows["IndicativeRate"].to_numpy()) ** (count / 252) * 1e6)
    wrong = int((today != np.rint(rows["Price"].to_numpy() * 1e6)).sum())
    assert wrong == 2192  # of 14,496: 15%


@pytest.mark.real
@pytest.mark.skipif(not HISTORY.is_dir(), reason=f"no real history at {HISTORY}; set ALVORADA_REAL_HISTORY")
def test_the_lft_of_a_day_share_one_vna() -> None:
    """No file holds the LFT's VNA; but some one of six decimals must give all of a day's published PU, and it does."""
    rows = published(LFT).filter(pl.col("Price").is_not_null())
    settle, _, quoted, _ = repriced(LFT, rows)
    pu = rows["Price"].to_numpy()
    least = pl.DataFrame({"day": settle, "least": np.ceil(np.round(pu * 1e8 / quoted, 4)) / 1e6})
    shared = least.with_columns(pl.col("least").max().over("day"))["least"].to_numpy()
    equal = np.rint(pu_from_vna(shared, quoted) * 1e6) == np.rint(pu * 1e6)
    assert (len(rows), int(equal.sum()), least["day"].n_unique()) == (16_690, 16_690, 1308)
    growth = np.diff(np.unique(shared)) / np.unique(shared)[:-1]
    assert 0.019 < (1 + np.median(growth)) ** 252 - 1 < 0.1375  # it grows at Selic, 2% to 13.75% in those years
