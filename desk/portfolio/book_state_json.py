"""The state of the book as JSON text, by instrument and strategy names, and back.

A state of an earlier release names no packages but the strategies' parts of each line's conviction: they are read as
legs of what the line holds, so that the P&L of its last positions goes where it went, and the next decision, which
finds no neutral packages, makes them anew. NAV and holdings are what is stored.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from desk.arrays import FloatArray, IntArray
from desk.errors import BadInput
from desk.portfolio.book_history import Holdings, no_holdings
from desk.portfolio.book_state import BookState, HeldDay
from desk.portfolio.breaker import BreakerState

_SMALLEST_CONVICTION = 0.05
"""Below it a line of an earlier release belonged to no strategy."""


def to_json(state: BookState, instrument_ids: Sequence[str], strategy_ids: Sequence[str]) -> str:
    """The state as JSON text; floats come back to the bit."""
    return json.dumps(
        {
            "day": state.day.isoformat(),
            "guarded": _packed(state.guarded, instrument_ids, strategy_ids),
            "shadow": None if state.shadow is None else _packed(state.shadow, instrument_ids, strategy_ids),
            "breaker": asdict(state.breaker),
            "recent_excess": state.recent_excess,
            "packages_before": _legs(state.packages_before, instrument_ids, strategy_ids),
            "levels": {day.isoformat(): row for day, row in state.levels.items()},
        },
        allow_nan=False,
        separators=(",", ":"),
    )


def from_json(text: str, instrument_ids: Sequence[str], strategy_ids: Sequence[str]) -> BookState:
    """The state that `to_json` wrote, for today's instruments and strategies: one that is new since then is not held,
    and what a strategy that is gone held is nobody's, so that the next decision closes it.

    Raises BadInput when the book holds an instrument that the catalogue no longer has.
    """
    stored = json.loads(text)
    books = {name: _unpacked(stored[name], instrument_ids) for name in ("guarded", "shadow") if stored[name]}
    if "reasons" in stored:
        before, now = (_by_strategy(reasons) for reasons in stored["reasons"])
        owned = {
            name: _shared(now, book.target.contracts, instrument_ids, strategy_ids) for name, book in books.items()
        }
        packages_before = _shared(before, books["guarded"].before.contracts, instrument_ids, strategy_ids)
    else:
        owned = {name: _matrix(stored[name]["packages"], instrument_ids, strategy_ids) for name in books}
        packages_before = _matrix(stored["packages_before"], instrument_ids, strategy_ids)
    held = {name: replace(book, packages=owned[name]) for name, book in books.items()}
    return BookState(
        day=dt.date.fromisoformat(stored["day"]),
        guarded=held["guarded"],
        shadow=held.get("shadow"),
        breaker=BreakerState(**{**stored["breaker"], "recent": tuple(stored["breaker"]["recent"])}),
        recent_excess=tuple(stored["recent_excess"]),
        packages_before=packages_before,
        levels={dt.date.fromisoformat(day): row for day, row in stored["levels"].items()},
    )


def _legs(
    packages: FloatArray, instrument_ids: Sequence[str], strategy_ids: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Strategy -> instrument -> contracts, of what is not zero."""
    return {
        strategy: {instrument_ids[column]: float(row[column]) for column in np.flatnonzero(row).tolist()}
        for strategy, row in zip(strategy_ids, packages, strict=True)
        if row.any()
    }


def _matrix(
    legs: Mapping[str, Mapping[str, float]], instrument_ids: Sequence[str], strategy_ids: Sequence[str]
) -> FloatArray:
    packages = np.zeros((len(strategy_ids), len(instrument_ids)))
    for place, strategy in enumerate(strategy_ids):
        for column, instrument in enumerate(instrument_ids):
            packages[place, column] = legs.get(strategy, {}).get(instrument, 0.0)
    return packages


def _by_strategy(reasons: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Parts of convictions by instrument and strategy, turned round."""
    found: dict[str, dict[str, float]] = {}
    for instrument, parts in reasons.items():
        for strategy, part in parts.items():
            found.setdefault(strategy, {})[instrument] = part
    return found


def _shared(
    parts: Mapping[str, Mapping[str, float]],
    contracts: IntArray,
    instrument_ids: Sequence[str],
    strategy_ids: Sequence[str],
) -> FloatArray:
    """Contracts (N,) shared among the strategies by their parts of each line's conviction, as releases did that had no
    packages: nobody's where the conviction was small or against the line."""
    part = _matrix(parts, instrument_ids, strategy_ids)
    total = part.sum(axis=0)
    owned = (np.abs(total) >= _SMALLEST_CONVICTION) & (total * contracts > 0)
    return np.where(owned, contracts * part / np.where(owned, total, 1.0), 0.0)


def _packed(held: HeldDay, instrument_ids: Sequence[str], strategy_ids: Sequence[str]) -> dict[str, Any]:
    lines = {
        instrument_id: {
            "before": _contract(held.before, column),
            "target": _contract(held.target, column),
            "last_mark": str(held.last_mark[column]),
        }
        for column, instrument_id in enumerate(instrument_ids)
    }
    return {
        "nav": held.nav,
        "benchmark": held.benchmark,
        "risk_multiplier": held.risk_multiplier,
        "lines": lines,
        "packages": _legs(held.packages, instrument_ids, strategy_ids),
    }


def _contract(holdings: Holdings, column: int) -> list[Any]:
    return [int(holdings.contracts[column]), str(holdings.maturity[column]), str(holdings.contract_id[column])]


def _unpacked(stored: Mapping[str, Any], instrument_ids: Sequence[str]) -> HeldDay:
    lines = stored["lines"]
    gone = [
        name
        for name, line in lines.items()
        if name not in instrument_ids and (line["before"][0] != 0 or line["target"][0] != 0)
    ]
    if gone:
        raise BadInput(f"the stored book holds {', '.join(gone)}, which the catalogue no longer has")
    before, target = no_holdings(len(instrument_ids)), no_holdings(len(instrument_ids))
    last_mark = np.full(len(instrument_ids), min(line["last_mark"] for line in lines.values()), dtype="datetime64[D]")
    for column, name in enumerate(instrument_ids):
        if name not in lines:
            continue
        for holdings, part in ((before, "before"), (target, "target")):
            holdings.contracts[column], maturity, holdings.contract_id[column] = lines[name][part]
            holdings.maturity[column] = np.datetime64(maturity)
        last_mark[column] = np.datetime64(lines[name]["last_mark"])
    none = np.zeros((0, len(instrument_ids)))
    return HeldDay(before, target, none, stored["nav"], stored["benchmark"], stored["risk_multiplier"], last_mark)
