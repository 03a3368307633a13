"""The words of the desk: no phrase that reads badly, in English or Portuguese, on the page, in the mail and in Slack.

The list is of kinds, from forty sentences that a portfolio manager and a Brazilian trader struck out.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from collections.abc import Iterator

import pytest

from reports.elements.locale import load_locale, use_locale
from reports.elements.report_data import ReportData
from reports.mail import html, plain_text, slack
from reports.mail.digest import digest
from reports.page.png_export import MAIL_FIGURES
from reports.page.render import figure_specs, render
from tests.reports.elements.test_locale import Text, left_in_english, strings
from tests.reports.html_page import AT
from tests.reports.png_bytes import png
from tests.reports.sample import sample

FORBIDDEN_ENGLISH = (
    r"invalid beyond", r"the biggest:", r"on end\b", r"as written", r"went right", r"nearest way to lose",
    r"held still", r"of the sum over", r"Could not see", r"yesterday", r"what would leave", r"when a rise of",
    r"of the sum of sizes", r"what came of it", r"\bless Focus", r"\bless the", r"Furthest from",
    r"with all inputs there", r"Surges: none", r"Flips: none", r"\bnone\.", r"normal law",
    r"\bbuy [\d,]+ D(I1|AP|DI)", r"\bsell [\d,]+ D(I1|AP|DI)",
)  # fmt: skip
FORBIDDEN_PORTUGUESE = (
    r"\blivro\b", r"equilibrad", r"Conhecido como", r"doador", r"\b(Comprar|Vender) [\d.]+ D(I1|AP|DI)",
    r"inválida além", r"\bmoveram\b", r"menos inclinada", r"\bViradas?\b", r"escores? z", r"Concordância",
    r"^Mud(a|ou)$", r"como escritas", r"lei normal", r"Executada a\b", r"Nível então", r"O que foi feito",
    r"freio de perdas", r"Maior parte de um", r"Ano até aqui", r"^Todos os dias$", r"\bFundo\b",
    r"Comprovantes?", r"posição de \d", r"deram certo", r"\bBRT\b",
    r"\d (jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez) 20\d\d", r"queda desde o pico", r"\bR\$: ",
    r"Joesley", r"\bpico\b", r"\b1 (aplicad|tomad|comprad|vendid)os\b",
)  # fmt: skip
LINK = "https://desk.example/report"


@pytest.fixture(scope="module")
def data() -> ReportData:
    return sample(days=130)


def page_texts(data: ReportData, language: str) -> Iterator[str]:
    yield from Text(render(data, AT, language).replace('<html lang="en">', "<html>")).found
    yield from strings(json.loads(json.dumps(figure_specs(data, language))))


def struck_out(texts: Iterator[str], patterns: tuple[str, ...]) -> list[str]:
    found = re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
    return sorted({text for text in texts if found.search(text)})


def test_no_struck_out_phrase_is_on_the_page(data: ReportData) -> None:
    assert struck_out(page_texts(data, "en"), FORBIDDEN_ENGLISH) == []
    assert struck_out(page_texts(data, "pt"), FORBIDDEN_PORTUGUESE) == []


def test_no_translation_uses_a_struck_out_word() -> None:
    assert struck_out(iter(load_locale("pt").text.values()), FORBIDDEN_PORTUGUESE) == []


def message_texts(data: ReportData, language: str) -> Iterator[str]:
    """Subject, mail, plain text and Slack's blocks, line by line, with the alternative texts of the pictures."""
    with use_locale(language):
        shown = digest(data, {name: png(640, 320) for name in MAIL_FIGURES})
    yield shown.title
    yield from Text(html.html(shown, LINK).replace('<html lang="en">', "<html>")).found
    yield from (picture.alt for picture in shown.pictures)
    yield from plain_text.text(shown, LINK).splitlines()
    yield from (line for text in strings(slack.blocks(shown, LINK)) for line in text.splitlines())


def test_mail_and_slack_have_no_struck_out_phrase(data: ReportData) -> None:
    assert struck_out(message_texts(data, "en"), FORBIDDEN_ENGLISH) == []
    assert struck_out(message_texts(data, "pt"), FORBIDDEN_PORTUGUESE) == []


@pytest.mark.parametrize("case", ["whole", "empty", "without tickets"])
def test_no_english_is_left_in_the_portuguese_mail_and_slack(data: ReportData, case: str) -> None:
    bare = {name: frame for name, frame in data.frames.items() if name != "ticket"}
    frames = {"whole": data.frames, "empty": {}, "without tickets": bare}[case]
    texts = list(message_texts(dataclasses.replace(data, frames=frames), "pt"))
    assert left_in_english(text.replace("full-report.html", "").replace(LINK, "") for text in texts) == []
    assert any("Ordens" in text for text in texts)


def test_rates_are_received_and_paid_in_both_languages(data: ReportData) -> None:
    """A rate is never bought or sold without saying that it is the rate."""
    for language, words, venue in (("en", ("Receive", "Pay"), "the rate"), ("pt", ("Aplicar", "Tomar"), "de taxa")):
        texts = list(page_texts(data, language))
        tickets = [text for text in texts if re.match(r"\d+\. \w+ [\d.,]+ D(I1|AP|DI)", text)]
        assert tickets
        assert all(text.split()[1] in words for text in tickets), tickets
        lines = [after for text, after in itertools.pairwise(texts) if text in tickets and ";" in after]
        assert len(lines) == sum("(" in text for text in tickets) > 0, "those that name the expiry"
        assert all(venue in text for text in lines), lines


def test_the_scan_finds_what_is_struck_out() -> None:
    assert struck_out(iter(["buy 275 DI1F32, invalid beyond 9.70% a year"]), FORBIDDEN_ENGLISH)
    assert struck_out(iter(["O livro está 1,53% abaixo do pico", "Vender 275 DI1F32"]), FORBIDDEN_PORTUGUESE)
    with use_locale("pt"):
        assert load_locale("pt").text["receive"] == "aplicar"
