"""CFTC: Socrata's strings and missing keys, paging, and CFTC's own files with and without header."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import unquote

import pytest

from desk.errors import BadPayload, BadRequest, NoData, Outage, UnknownSeries
from tasks.connectors import cftc_cot
from tasks.connectors.cftc_files import plain_name, read_commitments
from tasks.connectors.exchange import Payload, Request
from tests.tasks.connectors.answers import LONG_AFTER, connector, parse, queries, window

(TFF,) = queries("cftc_tff", window("2026-06-01", "2026-06-30"), "cot_brl_lev_long", "cot_brl_oi", "cot_es_lev_long")
(WTI,) = queries("cftc_disagg", window("2026-06-01", "2026-06-30"), "cot_cl_mm_short", "cot_cl_oi")


def row(day: str, code: str, **counts: str) -> dict[str, str]:
    return {"report_date_as_yyyy_mm_dd": f"{day}T00:00:00.000", "cftc_contract_market_code": code, **counts}


def test_the_question_is_asked_by_contract_code() -> None:
    url = connector("cftc_cot").build_request(TFF).url
    assert " " not in url
    assert "+" not in url
    assert unquote(url) == (
        "https://publicreporting.cftc.gov/resource/gpe5-46if.json"
        "?$select=report_date_as_yyyy_mm_dd,cftc_contract_market_code,lev_money_positions_long,open_interest_all"
        "&$where=cftc_contract_market_code in ('102741','13874A') and report_date_as_yyyy_mm_dd"
        " between '2026-06-01T00:00:00.000' and '2026-06-30T00:00:00.000'"
        "&$order=report_date_as_yyyy_mm_dd,cftc_contract_market_code&$limit=50000&$offset=0"
    )


def test_strings_become_numbers_and_a_missing_key_is_absent() -> None:
    body = [
        row("2026-06-09", "102741", lev_money_positions_long="26293", open_interest_all="90210"),
        row("2026-06-16", "102741", open_interest_all="91000", lev_money_positions_long="."),
        row("2026-06-16", "13874A", lev_money_positions_long="0", open_interest_all="7"),
        row("2026-07-07", "102741", open_interest_all="1"),
    ]
    frame = parse(TFF, json.dumps(body).encode())["observation"]
    assert frame.select("series_id", "obs_date", "value").rows() == [
        ("cot_brl_lev_long", dt.date(2026, 6, 9), 26293.0),
        ("cot_brl_oi", dt.date(2026, 6, 9), 90210.0),
        ("cot_brl_oi", dt.date(2026, 6, 16), 91000.0),
        ("cot_es_lev_long", dt.date(2026, 6, 16), 0.0),
    ]
    assert frame["knowledge_time"].null_count() == 4


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"[]", NoData),
        (200, b'{"message": "x"}', BadPayload),
        (200, b"[{}]", BadPayload),
        (200, b'[{"report', BadPayload),
        (400, b'{"errorCode":"query.soql.no-such-column","message":"No such column: lev"}', UnknownSeries),
        (400, b'{"errorCode":"query.compiler.malformed"}', BadRequest),
        (403, b"Forbidden", Outage),
    ],
)
def test_every_answer_without_rows_has_its_name(status: int, body: bytes, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        parse(TFF, body, status=status)
    assert type(caught.value) is kind


class Pages:
    """Answers by $offset."""

    def __init__(self, pages: dict[str, list[dict[str, str]]]) -> None:
        self.pages = pages
        self.requested: list[str] = []

    async def send(self, request: Request) -> Payload:
        offset = request.url.rpartition("$offset=")[2]
        self.requested.append(offset)
        return Payload(request, 200, {}, json.dumps(self.pages[offset]).encode(), LONG_AFTER)


async def test_a_full_page_asks_for_the_next_and_an_empty_last_page_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cftc_cot, "PAGE", 1)
    first, second = (
        row("2026-06-09", "102741", open_interest_all="5"),
        row("2026-06-16", "102741", open_interest_all="6"),
    )
    client = Pages({"0": [first], "1": [second], "2": []})
    fetched = await connector("cftc_cot").fetch(client, TFF)
    assert client.requested == ["0", "1", "2"]
    assert [one.frames["observation"]["value"].to_list() for one in fetched] == [[5.0], [6.0]]
    with pytest.raises(NoData):
        await connector("cftc_cot").fetch(Pages({"0": []}), TFF)


def test_names_of_three_dialects_are_one() -> None:
    assert plain_name("swap__positions_short_all") == plain_name("Swap__Positions_Short_All") == "swap_positions_short"
    assert plain_name("Open Interest (All)") == "open_interest"


HEADER = (
    '"Market_and_Exchange_Names","As_of_Date_In_Form_YYMMDD","Report_Date_as_YYYY-MM-DD","CFTC_Contract_Market_Code",'
    '"Open_Interest_All","Lev_Money_Positions_Long_All","Traders_Tot_All"\r\n'
)


def test_a_yearly_file_with_header_answers_the_same_question() -> None:
    line = '"BRAZILIAN REAL - CHICAGO MERCANTILE EXCHANGE",260609,2026-06-09,102741,  90210,  26293,    .\r\n'
    frame = parse(TFF, (HEADER + line).encode())["observation"]
    assert dict(frame.select("series_id", "value").iter_rows()) == {"cot_brl_lev_long": 26293.0, "cot_brl_oi": 90210.0}


def headerless(market: str, width: int, *numbers: str) -> str:
    front = [market, "260609", "2026-06-09", "067651", "NYME", "00", "067 "]
    return ",".join([*front, *numbers, *["0"] * (width - len(front) - len(numbers))])


def test_a_weekly_file_without_header_is_read_by_position_also_with_commas_in_a_name() -> None:
    numbers = [f"  {value}" for value in range(100, 116)]
    lines = [headerless("WTI", 191, *numbers), headerless("GOLD", 191, "."), headerless("OIL, LIGHT", 191, *numbers)]
    text = "".join(f"{line}\r\n" for line in lines)
    wti, gold, comma = read_commitments(text)
    assert (wti.counts["open_interest"], wti.counts["m_money_positions_short"]) == (100, 107)
    assert "open_interest" not in gold.counts
    assert (comma.market, comma.code, comma.counts) == ("OIL, LIGHT", "067651", wti.counts)
    frame = parse(WTI, f"{lines[0]}\r\n".encode())["observation"]
    assert dict(frame.select("series_id", "value").iter_rows()) == {"cot_cl_mm_short": 107.0, "cot_cl_oi": 100.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty file"),
        (headerless("WTI", 90) + "\n", "90 columns without a header"),
        (
            headerless("A", 191) + "\n" + headerless("B", 191) + "\n" + headerless("C", 150) + "\n",
            "150 columns in place of 191",
        ),
        (HEADER + '"X",260609,2026-06-09\n', "3 fields under 7 columns"),
        (HEADER.replace("CFTC_Contract", "Contract"), "no column cftc_contract_market_code"),
    ],
)
def test_other_files_are_refused_by_name(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_commitments(text)
