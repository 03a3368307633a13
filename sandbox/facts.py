"""Which economic quantity stands behind each code of a source: the sandbox's own record, apart from the catalogue.

The sandbox serves a code by this record. So a label that is wrong in the catalogue, or here, brings the wrong numbers
to the desk and fails tests/sandbox/test_facts.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from desk.errors import BadCatalog


@dataclass(frozen=True, slots=True)
class Fact:
    """`quantity`: a series of sandbox/releases; `frequency`: D, W, M or Q; `release`: the publication rule of its
    numbers; `title`: the source's own words, empty where another file of the sandbox has them."""

    source: str
    code: str
    quantity: str
    frequency: str
    release: str
    title: str


@lru_cache(maxsize=1)
def load_facts() -> Mapping[tuple[str, str], Fact]:
    """By (source, code). Raises BadCatalog naming the entry."""
    raw = tomllib.loads((resources.files("sandbox") / "facts.toml").read_text(encoding="utf-8"))
    facts = {}
    for source, entries in raw.items():
        for code, entry in entries.items():
            if len(entry) != 4 or entry[1] not in ("D", "W", "M", "Q"):
                raise BadCatalog(f"sandbox/facts.toml, {source} {code}: not [quantity, frequency, release, title]")
            facts[source, code] = Fact(source, code, *entry)
    return facts


def fact(source: str, code: str) -> Fact:
    """Raises KeyError for a code that the sandbox does not know."""
    return load_facts()[source, code]
