"""The manners of the world's sources: what is empty, refused, blank, ahead of time or out of order."""

from __future__ import annotations

import csv
import datetime as dt
import xml.etree.ElementTree as ElementTree
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from desk import calendars
from sandbox.world import SimulatedWorld
from tests.sandbox.source_requests import NOW, ask, ask_json

CHART = "/yahoo_finance/chart/v8/finance/chart/"
TREASURY = "/treasury_gov/site/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/"


class TestTreasury:
    def test_columns_have_grown(self, world: SimulatedWorld) -> None:
        def header(year: int) -> str:
            return ask(world, f"{TREASURY}{year}/all?type=daily_treasury_yield_curve").body.decode().split("\n")[0]

        assert header(2015).startswith('Date,"1 Mo","3 Mo","6 Mo"')
        assert '"2 Mo"' in header(2018)
        assert '"4 Mo"' in header(2022)
        assert '"4 Mo"' not in header(2021)
        assert header(2025).startswith('Date,"1 Mo","1.5 Month","2 Mo"')

    def test_newest_first_american_dates_and_blanks(self, world: SimulatedWorld) -> None:
        lines = ask(world, TREASURY + "2025/all?type=daily_treasury_yield_curve").body.decode().split("\n")
        rows = list(csv.DictReader(lines))
        assert rows[0]["Date"] == "12/31/2025"
        assert rows[-1]["Date"] == "01/02/2025"
        assert rows[-1]["1.5 Month"] == ""
        assert rows[0]["1.5 Month"] != ""

    def test_columbus_day_of_2010_is_all_blank_and_other_holidays_are_absent(self, world: SimulatedWorld) -> None:
        lines = ask(world, TREASURY + "2010/all?type=daily_treasury_yield_curve").body.decode().split("\n")
        blank = [line for line in lines if line.startswith("10/11/2010")]
        assert blank == ["10/11/2010" + "," * 11]
        assert not [line for line in lines if line.startswith("12/24/2010")]

    def test_a_year_that_has_not_begun_is_a_header(self, world: SimulatedWorld) -> None:
        assert ask(world, TREASURY + "2027/all?type=daily_treasury_yield_curve").body.decode().count("\n") == 0

    def test_the_feed_ascends_and_has_nulls(self, world: SimulatedWorld) -> None:
        url = "/treasury_gov/site/resource-center/data-chart-center/interest-rates/pages/xml"
        root = ElementTree.fromstring(
            ask(world, f"{url}?data=daily_treasury_yield_curve&field_tdr_date_value=2025").body
        )
        dates = [element.text for element in root.iter() if element.tag.endswith("NEW_DATE")]
        assert dates == sorted(str(date) for date in dates)
        assert dates[0] == "2025-01-02T00:00:00"
        nulls = [element for element in root.iter() if any(name.endswith("null") for name in element.attrib)]
        assert nulls


class TestYahoo:
    def test_an_unknown_symbol_is_404_with_its_words(self, world: SimulatedWorld) -> None:
        answer = ask(world, CHART + "BZX26.NYM?interval=1d")
        error = '{"code":"Not Found","description":"No data found, symbol may be delisted"}'
        expected = f'{{"chart":{{"result":null,"error":{error}}}}}'
        assert (answer.status, answer.body.decode()) == (404, expected)

    def test_before_history_is_400(self, world: SimulatedWorld) -> None:
        answer = ask(world, CHART + "BZ=F?period1=315532800&period2=631152000&interval=1d")
        assert answer.status == 400
        assert "Data doesn't exist for startDate = 315532800, endDate = 631152000" in answer.body.decode()

    def test_another_interval_is_422(self, world: SimulatedWorld) -> None:
        assert ask(world, CHART + "EWZ?interval=7d").status == 422

    def test_a_weekend_has_no_timestamp(self, world: SimulatedWorld) -> None:
        start = int(dt.datetime(2026, 11, 14, tzinfo=dt.UTC).timestamp())
        (result,) = ask_json(world, f"{CHART}EWZ?period1={start}&period2={start + 86_400}&interval=1d")["chart"][
            "result"
        ]
        assert "timestamp" not in result
        assert result["indicators"] == {"quote": [{}]}

    def test_prices_are_float32_and_some_are_null(self, world: SimulatedWorld) -> None:
        (result,) = ask_json(world, CHART + "EWZ?period1=1200000000&period2=1795200000&interval=1d")["chart"]["result"]
        quote = result["indicators"]["quote"][0]
        known = [value for value in quote["close"] if value is not None]
        assert 0 < quote["close"].count(None) < 0.01 * len(known)
        assert all(float(np.float32(value)) == value for value in known)
        assert any(round(value, 2) != value for value in known)
        assert all(low is None or low <= high for low, high in zip(quote["low"], quote["high"], strict=True))

    @pytest.mark.parametrize(("symbol", "calendar"), [("%5EBVSP", "b3"), ("%5EGSPC", "nyse"), ("BRL=X", "weekdays")])
    def test_bars_open_in_the_exchanges_zone_on_its_days(
        self, world: SimulatedWorld, symbol: str, calendar: str
    ) -> None:
        (result,) = ask_json(world, f"{CHART}{symbol}?period1=1700000000&period2=1795000000&interval=1d")["chart"][
            "result"
        ]
        zone = ZoneInfo(result["meta"]["exchangeTimezoneName"])
        opened = [dt.datetime.fromtimestamp(stamp, zone) for stamp in result["timestamp"]]
        assert all(calendars.by_name(calendar).is_business_day(moment.date()) for moment in opened)
        assert len({moment.time() for moment in opened}) == 1

    def test_an_open_session_has_a_live_bar(self, world: SimulatedWorld) -> None:
        url = CHART + "BRL=X?period1=1794000000&period2=1796000000&interval=1d"
        (live,) = ask_json(world, url)["chart"]["result"]
        meta = live["meta"]
        assert meta["currentTradingPeriod"]["regular"]["start"] <= meta["regularMarketTime"] == int(NOW.timestamp())
        (closed,) = ask_json(world, url, NOW + dt.timedelta(days=3))["chart"]["result"]
        place = len(live["timestamp"]) - 1
        assert closed["timestamp"][place] == live["timestamp"][place]
        assert closed["indicators"]["quote"][0]["close"][place] != live["indicators"]["quote"][0]["close"][place]


class TestFred:
    JSON = "/fred/api/fred/series/observations?file_type=json&"

    def test_holidays_are_a_dot_or_nothing(self, world: SimulatedWorld) -> None:
        rows = ask_json(world, self.JSON + "series_id=DGS10&api_key=x&observation_start=2026-11-01")["observations"]
        assert {row["date"]: row["value"] for row in rows}["2026-11-11"] == "."
        assert b"2026-11-11,\n" in ask(world, "/fred/graph/graph/fredgraph.csv?id=DGS10&cosd=2026-11-01").body

    def test_errors_are_400_with_two_blanks(self, world: SimulatedWorld) -> None:
        unknown = ask(world, self.JSON + "series_id=NOPE&api_key=x")
        assert (unknown.status, unknown.body) == (
            400,
            b'{"error_code":400,"error_message":"Bad Request.  The series does not exist."}',
        )
        assert b"Variable api_key is not set" in ask(world, self.JSON + "series_id=DGS10").body
        assert ask(world, "/fred/graph/graph/fredgraph.csv?id=NOPE").status == 404

    def test_a_real_time_end_after_today_is_refused(self, world: SimulatedWorld) -> None:
        url = self.JSON + "series_id=PAYEMS&api_key=x&realtime_start=2020-01-01&realtime_end="
        assert ask(world, url + "2026-11-21").status == 400
        assert ask(world, url + "2026-11-20").status == 200

    def test_vintages_are_clipped_to_the_window(self, world: SimulatedWorld) -> None:
        url = self.JSON + "series_id=PAYEMS&api_key=x&realtime_start=2026-01-01&realtime_end=2026-03-01"
        rows = ask_json(world, url)["observations"]
        assert min(row["realtime_start"] for row in rows) == "2026-01-01"
        assert max(row["realtime_end"] for row in rows) == "2026-03-01"

    def test_before_the_first_vintage_and_pages(self, world: SimulatedWorld) -> None:
        url = self.JSON + "series_id=PAYEMS&api_key=x"
        assert (
            b"does not exist in ALFRED" in ask(world, url + "&realtime_start=1990-01-01&realtime_end=1991-01-01").body
        )
        page = ask_json(world, url + "&limit=10&offset=5")
        assert (page["count"] > 200, page["offset"], page["limit"], len(page["observations"])) == (True, 5, 10, 10)


class TestCftc:
    URL = "/cftc_cot/socrata/resource/gpe5-46if.json"

    def test_a_thousand_rows_unless_asked(self, world: SimulatedWorld) -> None:
        assert len(ask_json(world, self.URL)) == 1000
        assert len(ask_json(world, self.URL + "?$limit=50000")) > 3900

    def test_numbers_are_strings_and_keys_can_be_missing(self, world: SimulatedWorld) -> None:
        rows = ask_json(world, self.URL + "?$limit=50000")
        assert all(isinstance(value, str) for row in rows for value in row.values())
        assert 0 < sum("other_rept_positions_short" not in row for row in rows) < 200
        assert rows[0]["report_date_as_yyyy_mm_dd"].endswith("T00:00:00.000")

    def test_longs_and_shorts_balance(self, world: SimulatedWorld) -> None:
        for row in ask_json(world, self.URL + "?$limit=50000"):
            if "other_rept_positions_short" in row:
                sides = {
                    side: sum(int(value) for name, value in row.items() if f"positions_{side}" in name)
                    for side in ("long", "short")
                }
                assert sides["long"] == sides["short"]
                assert min(int(value) for name, value in row.items() if "positions" in name) >= 0

    def test_conditions_order_and_columns(self, world: SimulatedWorld) -> None:
        where = "cftc_contract_market_code='102741' and report_date_as_yyyy_mm_dd >= '2026-10-01'"
        rows = ask_json(world, f"{self.URL}?$where={where}&$order=report_date_as_yyyy_mm_dd DESC&$limit=3")
        assert [row["report_date_as_yyyy_mm_dd"][:10] for row in rows] == ["2026-11-10", "2026-11-03", "2026-10-27"]
        refused = ask(world, self.URL + "?$select=nothing")
        assert refused.status == 400
        assert b"no-such-column" in refused.body

    def test_tuesdays_come_out_on_friday(self, world: SimulatedWorld) -> None:
        url = self.URL + "?$order=report_date_as_yyyy_mm_dd DESC&$limit=1"
        friday = dt.datetime(2026, 11, 20, 20, 29, tzinfo=dt.UTC)
        assert ask_json(world, url, friday)[0]["report_date_as_yyyy_mm_dd"][:10] == "2026-11-10"
        assert (
            ask_json(world, url, friday + dt.timedelta(minutes=1))[0]["report_date_as_yyyy_mm_dd"][:10] == "2026-11-17"
        )
