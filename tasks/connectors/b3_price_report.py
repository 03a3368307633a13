"""B3's price report XML (BVBG.187 simplified in SPRDyymmdd.zip, BVBG.086 full in PRyymmdd.zip): settlements of futures.

Optional tags are absent rather than empty; an untraded contract has a settlement and no prices. The namespaces
(bvmf.217.01 inside bvmf.052.01) hold no two tags of one name, so the reports are cut out by expression: a tree of the
full file (150 MB) would cost seconds and gigabytes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from desk.units import decimal_point, scaled

_PERCENT = Decimal("0.01")
_TOTAL = re.compile(rb"<TtlNbOfMsg>\s*(\d+)\s*</TtlNbOfMsg>")
_REPORT = re.compile(rb"<PricRpt[\s>].*?</PricRpt>", re.DOTALL)
_TICKER = re.compile(rb"<TckrSymb>\s*([^<\s]+)\s*</TckrSymb>")
_DAY = re.compile(rb"<TradDt>\s*<Dt>\s*([0-9-]+)\s*</Dt>")
_SETTLEMENT = re.compile(rb"<AdjstdQt(?:\s[^>]*)?>([^<]+)</AdjstdQt>")
_RATE = re.compile(rb"<AdjstdQtTax[^>]*>([^<]+)</AdjstdQtTax>")
_OPEN_INTEREST = re.compile(rb"<OpnIntrst[^>]*>([^<]+)</OpnIntrst>")
_CONTRACTS = re.compile(rb"<FinInstrmQty[^>]*>([^<]+)</FinInstrmQty>")


@dataclass(frozen=True, slots=True)
class Settlement:
    """One future at the close of `day`.

    price: the settlement as the contract has it (PU for DI1, DDI and DAP; BRL per USD 1,000; index points);
    rate: the settlement rate, fraction per year, for contracts quoted in rate; open_interest and volume in contracts
    (volume only in the full report: the simplified one gives the number of trades, which is something else).
    """

    contract: str
    day: dt.date
    price: float
    rate: float | None
    open_interest: float | None
    volume: float | None


def read_price_report(xml: bytes, roots: Sequence[str]) -> list[Settlement]:
    """Settlements of the futures (root, month letter, two digits of the year) of `roots`, in the file's order.

    Options on the same roots have longer tickers and are left out, as are contracts without a settlement.
    Raises ValueError where the number of reports is not the one that the file's header promises.
    """
    promised = _TOTAL.search(xml)
    if promised is None:
        raise ValueError("no TtlNbOfMsg: not a price report")
    future = re.compile(rb"(?:" + b"|".join(re.escape(r.encode()) for r in roots) + rb")[FGHJKMNQUVXZ]\d\d\Z")
    settlements, count = [], 0
    for match in _REPORT.finditer(xml):
        count += 1
        report = match.group()
        ticker = _TICKER.search(report)
        if ticker and future.match(ticker.group(1)):
            settlement = _settlement(ticker.group(1).decode(), report)
            if settlement:
                settlements.append(settlement)
    if count != int(promised.group(1)):
        raise ValueError(f"the header promises {int(promised.group(1))} reports and {count} are there")
    return settlements


def _settlement(contract: str, report: bytes) -> Settlement | None:
    price = _number(_SETTLEMENT, report)
    if price is None:
        return None
    day = _DAY.search(report)
    if day is None:
        raise ValueError(f"{contract} has no trade date")
    return Settlement(
        contract,
        dt.date.fromisoformat(day.group(1).decode()),
        float(price),
        None if (rate := _number(_RATE, report)) is None else scaled(rate, _PERCENT),
        None if (interest := _number(_OPEN_INTEREST, report)) is None else float(interest),
        None if (contracts := _number(_CONTRACTS, report)) is None else float(contracts),
    )


def _number(tag: re.Pattern[bytes], report: bytes) -> Decimal | None:
    found = tag.search(report)
    return decimal_point(found.group(1).decode()) if found else None
