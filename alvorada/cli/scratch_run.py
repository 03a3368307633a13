"""The full run of the first morning, in a data directory of its own, and the ten figures that are read out of it.

Nothing of the desk's is touched: the run is a process with an environment without the desk's database, lake, Prefect
and channels, and its PostgreSQL is the embedded one of the scratch folder.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from alvorada.cli.screen_figures import Figure
from alvorada.stack.data_dir import DataDir, database_name, project_root
from alvorada.stack.local_stack import postgres_in_use
from desk import calendars
from desk.errors import BadInput
from desk.model import desk_day
from desk.transforms.curves import flat_forward
from tasks.store import Store, open_store

FOLDER = "first-morning"
_NOT_PASSED_ON = (
    "DATABASE_URL", "LAKE_URL", "SLACK_WEBHOOK_URL", "SMTP_HOST", "SMTP_RECIPIENTS", "PUBLIC_URL",
)  # fmt: skip
LOOK_BACK = dt.timedelta(days=30)
PRE_YEARS, REAL_BD = 5, 504
"""The DI1 that the PRE curve is held against, in years; the DAP next to this tenor that REAL is held against."""


def scratch_environment(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the run: that of the desk but for its database, lake, Prefect, channels; no report is sent."""
    kept = {
        name: value
        for name, value in environ.items()
        if not name.startswith("PREFECT_") and name.removeprefix("ALVORADA_").upper() not in _NOT_PASSED_ON
    }
    return {**kept, "ALVORADA_HOME": str(folder), "ALVORADA_SEND_REPORTS": "never"}


def new_folder(data_dir: DataDir, world: str, at: dt.datetime) -> Path:
    """Where this morning's run goes; the runs before it stay."""
    return data_dir.path / FOLDER / f"{world}-{at:%Y-%m-%dT%H%M%S}"


def newest_folder(data_dir: DataDir, world: str) -> Path:
    """The folder of the last run of that world. Raises BadInput where there was none."""
    found = sorted((data_dir.path / FOLDER).glob(f"{world}-*"))
    if not found:
        raise BadInput(f"no first morning was run here with {world} sources: alvorada first-morning --run comes first")
    return found[-1]


def run_in(folder: Path, world: str, seed: int, record: Path | None, environ: Mapping[str, str]) -> int:
    """The daily run, with its progress on this terminal; its exit code."""
    command = [sys.executable, "-m", "alvorada", "run", "--sources", world, "--seed", str(seed)]
    if record is not None:
        command += ["--record", str(record.absolute())]
    return subprocess.run(command, cwd=project_root(), env=scratch_environment(folder, environ), check=False).returncode


async def stored_figures(folder: Path, world: str, seed: int) -> list[Figure]:
    """The ten figures of the newest decision in the scratch folder. Raises BadInput where it has none."""
    with postgres_in_use(DataDir(folder)) as postgres:
        async with open_store(postgres.url(database_name(world, seed)), None, pool_size=2) as store:
            days = await store.gold_days("feature")
            if not days:
                raise BadInput(f"the run in {folder} has decided nothing: its own words say why")
            return await figures_of(store, days[-1])


async def figures_of(store: Store, as_of: dt.datetime) -> list[Figure]:
    """The ten figures as the decision of `as_of` knew them."""
    rows = {row["feature_id"]: row for row in (await store.read_gold("feature", as_of, as_of)).to_dicts()}
    since, day = desk_day(as_of) - LOOK_BACK, desk_day(as_of)
    settlements = _newest(await store.read_silver("settlement", as_of, since))
    curves = _newest(await store.read_silver("curve_point", as_of, since, ["PRE", "REAL"]), "curve_id")
    focus = _newest(await store.read_silver("expectation", as_of, since, ["IPCA"]))

    def column(
        name: str, question: str, screen: str, unit: str, decimals: int, tolerance: float, remedy: str
    ) -> Figure:
        row, percent = rows.get(name), unit == "%"
        if row is None or row["value"] is None:
            return Figure(name, question, screen, unit, decimals, tolerance, remedy)
        value = row["value"] * (100.0 if percent else 1.0)
        return Figure(name, question, screen, unit, decimals, tolerance, remedy, value, f"of {row['obs_date']}")

    near, far = f"DI1F{(day.year + 2) % 100:02d}", f"DI1F{(day.year + PRE_YEARS) % 100:02d}"
    dap = _dap(settlements)
    screen = "B3, settlement prices of the day"
    expected = focus.filter(pl.col("reference") == str(day.year), pl.col("base") == 0)
    median = expected["median"][0] if expected.height else None
    return [
        column("usdbrl", "PTAX sell", "bcb.gov.br, PTAX closing bulletin", "BRL per USD", 4, 0.00005,
               "the closing bulletin (bcb_ptax.py), or the day, by the rule `ptax`"),
        _settled(near, settlements, screen),
        _on_curve("pre", far, dt.date(day.year + PRE_YEARS, 1, 1), curves, "PRE", 0.03, screen),
        _on_curve("real", dap[0], dap[1], curves, "REAL", 0.10, screen),
        column("selic_target", "Selic target", "bcb.gov.br, Copom's statement", "%", 2, 0.001,
               "SGS 432, and the rule `copom_target`"),
        column("ipca_last_mom", "IPCA, change of the month", "ibge.gov.br, IPCA", "%", 2, 0.005,
               "SGS 433 against SIDRA 1737, and the rule `ibge_ipca`"),
        Figure("focus_ipca", f"Focus, median of IPCA for {day.year}", "bcb.gov.br, Focus bulletin", "%", 2, 0.005,
               "base 0 (30 days) or 1, and the rule `focus`: a bulletin is of the Friday before",
               median and median * 100,
               f"survey of {expected['obs_date'][0]}" if expected.height else ""),
        column("ust_2520", "US Treasury par yield, 10 years", "home.treasury.gov, daily par yield curve", "%", 2, 0.005,
               "the column `10 Yr` (treasury_gov.py), and the rule of the Treasury's curve"),
        column("ibovespa", "Ibovespa, close", "b3.com.br, Ibovespa", "points", 0, 1.0,
               "Yahoo's bar of the day, or its stand-in in fallbacks.toml"),
        column("brent", "Brent, close of the front future", "ICE, or the desk's own screen", "USD per barrel", 2, 0.02,
               "which contract Yahoo's BZ=F rolls to, and its stand-in in fallbacks.toml"),
    ]  # fmt: skip


def _newest(frame: pl.DataFrame, by: str | None = None) -> pl.DataFrame:
    """The rows of the newest day (of each `by`), each in its latest vintage."""
    newest = pl.col("obs_date").max() if by is None else pl.col("obs_date").max().over(by)
    entity = [name for name in frame.columns if name in ("contract_id", "curve_id", "tenor_bd", "indicator",
                                                         "reference", "base")]  # fmt: skip
    return frame.filter(pl.col("obs_date") == newest).sort("knowledge_time").unique(
        entity, keep="last", maintain_order=True
    )  # fmt: skip


def _settled(contract: str, settlements: pl.DataFrame, screen: str) -> Figure:
    """A DI1's own settlement rate."""
    found = settlements.filter(pl.col("contract_id") == contract).drop_nulls("rate")
    return Figure(
        contract, f"{contract}, settlement rate", screen, "%", 3, 0.0005,
        "the fields AdjstdQtTax and AdjstdQt (b3_price_report.py), or the day of the file",
        found["rate"][0] * 100 if found.height else None, f"of {found['obs_date'][0]}" if found.height else "",
    )  # fmt: skip


def _dap(settlements: pl.DataFrame) -> tuple[str, dt.date | None]:
    """The listed DAP nearest to two years, and its maturity; no date where none is stored."""
    found = []
    for row in settlements.filter(pl.col("contract_id").str.contains(r"^DAP[FGHJKMNQUVXZ]\d\d$")).to_dicts():
        month, year = "FGHJKMNQUVXZ".index(row["contract_id"][3]) + 1, 2000 + int(row["contract_id"][4:])
        maturity = dt.date(year, month, 15)
        found.append((abs(calendars.anbima().count(row["obs_date"], maturity) - REAL_BD), row["contract_id"], maturity))
    return min(found)[1:] if found else ("DAP", None)


def _on_curve(
    name: str, contract: str, maturity: dt.date | None, curves: pl.DataFrame, curve: str, tolerance: float, screen: str
) -> Figure:
    """The swap file's curve at a contract's maturity, against that contract's settlement rate on the screen."""
    points = curves.filter(pl.col("curve_id") == curve).drop_nulls("rate").sort("tenor_bd")
    ours, about = None, ""
    if points.height and maturity is not None:
        day = points["obs_date"][0]
        paid = calendars.anbima().on_or_after(maturity)
        at = flat_forward(
            points["tenor_bd"].to_numpy(), points["rate"].to_numpy(), [calendars.anbima().count(day, paid)]
        )
        ours, about = float(at[0, 0]) * 100, f"of {day}"
    return Figure(
        f"{name}_at_{contract}", f"{curve} of the swap file at the maturity of {contract}: its settlement rate", screen,
        "%", 3, tolerance, f"the code of {curve} in datasets.toml (DPL is the real curve, DIC is not)", ours, about,
    )  # fmt: skip
