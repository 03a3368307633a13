"""Which inputs a column of the panel may be read off."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache

from desk.catalog import load_catalog
from desk.catalog.fallbacks import load_fallbacks
from desk.transforms.panel import build_panel


def possible_inputs(name: str) -> tuple[str, ...]:
    """Every input (series, curve source, Focus median) that the column `name` may be read off; none for a name that no
    panel has."""
    return _possible_inputs().get(name, ())


@lru_cache(maxsize=1)
def _possible_inputs() -> Mapping[str, tuple[str, ...]]:
    """By column, from a panel of nothing, which takes a second to build: a morning without prices asks for all."""
    empty, fallbacks = build_panel({}, [dt.date(2025, 1, 2)], load_catalog()), load_fallbacks()
    return {
        name: tuple(dict.fromkeys(id_ for leaf in empty.lineage.leaves(name) for id_ in fallbacks.inputs_of(leaf)))
        for name in empty.values.columns
        if name != "day"
    }
