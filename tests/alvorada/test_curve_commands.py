"""`alvorada bond` against ANBIMA's published prices, and `alvorada curves` on rows of gold from the store."""

from __future__ import annotations

import datetime as dt
import re
import statistics
import uuid

import polars as pl
import pytest
from typer.testing import CliRunner

from alvorada.cli.curve_tables import lines, read_levels, tables_of
from alvorada.cli.main import app
from desk import calendars
from desk.catalog.fallbacks import VERTICES
from desk.errors import BadInput
from desk.gold import FEATURE
from desk.model import decision_time, desk_day
from tasks.store import Store

DAY = dt.date(2026, 1, 12)


def bond(arguments: str) -> str:
    done = CliRunner().invoke(app, ["bond", *arguments.split()], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ("LTN 2030-01-01 --settle 2024-07-05 --rate 12.145", "PU                 535.279902 BRL"),
        ("NTN-F 2035-01-01 --settle 2024-07-05 --rate 11.921", "PU                 895.359254 BRL"),
        ("NTN-F 2014-01-01 --settle 2008-05-21 --rate 13.66", "PU                 903.075616 BRL"),
        ("NTN-B 2035-05-15 --settle 2024-05-31 --rate 6.149", "quotation          99.3651% of the VNA"),
        ("LFT 2030-09-01 --settle 2024-07-24 --rate 0.1717", "quotation          98.9645% of the VNA"),
    ],
)
def test_published_prices_come_out_and_their_yields_come_back(arguments: str, shown: str) -> None:
    text = bond(arguments)
    assert shown in text
    price = re.search(r"(?:PU|quotation) +([\d.]+)", text)
    assert price is not None
    rate = arguments.rsplit(" ", 1)[1]
    back = re.search(r"yield +([\d.]+)%", bond(f"{arguments.split(' --rate')[0]} --price {price[1]}"))
    assert back is not None
    assert float(back[1]) == pytest.approx(float(rate), abs=2e-4)


def test_an_indexed_bond_has_a_price_in_brl_where_its_nominal_value_is_given() -> None:
    text = bond("NTN-B 2035-05-15 --settle 2024-05-31 --rate 6.149 --vna 4299.160173")
    assert "PU                 4271.864805 BRL" in text
    on_the_15th = bond("NTN-B 2035-05-15 --settle 2024-05-15 --rate 6.149 --vna-base 4299.160173 --ipca 0.46")
    assert "VNA                4299.160173 BRL" in on_the_15th
    assert "in BRL with --vna" in bond("LFT 2030-09-01 --settle 2024-07-24 --rate 0.1717")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("LTN 2030-01-01", "give either --rate or --price"),
        ("LTN 2030-01-01 --rate 12 --price 500", "give either --rate or --price"),
        ("LTN-F 2030-01-01 --rate 12", "unknown bond 'LTN-F': LTN, NTN-F, NTN-B, LFT"),
        ("LTN 2130-01-01 --rate 12", "2130-01-01 is outside the calendar, 1980 to 2090"),
        ("LTN 2020-01-01 --rate 12 --settle 2024-07-05", "maturity 2020-01-01 is not after settlement 2024-07-05"),
        ("LTN 2030-01-01 --rate -100 --settle 2024-07-05", "a rate of -1.0 is not a rate"),
        ("LTN 2030-01-01 --price 0 --settle 2024-07-05", "a price of 0.0 is not a price"),
        ("LTN 2030-01-01 --rate 12 --vna 4000", "LTN has no VNA"),
        ("LFT 2030-09-01 --rate 0.1 --vna-base 9 --ipca 1", "give --vna, or for an NTN-B --vna-base with --ipca"),
        ("NTN-B 2035-05-15 --rate 6 --vna-base 4000", "give --vna, or for an NTN-B --vna-base with --ipca"),
        ("LTN next-year --rate 12", "MATURITY 'next-year' is not a date"),
    ],
)
def test_a_wrong_question_is_one_clear_error(arguments: str, message: str) -> None:
    with pytest.raises(BadInput, match=re.escape(message)):
        bond(arguments)


def levels(days: int, absent: str = "") -> pl.DataFrame:
    """Rows of gold `feature` of the last `days` decisions: DI at 13% and 13.1% in turn, cupom 5%, Treasuries 4%."""
    rows = []
    for place, day in enumerate(calendars.b3().days(DAY - dt.timedelta(days=120), DAY)[-days:]):
        session = calendars.b3().offset(day, -1)
        curves = {"pre": 0.13 + 0.001 * (place % 2), "cupom": 0.05, "ust": 0.04}
        values = {f"{name}_{bd}": rate for name, rate in curves.items() if name != absent for bd in VERTICES}
        rows += [
            {"as_of": decision_time(day), "feature_id": name, "value": value, "obs_date": session}
            for name, value in (values | {"cdi": 0.149}).items()
        ]
    return pl.DataFrame(rows)


def test_the_tables_name_session_unit_and_what_a_row_is_about() -> None:
    text = [line for table in tables_of(levels(64), decision_time(DAY)) for line in lines(table)]
    assert "DI, session 2026-01-09; one contract received for 21 business days against CDI 14.90%" in text
    assert "Cupom cambial, session 2026-01-09; 100,000 USD held long" in text
    assert "US Treasury, session 2026-01-09; 100,000 USD of the par bond" in text
    di = [line.split() for line in text if re.match(r"\s+(21|252) ", line)]
    assert [row[:3] for row in di[:2]] == [["21", "13.100", "-"], ["252", "13.100", "13.100"]]
    assert di[0][-3:] == ["-", "-", "-"]
    assert re.fullmatch(r"-\d+\.\d\d", di[1][-1])  # received under CDI, it loses


def test_a_curve_that_is_not_known_says_so_and_the_others_stand() -> None:
    found = tables_of(levels(3, absent="cupom"), decision_time(DAY))
    assert [table.rows.is_empty() for table in found] == [False, True, False]
    assert list(lines(found[1])) == ["", "Cupom cambial: no vertex is known"]


@pytest.mark.db
async def test_the_decision_asked_for_comes_with_the_days_its_volatilities_look_back_on(store: Store) -> None:
    rows = levels(70)
    nothing = {name: pl.lit(None, dtype=kind) for name, kind in FEATURE.schema.items() if name not in rows.columns}
    days = rows["as_of"].unique().sort()
    await store.write_gold({"feature": rows.with_columns(**nothing)}, uuid.uuid4(), (days[0], days[-1]))
    as_of, found = await read_levels(store.connections.url, None)
    assert (as_of, found["as_of"].n_unique()) == (decision_time(DAY), 64)
    di = tables_of(found, as_of)[0].rows
    moves = [0.001 * (-1) ** place for place in range(63)]
    total = di["carry_brl"][4] + di["roll_down_brl"][4]
    daily = statistics.stdev(moves) * 1e4 * di["dv01_brl"][4]
    assert di["in_daily_volatility"][4] == pytest.approx(total / daily, rel=1e-6)
    earlier, _ = await read_levels(store.connections.url, desk_day(days[3]))
    assert earlier == days[3]
    with pytest.raises(BadInput, match=f"no decision of 2026-01-13 is stored: there are {desk_day(days[0])} to {DAY}"):
        await read_levels(store.connections.url, dt.date(2026, 1, 13))
