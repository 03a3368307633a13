"""A plan of a few rows for given views, each of the instrument's own strategy."""

from __future__ import annotations

import numpy as np

from desk.catalog.desk_parameters import load_desk_parameters
from desk.portfolio.market_levels import read_market
from desk.portfolio.sizing_plan import SizingPlan, plan_book
from tests.desk.portfolio.panels import LONE, make_values

PARAMETERS = load_desk_parameters()
IDS = PARAMETERS.instrument_ids
MARKET = read_market(make_values(130))
FIRST = 127


def plan_of(views: dict[str, float]) -> SizingPlan:
    """The plan of the last three rows for the same views on every row, each of the instrument's own strategy."""
    conviction = np.full((len(MARKET), len(IDS)), np.nan)
    for name, view in views.items():
        conviction[:, IDS.index(name)] = view
    return plan_book(MARKET, conviction, LONE, PARAMETERS, FIRST)
