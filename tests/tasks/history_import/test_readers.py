"""Maps and the files that they speak of: every shape that is read, and the one line that a bad one gets."""

from __future__ import annotations

import datetime as dt
import gzip
import io
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from desk.catalog import Catalog, load_catalog
from desk.errors import BadInput
from tasks.history_import import FileMap, find_files, load_map
from tasks.history_import.readers import parse_file
from tests.flows.real_folders import real_folder

CATALOG: Catalog = load_catalog()
DAY = dt.date(2017, 5, 18)


def entry(**fields: object) -> FileMap:
    return FileMap.model_validate({"path": "a.csv", "date": "date", **fields})


def test_a_csv_of_percents_becomes_fractions_and_blanks_are_left_out() -> None:
    body = b"date,target,over\n2017-05-17,11.25,\n2017-05-18,11.25,11.15\n,,\n"
    frames = parse_file(entry(columns={"target": "selic_target", "over": "selic_over"}), body, CATALOG)
    rows = frames["observation"].select("series_id", "obs_date", "value").rows()
    assert rows == [
        ("selic_target", dt.date(2017, 5, 17), 0.1125),
        ("selic_target", DAY, 0.1125),
        ("selic_over", DAY, 0.1115),
    ]
    assert frames["observation"]["knowledge_time"].null_count() == 3, "left to the publication rule"


def test_series_of_the_yahoo_datasets_become_closes() -> None:
    body = gzip.compress(b"date,close\n2017-05-18,61597.05\n")
    frames = parse_file(entry(path="a.csv.gz", columns={"close": "ibovespa"}), body, CATALOG)
    assert frames["price_bar"].select("instrument_id", "close").rows() == [("ibovespa", 61597.05)]
    assert list(frames) == ["price_bar"]


def test_json_records_and_mappings() -> None:
    records = b'[{"data": "18/05/2017", "valor": "3.3807"}]'
    one = entry(path="a.json", date="data", date_format="%d/%m/%Y", columns={"valor": "usdbrl_ptax_sell"})
    assert parse_file(one, records, CATALOG)["observation"]["value"].to_list() == [3.3807]
    mapping = b'{"20170518": {"sell": 3.3807}}'
    shape = {"path": "a.json", "date_format": "%Y%m%d", "json_shape": "mapping"}
    other = entry(**shape, columns={"sell": "usdbrl_ptax_sell"})
    assert parse_file(other, mapping, CATALOG)["observation"]["obs_date"].to_list() == [DAY]


def test_a_long_table_a_filter_a_scale_and_a_shift() -> None:
    body = b"date,what,kind,v\n2017-05-15,DP,m,0.4\n2017-05-15,DP,y,9\n2017-05-15,MS,m,0.3\n"
    long = {"variable": "what", "value": "v", "names": {"DP": "core_double_weight_mom"}}
    frames = parse_file(entry(long=long, where={"kind": "m"}, shift_months=-1, scale="2"), body, CATALOG)
    rows = frames["observation"].select("series_id", "obs_date", "value").rows()
    assert rows == [("core_double_weight_mom", dt.date(2017, 4, 1), 0.8)]


def test_a_file_that_dates_its_numbers_a_day_late_is_moved_back_before_it_is_cut() -> None:
    """Friday 2, Monday 12 (holiday) and Tuesday 13 October 2009, as the collected PTAX file had them."""
    body = b"date,v\n2009-10-09,1.75\n2009-10-12,1.74\n2009-10-13,1.73\n2009-10-14,1.72\n"
    late = entry(columns={"v": "usdbrl_ptax_sell"}, shift_bd=-1, end=dt.date(2009, 10, 9), conflicts="first")
    rows = parse_file(late, body, CATALOG)["observation"].select("obs_date", "value").rows()
    assert rows == [(dt.date(2009, 10, 8), 1.75), (dt.date(2009, 10, 9), 1.73)], "the holiday's own row is no day"
    weekdays = entry(columns={"v": "usdbrl_ptax_sell"}, shift_bd=1, shift_calendar="weekdays")
    moved = parse_file(weekdays, body, CATALOG)["observation"]["obs_date"].to_list()
    assert moved == [dt.date(2009, 10, day) for day in (12, 13, 14, 15)]


@pytest.mark.real
def test_the_collected_ptax_is_of_its_day_and_the_dollar_rises_on_15_october_2008() -> None:
    """Within the Fed's noon rate by year; the file itself is one business day late until October 2009."""
    folder = real_folder("ALVORADA_REAL_HISTORY", "real-history")
    history = load_map(Path(__file__).parents[2] / "history" / "real_history.toml", CATALOG)
    parts = [one for one in history.file if "usdbrl_ptax_sell" in one.series_ids and one.path.startswith("tidy_by_us")]
    frames = [parse_file(one, (folder / one.path).read_bytes(), CATALOG)["observation"] for one in parts]
    ptax = pl.concat(frames).filter(pl.col("series_id") == "usdbrl_ptax_sell").unique("obs_date").sort("obs_date")
    noon = pl.read_csv(folder / "fx/fred_DEXBZUS.csv", infer_schema=False).filter(pl.col("DEXBZUS") != ".")
    both = ptax.join(
        noon.select(pl.col("DATE").str.to_date().alias("obs_date"), pl.col("DEXBZUS").cast(pl.Float64).alias("noon")),
        on="obs_date",
    ).with_columns((pl.col("value") / pl.col("noon")).log().abs().alias("gap"))
    by_year = both.group_by(pl.col("obs_date").dt.year().alias("year")).agg(pl.col("gap").mean()).sort("year")
    assert by_year.height == 22
    assert by_year.filter(pl.col("gap") >= 0.0040).is_empty(), by_year
    assert ptax["obs_date"].is_duplicated().sum() == 0
    found = dict(ptax.select("obs_date", "value").rows())
    assert found[dt.date(2008, 10, 15)] / found[dt.date(2008, 10, 14)] - 1 == pytest.approx(0.0367, abs=5e-5)
    assert dt.date(2009, 10, 21) not in found
    assert found[dt.date(2009, 10, 23)] == 1.7113


def test_a_table_of_many_subjects_feeds_the_series_of_each() -> None:
    body = b"date,code,long,oi\n2017-05-16,102741 ,7,20\n2017-05-16,13874A,9,30\n2017-05-16,999999,1,2\n"
    one = entry(
        each={"column": "code", "names": {"102741": "brl", "13874A": "es"}},
        columns={"long": "cot_{}_lev_long", "oi": "cot_{}_oi"},
    )
    assert one.series_ids == ["cot_brl_lev_long", "cot_brl_oi", "cot_es_lev_long", "cot_es_oi"]
    rows = parse_file(one, body, CATALOG)["observation"].select("series_id", "value").rows()
    assert rows == [("cot_brl_lev_long", 7.0), ("cot_brl_oi", 20.0), ("cot_es_lev_long", 9.0), ("cot_es_oi", 30.0)]


@pytest.mark.parametrize(
    "fields",
    [
        {"long": {"variable": "what", "value": "v", "names": {"Semiduráveis": "ipca_semidurables_mom"}}},
        {"each": {"column": "what", "names": {"Semiduráveis": "semidurables"}}, "columns": {"v": "ipca_{}_mom"}},
    ],
)
def test_a_name_that_no_row_has_is_said_with_those_that_are_there(fields: dict[str, object]) -> None:
    body = "date,what,v\n2017-05-01,Semi-duráveis,0.3\n".encode()
    with pytest.raises(BadInput, match=r"no row has 'Semiduráveis' in column 'what'; it has Semi-duráveis"):
        parse_file(entry(**fields), body, CATALOG)


def test_a_curve_of_percents() -> None:
    curve = entry(kind="curve", id="UST", vertices={"2 Yr": 504, "10 Yr": 2520, "20 Yr": 5040})
    frames = parse_file(curve, b"date,2 Yr,10 Yr\n2017-05-18,1.27,2.23\n2017-05-19,,2.23\n", CATALOG)
    points = (
        frames["curve_point"].sort("obs_date", "tenor_bd").select("curve_id", "obs_date", "tenor_bd", "rate").rows()
    )
    assert points == [
        ("UST", DAY, 504, 0.0127),
        ("UST", DAY, 2520, 0.0223),
        ("UST", dt.date(2017, 5, 19), 2520, 0.0223),
    ]


def test_bonds_from_parquet_by_type_and_maturity() -> None:
    table = pl.DataFrame(
        {
            "day": [DAY, DAY],
            "type": ["LTN", "NTN-D"],
            "due": [dt.date(2019, 1, 1), dt.date(2019, 1, 1)],
            "rate": [0.1061, 5.0],
            "pu": [848.5, None],
        }
    )
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    columns = {"type": "type", "maturity": "due", "rate": "rate", "price": "pu"}
    bonds = entry(path="a.parquet", date="day", kind="bonds", bond_columns=columns, bond_types=["LTN"])
    rows = parse_file(bonds, buffer.getvalue(), CATALOG)["settlement"]
    assert rows.select("contract_id", "obs_date", "price", "rate").rows() == [
        ("ANBIMA:LTN_2019-01-01", DAY, 848.5, 0.1061)
    ]


@pytest.mark.parametrize(
    ("fields", "body", "expected"),
    [
        ({"columns": {"v": "selic_target"}}, b"date,w\n2017-05-18,1\n", "a.csv: no column 'v'; it has date, w"),
        ({"columns": {"v": "selic_target"}}, b"date,v\n2017-05-18,eleven\n", "eleven"),
        (
            {"columns": {"v": "selic_target"}},
            b"date,v\n18/05/2017,1\n",
            "1 in column 'date' are no dates like '%Y-%m-%d', first '18/05/2017'",
        ),
        ({"columns": {"v": "selic_target"}, "start": "2018-01-01"}, b"date,v\n2017-05-18,1\n", "no row is left"),
        ({"path": "a.json", "columns": {"v": "selic_target"}}, b"<html>", "a.json: cannot be read"),
        ({"path": "a.json", "columns": {"v": "selic_target"}}, b"7", "a.json: cannot be read"),
        ({"path": "a.csv.gz", "columns": {"v": "selic_target"}}, b"date,v\n", "a.csv.gz: cannot be read"),
        ({"path": "a.parquet", "columns": {"v": "selic_target"}}, b"date,v\n", "a.parquet: cannot be read"),
        (
            {"columns": {"v": "selic_target"}, "date_format": "%d/%m/%Y"},
            b"date,v\n01/07/26,1\n",
            "'01/07/26' in column 'date' is 0026-07-01 by '%d/%m/%Y': a year outside 1900 to 2200",
        ),
        (
            {"columns": {"v": "selic_target"}},
            b"date,v\n2017-05-18,11.25\n2017-05-18,11.5\n",
            "selic_target 2017-05-18 has two values, 0.1125 and 0.115",
        ),
        ({"columns": {"v": "selic_target"}}, b"date,v\n2017-05-18,\xe7\n", "a.csv: cannot be read: 'utf-8' codec"),
        ({"columns": {"v": "selic_target"}}, b'date,v\n2017-05-18,"11,25"\n', "not a point-decimal number: '11,25'"),
        (
            {"columns": {"v": "selic_target"}, "decimal": ",", "separator": ";"},
            b"date;v\n2017-05-18;11.25\n",
            "not a comma-decimal number: '11.25'",
        ),
        ({"columns": {"v": "selic_target"}, "separator": ";"}, b"date,v\n2017-05-18,1\n", "no column 'date'"),
        ({"kind": "curve", "id": "UST", "vertices": {"2 Yr": 504}}, b"date,v\n2017-05-18,1\n", "none of the vertices"),
    ],
)
def test_a_bad_file_is_one_line_that_names_it(fields: dict[str, object], body: bytes, expected: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_file(entry(**fields), body, CATALOG)
    assert expected in str(caught.value)
    assert str(fields.get("path", "a.csv")) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_brazilian_csv_by_separator_decimal_sign_and_encoding() -> None:
    body = "data;câmbio\n18/05/2017;3,3807\n19/05/2017;1.003,2\n".encode("latin-1")
    made = entry(
        date="data", date_format="%d/%m/%Y", columns={"câmbio": "usdbrl_ptax_sell"}, separator=";", decimal=",",
        encoding="latin-1",
    )  # fmt: skip
    assert parse_file(made, body, CATALOG)["observation"]["value"].to_list() == [3.3807, 1003.2]


@pytest.mark.parametrize("zone", ["Europe/London", "America/Sao_Paulo", "Asia/Tokyo"])
def test_an_instant_is_of_the_day_of_its_own_zone(zone: str) -> None:
    """Midnight of 1 July in London is 30 June by UTC: a day early is look-ahead in every test on it."""
    day = dt.datetime(2026, 7, 1, tzinfo=ZoneInfo(zone))
    own = pl.DataFrame({"date": [day], "v": [3.3]}, schema={"date": pl.Datetime("us", zone), "v": pl.Float64})
    for frame, fields in ((own, {}), (own.with_columns(pl.col("date").dt.convert_time_zone("UTC")), {"zone": zone})):
        body = io.BytesIO()
        frame.write_parquet(body)
        made = entry(path="a.parquet", columns={"v": "usdbrl_ptax_sell"}, **fields)
        rows = parse_file(made, body.getvalue(), CATALOG)["observation"]
        assert rows["obs_date"].to_list() == [dt.date(2026, 7, 1)], fields


def test_a_date_written_as_a_number_is_read_as_it_is_written() -> None:
    body = io.BytesIO()
    pl.DataFrame({"date": [20170518], "v": [3.3807]}).write_parquet(body)
    made = entry(path="a.parquet", date_format="%Y%m%d", columns={"v": "usdbrl_ptax_sell"})
    assert parse_file(made, body.getvalue(), CATALOG)["observation"]["obs_date"].to_list() == [DAY]


def test_the_same_value_twice_is_no_conflict() -> None:
    body = b"date,v\n2017-05-18,3.3807\n2017-05-18,3.38070\n"
    assert parse_file(entry(columns={"v": "usdbrl_ptax_sell"}), body, CATALOG)["observation"].height == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[file]", "is not TOML"),
        ('[[file]]\npath = "a.csv"\ndate = "d"\n', "'series' lacks its columns"),
        ('[[file]]\npath = "a.csv"\ndate = "d"\ncolumns = { v = "nothing" }\n', "a.csv: unknown series 'nothing'"),
        (
            '[[file]]\npath = "a.csv"\ndate = "d"\nzone = "Sao Paulo"\ncolumns = { v = "selic_target" }\n',
            "No time zone found with key Sao Paulo",
        ),
        ('[[file]]\npath = "a.csv"\ndate = "d"\ncolour = 1\ncolumns = { v = "selic_target" }\n', "colour"),
    ],
)
def test_a_bad_map_is_one_line_that_names_its_place(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "map.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="import map") as caught:
        load_map(tmp_path / "map.toml", CATALOG)
    assert expected in str(caught.value)


def test_files_that_lack_are_named_before_anything_is_read(tmp_path: Path) -> None:
    text = "".join(
        f'[[file]]\npath = "{name}.csv"\ndate = "d"\ncolumns = {{ v = "selic_target" }}\n' for name in ("a", "b")
    )
    (tmp_path / "map.toml").write_text(text, encoding="utf-8")
    (tmp_path / "a.csv").write_text("d,v\n", encoding="utf-8")
    history = load_map(tmp_path / "map.toml", CATALOG)
    with pytest.raises(BadInput, match=r"no file b\.csv in "):
        find_files(history, tmp_path)
    with pytest.raises(BadInput, match="no folder"):
        find_files(history.model_copy(update={"root": "nowhere"}), tmp_path)


def test_settlements_of_futures_keep_their_contracts_volume_and_open_interest() -> None:
    columns = {"contract": "c", "rate": "r", "volume": "v", "open_interest": "oi"}
    di1 = entry(kind="futures", contract_columns=columns)
    body = b"date,c,r,v,oi\n2006-06-01,DI1F07,0.15055685,279873,968978\n"
    row = parse_file(di1, body, CATALOG)["settlement"].row(0, named=True)
    values = row["contract_id"], row["rate"], row["price"], row["volume"], row["open_interest"]
    assert values == ("DI1F07", 0.15055685, None, 279_873.0, 968_978.0)
