"""Scenario numbers against the history that they were measured on; how moves measured once stand in for closes."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from bench.scenario_moves import Sources, measure
from desk.catalog import read_toml
from desk.catalog.risk_parameters import dated_scenario, parametric_scenario
from desk.errors import BadCatalog
from desk.risk.stress import run_stress
from tests.desk.risk.sample import IDS, PARAMETERS, lines_alone, market, terms
from tests.flows.real_folders import real_folder

RAW = read_toml("scenarios")
MEASURED = [
    *((key, raw, raw["measured"]) for key, raw in RAW["parametric"].items() if "measured" in raw),
    *((key, {**raw, **raw["moves"]}, list(raw["moves"])) for key, raw in RAW["dated"].items()),
]
SHARES = {
    "taper_tantrum_2013": ("taper_tantrum_2013", 200), "brazil_2015": ("brazil_2015", 400),
    "covid_2020": ("covid_2020", 200), "rate_shock_2022": ("rates_2021", 500),
    "fiscal_crisis": ("fiscal_package_2024", 350), "global_risk_off": ("covid_2020", 150),
}  # fmt: skip
"""Scenario with the desk's own move of DI -> the episode whose share of DI its real curve takes, and that move, bp."""


@lru_cache(maxsize=1)
def sources(folder: Path) -> Sources:
    return Sources.load(folder)


@pytest.mark.real
@pytest.mark.parametrize(("key", "raw", "factors"), MEASURED, ids=lambda one: one if isinstance(one, str) else "")
def test_measured_moves_are_those_of_the_history(key: str, raw: dict[str, object], factors: list[str]) -> None:
    found = measure(sources(real_folder("ALVORADA_REAL_HISTORY", "real-history")), raw["start"], raw["end"])  # type: ignore[arg-type]
    for name in factors:
        written = raw[name]
        if isinstance(written, dict):
            assert {int(tenor): bp for tenor, bp in written.items()} == found[name], (key, name)
        else:
            assert written == pytest.approx(found[name]), (key, name)


@pytest.mark.real
@pytest.mark.parametrize("key", SHARES)
def test_the_real_curve_takes_the_share_of_di_that_it_took(key: str) -> None:
    episode, pre = SHARES[key]
    raw = RAW["parametric"][episode]
    found = measure(sources(real_folder("ALVORADA_REAL_HISTORY", "real-history")), raw["start"], raw["end"])
    assert RAW["parametric"][key]["pre_bp"] == pre
    for tenor, bp in RAW["parametric"][key]["real_bp"].items():
        share = found["real_bp"][int(tenor)] / found["pre_bp"][int(tenor)]  # type: ignore[index]
        assert bp == round(pre * share), (key, tenor)


def test_a_scenario_is_measured_or_says_that_it_is_hypothetical() -> None:
    episodes = [raw for raw in RAW["parametric"].values() if "usdbrl" in raw or "sovereign" in raw]
    loose = [raw["name"] for raw in episodes if "measured" not in raw and "hypothetical" not in raw["name"]]
    assert loose == ["BRL rally: USD/BRL -10%, Ibovespa +10%, DI -100 bp"], "this one says what it moves"


def test_an_episode_without_closes_is_priced_by_its_measured_moves() -> None:
    """The same moves, as a parametric scenario, give the same P&L on every line that they reach."""
    raw = RAW["dated"]["lehman_2008"]
    twin = parametric_scenario("twin", {"name": "Twin", **raw["moves"]})
    parameters = replace(PARAMETERS, parametric=(twin,), dated=(dated_scenario("lehman_2008", raw),))
    one, other = run_stress(terms(), market(), lines_alone(1), parameters)
    np.testing.assert_allclose(np.diagonal(one.pnl), np.diagonal(other.pnl), rtol=1e-12)
    assert np.isfinite(np.diagonal(other.pnl)).all()
    assert "measured once" in other.names[0]


def test_a_factor_that_was_not_measured_is_unknown_not_still() -> None:
    """Tariffs, April 2025: no DI and no NTN-B of then were collected."""
    parameters = replace(
        PARAMETERS,
        parametric=(),
        dated=(
            dated_scenario(
                "t", {**RAW["dated"]["tariffs_replay"], "start": dt.date(1995, 4, 3), "end": dt.date(1995, 4, 7)}
            ),
        ),
    )
    (found,) = run_stress(terms(), market(), lines_alone(1), parameters)
    own = dict(zip(IDS, np.diagonal(found.pnl), strict=True))
    assert "without pre, real" in found.names[0]
    for name, pnl in own.items():
        assert np.isnan(pnl) == name.startswith(("DI1", "DAP", "NTNB", "DOL", "IND")), name


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"measured": ["pre_bp"], "start": dt.date(2017, 5, 17), "end": dt.date(2017, 5, 18)}, "measured factors"),
        ({"measured": ["usdbrl"], "usdbrl": 0.1}, "a start before an end"),
    ],
)
def test_what_is_said_to_be_measured_has_numbers_and_a_window(raw: dict[str, object], message: str) -> None:
    with pytest.raises(BadCatalog, match=f"scenario s: .*{message}"):
        parametric_scenario("s", {"name": "S", **raw})
