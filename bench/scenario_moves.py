"""Factor moves of famous stretches, tenor by tenor, measured once from a folder of real history.

    python -m bench.scenario_moves ../shared/real-history

prints the tables of desk/catalog/scenarios.toml: DI by B3's settlements, the real curve by ANBIMA's NTN-B rates,
Treasuries by FRED, USD/BRL by PTAX of its day, the sovereign spread by the five-year CDS and, after October 2020, from
a return index of sold protection. What a file does not reach is left out.
tests/desk/risk/test_scenario_moves.py holds the catalogue against it where the history is at hand.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from desk import calendars
from desk.catalog import read_toml

PRE_TENORS = (126, 252, 504, 756, 1260, 2520)
REAL_TENORS = (504, 1260, 2520)
UST_FILES = {
    504: "us/fred_DGS2_1976_2026.csv.gz",
    1260: "us/fred_DGS5_1962_2026.csv.gz",
    2520: "us/fred_DGS10_1962_2026.csv.gz",
    7560: "us/fred_DGS30_1977_2026.csv.gz",
}
PTAX_LATE_UNTIL = dt.date(2009, 10, 20)
"""The tidy PTAX file is one business day late up to this day (tests/history/real_history.toml)."""
CDS_DURATION, CDS_LEVEL = 4.4, 0.02
"""Risky duration, and the spread that accrues, by which a return index of sold protection stands in for the spread
after October 2020. Where both are known, from 2013 to 2020, the stand-in has 0.80 to 1.09 of the spread's own move in
seven episodes, and 1.28 in an eighth, quiet one (2019)."""
MOST_DAYS_BACK = 7
Levels = Mapping[dt.date, float]
Curve = Mapping[dt.date, tuple[np.ndarray, np.ndarray]]
"""Day -> (business days to maturity ascending, rates as fractions)."""


@dataclass(frozen=True)
class Sources:
    """Closes by day from the folder of real history: levels, yields as fractions, curves by business days."""

    usdbrl: Levels
    ibovespa: Levels
    spx: Levels
    oil: Levels
    cds: Levels
    protection: Levels
    ust: Mapping[int, Levels]
    di: Curve
    ntnb: Curve

    @classmethod
    def load(cls, folder: Path) -> Sources:
        """Reads every file. Raises OSError for one that is not there."""
        tidy = folder / "tidy_by_us"
        return cls(
            usdbrl=_ptax(folder),
            ibovespa=_levels(folder / "equities/ibovespa_close_1993_2025.csv", "data", "valor"),
            spx=_levels(tidy / "us_indices_daily_1990_2020.csv.gz", "date", "S&P 500")
            | _levels(folder / "equities/yahoo_GSPC_daily.csv", "Date", "^GSPC"),
            oil=_levels(folder / "commodities/fred_DCOILBRENTEU.csv", "date", "value"),
            cds=_levels(tidy / "cds5y_daily_2000_2020.csv.gz", "date", "Brasil"),
            protection=_levels(folder / "credit/cds_trackers_em_2009_2025.csv.gz", "date", "CDS Brazil"),
            ust={tenor: _levels(folder / file, "date", "value") for tenor, file in UST_FILES.items()},
            di=_di(folder / "di_curve/di1_settlement_by_contract_2006_2025.csv.gz"),
            ntnb=_ntnb(folder / "anbima/anbima_tpf_2007_2025.parquet"),
        )


def measure(sources: Sources, start: dt.date, end: dt.date) -> dict[str, object]:
    """Moves from the close of `start` to that of `end`, as scenarios.toml writes them: fractions rounded to 0.0001,
    rates in whole basis points. A factor that either day lacks is left out."""
    found: dict[str, object] = {}
    for name in ("usdbrl", "ibovespa", "spx", "oil"):
        ends = _ends(getattr(sources, name), start, end)
        if ends is not None:
            found[name] = round(ends[1] / ends[0] - 1.0, 4)
    for name, tenors in (("pre", PRE_TENORS), ("real", REAL_TENORS)):
        curve = sources.di if name == "pre" else sources.ntnb
        moves = _curve_moves(curve, start, end, tenors)
        if moves:
            found[f"{name}_bp"] = moves
    ust = {
        tenor: round(100.0 * (ends[1] - ends[0]))
        for tenor, levels in sources.ust.items()
        if (ends := _ends(levels, start, end)) is not None
    }
    if ust:
        found["ust_bp"] = ust
    spread = _ends(sources.cds, start, end)
    if spread is not None:
        found["sovereign_bp"] = round(spread[1] - spread[0])
    elif (index := _ends(sources.protection, start, end)) is not None:
        carried = CDS_LEVEL * (end - start).days / 365.0
        found["sovereign_bp"] = round(-10_000.0 * (np.log(index[1] / index[0]) - carried) / CDS_DURATION)
    return found


def _curve_moves(curve: Curve, start: dt.date, end: dt.date, tenors: tuple[int, ...]) -> dict[int, int]:
    first, last = _back(curve, start), _back(curve, end)
    if first is None or last is None or first == last:
        return {}
    moves = {}
    for tenor in tenors:
        one, other = (_rate(*curve[day], tenor) for day in (first, last))
        if np.isfinite(one) and np.isfinite(other):
            moves[tenor] = round(10_000.0 * (other - one))
    return moves


def _rate(terms: np.ndarray, rates: np.ndarray, tenor: int) -> float:
    """Log growth linear between maturities (flat forwards); nan outside by more than a tenth of the tenor."""
    if tenor < 0.9 * terms[0] or tenor > 1.1 * terms[-1]:
        return float("nan")
    held = float(np.clip(tenor, terms[0], terms[-1]))
    growth = np.interp(held, terms, np.log1p(rates) * terms)
    return float(np.expm1(growth / held))


def _ends(levels: Levels, start: dt.date, end: dt.date) -> tuple[float, float] | None:
    """Levels of the two closes; None where either lies past the file, or both fall on one day."""
    first, last = _back(levels, start), _back(levels, end)
    return None if first is None or last is None or first == last else (levels[first], levels[last])


def _back(days: Mapping[dt.date, object], day: dt.date) -> dt.date | None:
    """The day itself or the latest one before it, within a week."""
    return next((day - dt.timedelta(n) for n in range(MOST_DAYS_BACK + 1) if day - dt.timedelta(n) in days), None)


def _levels(file: Path, day: str, value: str) -> dict[dt.date, float]:
    frame = pl.read_csv(file, infer_schema=False).select(
        pl.col(day).str.slice(0, 10).str.to_date(strict=False).alias("day"),
        pl.col(value).cast(pl.Float64, strict=False).alias("value"),
    )
    return dict(frame.drop_nulls().rows())


def _ptax(folder: Path) -> dict[dt.date, float]:
    column = "Ptax|Venda|R$/US$"
    tidy = _levels(folder / "tidy_by_us" / "ptax_and_reserves_daily_1980_2020.csv.gz", "date", column)
    calendar = calendars.anbima()
    early = {calendar.offset(day, -1): rate for day, rate in tidy.items() if calendar.is_business_day(day)}
    found = {day: rate for day, rate in early.items() if day <= PTAX_LATE_UNTIL}
    found |= {day: rate for day, rate in tidy.items() if day > PTAX_LATE_UNTIL + dt.timedelta(days=2)}
    for row in json.loads((folder / "fx" / "bcb_ptax_venda_2021_2026.json").read_text(encoding="utf-8")):
        found[dt.date.fromisoformat(row["data"])] = float(row["valor"])
    sgs = folder.parent / "real-payloads" / "bcb_sgs" / "sgs_0001_usdbrl_daily_2020_on.json"
    for row in json.loads(sgs.read_text(encoding="utf-8")) if sgs.is_file() else ():
        found.setdefault(
            dt.datetime.strptime(row["data"], "%d/%m/%Y").replace(tzinfo=dt.UTC).date(), float(row["valor"])
        )
    return found


def _di(file: Path) -> Curve:
    frame = pl.read_csv(file, try_parse_dates=True).filter(pl.col("du") > 0).sort("date", "du")
    return _by_day(frame, "date", "du", "rate")


def _ntnb(file: Path) -> Curve:
    bonds = pl.read_parquet(file).filter((pl.col("BondType") == "NTN-B") & pl.col("IndicativeRate").is_not_null())
    days = bonds["ReferenceDate"].dt.date().to_numpy().astype("datetime64[D]")
    ends = bonds["MaturityDate"].dt.date().to_numpy().astype("datetime64[D]")
    terms = calendars.anbima().count_array(days, ends)
    frame = bonds.with_columns(pl.col("ReferenceDate").dt.date().alias("day"), pl.Series("du", terms))
    return _by_day(frame.filter(pl.col("du") > 0).sort("day", "du"), "day", "du", "IndicativeRate")


def _by_day(frame: pl.DataFrame, day: str, term: str, rate: str) -> Curve:
    return {
        key[0]: (part[term].to_numpy().astype(np.float64), part[rate].to_numpy())
        for key, part in frame.unique([day, term], keep="first", maintain_order=True)
        .partition_by(day, as_dict=True, maintain_order=True)
        .items()
    }


def windows() -> dict[str, tuple[dt.date, dt.date]]:
    """Every scenario of the catalogue that has dates, by `kind.id`."""
    raw = read_toml("scenarios")
    entries = ((f"{kind}.{key}", entry) for kind in ("parametric", "dated") for key, entry in raw[kind].items())
    return {name: (entry["start"], entry["end"]) for name, entry in entries if "start" in entry}


def written(moves: Mapping[str, object]) -> list[str]:
    """TOML lines of a table of moves."""
    return [
        f"{name} = {{ {', '.join(f'{tenor} = {bp}' for tenor, bp in value.items())} }}"
        if isinstance(value, Mapping)
        else f"{name} = {value}"
        for name, value in moves.items()
    ]


def main() -> None:
    """Prints the moves of every window as TOML."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="the real history, with real-payloads beside it")
    sources = Sources.load(parser.parse_args().folder)
    for name, (start, end) in windows().items():
        table = f"{name}.moves" if name.startswith("dated") else name
        print("\n".join([f"[{table}]  # {start} to {end}", *written(measure(sources, start, end)), ""]))


if __name__ == "__main__":
    main()
