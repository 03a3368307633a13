"""Which sendings of a day's report are apart: nobody who has had a page without orders misses the one with them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from flows.report import restated_sending, sending_of
from reports.calculations.defence import defence_view
from tests.reports.sample import sample


def test_a_page_without_orders_is_another_sending_than_the_days_own() -> None:
    data = sample()
    assert sending_of(defence_view(data)) == ""
    status = data.frames["dataset_status"].with_columns(
        state=pl.when(pl.col("dataset") == "b3_swap_curves").then(pl.lit("absent")).otherwise("state")
    )
    without = replace(data, frames={**data.frames, "dataset_status": status})
    assert sending_of(defence_view(without)) == "without orders"
    assert sending_of(defence_view(replace(data, failed_stages=frozenset({"risk"})))) == "without orders"


def test_what_the_gate_stops_or_a_person_releases_is_a_sending_of_those_orders() -> None:
    view = replace(defence_view(sample()), proposal="3f9a1c2b0d4e", is_gated=True, stopped=({"check_id": "pnl"},))
    assert sending_of(view) == "stopped 3f9a1c2b0d4e"
    released = replace(view, is_gated=False, stopped=(), released=({"check_id": "pnl"},))
    assert sending_of(released) == "released 3f9a1c2b0d4e"


def test_a_restated_day_is_sent_again_where_its_orders_are_others() -> None:
    data = sample()
    orders = data.latest("action").to_dicts()
    assert orders
    assert restated_sending(data, None) == "", "the day's own sending"
    assert restated_sending(data, list(reversed(orders))) == "", "who has had the page knows the orders"
    other = [{**orders[0], "contracts_to": orders[0]["contracts_to"] + 5}, *orders[1:]]
    name = restated_sending(data, other)
    assert name.startswith("restated ")
    assert restated_sending(data, []) == name, "named by what is sent, not by what it replaces"
