"""The page of a book and a risk pass that the desk itself computed: names and units on both sides agree."""

import dataclasses
import datetime as dt

import polars as pl
import pytest

from desk.catalog.desk_parameters import load_desk_parameters
from desk.model import decision_time
from desk.portfolio.portfolio_pass import run_book
from desk.portfolio.price_inputs import all_current
from desk.risk.risk_pass import run_risk
from desk.transforms.market_depth import DEPTH_SCHEMA
from reports.calculations.orders import orders_view
from reports.calculations.portfolio import portfolio_view
from reports.calculations.risk import risk_view
from reports.elements.formats import percent
from reports.elements.order_text import order_text
from reports.elements.report_data import ReportData
from reports.page.render import figure_specs, render
from reports.tables.risk_tables import component_table
from tests.desk.portfolio.panels import LONE, make_values, make_views


@pytest.fixture(scope="module")
def data() -> ReportData:
    parameters, values = load_desk_parameters(), make_values()
    days = values["day"].to_list()
    book = run_book(values, make_views(values, parameters.instrument_ids), LONE, parameters, days[-300])
    listed = book["target_position"]["contract_id"].drop_nulls().unique().to_list()
    depth = pl.DataFrame([(days[-1], name, 500_000.0, None) for name in listed], schema=DEPTH_SCHEMA, orient="row")
    prices = dataclasses.replace(all_current(len(values)), depth=depth)
    frames = {**book, **run_risk(values, book, parameters, days[-300:], prices=prices)}
    return ReportData(decision_time(days[-1]), "recorded", "run", "code", frames)


def test_every_figure_of_book_and_risk_is_there(data: ReportData) -> None:
    expected = {
        "fig-nav", "fig-underwater", "fig-months", "fig-pnl-day", "fig-pnl-month", "fig-tail", "fig-limits",
        "fig-var-history", "fig-component-var", "fig-stress", "fig-dv01",
    }  # fmt: skip
    assert expected <= set(figure_specs(data))
    assert render(data, dt.datetime(2026, 7, 1, tzinfo=dt.UTC))


def test_the_headline_is_the_desks_own_and_every_limit_finds_its_measure(data: ReportData) -> None:
    view = risk_view(data)
    assert view.headline == load_desk_parameters().risk.headline
    for row in view.limits:
        if row["limit_id"] in ("var_95", "var_99", "es_975"):
            assert row["value"] == pytest.approx(view.tail[row["limit_id"], view.headline])
    assert not [row for row in view.limits if row["status"] == "absent"]


def test_the_parts_on_the_page_add_up(data: ReportData) -> None:
    book, view = portfolio_view(data), risk_view(data)
    assert book.state is not None
    assert sum(row["pnl_brl"] for row in book.day_pnl) == pytest.approx(book.state["pnl_brl"], abs=0.005)
    marks = data.history("portfolio_state").select("valuation_date", "nav_brl")
    assert book.market_day is not None
    before = marks.filter(pl.col("valuation_date") < book.market_day.replace(day=1))["nav_brl"][-1]
    assert sum(row["pnl_brl"] for row in book.month_pnl) == pytest.approx(book.state["nav_brl"] - before, abs=0.05)
    assert sum(row["share"] for row in view.components) == pytest.approx(1.0)
    headline = view.tail["var_95", view.headline or ""]
    table = component_table(view.components, view.headline or "", headline, "")
    assert table.total is not None
    assert table.total[3].text == percent(headline, 3, signed=True)
    *lines, rest = (row[3].text for row in table.rows)
    assert len(lines) == len(view.components)
    split = sum(row["component_var_95"] for row in view.components)
    assert rest == percent(headline - split, 3, signed=True)
    for total in view.stress:
        parts = [row["pnl_brl"] for row in view.stress_parts if row["scenario_id"] == total["scenario_id"]]
        assert sum(parts) == pytest.approx(total["pnl_brl"], abs=0.01)


def test_orders_are_read_as_the_desk_wrote_them(data: ReportData) -> None:
    for row in orders_view(data).orders:
        assert row["contracts_to"] - row["contracts_from"] == row["order_contracts"]
        assert order_text(row).startswith(row["side"].replace("_", " "))
        assert row["sentence"].lower().startswith(row["side"].replace("_", " "))
