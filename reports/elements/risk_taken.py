"""What became of the volatility that the convictions ask for: what each limit took, what is aimed at and held."""

from __future__ import annotations

from typing import Any

from desk.catalog.desk_parameters import load_desk_parameters
from reports.elements.formats import finite_or_none, format_list, parse_json, percent
from reports.elements.locale import translate
from reports.elements.report_data import Row
from reports.elements.scenario_text import short_name


def limit_name(limit: str, subjects: list[str]) -> str:
    """A limit of the sizes in words, with what it is about; by its own name where the page has no words for it."""
    names = {
        "instrument_risk_share": translate("the limit on one instrument"),
        "class_risk_share": translate("the limit on one class"),
        "worst_scenario": translate("the limit on the worst scenario's loss"),
        "stressed_margin": translate("the limit on margin after the worst scenario"),
        "gross_leverage": translate("the limit on gross exposure"),
        "gross_face": translate("the limit on gross face"),
        "open_interest": translate("the limit on the share of open interest"),
        "days_to_liquidate": translate("the limit on days to liquidate"),
        "breaker": translate("the drawdown breaker"),
    }
    named, words = [_subject(name) for name in subjects if name != "book"], names.get(limit, limit)
    return f"{words} ({', '.join(named)})" if named else words


def _subject(name: str) -> str:
    """An instrument or class by its id, a scenario by its short name."""
    parameters = load_desk_parameters()
    scenarios = {item.id: item.name for item in parameters.parametric} | {d.id: d.name for d in parameters.dated}
    return short_name(scenarios[name]) if name in scenarios else name


def risk_taken_sentence(state: Row) -> str:
    """Empty where the volatility asked for is not known: a book of an earlier release, or a day without a decision."""
    requested, target, expected = (
        finite_or_none(state[name]) for name in ("asked_volatility", "target_volatility", "expected_volatility")
    )
    if requested is None or target is None:
        return ""
    parts: list[dict[str, Any]] = parse_json(state["limits_bound"]) or []
    text = translate("The convictions ask for {} volatility a year", percent(requested, 1))
    later = [part for part in parts if part.get("contracts")]
    parts = [part for part in parts if not part.get("contracts")]
    if parts:
        taken = [
            translate("{} takes {}", limit_name(part["limit"], part["subjects"]), percent(part["taken"], 1))
            for part in sorted(parts, key=lambda part: -part["taken"])
        ]
        text += translate("; {}, which leaves {}", format_list(taken), percent(target, 1))
    if expected is not None:
        text += translate("; the contracts held come to {}", percent(expected, 1))
    return " ".join([text + ".", *([_for_later(later)] if later else [])])


def _for_later(parts: list[dict[str, Any]]) -> str:
    """What the limits on one order keep for later days."""
    names = {
        "order_open_interest": translate("the limit on one order's share of open interest"),
        "order_volume": translate("the limit on one order's share of a day's volume"),
        "roll": translate("a roll by orders of that size"),
    }
    texts = [
        translate("{} {} ({})", f"{abs(part['contracts']):,}", part["subjects"][0], names[part["limit"]])
        for part in parts
    ]
    return translate("Contracts left for later days: {}.", format_list(texts))
