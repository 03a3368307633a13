"""The orders that were not made because what they would rest on is too old: WITHHELD_ORDER."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import polars as pl

from desk.catalog.defence import PRICE_GROUPS, load_defence
from desk.gold import WITHHELD_ORDER
from desk.portfolio.book import BookInputs
from desk.portfolio.book_frames import as_of_times
from desk.portfolio.book_history import BookHistory
from desk.portfolio.size import round_to_lots

PRICE_OLD, SIGNAL_OLD = "price_old", "signal_old"


def withheld_orders(inputs: BookInputs, history: BookHistory, held: Collection[int]) -> pl.DataFrame:
    """One row for each line that the sizes of the day would have moved or rolled, and that has no order for the sake of
    an input: its own price, that of another leg of its package, or those of its strategy. Rows of `held` have no
    decision, and withhold nothing."""
    plan, instruments = inputs.plan, inputs.parameters.instruments
    lots = np.array([item.lot for item in instruments], dtype=np.int64)
    before, usable = history.before, inputs.prices.usable
    held_legs = np.concatenate([np.zeros_like(history.packages[:1]), history.packages[:-1]])
    planned = plan.packages * (history.nav * history.risk_multiplier)[:, None, None]
    desired = np.where(np.isnan(planned), held_legs, planned)
    desired_lots = round_to_lots(desired.sum(axis=1), lots)
    rolls = (before.contracts != 0) & (before.maturity != plan.contracts.maturity)
    moves = np.abs(desired - held_legs) >= lots / 2.0
    touched = (desired != 0) | (held_legs != 0)
    as_of, rows = as_of_times(plan), list[dict[str, Any]]()
    for row in range(len(plan)):
        if row in held:
            continue
        own = ~usable[row] & ((desired_lots[row] != before.contracts[row]) | rolls[row])
        blocked = (touched[row] & ~usable[row]).any(axis=1)
        idle = usable[row] & (desired_lots[row] != history.target.contracts[row])
        by_price = idle & (moves[row] & blocked[:, None]).any(axis=0)
        by_signal = idle & ~by_price & (moves[row] & ~inputs.believed[row][:, None]).any(axis=0)
        for column in np.flatnonzero(own | by_price | by_signal).tolist():
            line = {
                "as_of": as_of[row],
                "instrument_id": instruments[column].id,
                "contract_id": str((before if rolls[row, column] else plan.contracts).contract_id[row, column]) or None,
                "contracts": int(before.contracts[row, column]),
                "contracts_wanted": int(desired_lots[row, column]),
            }
            if by_signal[column]:
                waiting = moves[row, :, column] & ~inputs.believed[row]
                names = ", ".join(sorted(plan.terms[place].id for place in np.flatnonzero(waiting).tolist()))
                rows.append(line | {"cause": SIGNAL_OLD, "input_id": names})
                continue
            at = column
            if by_price[column]:
                package = int(np.flatnonzero(moves[row, :, column] & blocked)[0])
                at = int(np.flatnonzero(touched[row, package] & ~usable[row])[0])
            rows.append(line | _oldest_input(inputs, row, at))
    return pl.DataFrame(rows, schema=WITHHELD_ORDER.schema)


def _oldest_input(inputs: BookInputs, row: int, column: int) -> dict[str, Any]:
    """The input that is furthest beyond its age; one that is not known at all comes first."""
    known, limits = inputs.prices.market.inputs, load_defence().price_age
    bad = np.flatnonzero(inputs.prices.needs[row, column] & ~known.current[row]).tolist()
    ages = {place: int(known.ages[row, place]) for place in bad}
    worst = max(bad, key=lambda place: (ages[place] < 0, ages[place] - limits[PRICE_GROUPS[place]]))
    group, session = PRICE_GROUPS[worst], known.sessions[row, worst]
    return {
        "cause": PRICE_OLD,
        "input_id": str(known.sources[row, worst]) or group,
        "obs_date": None if np.isnat(session) else session.item(),
        "age_bd": None if ages[worst] < 0 else ages[worst],
        "limit_bd": limits[group],
    }
