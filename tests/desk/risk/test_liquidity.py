"""What the book binds: face, margin after the worst scenario, and the days that closing it takes."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest

from desk.catalog import read_toml
from desk.catalog.risk_parameters import risk_parameters
from desk.errors import BadCatalog
from desk.model import SETTLEMENT
from desk.portfolio.price_inputs import PriceInputs, all_current
from desk.risk import run_risk
from desk.risk.liquidity import days_to_liquidate
from desk.transforms.market_depth import DEPTH_SCHEMA, depth_contracts, depth_of, market_depth
from tests.desk.risk.sample import DAYS, IDS, LAST, QUICK, VALUES, with_contracts

RULES = QUICK.risk.liquidity
HELD = {"DI1_5Y": 40, "DOL": -60, "UST_5Y": 20}
DAY, SESSION = dt.date(2026, 6, 30), dt.date(2026, 6, 29)


def settled(*rows: tuple[str, dt.date, float | None, float | None, dt.timedelta]) -> pl.DataFrame:
    """contract, session, open interest, volume, and how long after 20:00 of the session it was known."""
    frame = [
        {
            "contract_id": name,
            "obs_date": day,
            "knowledge_time": dt.datetime(day.year, day.month, day.day, 23, tzinfo=dt.UTC) + late,
            "open_interest": interest,
            "volume": volume,
        }
        for name, day, interest, volume, late in rows
    ]
    schema = {name: SETTLEMENT.stored_schema[name] for name in frame[0]}
    return pl.DataFrame(frame, schema=schema)


def test_depth_is_what_the_decision_knows() -> None:
    none, days = dt.timedelta(), dt.timedelta(days=1)
    rows = settled(
        ("DI1F29", SESSION - 3 * days, 900.0, 100.0, none),
        ("DI1F29", SESSION, 1_000.0, 300.0, none),
        ("DI1F30", SESSION, 500.0, None, none),
        ("DI1F31", SESSION, 700.0, 10.0, days),  # published after the decision
        ("DI1F32", SESSION - 20 * days, 800.0, 10.0, none),  # too old to say something of today
        ("DI1F29", SESSION + days, 2_000.0, 900.0, none),  # of the day itself
    )
    found = market_depth(rows, [DAY], QUICK)
    assert found.rows() == [(DAY, "DI1F29", 950.0, 200.0), (DAY, "DI1F30", 500.0, None)]
    depth = depth_of(found, [DAY], np.array([["DI1F29", "DI1F30", "ZNU26", "DI1F31"]]), RULES)
    assert depth.volume[0, :2].tolist() == [200.0, 500.0 * RULES.volume_of_open_interest]
    assert np.isnan(depth.volume[0, 2:]).all()
    assert np.isnan(depth.open_interest[0, 2:]).all()
    assert depth.unseen[0].tolist() == [False, False, False, True], "others of DI1 are stored, none of ZN"
    assert not depth_of(found.clear(), [DAY], np.array([["DI1F31"]]), RULES).unseen.any()
    assert market_depth(rows.clear(), [DAY], QUICK).schema == pl.Schema(DEPTH_SCHEMA)


@pytest.mark.parametrize("slip", [0.0, 0.01, 0.1, 10.0, 100.0])
@pytest.mark.parametrize("back", [0, 1, 2])
def test_one_file_that_is_wrong_sells_no_line_and_opens_no_limit(slip: float, back: int) -> None:
    interests = [1_000.0, 1_010.0, 990.0]
    interests[back] *= slip
    days = [SESSION - dt.timedelta(days=4), SESSION - dt.timedelta(days=3), SESSION]
    rows = settled(*(("DI1F29", day, one, None, dt.timedelta()) for day, one in zip(days, interests, strict=True)))
    assert 990.0 <= market_depth(rows, [DAY], QUICK)["open_interest"][0] <= 1_010.0


@pytest.mark.parametrize("wrong", [2, 3, 10])
def test_an_open_interest_in_another_unit_for_days_opens_no_limit(wrong: int) -> None:
    days = [SESSION - dt.timedelta(days=30 - at) for at in range(31)]
    interests = [1_000.0 + 10.0 * (at % 3) for at in range(31)]
    interests[-wrong:] = [one * 50.0 for one in interests[-wrong:]]
    rows = settled(*(("DI1F29", day, one, None, dt.timedelta()) for day, one in zip(days, interests, strict=True)))
    assert market_depth(rows, [DAY], QUICK)["open_interest"][0] <= 3_060.0


@pytest.mark.parametrize("slip", [0.0, 0.01, 10.0, 100.0])
@pytest.mark.parametrize("wrong", [1, 3, 10])
def test_a_slipped_volume_opens_no_limit_for_a_month(slip: float, wrong: int) -> None:
    """A mean of 21 sessions would be half as high again for 21 days after one volume of ten times."""
    days = [SESSION - dt.timedelta(days=30 - at) for at in range(31)]
    volumes = [1_000.0 + 10.0 * (at % 3) for at in range(31)]
    volumes[-wrong - 3 : -3] = [one * slip for one in volumes[-wrong - 3 : -3]]
    rows = settled(*(("DI1F29", day, 9e4, one, dt.timedelta()) for day, one in zip(days, volumes, strict=True)))
    assert 1_000.0 <= market_depth(rows, [DAY], QUICK)["volume"][0] <= 1_020.0


def test_a_volume_beyond_all_that_is_open_counts_for_what_is_open() -> None:
    """A file in another unit on every day: what the median cannot see, the open interest bounds."""
    rows = pl.DataFrame(
        [(DAY, "DI1F29", 1_000.0, 5e7), (DAY, "DI1F30", None, 400.0)], schema=DEPTH_SCHEMA, orient="row"
    )
    depth = depth_of(rows, [DAY], np.array([["DI1F29", "DI1F30"]]), RULES)
    assert depth.volume[0].tolist() == [1_000.0, 400.0]


def test_what_is_traded_in_frc_is_open_as_the_ddi_of_its_month() -> None:
    rows = settled(("DDIF29", SESSION, 90_690.0, 2_000.0, dt.timedelta()))
    found = market_depth(rows, [DAY], QUICK)
    assert found.rows() == [(DAY, "DDIF29", 90_690.0, 2_000.0), (DAY, "FRCF29", 90_690.0, None)]
    assert depth_contracts(["FRCF29", "DOLF27"], QUICK) == ["DDIF29", "DOLF27", "FRCF29"]


def test_the_slowest_line_sets_the_days() -> None:
    contracts = np.array([[0.0] * len(IDS)] * 3)
    contracts[0, :3], contracts[1, 2] = [-30, 40, 1_000_000], 5
    volume = np.full(contracts.shape, np.nan)
    volume[:, :2] = [100.0, 1_000.0]
    found = days_to_liquidate(contracts, volume, QUICK)
    assert found[0] == pytest.approx(30 / (0.10 * 100.0))
    assert np.isnan(found[1]), "of the one line that is held nothing is stored"
    assert found[2] == 0.0
    volume[:, 1] = 0.0
    untraded = days_to_liquidate(contracts, volume, QUICK)
    assert np.isnan(untraded[0]), "a line that nobody trades is not one without a market"


def with_depth(depth: pl.DataFrame) -> PriceInputs:
    return dataclasses.replace(all_current(len(VALUES)), depth=depth)


def test_the_pass_holds_them_against_their_limits() -> None:
    book = with_contracts(HELD)
    names = dict(book["target_position"].filter(as_of=LAST).select("instrument_id", "contract_id").iter_rows())
    depth = pl.DataFrame([(DAYS[-1], names["DI1_5Y"], 10_000.0, 100.0)], schema=DEPTH_SCHEMA, orient="row")
    frames = run_risk(VALUES, book, QUICK, DAYS[-1:], prices=with_depth(depth))
    uses = {row["limit_id"]: row for row in frames["risk_limits_status"].iter_rows(named=True)}
    state = book["portfolio_state"].row(-1, named=True)
    target = book["target_position"].filter(as_of=LAST, contracts=0).height
    assert target == len(IDS) - len(HELD)
    stress = frames["stress_test_results"].filter(
        pl.col("instrument_id") == "TOTAL", ~pl.col("scenario_id").is_in(["worst_day", "reverse_10"])
    )
    worst = -stress["pnl_brl"].drop_nulls().min() / state["nav_brl"]  # type: ignore[operator]
    assert uses["worst_scenario"]["value"] == pytest.approx(worst)
    assert uses["stressed_margin"]["value"] > uses["worst_scenario"]["value"]
    assert uses["days_to_liquidate"]["value"] == pytest.approx(40 / (RULES.share_of_volume * 100.0))
    assert uses["days_to_liquidate"]["status"] == "amber"
    assert uses["open_interest"]["value"] == pytest.approx(40 / 10_000.0)
    none = run_risk(VALUES, book, QUICK, DAYS[-1:])["risk_limits_status"]
    measured = none.filter(pl.col("limit_id").is_in(["days_to_liquidate", "open_interest"]))
    assert measured["status"].to_list() == ["absent", "absent"]
    faces = [use["value"] for use in (uses["gross_face"], uses["gross_leverage"])]
    assert faces[0] > 0
    twice = run_risk(VALUES, with_contracts({name: 2 * n for name, n in HELD.items()}), QUICK, DAYS[-1:])
    doubled = {row["limit_id"]: row["value"] for row in twice["risk_limits_status"].iter_rows(named=True)}
    assert doubled["gross_face"] == pytest.approx(2 * faces[0])
    assert doubled["worst_scenario"] == pytest.approx(2 * worst, rel=1e-9)


def test_a_book_without_contracts_binds_nothing() -> None:
    uses = dict(
        run_risk(VALUES, with_contracts({}), QUICK, DAYS[-1:])["risk_limits_status"]
        .select("limit_id", "value")
        .iter_rows()
    )
    for name in ("gross_face", "stressed_margin", "worst_scenario", "days_to_liquidate", "open_interest"):
        assert uses[name] == 0.0, name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("share_of_volume", 0.0),
        ("days", 0.0),
        ("volume_of_open_interest", 1.2),
        ("interest_days", 0),
        ("interest_growth", 0.5),
    ],
)
def test_a_rule_that_cannot_be_is_named(name: str, value: float) -> None:
    raw = read_toml("risk")
    with pytest.raises(BadCatalog, match=r"risk\.toml liquidity"):
        risk_parameters({**raw, "liquidity": {**raw["liquidity"], name: value}})
    with pytest.raises(BadCatalog, match=r"risk\.toml: liquidity is missing"):
        risk_parameters({key: part for key, part in raw.items() if key != "liquidity"})
