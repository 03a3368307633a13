"""Initial alert rules (alerts.toml) and their checks, which also apply to changes that a person makes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from desk.catalog import read_toml
from desk.errors import BadCatalog, BadInput

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""By rising severity."""


def rank_of(severity: Severity) -> int:
    """Rank of a severity: 0 for the lowest."""
    return SEVERITIES.index(severity)


LONGEST_SECONDS = 7 * 86_400
LONGEST_REPEAT_SECONDS = 366 * 86_400
"""An alert that comes once repeats after a year."""
SECONDS_FIELDS = ("for_seconds", "keep_firing_seconds", "cooldown_seconds", "repeat_seconds")
CHANGEABLE = ("enabled", "severity", "threshold", *SECONDS_FIELDS)


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """Settings of one rule. `threshold` is None for a rule without a threshold. Field meanings: alerts.toml."""

    rule_id: str
    enabled: bool
    severity: Severity
    threshold: float | None
    for_seconds: int
    keep_firing_seconds: int
    cooldown_seconds: int
    repeat_seconds: int


@dataclass(frozen=True, slots=True)
class AlertCatalog:
    """Rule settings by id, and the time of day (São Paulo) by which the daily run must have finished."""

    rules: Mapping[str, RuleSettings]
    deadline: dt.time


def load_alerts() -> AlertCatalog:
    """The rules of alerts.toml. Raises BadCatalog that names the wrong rule."""
    raw = read_toml("alerts")
    rules = {}
    for key, entry in raw["rule"].items():
        given = {"rule_id": key, "enabled": True, "threshold": None, **raw["defaults"], **entry}
        try:
            rules[key] = RuleSettings(**given)
            checked(rules[key], {name: given[name] for name in CHANGEABLE})
        except (TypeError, BadInput) as error:
            raise BadCatalog(f"alert rule {key}: {error}") from error
    return AlertCatalog(rules, dt.time.fromisoformat(raw["pipeline"]["deadline"]))


def checked(rule: RuleSettings, changes: Mapping[str, Any]) -> RuleSettings:
    """`rule` with `changes` applied. Raises BadInput that names an unknown field or an invalid value."""
    unknown = sorted(set(changes) - set(CHANGEABLE))
    if unknown:
        raise BadInput(f"a rule has no field {', '.join(unknown)}; it has {', '.join(CHANGEABLE)}")
    fields: dict[str, Any] = {**asdict(rule), **changes}
    if not isinstance(fields["enabled"], bool):
        raise BadInput("enabled must be true or false")
    if fields["severity"] not in SEVERITIES:
        raise BadInput(f"severity must be one of {', '.join(SEVERITIES)}")
    for name in SECONDS_FIELDS:
        value = fields[name]
        longest = LONGEST_REPEAT_SECONDS if name == "repeat_seconds" else LONGEST_SECONDS
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= longest:
            raise BadInput(f"{name} must be whole seconds from 0 to {longest}")
    return RuleSettings(**{**fields, "threshold": _threshold(rule, fields["threshold"])})


def _threshold(rule: RuleSettings, value: Any) -> float | None:
    if rule.threshold is None:
        if value is not None:
            raise BadInput(f"{rule.rule_id} has no threshold")
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise BadInput("threshold must be a finite number, 0 or more")
    return float(value)
