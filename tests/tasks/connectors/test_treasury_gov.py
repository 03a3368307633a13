"""US Treasury: growing columns by name, both feeds, and answers that hold no rates."""

from __future__ import annotations

import datetime as dt

import pytest

from desk.errors import BadPayload, BadRequest, HtmlPayload, NoData
from tests.tasks.connectors.answers import connector, parse, queries, window

CSV = (
    b'Date,"1 Mo","1.5 Month","2 Mo","4 Mo","1 Yr","10 Yr","30 Yr"\n'
    b"02/19/2025,4.36,4.37,4.37,4.35,4.21,4.53,\n"
    b"02/18/2025,4.37,4.36,4.37,4.35,4.24,4.55,4.77\n"
    b"02/14/2025,4.37,,4.37,4.34,4.23,4.47,4.69\n"
)
XML = b"""<?xml version="1.0" encoding="utf-8" standalone="yes" ?>
<feed xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"
 xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" xmlns="http://www.w3.org/2005/Atom">
<entry><content type="application/xml"><m:properties>
<d:NEW_DATE m:type="Edm.DateTime">2025-02-18T00:00:00</d:NEW_DATE>
<d:BC_1_5MONTH m:type="Edm.Double">4.36</d:BC_1_5MONTH><d:BC_2MONTH m:null="true" />
<d:BC_30YEAR m:type="Edm.Double">4.77</d:BC_30YEAR><d:BC_30YEARDISPLAY>4.77</d:BC_30YEARDISPLAY>
</m:properties></content></entry></feed>"""

(YEAR,) = queries("treasury_nominal", window("2025-02-14", "2025-02-18"))


def points(body: bytes) -> dict[tuple[dt.date, int], float]:
    frame = parse(YEAR, body)["curve_point"]
    assert frame["curve_id"].unique().to_list() == ["UST"]
    return {(day, tenor): rate for day, tenor, rate in frame.select("obs_date", "tenor_bd", "rate").iter_rows()}


def test_one_query_per_calendar_year() -> None:
    planned = queries("treasury_real", window("2024-12-30", "2026-01-02"))
    assert [(str(q.window.start), str(q.window.end)) for q in planned] == [
        ("2024-12-30", "2024-12-31"),
        ("2025-01-01", "2025-12-31"),
        ("2026-01-01", "2026-01-02"),
    ]
    assert connector("treasury_gov").build_request(planned[1]).url == (
        "https://home.treasury.gov/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/2025/all"
        "?type=daily_treasury_real_yield_curve&field_tdr_date_value=2025&page&_format=csv"
    )


def test_csv_by_column_name_blanks_left_out_and_only_the_window() -> None:
    found = points(CSV)
    first, last = dt.date(2025, 2, 14), dt.date(2025, 2, 18)
    assert {day for day, _ in found} == {first, last}
    assert (first, 31) not in found
    assert found[last, 31] == 0.0436  # 1.5 months at 21 business days: 31.5, cut
    assert found[last, 84] == 0.0435
    assert found[last, 2520] == 0.0455
    assert found[first, 7560] == 0.0469
    assert len(found) == 13


def test_the_xml_feed_says_the_same() -> None:
    assert points(XML) == {(dt.date(2025, 2, 18), 31): 0.0436, (dt.date(2025, 2, 18), 7560): 0.0477}


def test_real_yields_have_capital_years_and_may_be_negative() -> None:
    (query,) = queries("treasury_real", window("2021-01-04"))
    frame = parse(query, b'Date,"5 YR","10 YR"\n01/04/2021,-1.66,-1.08\n')["curve_point"]
    assert frame.select("curve_id", "tenor_bd", "rate").rows() == [
        ("UST_REAL", 1260, -0.0166),
        ("UST_REAL", 2520, -0.0108),
    ]


def test_an_empty_body_is_no_data_in_the_first_days_of_a_year_only() -> None:
    (young,) = queries("treasury_nominal", window("2026-01-01", "2026-01-02"))
    with pytest.raises(NoData):
        parse(young, b"")
    with pytest.raises(BadPayload, match="an empty body"):
        parse(YEAR, b"")


@pytest.mark.parametrize("body", [b'Date,"1 Mo"\n', b'Date,"1 Mo"\n12/31/2025,5.00\n'])
def test_a_year_without_rates_in_the_window_is_no_data(body: bytes) -> None:
    with pytest.raises(NoData):
        parse(YEAR, body)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'Date,"1 Fortnight"\n02/18/2025,4.1\n', "unknown tenor '1 Fortnight'"),
        (b'Date,"1 Mo"\n02/18/2025,4,1\n', "3 fields under 2 columns"),
        (b'Date,"1 Mo"\n18/02/2025,4.1\n', "18/02/2025"),
        (b'Date,"1 Mo"\n02/18/2025,"4,1"\n', "not a point-decimal"),
        (b"Dia;Taxa\n", "not a table of Treasury rates"),
        (XML[:-20], "no element found|unclosed|not well-formed"),
        (b"<?xml version='1.0'?><rss/>", "not a feed"),
        (XML.replace(b"NEW_DATE", b"OLD_DATE"), "without NEW_DATE"),
    ],
)
def test_another_format_is_refused_by_name(body: bytes, message: str) -> None:
    with pytest.raises(BadPayload, match=message):
        parse(YEAR, body)


def test_pages_and_statuses() -> None:
    with pytest.raises(HtmlPayload):
        parse(YEAR, b"<!DOCTYPE html><html></html>")
    with pytest.raises(BadRequest):
        parse(YEAR, b"", status=404)
