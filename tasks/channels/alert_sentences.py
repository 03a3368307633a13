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
    "{}: {} does not know the code {} since {}; give it its new code, or its last day as `retired`, in series.toml",
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
