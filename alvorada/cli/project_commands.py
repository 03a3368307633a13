"""`alvorada test`, `lint`, `bench` and `docs`: for the people who work on the project."""

from __future__ import annotations

import typer

from alvorada.cli import project_checks

PASS_ARGUMENTS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def register(app: typer.Typer) -> None:
    """Adds the commands of this file."""
    app.command(context_settings=PASS_ARGUMENTS_ON)(test)
    app.command()(lint)
    app.command(context_settings=PASS_ARGUMENTS_ON)(bench)
    app.command()(docs)


def test(context: typer.Context) -> None:
    """The whole test suite; arguments go to pytest."""
    raise typer.Exit(project_checks.run_tests(context.args))


def bench(context: typer.Context) -> None:
    """The measurements; arguments name which."""
    raise typer.Exit(project_checks.run_benchmarks(context.args))


def lint() -> None:
    """ruff, mypy and the import contracts."""
    raise typer.Exit(project_checks.run_lint())


def docs() -> None:
    """Check the documentation against the code: links, paths, commands."""
    raise typer.Exit(project_checks.check_docs())
