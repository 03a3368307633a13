"""A dataset that replaced another is named in the executive summary, and a curve's levels refer to its receipt."""

from __future__ import annotations

import datetime as dt
from typing import Any

from reports.elements.receipts import Receipts
from reports.page.executive_summary import Coverage, data_line

DAY = dt.date(2017, 5, 18)


def row(input_id: str, day: dt.date | None, state: str = "known") -> dict[str, Any]:
    return {"input_id": input_id, "obs_date": day, "state": state, "source": "b3_market_data", "sha256": None}


def test_the_summary_names_the_replacement_of_a_dataset() -> None:
    replaced = ({"dataset": "b3_swap_curves", "error": "ANBIMA prices stand in"},)
    assert data_line(Coverage(20, 20, (), replaced)) == (
        "20 of 20 datasets ok. Not its own numbers: b3_swap_curves (ANBIMA prices stand in)."
    )
    assert data_line(Coverage(20, 20, ())) == "20 of 20 datasets ok."


def test_a_curve_level_leads_to_the_input_that_it_was_read_off() -> None:
    bonds, old, new = row("ANBIMA", DAY), row("PRE", DAY - dt.timedelta(days=6)), row("PRE", DAY - dt.timedelta(days=5))
    assert Receipts({"ANBIMA": bonds}).find("pre_252") is bonds
    assert Receipts({"ANBIMA": bonds, "PRE": old}).find("real_504") is bonds
    assert Receipts({"ANBIMA": bonds, "PRE": old}).find("pre_252") is bonds, "more than five days older gives way"
    assert Receipts({"ANBIMA": bonds, "PRE": new}).find("pre_252") is new
    absent = row("PRE", None, "absent")
    assert Receipts({"PRE": absent}).find("pre_252") is absent
    assert Receipts({"ANBIMA": bonds}).find("ust_504") is None
    own = row("usdbrl", DAY)
    assert Receipts({"usdbrl": own}).find("usdbrl") is own
