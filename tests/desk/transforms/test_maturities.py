"""Constant maturities from each kind of source, and the order of preference of sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.fallbacks import VERTICES
from desk.model import SILVER, decision_time
from desk.transforms.curves import pu
from desk.transforms.panel import build_panel

CATALOG = load_catalog()
OBS = dt.date(2026, 1, 12)
DAYS = calendars.b3().days(dt.date(2026, 1, 12), dt.date(2026, 2, 4))
KNOWN = dt.datetime(2026, 1, 12, 23, 0, tzinfo=dt.UTC)


def points(curve: str, rates: dict[int, float], obs: dt.date = OBS, known: dt.datetime = KNOWN) -> pl.DataFrame:
    rows = [(curve, tenor, obs, known, rate) for tenor, rate in rates.items()]
    return pl.DataFrame(rows, schema=SILVER["curve_point"].parsed_schema, orient="row")


def settlements(rows: Mapping[str, tuple[float | None, float | None]], obs: dt.date = OBS) -> pl.DataFrame:
    table = [(name, obs, KNOWN, price, rate, None, None) for name, (price, rate) in rows.items()]
    return pl.DataFrame(table, schema=SILVER["settlement"].parsed_schema, orient="row")


def row(silver: dict[str, pl.DataFrame], at: int = 1) -> dict[str, float]:
    return build_panel(silver, DAYS, CATALOG).values.row(at, named=True)


def test_a_curve_is_known_the_morning_after_and_forgotten_after_ten_days() -> None:
    panel = build_panel({"curve_point": points("PRE", {21: 0.149, 252: 0.14, 2520: 0.135})}, DAYS, CATALOG)
    known = panel.values["pre_252"].is_not_null().to_list()
    assert [day for day, k in zip(DAYS, known, strict=True) if k] == [
        day for day in DAYS if dt.date(2026, 1, 12) < day <= dt.date(2026, 1, 22)
    ]
    assert panel.obs_dates["pre_252"][1] == OBS
    assert panel.provenance.names("pre_252")[1] == "PRE"


def test_di1_contracts_price_and_rate_give_the_same_curve() -> None:
    calendar = calendars.anbima()
    maturities = {"DI1F27": dt.date(2027, 1, 4), "DI1F28": dt.date(2028, 1, 3), "DI1F31": dt.date(2031, 1, 2)}
    rates = {"DI1F27": 0.138, "DI1F28": 0.131, "DI1F31": 0.134}
    bd = {name: calendar.count(OBS, maturity) for name, maturity in maturities.items()}
    by_rate = row({"settlement": settlements({name: (None, rate) for name, rate in rates.items()})})
    prices = {name: (float(pu(rate, bd[name])), None) for name, rate in rates.items()}
    by_price = row({"settlement": settlements(prices)})
    assert by_rate["pre_504"] == pytest.approx(by_price["pre_504"], abs=1e-12)
    assert 0.131 < by_rate["pre_378"] < 0.138
    assert by_rate["pre_21"] == pytest.approx(0.138)  # flat below the first contract, as declared
    assert by_rate["pre_2520"] is None  # twice the last contract: not extended


def test_published_swaps_go_before_contracts_and_bonds() -> None:
    silver = {
        "curve_point": points("PRE", {21: 0.15, 2520: 0.15}),
        "settlement": settlements(
            {"DI1F27": (None, 0.10), "DI1F31": (None, 0.10), "ANBIMA:LTN_2027-01-01": (None, 0.2)}
        ),
    }
    assert row(silver)["pre_252"] == pytest.approx(0.15)
    del silver["curve_point"]
    assert row(silver)["pre_252"] == pytest.approx(0.10)


def test_bonds_give_nominal_and_real_curves_by_issuer_order() -> None:
    bonds = {
        "TD:LTN_2027-01-01": (None, 0.30),
        "TD:LTN_2029-01-01": (None, 0.30),
        "ANBIMA:LTN_2027-01-01": (None, 0.135),
        "ANBIMA:LTN_2029-01-01": (None, 0.135),
        "ANBIMA:NTN-F_2035-01-01": (None, 0.135),
        "ANBIMA:NTN-B_2028-08-15": (None, 0.075),
        "ANBIMA:NTN-B_2035-05-15": (None, 0.075),
        "ANBIMA:LFT_2030-09-01": (None, 0.001),
    }
    panel = build_panel({"settlement": settlements(bonds)}, DAYS, CATALOG)
    values = panel.values.row(1, named=True)
    assert panel.provenance.names("pre_252")[1] == "ANBIMA:LTN+NTN-F"
    assert values["pre_1260"] == pytest.approx(0.135)
    assert values["pre_2520"] == pytest.approx(0.135)  # nine years of bonds, extended by a declared share
    assert values["real_1260"] == pytest.approx(0.075)
    assert values["real_126"] is None  # no real rate is inferred below the shortest bond
    assert values["breakeven_1260"] == pytest.approx(1.135 / 1.075 - 1)


@pytest.mark.parametrize(("due", "known"), [("2027-08-15", True), ("2028-01-15", False)])
def test_the_first_real_rate_holds_down_to_four_fifths_of_its_term_and_no_further(due: str, known: bool) -> None:
    """378 business days are 95% of the way to August 2027, and 75% of the way to January 2028."""
    bonds = {f"ANBIMA:NTN-B_{due}": (None, 0.06), "ANBIMA:NTN-B_2030-08-15": (None, 0.08)}
    values = row({"settlement": settlements(bonds)})
    first = values["real_378"]
    assert (first is not None) is known
    if first is not None:
        assert first == pytest.approx(0.06, abs=1e-4)
    assert values["real_252"] is None


def test_dap_contracts_give_the_real_curve() -> None:
    values = row({"settlement": settlements({"DAPK27": (None, 0.08), "DAPQ30": (None, 0.08), "DAPXX": (None, 0.5)})})
    assert values["real_504"] == pytest.approx(0.08)


def test_cupom_is_linear_on_calendar_days() -> None:
    values = row({"curve_point": points("CUPOM", {21: 0.05, 252: 0.06, 2520: 0.06})})
    assert values["cupom_252"] == pytest.approx(0.06)
    end = calendars.anbima().offset(OBS, 21), calendars.anbima().offset(OBS, 252), calendars.anbima().offset(OBS, 126)
    near, far, at = [(day - OBS).days for day in end]
    logs = np.interp(at, [near, far], np.log1p([0.05 * near / 360, 0.06 * far / 360]))
    assert values["cupom_126"] == pytest.approx(np.expm1(logs) * 360 / at)


def test_treasury_par_yields_are_joined_by_straight_lines() -> None:
    values = row({"curve_point": points("UST", {252: 0.04, 504: 0.05})})
    assert values["ust_378"] == pytest.approx(0.045)
    assert values["ust_2520"] is None


def test_a_source_that_lags_gives_way_to_a_fresher_one() -> None:
    later = dt.date(2026, 1, 20)
    fresh = settlements({"DI1F27": (None, 0.10), "DI1F31": (None, 0.10)}, later).with_columns(
        pl.lit(decision_time(dt.date(2026, 1, 21))).alias("knowledge_time")
    )
    panel = build_panel({"curve_point": points("PRE", {21: 0.15, 2520: 0.15}), "settlement": fresh}, DAYS, CATALOG)
    at = DAYS.index(dt.date(2026, 1, 21))
    assert panel.provenance.names("pre_252")[at - 1 : at + 1] == ["PRE", "DI1"]
    assert panel.values[f"pre_{VERTICES[4]}"][at] == pytest.approx(0.10)
