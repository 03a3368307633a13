"""The sources: one connector each, listed by source id."""

from __future__ import annotations

from tasks.connectors.b3_market_data import B3MarketData
from tasks.connectors.base import Connector
from tasks.connectors.bcb_focus import BcbFocus
from tasks.connectors.bcb_fx_flow import BcbFxFlow
from tasks.connectors.bcb_ptax import BcbPtax
from tasks.connectors.bcb_sgs import BcbSgs
from tasks.connectors.bea import Bea
from tasks.connectors.bls import Bls
from tasks.connectors.cboe_vix import CboeVix
from tasks.connectors.cftc_cot import CftcCot
from tasks.connectors.eia import Eia
from tasks.connectors.fed_board import FedBoard
from tasks.connectors.fred import Fred
from tasks.connectors.ibge_sidra import IbgeSidra
from tasks.connectors.nyfed_rates import NyFedRates
from tasks.connectors.stn_fiscal import StnFiscal
from tasks.connectors.treasury_gov import TreasuryGov
from tasks.connectors.yahoo_finance import YahooFinance

CONNECTORS: dict[str, type[Connector]] = {
    connector.source: connector
    for connector in (
        BcbSgs,
        BcbPtax,
        BcbFocus,
        BcbFxFlow,
        IbgeSidra,
        StnFiscal,
        B3MarketData,
        Fred,
        CftcCot,
        TreasuryGov,
        NyFedRates,
        Eia,
        FedBoard,
        Bls,
        Bea,
        CboeVix,
        YahooFinance,
    )
}
