"""A dataset that replaced another is named in the executive summary."""

from __future__ import annotations

from reports.page.executive_summary import Coverage, data_line


def test_the_summary_names_the_replacement_of_a_dataset() -> None:
    replaced = ({"dataset": "b3_swap_curves", "error": "ANBIMA prices stand in"},)
    assert data_line(Coverage(20, 20, (), replaced)) == (
        "20 of 20 datasets ok. Not its own numbers: b3_swap_curves (ANBIMA prices stand in)."
    )
    assert data_line(Coverage(20, 20, ())) == "20 of 20 datasets ok."
