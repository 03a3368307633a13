"""Banco Central do Brasil, contracted FX flow: SGS table 13, daily since September 2008, USD million.

Same wire as SGS. Released in batches (Wednesday, up to the Friday before) and revised: the look-back window of the
dataset asks for the last weeks again on every run, so that late and changed values come in.
"""

from __future__ import annotations

from typing import ClassVar

from tasks.connectors.sgs_wire import SgsConnector


class BcbFxFlow(SgsConnector):
    """Contracted FX flow, from SGS."""

    source: ClassVar[str] = "bcb_fx_flow"
