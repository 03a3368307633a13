"""The book adds up to the cent, never looks ahead, keeps its timing and limits, and holds on when prices are gone."""

import json
import re
from decimal import Decimal
from functools import cache

import numpy as np
import polars as pl
import pytest

from desk import gold
from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time, desk_day
from desk.portfolio import run_book
from desk.portfolio.contracts import calendar_days
from desk.risk import run_risk
from tests.desk.portfolio.panels import LONE, make_values, make_views, one_view

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
VALUES = make_values(460)
VIEWS = make_views(VALUES, IDS)
INCEPTION = VALUES["day"][300]


@cache
def whole() -> dict[str, pl.DataFrame]:
    return run_book(VALUES, VIEWS, LONE, PARAMETERS, INCEPTION)


def test_tables_have_golds_schemas_and_keys() -> None:
    assert set(whole()) == {
        "target_position",
        "portfolio_state",
        "package",
        "pnl_attribution",
        "pnl_by_strategy",
        "pnl_by_factor",
        "action",
        "withheld_order",
    }
    for name, frame in whole().items():
        assert frame.schema == pl.Schema(gold.GOLD[name].schema), name
        assert not frame.select("as_of", *gold.GOLD[name].key).is_duplicated().any(), name
    assert len(whole()["portfolio_state"]) == 160
    assert whole()["portfolio_state"]["as_of"][0] == decision_time(INCEPTION)


def test_the_parts_add_up_to_the_change_of_nav_to_the_cent() -> None:
    def cents(value: float | None) -> int:
        exact = Decimal(repr(0.0 if value is None else value)) * 100
        assert abs(exact - round(exact)) < Decimal("1e-4")
        return round(exact)

    lines = whole()["pnl_attribution"].group_by("as_of", maintain_order=True).agg(pl.all())
    nav = [cents(value) for value in whole()["portfolio_state"]["nav_brl"]]
    assert nav[0] == 100_000_000 * 100
    for row, line in enumerate(lines.iter_rows(named=True)):
        parts = sum(cents(x) for name in ("price_pnl_brl", "carry_pnl_brl") for x in line[name])
        costs = sum(cents(x) for x in line["cost_brl"])
        assert sum(cents(x) for x in line["pnl_brl"]) == parts - costs
        if row:
            assert nav[row] - nav[row - 1] == parts - costs
    state = whole()["portfolio_state"]
    np.testing.assert_allclose(state["pnl_brl"][1:], np.diff(state["nav_brl"]), atol=1e-6)


def test_later_days_change_no_earlier_row() -> None:
    cut = 400
    short = run_book(VALUES.head(cut), VIEWS, LONE, PARAMETERS, INCEPTION)
    last = decision_time(VALUES["day"][cut - 1])
    for name, frame in short.items():
        assert frame.equals(whole()[name].filter(pl.col("as_of") <= last)), name


def test_more_warm_up_before_the_window_changes_nothing() -> None:
    """The covariance looks back a fixed number of rows, so the book does not depend on how much history is loaded."""
    shorter = run_book(VALUES.tail(len(VALUES) - 40), VIEWS, LONE, PARAMETERS, INCEPTION)
    for name, frame in shorter.items():
        assert frame.equals(whole()[name]), name


def test_orders_fill_at_the_next_rows_prices_and_earn_from_then_on() -> None:
    """A long dollar decided at row 0: nothing earned at row 1 but the cost, then the change of the forward times 50."""
    book = run_book(VALUES, one_view("DOL", 1.0, VALUES), LONE, PARAMETERS, INCEPTION)
    dol = book["pnl_attribution"].filter(pl.col("instrument_id") == "DOL")
    target = book["target_position"].filter(pl.col("instrument_id") == "DOL")
    assert target["contracts_before"][:2].to_list() == [0, target["contracts"][0]]
    assert dol["contracts"][:3].to_list() == [0, 0, target["contracts"][0]]
    assert dol["price_pnl_brl"][1] == 0.0
    assert dol["cost_brl"][1] > 0
    gain = (target["price"][2] - target["price"][1]) * 50 * target["contracts"][0]
    assert target["contract_id"][0] == target["contract_id"][2]
    assert dol["price_pnl_brl"][2] + dol["carry_pnl_brl"][2] == pytest.approx(gain, abs=0.011)


def test_a_receiver_earns_its_unit_price_less_cdi() -> None:
    """B3's daily settlement: PU(t) - PU(t-1) x (1 + CDI)^(1/252), per contract."""
    book = run_book(VALUES, one_view("DI1_2Y", 1.0, VALUES), LONE, PARAMETERS, INCEPTION)
    line = book["pnl_attribution"].filter(pl.col("instrument_id") == "DI1_2Y")
    target = book["target_position"].filter(pl.col("instrument_id") == "DI1_2Y")
    row = 5
    factor = (1 + VALUES["cdi"][300 + row - 1]) ** (1 / 252)
    gain = (target["price"][row] - target["price"][row - 1] * factor) * line["contracts"][row]
    assert target["contracts"][0] > 0
    assert line["price_pnl_brl"][row] + line["carry_pnl_brl"][row] == pytest.approx(gain, abs=0.011)


RECENT = VALUES.tail(180)
SIGN_OF = {"DI1": ("pre", -1), "DAP": ("real", -1), "NTNB": ("real", -1), "DDI": ("cupom", -1), "UST": ("ust", -1)}
SIGN_OF |= {"SOV": ("cupom", -1), "DOL": ("usdbrl", 1), "IND": ("ibovespa", 1)}


@pytest.mark.parametrize("instrument_id", IDS)
@pytest.mark.parametrize("side", [1.0, -1.0])
def test_pnl_signs(instrument_id: str, side: float) -> None:
    """The last day's rates (or spot) jump up: a receiver loses, a payer gains; long dollars gain, short ones lose."""
    column, sign = SIGN_OF[instrument_id.split("_")[0]]
    names = [name for name in VALUES.columns if name.startswith(f"{column}_")] or [column]
    last = pl.col("day") == VALUES["day"][-1]
    up = [
        pl.when(last).then(pl.col(name) + 0.02 if names != [column] else pl.col(name) * 1.2).otherwise(pl.col(name))
        for name in names
    ]
    jumped = RECENT.with_columns(up)
    view, since = one_view(instrument_id, side, RECENT), RECENT["day"][-5]
    calm, jump = (run_book(panel, view, LONE, PARAMETERS, since)["pnl_attribution"] for panel in (RECENT, jumped))
    held = "DAP_5Y" if instrument_id == "NTNB_2030" else "DAP_10Y"
    held = held if instrument_id.startswith("NTNB") and side < 0 else instrument_id
    of_last = (pl.col("instrument_id") == held) & (pl.col("as_of") == decision_time(VALUES["day"][-1]))
    assert np.sign(calm.filter(of_last)["contracts"][0]) == side
    change = jump.filter(of_last)["pnl_brl"][0] - calm.filter(of_last)["pnl_brl"][0]
    assert np.sign(change) == sign * side


def test_packages_take_the_side_of_their_conviction_and_the_book_stays_inside_the_limits() -> None:
    lots = {item.id: item.lot for item in PARAMETERS.instruments}
    target = whole()["target_position"]
    for row in whole()["package"].filter(pl.col("legs") != "{}").iter_rows(named=True):
        for contracts in json.loads(row["legs"]).values():
            assert contracts * row["conviction"] > 0, row
    bonds = target.filter(pl.col("instrument_id").str.starts_with("NTNB"))
    assert bonds["contracts"].to_numpy().min() == 0
    assert bonds["contracts"].to_numpy().max() > 0
    assert all(n % lots[name] == 0 for name, n in target.select("instrument_id", "contracts").iter_rows())
    state = whole()["portfolio_state"]
    assert state["gross_leverage"].to_numpy().max() <= 3.0
    assert state["expected_volatility"].to_numpy().max() <= 0.08
    assert target["risk_weight"].abs().to_numpy().max() <= 0.25
    measured = run_risk(VALUES, whole(), PARAMETERS, [desk_day(as_of) for as_of in state["as_of"]])[
        "risk_limits_status"
    ]
    shares = measured.filter(pl.col("limit_id").str.ends_with("risk_share"))
    assert shares["utilisation"].null_count() == 0
    assert shares["utilisation"].to_numpy().max() <= 1.0


def test_weak_views_make_a_smaller_book() -> None:
    weak = VIEWS.with_columns(pl.col("conviction") * 0.3)
    book = run_book(VALUES, weak, LONE, PARAMETERS, INCEPTION)
    strong, small = (frames["portfolio_state"]["target_volatility"].to_numpy().mean() for frames in (whole(), book))
    assert small < 0.7 * strong


def test_null_views_close_the_line() -> None:
    gone = VIEWS.with_columns(
        pl.when(pl.col("as_of") >= decision_time(VALUES["day"][440]))
        .then(None)
        .otherwise("conviction")
        .alias("conviction")
    )
    book = run_book(VALUES, gone, LONE, PARAMETERS, INCEPTION)
    assert (
        book["target_position"].filter(pl.col("as_of") >= decision_time(VALUES["day"][440]))["contracts"] == 0
    ).all()
    last = book["portfolio_state"].tail(1)
    assert last["active_positions"][0] == 0
    assert last["pnl_brl"][0] == pytest.approx(last["nav_brl"][0] - book["portfolio_state"]["nav_brl"][-2], abs=1e-6)


def test_rolls_pay_both_contracts_and_keep_the_side() -> None:
    book = run_book(VALUES, one_view("DOL", 0.9, VALUES), LONE, PARAMETERS, INCEPTION)
    actions = book["action"]
    rolls = actions.filter(pl.col("sentence").str.contains("rolls"))
    assert len(rolls) >= 6
    first = actions.filter(pl.col("as_of") == rolls["as_of"][0])
    assert sorted(first["side"]) == ["buy", "sell"]
    assert first["contract_id"].n_unique() == 2
    assert first.filter(pl.col("side") == "sell")["contracts_to"][0] == 0


def test_actions_are_the_changes_of_target_and_say_why() -> None:
    target, actions = whole()["target_position"], whole()["action"]
    change = target.with_columns(delta=pl.col("contracts") - pl.col("contracts_before"))
    orders = actions.group_by("as_of", "instrument_id").agg(pl.col("order_contracts").sum())
    joined = change.join(orders, on=["as_of", "instrument_id"], how="left").with_columns(
        pl.col("order_contracts").fill_null(0)
    )
    assert (joined["delta"] == joined["order_contracts"]).all()
    row = actions.filter(pl.col("instrument_id").str.starts_with("DI1"), pl.col("contracts_to") < 0)
    sentence, level = row["sentence"][0], row["invalidation"][0]
    assert sentence.startswith(("Buy ", "Sell ", "Receive ", "Pay "))
    for part in (
        "pay ",
        "BRL/bp",
        "because DI1_",
        "costs about BRL ",
        f"trades below {level * 100:.2f}%",
    ):
        assert part in sentence
    assert set(actions["invalidation_unit"].drop_nulls()) <= {"fraction per year", "BRL per USD 1,000", "points"}


def test_invalidation_is_two_deviations_over_ten_days_against_the_position() -> None:
    joined = whole()["action"].join(whole()["target_position"], on=["as_of", "instrument_id"], suffix="_target")
    rows = joined.filter(pl.col("contracts_to") != 0, pl.col("contract_id") == pl.col("contract_id_target"))
    for row in rows.iter_rows(named=True):
        loss = 2 * np.sqrt(10) * row["unit_vol_brl"] * abs(row["contracts_to"])
        if row["rate"] is None:
            multiplier = PARAMETERS.instrument(row["instrument_id"]).multiplier
            move = (row["invalidation"] - row["price"]) * multiplier * row["contracts_to"]
        else:
            move = -(row["invalidation"] - row["rate"]) * 1e4 * row["dv01_brl"]
        assert move == pytest.approx(-loss, rel=1e-6)


@pytest.mark.parametrize(
    ("instrument_id", "side", "opening", "stance", "ending"),
    [
        ("SOV_BR_5Y", 1.0, "Sell protection ", "-> sell protection ", r"trades above \d+ bp"),
        ("SOV_BR_5Y", -1.0, "Buy protection ", "-> buy protection ", r"trades below \d+ bp"),
        ("UST_10Y", 1.0, "Buy ", "-> receive ", r"invalid if ZN[HMUZ]26 trades above \d\.\d\d%"),
        ("DDI_2Y", -1.0, "Pay ", "-> pay ", r"trades below \d\.\d\d%"),
        ("NTNB_2035", 1.0, "Buy ", "-> receive ", r"NTN-B_2035-05-15 trades above \d\.\d\d%"),
        ("DOL", -1.0, "Sell ", "-> short BRL ", r"trades above [\d,]+\.\d"),
    ],
)
def test_an_order_speaks_in_its_own_quotation(
    instrument_id: str, side: float, opening: str, stance: str, ending: str
) -> None:
    orders = run_book(RECENT, one_view(instrument_id, side, RECENT), LONE, PARAMETERS, RECENT["day"][-1])["action"]
    assert len(orders) == 1
    sentence = orders["sentence"][0]
    assert sentence.startswith(opening)
    assert stance in sentence
    assert re.search(ending, sentence), sentence


def test_days_are_counted_from_the_session_of_the_prices() -> None:
    start = np.array(["2026-01-02"], dtype="datetime64[D]")
    assert calendar_days(start, np.array(["2026-02-02"], dtype="datetime64[D]"))[0] == 31
