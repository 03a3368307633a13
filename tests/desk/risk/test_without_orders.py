"""The risk of a day's book without its orders is the risk of the book that was held over the day."""

from __future__ import annotations

import numpy as np
import polars as pl

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio.portfolio_pass import open_book
from desk.risk import DecidedRisk, run_risk
from desk.risk.without_orders import without_orders
from tests.desk.portfolio.panels import LONE, make_values, views_of

PARAMETERS = load_desk_parameters()
VALUES = make_values(520)
INCEPTION = VALUES["day"][400]


def test_it_is_the_risk_of_the_day_as_one_without_a_decision() -> None:
    """On days with a roll, and on one with a change of size, NAV being the same in both."""
    turn = np.where(np.arange(len(VALUES)) < 500, 0.9, -0.4)
    views = views_of(VALUES, {"DI1_5Y": turn, "DOL": np.full(len(VALUES), 0.6)})
    book = open_book(VALUES, views, LONE, PARAMETERS, INCEPTION).frames
    rolls = book["action"].filter(pl.col("sentence").str.contains("rolls"))["as_of"].unique().to_list()
    turned = decision_time(VALUES["day"][500])
    assert turned in book["action"]["as_of"].to_list()
    for as_of in [*rolls[-2:], turned]:
        day = next(one for one in VALUES["day"].to_list() if decision_time(one) == as_of)
        upto = {name: frame.filter(pl.col("as_of") <= as_of) for name, frame in book.items()}
        values = VALUES.filter(pl.col("day") <= day)
        idle = open_book(values, views, LONE, PARAMETERS, INCEPTION, held=[day]).frames
        own = pl.col("as_of") == as_of
        assert idle["portfolio_state"].filter(own)["nav_brl"].equals(upto["portfolio_state"].filter(own)["nav_brl"])
        found, expected = (
            run_risk(values, one, PARAMETERS, [day], decided=DecidedRisk())
            for one in (without_orders(upto, as_of), idle)
        )
        for name in ("risk_limits_status", "component_var", "stress_test_results"):
            assert found[name].equals(expected[name]), name
        with_orders = run_risk(values, upto, PARAMETERS, [day])["risk_limits_status"]
        assert not found["risk_limits_status"].equals(with_orders)
