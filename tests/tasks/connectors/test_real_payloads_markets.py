"""Every collected payload of the market sources and calendars, through the real parsers.

Rows, first and last dates and values were read off the files by eye (counts with grep). What must be refused is refused
by name; what no connector reads is left out by name, with the reason. A file in none of the lists fails.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from desk import calendars
from desk.model import Window
from tasks.connectors.cftc_files import read_commitments
from tasks.connectors.exchange import Query
from tasks.http.recording import load_recording
from tests.tasks.connectors.answers import parse
from tests.tasks.connectors.real_market_cases import (
    CATALOG,
    DAY,
    FOLDER,
    GOOD,
    REFUSED,
    Good,
    Refused,
)

MANIFEST = Path(__file__).parents[2] / "recordings" / "real_payloads.json"
FOLDERS = ("b3", "fred", "us_treasury", "yahoo", "cftc", "vix", "anbima", "aneel", "inmet", "calendars")


pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no collected payloads at {FOLDER} (ALVORADA_REAL_PAYLOADS)"),
]


READ_BELOW = {"calendars/ANBIMA.txt", "calendars/B3.cal"}

LEFT_OUT = {
    "anbima/tpf_mercado_secundario_20260206.txt": "no source: ANBIMA shows it for five days only; bonds are imported",
    "calendars/anbima_feriados_nacionais.xls": "a binary workbook of 2018; the same list as ANBIMA.txt, which is read",
}


@pytest.mark.parametrize("case", GOOD, ids=str)
def test_a_file_with_data(case: Good) -> None:
    dataset = CATALOG.datasets[case.dataset] if isinstance(case.dataset, str) else case.dataset
    query = Query(dataset, case.series, Window(DAY(case.start), DAY(case.end)))
    frames = parse(query, case.unwrap((FOLDER / case.file).read_bytes()), api_key=case.key)
    (frame,) = frames.values()
    rows = frame.select(case.columns).sort(case.columns[:2]).rows()
    assert (len(rows), rows[0], rows[-1]) == (case.rows, case.first, case.last)


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_a_file_that_must_be_refused(case: Refused) -> None:
    query = Query(CATALOG.datasets[case.dataset], case.series, Window(DAY(case.start), DAY(case.start)))
    with pytest.raises(case.error, match=case.words) as caught:
        parse(query, case.unwrap((FOLDER / case.file).read_bytes()), status=case.status)
    assert type(caught.value).__mro__.index(case.error) <= 1


def test_the_settlements_of_12_january_2026() -> None:
    query = Query(CATALOG.datasets["b3_settlements"], (), Window(DAY("2026-01-12"), DAY("2026-01-12")))
    frame = parse(query, (FOLDER / "b3/SPRD260112.zip").read_bytes())["settlement"]
    found = {one[0]: one[1:] for one in frame.select("contract_id", "price", "rate", "open_interest").iter_rows()}
    assert found["DI1F28"] == (78665.38, 0.13022, 3713323)
    assert found["DDIF27"] == (95448.15, 0.04809, 300417)
    assert found["DOLG26"] == (5397.43, None, 806431)
    assert found["INDG26"] == (165186, None, 204399)
    # the PU of a DI1 is 100,000 discounted at its rate over the business days to its first business day of January
    days = calendars.anbima().count(DAY("2026-01-12"), DAY("2028-01-03"))
    assert 100_000 / 1.13022 ** (days / 252) == pytest.approx(78665.38, abs=5)


def test_the_curves_of_25_september_2026() -> None:
    """REAL is the clean DPL, 6.28% at a day and 6.72% at a year; the polled DIC had 13.65%, as PRE, and 9.85%."""
    day = DAY("2026-09-25")
    query = Query(CATALOG.datasets["b3_swap_curves"], (), Window(day, day))
    frame = parse(query, (FOLDER / "b3/TaxaSwap_2026-09-25_excerpt.txt").read_bytes())["curve_point"]
    found = {(curve, tenor): rate for curve, tenor, rate in frame.select("curve_id", "tenor_bd", "rate").iter_rows()}
    shown = {"PRE": (0.1365, 0.13606, 0.13954), "CUPOM": (0.2765, 0.0598, 0.0717), "REAL": (0.0628, 0.067, 0.0766)}
    for curve, rates in shown.items():
        assert tuple(found[curve, tenor] for tenor in (1, 245, 1232)) == rates
    assert found["REAL", 247] == 0.0672
    assert pytest.approx(0.0647, abs=5e-5) == 1.13606 / 1.067 - 1  # the breakeven of a year
    assert {curve: sum(one == curve for one, _ in found) for curve in shown} == {"PRE": 49, "CUPOM": 48, "REAL": 51}


def test_commitments_of_every_market_of_the_files() -> None:
    files = {"FinFutYY_2026_part.txt": 908, "deafut_2026-08-04.txt": 359, "disagg_2026-07-14_no_header.csv": 270}
    for file, markets in files.items():
        rows = read_commitments((FOLDER / "cftc" / file).read_text(encoding="utf-8"))
        assert len(rows) == markets
        for row in rows:  # reported and not reported make the open interest on each side, to one contract of rounding
            for side in ("long", "short"):
                held = row.counts[f"tot_rept_positions_{side}"] + row.counts[f"nonrept_positions_{side}"]
                assert held == pytest.approx(row.counts["open_interest"], abs=1), (row.market, row.day, side)


@pytest.mark.parametrize(
    ("file", "known", "until"),
    [
        # the list is older than the law of December 2023 that made 20 November a holiday
        ("ANBIMA.txt", calendars.anbima(known_on=DAY("2023-12-20")), "2078-12-31"),
        ("B3.cal", calendars.b3(), "2025-12-31"),
    ],
)
def test_the_calendars_agree_with_the_collected_lists(file: str, known: calendars.Calendar, until: str) -> None:
    lines = (FOLDER / "calendars" / file).read_text(encoding="utf-8").split()
    listed = {DAY(line) for line in lines if line[:1].isdigit()}
    span = np.arange(np.datetime64("2001-01-01"), np.datetime64(until) + 1).astype(object)
    ours = {day for day in span if day.weekday() < 5 and not known.is_business_day(day)}
    theirs = {day for day in listed if day.weekday() < 5 and DAY("2001-01-01") <= day <= DAY(until)}
    assert sorted(ours ^ theirs) == []


def test_the_manifest_names_files_that_are_there_and_answers_of_the_sources_as_they_are() -> None:
    recording = load_recording(FOLDER, MANIFEST)
    answers = [*recording.exact.values(), *(answer for _, answer in recording.patterns)]
    assert len(answers) >= 20
    for answer in answers:
        assert len(answer.body()) > 50
    hosts = {url for source in CATALOG.sources.values() for url in source.base_urls.values()}
    for raw in json.loads(MANIFEST.read_text(encoding="utf-8"))["answers"]:
        url = raw.get("pattern") or raw["regex"].replace("\\", "")
        assert url.startswith(tuple(hosts)), url


def test_every_file_is_accounted_for() -> None:
    files = {str(p.relative_to(FOLDER)) for name in FOLDERS for p in (FOLDER / name).rglob("*") if p.is_file()}
    assert files == {case.file for case in GOOD} | {case.file for case in REFUSED} | READ_BELOW | set(LEFT_OUT)
