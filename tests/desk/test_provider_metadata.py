"""A provider's words against ours: what is the same in two languages, and what is not."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from desk.catalog import load_catalog
from desk.catalog.provider_metadata import Difference, Metadata, names_agree, our_measure, provider_measure, verdict

CATALOG = load_catalog()
TODAY = dt.date(2026, 11, 20)
TEN_YEARS = CATALOG.series["dgs10"]
METADATA = Metadata(
    name="Market Yield on U.S. Treasury Securities at 10-Year Constant Maturity, Quoted on an Investment Basis",
    unit="Percent",
    frequency="D",
    adjusted=False,
    last=dt.date(2026, 11, 18),
)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("Percent", ("percent", 1.0)),
        ("%", ("percent", 1.0)),
        ("Percent Change at Annual Rate", ("percent", 1.0)),
        ("Index 1982-1984=100", ("index", 1.0)),
        ("Número-índice", ("index", 1.0)),
        ("Thousands of Persons", ("count", 1e3)),
        ("Number", ("count", 1.0)),
        ("Millions of U.S. Dollars", ("usd", 1e6)),
        ("Billions of US Dollars", ("usd", 1e9)),
        ("Billions of Chained 2017 Dollars", ("usd", 1e9)),
        ("Dollars per Barrel", ("usd per barrel", 1.0)),
        ("U.S. Dollars per Metric Ton", ("usd per tonne", 1.0)),
        ("Brazilian Reals to One U.S. Dollar", ("brl per usd", 1.0)),
        ("U.S. Dollars to One Euro", ("usd per eur", 1.0)),
        ("US cents per bushel", ("us cent", 1.0)),
        ("+1 or 0", ("flag", 1.0)),
        ("USD million", ("usd", 1e6)),
        ("BRL per USD", ("brl per usd", 1.0)),
        ("thousand units per year", ("count", 1e3)),
    ],
)
def test_units_become_a_measure_and_a_magnitude(text: str, measure: tuple[str, float]) -> None:
    assert provider_measure(text) == measure


def test_a_fraction_at_a_hundredth_is_a_percent_at_its_source() -> None:
    assert our_measure(TEN_YEARS) == ("percent", 1.0)
    assert our_measure(replace(TEN_YEARS, scale=type(TEN_YEARS.scale)(1))) == ("fraction", 1.0)


@pytest.mark.parametrize(
    ("ours", "theirs", "agree"),
    [
        ("IPCA food and beverages, weight", "IPCA - Peso mensal; 1.Alimentação e bebidas", True),
        ("IPCA food and beverages, weight", "IPCA - Variação mensal; 1.Alimentação e bebidas", False),
        ("IPCA food and beverages, monthly change", "IPCA - Peso mensal; 1.Alimentação e bebidas", False),
        ("IPCA housing, monthly change", "IPCA - Variação mensal; 1.Alimentação e bebidas", False),
        ("IPCA housing, twelve months", "IPCA - Variação acumulada em 12 meses; 2.Habitação", True),
        ("COT silver, open interest", "GOLD, Open_Interest_All", False),
        ("US CPI", "Consumer Price Index for All Urban Consumers", True),
    ],
)
def test_names_meet_in_a_telling_word_and_in_what_is_measured(ours: str, theirs: str, agree: bool) -> None:
    assert names_agree(ours, theirs) is agree


def test_a_series_that_is_what_we_say_agrees() -> None:
    assert verdict(TEN_YEARS, METADATA, TODAY).state == "agrees"


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"unit": "Basis Points"}, Difference("unit", "fraction per year (source x 0.01)", "Basis Points")),
        ({"name": "Gross Domestic Product"}, Difference("name", TEN_YEARS.name, "Gross Domestic Product")),
        ({"frequency": "W"}, Difference("frequency", "D", "W")),
        ({"adjusted": True}, Difference("adjustment", "none", "sa")),
        (
            {"last": dt.date(2026, 10, 1)},
            Difference("last value", f"at most {TEN_YEARS.max_age_days} days old", "2026-10-01"),
        ),
    ],
)
def test_each_difference_is_named_with_both_sides(changes: dict[str, object], difference: Difference) -> None:
    found = verdict(TEN_YEARS, replace(METADATA, **changes), TODAY)  # type: ignore[arg-type]
    assert (found.state, found.differences) == ("differs", (difference,))


def test_a_code_that_the_provider_does_not_know_differs() -> None:
    found = verdict(TEN_YEARS, None, TODAY)
    assert found.differences == (Difference("code", "DGS10", "not known to the provider"),)


def test_without_name_and_unit_there_is_nothing_to_agree_with() -> None:
    found = verdict(CATALOG.series["ipca_mom"], Metadata(frequency="M", last=dt.date(2026, 10, 1)), TODAY)
    assert found.state == "no metadata"
    late = verdict(CATALOG.series["ipca_mom"], Metadata(frequency="D", last=dt.date(2019, 9, 1)), TODAY)
    assert [one.what for one in late.differences] == ["frequency", "last value"]
