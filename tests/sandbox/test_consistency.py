"""One economy behind all sources: two sources agree on the same number."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import zipfile
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from desk import calendars
from sandbox.world import SimulatedWorld
from tests.sandbox.source_requests import NOW, ask, ask_json, sgs

PTAX = "/bcb_ptax/api/CotacaoDolarPeriodo(dataInicial=@dataInicial,dataFinalCotacao=@dataFinalCotacao)"
SPAN = "?@dataInicial='01-01-2018'&@dataFinalCotacao='11-20-2026'&$top=10000&$format=json"
DAY = dt.date(2026, 11, 18)


@pytest.fixture(scope="module")
def swap_rates(world: SimulatedWorld) -> dict[str, dict[int, float]]:
    """Curve -> business days -> fraction, from the file of DAY."""
    outer = zipfile.ZipFile(
        io.BytesIO(ask(world, "/b3_market_data/site/pesquisapregao/download?filelist=TS261118.ex_").body)
    )
    inner = zipfile.ZipFile(io.BytesIO(outer.read("TS261118.ex_")))
    curves: dict[str, dict[int, float]] = {}
    for line in inner.read("TaxaSwap.txt").decode().split("\r\n")[:-1]:
        curves.setdefault(line[21:26].strip(), {})[int(line[46:51])] = int(line[51:66]) / 1e9
    return curves


def _settlements(world: SimulatedWorld) -> dict[str, tuple[float, float | None]]:
    """Ticker -> settlement and rate in percent, from the last version of the report of DAY."""
    outer = zipfile.ZipFile(
        io.BytesIO(ask(world, "/b3_market_data/site/pesquisapregao/download?filelist=SPRD261118.zip").body)
    )
    inner = zipfile.ZipFile(io.BytesIO(outer.read("SPRD261118.zip")))
    text = inner.read(sorted(inner.namelist())[-1]).decode()
    found: dict[str, tuple[float, float | None]] = {}
    for report in re.findall(r"<PricRpt>.*?</PricRpt>", text, re.DOTALL):
        ticker = re.search(r"<TckrSymb>(\w+)<", report)
        price = re.search(r"<AdjstdQt [^>]*>([^<]+)<", report)
        rate = re.search(r"<AdjstdQtTax [^>]*>([^<]+)<", report)
        if ticker and price:
            found[ticker[1]] = (float(price[1]), float(rate[1]) if rate else None)
    return found


def test_ptax_is_sgs_1_and_buy_is_10813(world: SimulatedWorld) -> None:
    rows = ask_json(world, PTAX + SPAN)["value"]
    sells, buys = sgs(world, 1), sgs(world, 10813)
    assert len(rows) == len(sells) > 2000
    for row in rows:
        day = row["dataHoraCotacao"][:10]
        assert f"{row['cotacaoVenda']:.4f}" == sells[day]
        assert f"{row['cotacaoCompra']:.4f}" == buys[day]


def test_yahoo_closes_near_the_ptax_of_the_day(world: SimulatedWorld) -> None:
    chart = ask_json(
        world, "/yahoo_finance/chart/v8/finance/chart/BRL=X?period1=1600000000&period2=1795200000&interval=1d"
    )
    result = chart["chart"]["result"][0]
    zone = ZoneInfo("Europe/London")
    closes = {
        dt.datetime.fromtimestamp(stamp, zone).date().isoformat(): close
        for stamp, close in zip(result["timestamp"], result["indicators"]["quote"][0]["close"], strict=True)
        if close is not None
    }
    gaps = [abs(closes[day] / float(value) - 1.0) for day, value in sgs(world, 1).items() if day in closes]
    assert len(gaps) > 1400
    assert np.median(gaps) < 0.006
    assert max(gaps) < 0.06


def test_cdi_and_selic_say_the_same_in_every_unit(world: SimulatedWorld) -> None:
    daily, annual, target, over = (sgs(world, code) for code in (12, 4389, 432, 1178))
    for day in sorted(annual)[-500:]:
        if day not in daily:
            continue
        assert 100.0 * ((1.0 + float(daily[day]) / 100.0) ** 252 - 1.0) == pytest.approx(float(annual[day]), abs=0.006)
        assert float(target[day]) - float(annual[day]) == pytest.approx(0.10, abs=0.011)
        assert float(over[day]) == pytest.approx(float(annual[day]), abs=0.021)


def test_the_swap_curve_starts_at_the_cdi(world: SimulatedWorld, swap_rates: dict[str, dict[int, float]]) -> None:
    cdi = float(sgs(world, 4389)[DAY.isoformat()]) / 100.0
    shortest = min(swap_rates["PRE"])
    assert swap_rates["PRE"][shortest] == pytest.approx(cdi, abs=2e-4)


def test_futures_settle_on_the_swap_curve(world: SimulatedWorld, swap_rates: dict[str, dict[int, float]]) -> None:
    settled = _settlements(world)
    for root, curve in (("DI1", "PRE"), ("DAP", "DPL")):
        terms, rates = zip(*sorted(swap_rates[curve].items()), strict=True)
        for ticker, (price, rate) in settled.items():
            if not ticker.startswith(root) or int(ticker[4:]) > 36:
                continue
            assert rate is not None
            start = dt.date(2000 + int(ticker[4:]), "FGHJKMNQUVXZ".index(ticker[3]) + 1, 1 if root == "DI1" else 15)
            maturity = calendars.anbima().on_or_after(start)
            bd = calendars.anbima().count(DAY, maturity)
            assert price == pytest.approx(100_000.0 / (1.0 + rate / 100.0) ** (bd / 252.0), abs=0.006)
            if bd >= terms[0]:
                assert rate / 100.0 == pytest.approx(np.interp(bd, terms, rates), abs=4e-4), ticker


def test_the_dollar_future_is_spot_carried_by_pre_and_cupom(
    world: SimulatedWorld, swap_rates: dict[str, dict[int, float]]
) -> None:
    settled, maturity = _settlements(world), calendars.anbima().on_or_after(dt.date(2027, 7, 1))
    bd, days = calendars.anbima().count(DAY, maturity), (maturity - DAY).days
    pre, cupom = (
        float(np.interp(bd, sorted(swap_rates[name]), [swap_rates[name][t] for t in sorted(swap_rates[name])]))
        for name in ("PRE", "DOC")
    )
    spot = world.economy(NOW).assets["brl"][world.economy(NOW).timeline.index(DAY)]
    expected = 1000.0 * spot * (1.0 + pre) ** (bd / 252.0) / (1.0 + cupom * days / 360.0)
    assert settled["DOLN27"][0] == pytest.approx(expected, rel=3e-4)
    # the DDI of that month is the dirty cupom: it takes yesterday's PTAX to the same forward
    _, dirty = settled["DDIN27"]
    assert dirty is not None
    ptax = float(sgs(world, 1)["2026-11-17"])
    forward = ptax * (1.0 + pre) ** (bd / 252.0) / (1.0 + dirty / 100.0 * days / 360.0)
    assert 1000.0 * forward == pytest.approx(settled["DOLN27"][0], rel=5e-4)


def test_ipca_is_one_number_at_bcb_and_ibge(world: SimulatedWorld) -> None:
    monthly = sgs(world, 433)
    index = {
        row["D3C"]: float(row["V"])
        for row in ask_json(world, "/ibge_sidra/values/values/t/1737/n1/all/v/2266/p/201712-202611?formato=json")[1:]
    }
    headline = {
        row["D3C"]: row["V"]
        for row in ask_json(world, "/ibge_sidra/values/values/t/7060/n1/all/v/63/p/all/c315/7169?formato=json")[1:]
    }
    months = sorted(index)
    for before, month in pairwise(months):
        text = monthly[f"{month[:4]}-{month[4:]}-01"]
        assert round(100.0 * (index[month] / index[before] - 1.0), 2) == pytest.approx(float(text), abs=1e-9)
        if month in headline:
            assert headline[month] == text
    assert len(headline) > 75


def test_groups_times_weights_are_the_headline(world: SimulatedWorld) -> None:
    groups = "7170,7445,7486,7558,7625,7660,7712,7766,7786"
    rows = ask_json(world, f"/ibge_sidra/values/values/t/7060/n1/all/v/63,66/p/all/c315/7169,{groups}?formato=json")[1:]
    cells = {(row["D3C"], row["D2C"], row["D4C"]): float(row["V"]) for row in rows}
    for month in {row["D3C"] for row in rows}:
        weights = [cells[month, "66", code] for code in groups.split(",")]
        changes = [cells[month, "63", code] for code in groups.split(",")]
        assert sum(weights) == pytest.approx(100.0, abs=0.001)
        assert np.dot(weights, changes) / 100.0 == pytest.approx(cells[month, "63", "7169"], abs=0.011)


def test_twelve_months_are_the_months_compounded(world: SimulatedWorld) -> None:
    monthly, yearly = sgs(world, 433), sgs(world, 13522)
    months = sorted(monthly)
    for place in range(11, len(months)):
        compounded = np.prod([1.0 + float(monthly[m]) / 100.0 for m in months[place - 11 : place + 1]]) - 1.0
        assert float(yearly[months[place]]) == pytest.approx(100.0 * compounded, abs=0.0051)


def test_fred_prints_the_treasurys_curve(world: SimulatedWorld) -> None:
    url = "/treasury_gov/site/resource-center/data-chart-center/interest-rates/daily-treasury-rates.csv/2026/all"
    rows = list(csv.DictReader(io.StringIO(ask(world, f"{url}?type=daily_treasury_yield_curve").body.decode())))
    treasury = {f"{r['Date'][6:]}-{r['Date'][:2]}-{r['Date'][3:5]}": r["10 Yr"] for r in rows}
    fred = dict(
        csv.reader(io.StringIO(ask(world, "/fred/graph/graph/fredgraph.csv?id=DGS10&cosd=2026-01-01").body.decode()))
    )
    del fred["observation_date"]
    both = [day for day in fred if fred[day]]
    assert len(both) > 200
    assert all(treasury[day] == fred[day] for day in both)


def test_breakevens_are_nominal_less_real(world: SimulatedWorld) -> None:
    def column(code: str) -> dict[str, str]:
        body = ask(world, f"/fred/graph/graph/fredgraph.csv?id={code}&cosd=2024-01-01").body.decode()
        return {day: value for day, value in list(csv.reader(io.StringIO(body)))[1:] if value}

    nominal, real, breakeven = column("DGS10"), column("DFII10"), column("T10YIE")
    days = nominal.keys() & real.keys() & breakeven.keys()
    assert len(days) > 600
    for day in days:
        assert float(breakeven[day]) == pytest.approx(float(nominal[day]) - float(real[day]), abs=1e-6)


def test_fx_flow_adds_up(world: SimulatedWorld) -> None:
    def flow(code: int) -> dict[str, str]:
        url = f"/bcb_fx_flow/api/dados/serie/bcdata.sgs.{code}/dados?formato=json&dataInicial=01/01/2020"
        return {row["data"]: row["valor"] for row in ask_json(world, url)}

    total, commercial, financial, exports, imports = (flow(code) for code in (13961, 13967, 13970, 13962, 13966))
    for day in total:
        assert int(total[day]) == int(commercial[day]) + int(financial[day])
        assert int(commercial[day]) == int(exports[day]) - int(imports[day])


def test_the_shop_sells_bonds_at_the_swap_curve(world: SimulatedWorld, swap_rates: dict[str, dict[int, float]]) -> None:
    url = (
        "/stn_fiscal/ckan/dataset/df56aa42-484a-4a59-8184-7676580c81e3/resource/796d2059-14e9-44e3-80c9-2d9e30b405c1"
        "/download/precotaxatesourodireto.csv"
    )
    lines = ask(world, url).body.decode().splitlines()
    ltn = [row.split(";") for row in lines if row.startswith("Tesouro Prefixado;") and ";18/11/2026;" in row]
    assert len(ltn) >= 3
    for _, maturity, _, _, rate, _, _, price in ltn:
        due = calendars.anbima().on_or_after(dt.datetime.strptime(maturity, "%d/%m/%Y").replace(tzinfo=dt.UTC).date())
        bd = calendars.anbima().count(DAY, due)
        terms = sorted(swap_rates["PRE"])
        curve = np.interp(bd, terms, [swap_rates["PRE"][t] for t in terms])
        number = float(rate.replace(",", ".")) / 100.0
        assert number == pytest.approx(curve, abs=3e-4)
        assert float(price.replace(",", ".")) == pytest.approx(1000.0 / (1.0 + number) ** (bd / 252.0), abs=0.02)


def test_focus_expects_what_copom_has_just_decided(world: SimulatedWorld) -> None:
    url = (
        "/bcb_focus/api/ExpectativasMercadoSelic?$filter=Indicador eq 'Selic' and Data ge '2026-11-09'"
        " and Data le '2026-11-13'&$format=json"
    )
    rows = json.loads(ask(world, url).body)["value"]
    nearest = [row for row in rows if row["Reuniao"] == "R8/2026" and row["baseCalculo"] == 0]
    target = float(sgs(world, 432)["2026-11-13"])
    assert nearest
    assert all(abs(row["Mediana"] - target) <= 1.0 for row in nearest)
