"""The split of a change in words, in both languages, and as tables of the section Actions."""

from __future__ import annotations

import datetime as dt
import json
import re

from desk.catalog.desk_parameters import SideKind
from desk.portfolio.change_split import MARKET
from desk.portfolio.change_split import PARTS as PARTS_OF_A_CHANGE
from reports.elements.change_text import PART_NAMES, change_sentence
from reports.elements.formats import capitalize_first
from reports.elements.locale import translate, use_locale
from reports.elements.page_elements import Table
from reports.page.order_lines import why_line
from reports.sections import actions
from tests.reports.hand_made import made

PARTS = {"view": 40, "limit": -12, "band": -4, "nav": 1}
LINE = {
    "instrument_id": "DI1_2Y", "since": dt.date(2026, 11, 18), "contracts_since": 100, "contracts_from": 100,
    "contracts_to": 125, "alone": 150.0, "limited": 130.0, "braked": 130.0, "wanted": 130.0,
    "parts": json.dumps(PARTS), "parts_dv01_brl": json.dumps({name: n * 20.0 for name, n in PARTS.items()}),
    "views": json.dumps({"RATES_TAYLOR_GAP": 38.2, "RATES_CARRY_ROLL": 1.8}),
}  # fmt: skip
BOOK = [
    {"part": "before", "seq": 0, "since": dt.date(2026, 11, 18), "risk_brl": 0.0, "after_brl": 412_000.0},
    {"part": "market", "seq": 1, "since": dt.date(2026, 11, 18), "risk_brl": -9_000.0, "after_brl": 403_000.0},
    {"part": "view", "seq": 2, "since": dt.date(2026, 11, 18), "risk_brl": 52_000.0, "after_brl": 455_000.0},
]
BASIS = {
    "code_sha256": "a", "parameters": "{}", "inputs": "{}", "deviation_brl": 455_000.0,
    "changed": json.dumps({"code": [], "parameters": ["portfolio.dead_band 0.05 -> 0.1"], "data": []}),
}  # fmt: skip


def text(parts: dict[str, int], total: int, side: SideKind = "rate") -> str:
    return change_sentence(parts, total, {"RATES_TAYLOR_GAP": 38.2}, side)


def test_the_largest_part_on_the_orders_side_leads_the_sentence() -> None:
    assert text(PARTS, 25) == (
        "because of views (receive 40 contracts; RATES_TAYLOR_GAP 38), caps and limits (pay 12), no-trade band and lots"
        " (pay 4), others (receive 1)"
    )
    assert text({"view": 10, "volatility": -40}, -30) == (
        "because of volatility and correlation (pay 40 contracts), views (receive 10)"
    )
    assert text({"breaker": -1}, -1) == "because of drawdown breaker (pay 1 contract)"
    assert text({"view": 3, "band": -3}, 0) == "", "no order, no sentence"
    assert text({"roll": 2, "view": -2}, 0) == "the contract changes, not the position"


def test_a_part_is_told_in_the_words_in_which_its_instrument_is_dealt() -> None:
    parts = {"view": 10, "limit": -4}
    assert text(parts, 6, "price").endswith("views (buy 10 contracts; RATES_TAYLOR_GAP 38), caps and limits (sell 4)")
    assert "sell protection 10 contracts" in text(parts, 6, "protection")
    assert not re.search("[+−]", text(parts, 6)), "a bare sign leaves open whether it is of the price or of the rate"


def test_the_sentence_in_portuguese_has_the_same_numbers() -> None:
    english = text(PARTS, 25)
    with use_locale("pt"):
        portuguese = text(PARTS, 25)
    assert portuguese.startswith("por visões (aplicar 40 contratos; RATES_TAYLOR_GAP 38), tetos e limites (tomar 12)")
    assert re.findall(r"\d+", english) == re.findall(r"\d+", portuguese)


def test_every_part_has_a_name_in_both_languages() -> None:
    assert set(PART_NAMES) == {*PARTS_OF_A_CHANGE, MARKET}
    with use_locale("pt"):
        for english in PART_NAMES.values():
            assert translate(english) != english or english == "NAV"
            assert translate(capitalize_first(english)) != capitalize_first(english)


def test_the_book_says_why_its_risk_changed_and_which_parameter() -> None:
    data = made(position_change=[LINE], book_change=BOOK, sizing_basis=[BASIS])
    assert why_line(data).replace("\u00a0", " ") == (
        "Risk of a day from BRL 412,000 (Wed 18 Nov) to BRL 455,000: views BRL +52,000, what is held, measured anew"
        " BRL −9,000. Parameters: portfolio.dead_band 0.05 -> 0.1."
    )
    assert why_line(made()) == "", "a decision of before says nothing"


def test_actions_show_the_parts_of_every_order_and_of_the_book() -> None:
    section = actions.section(made(position_change=[LINE], book_change=BOOK, sizing_basis=[BASIS]))
    tables = {block.id: block for block in section.blocks if isinstance(block, Table)}
    line = tables["changes"]
    assert [column.head for column in line.columns] == [
        "Instrument", "Order", "Views", "NAV", "Caps and limits", "No-trade band and lots", "In words",
    ]  # fmt: skip
    assert [cell.text for cell in line.rows[0][:6]] == ["DI1_2Y", "+25", "+40", "+1", "−12", "−4"]
    assert line.rows[0][2].title == "DV01 BRL\u00a0+800"
    book = tables["book-change"]
    assert [cell.text for cell in book.rows[-1]] == ["Views", "BRL\u00a0+52,000", "BRL\u00a0455,000"]
