"""No number is served before its publication time; some are late, some are revised, and always the same ones."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from desk.catalog import load_catalog
from desk.model import Series
from sandbox.economy import simulate
from sandbox.silver import behind
from sandbox.world import SimulatedWorld, instant
from tests.sandbox.source_requests import NOW, ask, ask_json, sgs

CATALOG = load_catalog()
PRINTED = [s for s in CATALOG.series.values() if s.source not in ("yahoo_finance", "cftc_cot")]


@pytest.mark.parametrize("series", PRINTED, ids=lambda one: one.id)
def test_no_number_is_public_before_its_rule_says(world: SimulatedWorld, series: Series) -> None:
    published = world.published(behind(series), NOW)
    rule = world.known_times(series.rule, published.released.days)
    assert (published.known >= rule).all()
    assert len(published.visible(NOW)) > 60
    newest = published.released.days[published.visible(NOW)].max()
    assert (np.datetime64(NOW.date()) - newest).astype(int) <= series.max_age_days


def test_some_daily_numbers_are_late_and_most_are_not(world: SimulatedWorld) -> None:
    series = CATALOG.series["cdi_annual"]
    published = world.published(behind(series), NOW)
    late = published.known > world.known_times(series.rule, published.released.days)
    assert 0.001 < late.mean() < 0.01
    days = published.released.days[late & (published.known < instant(NOW))]
    day = days[-1]
    on_time = dt.datetime.fromtimestamp(world.known_times(series.rule, days[-1:])[0] / 1e6, dt.UTC)
    assert str(day) not in sgs(world, 4389, now=on_time + dt.timedelta(hours=1))
    assert str(day) in sgs(world, 4389, now=on_time + dt.timedelta(hours=27))


def test_series_of_one_press_release_are_late_together(world: SimulatedWorld) -> None:
    index, change = (world.published(behind(CATALOG.series[name]), NOW) for name in ("ipca_index", "ipca_mom"))
    np.testing.assert_array_equal(index.known, change.known)
    assert (index.known > world.known_times("ibge_ipca", index.released.days)).any()


def test_the_trade_balance_is_revised_after_a_month(world: SimulatedWorld) -> None:
    published = world.published(behind(CATALOG.series["trade_balance"]), NOW)
    assert published.revised is not None
    place = int(np.searchsorted(published.released.days, np.datetime64("2026-03-01")))
    release = dt.datetime.fromtimestamp(published.known[place] / 1e6, dt.UTC)
    early = sgs(world, 22707, now=release + dt.timedelta(hours=1))["2026-03-01"]
    later = sgs(world, 22707, now=release + dt.timedelta(days=31))["2026-03-01"]
    assert early != later
    assert float(early) == pytest.approx(float(later), rel=0.5)
    assert "2026-03-01" not in sgs(world, 22707, now=release - dt.timedelta(hours=1))


def test_fx_flow_comes_in_a_batch_on_wednesday(world: SimulatedWorld) -> None:
    def last_day(now: dt.datetime) -> str:
        url = "/bcb_fx_flow/api/dados/serie/bcdata.sgs.13961/dados?formato=json&dataInicial=01/10/2026"
        return str(ask_json(world, url, now)[-1]["data"])

    before = dt.datetime(2026, 11, 18, 17, 0, tzinfo=dt.UTC)
    assert last_day(before) == "06/11/2026"
    assert last_day(before + dt.timedelta(hours=1)) == "13/11/2026"


def test_the_past_as_served_does_not_depend_on_the_year_it_is_asked_in(world: SimulatedWorld) -> None:
    then = dt.datetime(2019, 6, 28, 12, 0, tzinfo=dt.UTC)
    for code in (1, 12, 433, 13522, 4513, 24369):
        early = sgs(world, code, "01/01/2015", "28/06/2019", now=then)
        late = sgs(world, code, "01/01/2015", "28/06/2019")
        assert early
        assert all(late[day] == value for day, value in early.items())


def test_a_moving_clock_only_adds_rows(world: SimulatedWorld) -> None:
    url = "/b3_market_data/site/pesquisapregao/download?filelist=TS261118.ex_"
    assert len(ask(world, url, dt.datetime(2026, 11, 18, 22, 59, tzinfo=dt.UTC)).body) < 100
    evening = ask(world, url, dt.datetime(2026, 11, 18, 23, 0, tzinfo=dt.UTC)).body
    assert evening == ask(world, url, NOW).body


def test_focus_of_friday_is_out_on_monday(world: SimulatedWorld) -> None:
    def days(now: dt.datetime) -> set[str]:
        url = "/bcb_focus/api/ExpectativasMercadoInflacao12Meses?$filter=Data ge '2026-11-02'&$format=json"
        return {row["Data"] for row in ask_json(world, url, now)["value"]}

    assert max(days(dt.datetime(2026, 11, 16, 11, 20, tzinfo=dt.UTC))) == "2026-11-06"
    assert max(days(dt.datetime(2026, 11, 16, 11, 30, tzinfo=dt.UTC))) == "2026-11-13"


def test_fred_keeps_the_first_print_in_its_vintages(world: SimulatedWorld) -> None:
    base = "/fred/api/fred/series/observations?series_id=PAYEMS&api_key=x&file_type=json"
    rows = ask_json(world, f"{base}&realtime_start=2011-01-01&realtime_end=9999-12-31")["observations"]
    march = [row for row in rows if row["date"] == "2026-03-01"]
    assert len(march) == 2
    assert march[0]["value"] != march[1]["value"]
    assert march[1]["realtime_end"] == "9999-12-31"
    turn = dt.date.fromisoformat(march[1]["realtime_start"])
    assert dt.date.fromisoformat(march[0]["realtime_end"]) == turn - dt.timedelta(days=1)
    then = dt.datetime.combine(turn - dt.timedelta(days=2), dt.time(12), dt.UTC)
    shown = ask_json(world, f"{base}&observation_start=2026-03-01", then)["observations"]
    assert shown[0]["value"] == march[0]["value"]
    today = ask_json(world, f"{base}&observation_start=2026-03-01&observation_end=2026-03-01")["observations"]
    assert [row["value"] for row in today] == [march[1]["value"]]
    assert today[0]["realtime_start"] == today[0]["realtime_end"] == "2026-11-20"


def test_the_month_that_is_not_over_has_no_selic_of_the_month(world: SimulatedWorld) -> None:
    assert max(sgs(world, 4390)) == "2026-10-01"


def test_a_world_is_its_seed() -> None:
    one, other = SimulatedWorld(7, CATALOG), SimulatedWorld(8, CATALOG)
    assert sgs(one, 1) == sgs(SimulatedWorld(7, CATALOG), 1)
    assert sgs(one, 1) != sgs(other, 1)
    assert simulate(7, 2026).draws.seed == 7
    assert instant(NOW) == 1795165200000000


def test_focus_by_month_does_not_know_the_year_that_it_is_asked_in(world: SimulatedWorld) -> None:
    def medians(now: dt.datetime) -> dict[tuple[str, str], float]:
        url = (
            "/bcb_focus/api/ExpectativaMercadoMensais?$filter=Indicador eq 'IPCA' and Data ge '2019-12-02'"
            " and Data le '2019-12-20' and baseCalculo eq 0&$format=json"
        )
        return {(row["Data"], row["DataReferencia"]): row["Mediana"] for row in ask_json(world, url, now)["value"]}

    then = medians(dt.datetime(2019, 12, 27, 12, 0, tzinfo=dt.UTC))
    assert then == medians(NOW)
    targets = {target for day, target in then if day == "2019-12-20"}
    assert {"12/2019", "01/2020", "05/2021"} <= targets
    assert "11/2019" not in targets, "it was out on the 10th"


def test_the_median_before_a_release_is_near_it_and_nearer_than_months_before(world: SimulatedWorld) -> None:
    url = "/bcb_focus/api/ExpectativaMercadoMensais?$filter=Indicador eq 'IPCA' and baseCalculo eq 0&$format=json"
    printed = sgs(world, 433, "01/01/2015", "20/11/2026")
    by_target: dict[str, list[tuple[str, float]]] = {}
    for row in ask_json(world, url)["value"]:
        by_target.setdefault(row["DataReferencia"], []).append((row["Data"], row["Mediana"]))
    late, early = [], []
    for day, text in printed.items():
        surveys = sorted(by_target[f"{day[5:7]}/{day[:4]}"])
        late.append(float(text) - surveys[-1][1])
        early.append(float(text) - surveys[0][1])
    assert 0.03 < np.std(late) < 0.15
    assert np.std(early) > 2.0 * np.std(late)
    assert abs(np.mean(late)) < 0.05
