"""The commands of whoever works on the project: tests, lint, measurements, documentation."""

from __future__ import annotations

import typer

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    app.command(context_settings=PASSED_ON)(test)
    app.command()(lint)
    app.command(context_settings=PASSED_ON)(bench)
    app.command()(docs)


def test(context: typer.Context) -> None:
    """The whole test suite; arguments go to pytest."""
    from alvorada.cli.project_checks import suite

    raise typer.Exit(suite(context.args))


def bench(context: typer.Context) -> None:
    """The measurements; arguments name which."""
    from alvorada.cli.project_checks import bench as measure

    raise typer.Exit(measure(context.args))


def lint() -> None:
    """ruff, mypy and the import contracts."""
    from alvorada.cli.project_checks import lint as check

    raise typer.Exit(check())


def docs() -> None:
    """Check the documentation against the code: links, paths, commands."""
    from alvorada.cli.project_checks import docs as check

    raise typer.Exit(check())
