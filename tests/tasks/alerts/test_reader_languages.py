"""Each reader gets every message in their own language: the report, and the alerts."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from dataclasses import replace

import pytest
from prefect.events.actions import SendNotification

from blocks.automations import NotificationTargets, automations
from blocks.smtp import MailServer
from desk.alerts.evaluate import evaluate
from desk.alerts.facts import MISSING, DatasetFacts, HeldFacts, Metrics, PipelineFacts, RunFacts, UnknownFacts
from desk.alerts.model import AlertKey, AlertLine
from desk.alerts.rules import RULES, Rule
from desk.catalog.alert_rules import load_alerts
from desk.errors import BadInput
from reports.elements.locale import load_locale, translate, use_locale
from tasks.alerts import report_delivery
from tasks.alerts.evaluation import alert_message
from tasks.channels.alert_sentences import TEMPLATES, WATCHDOG, alert_sentence
from tasks.channels.mail import Mail, html_of, text_of
from tasks.channels.message import Message
from tasks.channels.slack import Slack as SlackChannel
from tasks.channels.slack import slack_payload
from tasks.store import Report
from tests.fixtures.deliveries import Mailbox, Slack
from tests.reports.elements.test_desk_vocabulary import FORBIDDEN_PORTUGUESE, struck_out
from tests.reports.elements.test_locale import left_in_english
from tests.reports.png_bytes import png
from tests.tasks.alerts.test_report_delivery import PAGE, TWO, Post, post, settings

__all__ = ["post"]
DAY = dt.date(2026, 11, 19)
NOW = dt.datetime(2026, 11, 19, 12, 12, tzinfo=dt.UTC)
RUN = RunFacts(DAY, "failed", "sgs", NOW, {"risk": "Erro"})
DATASETS = {
    "fred_daily": DatasetFacts("fred", 9, 2, DAY),
    "sgs": DatasetFacts("bcb_sgs", None, 2),
    "x": DatasetFacts("fred", 5, 1),
}
ILL = Metrics(
    NOW,
    PipelineFacts(RUN, DAY, None, {"fred": ("fred_daily",)}, ("b3_swap_curves",)),
    datasets=DATASETS,
    var_95=0.06,
    var_99=0.08,
    drawdown=0.12,
    utilisation={"var_95": 1.2},
    flips={"DOL": 1},
    conviction_change={"DOL": 0.5},
    agent_age_hours={"fiscal": 40.0},
    held={"selic": HeldFacts(1, "2026-11-18: 8 desvios", True)},
    broken_pairs={"ptax": "bcb_sgs 5.1, bcb_ptax 5.2 of 2026-11-18"},
    unknown_series={"tjlp": UnknownFacts(9, DAY, "256", "bcb_sgs")},
)
BLIND = Metrics(NOW, ILL.pipeline, var_95=None, var_99="x", drawdown=float("nan"), flips={"DOL": MISSING})


def runs() -> list[Metrics]:
    """Every way in which a daily run is missing."""
    found = [replace(ILL, pipeline=None)]
    for state in ("running", "died", "cancelled"):
        found.append(replace(ILL, pipeline=PipelineFacts(replace(RUN, state=state), DAY, None)))
    older = replace(RUN, day=DAY - dt.timedelta(days=1), state="completed")
    found += [replace(ILL, pipeline=PipelineFacts(run, DAY, None)) for run in (older, None)]
    return [*found, replace(ILL, pipeline=PipelineFacts(older, DAY, None, given_up="2026-11-19: x"))]


def lines() -> list[AlertLine]:
    """A line for every alert of a desk where everything is wrong, firing and resolved."""
    broken = Rule("VAR_BREACH", lambda metrics: 1 / 0, lambda value, threshold: True, "none")  # type: ignore[arg-type,return-value]
    rules = load_alerts().rules
    readings = [r for m in (ILL, BLIND, *runs()) for r in evaluate(m, rules, RULES).readings.values()]
    readings += evaluate(ILL, rules, [broken]).readings.values()
    firing = [
        AlertLine(r.key, "firing", r.severity, r.value, r.threshold, r.summary, NOW, held_back=2, held_since=NOW)
        for r in readings
    ]
    return [*firing, *(replace(line, status="resolved", ended_at=NOW + dt.timedelta(hours=5)) for line in firing)]


def test_no_english_and_no_struck_out_phrase_is_left_in_a_portuguese_alert() -> None:
    found = lines()
    assert {line.key.rule_id for line in found} == set(load_alerts().rules)
    texts: list[str] = []
    with use_locale("pt"):
        for line in found:
            message = alert_message([line], NOW, "https://desk.example", "live", "https://desk.example/held")
            texts += [*text_of(message).splitlines(), *re.findall(r">([^<]+)<", html_of(message))]
            texts += [block["text"]["text"] for block in slack_payload(message)["blocks"]]
        texts += text_of(alert_message(found, NOW, "", "sandbox")).splitlines()
    assert left_in_english(text.replace("division by zero", "") for text in texts) == []
    assert struck_out(iter(texts), FORBIDDEN_PORTUGUESE) == []
    assert any("9 dias úteis sem dado novo; prazo de 2, última observação 19/11/2026" in text for text in texts)
    assert any("6,00%" in text for text in texts)


def test_the_scan_finds_a_sentence_that_no_template_makes() -> None:
    assert [text for text in TEMPLATES if text not in load_locale("pt").text] == []
    with use_locale("pt"):
        assert left_in_english([alert_sentence("the book is on fire since 2026-11-19")])
    assert alert_sentence("VaR 95%, one day, as a share of NAV") == "VaR 95%, one day, as a share of NAV"


def test_the_watchdog_speaks_portuguese_with_the_same_names_and_hours() -> None:
    texts = load_locale("pt").text
    assert [text for text in WATCHDOG if text not in texts] == []
    message = Message(
        kind="watchdog",
        title="Alvorada watchdog: No daily run of 2026-11-19 completed by 06:45, and 1 more",
        at=NOW,
        paragraphs=(
            "No daily run of 2026-11-19 completed by 06:45. The one of 06:01 São Paulo failed: StageFailed: risk."
            " What to do: docs/runbook.md.",
            "The database does not answer. localhost:5432 refuses: x. Whether a run of 2026-11-19 finished cannot be"
            " told. What to do: docs/runbook.md.",
            "Since 19 Nov 05:10 São Paulo alerts are not evaluated. The deployment 'alerts' has not run since."
            " What to do: docs/runbook.md.",
        ),
    )
    with use_locale("pt"):
        text = text_of(message)
        page = html_of(message)
    assert "Alvorada vigia: Nenhuma execução diária de 19/11/2026 concluída até 06:45, e mais 1" in text
    assert "A de 06:01 (Brasília) falhou: StageFailed: risk. O que fazer: docs/runbook.md." in text
    assert "Não se sabe se uma execução de 19/11/2026 terminou." in text
    assert "Desde 19/11 05:10 (Brasília) os alertas não são avaliados" in page
    assert "Since 19 Nov 05:10" in text_of(message), "English stays as it was written"


def test_automations_have_their_texts_in_the_desks_language() -> None:
    deployments = dict.fromkeys(("daily/daily", "backfill/backfill"), uuid.uuid4())
    targets = NotificationTargets(mail=uuid.uuid4())
    with use_locale("pt"):
        found = automations(deployments, targets, words=translate)
        silent = automations(deployments, NotificationTargets(), words=translate)
    texts = [core.description for core in (*found, *silent)]
    for core in found:
        sent = core.actions[0]
        assert isinstance(sent, SendNotification)
        texts += [sent.subject, *sent.body.splitlines()]
    plain = [re.sub(r"\{[{%].*?[%}]\}|docs/\S+ '[^']*'", "", text) for text in texts]
    assert left_in_english(plain) == []
    assert any("execução" in text for text in plain)
    english = automations(deployments, targets)[0].actions[0]
    assert isinstance(english, SendNotification)
    assert english.subject == "Alvorada: {{ flow.name }} run {{ flow_run.name }}: {{ flow_run.state.name }}"


async def test_an_alert_reaches_each_reader_in_their_own_language(slack: Slack, mailbox: Mailbox) -> None:
    words = "VaR 95%, one day, as a share of NAV"
    line = AlertLine(AlertKey("VAR_BREACH", "portfolio"), "firing", "warning", 0.034, 0.03, words, NOW)
    message = alert_message([line], NOW, "", "sandbox")
    server = MailServer("127.0.0.1", mailbox.port, "insecure")
    receipt = await Mail(server, "desk@example.com", TWO, "en", {"pm@example.com": "pt"}).send(message)
    assert receipt.details["recipients"] == 2
    assert {tuple(to): str(mail["Subject"]) for to, mail in mailbox.got} == {
        ("pm@example.com",): "[sandbox] Aviso: VAR_BREACH · portfolio",
        ("risk@example.com",): "[sandbox] Warning: VAR_BREACH · portfolio",
    }
    await SlackChannel(slack.url, language="pt").send(message)
    assert "VaR 95%, um dia" in str(slack.messages[0]["blocks"])


async def test_where_only_one_language_is_taken_only_its_readers_have_had_it(mailbox: Mailbox) -> None:
    message = alert_message(lines()[:1], NOW, "", "live")
    mail = Mail(MailServer("127.0.0.1", mailbox.port, "insecure"), "desk@example.com", TWO, "en", {TWO[0]: "pt"})
    mailbox.refuse = ["451 later"]
    receipt = await mail.send(message)
    assert list(receipt.refused) == [TWO[0]]
    assert [list(to) for to, _ in mailbox.got] == [[TWO[1]]]


@pytest.mark.db
async def test_each_reader_gets_subject_body_and_page_in_their_own_language(post: Post) -> None:
    page = PAGE.replace("the whole page", "a página inteira")
    await post.store.save_report(Report(post.data.as_of, "pt", uuid.uuid4(), post.data.as_of, "1" * 64, page))
    own = {"mail_languages": {"pm@example.com": "pt"}, "slack_language": "pt"}
    post.settings = settings(post.slack, post.box, *TWO, **own)
    assert report_delivery.reader_languages(post.settings) == ("pt", "en")
    await post.queue(fig_orders=png(900, 300))
    await post.send()
    mails = {to[0]: mail for to, mail in post.box.got}
    for name, day, order, title in (
        ("pm", "19/11/2026", r"ORDENS: \d+\s+1\. (Tomar|Aplicar|Vender)", "a página"),
        ("risk", "19 Nov", r"ACTIONS: \d+\s+1\. (Pay|Receive|Sell)", "the whole"),
    ):
        mail = mails[f"{name}@example.com"]
        assert day in str(mail["Subject"])
        text = mail.get_body(("plain",))
        assert text is not None
        assert re.search(order, text.get_content())
        [attached] = mail.iter_attachments()
        assert title in attached.get_content()
    assert "*Ordens: " in str(post.slack.messages[0]["blocks"])
    with pytest.raises(BadInput, match="no recipient is called pn@"):
        settings(post.slack, post.box, *TWO, mail_languages={"pn@example.com": "pt"})
