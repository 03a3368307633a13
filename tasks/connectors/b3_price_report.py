"""B3's price report XML (BVBG.187 simplified in SPRDyymmdd.zip, BVBG.086 full in PRyymmdd.zip): settlements of futures.

Optional tags are absent rather than empty; an untraded contract has a settlement and no prices. The namespaces
(bvmf.217.01 inside bvmf.052.01) hold no two tags of one name, so the reports are cut out by expression: a tree of the
full file (150 MB) would cost seconds and gigabytes. No expression crosses a tag it was not made for, and reports are
found by their ends, so that the work stays linear whatever comes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from desk.units import decimal_point, scaled
from tasks.connectors.strict_values import day_of

_PERCENT = Decimal("0.01")
_TOTAL = re.compile(rb"<TtlNbOfMsg>\s{0,9}([0-9]{1,9})\s{0,9}</TtlNbOfMsg>")
_BEGIN, _END = b"<PricRpt", b"</PricRpt>"
_TICKER = re.compile(rb"<TckrSymb>\s{0,9}([^<\s]{1,40})\s{0,9}</TckrSymb>")
_DAY = re.compile(rb"<TradDt>\s{0,99}<Dt>\s{0,9}([0-9-]{1,20})\s{0,9}</Dt>")
_SETTLEMENT = re.compile(rb"<AdjstdQt(?:\s[^<>]*)?>([^<]+)</AdjstdQt>")
_RATE = re.compile(rb"<AdjstdQtTax[^<>]*>([^<]+)</AdjstdQtTax>")
_OPEN_INTEREST = re.compile(rb"<OpnIntrst[^<>]*>([^<]+)</OpnIntrst>")
_CONTRACTS = re.compile(rb"<FinInstrmQty[^<>]*>([^<]+)</FinInstrmQty>")
_CURRENCY = re.compile(rb"<AdjstdQt\s[^<>]{0,200}?Ccy=.([A-Z]{3})")


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
    for report in _reports(xml):
        count += 1
        ticker = _TICKER.search(report)
        if ticker and future.match(ticker.group(1)):
            settlement = _settlement(ticker.group(1).decode(), report)
            if settlement:
                settlements.append(settlement)
    if count != int(promised.group(1)):
        raise ValueError(f"the header promises {int(promised.group(1))} reports and {count} are there")
    return settlements


def _reports(xml: bytes) -> Iterator[bytes]:
    """Every PricRpt element. Another element whose name begins so (PricRptHdr) is none."""
    place = 0
    while (begin := xml.find(_BEGIN, place)) >= 0:
        place = begin + len(_BEGIN)
        if xml[place : place + 1] not in (b">", b" ", b"\t", b"\r", b"\n"):
            continue
        end = xml.find(_END, place)
        if end < 0:
            return
        yield xml[begin:end]
        place = end + len(_END)


def _settlement(contract: str, report: bytes) -> Settlement | None:
    price = _number(_SETTLEMENT, report)
    if price is None:
        return None
    currency = _CURRENCY.search(report)
    if currency and currency.group(1) != b"BRL":
        raise ValueError(f"{contract} is settled in {currency.group(1).decode()} in answer to BRL")
    day = _DAY.search(report)
    if day is None:
        raise ValueError(f"{contract} has no trade date")
    return Settlement(
        contract,
        day_of(day.group(1).decode()),
        float(price),
        None if (rate := _number(_RATE, report)) is None else scaled(rate, _PERCENT),
        None if (interest := _number(_OPEN_INTEREST, report)) is None else float(interest),
        None if (contracts := _number(_CONTRACTS, report)) is None else float(contracts),
    )


def _number(tag: re.Pattern[bytes], report: bytes) -> Decimal | None:
    found = set(tag.findall(report))
    if len(found) > 1:
        raise ValueError(f"two different values of one tag in one report: {sorted(found)!r:.100}")
    return decimal_point(found.pop().decode()) if found else None
