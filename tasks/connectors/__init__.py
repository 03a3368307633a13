"""The sources: one connector each, listed by source id."""

from __future__ import annotations

from tasks.connectors.base import Connector
from tasks.connectors.bcb_fx_flow import BcbFxFlow
from tasks.connectors.bcb_ptax import BcbPtax
from tasks.connectors.bcb_sgs import BcbSgs

CONNECTORS: dict[str, type[Connector]] = {
    connector.source: connector
    for connector in (
        BcbSgs,
        BcbPtax,
        BcbFxFlow,
    )
}
