"""The definition of an agent: signed drivers, a score, a confidence, and a sentence written from the numbers.

score = tanh(mean of the known signed drivers): one standard deviation of every driver gives 0.76. Drivers are z-scores,
or levels divided by their `unit`. confidence = chance that the score has the right sign (desk.agents.confidence).
Unknown drivers are listed with the source columns that were missing on that day.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import polars as pl

from desk.agents.confidence import direction_confidence
from desk.arrays import BoolArray, FloatArray
from desk.catalog.agent_fit import load_agent_fit
from desk.gold import AGENT_VIEW
from desk.model import decision_time
from desk.transforms.panel import Panel

DRIVER_CAP = 3.0
"""A driver counts at most three standard deviations, so that one wrong number cannot decide the score."""
_STRENGTHS = ((0.15, "balanced"), (0.4, "mild"), (0.7, "clear"), (1.01, "strong"))


@dataclass(frozen=True, slots=True)
class Driver:
    """One input of a score: a panel column or measure, multiplied by `sign` and divided by `unit`.

    With `sign` a positive contribution raises the agent's score. `label` is a neutral noun phrase for the sentence.
    """

    column: str
    sign: float
    label: str
    unit: float = 1.0


@dataclass(frozen=True, slots=True)
class Level:
    """One number that the sentence quotes: a fraction shown in percent, or a number as it is; `digits` after the point.
    A rate has two: the Selic of 7.75% is not 7.8%."""

    column: str
    label: str
    percent: bool = True
    digits: int = 1

    def text(self, value: float) -> str:
        """`label` and `value` as the sentence shows them."""
        shown = value * 100 if self.percent else value
        return f"{self.label} {shown:.{self.digits}f}{'%' if self.percent else ''}"


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent. `plus` and `minus`: the meaning of a positive and of a negative score, as the sentence words it.

    Fewer than `min_drivers` known drivers give no score.
    """

    id: str
    question: str
    plus: str
    minus: str
    drivers: tuple[Driver, ...]
    levels: tuple[Level, ...]
    min_drivers: int = 2

    @property
    def inputs(self) -> tuple[str, ...]:
        """Panel columns and measures of the drivers and levels, each once."""
        return tuple(dict.fromkeys([d.column for d in self.drivers] + [level.column for level in self.levels]))

    def contributions(self, panel: Panel) -> FloatArray:
        """Signed, capped drivers (T, number of drivers), NaN where unknown."""
        signed = np.column_stack([driver.sign * panel.array(driver.column) / driver.unit for driver in self.drivers])
        return np.clip(signed, -DRIVER_CAP, DRIVER_CAP)

    def ages(self, panel: Panel) -> FloatArray:
        """Calendar days since the oldest input of each driver (T, number of drivers), NaN where unknown."""
        days = panel.values["day"].to_numpy().astype("datetime64[D]")
        dates = [panel.obs_dates[driver.column].to_numpy().astype("datetime64[D]") for driver in self.drivers]
        return np.column_stack([np.where(np.isnat(date), np.nan, (days - date).astype(np.float64)) for date in dates])

    def view(self, panel: Panel) -> pl.DataFrame:
        """AGENT_VIEW rows, one a day; score null and confidence 0 with fewer than `min_drivers` known."""
        parts = self.contributions(panel)
        known = np.isfinite(parts)
        count = known.sum(axis=1)
        mean = np.where(known, parts, 0.0).sum(axis=1) / np.maximum(count, 1)
        score = np.where(count >= self.min_drivers, np.tanh(mean), np.nan)
        sure = direction_confidence(parts, self.ages(panel), load_agent_fit()[self.id])
        confidence = np.where(np.isfinite(score), sure, 0.0)
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

    def _missing(self, panel: Panel, known: BoolArray) -> list[str]:
        """One JSON list a day of the unknown drivers, each with the source columns that are null on that day.

        `short history` stands for a driver whose source columns are all known: its window is not full yet.
        """
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
