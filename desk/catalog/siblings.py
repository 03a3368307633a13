"""Two sources of one fact: typed records of siblings.toml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from desk.catalog import read_toml
from desk.errors import BadCatalog

Measure = Literal["same", "annual_252"]


@dataclass(frozen=True, slots=True)
class SiblingPair:
    """Field meanings: siblings.toml. `left` and `right` are series ids, or a curve's id and tenor (`UST|252`)."""

    id: str
    left: str
    right: str
    tolerance: float
    breach: float
    reason: str
    relative: bool
    independent: bool
    right_as: Measure = "same"


def load_siblings() -> tuple[SiblingPair, ...]:
    """The declared pairs, checked. Raises BadCatalog with the pair's id."""
    raw = read_toml("siblings")
    pairs: dict[str, SiblingPair] = {}
    for entry in raw["pair"]:
        where = f"siblings.toml: pair {entry.get('id', '?')}"
        try:
            pair = SiblingPair(**{**raw["defaults"], **entry})
        except TypeError as error:
            raise BadCatalog(f"{where}: {error}") from error
        if pair.id in pairs:
            raise BadCatalog(f"{where} is listed twice")
        if not 0 < pair.tolerance <= pair.breach:
            raise BadCatalog(f"{where}: 0 < tolerance <= breach must hold")
        if pair.left == pair.right:
            raise BadCatalog(f"{where}: a series is no sibling of itself")
        if pair.right_as not in get_args(Measure):
            raise BadCatalog(f"{where}: unknown measure {pair.right_as!r}")
        pairs[pair.id] = pair
    return tuple(pairs.values())
