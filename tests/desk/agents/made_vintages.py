"""Monthly series made by hand, as series_vintages: one vintage, or a growing number of months."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from desk.transforms.model_inputs import ModelInputs
from desk.transforms.panel import Panel
from desk.transforms.vintage_transforms import SeriesVintages

FIRST_MONTH = np.datetime64("2005-01", "M")


def snapshot(values: np.ndarray, row: int = 0) -> SeriesVintages:
    """One vintage, usable from `row` on, of months from January 2005."""
    months = FIRST_MONTH + np.arange(len(values))
    return SeriesVintages(
        np.array([row]), months.astype("datetime64[D]"), np.asarray(values, dtype=np.float64)[None, :]
    )


def with_model_inputs(panel: Panel, monthly: Mapping[str, np.ndarray]) -> Panel:
    made = {name: snapshot(values) for name, values in monthly.items()}
    return Panel(panel.values, panel.obs_dates, panel.provenance, panel.lineage, ModelInputs(made))
