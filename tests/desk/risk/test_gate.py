"""The gate: each check fires on what it is there for, and on nothing that a day of the book's own making has."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import polars as pl
import pytest

from desk.catalog.defence import GATE_CHECKS, load_defence
from desk.gold import ACTION, GOLD
from desk.risk.gate import check_actions, stopped
from desk.risk.gate_basis import GateInput
from desk.risk.gate_proposal import proposal_code, with_releases

RULES = load_defence().gate
NOW, THEN = (dt.datetime(2026, 11, day, 9, 0, tzinfo=dt.UTC) for day in (19, 18))
NAV = 100_000_000.0
LINES = ("DI1_2Y", "DI1_5Y", "DOL", "IND", "DAP_3Y")


def frame(table: str, *rows: dict[str, Any], as_of: dt.datetime = NOW) -> pl.DataFrame:
    blank = dict.fromkeys(GOLD[table].schema)
    return pl.DataFrame([{**blank, "as_of": as_of, **row} for row in rows], schema=GOLD[table].schema)


def day(**changes: Any) -> GateInput:
    """A calm day: five lines that each gain BRL 10,000 on a deviation of 20,000, one order of five contracts."""
    gain = changes.get("gain", 10_000.0)
    pnl = sum(gain if name == "DI1_2Y" else 10_000.0 for name in LINES) + changes.get("cash", 50_000.0)
    booked = [
        {"instrument_id": name, "contracts": 100, "price_pnl_brl": gain if name == "DI1_2Y" else 10_000.0}
        | {"carry_pnl_brl": 0.0, "cost_brl": 0.0, "pnl_brl": gain if name == "DI1_2Y" else 10_000.0}
        | {"mark": "marked", "marked_from": changes.get("marked_from", dt.date(2026, 11, 18))}
        for name in LINES
    ] + [{"instrument_id": "CASH", "pnl_brl": changes.get("booked", changes.get("cash", 50_000.0))}]
    after = {"DI1_2Y": changes.get("contracts", 105)}
    closed = changes.get("closed", ())
    targets = [
        {"instrument_id": name, "contracts": 0 if name in closed else after.get(name, 100), "contracts_before": 100}
        | {"unit_vol_brl": changes.get("deviation", 200.0) if name == "DI1_2Y" else 200.0}
        for name in LINES
    ]
    measured = [{**row, "unit_vol_brl": 200.0} for row in targets]
    order = {"seq": 1, "instrument_id": "DI1_2Y", "contract_id": "DI1F28", "order_contracts": after["DI1_2Y"] - 100}
    order |= {"cost_brl": changes.get("cost", 12.0), "dv01_change_brl": 1.0, "notional_change_brl": 1.0}
    state = {
        "nav_brl": changes.get("nav", NAV + pnl),
        "pnl_brl": pnl,
        "risk_multiplier": changes.get("multiplier", 1.0),
    }
    return GateInput(
        today={
            "portfolio_state": frame("portfolio_state", state),
            "pnl_attribution": frame("pnl_attribution", *booked),
            "pnl_by_strategy": frame("pnl_by_strategy", {"strategy_id": "X", "pnl_brl": pnl}),
            "pnl_by_factor": frame("pnl_by_factor", {"factor": "DI", "pnl_brl": pnl}),
            "target_position": frame("target_position", *targets),
            "risk_limits_status": frame(
                "risk_limits_status",
                {"limit_id": "var_95", "name": "VaR 95%", "value": changes.get("use", 0.031), "threshold": 0.03}
                | {"status": changes.get("limit", "green")},
            ),
            "action": frame("action", order),
        },
        before={
            "portfolio_state": frame("portfolio_state", {"nav_brl": NAV, "risk_multiplier": 1.0}, as_of=THEN),
            "target_position": frame("target_position", *measured, as_of=THEN),
            "risk_metrics_daily": frame(
                "risk_metrics_daily",
                {"metric": "var_99", "method": "filtered_historical", "value": changes.get("var", 0.005)},
                as_of=THEN,
            ),
            "risk_limits_status": frame(
                "risk_limits_status",
                {"limit_id": "var_95", "value": changes.get("used", 0.029)},
                {"limit_id": "var_99", "threshold": 0.0176},
                as_of=THEN,
            ),
        },
        listed=pl.DataFrame(
            {"contract_id": ["DI1F28"], "open_interest": [changes.get("open", 2_000.0)], "volume": [1_000.0]}
        ),
        headline="filtered_historical",
        target_volatility=0.08,
        without={"risk_limits_status": frame("risk_limits_status", {"limit_id": "var_95", "value": 0.029})},
    )


def failed(found: GateInput) -> list[str]:
    checks = check_actions(found, RULES)
    assert checks["check_id"].to_list() == list(RULES)
    assert stopped(checks) == (checks["state"] == "failed").any()
    return checks.filter(pl.col("state") == "failed")["check_id"].to_list()


def test_a_calm_day_passes_every_check() -> None:
    assert set(RULES) == set(GATE_CHECKS)
    states = dict(check_actions(day(), RULES).select("check_id", "state").iter_rows())
    assert states.pop("released") == "unknown", "nobody has released anything"
    assert set(states.values()) == {"passed"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"gain": 400_000.0}, ["line_pnl"]),
        ({"gain": -2_500_000.0}, ["pnl", "line_pnl"]),
        ({"nav": NAV}, ["nav_chain"]),
        ({"cost": None}, ["numbers"]),
        ({"deviation": None}, ["numbers"]),
        ({"booked": float("nan")}, ["nav_chain"]),
        # A CDI of 1,300% is in no line's P&L: the day's interest is twenty times itself.
        ({"cash": 1_050_000.0}, ["cash"]),
        ({"cash": -400_000.0}, ["cash"]),
        # A VaR that has slipped to a fifth of NAV the day before allows no loss beyond its own limit.
        ({"gain": -7_500_000.0, "var": 0.2}, ["pnl", "line_pnl"]),
        # A multiplier ten times its own: the line is sized, and its P&L told, by it; nothing else would show it.
        ({"deviation": 2_000.0, "contracts": 10}, ["unit_risk"]),
        # Prices that stand still: ten times the position at a tenth of the deviation is no larger by its own measure.
        ({"deviation": 20.0, "contracts": 1_000, "open": None}, ["unit_risk", "volume"]),
        ({"deviation": 20.0, "contracts": 10_000, "open": None}, ["unit_risk", "position", "volume"]),
        ({"open": 0.0}, ["open_interest"]),
        ({"contracts": 5_000}, ["position", "open_interest", "volume"]),
        ({"contracts": 15_000}, ["turnover", "position", "open_interest", "volume"]),
        ({"contracts": 210}, ["open_interest"]),
        ({"limit": "breach"}, ["limits"]),
        ({"closed": LINES[1:]}, ["closed"]),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else None,
)
def test_each_check_stops_what_it_is_there_for(changes: dict[str, Any], expected: list[str]) -> None:
    assert failed(day(**changes)) == expected


@pytest.mark.parametrize("use", [None, float("nan")])
def test_limits_whose_use_nobody_knows_have_not_passed(use: float | None) -> None:
    checks = check_actions(day(use=use), RULES)
    found = checks.filter(check_id="limits").row(0, named=True)
    assert (found["state"], found["detail"]) == ("unknown", "not known: VaR 95%")


def test_the_pnl_of_several_days_is_measured_against_several_days() -> None:
    """What is too much for one day is not for the four weeks that a line has caught up."""
    assert failed(day(gain=320_000.0)) == ["line_pnl"]
    assert failed(day(gain=320_000.0, marked_from=dt.date(2026, 10, 22))) == []


def test_the_breakers_cut_closes_positions_and_is_no_failure() -> None:
    assert failed(day(closed=LINES[1:], multiplier=0.0)) == []


def test_a_check_names_what_it_is_of_as_facts_and_what_is_no_number_as_null() -> None:
    """JSON has no NaN: a check whose amount is none must be stored all the same."""
    checks = {row["check_id"]: row for row in check_actions(day(gain=400_000.0), RULES).to_dicts()}
    assert json.loads(checks["line_pnl"]["facts"]) == {"instrument_id": "DI1_2Y", "brl": 400_000.0}
    assert set(json.loads(checks["pnl"]["facts"])) == {"brl", "var_99_brl"}
    assert checks["turnover"]["facts"] is None, "its detail is ids, of no language"
    spoiled = {row["check_id"]: row for row in check_actions(day(gain=math.nan), RULES).to_dicts()}
    assert json.loads(spoiled["pnl"]["facts"])["brl"] is None


def test_what_cannot_be_measured_yet_stops_nothing() -> None:
    """The first day of a book: nothing before it, no VaR, nothing listed."""
    found = day()
    empty = {name: rows.clear() for name, rows in found.before.items()}
    first = GateInput(found.today, empty, found.listed.clear(), found.headline, found.target_volatility)
    checks = check_actions(first, RULES)
    states = dict(checks.select("check_id", "state").iter_rows())
    assert [states[name] for name in ("nav_chain", "pnl", "line_pnl", "turnover", "closed", "volume")] == [
        "unknown"
    ] * 6
    assert not stopped(checks)


@pytest.mark.parametrize("nav", [0.0, -NAV, math.nan])
def test_a_book_that_had_no_nav_is_stopped(nav: float) -> None:
    found = day()
    before = {**found.before, "portfolio_state": found.before["portfolio_state"].with_columns(nav_brl=nav)}
    wrong = failed(GateInput(found.today, before, found.listed, found.headline, found.target_volatility))
    assert {"pnl", "cash"} <= set(wrong)


def test_a_day_without_orders_passes() -> None:
    found = day(contracts=100)
    today = {**found.today, "action": pl.DataFrame(schema=ACTION.schema)}
    assert failed(GateInput(today, found.before, found.listed, found.headline, found.target_volatility)) == []


def code_of(found: GateInput) -> str:
    return proposal_code(found.today["action"], found.today["portfolio_state"], check_actions(found, RULES))


def test_another_order_another_nav_or_another_reason_is_another_proposal() -> None:
    seen = day(gain=400_000.0)
    codes = [
        code_of(day(gain=400_000.0, **change)) for change in ({"contracts": 106}, {"nav": NAV}, {"limit": "breach"})
    ]
    assert len({code_of(seen), *codes}) == 4
    assert code_of(seen) == code_of(day(gain=400_000.0))
    words = seen.today["action"].with_columns(sentence=pl.lit("sell at 14.20%, not 14.10%"))
    assert proposal_code(words, seen.today["portfolio_state"], check_actions(seen, RULES)) != code_of(seen)
    backwards = pl.concat([words, seen.today["action"]])
    state, checks = seen.today["portfolio_state"], check_actions(seen, RULES)
    assert proposal_code(backwards, state, checks) == proposal_code(backwards.reverse(), state, checks)
    assert (
        len(code_of(GateInput({**seen.today, "action": words.clear()}, {**seen.before}, seen.listed, "", 0.08))) == 12
    )


def test_a_release_is_of_the_orders_that_were_seen_and_of_no_others() -> None:
    found = day(gain=400_000.0)
    checks, code = check_actions(found, RULES), code_of(found)
    assert with_releases(checks, code, ()).equals(checks)
    issued = with_releases(checks, code, ("000000000000", code))
    states = dict(issued.select("check_id", "state").iter_rows())
    assert (states["line_pnl"], states["released"]) == ("released", "passed")
    assert not stopped(issued)
    calm = check_actions(day(), RULES)
    other = with_releases(calm, code_of(day()), (code,))
    assert stopped(other), "every check passes, but nobody has seen these orders"
    assert other.filter(check_id="released").row(0, named=True)["detail"] == f"{code} -> {code_of(day())}"
    # Released once, the same orders have the same code when they are judged again.
    again = proposal_code(found.today["action"], found.today["portfolio_state"], issued)
    assert again == code
