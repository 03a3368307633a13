"""The responder of each simulated source. One module per source."""

from __future__ import annotations

from sandbox.source_http import Responder
from sandbox.sources import (
    b3_market_data,
    bcb_focus,
    bcb_fx_flow,
    bcb_ptax,
    bcb_sgs,
    bea,
    bls,
    cboe_vix,
    cftc_cot,
    eia,
    fed_board,
    fred,
    ibge_sidra,
    nyfed_rates,
    stn_fiscal,
    treasury_gov,
    yahoo_finance,
)

RESPONDERS: dict[str, Responder] = {
    "bcb_sgs": bcb_sgs.respond,
    "bcb_ptax": bcb_ptax.respond,
    "bcb_focus": bcb_focus.respond,
    "bcb_fx_flow": bcb_fx_flow.respond,
    "ibge_sidra": ibge_sidra.respond,
    "stn_fiscal": stn_fiscal.respond,
    "b3_market_data": b3_market_data.respond,
    "fred": fred.respond,
    "treasury_gov": treasury_gov.respond,
    "nyfed_rates": nyfed_rates.respond,
    "eia": eia.respond,
    "fed_board": fed_board.respond,
    "bls": bls.respond,
    "bea": bea.respond,
    "cboe_vix": cboe_vix.respond,
    "yahoo_finance": yahoo_finance.respond,
    "cftc_cot": cftc_cot.respond,
}
