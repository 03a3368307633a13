"""Contract calendars against B3's own listings, and the mapping's promises."""

import datetime as dt

import numpy as np
import pytest

from desk import calendars
from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.contracts import business_days, map_contracts, valuation_days
from tests.desk.portfolio.panels import decision_days

PARAMETERS = load_desk_parameters()


def mapped(day: dt.date) -> dict[str, tuple[str, dt.date]]:
    contracts = map_contracts(PARAMETERS.instruments, np.array([day], dtype="datetime64[D]"))
    return {
        name: (str(contracts.contract_id[0, i]), contracts.maturity[0, i].item())
        for i, name in enumerate(PARAMETERS.instrument_ids)
    }


def test_the_contracts_of_a_known_day() -> None:
    """13 Jan 2026. Maturities as B3 lists them: DI1F27 on 4 Jan 2027, INDG26 on 18 Feb 2026 (the Wednesday
    after carnival), DAPQ28 on 15 Aug 2028 (7 months from the tenor; DAPK27 is 8), DAPK29 on 15 May 2029."""
    day = mapped(dt.date(2026, 1, 13))
    assert day["DI1_6M"] == ("DI1N26", dt.date(2026, 7, 1))
    assert day["DI1_1Y"] == ("DI1F27", dt.date(2027, 1, 4))
    assert day["DI1_2Y"] == ("DI1F28", dt.date(2028, 1, 3))
    assert day["DI1_5Y"] == ("DI1F31", dt.date(2031, 1, 2))
    assert day["DI1_10Y"] == ("DI1F36", dt.date(2036, 1, 2))
    assert day["DOL"] == ("DOLG26", dt.date(2026, 2, 2))
    assert day["IND"] == ("INDG26", dt.date(2026, 2, 18))
    assert day["DAP_2Y"] == ("DAPQ28", dt.date(2028, 8, 15))
    assert day["DAP_10Y"] == ("DAPK35", dt.date(2035, 5, 15))
    assert day["DAP_3Y"] == ("DAPK29", dt.date(2029, 5, 15))


def test_dollar_rates_treasuries_bonds_and_the_spread() -> None:
    """B3's report of 12 January 2026 lists the DDI of January 2029 and 2031, the far legs of FRC; on CBOT March is the
    front month until late February."""
    day = mapped(dt.date(2026, 1, 13))
    assert day["DDI_6M"] == ("FRCN26", dt.date(2026, 7, 1))
    assert day["DDI_5Y"] == ("FRCF31", dt.date(2031, 1, 2))
    assert day["UST_10Y"] == ("ZNH26", dt.date(2026, 3, 2))
    assert mapped(dt.date(2026, 2, 23))["UST_2Y"][0] == "ZTH26"
    assert mapped(dt.date(2026, 2, 24))["UST_2Y"][0] == "ZTM26"
    assert day["SOV_BR_5Y"] == ("SOVZ30", dt.date(2030, 12, 20))
    assert day["NTNB_2035"] == ("NTN-B_2035-05-15", dt.date(2035, 5, 15))
    early = map_contracts(PARAMETERS.instruments, np.array(["2010-02-09", "2010-02-10"], dtype="datetime64[D]"))
    bond = PARAMETERS.instrument_ids.index("NTNB_2030")
    assert np.isnat(early.maturity[:, bond]).tolist() == [True, False], "no NTN-B 2030 before its first issue"


@pytest.mark.parametrize(
    ("day", "contract"),
    [
        (dt.date(2026, 1, 26), "DOLG26"),  # 5 sessions left: 26, 27, 28, 29, 30 January
        (dt.date(2026, 1, 27), "DOLH26"),
    ],
)
def test_the_dollar_rolls_with_five_sessions_left(day: dt.date, contract: str) -> None:
    assert mapped(day)["DOL"][0] == contract


@pytest.mark.parametrize(
    ("day", "contract"),
    [(dt.date(2026, 4, 9), "INDJ26"), (dt.date(2026, 4, 10), "INDM26"), (dt.date(2026, 4, 15), "INDM26")],
)
def test_the_index_rolls_three_sessions_before_its_wednesday(day: dt.date, contract: str) -> None:
    """INDJ26 matures on Wednesday 15 April 2026; three sessions before is Friday 10 April."""
    assert mapped(day)["IND"][0] == contract


def test_every_day_of_twelve_years_has_a_listed_contract_near_its_tenor() -> None:
    days = np.array(decision_days(3_000), dtype="datetime64[D]")
    contracts = map_contracts(PARAMETERS.instruments, days)
    assert (contracts.maturity > days[:, None]).all()
    assert (np.diff(contracts.maturity.astype("int64"), axis=0) >= 0).all(), "a map never goes back"
    for column, instrument in enumerate(PARAMETERS.instruments):
        if instrument.maturity is not None:
            assert (contracts.maturity[:, column] == np.datetime64(instrument.maturity)).all()
            continue
        maturity = contracts.maturity[:, column]
        assert np.isin(maturity.astype("datetime64[M]").astype("int64") % 12 + 1, instrument.months).all()
        assert np.is_busday(maturity, busdaycal=calendars.b3().busday).all()
        if instrument.kind == "par_bond":
            assert (contracts.maturity[:, column] - days).max() <= np.timedelta64(3 * 31 + 8, "D")
        elif instrument.tenor_months:
            gap = (maturity - days).astype("int64") / 30.44 - instrument.tenor_months
            reach = (
                3.2
                if len(instrument.months) == 2 and instrument.root == "DI1"
                else 21.0  # the long NTN-B's are years apart
                if instrument.id == "DAP_10Y"
                else 12.2
                if instrument.root == "DAP"
                else 7.8
            )
            assert np.abs(gap).max() <= reach, instrument.id


@pytest.mark.parametrize(
    ("day", "names"),
    [
        (dt.date(2018, 1, 2), ["FRCN18", "FRCF19", "FRCF20", "FRCF21", "FRCF23"]),
        (dt.date(2021, 1, 4), ["FRCN21", "FRCF22", "FRCF23", "FRCF24", "FRCF26"]),
        (dt.date(2022, 6, 6), ["FRCF23", "FRCN23", "FRCN24", "FRCN25", "FRCF27"]),
        (dt.date(2022, 12, 26), ["FRCN23", "FRCF24", "FRCF25", "FRCF26", "FRCF28"]),
    ],
)
def test_the_cupom_is_traded_in_a_listed_fra(day: dt.date, names: list[str]) -> None:
    """All of these have a settlement of that day (B3's files); FRCN27 had none on 6 June 2022."""
    found = mapped(day)
    assert [found[f"DDI_{tenor}"][0] for tenor in ("6M", "1Y", "2Y", "3Y", "5Y")] == names


def test_business_days_follow_the_calendar_known_on_the_day() -> None:
    """From 26 December 2023 on 20 November is no business day of any later year: 7 weekdays of 2024 to 2032."""
    maturity = np.array(["2033-01-03"], dtype="datetime64[D]")
    before = business_days(np.array(["2023-12-22"], dtype="datetime64[D]"), maturity)
    after = business_days(np.array(["2023-12-26"], dtype="datetime64[D]"), maturity)
    dropped = sum(dt.date(year, 11, 20).weekday() < 5 for year in range(2024, 2033))
    assert before - after == 1 + dropped


def test_a_decision_knows_the_session_before() -> None:
    days = np.array(["2026-01-02", "2026-02-18", "2026-01-12"], dtype="datetime64[D]")
    expected = [dt.date(2025, 12, 30), dt.date(2026, 2, 13), dt.date(2026, 1, 9)]
    assert [d.item() for d in valuation_days(days)] == expected
