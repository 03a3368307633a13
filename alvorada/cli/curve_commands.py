"""`alvorada curves` and `alvorada bond`: the desk's calculators for rates."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from alvorada.cli.clock import now
from alvorada.cli.options import AsOf, LastWorldName
from alvorada.stack.data_dir import DataDir, LastWorld


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(curves)
    app.command()(bond)


def curves(
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON, rates as fractions.")] = False,
    world: LastWorldName = None,
) -> None:
    """Print the curves of a decision: forwards, DV01, carry and roll-down, distance from a fitted curve, zero rates."""
    from alvorada.cli.curve_tables import curves_text
    from alvorada.cli.decision_days import decision_day

    data_dir = DataDir.from_environment()
    day = decision_day(as_of, now()) if as_of else None
    typer.echo(curves_text(data_dir, LastWorld.select(data_dir, world), day, as_json))


def bond(
    name: Annotated[str, typer.Argument(metavar="BOND", help="LTN, NTN-F, NTN-B or LFT.")],
    maturity: Annotated[str, typer.Argument(metavar="MATURITY", help="YYYY-MM-DD.")],
    rate: Annotated[float | None, typer.Option("--rate", metavar="PERCENT", help="Yield a year.")] = None,
    price: Annotated[
        float | None, typer.Option("--price", help="PU in BRL; of NTN-B and LFT the quotation in percent of the VNA.")
    ] = None,
    settle: Annotated[str | None, typer.Option("--settle", metavar="DATE", help="Default: the latest day.")] = None,
    vna: Annotated[float | None, typer.Option("--vna", help="On the settlement day, in BRL (NTN-B, LFT).")] = None,
    vna_base: Annotated[float | None, typer.Option("--vna-base", help="Of the last 15th, in BRL (NTN-B).")] = None,
    ipca: Annotated[
        float | None, typer.Option("--ipca", metavar="PERCENT", help="The month's, published or projected (NTN-B).")
    ] = None,
) -> None:
    """Price a Brazilian government bond by ANBIMA's rules: PU, yield, duration, DV01."""
    from alvorada.cli.bond_price import Question, bond_text
    from alvorada.cli.decision_days import parse_day
    from desk.point_in_time.decision_days import latest_day

    day: dt.date = parse_day(settle, "--settle") if settle else latest_day(now())
    question = Question(name, parse_day(maturity, "MATURITY"), day, rate, price, vna, vna_base, ipca)
    typer.echo(bond_text(question))
