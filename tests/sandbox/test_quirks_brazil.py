"""The manners of Brazil's sources: what is empty, refused, blank, ahead of time or out of order."""

from __future__ import annotations

import datetime as dt
import io
import json
import xml.etree.ElementTree as ElementTree
import zipfile

import numpy as np

from sandbox.world import SimulatedWorld
from tests.sandbox.source_requests import ask, ask_json, sgs

SGS = "/bcb_sgs/api/dados/serie/bcdata.sgs.{}/dados?formato=json"
OLINDA = "/bcb_ptax/api/"
FOCUS = "/bcb_focus/api/ExpectativasMercadoAnuais?$filter="
B3 = "/b3_market_data/site/pesquisapregao/download?filelist="
NOT_FOUND = (
    b'{"erro":{"statusCode":404,"detail":"br.gov.bcb.pec.sgs.comum.excecoes.SGSNegocioException: Value(s) not found"}}'
)


class TestSgs:
    def test_a_window_without_values_is_404_in_json(self, world: SimulatedWorld) -> None:
        answer = ask(world, SGS.format(12) + "&dataInicial=14/11/2026&dataFinal=15/11/2026")
        assert (answer.status, answer.body) == (404, NOT_FOUND)

    def test_more_than_ten_years_of_a_daily_series_is_406(self, world: SimulatedWorld) -> None:
        assert ask(world, SGS.format(432) + "&dataInicial=20/11/2016&dataFinal=20/11/2026").status == 200
        refused = ask(world, SGS.format(432) + "&dataInicial=19/11/2016&dataFinal=20/11/2026")
        assert refused.status == 406
        assert json.loads(refused.body)["error"].startswith("O sistema aceita uma janela de consulta")
        assert ask(world, SGS.format(432)).status == 406
        assert len(ask_json(world, SGS.format(433))) > 240

    def test_the_target_is_known_up_to_the_next_decision(self, world: SimulatedWorld) -> None:
        rows = sgs(world, 432, "01/11/2026", "31/12/2026")
        assert max(rows) == "2026-12-09"
        assert "2026-11-15" in rows  # a Sunday
        assert len({rows[day] for day in rows if day >= "2026-11-20"}) == 1
        decided = sgs(world, 432, "01/11/2026", "01/03/2027", now=dt.datetime(2026, 12, 9, 22, tzinfo=dt.UTC))
        assert max(decided) > "2026-12-09"

    def test_last_n_is_at_most_twenty(self, world: SimulatedWorld) -> None:
        path = "/bcb_sgs/api/dados/serie/bcdata.sgs.433/dados/ultimos/"
        assert len(ask_json(world, path + "3?formato=json")) == 3
        refused = ask(world, path + "21?formato=json")
        assert refused.status == 400
        assert "A quantidade máxima de valores deve ser 20" in refused.body.decode()

    def test_a_date_in_another_format_and_an_unknown_code(self, world: SimulatedWorld) -> None:
        assert b"Invalid initial date" in ask(world, SGS.format(433) + "&dataInicial=2026-01-01").body
        unknown = ask(world, SGS.format(99999))
        assert (unknown.status, unknown.media) == (200, "text/html; charset=UTF-8")

    def test_encoded_slashes_are_slashes(self, world: SimulatedWorld) -> None:
        plain = ask(world, SGS.format(1) + "&dataInicial=10/11/2026&dataFinal=13/11/2026")
        assert ask(world, SGS.format(1) + "&dataInicial=10%2F11%2F2026&dataFinal=13%2F11%2F2026") == plain


class TestOlinda:
    def test_a_weekend_is_200_and_empty(self, world: SimulatedWorld) -> None:
        url = OLINDA + "CotacaoDolarDia(dataCotacao=@dataCotacao)?@dataCotacao='11-14-2026'&$format=json"
        assert ask_json(world, url)["value"] == []

    def test_today_is_empty_until_the_closing_bulletin(self, world: SimulatedWorld) -> None:
        url = OLINDA + "CotacaoDolarDia(dataCotacao=@dataCotacao)?@dataCotacao='11-19-2026'&$format=json"
        assert ask_json(world, url, dt.datetime(2026, 11, 19, 16, 9, tzinfo=dt.UTC))["value"] == []
        (row,) = ask_json(world, url, dt.datetime(2026, 11, 19, 16, 10, tzinfo=dt.UTC))["value"]
        assert list(row) == ["cotacaoCompra", "cotacaoVenda", "dataHoraCotacao"]

    def test_numbers_have_five_decimals(self, world: SimulatedWorld) -> None:
        url = OLINDA + "CotacaoDolarDia(dataCotacao=@dataCotacao)?@dataCotacao='11-19-2026'&$format=json"
        text = ask(world, url).body.decode()
        number = text.split('"cotacaoVenda":')[1].split(",")[0]
        assert len(number.split(".")[1]) == 5
        assert number.endswith("0")

    def test_the_euro_has_five_bulletins_and_one_closing(self, world: SimulatedWorld) -> None:
        url = (
            "CotacaoMoedaPeriodo(moeda=@moeda,dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
            "?@moeda='EUR'&@dataInicial='11-18-2026'&@dataFinalCotacao='11-18-2026'&$format=json"
        )
        rows = ask_json(world, OLINDA + url)["value"]
        assert [row["tipoBoletim"] for row in rows] == ["Abertura", *["Intermediário"] * 3, "Fechamento"]

    def test_pages(self, world: SimulatedWorld) -> None:
        url = (
            "CotacaoDolarPeriodo(dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
            "?@dataInicial='01-01-2026'&@dataFinalCotacao='11-19-2026'&$format=json"
        )
        whole = ask_json(world, OLINDA + url)["value"]
        pages = [ask_json(world, f"{OLINDA}{url}&$top=100&$skip={skip}")["value"] for skip in (0, 100, 200)]
        assert [row for page in pages for row in page] == whole
        assert ask_json(world, OLINDA + url.replace("$", "%24").replace("@", "%40"))["value"] == whole


class TestFocus:
    def test_each_day_and_target_comes_twice(self, world: SimulatedWorld) -> None:
        expected = "Indicador eq 'IPCA' and Data eq '2026-11-13' and DataReferencia eq '2027'"
        rows = ask_json(world, FOCUS + expected)["value"]
        assert [row["baseCalculo"] for row in rows] == [0, 1]
        assert rows[0]["numeroRespondentes"] > rows[1]["numeroRespondentes"]
        assert list(rows[0])[:4] == ["Indicador", "IndicadorDetalhe", "Data", "DataReferencia"]

    def test_or_and_parentheses(self, world: SimulatedWorld) -> None:
        expected = "(Indicador eq 'IPCA' or Indicador eq 'Câmbio') and Data ge '2026-11-12' and baseCalculo eq 0"
        rows = ask_json(world, FOCUS + expected)["value"]
        assert {row["Indicador"] for row in rows} == {"IPCA", "Câmbio"}
        assert {row["Data"] for row in rows} == {"2026-11-12", "2026-11-13"}

    def test_an_indicator_that_is_gone_is_no_error(self, world: SimulatedWorld) -> None:
        assert ask_json(world, FOCUS + "Indicador eq 'IGP-Velho'")["value"] == []

    def test_a_filter_that_cannot_be_read_is_500_in_html(self, world: SimulatedWorld) -> None:
        answer = ask(world, FOCUS + "Indicador is 'IPCA'")
        assert answer.status == 500
        assert answer.body.startswith(b"<!DOCTYPE HTML")


class TestSidra:
    VALUES = "/ibge_sidra/values/values/t/"

    def test_the_first_row_is_labels(self, world: SimulatedWorld) -> None:
        rows = ask_json(world, self.VALUES + "1737/n1/all/v/2266/p/last 2?formato=json")
        assert rows[0]["V"] == "Valor"
        assert rows[0]["D3C"] == "Mês (Código)"
        assert [row["D3C"] for row in rows[1:]] == ["202609", "202610"]
        assert "D4C" not in rows[0]

    def test_h_n_drops_the_labels(self, world: SimulatedWorld) -> None:
        assert ask_json(world, self.VALUES + "1737/n1/all/v/2266/p/last 1/h/n")[0]["V"] != "Valor"

    def test_three_dots_have_no_unit(self, world: SimulatedWorld) -> None:
        (_, row) = ask_json(world, self.VALUES + "1737/n1/all/v/2265/p/200605")
        assert (row["V"], row["MC"], row["MN"]) == ("...", "", "")

    def test_months_to_come_are_dropped_without_a_word(self, world: SimulatedWorld) -> None:
        rows = ask_json(world, self.VALUES + "7060/n1/all/v/63/p/202610-202712/c315/7169")
        assert [row["D3C"] for row in rows[1:]] == ["202610"]
        assert (
            ask_json(world, "/ibge_sidra/v3/api/v3/agregados/7060/periodos/202612/variaveis/63?localidades=N1[all]")
            == []
        )

    def test_both_routes_say_the_same(self, world: SimulatedWorld) -> None:
        table = ask_json(world, self.VALUES + "7060/n1/all/v/66/p/202601-202610/c315/7170")[1:]
        url = "/ibge_sidra/v3/api/v3/agregados/7060/periodos/202601-202610/variaveis/66?localidades=N1[all]"
        (variable,) = ask_json(world, url + "&classificacao=315[7170]")
        series = variable["resultados"][0]["series"][0]["serie"]
        assert {row["D3C"]: row["V"] for row in table} == series

    def test_an_unknown_table_is_400_in_plain_text(self, world: SimulatedWorld) -> None:
        answer = ask(world, self.VALUES + "99/n1/all/v/1/p/all")
        assert (answer.status, answer.media.split(";")[0]) == (400, "text/plain")


class TestB3:
    def test_no_session_is_a_tiny_zip(self, world: SimulatedWorld) -> None:
        for name in ("TS261115.ex_", "SPRD261120.zip", "TS201120.ex_", "TS261225.ex_"):
            body = ask(world, B3 + name).body
            if name == "TS201120.ex_":
                assert len(body) > 1024  # B3 opened on 20 November 2020
            else:
                assert len(body) < 1024
                assert zipfile.ZipFile(io.BytesIO(body)).namelist() == []

    def test_the_swap_file_is_72_columns_in_a_program(self, world: SimulatedWorld) -> None:
        outer = zipfile.ZipFile(io.BytesIO(ask(world, B3 + "TS261118.ex_").body))
        program = outer.read("TS261118.ex_")
        assert program.startswith(b"MZ")
        text = zipfile.ZipFile(io.BytesIO(program)).read("TaxaSwap.txt").decode("latin-1")
        lines = text.split("\r\n")
        assert lines.pop() == ""
        assert {len(line) for line in lines} == {72}
        assert {line[21:26] for line in lines} == {"PRE  ", "DIC  ", "DOC  ", "DPL  "}
        assert {line[66:67] for line in lines} == {"F", "M"}
        assert 25 <= sum(line[21:24] == "PRE" for line in lines) <= 34
        assert all(line[11:19] == "20261118" for line in lines)

    def test_the_price_report_has_versions_and_counts_itself(self, world: SimulatedWorld) -> None:
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

    def test_the_file_is_grouped_by_title_and_a_day_late(self, world: SimulatedWorld) -> None:
        url = (
            "/stn_fiscal/ckan/dataset/df56aa42-484a-4a59-8184-7676580c81e3/resource"
            "/796d2059-14e9-44e3-80c9-2d9e30b405c1/download/PrecoTaxaTesouroDireto.csv"
        )
        lines = ask(world, url).body.decode().splitlines()
        assert lines[0] == (
            "Tipo Titulo;Data Vencimento;Data Base;Taxa Compra Manha;Taxa Venda Manha;PU Compra Manha;PU Venda Manha;"
            "PU Base Manha"
        )
        days = [dt.datetime.strptime(line.split(";")[2], "%d/%m/%Y").replace(tzinfo=dt.UTC) for line in lines[1:]]
        assert max(days) == dt.datetime(2026, 11, 18, tzinfo=dt.UTC)
        assert days != sorted(days)
        cells = [line.split(";") for line in lines[1::500]]
        assert all("," in row[3] and "." not in row[3] for row in cells)
        buys, sells = (np.array([float(row[n].replace(",", ".")) for row in cells]) for n in (3, 4))
        assert (buys < sells).all()

    def test_auctions_on_tuesdays_and_thursdays(self, world: SimulatedWorld) -> None:
        thursday = ask_json(world, self.AUCTION + "12/11/2026")["registros"]
        assert {row["titulo"] for row in thursday} == {"LTN", "NTN-F"}
        assert {row["titulo"] for row in ask_json(world, self.AUCTION + "10/11/2026")["registros"]} == {"NTN-B", "LFT"}
        assert ask_json(world, self.AUCTION + "11/11/2026")["registros"] == []
        assert all(row["vencimento"].count("/") == 2 for row in thursday)
