"""The results of the risk pass as gold frames; every array has a row for each day of the positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from desk.arrays import FloatArray, RowIndex
from desk.catalog.desk_parameters import DeskParameters
from desk.catalog.risk_parameters import RiskParameters
from desk.errors import MissingInput
from desk.gold import (
    COMPONENT_VAR,
    DV01_LADDER,
    RISK_LIMITS_STATUS,
    RISK_METRICS_DAILY,
    STRESS_TEST_RESULTS,
    VAR_METHOD,
    GoldTable,
)
from desk.portfolio.book_frames import gold_frame
from desk.risk.components import Components
from desk.risk.dv01 import ladder_index
from desk.risk.limits import limit_status
from desk.risk.positions import Positions
from desk.risk.stress import Scenario
from desk.risk.tail_history import MetricSeries, TailHistory
from desk.risk.var_method import VERDICTS, VarMethods, method_names

TOTAL = "TOTAL"


def metric_frame(positions: Positions, metrics: Mapping[tuple[str, str], MetricSeries]) -> pl.DataFrame:
    """(metric, method) -> values and observations by row."""
    frames = [
        {
            "as_of": positions.as_of,
            "metric": [metric] * len(positions),
            "method": [method] * len(positions),
            "value": item.value,
            "observations": item.observations,
        }
        for (metric, method), item in metrics.items()
    ]
    return stacked(RISK_METRICS_DAILY, frames)


def last_row_frame(
    positions: Positions, metrics: Mapping[tuple[str, str], float], observations: int, last: int
) -> pl.DataFrame:
    """Metrics that only one row has."""
    frames = [
        {
            "as_of": positions.as_of.gather([last]),
            "metric": [metric],
            "method": [method],
            "value": [value],
            "observations": [observations],
        }
        for (metric, method), value in metrics.items()
    ]
    return stacked(RISK_METRICS_DAILY, frames)


def component_frame(
    positions: Positions, parts: Components, history: TailHistory, parameters: DeskParameters
) -> pl.DataFrame:
    """Fractions of NAV; `marginal` is for one more contract. Null where a held line's covariance is unknown."""
    unknown = ~np.isfinite(history.deviation)[:, None]
    nav = positions.nav[:, None]
    total = parts.total[:, None]
    flat = np.broadcast_to(total == 0, parts.component.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(flat, np.nan, parts.component / total)
    columns = {
        "individual_var_95": parts.individual / nav,
        "marginal_var_95": parts.marginal / nav,
        "component_var_95": parts.component / nav,
        "share": share,
        "incremental_var_95": parts.incremental / nav,
    }
    return gold_frame(
        COMPONENT_VAR,
        {
            "as_of": positions.as_of.gather(np.repeat(np.arange(len(positions)), len(parameters.instruments))),
            "instrument_id": np.tile(parameters.instrument_ids, len(positions)),
            "asset_class": np.tile([item.asset_class for item in parameters.instruments], len(positions)),
        }
        | {name: np.where(unknown, np.nan, column).ravel() for name, column in columns.items()},
    )


def ladder_frame(positions: Positions, ladder: FloatArray) -> pl.DataFrame:
    """BRL per bp of every vertex and delta (columns of `ladder`, in the order of `ladder_index`)."""
    curves, tenors = ladder_index()
    return gold_frame(
        DV01_LADDER,
        {
            "as_of": positions.as_of.gather(np.repeat(np.arange(len(positions)), len(tenors))),
            "curve_id": np.tile(curves, len(positions)),
            "tenor_bd": np.tile(tenors, len(positions)),
            "dv01_brl": ladder.ravel(),
        },
    )


def stress_frame(positions: Positions, scenarios: Sequence[Scenario], parameters: DeskParameters) -> pl.DataFrame:
    """By held line and TOTAL."""
    frames = []
    for scenario in scenarios:
        rows = np.flatnonzero(positions.rows >= scenario.known_from)
        by_line = np.column_stack([scenario.pnl[rows], scenario.pnl[rows].sum(axis=1)])
        shown = np.column_stack([positions.contracts[rows] != 0, np.ones(len(rows), dtype=np.bool_)])
        at, line = np.nonzero(shown)
        names = np.array([*parameters.instrument_ids, TOTAL])
        frames.append(
            {
                "as_of": positions.as_of.gather(rows[at]),
                "scenario_id": [scenario.id] * len(at),
                "instrument_id": names[line],
                "name": [scenario.names[row] for row in rows[at]],
                "kind": [scenario.kind] * len(at),
                "pnl_brl": by_line[at, line],
                "pnl_fraction": by_line[at, line] / positions.nav[rows[at]],
                "moves": [
                    scenario.moves[rows[i]] if names[j] == TOTAL else None for i, j in zip(at, line, strict=True)
                ],
            }
        )
    return stacked(STRESS_TEST_RESULTS, frames)


def method_frame(positions: Positions, used: VarMethods, rules: RiskParameters, rows: RowIndex) -> pl.DataFrame:
    """The method that limits read and the other one, with the verdict on each, of the book's `rows`; the other
    arguments are of the whole book, since a method may be in use since long before."""
    names = method_names(used, rules)
    first = positions.as_of.gather(used.since[rows]).dt.convert_time_zone("America/Sao_Paulo").dt.date()
    begun = {"headline": first, "challenger": pl.Series([None] * len(rows), dtype=pl.Date)}
    places = {"headline": used.used, "challenger": 1 - used.used}
    frames = [
        {
            "as_of": positions.as_of.gather(rows),
            "role": [role] * len(rows),
            "method": names[at][rows].tolist(),
            "since": begun[role],
            "verdict": [VERDICTS[one] for one in used.verdicts[places[role][rows], rows].tolist()],
        }
        for at, role in enumerate(("headline", "challenger"))
    ]
    return stacked(VAR_METHOD, frames)


def limit_frame(positions: Positions, values: Mapping[str, FloatArray], parameters: DeskParameters) -> pl.DataFrame:
    """Value, utilisation and colour of each limit. Raises MissingInput for a limit without values."""
    frames = []
    for limit in parameters.limits.limits.values():
        if limit.id not in values:
            raise MissingInput(f"nothing measures the limit {limit.id!r}")
        status = [limit_status(float(value), limit, parameters.limits) for value in values[limit.id]]
        frames.append(
            {
                "as_of": positions.as_of,
                "limit_id": [limit.id] * len(positions),
                "name": [limit.name] * len(positions),
                "value": values[limit.id],
                "threshold": [limit.threshold] * len(positions),
                "utilisation": [utilisation for utilisation, _ in status],
                "status": [colour for _, colour in status],
            }
        )
    return stacked(RISK_LIMITS_STATUS, frames)


def stacked(table: GoldTable, frames: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The frames one after the other in the table's schema, sorted by as_of and key."""
    keys = ["as_of", *table.key]
    return pl.concat([gold_frame(table, columns) for columns in frames]).sort(keys)
