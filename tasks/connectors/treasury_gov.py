"""US Treasury par yield curves, nominal and real: one CSV per year. Par yields, half-yearly, percent at the source.

The columns have grown over the years (2 Mo, 4 Mo, 1.5 Month) and one is worded unlike the others, so they are read by
name; a blank is a tenor that was not issued. The XML feed of a month or year says the same and is read too: the first
byte decides. There are no vintages, and corrections are silent.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from desk.errors import BadPayload, HtmlPayload, NoData
from desk.model import CURVE_POINT, Dataset, Frames, Series, Window, parsed_frame
from desk.units import DAYS_PER_YEAR, decimal_point, scaled
from tasks.connectors.base import Connector
from tasks.connectors.bodies import looks_like_html, require_ok
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request
from tasks.connectors.strict_values import csv_rows, day_of, xml_root
from tasks.connectors.wanted import missing_from

_PERCENT = Decimal("0.01")
_NOMINAL = "daily_treasury_yield_curve"
_TWO_DECIMALS = re.compile(r"-?[0-9]{1,3}\.[0-9]{2}\Z")
_MONTH_BD = 21  # the desk places US tenors at 21 business days a month
_CSV_TENOR = re.compile(r"([0-9]{1,2}(?:\.[0-9])?) (mo|month|yr)\Z", re.IGNORECASE)
_XML_TENOR = re.compile(r"(?:BC|TC)_([0-9]{1,2}(?:_[0-9])?)(MONTH|YEAR)\Z")  # BC_30YEARDISPLAY says BC_30YEAR again
_DATA_SERVICES = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
_PROPERTIES = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}properties"

Point = tuple[dt.date, int, str]
"""Day, tenor in business days, the yield as text in percent."""


class TreasuryGov(Connector):
    """The US Treasury's daily par yield curve."""

    source: ClassVar[str] = "treasury_gov"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """One query per calendar year: the site serves whole years."""
        years = range(window.start.year, window.end.year + 1)
        return [
            Query(
                dataset,
                tuple(series),
                Window(max(window.start, dt.date(year, 1, 1)), min(window.end, dt.date(year, 12, 31))),
            )
            for year in years
        ]

    def build_request(self, query: Query) -> Request:
        year, kind = query.window.start.year, query.dataset.params["type"]
        url = (
            f"{self.config.base_urls['site']}/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv"
            f"/{year}/all?type={kind}&field_tdr_date_value={year}&page&_format=csv"
        )
        return Request(query, url)

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        """A wanted tenor without a rate on any day of a recent window is a finding; the others are good."""
        return [
            replace(one, finding=missing_from(one, CURVE_POINT.name, "tenor_bd", lambda tenor: tenor, _tenor_name))
            for one in await super().fetch(client, query)
        ]

    def parse(self, payload: Payload) -> Frames:
        query, url, status = payload.query, payload.request.url, payload.status
        body = payload.body.removeprefix(b"\xef\xbb\xbf").lstrip()
        require_ok(payload)
        if looks_like_html(body):
            raise HtmlPayload(self.source, "a page in place of the rates", url=url, status=status)
        if not body and query.window.end > dt.date(query.window.start.year, 1, 7):
            raise BadPayload(self.source, "an empty body", url=url, status=status)
        every = list(xml_points(body) if body[:1] == b"<" else csv_points(body))
        _require_curve(every, query)
        points = [point for point in every if query.window.start <= point[0] <= query.window.end]
        if not points:
            raise NoData(self.source, f"no rates for {query.label}", url=url, status=status)
        rows = {
            "curve_id": [query.dataset.params["curve"]] * len(points),
            "tenor_bd": [tenor for _, tenor, _ in points],
            "obs_date": [day for day, _, _ in points],
            "rate": [scaled(decimal_point(text), _PERCENT) for _, _, text in points],
        }
        return {CURVE_POINT.name: parsed_frame(CURVE_POINT, rows)}


def _require_curve(points: Sequence[Point], query: Query) -> None:
    """The nominal curve has tenors of months and the real one has none; a file of other years is another answer.

    Raises ValueError.
    """
    if not points:
        return
    is_nominal = min(tenor for _, tenor, _ in points) < DAYS_PER_YEAR
    if is_nominal != (query.dataset.params["type"] == _NOMINAL):
        raise ValueError(f"{'nominal' if is_nominal else 'real'} rates in answer to {query.dataset.params['type']}")
    if query.window.start.year not in {day.year for day, _, _ in points}:
        raise ValueError(f"rates of {points[0][0].year} in answer to {query.window.start.year}")


def csv_points(body: bytes) -> Iterator[Point]:
    """Points of a daily-treasury-rates CSV, newest first as in the file. Raises ValueError."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"body is not UTF-8: {error.reason}") from None
    lines = csv_rows(text, last_line_may_be_open=True)
    if not lines:
        return  # a year without its first row yet
    header = lines[0]
    if not text.endswith("\n"):
        _require_whole(lines)
    if header[0].strip() != "Date":
        raise ValueError(f"not a table of Treasury rates: it begins {','.join(header)[:60]!r}")
    tenors = [_tenor_bd(_CSV_TENOR, name.strip()) for name in header[1:]]
    for row in lines[1:]:
        day = day_of(row[0], "yyyy-mm-dd" if "-" in row[0] else "mm/dd/yyyy")  # ISO as people re-save it
        for tenor, text in zip(tenors, row[1:], strict=True):
            if text.strip() not in ("", "N/A"):
                yield day, tenor, text


def _require_whole(lines: Sequence[Sequence[str]]) -> None:
    """The site does not end its last line: two decimals end it, or a blank under a blank. Raises ValueError."""
    last, before = lines[-1][-1], lines[-2][-1] if len(lines) > 2 else None
    if len(lines) > 1 and not (_TWO_DECIMALS.match(last) or (last == "" and before == "")):
        raise ValueError(f"the last line does not end: {','.join(lines[-1])[-60:]!r}")


def xml_points(body: bytes) -> Iterator[Point]:
    """Points of the XML feed, the present one and the one of data.treasury.gov. Raises ValueError."""
    root = xml_root(body)
    if not root.tag.endswith(("feed", "pre")):
        raise ValueError(f"not a feed of Treasury rates: root {root.tag}")
    for entry in root.iter(_PROPERTIES):
        stamp = entry.findtext(f"{_DATA_SERVICES}NEW_DATE")
        if stamp is None:
            raise ValueError("an entry without NEW_DATE")
        day = day_of(stamp, "yyyy-mm-dd hh:mm")
        for element in entry:
            name = element.tag.removeprefix(_DATA_SERVICES)
            if _XML_TENOR.match(name) and element.text and element.text.strip():
                yield day, _tenor_bd(_XML_TENOR, name), element.text


def _tenor_bd(pattern: re.Pattern[str], name: str) -> int:
    """`1.5 Month` -> 31, `10 Yr` -> 2520. Raises ValueError for a column of another name."""
    match = pattern.match(name)
    if match is None:
        raise ValueError(f"unknown tenor {name!r}")
    months = Decimal(match.group(1).replace("_", ".")) * (12 if match.group(2).upper().startswith("Y") else 1)
    return int(months * _MONTH_BD)


def _tenor_name(tenor_bd: object) -> str:
    months = int(str(tenor_bd)) // _MONTH_BD
    return f"{months // 12} Yr" if months % 12 == 0 else f"{months} Mo"
