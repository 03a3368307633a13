"""What every agent is: drivers with signs, a score from those known, a confidence, and a sentence from the numbers.

score = tanh(mean of the signed drivers known), so that one standard deviation across all of them is 0.76. Drivers are
z-scores, or levels divided by their `unit`. confidence = share of the drivers known. What was not known is listed with
the source columns that it lacked on that day.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from desk.arrays import FloatArray
from desk.gold import AGENT_VIEW
from desk.model import decision_time
from desk.transforms.panel import Panel

DRIVER_CAP = 3.0
"""A driver counts at most three standard deviations, so that one broken number cannot speak for all."""
_STRENGTHS = ((0.15, "balanced"), (0.4, "mild"), (0.7, "clear"), (1.01, "strong"))


@dataclass(frozen=True, slots=True)
class Driver:
    """One panel column or measure; `sign` turns it so that + adds to the agent's score, `unit` is what counts as one.

    `label` is a neutral noun: the sentence gives it with its signed contribution.
    """

    column: str
    sign: float
    label: str
    unit: float = 1.0


@dataclass(frozen=True, slots=True)
class Level:
    """One number that the sentence quotes: a fraction shown in percent, or a plain number."""

    column: str
    label: str
    percent: bool = True

    def text(self, value: float) -> str:
        return f"{self.label} {value * 100:.1f}%" if self.percent else f"{self.label} {value:.2f}"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. `plus` and `minus` say what the two signs of its score mean, in the words of its sentence."""

    id: str
    question: str
    plus: str
    minus: str
    drivers: tuple[Driver, ...]
    levels: tuple[Level, ...]
    fewest_drivers: int = 2

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([d.column for d in self.drivers] + [level.column for level in self.levels]))

    def contributions(self, panel: Panel) -> FloatArray:
        """Signed, capped drivers (T, number of drivers), NaN where unknown."""
        signed = np.column_stack([driver.sign * panel.array(driver.column) / driver.unit for driver in self.drivers])
        return np.clip(signed, -DRIVER_CAP, DRIVER_CAP)

    def view(self, panel: Panel) -> pl.DataFrame:
        """AGENT_VIEW rows, one a day; score null and confidence 0 with fewer than `fewest_drivers` known."""
        parts = self.contributions(panel)
        known = np.isfinite(parts)
        count = known.sum(axis=1)
        mean = np.where(known, parts, 0.0).sum(axis=1) / np.maximum(count, 1)
        score = np.where(count >= self.fewest_drivers, np.tanh(mean), np.nan)
        confidence = np.where(np.isfinite(score), count / len(self.drivers), 0.0)
        levels = np.column_stack([panel.array(level.column) for level in self.levels])
        rows = range(len(parts))
        return pl.DataFrame(
            {
                "as_of": [decision_time(day) for day in panel.days],
                "agent_id": [self.id] * len(parts),
                "score": pl.Series(score, nan_to_null=True),
                "confidence": confidence,
                "drivers": [self._drivers(parts[t]) for t in rows],
                "missing": self._missing(panel, known),
                "sentence": [self._sentence(float(score[t]), parts[t], levels[t]) for t in rows],
            },
            schema=AGENT_VIEW.schema,
        )

    def _drivers(self, parts: FloatArray) -> str:
        pairs = zip(self.drivers, parts.tolist(), strict=True)
        return json.dumps({driver.column: round(part, 6) for driver, part in pairs if part == part})

    def _missing(self, panel: Panel, known: npt.NDArray[np.bool_]) -> list[str]:
        """Per day the drivers unknown, each with the source columns that are null on that day, or with `short history`
        where all of them are there and a window is not full. One JSON list a day."""
        reasons: dict[int, list[str]] = {}
        for index, driver in enumerate(self.drivers):
            if known[:, index].all():
                continue
            leaves = [leaf for leaf in panel.lineage.leaves(driver.column) if leaf in panel.values.columns]
            absent = panel.values.select(pl.col(leaf).is_null() for leaf in leaves).to_numpy()
            texts = {
                tuple(row): ", ".join(np.array(leaves)[row]) or "short history" for row in np.unique(absent, axis=0)
            }
            reasons[index] = [f"{driver.column} ({texts[tuple(row)]})" for row in absent]
        return [
            json.dumps([texts[t] for index, texts in reasons.items() if not known[t, index]]) for t in range(len(known))
        ]

    def _sentence(self, score: float, parts: FloatArray, levels: FloatArray) -> str:
        known = [(part, driver) for part, driver in zip(parts.tolist(), self.drivers, strict=True) if part == part]
        if score != score:
            return f"{self.question}: no view, {len(known)} of {len(self.drivers)} drivers known."
        strength = next(word for limit, word in _STRENGTHS if abs(score) < limit)
        verdict = self.plus if score > 0 else self.minus
        head = f"balanced ({score:+.2f})" if strength == "balanced" else f"{verdict} ({strength}, {score:+.2f})"
        facts = [level.text(value) for level, value in zip(self.levels, levels.tolist(), strict=True) if value == value]
        push = max(known, key=lambda pair: pair[0] * np.sign(score))
        pull = min(known, key=lambda pair: pair[0] * np.sign(score))
        text = f"{self.question}: {head}"
        text += f"; {', '.join(facts)}" if facts else ""
        text += f"; led by {push[1].label} ({push[0]:+.1f})"
        if pull[0] * score < 0:
            text += f", against it {pull[1].label} ({pull[0]:+.1f})"
        return text + "."
