"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from desk.worlds import WORLDS

WORLD_NAMES = ", ".join(WORLDS)
LAST_WORLD_HELP = f"{WORLD_NAMES}. Default: the one used last here, else live."

AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DATE", help="Decision day, YYYY-MM-DD. Default: the latest.")
]
Seed = Annotated[int, typer.Option("--seed", envvar="ALVORADA_SANDBOX_SEED", help="Which simulated economy.")]
WorldName = Annotated[str, typer.Option("--world", help=f"{WORLD_NAMES}.")]
LastWorldName = Annotated[str | None, typer.Option("--world", help=LAST_WORLD_HELP)]
