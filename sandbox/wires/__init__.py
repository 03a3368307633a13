"""One wire per source: what each of them would answer."""

from __future__ import annotations

from sandbox.wire import Wire
from sandbox.wires import (
    b3_market_data,
    bcb_focus,
    bcb_fx_flow,
    bcb_ptax,
    bcb_sgs,
    cftc_cot,
    fred,
    ibge_sidra,
    stn_fiscal,
    treasury_gov,
    yahoo_finance,
)

WIRES: dict[str, Wire] = {
    "bcb_sgs": bcb_sgs.answer,
    "bcb_ptax": bcb_ptax.answer,
    "bcb_focus": bcb_focus.answer,
    "bcb_fx_flow": bcb_fx_flow.answer,
    "ibge_sidra": ibge_sidra.answer,
    "stn_fiscal": stn_fiscal.answer,
    "b3_market_data": b3_market_data.answer,
    "fred": fred.answer,
    "treasury_gov": treasury_gov.answer,
    "yahoo_finance": yahoo_finance.answer,
    "cftc_cot": cftc_cot.answer,
}
