"""The panel of a run: silver known at its as_of, and the holder in which stages pass the panel on."""

from __future__ import annotations

import datetime as dt

import polars as pl

from desk.point_in_time.panel_span import panel_days, silver_starts
from desk.transforms.panel import Panel, build_panel
from desk.transforms.panel_columns import HELD_ROWS
from tasks.run.model_book import open_book
from tasks.run.run import Run


class PanelInput:
    """What the stages after transform compute from: the panel, and the first decision day of the marked book; and the
    strategies' signals on all its days, once the signals stage has computed them.

    Not a dataclass, and with `__slots__`, on purpose: Prefect copies and walks through a flow's parameters, and stores
    them as JSON on its server. Such an object it passes on as it is, and stores its type's name only.
    """

    __slots__ = ("inception", "panel", "signals")

    def __init__(self, panel: Panel, inception: dt.date) -> None:
        self.panel, self.inception = panel, inception
        self.signals: pl.DataFrame | None = None


async def read_silver(run: Run, first: dt.date) -> dict[str, pl.DataFrame]:
    """Table -> rows known at the run's as_of that a panel from day `first` on can use."""
    starts = silver_starts(first)
    return {name: await run.store.read_silver(name, run.as_of, start) for name, start in starts.items()}


async def read_held(run: Run) -> pl.DataFrame:
    """The held values of series that were known at the run's as_of, whatever was decided of them since: HELD_ROWS."""
    holds = await run.store.read_holds()
    rows = holds.filter(
        pl.col("silver_table").is_in(["observation", "price_bar"]),
        pl.max_horizontal("knowledge_time", "hidden_from") <= run.as_of,
    ).with_columns(knowledge_time=pl.max_horizontal("knowledge_time", "hidden_from"))
    return rows.rename({"entity": "series_id"}).select(pl.col(name).cast(dtype) for name, dtype in HELD_ROWS.items())


async def read_panel_input(run: Run) -> PanelInput:
    """The panel input of a run, built from the store: for a stage that runs without the transform stage before it."""
    inception = await open_book(run)
    days = panel_days(run.day, run.settings.history_days, inception)
    silver, held = await read_silver(run, days[0]), await read_held(run)
    return PanelInput(build_panel(silver, days, run.catalog, held), inception)
