"""Files of surveys: their subject, reference and scale, from columns or from the map."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from desk.catalog import Catalog, load_catalog
from desk.errors import BadInput
from tasks.history_import import FileMap
from tasks.history_import.readers import parse_file

CATALOG: Catalog = load_catalog()


def entry(**fields: object) -> FileMap:
    return FileMap.model_validate({"path": "a.csv", "date": "date", **fields})


def test_expectations_take_the_first_of_two_rows_and_only_scaled_indicators() -> None:
    names = {"indicator": "who", "reference": "year", "median": "m"}
    survey = entry(kind="expectation", columns=names, scales={"IPCA": "0.01"}, conflicts="first")
    body = b"date,who,year,m\n2025-04-04,IPCA,2025,5.65\n2025-04-04,IPCA,2025,5.60\n2025-04-04,IGP-M,2025,5\n"
    rows = parse_file(survey, body, CATALOG)["expectation"].select("indicator", "reference", "median").rows()
    assert rows == [("IPCA", "2025", 0.0565)]


def test_a_survey_file_that_is_about_one_thing_says_it_in_the_map() -> None:
    body = b"date,value\n2013-04-05,5.43\n"
    smoothed = entry(
        kind="expectation", columns={"median": "value"}, indicator="IPCA", reference="12m_smoothed",
        scales={"IPCA": "0.01"},
    )  # fmt: skip
    row = parse_file(smoothed, body, CATALOG)["expectation"].row(0, named=True)
    assert (row["indicator"], row["reference"], row["median"]) == ("IPCA", "12m_smoothed", 0.0543)
    ahead = smoothed.model_copy(update={"reference": None, "years_ahead": 1})
    assert parse_file(ahead, body, CATALOG)["expectation"]["reference"].to_list() == ["2014"]


def test_a_survey_by_month_is_named_as_focus_names_it() -> None:
    by_month = entry(
        kind="expectation", columns={"median": "m", "reference": "r"}, indicator="IPCA", reference_format="%Y-%m",
        scales={"IPCA": "0.01"},
    )  # fmt: skip
    found = parse_file(by_month, b"date,r,m\n2003-01-02,2003-02,0.90\n", CATALOG)["expectation"]
    assert found["reference"].to_list() == ["02/2003"]
    with pytest.raises(BadInput, match=r"the reference 'Feb' is no month like '%Y-%m'"):
        parse_file(by_month, b"date,r,m\n2003-01-02,Feb,0.90\n", CATALOG)


@pytest.mark.parametrize(
    "given",
    [
        {"columns": {"median": "m"}, "indicator": "IPCA"},
        {"columns": {"median": "m"}, "reference": "12m"},
        {"columns": {"median": "m", "reference": "r"}, "indicator": "IPCA", "years_ahead": 1},
        {"columns": {"indicator": "i", "reference": "r"}},
    ],
)
def test_a_survey_without_its_subject_or_with_two_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="lacks its columns"):
        entry(kind="expectation", scales={"IPCA": "0.01"}, **given)
