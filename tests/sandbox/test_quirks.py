"""Each source's own manners, as written in its wire: what is empty, refused, blank, ahead of time or out of order."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import xml.etree.ElementTree as ElementTree
import zipfile
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from desk import calendars
from sandbox.published import World
from tests.sandbox.asking import NOW, ask, ask_json, sgs

SGS = "/bcb_sgs/api/dados/serie/bcdata.sgs.{}/dados?formato=json"
OLINDA = "/bcb_ptax/api/"
FOCUS = "/bcb_focus/api/ExpectativasMercadoAnuais?$filter="
CHART = "/yahoo_finance/chart/v8/finance/chart/"
TREASURY = "/treasury_gov/site/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/"
B3 = "/b3_market_data/site/pesquisapregao/download?filelist="
NOT_FOUND = (
    b'{"erro":{"statusCode":404,"detail":"br.gov.bcb.pec.sgs.comum.excecoes.SGSNegocioException: Value(s) not found"}}'
)


class TestSgs:
    def test_a_window_without_values_is_404_in_json(self, world: World) -> None:
        answer = ask(world, SGS.format(12) + "&dataInicial=14/11/2026&dataFinal=15/11/2026")
        assert (answer.status, answer.body) == (404, NOT_FOUND)

    def test_more_than_ten_years_of_a_daily_series_is_406(self, world: World) -> None:
        assert ask(world, SGS.format(432) + "&dataInicial=20/11/2016&dataFinal=20/11/2026").status == 200
        refused = ask(world, SGS.format(432) + "&dataInicial=19/11/2016&dataFinal=20/11/2026")
        assert refused.status == 406
        assert json.loads(refused.body)["error"].startswith("O sistema aceita uma janela de consulta")
        assert ask(world, SGS.format(432)).status == 406
        assert len(ask_json(world, SGS.format(433))) > 240

    def test_the_target_is_known_up_to_the_next_decision(self, world: World) -> None:
        rows = sgs(world, 432, "01/11/2026", "31/12/2026")
        assert max(rows) == "2026-12-09"
        assert "2026-11-15" in rows  # a Sunday
        assert len({rows[day] for day in rows if day >= "2026-11-20"}) == 1
        decided = sgs(world, 432, "01/11/2026", "01/03/2027", now=dt.datetime(2026, 12, 9, 22, tzinfo=dt.UTC))
        assert max(decided) > "2026-12-09"

    def test_last_n_is_at_most_twenty(self, world: World) -> None:
        path = "/bcb_sgs/api/dados/serie/bcdata.sgs.433/dados/ultimos/"
        assert len(ask_json(world, path + "3?formato=json")) == 3
        refused = ask(world, path + "21?formato=json")
        assert refused.status == 400
        assert "A quantidade máxima de valores deve ser 20" in refused.body.decode()

    def test_a_date_in_another_format_and_an_unknown_code(self, world: World) -> None:
        assert b"Invalid initial date" in ask(world, SGS.format(433) + "&dataInicial=2026-01-01").body
        assert ask(world, SGS.format(99999)).status == 404

    def test_encoded_slashes_are_slashes(self, world: World) -> None:
        plain = ask(world, SGS.format(1) + "&dataInicial=10/11/2026&dataFinal=13/11/2026")
        assert ask(world, SGS.format(1) + "&dataInicial=10%2F11%2F2026&dataFinal=13%2F11%2F2026") == plain


class TestOlinda:
    def test_a_weekend_is_200_and_empty(self, world: World) -> None:
        url = OLINDA + "CotacaoDolarDia(dataCotacao=@dataCotacao)?@dataCotacao='11-14-2026'&$format=json"
        assert ask_json(world, url)["value"] == []

    def test_today_is_empty_until_the_closing_bulletin(self, world: World) -> None:
        url = OLINDA + "CotacaoDolarDia(dataCotacao=@dataCotacao)?@dataCotacao='11-19-2026'&$format=json"
        assert ask_json(world, url, dt.datetime(2026, 11, 19, 16, 9, tzinfo=dt.UTC))["value"] == []
        (row,) = ask_json(world, url, dt.datetime(2026, 11, 19, 16, 10, tzinfo=dt.UTC))["value"]
        assert list(row) == ["cotacaoCompra", "cotacaoVenda", "dataHoraCotacao"]

    def test_numbers_have_five_decimals(self, world: World) -> None:
        url = OLINDA + "CotacaoDolarDia(dataCotacao=@dataCotacao)?@dataCotacao='11-19-2026'&$format=json"
        text = ask(world, url).body.decode()
        number = text.split('"cotacaoVenda":')[1].split(",")[0]
        assert len(number.split(".")[1]) == 5
        assert number.endswith("0")

    def test_the_euro_has_five_bulletins_and_one_closing(self, world: World) -> None:
        url = (
            "CotacaoMoedaPeriodo(moeda=@moeda,dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
            "?@moeda='EUR'&@dataInicial='11-18-2026'&@dataFinalCotacao='11-18-2026'&$format=json"
        )
        rows = ask_json(world, OLINDA + url)["value"]
        assert [row["tipoBoletim"] for row in rows] == ["Abertura", *["Intermediário"] * 3, "Fechamento"]

    def test_pages(self, world: World) -> None:
        url = (
            "CotacaoDolarPeriodo(dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
            "?@dataInicial='01-01-2026'&@dataFinalCotacao='11-19-2026'&$format=json"
        )
        whole = ask_json(world, OLINDA + url)["value"]
        pages = [ask_json(world, f"{OLINDA}{url}&$top=100&$skip={skip}")["value"] for skip in (0, 100, 200)]
        assert [row for page in pages for row in page] == whole
        assert ask_json(world, OLINDA + url.replace("$", "%24").replace("@", "%40"))["value"] == whole


class TestFocus:
    def test_each_day_and_target_comes_twice(self, world: World) -> None:
        wanted = "Indicador eq 'IPCA' and Data eq '2026-11-13' and DataReferencia eq '2027'"
        rows = ask_json(world, FOCUS + wanted)["value"]
        assert [row["baseCalculo"] for row in rows] == [0, 1]
        assert rows[0]["numeroRespondentes"] > rows[1]["numeroRespondentes"]
        assert list(rows[0])[:4] == ["Indicador", "IndicadorDetalhe", "Data", "DataReferencia"]

    def test_or_and_parentheses(self, world: World) -> None:
        wanted = "(Indicador eq 'IPCA' or Indicador eq 'Câmbio') and Data ge '2026-11-12' and baseCalculo eq 0"
        rows = ask_json(world, FOCUS + wanted)["value"]
        assert {row["Indicador"] for row in rows} == {"IPCA", "Câmbio"}
        assert {row["Data"] for row in rows} == {"2026-11-12", "2026-11-13"}

    def test_an_indicator_that_is_gone_is_no_error(self, world: World) -> None:
        assert ask_json(world, FOCUS + "Indicador eq 'IGP-Velho'")["value"] == []

    def test_a_filter_that_cannot_be_read_is_500_in_html(self, world: World) -> None:
        answer = ask(world, FOCUS + "Indicador is 'IPCA'")
        assert answer.status == 500
        assert answer.body.startswith(b"<!DOCTYPE HTML")


class TestSidra:
    VALUES = "/ibge_sidra/values/values/t/"

    def test_the_first_row_is_labels(self, world: World) -> None:
        rows = ask_json(world, self.VALUES + "1737/n1/all/v/2266/p/last 2?formato=json")
        assert rows[0]["V"] == "Valor"
        assert rows[0]["D3C"] == "Mês (Código)"
        assert [row["D3C"] for row in rows[1:]] == ["202609", "202610"]
        assert "D4C" not in rows[0]

    def test_h_n_drops_the_labels(self, world: World) -> None:
        assert ask_json(world, self.VALUES + "1737/n1/all/v/2266/p/last 1/h/n")[0]["V"] != "Valor"

    def test_three_dots_have_no_unit(self, world: World) -> None:
        (_, row) = ask_json(world, self.VALUES + "1737/n1/all/v/2265/p/200605")
        assert (row["V"], row["MC"], row["MN"]) == ("...", "", "")

    def test_months_to_come_are_dropped_without_a_word(self, world: World) -> None:
        rows = ask_json(world, self.VALUES + "7060/n1/all/v/63/p/202610-202712/c315/7169")
        assert [row["D3C"] for row in rows[1:]] == ["202610"]
        assert (
            ask_json(world, "/ibge_sidra/v3/api/v3/agregados/7060/periodos/202612/variaveis/63?localidades=N1[all]")
            == []
        )

    def test_both_routes_say_the_same(self, world: World) -> None:
        table = ask_json(world, self.VALUES + "7060/n1/all/v/66/p/202601-202610/c315/7170")[1:]
        url = "/ibge_sidra/v3/api/v3/agregados/7060/periodos/202601-202610/variaveis/66?localidades=N1[all]"
        (variable,) = ask_json(world, url + "&classificacao=315[7170]")
        series = variable["resultados"][0]["series"][0]["serie"]
        assert {row["D3C"]: row["V"] for row in table} == series

    def test_an_unknown_table_is_400_in_plain_text(self, world: World) -> None:
        answer = ask(world, self.VALUES + "99/n1/all/v/1/p/all")
        assert (answer.status, answer.media.split(";")[0]) == (400, "text/plain")


class TestTreasury:
    def test_columns_have_grown(self, world: World) -> None:
        def header(year: int) -> str:
            return ask(world, f"{TREASURY}{year}/all?type=daily_treasury_yield_curve").body.decode().split("\n")[0]

        assert header(2015).startswith('Date,"1 Mo","3 Mo","6 Mo"')
        assert '"2 Mo"' in header(2018)
        assert '"4 Mo"' in header(2022)
        assert '"4 Mo"' not in header(2021)
        assert header(2025).startswith('Date,"1 Mo","1.5 Month","2 Mo"')

    def test_newest_first_american_dates_and_blanks(self, world: World) -> None:
        lines = ask(world, TREASURY + "2025/all?type=daily_treasury_yield_curve").body.decode().split("\n")
        rows = list(csv.DictReader(lines))
        assert rows[0]["Date"] == "12/31/2025"
        assert rows[-1]["Date"] == "01/02/2025"
        assert rows[-1]["1.5 Month"] == ""
        assert rows[0]["1.5 Month"] != ""

    def test_columbus_day_of_2010_is_all_blank_and_other_holidays_are_absent(self, world: World) -> None:
        lines = ask(world, TREASURY + "2010/all?type=daily_treasury_yield_curve").body.decode().split("\n")
        blank = [line for line in lines if line.startswith("10/11/2010")]
        assert blank == ["10/11/2010" + "," * 11]
        assert not [line for line in lines if line.startswith("12/24/2010")]

    def test_a_year_that_has_not_begun_is_a_header(self, world: World) -> None:
        assert ask(world, TREASURY + "2027/all?type=daily_treasury_yield_curve").body.decode().count("\n") == 0

    def test_the_feed_ascends_and_has_nulls(self, world: World) -> None:
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
    def test_an_unknown_symbol_is_404_with_its_words(self, world: World) -> None:
        answer = ask(world, CHART + "BZX26.NYM?interval=1d")
        error = '{"code":"Not Found","description":"No data found, symbol may be delisted"}'
        expected = f'{{"chart":{{"result":null,"error":{error}}}}}'
        assert (answer.status, answer.body.decode()) == (404, expected)

    def test_before_history_is_400(self, world: World) -> None:
        answer = ask(world, CHART + "BZ=F?period1=315532800&period2=631152000&interval=1d")
        assert answer.status == 400
        assert "Data doesn't exist for startDate = 315532800, endDate = 631152000" in answer.body.decode()

    def test_another_interval_is_422(self, world: World) -> None:
        assert ask(world, CHART + "EWZ?interval=7d").status == 422

    def test_a_weekend_has_no_timestamp(self, world: World) -> None:
        start = int(dt.datetime(2026, 11, 14, tzinfo=dt.UTC).timestamp())
        (result,) = ask_json(world, f"{CHART}EWZ?period1={start}&period2={start + 86_400}&interval=1d")["chart"][
            "result"
        ]
        assert "timestamp" not in result
        assert result["indicators"] == {"quote": [{}]}

    def test_prices_are_float32_and_some_are_null(self, world: World) -> None:
        (result,) = ask_json(world, CHART + "EWZ?period1=1200000000&period2=1795200000&interval=1d")["chart"]["result"]
        quote = result["indicators"]["quote"][0]
        known = [value for value in quote["close"] if value is not None]
        assert 0 < quote["close"].count(None) < 0.01 * len(known)
        assert all(float(np.float32(value)) == value for value in known)
        assert any(round(value, 2) != value for value in known)
        assert all(low is None or low <= high for low, high in zip(quote["low"], quote["high"], strict=True))

    @pytest.mark.parametrize(("symbol", "calendar"), [("%5EBVSP", "b3"), ("%5EGSPC", "nyse"), ("BRL=X", "weekdays")])
    def test_bars_open_in_the_exchanges_zone_on_its_days(self, world: World, symbol: str, calendar: str) -> None:
        (result,) = ask_json(world, f"{CHART}{symbol}?period1=1700000000&period2=1795000000&interval=1d")["chart"][
            "result"
        ]
        zone = ZoneInfo(result["meta"]["exchangeTimezoneName"])
        opened = [dt.datetime.fromtimestamp(stamp, zone) for stamp in result["timestamp"]]
        assert all(calendars.by_name(calendar).is_business_day(moment.date()) for moment in opened)
        assert len({moment.time() for moment in opened}) == 1

    def test_an_open_session_has_a_live_bar(self, world: World) -> None:
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

    def test_holidays_are_a_dot_or_nothing(self, world: World) -> None:
        rows = ask_json(world, self.JSON + "series_id=DGS10&api_key=x&observation_start=2026-11-01")["observations"]
        assert {row["date"]: row["value"] for row in rows}["2026-11-11"] == "."
        assert b"2026-11-11,\n" in ask(world, "/fred/graph/graph/fredgraph.csv?id=DGS10&cosd=2026-11-01").body

    def test_errors_are_400_with_two_blanks(self, world: World) -> None:
        unknown = ask(world, self.JSON + "series_id=NOPE&api_key=x")
        assert (unknown.status, unknown.body) == (
            400,
            b'{"error_code":400,"error_message":"Bad Request.  The series does not exist."}',
        )
        assert b"Variable api_key is not set" in ask(world, self.JSON + "series_id=DGS10").body
        assert ask(world, "/fred/graph/graph/fredgraph.csv?id=NOPE").status == 404

    def test_a_real_time_end_after_today_is_refused(self, world: World) -> None:
        url = self.JSON + "series_id=PAYEMS&api_key=x&realtime_start=2020-01-01&realtime_end="
        assert ask(world, url + "2026-11-21").status == 400
        assert ask(world, url + "2026-11-20").status == 200

    def test_vintages_are_clipped_to_the_window(self, world: World) -> None:
        url = self.JSON + "series_id=PAYEMS&api_key=x&realtime_start=2026-01-01&realtime_end=2026-03-01"
        rows = ask_json(world, url)["observations"]
        assert min(row["realtime_start"] for row in rows) == "2026-01-01"
        assert max(row["realtime_end"] for row in rows) == "2026-03-01"

    def test_before_the_first_vintage_and_pages(self, world: World) -> None:
        url = self.JSON + "series_id=PAYEMS&api_key=x"
        assert (
            b"does not exist in ALFRED" in ask(world, url + "&realtime_start=1990-01-01&realtime_end=1991-01-01").body
        )
        page = ask_json(world, url + "&limit=10&offset=5")
        assert (page["count"] > 200, page["offset"], page["limit"], len(page["observations"])) == (True, 5, 10, 10)


class TestCftc:
    URL = "/cftc_cot/socrata/resource/gpe5-46if.json"

    def test_a_thousand_rows_unless_asked(self, world: World) -> None:
        assert len(ask_json(world, self.URL)) == 1000
        assert len(ask_json(world, self.URL + "?$limit=50000")) > 3900

    def test_numbers_are_strings_and_keys_can_be_missing(self, world: World) -> None:
        rows = ask_json(world, self.URL + "?$limit=50000")
        assert all(isinstance(value, str) for row in rows for value in row.values())
        assert 0 < sum("other_rept_positions_short" not in row for row in rows) < 200
        assert rows[0]["report_date_as_yyyy_mm_dd"].endswith("T00:00:00.000")

    def test_longs_and_shorts_balance(self, world: World) -> None:
        for row in ask_json(world, self.URL + "?$limit=50000"):
            if "other_rept_positions_short" in row:
                sides = {
                    side: sum(int(value) for name, value in row.items() if f"positions_{side}" in name)
                    for side in ("long", "short")
                }
                assert sides["long"] == sides["short"]
                assert min(int(value) for name, value in row.items() if "positions" in name) >= 0

    def test_conditions_order_and_columns(self, world: World) -> None:
        where = "cftc_contract_market_code='102741' and report_date_as_yyyy_mm_dd >= '2026-10-01'"
        rows = ask_json(world, f"{self.URL}?$where={where}&$order=report_date_as_yyyy_mm_dd DESC&$limit=3")
        assert [row["report_date_as_yyyy_mm_dd"][:10] for row in rows] == ["2026-11-10", "2026-11-03", "2026-10-27"]
        refused = ask(world, self.URL + "?$select=nothing")
        assert refused.status == 400
        assert b"no-such-column" in refused.body

    def test_tuesdays_come_out_on_friday(self, world: World) -> None:
        url = self.URL + "?$order=report_date_as_yyyy_mm_dd DESC&$limit=1"
        friday = dt.datetime(2026, 11, 20, 20, 29, tzinfo=dt.UTC)
        assert ask_json(world, url, friday)[0]["report_date_as_yyyy_mm_dd"][:10] == "2026-11-10"
        assert (
            ask_json(world, url, friday + dt.timedelta(minutes=1))[0]["report_date_as_yyyy_mm_dd"][:10] == "2026-11-17"
        )


class TestB3:
    def test_no_session_is_a_tiny_zip(self, world: World) -> None:
        for name in ("TS261115.ex_", "SPRD261120.zip", "TS201120.ex_", "TS261225.ex_"):
            body = ask(world, B3 + name).body
            if name == "TS201120.ex_":
                assert len(body) > 1024  # B3 opened on 20 November 2020
            else:
                assert len(body) < 1024
                assert zipfile.ZipFile(io.BytesIO(body)).namelist() == []

    def test_the_swap_file_is_72_columns_in_a_program(self, world: World) -> None:
        outer = zipfile.ZipFile(io.BytesIO(ask(world, B3 + "TS261118.ex_").body))
        program = outer.read("TS261118.ex_")
        assert program.startswith(b"MZ")
        text = zipfile.ZipFile(io.BytesIO(program)).read("TaxaSwap.txt").decode("latin-1")
        lines = text.split("\r\n")
        assert lines.pop() == ""
        assert {len(line) for line in lines} == {72}
        assert {line[21:26] for line in lines} == {"PRE  ", "DIC  ", "DOC  "}
        assert {line[66:67] for line in lines} == {"F", "M"}
        assert 25 <= sum(line[21:24] == "PRE" for line in lines) <= 34
        assert all(line[11:19] == "20261118" for line in lines)

    def test_the_price_report_has_versions_and_counts_itself(self, world: World) -> None:
        outer = zipfile.ZipFile(io.BytesIO(ask(world, B3 + "SPRD261118.zip").body))
        inner = zipfile.ZipFile(io.BytesIO(outer.read("SPRD261118.zip")))
        names = sorted(inner.namelist())
        assert len(names) == 2
        first, last = (inner.read(name).decode() for name in names)
        for text in (first, last):
            assert text.count("<PricRpt>") == int(text.split("<TtlNbOfMsg>")[1].split("<")[0])
            ElementTree.fromstring(text.encode())
        assert ">DAPK35<" not in first
        assert ">DAPK35<" in last


class TestTesouro:
    AUCTION = "/stn_fiscal/apex/aria/v1/api-leiloes-pub/custom/resultados?dataleilao="

    def test_the_file_is_grouped_by_title_and_a_day_late(self, world: World) -> None:
        url = (
            "/stn_fiscal/ckan/dataset/df56aa42-484a-4a59-8184-7676580c81e3/resource"
            "/796d2059-14e9-44e3-80c9-2d9e30b405c1/download/PrecoTaxaTesouroDireto.csv"
        )
        lines = ask(world, url).body.decode().splitlines()
        assert lines[0] == (
            "Tipo Titulo;Data Vencimento;Data Base;Taxa Compra Manha;Taxa Venda Manha;PU Compra Manha;PU Venda Manha;"
            "PU Base Manha"
        )
        days = [dt.datetime.strptime(line.split(";")[2], "%d/%m/%Y") for line in lines[1:]]
        assert max(days) == dt.datetime(2026, 11, 18)
        assert days != sorted(days)
        cells = [line.split(";") for line in lines[1::500]]
        assert all("," in row[3] and "." not in row[3] for row in cells)
        buys, sells = (np.array([float(row[n].replace(",", ".")) for row in cells]) for n in (3, 4))
        assert (buys < sells).all()

    def test_auctions_on_tuesdays_and_thursdays(self, world: World) -> None:
        thursday = ask_json(world, self.AUCTION + "12/11/2026")["registros"]
        assert {row["titulo"] for row in thursday} == {"LTN", "NTN-F"}
        assert {row["titulo"] for row in ask_json(world, self.AUCTION + "10/11/2026")["registros"]} == {"NTN-B", "LFT"}
        assert ask_json(world, self.AUCTION + "11/11/2026")["registros"] == []
        assert all(row["vencimento"].count("/") == 2 for row in thursday)
