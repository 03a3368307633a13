"""Banco Central do Brasil, SGS: rates, reserves, prices, activity, external and fiscal series."""

from __future__ import annotations

from typing import ClassVar

from tasks.connectors.sgs_wire import SgsConnector


class BcbSgs(SgsConnector):
    """The central bank's time series (SGS)."""

    source: ClassVar[str] = "bcb_sgs"
