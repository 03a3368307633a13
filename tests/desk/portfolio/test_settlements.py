"""Real settlements of 12 January 2026 (B3): our contracts are listed, and our day counts give their prices."""

import os
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.contract_terms import terms_of
from desk.portfolio.contracts import map_contracts, valuation_days
from desk.portfolio.market_levels import CURVE_COLUMNS, Levels
from desk.portfolio.pricing import quote

DEFAULT = Path(__file__).parents[4] / "shared" / "real-payloads"
REPORT = Path(os.environ.get("ALVORADA_REAL_PAYLOADS", DEFAULT)) / "b3" / "SPRD260112.zip"
PARAMETERS = load_desk_parameters()
B3_ROOTS = ("DI1", "DAP", "DOL", "IND", "DDI")
DECISION = np.array(["2026-01-13"], dtype="datetime64[D]")


@pytest.fixture(scope="module")
def settlements() -> dict[str, tuple[float, float | None]]:
    """Ticker -> settlement price and rate (fraction)."""
    if not REPORT.is_file():
        pytest.skip(f"no real payloads at {REPORT}")
    with zipfile.ZipFile(REPORT) as archive:
        text = archive.read(archive.namelist()[0]).decode()
    found = {}
    for part in text.split("<TckrSymb>")[1:]:
        price = re.search(r"<AdjstdQt Ccy=\"BRL\">([\d.]+)<", part)
        rate = re.search(r"<AdjstdQtTax Ccy=\"BRL\">([\d.]+)<", part)
        if price:
            found[part.split("<")[0]] = float(price[1]), float(rate[1]) / 100 if rate else None
    return found


@pytest.mark.real
def test_the_mapped_contracts_are_listed(settlements: dict[str, tuple[float, float | None]]) -> None:
    contracts = map_contracts(PARAMETERS.instruments, DECISION).contract_id[0]
    assert {name for name, item in zip(contracts, PARAMETERS.instruments, strict=True) if item.root in B3_ROOTS} <= set(
        settlements
    )


@pytest.mark.real
def test_unit_prices_follow_from_rates_and_our_day_counts(settlements: dict[str, tuple[float, float | None]]) -> None:
    """Settlement rates are published to three decimals of a percent: half of the last one is the tolerance."""
    contracts = map_contracts(PARAMETERS.instruments, DECISION)
    terms = terms_of(PARAMETERS.instruments)
    for column, instrument in enumerate(PARAMETERS.instruments):
        if instrument.root not in B3_ROOTS:
            continue
        price, rate = settlements[str(contracts.contract_id[0, column])]
        if rate is None:
            assert not instrument.quoted_in_rate
            continue
        levels = Levels(
            np.full((1, len(CURVE_COLUMNS)), rate), np.array([[1.0, 5.38, 163_000.0, 7_400.0]]), np.array([0.037])
        )
        quotes = quote(terms, levels, valuation_days(DECISION), contracts.maturity)
        point = instrument.multiplier * {"real_pu": 7_400.0, "cupom_pu": 5.38}.get(instrument.kind, 1.0)
        if instrument.kind == "cupom_pu":
            days = (contracts.maturity[0, column] - valuation_days(DECISION)[0]).astype(int)
            own = 100_000 / (1 + rate * days / 360)
            assert own == pytest.approx(price, abs=0.05 * own * days / 360 * 1e-4 + 0.005), instrument.id
            continue
        half_digit = 0.05 * quotes.dv01[0, column] / point
        assert quotes.price[0, column] == pytest.approx(price, abs=half_digit + 0.005), instrument.id
