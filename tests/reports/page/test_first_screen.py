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
from desk.catalog.events import load_events
from desk.catalog.meetings import load_meetings
from desk.model import SAO_PAULO, decision_time
from reports.calculations.event_risk import past_pnl
from reports.calculations.overnight import TRADES, overnight, trade_of
from reports.calculations.policy_path import priced_path
from reports.elements.formats import brl
from reports.elements.locale import use_locale
from reports.elements.page_elements import Table
from reports.elements.report_data import ReportData
from reports.elements.ticket_text import TicketWords
from reports.page import first_screen, ticket_files
from reports.page.agenda_lines import agenda_line, agenda_points, fed_line, policy_line
from reports.page.markdown_summary import actions_table
from reports.page.overnight_lines import market_line, result_line
from reports.sections import SECTIONS, actions
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
    assert "our path" not in text, "no rule is stored"
    assert policy_line(made()) == ""


def test_the_desks_own_path_goes_from_the_target_to_the_rule_by_each_meeting() -> None:
    """From 7.75% towards 5.75%, a fifth of the way a quarter: 20 days to 9 December."""
    measures = [{"measure_id": "mp_di_meeting_1", "value": 0.0774}, {"measure_id": "mp_taylor_rate", "value": 0.0575}]
    data = made(agent_measure=measures, feature=levels("selic_target", (0, 0.0775, 1)))
    [first] = priced_path(data)
    assert first.ours == pytest.approx(0.0575 + 0.02 * 0.8 ** (20 / 30.4375 / 3))
    assert "our path 7.65%" in policy_line(data).replace("\u00a0", " ")


def test_two_year_treasuries_stand_against_the_feds_rule() -> None:
    features = levels("ust_504", (0, 0.0261, 1))
    text = {
        gap: fed_line(made(feature=features, agent_measure=[{"measure_id": "mp_fed_gap_2y", "value": gap}]))
        for gap in (0.0034, -0.0012)
    }
    assert text[0.0034].replace("\u00a0", " ") == "UST 2y 2.61%: 34 bp over the path of our Fed rule."
    assert text[-0.0012].replace("\u00a0", " ") == "UST 2y 2.61%: 12 bp under the path of our Fed rule."
    assert fed_line(made(feature=features)) == ""


def of_sessions(name: str, values: dict[dt.date, float]) -> list[dict[str, Any]]:
    """Feature rows of a market level by session, each known at the next morning."""
    day = dt.date(2026, 11, 19)
    return [
        {"as_of": ago((day - session).days - 1), "feature_id": name, "value": value, "obs_date": session}
        for session, value in values.items()
    ]


def test_an_event_is_todays_ladder_at_the_moves_over_it() -> None:
    """Two vertices, two meetings: P&L = -DV01 x move in bp, from the close of the decision to the next session's."""
    decided = [dt.date(2026, 9, 16), dt.date(2026, 11, 4)]
    ladder = [
        {"curve_id": "PRE", "tenor_bd": 252, "dv01_brl": 8_000.0},
        {"curve_id": "PRE", "tenor_bd": 504, "dv01_brl": -2_000.0},
    ]
    features = []
    for day, (one, two) in zip(decided, ((10.0, 4.0), (-5.0, -1.0)), strict=True):
        for name, move in (("pre_252", one), ("pre_504", two)):
            features += of_sessions(name, {day: 0.10, calendars.b3().offset(day, 1): 0.10 + move / 1e4})
    data = made(dv01_ladder=ladder, feature=features)
    moments = [dt.datetime.combine(day, dt.time(18, 30), SAO_PAULO) for day in decided]
    found = [brl for brl in past_pnl(data, moments) if brl is not None]
    assert np.allclose(found, [-8_000 * 10 + 2_000 * 4, 8_000 * 5 - 2_000 * 1])


def test_the_agenda_names_hours_and_held_contracts_that_expire() -> None:
    held = {"instrument_id": "DOL", "contract_id": "DOLZ26", "contracts": 5, "maturity": dt.date(2026, 11, 25)}
    text = agenda_line(made(target_position=[held]))
    assert "Treasury auction (LTN, NTN-F) today, 11:00 (by rule)" in text, "19 November 2026 is a Thursday"
    assert "US jobless claims today, 10:30 (by rule)" in text
    assert "IPCA-15 of Nov 2026 by Fri 27 Nov, 09:00 (day not known here)" in text
    assert text.index("US jobless") < text.index("Copom Wed 9 Dec, 18:30 (in 13 business days)")
    assert "Expiring: DOLZ26 Wed 25 Nov" in text
    assert "Expiring" not in agenda_line(made(target_position=[held | {"contracts": 0}]))
    with use_locale("pt"):
        portuguese = agenda_line(made())
    assert "Leilão do Tesouro (LTN, NTN-F) hoje, 11:00 (pela regra)" in portuguese
    assert "IPCA-15 de nov/2026 até sex 27/11, 09:00 (dia não conhecido aqui)" in portuguese


def releases(surprises: list[float], moves: list[float]) -> ReportData:
    """Nine IPCA of 2026 on their published days, DI up by `moves` bp on each, as decisions of the day after knew it."""
    ipca = next(event for event in load_events() if event.id == "ipca")
    listed = sorted((about, day) for about, day in ipca.published.items() if day < dt.date(2026, 11, 13))[-9:]
    features, measures = [], []
    for (about, day), off, move in zip(listed, surprises, moves, strict=True):
        as_of = decision_time(calendars.b3().offset(day, 1))
        known = dt.datetime.combine(day, dt.time(9), SAO_PAULO)
        features.append(
            {"as_of": as_of, "feature_id": "ipca_mom", "value": 0.003, "obs_date": about, "knowledge_time": known}
        )
        measures.append({"as_of": as_of, "measure_id": "inf_surprise_1m", "value": off})
        features += of_sessions("pre_252", {calendars.b3().offset(day, -1): 0.10, day: 0.10 + move / 1e4})
    features.append({"as_of": decision_time(dt.date(2026, 11, 30)), "feature_id": "focus_ipca_next", "value": 0.0024})
    ladder = [{"as_of": decision_time(dt.date(2026, 11, 30)), "curve_id": "PRE", "tenor_bd": 252, "dv01_brl": 10_000.0}]
    hand = made(feature=features, agent_measure=measures, dv01_ladder=ladder)
    return dataclasses.replace(hand, as_of=decision_time(dt.date(2026, 11, 30)))


def test_a_release_says_what_is_expected_and_the_book_at_each_outcome_of_its_surprise() -> None:
    """Ten bp for a tenth of a point at 10,000 a bp received: BRL -100,000; the first number has none before it."""
    surprises = [0.0, 0.001, -0.001, 0.002, -0.002, 0.001, -0.001, 0.0005, -0.0005]
    data = releases(surprises, [off * 1e4 for off in surprises])
    points = dict(agenda_points(data))
    facts = points["IPCA of Nov 2026 Fri 11 Dec, 09:00 (in 9 business days)"].replace("\u00a0", " ")
    spread = float(np.std(surprises[1:], ddof=1))
    wanted = [f"{0.24 + size * spread * 100:.2f}% BRL {-size * spread * 1e8:+,.0f}" for size in (-2, -1, 1, 2)]
    assert facts.startswith(
        f"Focus 0.24%; one sd of the surprise {spread * 100:.2f} pp; book at −2, −1, +1 and +2 sd: "
    )
    assert ", ".join(wanted).replace("-", "−") + " (R² 100%, 8 past ones)" in facts
    with use_locale("pt"):
        portuguese = dict(agenda_points(data))["IPCA de nov/2026 sex 11/12, 09:00 (em 9 dias úteis)"]
    assert portuguese.startswith("Focus 0,24%; um desvio-padrão da surpresa 0,13 p.p.; carteira em −2, −1, +1 e +2")


def test_a_surprise_that_the_book_has_not_gone_with_gives_no_outcomes() -> None:
    data = releases([0.0, 1e-3, -1e-3, 2e-3, -2e-3, 1e-3, -1e-3, 5e-4, -5e-4], [0.0, 9, 9, -7, -6, -8, 5, 3, -4])
    facts = dict(agenda_points(data))["IPCA of Nov 2026 Fri 11 Dec, 09:00 (in 9 business days)"]
    assert "its surprise does not explain the P&L (R² " in facts
    assert "+2 sd" not in facts
    assert "(one sd of such days)" in facts


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


def test_an_order_has_one_number_on_the_page_that_of_its_ticket() -> None:
    """Tickets go by risk, orders by line: the second ticket was the third order of the table below it."""
    data = sample(days=60)
    tickets = data.latest("ticket")
    turned = tickets.with_columns(ticket=tickets["ticket"].max() + 1 - pl.col("ticket"))  # type: ignore[operator]
    other = dataclasses.replace(data, frames={**data.frames, "ticket": turned})
    numbers = {row["contract_id"]: row["ticket"] for row in turned.filter(pl.col("leg") == 1).iter_rows(named=True)}
    [table] = [block for block in actions.section(other).blocks if isinstance(block, Table) and block.id == "actions"]
    shown = [str(row[0].text).split(". ", 1) for row in table.rows]
    assert [int(number) for number, _ in shown] == sorted(int(number) for number, _ in shown)
    assert all(numbers[deal.split()[-1]] == int(number) for number, deal in shown if deal.split()[-1] in numbers)
    assert {row["#"] for row in actions_table(other)} == {number for number, _ in shown}
