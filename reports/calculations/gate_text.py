"""The gate in words: that there are no orders, why, and what to do. It leads page, mail and Slack message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import load_desk_parameters
from desk.risk.gate_proposal import RELEASED_ORDERS
from reports.calculations.defence import DefenceView, defence_view
from reports.elements.formats import brl, format_list, number, parse_json, percent, plural, thousands
from reports.elements.locale import translate
from reports.elements.report_data import ReportData, Row

MOST_CHECKS = 4
"""Checks that the reason names; the others are counted."""
COUNTS = ("limits", "numbers", "orders")
"""Units of checks that count things, of which none is allowed."""


def gate_lines(data: ReportData) -> tuple[tuple[str, str], ...]:
    """(label, text): no orders, because, to do; of orders that a person has issued one line, empty on other days."""
    view = defence_view(data)
    if not view.is_gated:
        if not view.released:
            return ()
        overruled = format_list([check_text(row) for row in view.released], MOST_CHECKS)
        return (("Gate", translate("Issued by a person although the gate had stopped them: {}.", overruled)),)
    return (
        ("No orders", _nothing_to_deal(view)),
        ("Because", f"{_reason(view)}."),
        ("To do", _what_to_do(view, data)),
    )


def gate_sentence(data: ReportData) -> str:
    """The same in one paragraph; empty where every check passed."""
    return " ".join(text for _, text in gate_lines(data))


def _nothing_to_deal(view: DefenceView) -> str:
    if view.held_back:
        return translate(
            "DEAL NOTHING TODAY: the gate holds back {}, and every position stays as it is.",
            plural(view.held_back, "order"),
        )
    return translate("DEAL NOTHING TODAY: every position stays as it is.")


def _reason(view: DefenceView) -> str:
    if view.stopped:
        return ". ".join(check_text(row) for row in view.stopped)
    if view.absent:
        return translate("What every decision rests on is absent ({})", format_list(list(view.absent), MOST_CHECKS))
    return translate("The gate could not be applied, for a stage before it has no result")


def _what_to_do(view: DefenceView, data: ReportData) -> str:
    day = f"--as-of {data.day.isoformat()}" + ("" if data.world == "live" else f" --world {data.world}")
    if not view.stopped:
        return translate("Nobody can issue them: have the cause mended and the day run again, alvorada run {}.", day)
    return translate(
        "See the orders: alvorada actions show {}. If the move is true, issue them: alvorada actions release {}"
        " --orders {} --reason TEXT. If a number is wrong, correct or reject it, and: alvorada run {} --restate"
        " --reason TEXT.",
        day,
        day,
        view.proposal or translate("not known"),
        day,
    )


def check_text(row: Row) -> str:
    """`P&L of one line over its daily deviation: 57.2, at most 15.0 (DI1_2Y, BRL −297,422)`."""
    facts: dict[str, Any] = parse_json(row["facts"]) or {}
    if row["check_id"] == RELEASED_ORDERS:
        if not facts:
            return translate("the orders are not those that a person released ({})", row["detail"])
        return translate(
            "the orders ({}) are not those that a person released ({})", facts["orders"], facts["released"]
        )
    rule = load_defence().gate[row["check_id"]]
    detail = facts_text(facts) if facts else row["detail"]
    if rule.unit in COUNTS:
        text = f"{translate(rule.name)}: {thousands(row['value'])}"
    else:
        share = rule.unit == "share"
        value, most = (percent(n, 1) if share else number(n, 1) for n in (row["value"], row["threshold"]))
        text = translate("{}: {}, at most {}", translate(rule.name), value, most)
    return f"{text} ({detail})" if detail else text


def facts_text(facts: Mapping[str, Any]) -> str:
    """What a check is of, in the reader's language: limits by their names, amounts as amounts."""
    if "limits" in facts:
        names = load_desk_parameters().limits.limits
        return "; ".join(translate(names[one].name) if one in names else one for one in facts["limits"])
    parts = [facts["instrument_id"]] if "instrument_id" in facts else []
    if "var_99_brl" in facts:
        against = brl(facts["brl"], signed=True), brl(facts["var_99_brl"])
        return translate("{} against a VaR 99% of {}", *against)
    if "brl" in facts:
        parts.append(brl(facts["brl"], signed=True))
    return ", ".join(parts)
