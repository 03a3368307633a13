"""The rules applied to one moment's metrics: which conditions hold, which metrics have no data, which rules raised.

Here alone an exception of a rule is caught, of any type: it becomes an alert, and the other rules go on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from decimal import Decimal

from desk.alerts.facts import MISSING, Metrics
from desk.alerts.model import ALL, AlertKey, Evaluation, Reading
from desk.alerts.rules import RULES, Rule, SubjectValue, Unit
from desk.catalog.alert_rules import RuleSettings
from desk.text import clipped

MAX_SUMMARY_LENGTH = 600


def evaluate(metrics: Metrics, settings: Mapping[str, RuleSettings], rules: Iterable[Rule] = RULES) -> Evaluation:
    """Readings of every enabled rule on every subject; a rule without settings is not evaluated. Raises nothing."""
    readings: dict[AlertKey, Reading] = {}
    if metrics.is_new:
        return Evaluation(readings)
    for rule in rules:
        own = settings.get(rule.id)
        if own is None or not own.enabled:
            continue
        try:
            found = [reading for subject in rule.observe(metrics) if (reading := evaluate_subject(rule, own, subject))]
        # An error of any type in one rule must reach the desk, and the other rules must be evaluated.
        except Exception as error:  # noqa: BLE001
            key = AlertKey(rule.id, ALL, "error")
            words = f"the rule cannot be evaluated: {type(error).__name__}: {error}"
            found = [Reading(key, own.severity, None, own.threshold, clipped(words, MAX_SUMMARY_LENGTH))]
        readings |= {reading.key: reading for reading in found}
    return Evaluation(readings)


def evaluate_subject(rule: Rule, settings: RuleSettings, subject: SubjectValue) -> Reading | None:
    """The reading of one subject where the rule fires or the value is not a finite number; None where neither is so."""
    severity = subject.severity or settings.severity
    # In the same condition: what is not known of one is not known of the other, and fires no threshold.
    same_cause = [key._replace(condition="no_data") for key in subject.same_cause]
    value, defect = finite_number(subject.value)
    if value is None:
        key = AlertKey(rule.id, subject.subject, "no_data")
        words = clipped(f"no data: {defect}. {subject.summary}", MAX_SUMMARY_LENGTH)
        return Reading(key, severity, None, settings.threshold, words, (*subject.explained_by, *same_cause))
    threshold = 0.0 if settings.threshold is None else settings.threshold
    if not rule.fires(value, threshold):
        return None
    key = AlertKey(rule.id, subject.subject)
    # A failure explains the age of what it feeds; a known number that is too large only a graver alert about it.
    explained = (*subject.same_cause, *(subject.explained_by if rule.is_age else ()))
    return Reading(key, severity, value, settings.threshold, clipped(subject.summary, MAX_SUMMARY_LENGTH), explained)


def finite_number(raw: object) -> tuple[float | None, str]:
    """The value as a float and an empty text, or None and the reason. A boolean is not a number."""
    if raw is MISSING:
        return None, "the metric is missing"
    if raw is None:
        return None, "the metric is null"
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None, f"the metric is no number but {type(raw).__name__} {str(raw)[:60]!r}"
    value = float(raw)
    return (value, "") if math.isfinite(value) else (None, f"the metric is {value}")


def format_value(value: float | None, unit: Unit) -> str:
    """A rule's value for people, by its unit: 3.40%, 1.25x, 27.0 h."""
    if value is None:
        return "no data"
    forms = {
        "fraction": f"{value:.2%}",
        "ratio": f"{value:.2f}x",
        "count": f"{value:.0f}",
        "score": f"{value:.2f}",
        "hours": f"{value:.1f} h",
        "none": f"{value:.0f}",
    }
    return forms[unit]


UNITS: Mapping[str, Unit] = {rule.id: rule.unit for rule in RULES}
