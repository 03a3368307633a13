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
from desk.portfolio.size import Contributions, round_to_lots

PRICE_OLD, SIGNAL_OLD = "price_old", "signal_old"


def withheld_orders(
    inputs: BookInputs, history: BookHistory, reasons: Contributions, held: Collection[int]
) -> pl.DataFrame:
    """One row for each line that the sizes of the day would have moved or rolled, and that has no order for the sake of
    an input. Rows of `held` have no decision, and withhold nothing."""
    plan, instruments = inputs.plan, inputs.parameters.instruments
    lots = np.array([item.lot for item in instruments], dtype=np.int64)
    scale = (history.nav * history.risk_multiplier)[:, None]
    before = history.before
    wanted = np.where(np.isfinite(plan.per_brl), round_to_lots(plan.per_brl * scale, lots), before.contracts)
    rolls = (before.contracts != 0) & (before.maturity != plan.contracts.maturity)
    stopped = ~(inputs.prices.usable & inputs.believed) & ((wanted != before.contracts) | rolls)
    stopped[list(held)] = False
    as_of, rows = as_of_times(plan), list[dict[str, Any]]()
    for row, column in np.argwhere(stopped).tolist():
        instrument = instruments[column].id
        line = {
            "as_of": as_of[row],
            "instrument_id": instrument,
            "contract_id": str((before if rolls[row, column] else plan.contracts).contract_id[row, column]) or None,
            "contracts": int(before.contracts[row, column]),
            "contracts_wanted": int(wanted[row, column]),
        }
        if inputs.prices.usable[row, column]:
            strategies = ", ".join(sorted(reasons.get((row, instrument), {})))
            rows.append(line | {"cause": SIGNAL_OLD, "input_id": strategies or None})
        else:
            rows.append(line | _oldest_input(inputs, row, column))
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
