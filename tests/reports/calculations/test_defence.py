"""What the page says of lines that could not be marked, of late and switched P&L, and of orders withheld."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from desk.catalog.defence import load_defence
from desk.risk.gate import check_actions
from reports.calculations.defence import defence_view
from reports.calculations.defence_text import pnl_sentences, withheld_sentence
from reports.calculations.gate_text import gate_lines, gate_sentence
from reports.elements.locale import use_locale
from reports.elements.report_data import HeldValue, ReportData
from reports.mail import plain_text, slack
from reports.mail.digest import digest
from reports.mail.html import html
from reports.page import first_screen
from reports.page.executive_summary import weight_sentence
from reports.page.render import render
from reports.sections import SECTIONS
from tests.desk.risk.test_gate import day
from tests.reports.elements.test_locale import left_in_english
from tests.reports.sample import sample
from tests.reports.sample_parts import frame

SESSION = dt.date(2026, 11, 16)


def troubled() -> ReportData:
    """The sample's last day: the first line unknown, the second caught up and switched, one order withheld."""
    data = sample()
    rows = data.frames["pnl_attribution"].filter(pl.col("as_of") == data.as_of).to_dicts()
    rows[0] |= {"mark": "unknown", "marked_from": SESSION}
    rows[0] |= dict.fromkeys(("price_pnl_brl", "carry_pnl_brl", "pnl_brl"))
    rows[1] |= {"mark": "catch_up", "marked_from": SESSION, "price_pnl_brl": 70_000.0, "carry_pnl_brl": 5_000.0}
    rows[1] |= {"source_pnl_brl": -12_000.0}
    withheld = {"as_of": data.as_of, "instrument_id": rows[0]["instrument_id"], "contract_id": "DI1F29"}
    withheld |= {
        "contracts": 40,
        "contracts_wanted": 55,
        "cause": "price_old",
        "input_id": "PRE",
        "obs_date": SESSION,
        "age_bd": 4,
    }
    frames = dict(data.frames) | {
        "pnl_attribution": frame("pnl_attribution", rows),
        "withheld_order": frame("withheld_order", [withheld | {"limit_bd": 1}]),
    }
    held = HeldValue("PRE|252", dt.date(2026, 11, 18), 1.43, 0.143, "a slip")
    return replace(data, frames=frames, held=(held,))


def test_unknown_late_and_switched_pnl_is_named_with_its_size() -> None:
    view = defence_view(troubled())
    unknown, late, switched = pnl_sentences(view)
    assert view.unknown[0]["instrument_id"] in unknown
    assert "not known, and counts as nothing" in unknown
    assert "13 Nov 2026" in unknown, "the prices that the decision of the 16th had"
    assert "+75,000" in late
    assert "13 Nov 2026" in late
    assert "-12,000" in switched or "\u221212,000" in switched
    assert pnl_sentences(defence_view(sample())) == []


def test_a_withheld_order_names_its_input_its_age_and_the_held_value() -> None:
    data = troubled()
    text = withheld_sentence(defence_view(data), data.held).replace("\u00a0", " ")
    assert text.startswith("1 order not made, the positions stay: ")
    assert "PRE of 16 Nov 2026, 4 business days old, at most 1; that of 18 Nov 2026 is held" in text
    assert withheld_sentence(defence_view(sample())) == ""


def gated(*checks: dict[str, object], state: str = "stopped") -> ReportData:
    data = sample()
    rows = [{"as_of": data.as_of, "threshold": 0.0, "value": 1.0, "state": "failed"} | check for check in checks]
    verdict = {"as_of": data.as_of, "proposal": "3f9a1c2b0d4e", "state": state, "orders": 4, "nav_brl": 1e8}
    frames = {"action_gate": frame("action_gate", rows), "gate_verdict": frame("gate_verdict", [verdict])}
    return replace(data, frames=dict(data.frames) | frames)


def test_the_gate_says_that_there_are_no_orders_why_and_what_to_do() -> None:
    facts = json.dumps({"instrument_id": "DI1_2Y", "brl": -297_422.0})
    data = gated({"check_id": "line_pnl", "value": 57.2, "threshold": 15.0, "facts": facts})
    lines = {label: text.replace("\u00a0", " ") for label, text in gate_lines(data)}
    assert list(lines) == ["No orders", "Because", "To do"]
    assert lines["No orders"] == "DEAL NOTHING TODAY: the gate holds back 4 orders, and every position stays as it is."
    assert lines["Because"] == "P&L of one line over its daily deviation: 57.2, at most 15.0 (DI1_2Y, BRL −297,422)."
    assert "alvorada actions show --as-of 2026-11-19 --world sandbox." in lines["To do"]
    assert "release --as-of 2026-11-19 --world sandbox --orders 3f9a1c2b0d4e --reason TEXT" in lines["To do"]
    assert "--world" not in gate_sentence(replace(data, world="live")), "the commands' own world"
    codes = json.dumps({"released": "aaaaaaaaaaaa", "orders": "3f9a1c2b0d4e"})
    other = gate_sentence(gated({"check_id": "released", "facts": codes}))
    assert "the orders (3f9a1c2b0d4e) are not those that a person released (aaaaaaaaaaaa)" in other


def test_a_check_of_an_earlier_release_is_read_as_it_was_stored() -> None:
    """It has no facts: the English detail stands as it is, also of a release that names other orders."""
    line = gated({"check_id": "line_pnl", "value": 57.2, "threshold": 15.0, "detail": "DI1_2Y -297,422 BRL"})
    assert dict(gate_lines(line))["Because"].endswith("57.2, at most 15.0 (DI1_2Y -297,422 BRL).")
    other = gated({"check_id": "released", "detail": "aaaaaaaaaaaa -> 3f9a1c2b0d4e"})
    assert "not those that a person released (aaaaaaaaaaaa -> 3f9a1c2b0d4e)" in gate_sentence(other)


def test_every_channel_leads_with_it() -> None:
    data = gated({"check_id": "cash", "value": 0.0031, "threshold": 0.0025, "facts": json.dumps({"brl": 310_000.0})})
    for language, word, subject in (
        ("en", "DEAL NOTHING TODAY", "NO ORDERS TODAY"),
        ("pt", "NÃO OPERAR HOJE", "SEM ORDENS HOJE"),
    ):
        page = render(data, data.as_of, language)
        lines = page[page.index('<dl class="lines">') :]
        assert lines.index(word) < lines.index("<dt>", lines.index("<dt>") + 1), "the first line of the first screen"
        with use_locale(language):
            letter = digest(data)
        assert letter.title.split(": ")[1].startswith(subject)
        assert slack.text(letter).startswith(word)
        body = html(letter)
        assert body.index(word) < body.index("16px;font-weight:bold"), "before the key numbers"
        words = plain_text.text(letter)
        assert words.index(word) < words.index("NAV" if language == "en" else "PL: ")
        message = json.dumps(slack.blocks(letter), ensure_ascii=False)
        assert message.index(word) < message.index('"fields"')


@pytest.mark.parametrize(
    ("changes", "check", "wanted"),
    [
        ({"gain": -2_500_000.0}, "pnl", "−R$ 2,46 milhões contra um VaR 99% de R$ 500.000"),
        ({"gain": 400_000.0}, "line_pnl", "DI1_2Y, +R$ 400.000"),
        ({"cash": -400_000.0}, "cash", "−R$ 400.000"),
        ({"deviation": 2_000.0, "contracts": 10}, "unit_risk", "DI1_2Y"),
    ],
)
def test_what_the_desks_checks_name_is_in_the_readers_language(
    changes: dict[str, Any], check: str, wanted: str
) -> None:
    [found] = check_actions(day(**changes), load_defence().gate).filter(check_id=check, state="failed").to_dicts()
    data = gated(found | {"as_of": sample().as_of})
    with use_locale("pt"):
        reason = dict(gate_lines(data))["Because"].replace("\u00a0", " ")
        assert reason.endswith(f"({wanted}).")
        assert left_in_english([reason]) == []


def test_limits_that_would_be_breached_are_named_in_the_readers_language() -> None:
    facts = json.dumps({"limits": ["var_95", "gross_face"]})
    with use_locale("pt"):
        reason = dict(gate_lines(gated({"check_id": "limits", "value": 2.0, "facts": facts})))["Because"]
    assert reason == "Limites que as ordens estourariam: 2 (VaR 95%, um dia; Nocional bruto)."


def test_without_a_risk_there_is_no_gate_and_the_page_says_so() -> None:
    data = replace(sample(), failed_stages=frozenset({"risk"}))
    assert defence_view(data).is_gated
    assert "The gate could not be applied" in gate_sentence(data)
    assert "Nobody can issue them" in gate_sentence(data)


def test_without_a_required_dataset_no_order_is_issued_and_the_page_says_so() -> None:
    data = sample()
    status = data.frames["dataset_status"].with_columns(
        state=pl.when(pl.col("dataset") == "b3_swap_curves").then(pl.lit("absent")).otherwise("state")
    )
    assert "b3_swap_curves" in status["dataset"].to_list()
    without = replace(data, frames=dict(data.frames) | {"dataset_status": status})
    assert defence_view(without).is_gated
    assert "rests on is absent (b3_swap_curves)." in gate_sentence(without)
    optional = data.frames["dataset_status"].with_columns(
        state=pl.when(pl.col("dataset") == "yahoo_daily").then(pl.lit("absent")).otherwise("state")
    )
    assert not defence_view(replace(data, frames=dict(data.frames) | {"dataset_status": optional})).is_gated
    assert gate_sentence(data) == ""


def test_the_first_screen_and_the_page_say_it() -> None:
    data = troubled()
    lines = first_screen.lines(data, [make(data) for make in SECTIONS])
    by_label = {line.label: line for line in lines}
    assert by_label["Withheld"].alert
    assert "counts as nothing" in by_label["Book"].text
    page = render(data, data.as_of, "en")
    assert "Orders withheld at" in page
    assert "its price is old: not marked" in page
    assert "Withheld" not in {line.label for line in first_screen.lines(sample(), [])}


def test_it_speaks_portuguese() -> None:
    data = troubled()
    with use_locale("pt"):
        text = " ".join([*pnl_sentences(defence_view(data)), withheld_sentence(defence_view(data), data.held)])
    for word in ("desconhecido", "acumulado desde", "troca de fonte", "não enviadas", "dias úteis", "retido"):
        assert word in text
    assert "not known" not in text


def weighed(var: float | None, orders: float | None) -> ReportData:
    data = sample()
    rows: list[dict[str, object]] = [
        {"kind": "old", "subject": "old", "var_share": var, "order_share": orders},
        {"kind": "old_price", "subject": "PRE", "var_share": var, "order_share": orders, "obs_date": SESSION},
        {"kind": "old_signal", "subject": "FX_CARRY_FLOW", "var_share": 0.0, "order_share": 0.02},
        {"kind": "dataset", "subject": "b3_swap_curves", "var_share": 0.9, "order_share": 0.5},
    ]
    weights = frame("data_weight", [row | {"as_of": data.as_of} for row in rows])
    return replace(data, frames=dict(data.frames) | {"data_weight": weights})


def test_old_inputs_are_weighed_by_var_and_by_decisions() -> None:
    text = weight_sentence(weighed(0.11, 0.34)).replace("\u00a0", " ")
    assert text.startswith("11% of VaR rests on prices that are too old, and 34% of the risk that today's sizes would")
    assert text.endswith("PRE of 16 Nov 2026 and FX_CARRY_FLOW.")
    assert weight_sentence(weighed(0.0, None)) == ""
    assert "34%" not in weight_sentence(weighed(0.11, None))
    assert weight_sentence(weighed(None, 0.34)).startswith("34% of the risk that today's sizes would move")
    assert weight_sentence(sample()) == "", "a decision of an earlier release has no weights"
    with use_locale("pt"):
        assert weight_sentence(weighed(0.11, 0.34)).startswith("11% do VaR se apoia em preços velhos demais, e 34%")
