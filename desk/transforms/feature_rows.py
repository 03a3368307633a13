"""A panel's columns as rows of gold FEATURE."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from desk.gold import FEATURE
from desk.model import decision_time
from desk.point_in_time import provenance
from desk.transforms.panel import Panel


def feature_rows(panel: Panel, days: Sequence[dt.date]) -> pl.DataFrame:
    """FEATURE rows: every known column of the panel on `days`, with what it rests on: obs_date, inputs, payload."""
    names = [name for name in panel.values.columns if name != "day"]
    rows = np.flatnonzero(np.isin(panel.values["day"].to_numpy(), np.array(list(days), dtype="datetime64[D]")))
    moments = pl.Series("as_of", [decision_time(day) for day in days], dtype=pl.Datetime("us", "UTC"))
    origins = [panel.provenance.columns[name] for name in names]
    joined = pl.Series("origin", [provenance.SEPARATOR.join(ids) or None for ids in panel.provenance.inputs], pl.String)
    payloads = pl.Series(np.concatenate([origin.payload_ids[rows] for origin in origins]), dtype=pl.Int64)
    times = pl.Series(np.concatenate([origin.knowledge_times[rows] for origin in origins])).dt.replace_time_zone("UTC")
    return (
        panel.values[rows]
        .select(names)
        .unpivot(variable_name="feature_id", value_name="value")
        .with_columns(
            pl.concat([moments] * len(names)).alias("as_of"),
            panel.obs_dates[rows].select(names).unpivot(value_name="obs_date")["obs_date"],
            joined.gather(np.concatenate([origin.inputs[rows] for origin in origins])).alias("origin"),
            times.alias("knowledge_time"),
            payloads.replace(provenance.NO_PAYLOAD, None).alias("payload_id"),
        )
        .drop_nulls("value")
        .select(list(FEATURE.schema))
        .sort("as_of", "feature_id")
    )
