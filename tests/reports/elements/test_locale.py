"""The Portuguese page: every text has its translation, numbers follow Brazilian use, and no English is left."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import reports
from desk.agents import AGENTS
from desk.catalog import load_catalog
from desk.catalog.desk_parameters import load_desk_parameters
from desk.catalog.events import load_events
from desk.errors import BadInput
from reports.calculations.agents import AgentScore
from reports.calculations.overnight import TRADES
from reports.elements.formats import basis_points, brl, date, format_list, number, percent, plural, tenor
from reports.elements.locale import LANGUAGES, load_locale, merge_texts, translate, use_locale
from reports.elements.quotes import QUOTES
from reports.elements.ticket_text import ACTION_NAMES, HELD, HELD_ONE
from reports.page.exceptions import exception_texts
from reports.page.render import figure_specs, render
from reports.sections.agent_views import NEUTRAL, agent_sentence
from reports.tables.agent_measures import MEASURES, UNITS
from reports.tables.tear_sheet_tables import STATISTICS
from tests.reports.hand_made import made
from tests.reports.html_page import AT, VOID
from tests.reports.sample import sample

FOLDER = Path(reports.__file__).parent
ENGLISH = re.compile(
    r"\b(the|of|is|are|and|with|was|were|from|not|to|by|on|at|known|than|order|orders|BRL|million|long|short|none|nothing"
    r"|today|yesterday|year|month|week|score|book|lacks?|against|since|over|under|what|where|which|limit|loses)\b",
    re.IGNORECASE,
)
"""Words that occur in no Portuguese sentence."""
CODES = re.compile(
    r"\b[A-Za-z0-9]+(?:_[A-Za-z0-9]+)+\b|\b[a-z_]+ \([a-z_, ]+\)|USD/BRL|Taper tantrum|Investment|z-scores?"
)
"""Identifiers and proper names: the same in every language."""


def translated_literals() -> Iterator[tuple[str, str]]:
    """(file, text) of every literal that is translated, both branches of a conditional expression too."""
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "translate" and node.args:
                first = node.args[0]
                choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                for choice in choices:
                    if isinstance(choice, ast.Constant) and isinstance(choice.value, str):
                        yield path.name, choice.value
    template = (FOLDER / "templates" / "report.html.j2").read_text(encoding="utf-8")
    for text in re.findall(r'translate\("([^"]+)"', template):
        yield "report.html.j2", text


def words_only(text: str) -> bool:
    return bool(re.search(r"[A-Za-z]{2}", re.sub(r"\{[^}]*\}", "", text)))


def test_every_translated_literal_has_its_portuguese() -> None:
    known = load_locale("pt").text
    missing = sorted({text for _, text in translated_literals() if words_only(text) and text not in known})
    assert missing == []


def test_names_that_the_desk_keeps_in_data_have_their_portuguese() -> None:
    known, parameters = load_locale("pt").text, load_desk_parameters()
    names = [quote.unit for quote in QUOTES] + [measure.name for measure in MEASURES] + list(UNITS.values())
    names += [name for name, _, _ in STATISTICS] + [why for _, why, _ in STATISTICS if why]
    names += [driver.label for agent in AGENTS for driver in agent.drivers]
    names += [text for agent in AGENTS for text in (agent.question, agent.plus, agent.minus)]
    names += [scenario.name for scenario in parameters.parametric] + [scenario.name for scenario in parameters.dated]
    names += [limit.name for limit in parameters.limits.limits.values()]
    names += [text for pair in (*HELD.values(), *HELD_ONE.values()) for text in pair] + list(ACTION_NAMES.values())
    names += [trade for trade, _, _ in TRADES if trade not in ("Treasuries", "Ibovespa", "cupom")]
    names += list(NEUTRAL.values()) + [level.label for agent in AGENTS for level in agent.levels]
    same = {"Sharpe", "Sortino", "Calmar", "Ibovespa", "VIX", "S&P 500", "Brent"}
    assert sorted({name for name in names if name not in known and name not in same}) == []


def test_units_of_the_receipts_and_events_of_the_agenda_have_their_portuguese() -> None:
    """Units stood in English on the Portuguese page, marked as such for a screen reader alone."""
    texts = load_locale("pt").text
    units = {series.unit for series in load_catalog().series.values()}
    assert sorted(units - set(texts)) == []
    assert [
        event.name for event in load_events() if event.name not in texts and not event.name.startswith("IPCA")
    ] == []
    with use_locale("pt"):
        shown = render(sample(days=60), AT, "pt")
    assert "fraction per year" not in shown


def test_an_english_text_has_one_translation() -> None:
    groups = {"page": {"Held": "Em carteira", "Book": "Carteira"}, "held": {"Held": "Retido"}}
    with pytest.raises(BadInput, match=r"text\.held: 'Held' is 'Em carteira' before, and 'Retido' here"):
        merge_texts("pt", groups)
    assert merge_texts("pt", {"a": {"Book": "Carteira"}, "b": {"Book": "Carteira"}}) == {"Book": "Carteira"}


def test_a_translation_has_the_placeholders_of_its_english() -> None:
    for english, other in load_locale("pt").text.items():
        expected = english.count("{}")
        found = other.count("{}") or len(set(re.findall(r"\{(\d)\}", other)))
        assert found == expected, (english, other)


class Text(HTMLParser):
    """Text nodes, titles and labels, except scripts and elements that are marked as English."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.stack: list[bool] = []
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        foreign = tag in ("script", "style") or values.get("lang") == "en" or values.get("id") == "rendered-at"
        hidden = foreign or (bool(self.stack) and self.stack[-1])
        if tag not in VOID:
            self.stack.append(hidden)
        if not hidden:
            self.found += [text for name in ("title", "aria-label") if (text := values.get(name))]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.stack.pop()

    def handle_data(self, data: str) -> None:
        if not (self.stack and self.stack[-1]) and data.strip():
            self.found.append(data.strip())


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in ("family", "type", "mode", "side", "xanchor", "yanchor", "textposition", "fill", "symbol",
                            "tickformat", "dash", "measure", "rangemode", "hoverinfo", "orientation", "autorange",
                            "barmode", "xref", "yref", "hovermode", "dragmode"):  # fmt: skip
                yield from strings(item)


def left_in_english(texts: Iterable[str]) -> list[str]:
    return sorted({text for text in texts if ENGLISH.search(CODES.sub("", text))})


@pytest.mark.parametrize(
    "data",
    [
        sample(days=130),
        dataclasses.replace(sample(days=3), frames={}),
        sample(days=40, drop=("portfolio_state", "pnl_attribution", "action", "aggregated_signal", "input_receipt")),
    ],
    ids=["whole", "empty", "gaps"],
)
def test_no_english_is_left_on_the_portuguese_page(data: Any) -> None:
    html = render(data, AT, "pt")
    assert '<html lang="pt-BR">' in html
    assert left_in_english(Text(html).found) == []
    assert left_in_english(strings(json.loads(json.dumps(figure_specs(data, "pt"))))) == []


def test_the_scan_finds_english_where_it_is() -> None:
    english = Text(render(sample(days=40), AT).replace('<html lang="en">', "<html>")).found
    assert len(left_in_english(english)) > 50


def test_numbers_are_written_as_in_brazil() -> None:
    with use_locale("pt"):
        assert number(1234567.891) == "1.234.567,89"
        assert percent(-0.013151, signed=True) == "−1,32%"
        assert brl(-1_034_000.0) == "−R$\u00a01,03\u00a0milhão"
        assert brl(12_400_000.0) == "R$\u00a012,40\u00a0milhões"
        assert brl(-18_400.4) == "−R$\u00a018.400"
        assert basis_points(0.00125, 1) == "+12,5\u00a0bp"
        assert tenor(378) == "1,5a"
        assert plural(1, "order") == "1 ordem"
        assert plural(1200, "order") == "1.200 ordens"
        assert format_list(["a", "b", "c"]) == "a, b e c"
    assert number(1234567.891) == "1,234,567.89"


def test_dates_and_figures_follow_the_language() -> None:
    with use_locale("pt"):
        assert date(dt.date(2026, 2, 3)) == "03/02/2026"
    specs = figure_specs(sample(days=130), "pt")
    assert all(spec["layout"]["separators"] == ",." for spec in specs.values())
    assert specs["fig-nav"]["layout"]["xaxis"]["tickformat"] == "%m/%Y"


def test_the_locale_ends_with_its_block_and_an_unknown_language_is_refused() -> None:
    with use_locale("pt"):
        assert translate("Risk") == "Risco"
    assert translate("Risk") == "Risk"
    with pytest.raises(BadInput, match="no language 'xx'; known: en, pt"), use_locale("xx"):
        pass
    assert set(LANGUAGES) == {"en", *(path.stem for path in (FOLDER / "languages").glob("*.toml"))}


def test_an_agents_sentence_is_the_desks_in_english_and_made_from_numbers_in_portuguese() -> None:
    agent = AgentScore(
        "fiscal", -0.4, 1.0, None, None, {"fis_impulse": -1.2, "real_1260_z": 0.8}, (), "Desk's own words."
    )
    assert agent_sentence(agent, {}) == "Desk's own words."
    with use_locale("pt"):
        assert agent_sentence(agent, {}) == (
            "Contas públicas: piorando (−0,40); puxado por impulso fiscal (−1,2); contra, juros reais longos (+0,8)."
        )
        assert agent_sentence(dataclasses.replace(agent, score=None), {}) == "Contas públicas: sem visão."
        assert (
            agent_sentence(dataclasses.replace(agent, score=0.1, drivers={}), {}) == "Contas públicas: neutras (+0,10)."
        )


def test_a_line_of_the_summary_has_its_portuguese_with_the_same_numbers() -> None:
    row = {"limit_id": "var_95", "name": "VaR 95%, one day", "value": 0.04, "threshold": 0.03, "utilisation": 1.33}
    data = made(risk_limits_status=[row | {"status": "breach"}])
    with use_locale("pt"):
        assert exception_texts(data) == ["LIMITE ESTOURADO: VaR 95%, um dia."]
