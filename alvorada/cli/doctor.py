"""`alvorada doctor`: what is missing on this machine, and the command that repairs it. Changes nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import asyncpg
import typer
from packaging.requirements import Requirement

import migrations
from alvorada.cli.clock import now
from alvorada.cli.output import print_json
from alvorada.stack.data_dir import DataDir, database_name, project_root
from alvorada.stack.local_stack import embedded_postgres
from alvorada.stack.ports import listener
from alvorada.stack.postgres_account import account_for, embedded_bin, port_is_free
from alvorada.stack.running_stack import find_running_stack
from blocks.credentials import KEY_BLOCKS
from blocks.database import CONNECT_ERRORS, connect_failure, plain_url, shown_url
from blocks.settings import Settings, load_settings
from desk.catalog import load_catalog
from desk.catalog.expiry import facts_due, load_expiring
from desk.errors import AlvoradaError
from desk.model import SourceSpec
from reports.page.png_export import find_browser
from tasks.connectors.exchange import SourceConfig
from tasks.run.source_configs import source_configs, why_off

FREE_GIGABYTES = 2.0
"""In units of 1e9 bytes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `repair`: a command or a step; `required`: False for what only some uses need."""

    name: str
    ok: bool
    text: str
    repair: str = ""
    required: bool = True


def examine(data_dir: DataDir, as_json: bool = False) -> bool:
    """Prints every finding; True when nothing required is missing."""
    findings = [*(check(data_dir) for check in CHECKS), *sources()]
    is_whole = all(finding.ok or not finding.required for finding in findings)
    if as_json:
        print_json(asdict(finding) for finding in findings)
        return is_whole
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        sign = "ok     " if finding.ok else ("MISSING" if finding.required else "without")
        typer.echo(f"{sign}  {finding.name:{width}}  {finding.text}")
        if not finding.ok and finding.repair:
            typer.echo(f"{'':{width + 11}}{finding.repair}")
    return is_whole


def python(data_dir: DataDir) -> Finding:
    """Whether this Python is a version that the project supports."""
    found = ".".join(map(str, sys.version_info[:3]))
    supported = (3, 11) <= sys.version_info[:2] < (3, 13)
    return Finding("python", supported, found, "install Python 3.11 or 3.12, then: PYTHON=/path/to/python3 ./bootstrap")


def packages(data_dir: DataDir) -> Finding:
    """Whether the installed packages are those of requirements.lock, by the markers that hold here."""
    lock = project_root() / "requirements.lock"
    if not lock.is_file():
        return Finding("packages", True, "no requirements.lock here: installed otherwise")
    wrong = []
    for text in lock.read_text(encoding="utf-8").splitlines():
        if not text[:1].isalnum():  # a comment, or a hash of the requirement above
            continue
        locked = Requirement(text.rstrip(" \\"))
        if locked.marker and not locked.marker.evaluate():
            continue
        try:
            if not locked.specifier.contains(version(locked.name), prereleases=True):
                wrong.append(f"{locked.name} {version(locked.name)}")
        except PackageNotFoundError:
            wrong.append(f"{locked.name} missing")
    text = f"differ from requirements.lock: {', '.join(wrong[:5])}{'...' if len(wrong) > 5 else ''}"
    return Finding(
        "packages", not wrong, text if wrong else "as in requirements.lock", "rm .venv/alvorada.stamp; ./bootstrap"
    )


def postgres(data_dir: DataDir) -> Finding:
    """Whether PostgreSQL's binaries run, and as which account."""
    given = os.environ.get("ALVORADA_PG_BIN")
    repair = "./bootstrap, or ALVORADA_PG_BIN=/usr/lib/postgresql/15/bin, or DATABASE_URL"
    try:
        binaries = Path(given) if given else embedded_bin()
        done = subprocess.run([str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True)
        account = account_for(binaries, nearest_folder(data_dir.path))
    except (AlvoradaError, OSError, subprocess.CalledProcessError) as error:
        return Finding("postgresql", False, str(error), repair)
    return Finding("postgresql", True, f"{done.stdout.strip()}, runs as {account.name}")


def data_dir_writable(data_dir: DataDir) -> Finding:
    """Whether the data directory can be written, or made."""
    folder = nearest_folder(data_dir.path)
    if os.access(folder, os.W_OK) and not (data_dir.path.exists() and not data_dir.path.is_dir()):
        return Finding("data folder", True, str(data_dir.path))
    return Finding("data folder", False, f"cannot write to {folder}", "ALVORADA_HOME=/folder/of/yours alvorada ...")


def nearest_folder(path: Path) -> Path:
    """The path itself where it is a folder, else the closest one above it."""
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def disk(data_dir: DataDir) -> Finding:
    """Whether the data directory's disk has FREE_GIGABYTES left."""
    free = shutil.disk_usage(nearest_folder(data_dir.path)).free / 1e9
    return Finding(
        "disk", free >= FREE_GIGABYTES, f"{free:.1f} GB free", f"make room: {FREE_GIGABYTES:.0f} GB are needed"
    )


def database(data_dir: DataDir) -> Finding:
    """Whether the database can be reached and has the newest schema. The embedded one is checked only while it runs."""
    given = os.environ.get("DATABASE_URL")
    if not given:
        server = embedded_postgres(data_dir) if data_dir.has_postgres else None
        if server is None or not server.status().running:
            return Finding("database", True, "embedded, " + ("not running now" if server else "made by the first run"))
        given, repair = server.url(database_name("live")), "alvorada migrate"
    else:
        repair = "set DATABASE_URL right, or unset it: then an embedded one is used"
    try:
        address, revision = asyncio.run(_schema(given))
    except AlvoradaError as error:
        return Finding("database", False, str(error), repair)
    text = f"{address}: schema {revision or 'missing'}"
    repair = migrations.NEWER if migrations.is_newer(revision) else "alvorada migrate"
    return Finding("database", revision == migrations.HEAD, text, repair)


async def _schema(url: str) -> tuple[str, str | None]:
    """The address without its password, and the revision of the schema there."""
    address = plain_url(url)
    try:
        connection = await asyncpg.connect(address, timeout=5)
    except CONNECT_ERRORS as error:
        raise connect_failure(address, error) from error
    try:
        return shown_url(address), await migrations.version(connection)
    finally:
        await connection.close()


def prefect_port(data_dir: DataDir) -> Finding:
    """Whether `alvorada up` runs, or could: its port must be free."""
    up = find_running_stack(data_dir)
    if up:
        return Finding("prefect", True, f"`alvorada up` runs (pid {up.supervisor.pid}): {up.ui_url}")
    if port_is_free(4200):
        return Finding("prefect", True, "port 4200 is free for `alvorada up`")
    return Finding(
        "prefect", False, f"port 4200 is taken by {listener(4200) or 'a process that we may not see'}",
        "alvorada up --port 4300", required=False,
    )  # fmt: skip


def browser(data_dir: DataDir) -> Finding:
    """Whether there is a Chromium that draws the pictures for mail."""
    found = find_browser()
    text = found or "none: charts are interactive only, no pictures for mail"
    return Finding(
        "browser", bool(found), text, "apt-get install chromium, or BROWSER_PATH=/path/to/chrome", required=False
    )


def facts(data_dir: DataDir) -> Finding:
    """Facts of the catalogue that are past their date (desk/catalog/expiry.toml)."""
    today = now().date()
    due = facts_due(load_expiring(), today)
    named = [f"{one.id} {one.state(today)}" for one in due]
    text = ", ".join(named) or "none is past its date"
    remedy = "; ".join(f"{one.id} ({one.what}): {one.mend}" for one in due)
    return Finding("facts", not due, text, remedy, required=False)


CHECKS: tuple[Callable[[DataDir], Finding], ...] = (
    python, packages, data_dir_writable, disk, postgres, database, prefect_port, browser, facts,
)  # fmt: skip


def sources() -> list[Finding]:
    """What a live run with this environment does with each source, by the code that the run decides it with."""
    try:
        settings, catalog = load_settings(), load_catalog()
        configs = source_configs(settings, catalog, "live")
    except AlvoradaError as error:
        return [Finding("settings", False, str(error), "set it right, or unset it")]
    return [_source(spec, configs[spec.id], settings) for spec in catalog.sources.values()]


def _source(spec: SourceSpec, config: SourceConfig, settings: Settings) -> Finding:
    off, setting = why_off(spec, config, settings), (spec.key_setting or "").upper()
    if off:
        block = f" (or the Prefect block {KEY_BLOCKS[spec.key_setting]})" if spec.key_setting in KEY_BLOCKS else ""
        repair = (
            f"export {setting}=...{block}" if setting else f"where the desk has it: ALVORADA_LICENSED='[\"{spec.id}\"]'"
        )
        return Finding(spec.id, False, f"off: {off}", repair, required=False)
    if not setting:
        key = "no key is needed"
    elif config.api_key:
        key = f"with the key in {setting}"
    else:
        key = f"without a key, which it can do without ({setting})"
    elsewhere = [url for name, url in config.base_urls.items() if url != spec.base_urls[name]]
    return Finding(spec.id, True, f"is asked, {key}{', at ' if elsewhere else ''}{', '.join(elsewhere)}")
