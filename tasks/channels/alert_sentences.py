"""An alert's sentence in the reader's language.

The rules write it in English, and it is stored so. Here the finished sentence is recognised by its template, and said
in the current locale with the same names and numbers. Texts of other programs (errors, messages of runs, the reasons
of held values) stay as they are.
"""

from __future__ import annotations

import re
from functools import cache

from reports.elements.locale import ENGLISH, current_locale, translate

TEMPLATES = (
    "{}; {}. Nothing starts it any more: see the newest run's log, then `alvorada run`",
    "no data: {}. {}",
    "the rule cannot be evaluated: {}",
    "no dataset has a status",
    "{} is an unknown number of business days old against a promise of {}, last observation {}",
    "{} is an unknown number of business days old against a promise of {}",
    "{} is {} business days old against a promise of {}, last observation {}",
    "{} is {} business days old against a promise of {}",
    "VaR 95%, one day, as a share of NAV",
    "VaR 99%, one day, as a share of NAV",
    "Fall of the NAV over cash from its peak",
    "Utilisation of the limit {}",
    "{} changed sides in the last 24 hours",
    "Conviction on {} moved since the decision before",
    "Hours since the last view of {}, weekends not counted",
    "a value is held, and nothing decides on it: {}, {}",
    "two sources of one fact disagree: {}, {} of {}",
    "{}: {} does not know the code {}, or has no number of it any more, since {}; give it its new code, or its last day"
    " as `retired`, in series.toml",
    "no daily run is on record",
    "the stage {} failed: {}",
    "could not be fetched from {}: {}",
    "required, and nothing usable is known: {}",
    "nothing is known of {}",
    "the run of {} failed: {}",
    "the run of {} is complete",
    "the run of {}, started at {} São Paulo, is still running, past its deadline",
    "the run of {}, started at {} São Paulo, died ({}), past its deadline",
    "the run of {}, started at {} São Paulo, was cancelled, past its deadline",
    "no run of {} by its deadline; none was ever made",
    "no run of {} by its deadline; the last was of {}",
    "the metric is missing",
    "the metric is null",
    "the metric is no number but {}",
    "the metric is {}",
)
"""In the order in which they are tried. A part may be a sentence of its own."""
TABLES = ("limits", "signals", "agents")
ISO_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")


WATCHDOG = (
    "Alvorada watchdog: over: {}, and {} more",
    "Alvorada watchdog: over: {}",
    "Alvorada watchdog: {}, and {} more",
    "Alvorada watchdog: {}",
    "Over: {}.",
    "{}. {} What to do: docs/runbook.md.",
    "{}. Whether a run of {} finished cannot be told.",
    "No daily run of {}: the desk is stopped",
    "No daily run of {} completed by {}",
    "No daily run of {} by {}",
    "The database is not there",
    "The database cannot be used",
    "The database does not answer a question",
    "The database does not answer",
    "Since {} São Paulo alerts are not evaluated",
    "Since {} São Paulo alerts and reports are not sent",
    "{} messages wait since {} São Paulo",
    "Prefect's API is down",
    "Prefect's API is ill",
    "It was stopped at {} São Paulo; `alvorada up` starts it.",
    "None was even started: is the scheduler, and the worker, at work?",
    "One is running since {} São Paulo.",
    "The one of {} São Paulo died: its process is gone, or it lost its database.",
    "The one of {} São Paulo was stopped.",
    "The one of {} São Paulo failed: {}.",
    "The deployment {} has not run since.",
    "The last error: none, they were never tried.",
    "The last error: {}.",
    "{} does not answer: {}.",
    "{}/ready answers {}.",
    "the daily run of today has completed",
    "the database answers",
    "Prefect's API answers",
    "alerts are evaluated",
    "alerts and reports are sent",
    "no message waits any longer",
)
"""What alvorada/watchdog writes, in the order in which it is tried."""
SHORT_DATE = re.compile(r"\b(\d{2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (\d{2}:\d{2})\b")


def watchdog_sentence(english: str) -> str:
    """A sentence of the watchdog in the current locale; texts of other programs in it stay as they are."""
    if current_locale() is ENGLISH:
        return english
    for template in WATCHDOG:
        if found := _pattern(template).fullmatch(english):
            return translate(template, *(watchdog_sentence(text) for text in found.groups()))
    months = ENGLISH.months
    return SHORT_DATE.sub(lambda found: f"{found[1]}/{months.index(found[2]) + 1:02} {found[3]}", _dated(english))


def alert_sentence(english: str) -> str:
    """The sentence in the current locale; one that no template makes stays as it is."""
    if current_locale() is ENGLISH:
        return english
    for template in TEMPLATES:
        if found := _pattern(template).fullmatch(english):
            return translate(template, *(_part(text) for text in found.groups()))
    return _dated(english)


def _part(text: str) -> str:
    return translate(text) if text in TABLES else alert_sentence(text)


def _dated(text: str) -> str:
    """ISO dates as the locale writes them."""
    form = current_locale().date
    months = current_locale().months
    return ISO_DATE.sub(
        lambda found: form.format(
            day=int(found[3]), number=int(found[2]), year=int(found[1]), month=months[int(found[2]) - 1]
        ),
        text,
    )


@cache
def _pattern(template: str) -> re.Pattern[str]:
    # What stands before the last semicolon may have one itself.
    return re.compile(re.escape(template).replace(r"\{\};", "(.+);").replace(r"\{\}", "(.+?)"), re.DOTALL)
