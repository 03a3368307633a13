"""Which period a number is about: months and quarters by their names, days by their date."""

import datetime as dt

import pytest

from reports.elements.locale import use_locale
from reports.elements.observed import dataset_observed, observed
from reports.elements.receipts import receipts
from reports.tables.source_comparisons import comparison_rows
from tests.reports.hand_made import made

OCTOBER = dt.date(2026, 10, 1)


def test_a_month_is_named_and_a_day_is_dated() -> None:
    assert observed(OCTOBER, ["ipca_12m"]) == "Oct 2026"
    assert observed(OCTOBER, ["usdbrl_sgs_sell"]) == "1 Oct 2026", "a daily series was printed on the first of a month"
    assert observed(OCTOBER, ["ipca_12m", "usdbrl_sgs_sell"]) == "1 Oct 2026"
    assert observed(OCTOBER, ["PRE|252"]) == "1 Oct 2026"
    assert observed(dt.date(2026, 10, 15), ["ipca_12m"]) == "15 Oct 2026", "not the first: no month of its own"
    assert observed(None, ["ipca_12m"]) == "n/a"
    with use_locale("pt"):
        assert observed(OCTOBER, ["ipca_12m"]) == "out/2026"


def test_a_quarter_is_named() -> None:
    assert observed(dt.date(2026, 7, 1), ["us_gdp"]) == "Q3 2026"
    with use_locale("pt"):
        assert observed(dt.date(2026, 7, 1), ["us_gdp"]) == "3º tri/2026"


@pytest.mark.parametrize(
    ("dataset", "wanted"),
    [("ibge_ipca_index", "Oct 2026"), ("bcb_sgs_daily", "1 Oct 2026"), ("unknown", "1 Oct 2026")],
)
def test_a_dataset_of_months_is_as_old_as_a_month(dataset: str, wanted: str) -> None:
    assert dataset_observed(OCTOBER, dataset) == wanted


def test_receipts_and_pairs_say_it() -> None:
    receipt = {
        "input_id": "ipca_12m",
        "source": "bcb_sgs",
        "dataset": "bcb_sgs_monthly",
        "obs_date": OCTOBER,
        "age_bd": 35,
    }
    pair = {
        "pair_id": "ipca_12m",
        "left_source": "ipca_12m",
        "right_source": "x",
        "left_date": OCTOBER,
        "state": "agree",
    }
    feature = {"feature_id": "ipca_12m", "value": 0.03, "origin": "ipca_12m", "obs_date": OCTOBER}
    data = made(input_receipt=[receipt], source_comparison=[pair], feature=[feature])
    assert "for Oct 2026," in receipts(data).title("ipca_12m")
    assert receipts(data).observed("ipca_12m", OCTOBER) == "Oct 2026"
    assert comparison_rows(data)[0]["date"] == "Oct 2026"
