"""The migrations on a real TimescaleDB: hypertables, compression and its policies, and rows through both.

TimescaleDB runs as WebAssembly in Node, taken from the npm registry: where either is out of reach, this is skipped.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

import migrations
from migrations.sql import statements

HERE = Path(__file__).parent
HYPERTABLES = {"observation", "curve_point", "settlement", "price_bar"}
RENAMES = Path(migrations.__file__).parent / "versions" / "v0007" / "ipca_group_names.sql"
PAYLOAD = """
INSERT INTO payload (sha256, source, dataset, url, status, fetched_at, bytes, path, origin)
VALUES (repeat('0', 64), 'bcb_sgs', 'bcb_sgs_monthly', 'https://api.bcb.gov.br/', 200, now(), 2, 'p', 'live')
"""
INSERT = """
INSERT INTO observation (series_id, obs_date, knowledge_time, value, stamp, payload_id)
VALUES ($3, date '2015-03-02' + $1::int, timestamptz '2015-03-03 12:00+00' + $1 * interval '1 day', $2, 'rule', 1)
"""


@pytest.fixture(scope="module")
def timescale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty TimescaleDB that serves one client at a time."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no Node.js here: TimescaleDB's DDL is not run")
    home = tmp_path_factory.mktemp("timescale")
    for name in ("package.json", "server.mjs"):
        shutil.copy(HERE / name, home)
    options = ("--no-package-lock", "--no-audit", "--no-fund", "--legacy-peer-deps", "--fetch-retries=0")
    taken = subprocess.run([npm, "install", *options], cwd=home, capture_output=True, text=True, check=False)
    if taken.returncode != 0:
        pytest.skip(f"TimescaleDB for Node could not be installed: {taken.stderr.strip().splitlines()[-1:]}")
    server = subprocess.Popen(
        [node, "server.mjs"], cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert server.stdout is not None
    line = server.stdout.readline()
    try:
        assert line.startswith("ready on "), line + server.stdout.read()
        yield f"postgresql://postgres:postgres@127.0.0.1:{line.split()[2]}/postgres?sslmode=disable"
    finally:
        server.kill()
        server.wait()


@pytest.mark.process
async def test_the_schema_comes_up_as_hypertables_and_takes_rows_through_compression(timescale: str) -> None:
    assert await migrations.upgrade_async(timescale) == []
    assert await migrations.upgrade_async(timescale) == []
    connection = await asyncpg.connect(timescale)
    try:
        assert await migrations.version(connection) == migrations.HEAD
        tables = await connection.fetch(
            "SELECT hypertable_name, compression_enabled FROM timescaledb_information.hypertables"
        )
        assert {row["hypertable_name"]: row["compression_enabled"] for row in tables} == dict.fromkeys(
            HYPERTABLES, True
        )
        jobs = await connection.fetch(
            "SELECT hypertable_name FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"
        )
        assert {row["hypertable_name"] for row in jobs} == HYPERTABLES
        for day in range(0, 800, 100):
            await connection.execute(INSERT, day, float(day), "x")
            await connection.execute(INSERT, day, float(day), "ipca_health_mom")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(INSERT, 100, 0.0, "x")
        chunks = await connection.fetchval(
            "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = 'observation'"
        )
        assert chunks == 3  # 2015, 2016, 2017: chunks of a year
        await connection.execute("SELECT compress_chunk(c) FROM show_chunks('observation') AS c")
        read = await connection.fetch("SELECT value FROM v_observation_latest WHERE series_id = 'x' ORDER BY obs_date")
        assert [row["value"] for row in read] == [float(day) for day in range(0, 800, 100)]
        await connection.execute(PAYLOAD)
        async with connection.transaction():
            for statement in statements(RENAMES.read_text(encoding="utf-8")):
                await connection.execute(statement)
        renamed = await connection.fetch("SELECT series_id, count(*) FROM observation GROUP BY 1 ORDER BY 1")
        assert [tuple(row) for row in renamed] == [("ipca_communication_mom", 8), ("x", 8)]
    finally:
        await connection.close()
