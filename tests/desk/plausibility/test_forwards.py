"""The clean cupom of the swap file against the forwards between DDI settlements: what agrees, and what breaks."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import math
from collections.abc import Mapping, Sequence

import polars as pl
import pytest

from desk import calendars
from desk.catalog.siblings import ForwardPair, load_forward_pairs
from desk.model import CURVE_POINT, SETTLEMENT, SilverTable
from desk.plausibility.compare import compare_forwards
from tests.flows.real_folders import real_folder

(PAIR,) = load_forward_pairs()
DAY = dt.date(2026, 11, 18)
KNOWN = dt.datetime(2026, 11, 18, 23, tzinfo=dt.UTC)
DIRTY = 0.004
"""The dollar's move since the fixing of the day before: it is in every DDI alike."""
CONTRACTS = {"DDIF27": dt.date(2027, 1, 4), "DDIN27": dt.date(2027, 7, 1), "DDIF29": dt.date(2029, 1, 2),
             "DDIF31": dt.date(2031, 1, 2), "DDIZ26": dt.date(2026, 12, 1)}  # fmt: skip
Silver = dict[str, pl.DataFrame]


def rate(day: dt.date, end: dt.date) -> float:
    return 0.045 + 0.002 * (end - day).days / 360


def frame(
    rows: Sequence[Mapping[str, object]], table: SilverTable, day: dt.date = DAY, known: dt.datetime = KNOWN
) -> pl.DataFrame:
    empty = pl.DataFrame(schema=table.stored_schema)
    given = pl.DataFrame(rows).with_columns(
        obs_date=pl.lit(day), knowledge_time=pl.lit(known).cast(pl.Datetime("us", "UTC"))
    )
    return pl.concat([empty, given], how="diagonal_relaxed").cast(empty.schema)


def made(moved: dict[str, float] | None = None, as_rate: bool = False) -> Silver:
    """The swap file's points every 21 business days and on the first wild ones; DDI in points, or by its rate."""
    tenors = [1, 3, *range(21, 1300, 21)]
    ends = {tenor: calendars.anbima().offset(DAY, tenor) for tenor in tenors}
    points = [
        {"curve_id": "CUPOM", "tenor_bd": tenor, "rate": 0.9 if tenor < 21 else rate(DAY, end)}
        for tenor, end in ends.items()
    ]
    settled = []
    for name, end in CONTRACTS.items():
        days = (end - DAY).days
        growth = math.log1p((rate(DAY, end) + (moved or {}).get(name, 0.0)) * days / 360) + DIRTY
        price = None if as_rate else 100_000 * math.exp(-growth)
        settled.append({"contract_id": name, "price": price, "rate": math.expm1(growth) * 360 / days})
    return {"curve_point": frame(points, CURVE_POINT), "settlement": frame(settled, SETTLEMENT)}


def compared(silver: Silver, day: dt.date = DAY + dt.timedelta(days=1)) -> dict[str, object]:
    (row,) = compare_forwards(silver, [PAIR], day).iter_rows(named=True)
    return row


@pytest.mark.parametrize("as_rate", [False, True])
def test_a_dirty_settlement_and_a_clean_curve_agree_in_their_forwards(as_rate: bool) -> None:
    found = compared(made(as_rate=as_rate))
    assert found["state"] == "agree"
    assert abs(float(str(found["difference"]))) < 2e-6
    assert found["left_date"] == found["right_date"] == DAY
    assert str(found["left_source"]).startswith("CUPOM|30-"), "the DDI of December, nine sessions off, is no near leg"
    assert str(found["right_source"]).startswith("DDI|30-")


@pytest.mark.parametrize(("move", "state"), [(0.0002, "agree"), (0.0009, "apart"), (0.004, "broken")])
def test_a_settlement_beside_the_curve_parts_them(move: float, state: str) -> None:
    found = compared(made({"DDIF29": move}))
    assert found["state"] == state
    if state != "agree":
        assert float(str(found["difference"])) == pytest.approx(-move, rel=0.2)
        assert str(found["left_source"]).endswith(f"-{calendars.anbima().count(DAY, CONTRACTS['DDIF29'])}")


def test_without_one_of_the_two_or_a_common_day_there_is_nothing_to_compare() -> None:
    silver = made()
    for name in silver:
        assert compared({**silver, name: silver[name].clear()})["state"] == "absent"
    later = silver["settlement"].with_columns(obs_date=pl.lit(DAY + dt.timedelta(days=1)))
    assert compared({**silver, "settlement": later})["state"] == "absent"
    assert compared(silver, DAY + dt.timedelta(days=30))["state"] == "absent"
    alone = silver["settlement"].filter(pl.col("contract_id").is_in(["DDIZ26", "DDIF27"]))
    assert compared({**silver, "settlement": alone})["state"] == "absent", "one contract has no forward"


def test_the_pair_is_declared_as_it_was_measured() -> None:
    expected = ForwardPair("cupom_ddi", "CUPOM", "DDI", 1, 21, 0.0003, 0.0015, PAIR.reason, PAIR.source)
    assert expected == PAIR
    assert PAIR.source.startswith("measured: 65 forwards")


@pytest.mark.real
@pytest.mark.parametrize("day", [dt.date(2021, 1, 4), dt.date(2022, 1, 3)])
def test_the_real_files_agree(day: dt.date) -> None:
    folder = real_folder("ALVORADA_REAL_HISTORY", "real-history") / "tidy_by_us"
    with (folder / "b3_reference_yc_usd_samples.csv").open(encoding="utf-8") as file:
        points = [
            {"curve_id": "CUPOM", "tenor_bd": int(row["biz_days"]), "rate": float(row["r_360"])}
            for row in csv.DictReader(file)
            if row["curve_name"] == "DOC" and row["refdate"] == str(day)
        ]
    with gzip.open(folder / "b3_futures_settlement_weekly_2021_2022.csv.gz", "rt", encoding="utf-8") as packed:
        settled = [
            {"contract_id": row["symbol"], "price": float(row["price"]), "rate": None}
            for row in csv.DictReader(packed)
            if row["commodity"] == "DDI" and row["refdate"] == str(day)
        ]
    silver = {"curve_point": frame(points, CURVE_POINT, day), "settlement": frame(settled, SETTLEMENT, day)}
    found = compared(silver, day + dt.timedelta(days=1))
    assert found["state"] == "agree", found
    assert abs(float(str(found["difference"]))) < 0.00012
