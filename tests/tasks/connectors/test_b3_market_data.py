"""B3: archives, the fixed-width swap file, the price report; each fixture written by hand to the published layout."""

from __future__ import annotations

import datetime as dt
import io
import random
import zipfile

import pytest

from desk.errors import BadPayload, BadRequest, HtmlPayload, NoData, NotYet
from desk.model import UTC
from tests.tasks.connectors.answers import connector, parse, payload_for, queries, window

DAY = "2026-01-12"


def swap_line(
    code: str, calendar_days: int, business_days: int, rate: str, sign: str = "+", day: str = "20260112"
) -> str:
    """rate: 14 digits, percent with 7 decimals."""
    line = f"00000100101{day}T1{code:<5}{'NAME':<15}{calendar_days:05}{business_days:05}{sign}{rate}M{calendar_days:05}"
    assert len(line) == 72
    return line


SWAP_TEXT = "\r\n".join(
    [
        swap_line("PRE", 2, 1, "00000149000000"),
        swap_line("PRE", 30, 21, "00000148750000"),
        swap_line("ACC", 30, 21, "00000099990000"),
        swap_line("DOC", 30, 21, "00000005012345", sign="-"),
        swap_line("DIC", 365, 252, "00000098500000"),
        swap_line("DPL", 365, 252, "00000076500000"),
    ]
).encode("latin-1")


def zipped(*files: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def report_xml(*reports: str, total: int | None = None) -> bytes:
    body = "".join(f'<Document xmlns="urn:bvmf.217.01.xsd"><PricRpt>{one}</PricRpt></Document>' for one in reports)
    count = len(reports) if total is None else total
    return (
        '﻿<?xml version="1.0" encoding="utf-8"?><Document xmlns="urn:bvmf.052.01.xsd">'
        f"<TtlNbOfMsg>{count}</TtlNbOfMsg>{body}</Document>"
    ).encode()


def report(ticker: str, attributes: str, day: str = DAY) -> str:
    return (
        f"<TradDt><Dt>{day}</Dt></TradDt><SctyId><TckrSymb>{ticker}</TckrSymb></SctyId>"
        f"<FinInstrmAttrbts>{attributes}</FinInstrmAttrbts>"
    )


DI1 = report(
    "DI1F28",
    "<OpnIntrst>3713323</OpnIntrst><FinInstrmQty>213955</FinInstrmQty><AdjstdQt Ccy='BRL'>78665.38</AdjstdQt>"
    "<AdjstdQtTax Ccy='BRL'>13.022</AdjstdQtTax><AdjstdQtStin>F</AdjstdQtStin><PrvsAdjstdQt Ccy='BRL'>1</PrvsAdjstdQt>",
)
DOL = report("DOLG26", "<AdjstdQt Ccy='BRL'>5397.43</AdjstdQt>")
OPTION = report("DOLG26C005500", "<AdjstdQt Ccy='BRL'>12.5</AdjstdQt>")
CATTLE = report("BGIH26", "<AdjstdQt Ccy='BRL'>319.05</AdjstdQt>")
UNSETTLED = report("INDG26", "<MaxTradLmt Ccy='BRL'>9</MaxTradLmt>")

(CURVES,) = queries("b3_swap_curves", window(DAY))
(SETTLEMENTS,) = queries("b3_settlements", window(DAY))


def curve_rows(body: bytes) -> list[tuple[str, int, float]]:
    frame = parse(CURVES, body)["curve_point"]
    assert frame["obs_date"].unique().to_list() == [dt.date(2026, 1, 12)]
    assert frame["knowledge_time"].null_count() == frame.height
    return list(frame.select("curve_id", "tenor_bd", "rate").iter_rows())


def test_one_query_per_session_day_the_newest_first_and_none_for_holidays() -> None:
    # 2025-12-24 and 31 are closed at B3, the 25th and 1 January are holidays
    days = [query.window.start for query in queries("b3_swap_curves", window("2025-12-22", "2026-01-04"))]
    assert days == [dt.date(2026, 1, 2)] + [dt.date(2025, 12, day) for day in (30, 29, 26, 23, 22)]


def test_file_names() -> None:
    assert connector("b3_market_data").build_request(CURVES).url == (
        "https://www.b3.com.br/pesquisapregao/download?filelist=TS260112.ex_"
    )
    assert connector("b3_market_data").build_request(SETTLEMENTS).url.endswith("filelist=SPRD260112.zip")


SELF_EXTRACTING = b"MZ" + b"\x90" * 600 + zipped(("TaxaSwap.txt", SWAP_TEXT))


@pytest.mark.parametrize(
    "body",
    [SWAP_TEXT, zipped(("TaxaSwap.txt", SWAP_TEXT)), SELF_EXTRACTING, zipped(("TS260112.ex_", SELF_EXTRACTING))],
    ids=["bare", "zip", "self-extracting", "self-extracting in a zip"],
)
def test_swap_curves_in_every_wrapping(body: bytes) -> None:
    assert sorted(curve_rows(body)) == [
        ("CUPOM", 21, -0.005012345),
        ("PRE", 1, 0.149),
        ("PRE", 21, 0.14875),
        ("REAL", 252, 0.0765),
    ]


def test_two_vertices_on_one_business_day_are_one_the_later_in_calendar_days() -> None:
    lines = [swap_line("PRE", 33, 21, "00000120000000"), swap_line("PRE", 31, 21, "00000119000000")]
    assert curve_rows("\r\n".join(lines).encode()) == [("PRE", 21, 0.12)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SWAP_TEXT[:-3], "72-column"),
        (
            swap_line("APR", 2, 1, "00000149000000").encode(),
            "none of the curves DCL, DOC, DPL, PRE; the file holds APR",
        ),
        (SWAP_TEXT.replace(b"+000001490", b"+00000149X"), "digits"),
        (SWAP_TEXT.replace(b"+000001490", b" 000001490"), "sign"),
        (SWAP_TEXT.replace(b"20260112", b"20260109"), "2026-01-09 in answer to 2026-01-12"),
        (SWAP_TEXT.replace(b"20260112", b"20260109", 1), "2 dates"),
        (zipped(("readme.doc", random.Random(1).randbytes(5000))), "without a \\*.txt"),
        (zipped(("TaxaSwap.txt", SWAP_TEXT))[:-40], "broken archive"),
        (b'{"error": "not found"}', "JSON"),
        (b"", "empty body"),
    ],
)
def test_what_is_not_a_swap_file_is_refused_by_name(text: bytes, message: str) -> None:
    with pytest.raises(BadPayload, match=message):
        parse(CURVES, text)


def test_a_page_under_200_is_not_a_day_without_session() -> None:
    for query in (CURVES, SETTLEMENTS):
        with pytest.raises(HtmlPayload):
            parse(query, b"\r\n<!DOCTYPE html><html>Manuten&ccedil;&atilde;o</html>")


def test_a_tiny_archive_is_no_data_and_not_yet_on_the_day_itself() -> None:
    with pytest.raises(NoData) as gap:
        parse(CURVES, zipped())
    assert not isinstance(gap.value, NotYet)
    with pytest.raises(NotYet):  # 20:00 in Brazil is the next day in UTC
        parse(SETTLEMENTS, zipped(), fetched_at=dt.datetime(2026, 1, 12, 23, tzinfo=UTC))
    with pytest.raises(NoData):
        parse(SETTLEMENTS, b"", status=404)
    with pytest.raises(BadRequest):
        parse(SETTLEMENTS, b"", status=400)


def test_settlements_of_the_wanted_futures_only() -> None:
    xml = report_xml(DI1, DOL, OPTION, CATTLE, UNSETTLED)
    old = report_xml(DOL.replace("5397.43", "1"))
    inner = zipped(("BVBG.187.01_BV2026_a.xml", old), ("BVBG.187.01_BV2026_b.xml", xml))
    frame = parse(SETTLEMENTS, zipped(("SPRD260112.zip", inner)))["settlement"]
    assert frame.drop("knowledge_time").rows() == [
        ("DI1F28", dt.date(2026, 1, 12), 78665.38, 0.13022, 3713323.0, 213955.0),
        ("DOLG26", dt.date(2026, 1, 12), 5397.43, None, None, None),
    ]


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (report_xml(DI1, DOL, total=3), "promises 3 reports and 2 are there"),
        (report_xml(CATTLE), "no settlement of any contract"),
        (report_xml(report("DI1F28", "<AdjstdQt>1</AdjstdQt>", day="2026-01-09")), "2026-01-09 in answer to"),
        (b"<?xml version='1.0'?><Document/>", "not a price report"),
        (report_xml("<SctyId><TckrSymb>DI1F28</TckrSymb></SctyId><AdjstdQt>1</AdjstdQt>"), "no trade date"),
        (report_xml(report("DI1F28", "<AdjstdQt>1,5</AdjstdQt>")), "not a point-decimal"),
    ],
)
def test_a_price_report_that_is_cut_or_of_another_day_is_refused(xml: bytes, message: str) -> None:
    with pytest.raises(BadPayload, match=message):
        parse(SETTLEMENTS, zipped(("SPRD260112.zip", zipped(("a.xml", xml + b" " * 2000)))))


def test_archives_nested_without_end_are_refused() -> None:
    body = zipped(("a.txt", SWAP_TEXT))
    for _ in range(8):
        body = zipped(("a.zip", body))
    with pytest.raises(BadPayload, match="nested"):
        parse(CURVES, body)


def test_only_the_declared_curves_are_read_of_a_file_of_twenty() -> None:
    codes = ["PRE", "DOC", "DPL", *(f"X{number}" for number in range(17))]
    text = "\r\n".join(swap_line(code, day, day, "00000149000000") for code in codes for day in range(1, 349)).encode()
    body = zipped(("TS260112.ex_", b"MZ" + b"\x90" * 600 + zipped(("TaxaSwap.txt", text))))
    frame = connector("b3_market_data").parse(payload_for(CURVES, body))["curve_point"]
    assert frame.height == 3 * 348
    assert set(frame["curve_id"]) == {"PRE", "CUPOM", "REAL"}
