"""`alvorada report`, `tickets`, `explain` and `what-if`: what is stored about a decision day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from alvorada.cli.clock import now
from alvorada.cli.options import AsOf, LastWorldName
from alvorada.cli.output import note
from alvorada.stack.data_dir import DataDir, LastWorld
from desk.errors import BadInput


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command()(report)
    app.command()(tickets)
    app.command()(explain)
    app.command(name="what-if")(what_if)


def report(
    as_of: AsOf = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    send: Annotated[bool, typer.Option("--send", help="To Slack and mail, for who does not have it yet.")] = False,
    again: Annotated[bool, typer.Option("--again", help="With --send: also for who has it.")] = False,
    version: Annotated[
        int | None, typer.Option("--version", metavar="N", help="Of a day that was restated: that version of its page.")
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option("--diff", metavar="D1 D2", help="What changed between two reports, as text."),
    ] = None,
    png: Annotated[
        str | None, typer.Option("--png", metavar="DIR", help="Every figure as a PNG in that folder.")
    ] = None,
    language: Annotated[str | None, typer.Option("--language", metavar="en|pt", help="Of the page.")] = None,
    world: LastWorldName = None,
) -> None:
    """Print where the report of a day is; the latest one by default. One gone from the disk comes from the database."""
    data_dir = DataDir.from_environment()
    last = LastWorld.select(data_dir, world)
    if diff is not None or png is not None:
        from alvorada.cli.report_contents import draw_pictures, show_difference

        if diff is not None:
            first, second = (_day(text) for text in diff)
            show_difference(data_dir, last, first, second)
        if png is not None:
            draw_pictures(data_dir, last, _day(as_of) if as_of else None, Path(png))
        return
    day = _day(as_of) if as_of else None
    if version is not None and (day is None or send):
        raise BadInput("--version N shows the page of one day: give --as-of DATE with it, and no --send")
    if send:
        from alvorada.cli.send_report import send_report

        send_report(data_dir, last, day, again, now())
        return
    if day is not None and version is not None:
        from alvorada.cli.stored_reports import restore_version

        path = restore_version(data_dir, last, day, version)
    else:
        path = find_report(data_dir, last, day, language)
    typer.echo(path)
    if open_it:
        import webbrowser

        if not webbrowser.open(path.as_uri()):
            raise BadInput(f"no browser here to open {path}")


def find_report(data_dir: DataDir, last: LastWorld, day: dt.date | None, language: str | None = None) -> Path:
    """The file of a day's report (None: the latest), written from the database where it is gone. Raises BadInput.

    `language`: of the page; None: the settings'.
    """
    from blocks.settings import load_settings

    own = load_settings().report_language
    mark = "" if language in (None, own) else f".{language}"
    folder = data_dir.reports / last.world
    found = max(folder.glob(f"{day or '????-??-??'}{mark}.html"), default=None)
    if found is None:
        from alvorada.cli.stored_reports import restore

        found = restore(data_dir, last, day, language or own, mark)
        note(f"alvorada: it was gone from {folder}: taken from the database")
    return found


def explain(
    figure: Annotated[str, typer.Argument(metavar="FIGURE", help="risk.var_99, portfolio.nav, signals.STRATEGY ...")],
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
    world: LastWorldName = None,
) -> None:
    """Say why a figure of the report is what it is: formula, numbers, series, payloads."""
    from alvorada.cli.explain_figure import explanation_text

    data_dir = DataDir.from_environment()
    day = _day(as_of) if as_of else None
    typer.echo(explanation_text(data_dir, LastWorld.select(data_dir, world), figure, day, as_json))


def what_if(
    orders: Annotated[str, typer.Argument(metavar="ORDERS", help='"receive 200 DI1F29; buy 50 DOL"')],
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="The same as JSON.")] = False,
    world: LastWorldName = None,
) -> None:
    """Say what orders would make of the book: P&L by scenario, VaR, limits, margin, cost. Nothing is written."""
    from alvorada.cli.what_if_text import what_if_text

    data_dir = DataDir.from_environment()
    day = _day(as_of) if as_of else None
    typer.echo(what_if_text(data_dir, LastWorld.select(data_dir, world), orders, day, as_json))


def tickets(
    as_of: AsOf = None,
    form: Annotated[
        str, typer.Option("--format", help="text, csv or json: the last two for an order system.")
    ] = "text",
    world: LastWorldName = None,
) -> None:
    """Print the dealing tickets of a decision: side at the venue, limit, stop, hedge. The latest one by default.

    A ticket whose levels contradict each other is in no file; it is named at the end, and the exit code is 2.
    """
    from alvorada.cli.report_contents import ticket_text

    data_dir = DataDir.from_environment()
    day = _day(as_of) if as_of else None
    text, refused = ticket_text(data_dir, LastWorld.select(data_dir, world), day, form)
    typer.echo(text, nl=False)
    if refused:
        raise BadInput(f"not to be sent: {'; '.join(refused)}")


def _day(text: str) -> dt.date:
    from alvorada.cli.decision_days import decision_day

    return decision_day(text, now())
