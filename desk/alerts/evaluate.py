"""The rules over one moment's metrics: what holds, what has no data, what raised.

The only door where a rule's failure of any kind is caught: it becomes an alert.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal

from desk.alerts.facts import MISSING, Metrics
from desk.alerts.model import ALL, AlertKey, Evaluation, Reading
from desk.alerts.rules import RULES, Observed, Rule, Unit
from desk.catalog.alert_rules import RuleSettings

LONGEST_WORDS = 600


def evaluate(metrics: Metrics, settings: Mapping[str, RuleSettings], rules: Iterable[Rule] = RULES) -> Evaluation:
    """Every enabled rule on every subject. A rule without settings is not evaluated."""
    readings: dict[AlertKey, Reading] = {}
    for rule in rules:
        own = settings.get(rule.id)
        if own is None or not own.enabled:
            continue
        try:
            found = [reading for observed in rule.observe(metrics) if (reading := judge(rule, own, observed))]
        # Whatever a rule trips over, the desk must hear of it and the other rules must go on.
        except Exception as error:  # noqa: BLE001
            key = AlertKey(rule.id, ALL, "error")
            words = f"the rule cannot be evaluated: {type(error).__name__}: {error}"
            found = [Reading(key, own.severity, None, own.threshold, clipped(words))]
        readings |= {reading.key: reading for reading in found}
    return Evaluation(readings)


def judge(rule: Rule, settings: RuleSettings, observed: Observed) -> Reading | None:
    """The reading of one subject: the rule fires, its number is none, or None where all is well."""
    severity = observed.severity or settings.severity
    value, complaint = number(observed.value)
    if value is None:
        key = AlertKey(rule.id, observed.subject, "no_data")
        words = clipped(f"no data: {complaint}. {observed.words}")
        return Reading(key, severity, None, settings.threshold, words, observed.explained_by)
    threshold = 0.0 if settings.threshold is None else settings.threshold
    if not rule.fires(value, threshold):
        return None
    key = AlertKey(rule.id, observed.subject)
    # A failure explains what has grown old of it; nothing explains a number that is there and too large.
    explained = observed.explained_by if rule.is_age else ()
    return Reading(key, severity, value, settings.threshold, clipped(observed.words), explained)


def number(raw: object) -> tuple[float | None, str]:
    """A finite number, or None and why it is none. A truth value is no number."""
    if raw is MISSING:
        return None, "the metric is missing"
    if raw is None:
        return None, "the metric is null"
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None, f"the metric is no number but {type(raw).__name__} {str(raw)[:60]!r}"
    value = float(raw)
    return (value, "") if math.isfinite(value) else (None, f"the metric is {value}")


def clipped(words: str) -> str:
    return words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"


def shown(value: float | None, unit: Unit) -> str:
    """A rule's number as people read it: 3.4%, 1.25x, 27.0 h."""
    if value is None:
        return "no data"
    forms = {
        "fraction": f"{value:.2%}",
        "ratio": f"{value:.2f}x",
        "count": f"{value:.0f}",
        "score": f"{value:.2f}",
        "hours": f"{value:.1f} h",
        "none": f"{value:.0f} failed",
    }
    return forms[unit]


UNITS: Mapping[str, Unit] = {rule.id: rule.unit for rule in RULES}
