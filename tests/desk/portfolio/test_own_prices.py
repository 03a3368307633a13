"""Positions are marked at what their contract was settled at: P&L recomputed by hand from the settlements alone.

The hand has nothing of the desk's pricing: decimal fractions, and business days counted one by one.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal, getcontext
from functools import cache

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog.defence import PRICE_GROUPS
from desk.model import SILVER, decision_time
from desk.point_in_time.as_of_grid import Grid
from desk.portfolio.book_state_json import from_json, to_json
from desk.portfolio.contracts import map_contracts, valuation_day
from desk.portfolio.market_levels import CURVE_COLUMNS
from desk.portfolio.own_prices import ANBIMA, MARK_SOURCES, SETTLEMENT, TESOURO_DIRETO, read_own_prices
from desk.portfolio.portfolio_pass import BookRun, continue_book, open_book
from desk.portfolio.price_inputs import PriceInputs, all_current
from desk.transforms.settled_prices import SETTLED_SCHEMA, settled_prices
from tests.desk.portfolio.panels import FREE, LONE, make_values, views_of

getcontext().prec = 40
COUNT = 150
VALUES = make_values(COUNT, last=dt.date(2026, 5, 14))
"""Its last days have no roll of a held contract, and no coupon."""
DAYS: list[dt.date] = VALUES["day"].to_list()
INCEPTION = DAYS[-12]
AWAY = DAYS[-5]
"""The decision that knows no settlement."""
IDS = FREE.instrument_ids
NAMES = [terms.id for terms in LONE]
HELD = {"DI1_2Y": 0.3, "DAP_3Y": -0.2, "DOL": 0.2, "IND": -0.2, "NTNB_2035": 0.3, "UST_5Y": 0.1, "DDI_1Y": 0.1}
ROOTS = ("DI1", "DAP", "DOL", "IND")


def between(start: dt.date, end: dt.date) -> int:
    """Business days in [start, end), counted."""
    calendar, day, found = calendars.anbima(), start, 0
    while day < end:
        found += calendar.is_business_day(day)
        day += dt.timedelta(days=1)
    return found


@cache
def settled() -> pl.DataFrame:
    """Settlements of every future that may be held, and the rate of the bond: off the curve by some points, each day
    by others."""
    rng = np.random.default_rng(3)
    rows = []
    contracts = map_contracts(FREE.instruments, np.array(DAYS, dtype="datetime64[D]"))
    for row, day in enumerate(DAYS):
        for column, item in enumerate(FREE.instruments):
            session = valuation_day(day)
            if item.root in ROOTS:
                for back in (0, 1, 2):  # a line may sit in the contract of the days before
                    at = max(row - back, 0)
                    years = between(session, contracts.maturity[at, column].item()) / 252
                    rows.append((day, str(contracts.contract_id[at, column]), item.kind, years))
    seen = dict.fromkeys(rows)
    found = []
    for day, name, kind, years in seen:
        noise = float(rng.normal(0, 0.002))
        level = VALUES.row(DAYS.index(day), named=True)
        if kind in ("pre_pu", "real_pu"):
            rate = level["pre_504" if kind == "pre_pu" else "real_756"] + noise
            price = round(100_000 / (1 + rate) ** years, 2)
        else:
            spot = level["usdbrl"] * 1000 if kind == "fx_forward" else level["ibovespa"]
            price = round(spot * (1 + level["pre_126"]) ** years * (1 + noise), 1)
        found.append((day, name, price, None))
    for day in DAYS:
        rate = VALUES["real_1764"][DAYS.index(day)] + float(rng.normal(0, 0.001))
        found.append((day, "ANBIMA:NTN-B_2035-05-15", None, round(rate, 6)))
    return pl.DataFrame(found, schema=SETTLED_SCHEMA, orient="row").unique(["day", "contract_id"], keep="first")


def inputs(frame: pl.DataFrame) -> PriceInputs:
    own = read_own_prices(frame, np.array(DAYS, dtype="datetime64[D]"), FREE.instruments)
    return dataclasses.replace(all_current(COUNT), own=own)


def book(frame: pl.DataFrame, values: pl.DataFrame = VALUES, until: dt.date = DAYS[-1]) -> BookRun:
    upto = int((values["day"] <= until).sum())
    views = views_of(values, {name: np.full(COUNT, side) for name, side in HELD.items()})
    return open_book(values.head(upto), views, LONE, FREE, INCEPTION, inputs(frame)[slice(upto)], DAYS[-8:])


def prices_of(frame: pl.DataFrame) -> dict[tuple[dt.date, str], tuple[float | None, float | None]]:
    return {(day, name): (price, rate) for day, name, price, rate in frame.iter_rows()}


def cdi_growth(before: dt.date, after: dt.date) -> Decimal:
    """One BRL in cash between the sessions of two decisions."""
    rate = Decimal(VALUES["cdi"][DAYS.index(before)])
    return (1 + rate) ** (Decimal(between(valuation_day(before), valuation_day(after))) / 252)


def quotation(session: dt.date, rate: float) -> Decimal:
    """Of the NTN-B of 15 May 2035 by ANBIMA's rules, a share of the nominal value."""
    days = [dt.date(year, month, 15) for year in range(2025, 2036) for month in (5, 11)]
    due = [calendars.anbima().on_or_after(day) for day in days if day <= dt.date(2035, 5, 15)]
    total = Decimal(0)
    for day in due:
        if day <= session:
            continue
        amount = Decimal("2.956301") + (Decimal(100) if day == due[-1] else 0)
        total += amount / (1 + Decimal(str(rate))) ** (Decimal(between(session, day)) / 252)
    return total.quantize(Decimal("0.0001"), rounding="ROUND_DOWN") / 100


def by_hand(name: str, contract: str, before: dt.date, after: dt.date, frame: pl.DataFrame) -> Decimal:
    """P&L of one contract between two decisions that both know its settlement."""
    known = prices_of(frame)
    index = {day: Decimal(VALUES["ipca_index_pro_rata"][DAYS.index(day)]) for day in (before, after)}
    if name.startswith("NTNB"):
        bond = "ANBIMA:NTN-B_2035-05-15"
        rates = {day: known[day, bond][1] or 0.0 for day in (before, after)}
        nominal = {day: 1000 * index[day] / Decimal("1614.62") for day in (before, after)}
        worth = {day: nominal[day] * quotation(valuation_day(day), rates[day]) for day in (before, after)}
        return worth[after] - worth[before] * cdi_growth(before, after)
    then, now = (Decimal(str(known[day, contract][0])) for day in (before, after))
    if name.startswith("DI1"):
        return now - then * cdi_growth(before, after)
    if name.startswith("DAP"):
        point = Decimal("0.00025")
        return now * point * index[after] - then * point * index[before] * cdi_growth(before, after)
    return (now - then) * Decimal(50 if name == "DOL" else 1)


def lines(run: BookRun, table: str = "pnl_attribution") -> pl.DataFrame:
    return run.frames[table]


def test_each_lines_pnl_is_that_of_its_settlements_to_the_cent() -> None:
    frame, run = settled(), book(settled())
    held = lines(run, "target_position").select("as_of", "instrument_id", "contract_id")
    compared: dict[str, int] = {}
    for before, after in zip(DAYS[-8:-1], DAYS[-7:], strict=True):  # no decision is made on these: nothing rolls
        names = dict(held.filter(as_of=decision_time(before)).select("instrument_id", "contract_id").iter_rows())
        for row in lines(run).filter(as_of=decision_time(after)).iter_rows(named=True):
            name = row["instrument_id"]
            if not row["contracts"] or not name.startswith(("DI1", "DAP", "DOL", "IND", "NTNB")):
                continue
            own = by_hand(name, names[name], before, after, frame) * int(row["contracts"])
            assert row["price_pnl_brl"] + row["carry_pnl_brl"] == pytest.approx(float(own), abs=0.011), (name, after)
            assert row["source_pnl_brl"] == 0.0
            compared[name] = compared.get(name, 0) + 1
    assert compared == dict.fromkeys(("DI1_2Y", "DAP_3Y", "DOL", "IND", "NTNB_2035"), 7)


def test_the_parts_add_up_and_only_cross_terms_are_left_over() -> None:
    run = book(settled())
    state = run.frames["portfolio_state"]
    np.testing.assert_allclose(np.diff(state["nav_brl"]), state["pnl_brl"][1:], atol=0.005)
    for name in ("pnl_attribution", "pnl_by_strategy", "pnl_by_factor"):
        total = run.frames[name].group_by("as_of").agg(pl.col("pnl_brl").sum()).sort("as_of")["pnl_brl"]
        np.testing.assert_allclose(total.to_numpy(), state["pnl_brl"].to_numpy(), atol=0.005, err_msg=name)
    factors = run.frames["pnl_by_factor"]
    moved = factors.filter(pl.col("factor").is_in(["DI", "REAL", "FX", "EQUITY"]))
    left = factors.filter(factor="RESIDUAL")
    assert np.abs(left["pnl_brl"].to_numpy()).sum() < 0.02 * np.abs(moved["pnl_brl"].to_numpy()).sum()
    assert not factors["factor"].is_in(["SOURCE_CHANGE"]).any()


def test_a_position_says_what_it_is_marked_at() -> None:
    frame = settled().filter(~((pl.col("day") == AWAY) & pl.col("contract_id").str.starts_with("DOL")))
    rows = lines(book(frame), "target_position").filter(pl.col("contracts") != 0)
    found = {(row["instrument_id"], row["as_of"]): row["marked_at"] for row in rows.iter_rows(named=True)}
    last, away = decision_time(DAYS[-1]), decision_time(AWAY)
    assert {name: mark for (name, as_of), mark in found.items() if as_of == last} == {
        "DI1_2Y": "settlement", "DAP_3Y": "settlement", "DOL": "settlement", "IND": "settlement",
        "NTNB_2035": "anbima", "UST_5Y": "curve", "DDI_1Y": "curve",
    }  # fmt: skip
    assert found["DOL", away] == "curve"
    price = rows.filter(as_of=last, instrument_id="DI1_2Y").row(0, named=True)
    assert price["price"] == prices_of(frame)[DAYS[-1], price["contract_id"]][0]
    years = between(valuation_day(DAYS[-1]), price["maturity"]) / 252
    assert price["rate"] == pytest.approx((100_000 / price["price"]) ** (1 / years) - 1, abs=1e-12)
    assert price["notional_brl"] == pytest.approx(price["contracts"] * price["price"], abs=0.005)


LEVELS = {"pre_": 0.13, "real": 0.07}
FLAT = VALUES.with_columns(
    pl.when(pl.col("day") >= INCEPTION).then(LEVELS[name[:4]]).otherwise(name).alias(name)
    for name in CURVE_COLUMNS
    if name[:4] in LEVELS
)
"""Flat curves since the inception: the price by the curve is one line of arithmetic."""


def test_what_the_curve_and_the_settlement_differ_by_is_a_change_of_source() -> None:
    """The settlement of one session is not there: its line goes to the curve for a day, and back."""
    frame = settled().filter(pl.col("day") != AWAY)
    run = book(frame, FLAT)
    before, after = DAYS[DAYS.index(AWAY) - 1], DAYS[DAYS.index(AWAY) + 1]
    position = (
        lines(run, "target_position").filter(as_of=decision_time(before), instrument_id="DI1_2Y").row(0, named=True)
    )
    contract, size = position["contract_id"], position["contracts"]

    def curve(day: dt.date) -> Decimal:
        return Decimal(100_000) / Decimal("1.13") ** (Decimal(between(valuation_day(day), position["maturity"])) / 252)

    def own(day: dt.date) -> Decimal:
        return Decimal(str(prices_of(frame)[day, contract][0]))

    out = (curve(before) - own(before)) * cdi_growth(before, AWAY) * size
    back = (own(after) - curve(after)) * size
    market = (curve(AWAY) - curve(before) * cdi_growth(before, AWAY)) * size
    found = {
        row["as_of"]: row for row in lines(run).filter(instrument_id="DI1_2Y").iter_rows(named=True) if row["contracts"]
    }
    gone, returned = found[decision_time(AWAY)], found[decision_time(after)]
    assert gone["source_pnl_brl"] == pytest.approx(float(out), abs=0.011)
    assert gone["price_pnl_brl"] == 0.0, "the flat curve has not moved"
    assert gone["price_pnl_brl"] + gone["carry_pnl_brl"] == pytest.approx(float(market), abs=0.011)
    assert returned["source_pnl_brl"] == pytest.approx(float(back), abs=0.011)
    assert min(abs(out), abs(back)) > 100
    whole = lines(run).filter(pl.col("source_pnl_brl") != 0.0).group_by("as_of").agg(pl.col("source_pnl_brl").sum())
    assert whole["as_of"].sort().to_list() == [decision_time(AWAY), decision_time(after)]
    for table in ("pnl_by_factor", "pnl_by_strategy"):
        key = run.frames[table].columns[1]
        booked = run.frames[table].filter(pl.col(key) == "SOURCE_CHANGE").sort("as_of")["pnl_brl"].to_list()
        assert booked == pytest.approx(whole.sort("as_of")["source_pnl_brl"].to_list(), abs=0.005)


def test_no_settlement_of_another_session_and_none_known_later_is_used() -> None:
    days = DAYS[-4:]
    sessions = [valuation_day(day) for day in days]
    knows = [decision_time(day) for day in days]
    minute = dt.timedelta(minutes=1)
    rows = [
        ("DI1F28", sessions[0], knows[0] - minute, 90_000.0),
        ("DI1F28", sessions[0], knows[0] + minute, 90_001.0),  # a revision of a session that is past by then
        ("DI1F28", sessions[1], knows[1] + minute, 91_000.0),  # too late for its decision
        ("DI1F28", sessions[2], knows[2] - 3 * minute, 92_000.0),
        ("DI1F28", sessions[2], knows[2], 92_001.0),  # a revision in time
        ("DI1F28", days[3], knows[3] - minute, 95_000.0),  # of the day itself
    ]
    frame = pl.DataFrame(
        [(name, day, known, price, None, None, None) for name, day, known, price in rows],
        schema={name: kind for name, kind in SILVER["settlement"].stored_schema.items() if name in ROW},
        orient="row",
    )
    found = settled_prices(frame, Grid.of(days))
    assert found.select("day", "price").rows() == [(days[0], 90_000.0), (days[2], 92_001.0)]
    cut = settled_prices(frame.filter(pl.col("knowledge_time") <= knows[1]), Grid.of(days))
    assert cut.filter(pl.col("day") <= days[1]).equals(found.filter(pl.col("day") <= days[1]))


ROW = ("contract_id", "obs_date", "knowledge_time", "price", "rate", "open_interest", "volume")


def test_a_bond_has_anbimas_rate_before_tesouro_diretos_and_the_published_quotation() -> None:
    """31 May 2024, NTN-B 15 May 2035 at 6.149%: 99.3651 (published)."""
    day = calendars.b3().offset(dt.date(2024, 5, 31), 1)
    next_day = calendars.b3().offset(day, 1)
    frame = pl.DataFrame(
        [
            (day, "TD:NTN-B_2035-05-15", 4_100.0, 0.0622),
            (day, "ANBIMA:NTN-B_2035-05-15", None, 0.06149),
            (next_day, "TD:NTN-B_2035-05-15", 4_100.0, 0.0622),
            (day, "TD:NTN-B-P_2035-05-15", 4_100.0, 0.05),
            (day, "TD:NTN-B_2050-08-15", 4_100.0, 0.05),
            (day, "AUCTION:LTN_2027-07-01", 700.0, 0.1),
        ],
        schema=SETTLED_SCHEMA,
        orient="row",
    )
    own = read_own_prices(frame, np.array([day, next_day], dtype="datetime64[D]"), FREE.instruments)
    maturity = np.array([["2035-05-15"], ["2035-05-15"]], dtype="datetime64[D]")
    price, source = own.best(np.array([0, 1]), ("NTN-B",), maturity)
    assert price[0, 0] == pytest.approx(0.993651, abs=1e-12)
    assert source[:, 0].tolist() == [ANBIMA, TESOURO_DIRETO]
    assert len(own.keys) == 3
    assert MARK_SOURCES[SETTLEMENT] == "settlement"


def without_marks(state: str) -> str:
    """The state as a release stored it that marked at the curve."""
    read = json.loads(state)
    for row in read["levels"].values():
        del row["marks"]
    return json.dumps(read)


def continued(state: str, frame: pl.DataFrame, values: pl.DataFrame = VALUES) -> Mapping[str, pl.DataFrame]:
    views = views_of(values, {name: np.full(COUNT, side) for name, side in HELD.items()})
    start = from_json(state, IDS, NAMES)
    return continue_book(values, views, LONE, FREE, start, DAYS[-8:], inputs(frame)).frames


def test_a_continued_book_books_the_same_and_keeps_the_marks_it_was_made_at() -> None:
    whole, upto = book(settled()), DAYS[-4]
    state = to_json(book(settled(), until=upto).states[upto], IDS, NAMES)
    later = pl.col("as_of") > decision_time(upto)
    after = continued(state, settled())
    for name in ("pnl_attribution", "pnl_by_factor", "pnl_by_strategy", "portfolio_state", "target_position"):
        expected = whole.frames[name].filter(later)
        numbers = [column for column, kind in expected.schema.items() if kind == pl.Float64]
        assert after[name].drop(numbers).equals(expected.drop(numbers)), name
        for column in numbers:
            np.testing.assert_allclose(after[name][column], expected[column], atol=1e-6, err_msg=f"{name}.{column}")
    # A settlement that is corrected after its day was decided: what the day was marked at stays.
    wrong = pl.when(pl.col("day") == upto).then(10.0).otherwise(0.0)
    corrected = settled().with_columns(price=pl.col("price") + wrong)
    assert continued(state, corrected)["portfolio_state"].equals(after["portfolio_state"])


def test_a_state_of_a_release_that_marked_at_the_curve_books_the_difference_as_a_change_of_source() -> None:
    upto, after = DAYS[-4], DAYS[-3]
    run = book(settled().clear(), FLAT, until=upto)
    old = without_marks(to_json(run.states[upto], IDS, NAMES))
    found = continued(old, settled(), FLAT)["pnl_attribution"].filter(
        as_of=decision_time(after), instrument_id="DI1_2Y"
    )
    held = run.frames["target_position"].filter(as_of=decision_time(upto), instrument_id="DI1_2Y").row(0, named=True)
    assert held["contracts"] != 0
    then, now = (
        Decimal(100_000) / Decimal("1.13") ** (Decimal(between(valuation_day(day), held["maturity"])) / 252)
        for day in (upto, after)
    )
    # The new source has the session of the last mark: it says what the market did, and the rest is the change.
    own = {day: Decimal(str(prices_of(settled())[day, held["contract_id"]][0])) for day in (upto, after)}
    growth = cdi_growth(upto, after)
    row = found.row(0, named=True)
    assert row["price_pnl_brl"] + row["carry_pnl_brl"] == pytest.approx(
        float((own[after] - own[upto] * growth) * held["contracts"]), abs=0.011
    )
    assert row["source_pnl_brl"] == pytest.approx(float((own[upto] - then) * growth * held["contracts"]), abs=0.021)
    assert now > then


def test_an_old_curve_leaves_a_settled_line_its_mark_and_takes_its_orders() -> None:
    known = inputs(settled())
    current = known.current.copy()
    current[DAYS.index(AWAY), PRICE_GROUPS.index("pre")] = False
    views = views_of(VALUES, {name: np.full(COUNT, side) for name, side in HELD.items()})
    run = open_book(VALUES, views, LONE, FREE, INCEPTION, dataclasses.replace(known, current=current))
    away = lines(run).filter(as_of=decision_time(AWAY))
    marks = dict(away.select("instrument_id", "mark").iter_rows())
    assert (marks["DI1_2Y"], marks["DOL"], marks["IND"]) == ("marked", "marked", "marked")
    ordered = run.frames["action"].filter(as_of=decision_time(AWAY))["instrument_id"].to_list()
    assert not {"DI1_2Y", "DOL", "IND"} & set(ordered)
    whole = open_book(VALUES, views, LONE, FREE, INCEPTION, known)
    same = [
        one.frames["pnl_attribution"].filter(as_of=decision_time(AWAY), instrument_id="DI1_2Y")["pnl_brl"][0]
        for one in (run, whole)
    ]
    assert same[0] == pytest.approx(same[1], abs=0.005)
