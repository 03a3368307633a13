"""What real history says of each strategy: typed records of strategy_evidence.toml, which the page on it writes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from desk.catalog import read_toml, typed_record
from desk.errors import BadCatalog

EVIDENCE = 0.95
"""The deflated Sharpe ratio from which a record is evidence: the usual level of a test."""


@dataclass(frozen=True, slots=True)
class StrategyEvidence:
    """`days` with a record; the Sharpe ratio a year, and the probability that the true one is above luck, None where
    the record is too short."""

    days: int
    sharpe: float | None = None
    deflated: float | None = None

    @property
    def is_evidence(self) -> bool:
        """Whether the record is more than luck makes."""
        return self.deflated is not None and self.deflated >= EVIDENCE


@dataclass(frozen=True, slots=True)
class HistoryEvidence:
    """Of the decision days from `first` to `last`, by strategy."""

    first: dt.date
    last: dt.date
    strategies: Mapping[str, StrategyEvidence]


def load_strategy_evidence() -> HistoryEvidence:
    """Raises BadCatalog for a deflated Sharpe ratio that is no probability."""
    raw = read_toml("strategy_evidence")
    found: dict[str, StrategyEvidence] = {
        name: typed_record(StrategyEvidence, f"strategy_evidence.toml {name}", entry)
        for name, entry in raw["strategy"].items()
    }
    for name, one in found.items():
        if one.deflated is not None and not 0 <= one.deflated <= 1:
            raise BadCatalog(f"strategy_evidence.toml {name}: deflated = {one.deflated} is no probability")
    return HistoryEvidence(raw["first"], raw["last"], found)
