"""How much of the book's VaR and of today's decisions rests on each dataset, and on inputs that are too old.

A position rests on every input of its price: its columns of the panel, the inputs that these were read off (the stored
`origin` of the feature) and the datasets that brought them (the input's receipt). A decision, an order that the day's
sizes ask for, issued or not, rests on the inputs of its price and on those of the strategies that ask for it. Shares
are of the sum of the sizes: of the component VaRs, so that a hedge counts as what it is, a position; of the daily risk
that each order moves. A dataset's shares overlap, and do not add up.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from desk import calendars
from desk.catalog import Catalog
from desk.catalog.defence import load_defence
from desk.catalog.desk_parameters import DeskParameters
from desk.gold import DATA_WEIGHT
from desk.model import desk_day
from desk.point_in_time.provenance import input_ids
from desk.portfolio.price_inputs import GROUP_COLUMNS, price_columns

GROUP_OF = {column: group for group, columns in GROUP_COLUMNS.items() for column in columns}
DATASET, OLD_PRICE, OLD_SIGNAL, OLD = "dataset", "old_price", "old_signal", "old"
Frames = Mapping[str, pl.DataFrame]
Old = tuple[str, str, dt.date | None]
"""Kind, input or strategy, and the day that it is of."""


@dataclass(frozen=True)
class _Base:
    """What something rests on: datasets, and old inputs."""

    datasets: frozenset[str]
    old: frozenset[Old]


def data_weights(
    as_of: dt.datetime,
    frames: Frames,
    catalog: Catalog,
    parameters: DeskParameters,
    inputs: Mapping[str, Sequence[str]],
) -> pl.DataFrame:
    """DATA_WEIGHT rows of the decision of `as_of`, by kind and subject; none where no component VaR and no order is
    known. A share of nothing is null.

    `frames`: the decision's COMPONENT_VAR, FEATURE, INPUT_RECEIPT, ACTION (also what the gate has stopped),
    WITHHELD_ORDER, TARGET_POSITION, AGGREGATED_SIGNAL and STRATEGY_SIGNALS rows. `inputs`: strategy -> its columns.
    """
    sizes = _sizes(frames, parameters), _moves(frames, parameters)
    totals = [math.fsum(part.values()) for part in sizes]
    if not any(totals):
        return pl.DataFrame(schema=DATA_WEIGHT.schema)
    blank = {name: 0.0 if total else None for name, total in zip(("var_share", "order_share"), totals, strict=True)}
    reader = _Reader(desk_day(as_of), frames, catalog, parameters, inputs)
    prices = {name: reader.price(name) for name in {**sizes[0], **sizes[1]}}
    decisions = {name: reader.with_strategies(name, prices[name]) for name in sizes[1]}
    found: dict[tuple[str, str], dict[str, Any]] = {(OLD, OLD): {"obs_date": None, **blank}}
    for column, part, bases in (("var_share", sizes[0], prices), ("order_share", sizes[1], decisions)):
        for name, size in part.items():
            share = size / math.fsum(part.values())
            keys: list[Old] = [(DATASET, dataset, None) for dataset in bases[name].datasets]
            keys += [*bases[name].old, *([(OLD, OLD, None)] if bases[name].old else [])]
            for kind, subject, session in keys:
                row = found.setdefault((kind, subject), {"obs_date": session, **blank})
                row[column] += share
    rows = [{"as_of": as_of, "kind": kind, "subject": subject, **row} for (kind, subject), row in found.items()]
    return pl.DataFrame(rows, schema=DATA_WEIGHT.schema).sort("kind", "subject")


def _sizes(frames: Frames, parameters: DeskParameters) -> dict[str, float]:
    """Traded instrument -> the size of its component VaR."""
    traded = pl.col("instrument_id").is_in(list(parameters.instrument_ids))  # an old page may hold one that is gone
    known = frames["component_var"].drop_nulls("component_var_95").filter(traded, pl.col("component_var_95") != 0.0)
    return dict(known.select("instrument_id", pl.col("component_var_95").abs()).iter_rows())


def _moves(frames: Frames, parameters: DeskParameters) -> dict[str, float]:
    """Traded instrument -> the daily risk that its orders move, or would have moved; BRL, without the lines whose
    deviation is unknown."""
    deviation = {row["instrument_id"]: row["unit_vol_brl"] for row in frames["target_position"].iter_rows(named=True)}
    moved = [(row["instrument_id"], row["order_contracts"]) for row in frames["action"].iter_rows(named=True)]
    moved += [
        (row["instrument_id"], row["contracts_wanted"] - row["contracts"])
        for row in frames["withheld_order"].iter_rows(named=True)
    ]
    found: dict[str, float] = {}
    for name, contracts in moved:
        if name in parameters.instrument_ids and deviation.get(name) and contracts:
            found[name] = found.get(name, 0.0) + abs(contracts) * deviation[name]
    return found


class _Reader:
    """What prices and views rest on, by the stored origins."""

    def __init__(
        self,
        day: dt.date,
        frames: Frames,
        catalog: Catalog,
        parameters: DeskParameters,
        inputs: Mapping[str, Sequence[str]],
    ) -> None:
        self._day = day
        self._catalog, self._parameters, self._inputs = catalog, parameters, inputs
        self._features = {row["feature_id"]: row for row in frames["feature"].iter_rows(named=True)}
        brings = frames["input_receipt"].filter(pl.col("dataset").is_in(list(catalog.datasets)))
        self._dataset_of = dict(brings.select("input_id", "dataset").iter_rows())
        self._asks = {
            row["instrument_id"]: json.loads(row["contributions"] or "{}")
            for row in frames["aggregated_signal"].iter_rows(named=True)
        }
        self._age = dict(frames["strategy_signals"].select("strategy_id", "age_bd").iter_rows())

    def price(self, instrument_id: str) -> _Base:
        """The inputs of an instrument's price. An input is old by defence.toml."""
        day, limits = self._day, load_defence().price_age
        datasets, old = set[str](), set[Old]()
        for column in price_columns(self._parameters.instrument(instrument_id), day):
            row = self._features.get(column)
            if row is None or row["obs_date"] is None:
                continue
            brought = self._brought(row)
            datasets |= {dataset for _, dataset in brought}
            if brought:
                name, dataset = brought[0]
                calendar = calendars.by_name(self._catalog.datasets[dataset].calendar)
                if calendar.count(row["obs_date"], day) > limits[GROUP_OF[column]]:
                    old.add((OLD_PRICE, name, row["obs_date"]))
        return _Base(frozenset(datasets), frozenset(old))

    def with_strategies(self, instrument_id: str, price: _Base) -> _Base:
        """The price, and the inputs of the strategies that have a part in the instrument's conviction."""
        datasets, old = set(price.datasets), set(price.old)
        for strategy, part in self._asks.get(instrument_id, {}).items():
            if not part:
                continue
            for column in self._inputs.get(strategy, ()):
                row = self._features.get(column)
                datasets |= {dataset for _, dataset in self._brought(row)} if row is not None else set()
            if (self._age.get(strategy) or 0) > 0:
                old.add((OLD_SIGNAL, strategy, None))
        return _Base(frozenset(datasets), frozenset(old))

    def _brought(self, row: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [(name, self._dataset_of[name]) for name in input_ids(row["origin"]) if name in self._dataset_of]
