"""What stood in for a dataset is said at the top of the page."""

from __future__ import annotations

from reports.page.headline import Coverage, data_line


def test_the_top_of_the_page_names_what_stands_in() -> None:
    replaced = ({"dataset": "b3_swap_curves", "error": "ANBIMA prices stand in"},)
    assert data_line(Coverage(20, 20, (), replaced)) == (
        "20 of 20 datasets ok. Not its own numbers: b3_swap_curves (ANBIMA prices stand in)."
    )
    assert data_line(Coverage(20, 20, ())) == "20 of 20 datasets ok."
