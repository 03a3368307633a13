"""BVBG.187 simplified price reports: two versions of a day's XML, of which the later one counts."""

from __future__ import annotations

import datetime as dt

import numpy as np

from sandbox.economy import Economy
from sandbox.economy.contracts import Session, sessions

_PARTY = """<OrgId>
            <Id>
              <OrgId>
                <Othr>
                  <Id>{who}</Id>
                  <Issr>40</Issr>
                  <SchmeNm>
                    <Prtry>39</Prtry>
                  </SchmeNm>
                </Othr>
              </OrgId>
            </Id>
          </OrgId>"""
_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<Document xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="urn:bvmf.052.01.xsd bvmf.052.01.xsd" xmlns="urn:bvmf.052.01.xsd">
  <BizFileHdr>
    <Xchg>
      <BizGrpDesc>
        <Fr>
          {sender}
        </Fr>
        <To>
          {receiver}
        </To>
        <BizGrpDtls>
          <BizGrpIdr>{group}</BizGrpIdr>
          <TtlNbOfMsg>{count}</TtlNbOfMsg>
          <BizGrpTp>BVBG.187.01</BizGrpTp>
          <CreDtAndTm>{local}</CreDtAndTm>
        </BizGrpDtls>
        <MsgTpDef>
          <MsgDefIdr>BVMF.217.01</MsgDefIdr>
          <NbOfMsg>{count}</NbOfMsg>
        </MsgTpDef>
      </BizGrpDesc>
"""
_REPORT = """      <BizGrp>
        <AppHdr xmlns="urn:iso:std:iso:20022:tech:xsd:head.001.001.01">
          <BizMsgIdr>{group}{number:05d}</BizMsgIdr>
          <MsgDefIdr>BVMF.217.01</MsgDefIdr>
          <CreDt>{utc}Z</CreDt>
          <Fr>
            {sender}
          </Fr>
          <To>
            {receiver}
          </To>
        </AppHdr>
        <Document xmlns="urn:bvmf.217.01.xsd">
          <PricRpt>
            <TradDt>
              <Dt>{day}</Dt>
            </TradDt>
            <SctyId>
              <TckrSymb>{ticker}</TckrSymb>
            </SctyId>
            <FinInstrmId>
              <OthrId>
                <Id>{identity}</Id>
                <Tp>
                  <Prtry>8</Prtry>
                </Tp>
              </OthrId>
              <PlcOfListg>
                <MktIdrCd>BVMF</MktIdrCd>
              </PlcOfListg>
            </FinInstrmId>
            <TradDtls/>
            <FinInstrmAttrbts>
{attributes}            </FinInstrmAttrbts>
          </PricRpt>
        </Document>
      </BizGrp>
"""
_TAIL = """    </Xchg>
  </BizFileHdr>
</Document>
"""


def report_versions(economy: Economy, day: dt.date) -> dict[str, bytes]:
    """File name -> XML. The first version lacks the real-rate contracts; the last one is whole_number."""
    found = sessions(economy, day)
    return dict([_version(day, found[:-1], "18:41:07", 1), _version(day, found, "19:27:24", 2)])


def _version(day: dt.date, found: list[Session], clock: str, number: int) -> tuple[str, bytes]:
    group = f"BV000471{day:%Y%m%d}{number:04d}000071927242970"
    local = dt.datetime.combine(day, dt.time.fromisoformat(clock))
    parties = {"sender": _PARTY.format(who="BVMF"), "receiver": _PARTY.format(who="PUBLIC")}
    stamps = {"group": group, "day": day.isoformat(), "utc": (local + dt.timedelta(hours=3)).isoformat(), **parties}
    rows = [row for session in found for row in _attributes(session)]
    # an option without a settlement, as most lines of the real file are
    rows.append((f"ISP{'FGHJKMNQUVXZ'[day.month - 1]}{day:%y}C006950", "              <OpnIntrst>1</OpnIntrst>\n"))
    head = _HEAD.format(group=group, count=len(rows), local=local.isoformat(), **parties)
    reports = [
        _REPORT.format(number=place, ticker=ticker, identity=100_000_000 + place, attributes=text, **stamps)
        for place, (ticker, text) in enumerate(rows)
    ]
    return f"BVBG.187.01_{group}.xml", (head + "".join(reports) + _TAIL).encode()


def _attributes(session: Session) -> list[tuple[str, str]]:
    """Ticker and tags of each contract. Untraded contracts have a settlement and no prices."""
    rows = []
    for place, ticker in enumerate(session.tickers):
        interest = int(session.open_interest[place])
        tags = [f"<OpnIntrst>{interest}</OpnIntrst>"]
        if interest > 2_000:
            last = session.prices[place] if session.rates is None else session.rates[place]
            spread = 0.002 if session.rates is None else 0.004
            low, high = _number(last * (1.0 - spread)), _number(last * (1.0 + spread))
            tags += [
                f'<FrstPric Ccy="BRL">{_number(last * (1.0 + spread / 2))}</FrstPric>',
                f'<MinPric Ccy="BRL">{low}</MinPric>',
                f'<MaxPric Ccy="BRL">{high}</MaxPric>',
                f'<TradAvrgPric Ccy="BRL">{_number(last)}</TradAvrgPric>',
                f'<LastPric Ccy="BRL">{_number(last)}</LastPric>',
                f"<RglrTxsQty>{interest // 90}</RglrTxsQty>",
            ]
        tags.append(f'<AdjstdQt Ccy="BRL">{_number(session.prices[place])}</AdjstdQt>')
        if session.rates is not None:
            tags.append(f'<AdjstdQtTax Ccy="BRL">{_number(session.rates[place])}</AdjstdQtTax>')
        tags.append("<AdjstdQtStin>F</AdjstdQtStin>")
        rows.append((ticker, "".join(f"              {tag}\n" for tag in tags)))
    return rows


def _number(value: float | np.float64) -> str:
    """Up to three decimals, without trailing zeros."""
    text = f"{float(value):.3f}".rstrip("0").rstrip(".")
    return text or "0"
