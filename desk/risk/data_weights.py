"""How much of the book's VaR rests on prices that are older than they may be.

A position rests on every input of its price: its columns of the panel, the inputs that these were read off (the stored
`origin` of the feature) and the datasets that brought them (the input's receipt). Shares are of the sum of the sizes of
the component VaRs, so that a hedge counts as what it is: a position. Shares of several inputs overlap.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import polars as pl

from desk import calendars
from desk.catalog import Catalog
from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import DeskParameters
from desk.model import desk_day
from desk.point_in_time.provenance import input_ids
from desk.portfolio.price_inputs import GROUP_COLUMNS, price_columns

GROUP_OF = {column: group for group, columns in GROUP_COLUMNS.items() for column in columns}


@dataclass(frozen=True)
class OldPrice:
    """An input of prices that is older than it may be: of which day, and the share of VaR that rests on it."""

    input_id: str
    obs_date: dt.date
    var_share: float


@dataclass(frozen=True)
class DataWeights:
    """`old_share`: share of VaR (0 to 1) on any old price; `old`: by input, the largest share first."""

    old_share: float
    old: tuple[OldPrice, ...]


def data_weights(
    component: pl.DataFrame,
    features: pl.DataFrame,
    receipts: pl.DataFrame,
    catalog: Catalog,
    parameters: DeskParameters,
) -> DataWeights | None:
    """COMPONENT_VAR, FEATURE and INPUT_RECEIPT rows of one decision; None where no component VaR is known."""
    traded = pl.col("instrument_id").is_in(list(parameters.instrument_ids))  # an old page may hold one that is gone
    known = component.drop_nulls("component_var_95").filter(traded, pl.col("component_var_95") != 0.0)
    total = float(known["component_var_95"].abs().sum())
    if known.is_empty() or total == 0.0:
        return None
    day, limits = desk_day(known["as_of"][0]), load_defence().price_age
    rows = {row["feature_id"]: row for row in features.iter_rows(named=True)}
    brings = receipts.filter(pl.col("dataset").is_in(list(catalog.datasets)))
    dataset_of = dict(brings.select("input_id", "dataset").iter_rows())
    old: dict[tuple[str, dt.date], float] = {}
    old_share = 0.0
    for instrument_id, size in known.select("instrument_id", pl.col("component_var_95").abs()).iter_rows():
        share, late = size / total, set[tuple[str, dt.date]]()
        for column in price_columns(parameters.instrument(instrument_id), day):
            row = rows.get(column)
            if row is None or row["obs_date"] is None:
                continue
            brought = [(name, dataset_of[name]) for name in input_ids(row["origin"]) if name in dataset_of]
            if brought:
                name, dataset = brought[0]
                calendar = calendars.by_name(catalog.datasets[dataset].calendar)
                if calendar.count(row["obs_date"], day) > limits[GROUP_OF[column]]:
                    late.add((name, row["obs_date"]))
        for key in late:
            old[key] = old.get(key, 0.0) + share
        old_share += share if late else 0.0
    found = sorted(old.items(), key=lambda pair: (-pair[1], pair[0]))
    return DataWeights(old_share, tuple(OldPrice(name, session, share) for (name, session), share in found))
