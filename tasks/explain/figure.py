"""The parts of an explanation, and its JSON."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from desk.model import desk_day

Value = float | str | None


@dataclass(frozen=True, slots=True)
class Part:
    """One number in the figure's formula, or shown beside it. `value` None: unknown."""

    name: str
    value: Value
    unit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """A figure before its inputs are traced. `columns`: the panel columns and measures that it derives from."""

    title: str
    value: Value
    unit: str
    formula: str
    parts: tuple[Part, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """One series, curve or file behind the figure, as known at the decision.

    `levels`: panel columns that derive from it, with their values. `sha256`: of the body as received; None where the
    input is absent.
    """

    input_id: str
    source: str | None
    dataset: str | None
    value: float | None
    unit: str | None
    obs_date: dt.date | None
    knowledge_time: dt.datetime | None
    stamp: str | None
    sha256: str | None
    age_bd: int | None
    state: str
    levels: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A figure with its formula, parts and inputs. `world`: live, sandbox or recorded data."""

    figure: str
    as_of: dt.datetime
    world: str
    draft: Draft
    inputs: tuple[Input, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain types for JSON; times in ISO 8601, UTC."""
        draft = self.draft
        return {
            "figure": self.figure,
            "title": draft.title,
            "as_of": self.as_of.isoformat(),
            "day": desk_day(self.as_of).isoformat(),
            "world": self.world,
            "value": draft.value,
            "unit": draft.unit,
            "formula": draft.formula,
            "parts": [{"name": p.name, "value": p.value, "unit": p.unit, "note": p.note} for p in draft.parts],
            "inputs": [
                {
                    "input_id": item.input_id,
                    "source": item.source,
                    "dataset": item.dataset,
                    "value": item.value,
                    "unit": item.unit,
                    "obs_date": item.obs_date.isoformat() if item.obs_date else None,
                    "knowledge_time": item.knowledge_time.isoformat() if item.knowledge_time else None,
                    "stamp": item.stamp,
                    "sha256": item.sha256,
                    "age_bd": item.age_bd,
                    "state": item.state,
                    "levels": item.levels,
                }
                for item in self.inputs
            ],
        }
