"""A level on the page, its date and its receipt belong together, whichever source it was read off."""

from __future__ import annotations

import datetime as dt
from functools import cache

import polars as pl
import pytest

from desk import calendars
from desk.catalog import load_catalog
from desk.catalog.fallbacks import load_fallbacks
from desk.gold import FEATURE
from desk.model import SILVER, UTC, decision_time, parsed_frame
from desk.point_in_time.provenance import input_ids
from desk.transforms.feature_rows import feature_rows
from desk.transforms.input_receipts import input_receipts
from desk.transforms.panel import build_panel
from reports.calculations.market import market_view
from reports.elements.quotes import QUOTES, VALUE
from reports.elements.receipts import receipts
from reports.elements.report_data import ReportData
from reports.tables.level_table import level_table
from tests.desk.made_history import made_silver

CATALOG = load_catalog()
DAYS = calendars.b3().days(dt.date(2024, 7, 1), dt.date(2025, 6, 27))
AS_OF = decision_time(DAYS[-1])
SILENT_SINCE = DAYS[-1] - dt.timedelta(days=12)
CANDIDATES = {spec.name: spec.candidates for spec in load_fallbacks().columns}


@cache
def silver() -> dict[str, pl.DataFrame]:
    """The made history with DI1, DAP and bond prices, every row from a payload of its own."""
    frames = {**made_silver(), "settlement": _settlements()}
    stored, first = {}, 1
    for name, whole in frames.items():
        frame = whole.filter(pl.col("obs_date") >= dt.date(2022, 1, 1))
        numbers = pl.int_range(first, first + frame.height, eager=True)
        first += frame.height
        known = pl.lit("rule").alias("stamp"), pl.Series("payload_id", numbers, dtype=pl.Int64)
        stored[name] = frame.with_columns(known).select(list(SILVER[name].stored_schema))
    return stored


def _settlements() -> pl.DataFrame:
    rows = []
    for day in DAYS[-40:]:
        known = dt.datetime.combine(day, dt.time(22), UTC)
        for ahead in range(1, 11):
            rows.append((f"DI1F{(day.year + ahead) % 100:02d}", day, known, 0.13 + 0.001 * ahead))
            rows.append((f"DAPK{(day.year + ahead) % 100:02d}", day, known, 0.06 + 0.001 * ahead))
            rows.append((f"TD:LTN_{day.year + ahead}-01-01", day, known, 0.14 + 0.001 * ahead))
    contracts, days, times, rates = zip(*rows, strict=True)
    given = {"contract_id": contracts, "obs_date": days, "knowledge_time": times, "rate": rates}
    schema = SILVER["settlement"].parsed_schema
    return parsed_frame(SILVER["settlement"], {name: list(given.get(name, [None] * len(rows))) for name in schema})


def without(frames: dict[str, pl.DataFrame], input_id: str) -> dict[str, pl.DataFrame]:
    """The frames with one input silent for the last twelve days."""
    names = {"observation": "series_id", "price_bar": "instrument_id", "curve_point": "curve_id"}
    return {
        table: frame.filter((pl.col(names[table]) != input_id) | (pl.col("obs_date") < SILENT_SINCE))
        if table in names
        else frame.filter(~pl.col("contract_id").str.starts_with(input_id) | (pl.col("obs_date") < SILENT_SINCE))
        if table == "settlement"
        else frame
        for table, frame in frames.items()
    }


def report_of(frames: dict[str, pl.DataFrame]) -> ReportData:
    known = {name: frame.filter(pl.col("knowledge_time") <= AS_OF) for name, frame in frames.items()}
    hashes = {number: f"{number:064x}" for frame in known.values() for number in frame["payload_id"]}
    gold = {
        "feature": feature_rows(build_panel(known, DAYS, CATALOG), DAYS[-5:]),
        "input_receipt": input_receipts(known, CATALOG, AS_OF, hashes),
    }
    return ReportData(AS_OF, "sandbox", "run", "code", gold)


def first_choices() -> list[str]:
    declared = load_fallbacks()
    curves = [spec.sources[0].input_id for spec in declared.curves]
    shown = [spec.candidates[0] for spec in declared.columns if spec.candidates[0] in CATALOG.series]
    return list(dict.fromkeys([*curves, *shown]))


@pytest.mark.parametrize("silent", [None, *first_choices()])
def test_number_date_and_receipt_belong_together_when_a_first_choice_is_silent(silent: str | None) -> None:
    frames = silver() if silent is None else without(silver(), silent)
    data = report_of(frames)
    stored = receipts(data)
    features = {row["feature_id"]: row for row in data.latest("feature").iter_rows(named=True)}
    single = {name: row for name, row in features.items() if len(input_ids(row["origin"])) == 1}
    assert len(single) > 300
    for name, row in single.items():
        receipt = stored.rows[str(row["origin"])]
        assert receipt["knowledge_time"] == row["knowledge_time"], name
        assert receipt["sha256"] == f"{row['payload_id']:064x}", name
        if name == row["origin"] or str(row["origin"]) not in CATALOG.series:  # as published, or read off a curve
            assert receipt["obs_date"] == row["obs_date"], name
        if str(row["origin"]) in (name, *CANDIDATES.get(name, ())):  # a published number, not one computed from it
            assert receipt["value"] == row["value"], name
    if silent is not None and silent in CATALOG.series and CATALOG.series[silent].frequency == "D":
        chosen = [spec.name for spec in load_fallbacks().columns if spec.candidates[0] == silent]
        for name in set(chosen) & set(single):
            assert single[name]["origin"] != silent, f"{name} still rests on the silent {silent}"

    table = level_table(market_view(data), stored, data)
    for quote, cells in zip((q for q in QUOTES if q.feature in features), table.rows, strict=False):
        row = features[quote.feature]
        assert cells[1].text == VALUE[quote.kind](row["value"], quote.digits)
        assert cells[-1].text == stored.observed(quote.feature, row["obs_date"])
        for name in input_ids(row["origin"]):
            assert str(stored.rows[name]["sha256"])[:12] in cells[1].title, f"{quote.name}: {name}"


def test_a_silent_first_choice_gives_way_and_its_receipt_with_it() -> None:
    """The case that was printed wrong: VIX of another source, with the receipt of Yahoo's older number."""
    data = report_of(without(silver(), "vix"))
    (line,) = receipts(data).behind("vix")
    assert line["input_id"] == "cboe_vix"
    (row,) = data.latest("feature").filter(feature_id="vix").iter_rows(named=True)
    assert (row["origin"], row["obs_date"]) == ("cboe_vix", line["obs_date"])
    assert row["obs_date"] > SILENT_SINCE


@pytest.mark.parametrize(
    ("silent", "feature", "stands_in"),
    [("PRE", "pre_252", "DI1"), ("REAL", "real_1260", "DAP"), ("UST", "ust_2520", "FRED:DGS")],
)
def test_a_silent_curve_gives_way_to_the_next_declared_source(silent: str, feature: str, stands_in: str) -> None:
    data = report_of(without(silver(), silent))
    assert [row["input_id"] for row in receipts(data).behind(feature)] == [stands_in]


def test_a_derived_level_leads_to_the_inputs_of_all_its_columns() -> None:
    data = report_of(without(silver(), "PRE"))
    (row,) = data.latest("feature").filter(feature_id="breakeven_504").iter_rows(named=True)
    assert input_ids(row["origin"]) == ("DI1", "REAL")
    assert row["payload_id"] is None


def test_an_unknown_level_names_what_it_could_have_been_read_off() -> None:
    frames = {**silver(), "curve_point": silver()["curve_point"].clear(), "settlement": silver()["settlement"].clear()}
    data = report_of(frames)
    found = receipts(data)
    assert [row["input_id"] for row in found.behind("pre_252")] == ["PRE", "DI1", "ANBIMA:LTN+NTN-F", "TD:LTN+NTN-F"]
    assert all(row["state"] == "absent" for row in found.behind("pre_252"))
    assert "pre_252" not in data.latest("feature")["feature_id"]


def test_features_of_an_earlier_release_have_no_receipt_and_say_so() -> None:
    data = report_of(silver())
    old = data.frames["feature"].with_columns(pl.lit(None, FEATURE.schema["origin"]).alias("origin"))
    before = ReportData(AS_OF, "sandbox", "run", "code", {**data.frames, "feature": old})
    assert receipts(before).title("vix") == "vix: no receipt stored for this input"
