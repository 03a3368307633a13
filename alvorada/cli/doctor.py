"""`alvorada doctor`: what is missing on this machine, and the command that mends it. Changes nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import typer

from alvorada.stack.data_dir import Home, database_name, project_root
from alvorada.stack.local_stack import embedded, running
from alvorada.stack.ports import listener
from alvorada.stack.postgres_account import account_for, embedded_bin, port_is_free
from desk.errors import AlvoradaError

FREE_GIGABYTES = 2.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@dataclass(frozen=True, slots=True)
class Finding:
    """`mend`: the command or step that puts it right; `needed`: False for what only some uses want."""

    name: str
    good: bool
    text: str
    mend: str = ""
    needed: bool = True


def examine(home: Home) -> bool:
    """Prints every finding; True when nothing needed is missing."""
    findings = [check(home) for check in CHECKS]
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        sign = "ok     " if finding.good else ("MISSING" if finding.needed else "without")
        typer.echo(f"{sign}  {finding.name:{width}}  {finding.text}")
        if not finding.good and finding.mend:
            typer.echo(f"{'':{width + 11}}{finding.mend}")
    return all(finding.good or not finding.needed for finding in findings)


def python(home: Home) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] < (3, 13)
    return Finding("python", good, version, "install Python 3.11 or 3.12, then: PYTHON=/path/to/python3 ./bootstrap")


def packages(home: Home) -> Finding:
    """What is installed against requirements.lock, by the markers that hold here."""
    from importlib.metadata import PackageNotFoundError, version

    from packaging.requirements import Requirement

    lock = project_root() / "requirements.lock"
    if not lock.is_file():
        return Finding("packages", True, "no requirements.lock here: installed otherwise")
    wrong = []
    for text in lock.read_text(encoding="utf-8").splitlines():
        if not text[:1].isalnum():  # a comment, or a hash of the requirement above
            continue
        wanted = Requirement(text.rstrip(" \\"))
        if wanted.marker and not wanted.marker.evaluate():
            continue
        try:
            if not wanted.specifier.contains(version(wanted.name), prereleases=True):
                wrong.append(f"{wanted.name} {version(wanted.name)}")
        except PackageNotFoundError:
            wrong.append(f"{wanted.name} missing")
    text = f"differ from requirements.lock: {', '.join(wrong[:5])}{'...' if len(wrong) > 5 else ''}"
    return Finding(
        "packages", not wrong, text if wrong else "as in requirements.lock", "rm .venv/alvorada.stamp; ./bootstrap"
    )


def postgres(home: Home) -> Finding:
    given = os.environ.get("ALVORADA_PG_BIN")
    mend = "./bootstrap, or ALVORADA_PG_BIN=/usr/lib/postgresql/15/bin, or DATABASE_URL"
    try:
        binaries = Path(given) if given else embedded_bin()
        version = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True)
        account = account_for(binaries, nearest_folder(home.path))
    except (AlvoradaError, OSError, subprocess.CalledProcessError) as error:
        return Finding("postgresql", False, str(error), mend)
    return Finding("postgresql", True, f"{version.stdout.strip()}, runs as {account.name}")


def home_writable(home: Home) -> Finding:
    place = nearest_folder(home.path)
    if os.access(place, os.W_OK) and not (home.path.exists() and not home.path.is_dir()):
        return Finding("home", True, str(home.path))
    return Finding("home", False, f"cannot write to {place}", "ALVORADA_HOME=/folder/of/yours alvorada ...")


def nearest_folder(path: Path) -> Path:
    """The path itself where it is a folder, else the closest one above it."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def disk(home: Home) -> Finding:
    free = shutil.disk_usage(nearest_folder(home.path)).free / 1e9
    return Finding(
        "disk", free >= FREE_GIGABYTES, f"{free:.1f} GB free", f"make room: {FREE_GIGABYTES:.0f} GB are needed"
    )


def database(home: Home) -> Finding:
    """Reachable, and at the newest schema. The embedded one is looked at only while it runs."""
    given = os.environ.get("DATABASE_URL")
    if not given:
        here = embedded(home) if (home.postgres / "password").exists() else None
        if here is None or not here.status().running:
            return Finding("database", True, "embedded, " + ("not running now" if here else "made by the first run"))
        given, mend = here.url(database_name("live")), "alvorada migrate"
    else:
        mend = "set DATABASE_URL right, or unset it: then an embedded one is used"
    try:
        shown, found = asyncio.run(_schema(given))
    except AlvoradaError as error:
        return Finding("database", False, str(error), mend)
    text = f"{shown}: schema {found or 'missing'}"
    return Finding("database", found == _newest_schema(), text, "alvorada migrate")


async def _schema(url: str) -> tuple[str, str | None]:
    """The address without its password, and the revision of the schema there."""
    import asyncpg

    import migrations
    from blocks.database import CONNECT_ERRORS, connect_failure, plain_url, shown_url

    address = plain_url(url)
    try:
        connection = await asyncpg.connect(address, timeout=5)
    except CONNECT_ERRORS as error:
        raise connect_failure(address, error) from error
    try:
        return shown_url(address), await migrations.version(connection)
    finally:
        await connection.close()


def _newest_schema() -> str:
    import migrations

    return migrations.HEAD


def prefect_port(home: Home) -> Finding:
    up = running(home)
    if up:
        return Finding("prefect", True, f"`alvorada up` runs (pid {up.supervisor.pid}): {up.ui_url}")
    if port_is_free(4200):
        return Finding("prefect", True, "port 4200 is free for `alvorada up`")
    return Finding(
        "prefect", False, f"port 4200 is taken by {listener(4200) or 'a process that we may not see'}",
        "alvorada up --port 4300", needed=False,
    )  # fmt: skip


def fred_key(home: Home) -> Finding:
    good = bool(os.environ.get("FRED_API_KEY"))
    text = "set" if good else "not set: FRED is read as CSV, without vintages"
    mend = "get one (free) at fred.stlouisfed.org, then: export FRED_API_KEY=..."
    return Finding("FRED key", good, text, mend, needed=False)


def browser(home: Home) -> Finding:
    given = os.environ.get("BROWSER_PATH")
    found = given if given and Path(given).is_file() else next(filter(None, map(shutil.which, BROWSERS)), None)
    text = found or "none: charts are interactive only, no pictures for mail"
    return Finding(
        "browser", bool(found), text, "apt-get install chromium, or BROWSER_PATH=/path/to/chrome", needed=False
    )


def facts(home: Home) -> Finding:
    """Facts of the catalogue that are past their date (desk/catalog/expiry.toml)."""
    from alvorada.cli.main import now
    from desk.catalog.expiry import facts_due, load_expiring

    today = now().date()
    due = facts_due(load_expiring(), today)
    named = [f"{one.id} {'expired' if one.expired(today) else 'is to be reviewed'}" for one in due]
    text = ", ".join(named) or "none is past its date"
    mend = "; ".join(f"{one.id} ({one.what}): {one.mend}" for one in due)
    return Finding("facts", not due, text, mend, needed=False)


CHECKS: tuple[Callable[[Home], Finding], ...] = (
    python, packages, home_writable, disk, postgres, database, prefect_port, fred_key, browser, facts,
)  # fmt: skip
