"""The first screen: what the session did, by trade and against CDI, events, priced meetings, tickets; nothing empty."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
from typing import Any

import numpy as np
import polars as pl
import pytest

from desk import calendars
from desk.catalog.desk_parameters import load_desk_parameters
from desk.catalog.meetings import load_meetings
from reports.calculations.event_risk import past_pnl
from reports.calculations.overnight import TRADES, overnight, trade_of
from reports.calculations.policy_path import priced_path
from reports.elements.formats import brl
from reports.elements.locale import use_locale
from reports.elements.ticket_text import TicketWords
from reports.page import first_screen, ticket_files
from reports.page.agenda_lines import agenda_line, policy_line
from reports.page.overnight_lines import market_line, result_line
from reports.sections import SECTIONS
from tests.reports.hand_made import ago, levels, made
from tests.reports.sample import sample


def line(instrument_id: str, pnl: float, contracts: int = 10) -> dict[str, Any]:
    return {"instrument_id": instrument_id, "pnl_brl": pnl, "contracts": contracts}


BOOK = [line("DI1_1Y", 310_000.0), line("DI1_6M", -10_000.0), line("DOL", -55_000.5), line("DAP_5Y", 5_000.0),
        line("CASH", 33_000.0, 0)]  # fmt: skip
STATE = {"nav_brl": 119e6, "pnl_brl": 282_999.5, "return_1d": 0.0024}


def test_the_result_is_by_trade_and_adds_up_to_the_book_with_cash() -> None:
    night = overnight(made(pnl_attribution=BOOK, portfolio_state=[STATE]))
    assert [(trade.name, trade.pnl) for trade in night.trades] == [
        ("front end", 300_000.0), ("dollar", -55_000.5), ("real rates", 5_000.0),
    ]  # fmt: skip
    assert night.cash is not None
    assert sum(trade.pnl for trade in night.trades) + night.cash == STATE["pnl_brl"]
    text = result_line(made(pnl_attribution=BOOK, portfolio_state=[STATE])).replace("\u00a0", " ")
    assert text.startswith("Wed 18 Nov: BRL +283,000 (+0.24%), of which CDI BRL +33,000; BRL +250,000 over CDI.")
    assert text.endswith("By trade, after costs: front end BRL +300,000, dollar BRL −55,000, real rates BRL +5,000.")


def test_every_instrument_of_the_desk_is_in_one_trade() -> None:
    names = {name for name, _, _ in TRADES}
    found = [trade_of(item.id) for item in load_desk_parameters().instruments]
    assert set(found) == names
    assert trade_of("CASH") == ""


def test_the_market_line_leads_with_the_levels_behind_the_largest_results() -> None:
    features = levels("pre_252", (1, 0.0796, 1), (0, 0.0811, 1)) + levels("usdbrl", (1, 4.05, 1), (0, 4.0392, 1))
    features += levels("ust_2520", (1, 0.02, 1), (0, 0.03, 1)) + levels("ibovespa", (1, 100.0, 1), (0, 101.0, 1))
    text = market_line(made(feature=features, pnl_attribution=BOOK, portfolio_state=[STATE])).replace("\u00a0", " ")
    assert text == "DI 1y +15 bp to 8.11%; USD/BRL −0.27% to 4.0392; UST 10y +100 bp to 3.00%"


def test_what_di_prices_stands_against_focus_meeting_by_meeting() -> None:
    measures = [{"measure_id": f"mp_di_meeting_{k}", "value": value} for k, value in ((1, 0.0774), (2, 0.0752))]
    features = levels("selic_target", (0, 0.0775, 1)) + levels("focus_selic_meeting_1", (0, 0.0775, 1))
    data = made(agent_measure=measures, feature=features)
    first, second = priced_path(data)
    assert first.day == next(day for day in load_meetings().copom if day >= data.day)
    assert [first.step, second.step] == pytest.approx([-0.0001, -0.0022])
    text = policy_line(data).replace("\u00a0", " ")
    assert text.startswith("DI prices Wed 9 Dec 7.74% (−1 bp at the meeting; Focus 7.75%); ")
    assert "day estimated" in text
    assert policy_line(made()) == ""


def test_an_events_deviation_is_todays_ladder_at_the_meetings_before() -> None:
    """Two vertices, two meetings: P&L = -DV01 x move in bp, from the close of the decision to the next session's."""
    decided = [dt.date(2026, 9, 16), dt.date(2026, 11, 4)]
    ladder = [
        {"curve_id": "PRE", "tenor_bd": 252, "dv01_brl": 8_000.0},
        {"curve_id": "PRE", "tenor_bd": 504, "dv01_brl": -2_000.0},
        {"curve_id": "UST", "tenor_bd": 504, "dv01_brl": 9e9},
    ]  # fmt: skip
    features = []
    for day, (one, two) in zip(decided, ((10.0, 4.0), (-5.0, -1.0)), strict=True):
        for name, move in (("pre_252", one), ("pre_504", two)):
            for session, value in ((day, 0.10), (calendars.b3().offset(day, 1), 0.10 + move / 1e4)):
                as_of = ago((dt.date(2026, 11, 19) - session).days - 1)
                features.append({"as_of": as_of, "feature_id": name, "value": value, "obs_date": session})
    data = made(dv01_ladder=ladder, feature=features)
    assert np.allclose(past_pnl(data, "copom", decided), [-8_000 * 10 + 2_000 * 4, 8_000 * 5 - 2_000 * 1])


def test_the_agenda_names_hours_and_held_contracts_that_expire() -> None:
    held = {"instrument_id": "DOL", "contract_id": "DOLZ26", "contracts": 5, "maturity": dt.date(2026, 11, 25)}
    text = agenda_line(made(target_position=[held]))
    assert "Copom Wed 9 Dec, 18:30" in text
    assert "expiring: DOLZ26 Wed 25 Nov" in text
    assert "expiring" not in agenda_line(made(target_position=[held | {"contracts": 0}]))


def test_nothing_on_the_first_screen_says_none() -> None:
    data = sample(days=60)
    shown = first_screen.lines(data, [make(data) for make in SECTIONS])
    assert all(line.text or line.items for line in shown)
    words = " ".join([line.text for line in shown] + [item.whole for line in shown for item in line.items])
    assert not {"none", "nothing", "yesterday"} & set(words.lower().replace(".", " ").split())
    labels = [line.label for line in shown]
    assert labels.index("Market") < labels.index("Result") < labels.index("Orders") < labels.index("Agenda")


def test_every_order_is_a_ticket_on_the_first_screen_and_one_record_a_leg_in_the_files() -> None:
    data = sample(days=60)
    orders = next(line for line in first_screen.lines(data, []) if line.label == "Orders")
    tickets = data.latest("ticket")
    assert len(orders.items) == tickets["ticket"].n_unique()
    read = list(csv.DictReader(io.StringIO(ticket_files.as_csv(data))))
    parsed = json.loads(ticket_files.as_json(data))
    assert len(read) == len(parsed) == tickets.height
    for text, record, row in zip(read, parsed, tickets.iter_rows(named=True), strict=True):
        assert (record["side"], record["symbol"], record["quantity"]) == (
            row["venue_side"], row["contract_id"], row["contracts"],
        )  # fmt: skip
        assert (text["side"], text["quantity"]) == (row["venue_side"], str(row["contracts"]))
        if record["action"] in ("receive", "pay"):
            assert record["side"] == {"receive": "SELL", "pay": "BUY"}[record["action"]]
            assert record["side_of"] == "rate"
            assert record["limit"] == pytest.approx(row["work_level"] * 100, abs=0.006)
    money = [row for row in tickets.iter_rows(named=True) if row["risk_to_stop_brl"] is not None]
    assert money
    words = " ".join(item.whole for item in orders.items)
    assert all(f"{brl(row['risk_to_stop_brl'])} at risk" in words for row in money)


def test_a_ticket_with_its_limit_beyond_its_stop_is_named_and_in_no_file_and_the_others_go_out() -> None:
    data = sample(days=60)
    assert ticket_files.refusals(data) == []
    tickets = data.latest("ticket")
    first = tickets.filter(pl.col("ticket") == 1, pl.col("leg") == 1).row(0, named=True)
    wrong = pl.when((pl.col("ticket") == 1) & (pl.col("leg") == 1)).then(pl.col("work_level")).otherwise(pl.col("stop"))
    broken = dataclasses.replace(data, frames={**data.frames, "ticket": tickets.with_columns(stop=wrong)})
    [refusal] = ticket_files.refusals(broken)
    assert refusal.startswith(f"ticket 1 ({first['contract_id']}): its ")
    sent = {record["ticket"] for record in ticket_files.order_rows(broken)}
    assert sent == set(tickets["ticket"]) - {1}
    orders = next(line for line in first_screen.lines(broken, []) if line.label == "Orders")
    assert [item for item in orders.items if item.warning] == [orders.items[0]]
    assert orders.items[0].warning.startswith("NOT TO BE SENT: its ")


@pytest.mark.parametrize(
    ("contracts", "english", "portuguese"),
    [
        (4, "takes back 4 of the 145 paid of Mon 23 Nov", "desfaz 4 dos 145 tomados de seg 23/11"),
        (145, "reverses the 145 paid of Mon 23 Nov", "desfaz 145 tomados de seg 23/11"),
        (300, "reverses the 145 paid of Mon 23 Nov", "desfaz 145 tomados de seg 23/11"),
    ],
)
def test_an_order_that_takes_back_a_part_does_not_say_that_it_reverses_the_whole(
    contracts: int, english: str, portuguese: str
) -> None:
    leg = {"action": "receive", "contracts": contracts}
    leg |= {"reverses_on": dt.date(2026, 11, 23), "reverses_contracts": -145}
    assert TicketWords().reverses(leg) == english
    with use_locale("pt"):
        assert TicketWords().reverses(leg) == portuguese
    assert TicketWords().reverses(leg | {"reverses_on": None}) == ""
