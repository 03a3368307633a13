"""Tesouro Nacional: Tesouro Direto's rates and prices of every bond, and the results of Treasury auctions.

Tesouro Direto is one CSV file of the whole history (14 MB, never in order by date, one day late): it is read whole and
only the window is kept. Auctions are requested year by year (`anoinicial`). Source: sources.md section 6.

Rows of `settlement`:
  TD:NTN-B_2035-05-15       price: base PU, BRL; rate: the morning's sell rate (at which an investor sells back to the
                            Treasury, and the base PU is reckoned), fraction per year, real for NTN-B and NTN-B-P and
                            NTN-C, spread over Selic for LFT
  AUCTION:LTN_2027-07-01    price: mean PU, BRL; rate: mean rate, fraction per year; volume: bonds accepted, first round
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from desk.errors import BadCatalog
from desk.model import SETTLEMENT, Dataset, Frames, Series, Window
from tasks.connectors.base import Connector
from tasks.connectors.exchange import Client, FetchResult, Payload, Query, Request
from tasks.connectors.stn_auctions import parse_auctions
from tasks.connectors.stn_tesouro_direto import parse_tesouro_direto
from tasks.connectors.wanted import missing_from

TESOURO_DIRETO_FILE = (
    "/dataset/df56aa42-484a-4a59-8184-7676580c81e3/resource/796d2059-14e9-44e3-80c9-2d9e30b405c1"
    "/download/precotaxatesourodireto.csv"
)
AUCTION_RESULTS = "/aria/v1/api-leiloes-pub/custom/resultados"


class StnFiscal(Connector):
    """Datasets `stn_tesouro_direto` (base URL `ckan`) and `stn_auctions` (base URL `apex`)."""

    source: ClassVar[str] = "stn_fiscal"

    def plan(self, dataset: Dataset, series: Sequence[Series], window: Window) -> list[Query]:
        """One query for the file; one per calendar year for auctions."""
        if dataset.id == "stn_tesouro_direto":
            return [Query(dataset, (), window)]
        years = range(window.start.year, window.end.year + 1)
        spans = [(max(window.start, dt.date(y, 1, 1)), min(window.end, dt.date(y, 12, 31))) for y in years]
        return [Query(dataset, (), Window(*span)) for span in spans]

    def build_request(self, query: Query) -> Request:
        urls = self.config.base_urls
        if query.dataset.id == "stn_tesouro_direto":
            return Request(query, urls["ckan"] + TESOURO_DIRETO_FILE)
        if query.dataset.id == "stn_auctions":
            return Request(query, f"{urls['apex']}{AUCTION_RESULTS}?anoinicial={query.window.start.year}")
        raise BadCatalog(f"dataset {query.dataset.id}: not one of the Tesouro Nacional's")

    async def fetch(self, client: Client, query: Query) -> list[FetchResult]:
        """A wanted kind of bond that is not in a recent file, by a name that we know, is a finding."""
        return [
            replace(one, finding=missing_from(one, SETTLEMENT.name, "contract_id", _bond))
            for one in await super().fetch(client, query)
        ]

    def parse(self, payload: Payload) -> Frames:
        if payload.query.dataset.id == "stn_tesouro_direto":
            return parse_tesouro_direto(payload)
        return parse_auctions(payload)


def _bond(contract: object) -> str:
    """`TD:NTN-B_2035-05-15` -> `NTN-B`."""
    return str(contract).partition(":")[2].rpartition("_")[0]
