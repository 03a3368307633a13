"""How each dataset stands at a decision, and the receipt of every input."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.gold import DATASET_STATUS, INPUT_RECEIPT
from desk.model import SILVER, UTC, decision_time
from desk.transforms.input_receipts import dataset_status, input_receipts, rows_of
from desk.transforms.panel import build_panel

CATALOG = load_catalog()
TODAY = dt.date(2026, 11, 19)
AS_OF = decision_time(TODAY)
ANBIMA = calendars.anbima()
B3 = calendars.b3()
KNOWN = dt.datetime(2026, 11, 18, 23, 0, tzinfo=UTC)


def silver(table: str, *rows: Mapping[str, Any]) -> dict[str, pl.DataFrame]:
    """One table's rows; what a row leaves out is null, and its receipt is number 1."""
    schema = SILVER[table].stored_schema
    defaults = dict.fromkeys(schema) | {"knowledge_time": KNOWN, "stamp": "rule", "payload_id": 1}
    return {table: pl.DataFrame([{**defaults, **row} for row in rows], schema=schema)}


def ptax(day: dt.date, value: float = 5.5, **more: Any) -> dict[str, Any]:
    return {"series_id": "usdbrl_ptax_sell", "obs_date": day, "value": value, **more}


def status(frames: Mapping[str, pl.DataFrame], dataset: str, errors: Mapping[str, str] | None = None) -> dict[str, Any]:
    return dataset_status(frames, CATALOG, AS_OF, errors or {}).row(
        by_predicate=pl.col("dataset") == dataset, named=True
    )


def receipt(frames: Mapping[str, pl.DataFrame], input_id: str, sha256: Mapping[int, str] | None = None) -> Any:
    return input_receipts(frames, CATALOG, AS_OF, sha256 or {}).row(
        by_predicate=pl.col("input_id") == input_id, named=True
    )


@pytest.mark.parametrize(
    ("age", "error", "state"),
    [
        (0, None, "ok"),
        (2, None, "ok"),  # PTAX's promise
        (3, None, "stale"),
        (6, None, "stale"),  # three times the promise
        (7, None, "absent"),
        (1, "HTTP 503", "failed"),
        (6, "HTTP 503", "failed"),
        (7, "HTTP 503", "absent"),  # too old to use, whyever
    ],
)
def test_a_dataset_by_its_age_and_its_fetch(age: int, error: str | None, state: str) -> None:
    day = ANBIMA.offset(TODAY, -age)
    row = status(silver("observation", ptax(day)), "bcb_ptax", {"bcb_ptax": error} if error else {})
    assert (row["state"], row["age_bd"], row["last_obs_date"], row["error"]) == (state, age, day, error)
    assert row["promise_bd"] == CATALOG.datasets["bcb_ptax"].freshness_bd
    assert row["source"] == "bcb_ptax"


def test_a_dataset_without_a_row_is_absent_and_says_why_when_that_is_known() -> None:
    for error in (None, "HTTP 503"):
        row = status({}, "bcb_ptax", {"bcb_ptax": error} if error else {})
        assert (row["state"], row["last_obs_date"], row["age_bd"], row["error"]) == ("absent", None, None, error)


def test_every_dataset_has_one_row_in_golds_schema() -> None:
    frame = dataset_status({}, CATALOG, AS_OF, {})
    assert dict(frame.schema) == DATASET_STATUS.schema
    assert frame["dataset"].to_list() == list(CATALOG.datasets)


def test_a_number_about_a_day_ahead_is_of_age_zero() -> None:
    row = status(silver("observation", ptax(TODAY + dt.timedelta(days=5))), "bcb_ptax")
    assert (row["state"], row["age_bd"]) == ("ok", 0)


def test_a_substitute_stands_in_and_is_named() -> None:
    """ANBIMA's bond prices for the swap curves of B3."""
    yesterday, last_week = B3.offset(TODAY, -1), B3.offset(TODAY, -5)
    bonds = silver("settlement", {"contract_id": "ANBIMA:LTN_2027-01-01", "obs_date": yesterday, "price": 950.0})
    alone = status(bonds, "b3_swap_curves")
    assert (alone["state"], alone["last_obs_date"]) == ("ok", yesterday)
    assert alone["error"] == "ANBIMA prices stand in"

    old_curve = silver("curve_point", {"curve_id": "PRE", "tenor_bd": 21, "obs_date": last_week, "rate": 0.15})
    both = status({**bonds, **old_curve}, "b3_swap_curves")
    assert (both["state"], both["error"]) == ("ok", "ANBIMA prices stand in")

    curve = silver("curve_point", {"curve_id": "PRE", "tenor_bd": 21, "obs_date": yesterday, "rate": 0.15})
    assert status({**bonds, **curve}, "b3_swap_curves")["error"] is None, "its own is as new: nothing stands in"

    failed = status(bonds, "b3_swap_curves", {"b3_swap_curves": "HTTP 503"})
    assert (failed["state"], failed["error"]) == ("failed", "HTTP 503")


def test_bonds_are_no_substitute_for_a_dataset_that_names_none() -> None:
    bonds = silver(
        "settlement", {"contract_id": "ANBIMA:LTN_2027-01-01", "obs_date": B3.offset(TODAY, -1), "price": 950.0}
    )
    assert status(bonds, "b3_settlements")["state"] == "absent"


def test_rows_belong_to_the_dataset_that_brought_them() -> None:
    day = B3.offset(TODAY, -1)
    settlements = silver(
        "settlement",
        *({"contract_id": name, "obs_date": day, "price": 1.0} for name in ("DI1F28", "TD:LTN_2027-01-01")),
        {"contract_id": "AUCTION:LTN_2027-07-01", "obs_date": day, "price": 1.0},
    )
    for dataset, contract in [
        ("b3_settlements", "DI1F28"),
        ("stn_tesouro_direto", "TD:LTN_2027-01-01"),
        ("stn_auctions", "AUCTION:LTN_2027-07-01"),
    ]:
        assert rows_of(CATALOG.datasets[dataset], settlements, CATALOG)["input_id"].to_list() == [contract]
    expectations = silver(
        "expectation",
        *(
            {"indicator": name, "reference": reference, "base": 0, "obs_date": day, "median": 0.04}
            for name, reference in [
                ("IPCA", "2026"),
                ("IPCA", "11/2026"),
                ("IPCA", "12m_smoothed"),
                ("Selic", "R1/2027"),
            ]
        ),
    )
    for dataset, part in [
        ("bcb_focus_annual", "_2026"),
        ("bcb_focus_monthly", "11/2026"),
        ("bcb_focus_12m", "12m"),
        ("bcb_focus_selic", "R1/2027"),
    ]:
        found = rows_of(CATALOG.datasets[dataset], expectations, CATALOG)["input_id"].to_list()
        assert len(found) == 1, dataset
        assert part in found[0]


def test_a_receipt_is_of_the_newest_vintage_of_the_newest_day() -> None:
    day, before = ANBIMA.offset(TODAY, -1), ANBIMA.offset(TODAY, -2)
    revised = KNOWN + dt.timedelta(hours=2)
    frames = silver(
        "observation",
        ptax(before, 5.1, knowledge_time=revised + dt.timedelta(hours=1), payload_id=9),
        ptax(day, 5.3, knowledge_time=revised, stamp="sight", payload_id=7),
        ptax(day, 5.2, payload_id=6),
    )
    row = receipt(frames, "usdbrl_ptax_sell", {7: "ab" * 32, 6: "cd" * 32})
    assert (row["value"], row["obs_date"], row["knowledge_time"]) == (5.3, day, revised)
    assert (row["stamp"], row["sha256"], row["state"], row["age_bd"]) == ("sight", "ab" * 32, "known", 1)
    assert row["unit"] == CATALOG.series["usdbrl_ptax_sell"].unit


@pytest.mark.parametrize("arrived", [range(11), range(10, -1, -1), (5, 0, 10, 1, 9, 2, 8, 3, 7, 4, 6)])
def test_a_curve_of_several_bodies_names_that_of_the_longest_tenor_in_whatever_order_they_came(
    arrived: Sequence[int],
) -> None:
    """FRED's Treasury curve is eleven series, each in a body of its own, and payloads are numbered as they come."""
    day = B3.offset(TODAY, -2)
    names = [f"dgs{tenor}" for tenor in ("1mo", "3mo", "6mo", "1", "2", "3", "5", "7", "10", "20", "30")]
    numbers = dict(zip(names, arrived, strict=True))
    frames = silver(
        "observation",
        *({"series_id": name, "obs_date": day, "value": 0.04, "payload_id": n} for name, n in numbers.items()),
    )
    row = receipt(frames, "FRED:DGS", {n: f"body of {name}" for name, n in numbers.items()})
    assert (row["dataset"], row["sha256"]) == ("fred_daily", "body of dgs30")
    panel = build_panel(frames, [TODAY], CATALOG)
    assert panel.provenance.names("ust_2520") == ["FRED:DGS"]
    assert panel.provenance.columns["ust_2520"].payload_ids.tolist() == [numbers["dgs30"]], "as the receipt"


@pytest.mark.parametrize("numbers", [(1, 2), (2, 1)])
def test_a_file_of_settlements_in_two_bodies_has_one_receipt_in_whatever_order_they_came(
    numbers: tuple[int, int],
) -> None:
    day, contracts = B3.offset(TODAY, -1), ("DI1F28", "DI1F30")
    frames = silver(
        "settlement",
        *(
            {"contract_id": name, "obs_date": day, "price": 90_000.0, "payload_id": n}
            for name, n in zip(contracts, numbers, strict=True)
        ),
    )
    hashes = {n: f"body of {name}" for name, n in zip(contracts, numbers, strict=True)}
    assert receipt(frames, "DI1..", hashes)["sha256"] == receipt(frames, "DI1", hashes)["sha256"] == "body of DI1F30"


def test_a_payload_whose_hash_is_not_at_hand_leaves_the_hash_open() -> None:
    frames = silver("observation", ptax(ANBIMA.offset(TODAY, -1)))
    assert receipt(frames, "usdbrl_ptax_sell")["sha256"] is None


def test_an_old_input_is_stale_and_one_without_a_row_absent() -> None:
    frames = silver("observation", ptax(ANBIMA.offset(TODAY, -4)))
    assert receipt(frames, "usdbrl_ptax_sell")["state"] == "stale"
    absent = receipt(frames, "usdbrl_ptax_buy")
    assert absent["state"] == "absent"
    assert [absent[name] for name in ("value", "obs_date", "knowledge_time", "sha256", "age_bd")] == [None] * 5


def test_receipts_cover_the_whole_catalogue_in_golds_schema() -> None:
    frame = input_receipts({}, CATALOG, AS_OF, {})
    assert list(frame.columns) == list(INPUT_RECEIPT.schema)
    assert set(frame["input_id"]) >= set(CATALOG.series)
    assert frame["input_id"].is_unique().all()
    assert set(frame["state"]) == {"absent"}


def test_a_file_of_settlements_has_one_receipt_and_each_curve_read_off_it_one() -> None:
    day = B3.offset(TODAY, -1)
    frames = silver(
        "settlement",
        *({"contract_id": name, "obs_date": day, "price": 90_000.0, "payload_id": 3} for name in ("DI1F28", "DOLZ26")),
    )
    rows = input_receipts(frames, CATALOG, AS_OF, {3: "ef" * 32}).filter(dataset="b3_settlements")
    assert rows["input_id"].to_list() == ["DI1..", "DI1", "DAP", "IND"]
    assert rows["value"].to_list() == [None] * 4, "there is no one price of a file"
    assert rows["sha256"].to_list() == ["ef" * 32, "ef" * 32, None, None]
    assert rows["state"].to_list() == ["known", "known", "absent", "absent"]


def test_the_promise_is_counted_on_the_datasets_own_calendar() -> None:
    """20 November 2026 is a holiday at B3 and none in the United States."""
    monday = dt.date(2026, 11, 23)
    spec = replace(CATALOG.datasets["treasury_nominal"], freshness_bd=1)
    catalog = replace(CATALOG, datasets={**CATALOG.datasets, spec.id: spec})
    thursday = dt.date(2026, 11, 19)
    frames = silver("curve_point", {"curve_id": "UST", "tenor_bd": 252, "obs_date": thursday, "rate": 0.04})
    row = dataset_status(frames, catalog, decision_time(monday), {}).row(
        by_predicate=pl.col("dataset") == "treasury_nominal", named=True
    )
    assert (row["age_bd"], row["state"]) == (2, "stale")
    curve = silver("curve_point", {"curve_id": "PRE", "tenor_bd": 252, "obs_date": thursday, "rate": 0.15})
    brazil = dataset_status(curve, CATALOG, decision_time(monday), {}).row(
        by_predicate=pl.col("dataset") == "b3_swap_curves", named=True
    )
    assert brazil["age_bd"] == 1


def test_the_substitutes_prices_have_a_receipt_of_their_own() -> None:
    day = B3.offset(TODAY, -1)
    bonds = silver(
        "settlement", {"contract_id": "ANBIMA:LTN_2028-01-01", "obs_date": day, "rate": 0.14, "payload_id": 4}
    )
    row = receipt(bonds, "ANBIMA", {4: "f00d"})
    assert (row["dataset"], row["obs_date"], row["sha256"], row["state"]) == ("b3_swap_curves", day, "f00d", "known")
    assert row["value"] is None, "a list of bonds has no one value"
