"""The vintages of a series that several sources have, by the choice of catalog/fallbacks.toml on each day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from desk.arrays import IntArray
from desk.point_in_time.as_of_grid import at_rows
from desk.transforms.vintage_transforms import SeriesVintages


def chosen_vintages(candidates: Sequence[SeriesVintages], choice: IntArray) -> SeriesVintages:
    """What was known of the chosen candidate after each of its changes, and after each change of the choice.

    `choice` (T,): index of the candidate of each day of the grid, -1 for none. Where one candidate is chosen on every
    day on which any is, its vintages are the result, the same object: with one source there is nothing to choose.
    """
    used = [index for index in range(len(candidates)) if (choice == index).any()]
    if len(used) <= 1:
        return candidates[used[0]] if used else candidates[0]
    dates = np.unique(np.concatenate([candidates[index].dates.astype("datetime64[M]") for index in used]))
    months = np.arange(dates[0], dates[-1] + 1)
    events = np.full(len(choice), -1, dtype=np.int64)
    for index in used:
        events = np.where(choice == index, at_rows(candidates[index].rows, len(choice)), events)
    chosen = np.where(events >= 0, choice, -1)
    changed = (chosen >= 0) & ((np.diff(chosen, prepend=-2) != 0) | (np.diff(events, prepend=-2) != 0))
    rows = np.flatnonzero(changed)
    values = np.full((len(rows), len(months)), np.nan)
    for index in used:
        own = np.flatnonzero(chosen[rows] == index)
        place = int((candidates[index].dates[0].astype("datetime64[M]") - months[0]).astype(np.int64))
        picked = candidates[index].values[events[rows[own]]]
        values[own, place : place + picked.shape[1]] = picked
    return SeriesVintages(rows.astype(np.int64), months.astype("datetime64[D]"), values)
