"""A morning with one dead source, one held value and one stale curve, as the portfolio manager reads it."""

from __future__ import annotations

import html
import re

import pytest

from desk.model import decision_time
from tests.fixtures.flows import FILLED_DAY, NEXT_DAY, RunningDesk
from tests.fixtures.sandbox import RunningSandbox

pytestmark = [pytest.mark.flow, pytest.mark.db]

FAULTS = {
    "yahoo_finance": {"kind": "server_error"},
    "bcb_ptax": {"kind": "slip", "series": "usdbrl_ptax_sell", "day": FILLED_DAY.isoformat(), "factor": 100.0},
    "b3_market_data": {"kind": "empty"},
}


def first_screen(page: str) -> str:
    """The words of the page above its sections, blanks made plain."""
    text = re.sub(r"<(style|script)[^>]*>.*?</\1>", "", page.partition("<section")[0], flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " ").split())


async def test_the_first_screen_says_what_is_dead_what_is_held_and_what_is_old(
    filled_desk: RunningDesk, quiet_sandbox: RunningSandbox
) -> None:
    quiet_sandbox.configure(faults=FAULTS)
    ran = await filled_desk.run(NEXT_DAY)
    assert ran.state.is_completed(), ran.state.message
    text = first_screen(ran.page)
    for words in (
        "usdbrl_ptax_sell of 18 Nov 2026",
        "is not believed",
        "used instead: usdbrl_sgs_sell of 18 Nov 2026",
        "yahoo_daily (last 18 Nov 2026)",
        "b3_swap_curves (last 17 Nov 2026)",
        "The day's P&L of",
        "counts as nothing",
        "not made, the positions stay",
        "of VaR rests on prices that are too old",
        "no new level: DI 1y",
        "met no settlement and lapsed",
        "DI of Tue 17 Nov prices",
        "(last marked 17 Nov 2026)",
    ):
        assert words in text, (words, text)
    assert "booked as filled" not in text
    withheld = await filled_desk.gold("withheld_order", NEXT_DAY)
    ordered = set((await filled_desk.gold("action", NEXT_DAY))["instrument_id"])
    unmarked = (await filled_desk.gold("pnl_attribution", NEXT_DAY)).filter(mark="unknown")["instrument_id"]
    assert withheld.height
    assert not ordered & {*withheld["instrument_id"], *unmarked}, "no order on a price that is too old"
    weights = await filled_desk.gold("data_weight", NEXT_DAY)
    whole = weights.filter(kind="old").row(0, named=True)
    assert 0 < whole["var_share"] <= 1 + 1e-9
    largest = float(weights.filter(kind="old_price")["order_share"].sort()[-1])
    assert whole["order_share"] >= largest > 0
    stored = await filled_desk.rows(
        "SELECT var_share FROM v_data_weight WHERE as_of = $1 AND kind = 'old'", decision_time(NEXT_DAY)
    )
    assert stored[0]["var_share"] == whole["var_share"]
    portuguese = (filled_desk.home / "reports" / "sandbox" / f"{NEXT_DAY}.pt.html").read_text(encoding="utf-8")
    spoken = first_screen(portuguese)
    for words in (
        "do VaR se apoia em preços velhos demais",
        "não enviadas, as posições ficam",
        "sem ajuste do dia, sem efeito",
    ):
        assert words in spoken, (words, spoken)
