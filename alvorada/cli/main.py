"""The entry point of the command line: the commands, and how an error ends one."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from typing import Annotated, NoReturn

import click
import typer

from alvorada.cli import (
    action_commands,
    asset_commands,
    backup_commands,
    catalog_commands,
    curve_commands,
    first_morning_commands,
    held_commands,
    lake_commands,
    operations_commands,
    project_commands,
    report_commands,
    run_commands,
    stack_commands,
    tidy_commands,
    token_commands,
)
from alvorada.cli.output import QUIET
from blocks.disk_space import cannot_be_written
from desk.errors import AlvoradaError, BadInput, StoreError
from tasks.run.code_version import code_version

INTERRUPTED = 130
"""Exit code after Ctrl-C and SIGTERM, as shells have it: 128 + SIGINT."""

app = typer.Typer(
    help="The 06:00 run of a Brazil-focused global macro desk.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _group in (
    run_commands,
    report_commands,
    curve_commands,
    stack_commands,
    operations_commands,
    backup_commands,
    tidy_commands,
    project_commands,
    first_morning_commands,
):
    _group.register(app)
app.add_typer(action_commands.app, name="actions")
app.add_typer(asset_commands.app, name="assets")
app.add_typer(catalog_commands.app, name="catalogue")
app.add_typer(held_commands.app, name="held")
app.add_typer(lake_commands.app, name="lake")
app.add_typer(token_commands.app, name="token")


def show_version(is_given: bool) -> None:
    """Prints the version and the commit, and ends."""
    if is_given:
        typer.echo(f"alvorada {code_version()}")
        raise typer.Exit()


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the log of the run too.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Results and errors only.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """The 06:00 run of a Brazil-focused global macro desk."""
    if quiet and (verbose or debug):
        raise BadInput("--quiet and --verbose: take one of them")
    if debug:
        os.environ["ALVORADA_DEBUG"] = "1"
    if debug or verbose:
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "DEBUG" if debug else "INFO")
    if quiet:
        os.environ[QUIET] = "1"


def main() -> None:
    """Runs a command. An error is one line on stderr and an exit code; --debug shows its traceback too."""
    try:
        code = app(prog_name="alvorada", standalone_mode=False)
    except AlvoradaError as error:
        fail(str(error), error.exit_code)
    except OSError as error:
        message = cannot_be_written(error)
        if message is None:
            raise
        fail(message, StoreError.exit_code)
    except click.ClickException as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            error.show()
            sys.exit(error.exit_code)
        fail(error.format_message(), BadInput.exit_code)
    except (KeyboardInterrupt, click.Abort):
        leave_stopped()
    else:
        if code == INTERRUPTED:  # Typer returns this after Ctrl-C
            leave_stopped()
        sys.exit(code if isinstance(code, int) else 0)


def leave_stopped() -> NoReturn:
    """Ends the process after a stop signal. What it used is released; a thread still at work does not hold it up."""
    with suppress(SystemExit):
        fail("stopped", INTERRUPTED)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def fail(message: str, code: int) -> None:
    """Prints the message as one line on stderr, after the traceback with --debug, and exits with `code`."""
    if os.environ.get("ALVORADA_DEBUG") == "1":
        traceback.print_exc()
    line = " ".join(message.split())
    print(f"alvorada: {line}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
