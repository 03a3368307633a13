"""A second opinion: PYield (development only, its offline functions) over a grid of days, bonds and rates."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyield
import pytest

from desk import calendars
from desk.arrays import FloatArray
from desk.transforms.bonds import LFT, LTN, NTN_B, NTN_F, Bond, modified_duration, price, pu_from_vna
from desk.transforms.bootstrap import bootstrap
from desk.transforms.cashflows import business_days, coupon_dates
from desk.transforms.curves import flat_forward, forward_rate

# both sides of the law on 20 November, a coupon day, a Friday before a coupon on a Saturday, the ends of a year
SETTLE = ["2008-05-21", "2015-08-17", "2020-02-14", "2023-12-22", "2023-12-26", "2024-12-30", "2025-03-26"]
MONTHS_LEFT = [7, 26, 61, 122, 300]
RATES = [0.0331, 0.071234, 0.1215]
QUOTED = {
    "LTN": pyield.ltn.price,
    "NTN-F": pyield.ntnf.price,
    "NTN-B": pyield.ntnb.quotation,
    "LFT": pyield.lft.quotation,
}


def grid(bond: Bond) -> tuple[np.ndarray, np.ndarray, FloatArray]:
    """Settlements, maturities in the months that the bond falls due in, and rates; flat."""
    rows = []
    for day in SETTLE:
        for months in MONTHS_LEFT[: 5 if bond.indexed else 4]:
            month = np.datetime64(day, "M") + months
            if bond.coupon:  # January for NTN-F; May or August for NTN-B
                month = month.astype("datetime64[Y]").astype("datetime64[M]") + (12 if bond is NTN_F else 16)
            maturity = month.astype("datetime64[D]") + (14 if bond is NTN_B else 0)
            rows += [(np.datetime64(day, "D"), maturity, rate) for rate in RATES]
    settle, maturity, rate = zip(*rows, strict=True)
    return np.array(settle), np.array(maturity), np.array(rate)


@pytest.mark.parametrize("bond", [LTN, NTN_F, NTN_B, LFT], ids=lambda bond: bond.name)
def test_prices(bond: Bond) -> None:
    settle, maturity, rate = grid(bond)
    ours = price(bond, settle, maturity, rate)
    theirs = [QUOTED[bond.name](s.item(), m.item(), float(r)) for s, m, r in zip(settle, maturity, rate, strict=True)]
    units = np.rint(ours * 10.0**bond.digits) - np.rint(np.array(theirs) * 10.0**bond.digits)
    # its sums are in floats: where the exact sum ends in zeros it may truncate to one unit less
    assert np.abs(units).max() <= 1
    assert int((units != 0).sum()) <= 1
    assert len(units) >= 84


@pytest.mark.parametrize(("bond", "theirs"), [(NTN_F, pyield.ntnf.duration), (NTN_B, pyield.ntnb.duration)])
def test_durations(bond: Bond, theirs: object) -> None:
    settle, maturity, rate = (column[::5] for column in grid(bond))
    ours = modified_duration(bond, np.asarray(settle), np.asarray(maturity), rate) * (1 + rate)
    expected = [theirs(s.item(), m.item(), float(r)) for s, m, r in zip(settle, maturity, rate, strict=True)]  # type: ignore[operator]
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_pu_from_vna() -> None:
    pairs = [(4299.160173, 99.3651), (4315.498383, 100.6409), (1845.123457, 87.0003)]
    ours = pu_from_vna([vna for vna, _ in pairs], [quotation for _, quotation in pairs])
    assert ours.tolist() == [pyield.ntnb.price(vna, quotation) for vna, quotation in pairs]


@pytest.mark.parametrize("settle", SETTLE)
def test_business_days_and_coupon_dates(settle: str) -> None:
    start, maturity = np.datetime64(settle, "D"), np.datetime64("2035-01-01", "D")
    dates = coupon_dates(np.array([start]), np.array([maturity]), np.array([True]))
    ours = sorted(dates[0][~np.isnat(dates[0])].tolist())
    assert ours == pyield.ntnf.payment_dates(start.item(), maturity.item()).to_list()
    days = business_days(np.array([start]), np.array([ours], dtype="datetime64[D]"))[0]
    assert days.astype(int).tolist() == pyield.bday.count(start.item(), ours).to_list()


def test_holidays_of_fifty_years() -> None:
    for known_on in (dt.date(2023, 12, 22), dt.date(2023, 12, 26)):
        calendar = calendars.anbima(known_on)
        theirs = pyield.bday.generate(known_on, dt.date(2070, 12, 31), holiday_option="infer").to_list()
        assert calendar.days(known_on, dt.date(2070, 12, 31)) == theirs


def test_interpolation_and_forwards() -> None:
    tenors, rates = [21, 126, 252, 1260], [0.149, 0.147, 0.1402, 0.1355]
    theirs = pyield.Interpolator(method="flat_forward", known_bdays=tenors, known_rates=rates)
    at = [22, 125, 200, 252, 700, 1260]
    np.testing.assert_allclose(flat_forward(tenors, rates, at)[0], [theirs(bd) for bd in at], rtol=1e-12)
    forwards = pyield.forwards(tenors, rates).to_list()
    np.testing.assert_allclose(forward_rate(rates[:-1], tenors[:-1], rates[1:], tenors[1:]), forwards[1:], rtol=1e-12)


def test_bootstrap_of_ntn_f() -> None:
    """With a bond on every coupon day nothing is interpolated, and both bootstraps are the same sums."""
    settle = np.array(["2024-09-03"], dtype="datetime64[D]")
    ltn = np.array(["2025-01-01", "2025-07-01", "2026-01-01"], dtype="datetime64[D]")
    halves = np.arange(np.datetime64("2026-07", "M"), np.datetime64("2031-08", "M"), 6)
    ntnf = halves.astype("datetime64[D]")
    ltn_rates, ntnf_rates = np.array([0.109, 0.1125, 0.115]), np.linspace(0.116, 0.122, len(ntnf))
    theirs = pyield.ntnf.spot_rates(
        settle[0].item(), ltn.tolist(), ltn_rates.tolist(), ntnf.tolist(), ntnf_rates.tolist(), show_coupons=True
    )
    coupons = np.array([[0.0] * 3 + [0.10] * len(ntnf)])
    tenors, zeros = bootstrap(
        settle, np.concatenate([ltn, ntnf])[None, :], np.concatenate([ltn_rates, ntnf_rates])[None, :], coupons
    )
    assert tenors[0].astype(int).tolist() == theirs["BDToMat"].to_list()
    np.testing.assert_allclose(zeros[0], theirs["SpotRate"].to_numpy(), atol=1e-8)  # its prices are truncated
