"""B3's swap file of 25 September 2026: what is missing from it is said, and its wild short end is not used."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from desk.catalog.fallbacks import load_fallbacks
from desk.model import Window
from desk.transforms.maturities import curve_points
from tasks.connectors.exchange import Payload, Query, Request
from tests.tasks.connectors.answers import connector, parse
from tests.tasks.connectors.real_market_cases import CATALOG, DAY, FOLDER

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no collected payloads at {FOLDER} (ALVORADA_REAL_PAYLOADS)"),
]


class Given:
    """A client with one answer."""

    def __init__(self, payload: Payload) -> None:
        self.payload = payload

    async def send(self, request: Request) -> Payload:
        return self.payload


async def test_a_wanted_curve_that_is_missing_from_the_real_file_is_said_and_the_others_are_good() -> None:
    day = DAY("2026-09-25")
    query = Query(CATALOG.datasets["b3_swap_curves"], (), Window(day, day))
    lines = (FOLDER / "b3/TaxaSwap_2026-09-25_excerpt.txt").read_bytes().splitlines(keepends=True)
    for code, missing in (("DPL", "REAL (DPL)"), ("DOC", "CUPOM (DOC)")):
        body = b"".join(line for line in lines if line[21:24] != code.encode())
        recent = f"the file of 2026-09-25 has no {missing}"
        for fetched_at, shown in ((query.window.end, recent), (DAY("2027-01-05"), None)):
            request = connector("b3_market_data").build_request(query)
            payload = Payload(request, 200, {}, body, dt.datetime.combine(fetched_at, dt.time(12), dt.UTC))
            (found,) = await connector("b3_market_data").fetch(Given(payload), query)
            assert found.finding == shown
            assert found.frames["curve_point"].height > 90
    request = connector("b3_market_data").build_request(query)
    whole = Payload(request, 200, {}, b"".join(lines), dt.datetime(2026, 9, 28, tzinfo=dt.UTC))
    (found,) = await connector("b3_market_data").fetch(Given(whole), query)
    assert found.finding is None


def test_the_wild_short_end_of_the_real_file_is_not_used() -> None:
    """DOC is at 27.65% at one business day; the first vertex that makes the coupon curve is of 21 at least."""
    day = DAY("2026-09-25")
    query = Query(CATALOG.datasets["b3_swap_curves"], (), Window(day, day))
    frame = parse(query, (FOLDER / "b3/TaxaSwap_2026-09-25_excerpt.txt").read_bytes())["curve_point"]
    stored = frame.with_columns(stamp=pl.lit("rule"), payload_id=pl.lit(1, pl.Int64))
    sources = {one.curve_id: one for spec in load_fallbacks().curves for one in spec.sources if one.kind == "points"}
    for curve in ("CUPOM", "REAL"):
        used = curve_points(sources[curve], {"curve_point": stored}, 16.0)
        assert min(used["order"]) >= 21
        assert max(used["rate"]) < 0.09
    assert max(stored.filter(pl.col("curve_id") == "CUPOM")["rate"]) > 0.27
