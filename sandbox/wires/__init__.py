"""One wire per source: what each of them would answer."""

from __future__ import annotations

from sandbox.wire import Wire
from sandbox.wires import b3_market_data, bcb_fx_flow, bcb_ptax, bcb_sgs, yahoo_finance

WIRES: dict[str, Wire] = {
    "bcb_sgs": bcb_sgs.answer,
    "bcb_ptax": bcb_ptax.answer,
    "bcb_fx_flow": bcb_fx_flow.answer,
    "b3_market_data": b3_market_data.answer,
    "yahoo_finance": yahoo_finance.answer,
}
