"""Bronze: the bytes as they came, found by what they are, and parsed again to exactly the same rows."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import sys
import threading
import uuid
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest
import zstandard

from desk.catalog import load_catalog
from desk.errors import BadInput, DamagedBody, StoreError
from desk.model import OBSERVATION, UTC, Frames, Window, decision_time
from desk.point_in_time.knowledge_time import FetchContext, assign_knowledge_times
from tasks.connectors.bcb_sgs import BcbSgs
from tasks.connectors.exchange import Payload, Query, Request, SourceConfig
from tasks.store import Store
from tasks.store.lake import Bronze, Lake, body_path

BODY = b'[{"data":"07/01/2026","valor":"5.3821"},{"data":"08/01/2026","valor":"5.3902"}]'
FETCHED = dt.datetime(2026, 1, 12, 9, 0, 3, tzinfo=UTC)


def payload(body: bytes = BODY, fetched_at: dt.datetime = FETCHED) -> Payload:
    catalog = load_catalog()
    query = Query(
        catalog.datasets["bcb_sgs_daily"],
        (catalog.series["usdbrl_sgs_sell"],),
        Window(dt.date(2026, 1, 1), dt.date(2026, 1, 9)),
    )
    headers = {"Content-Type": "application/json", "Set-Cookie": "session=1", "ETag": '"abc"'}
    return Payload(
        Request(query, "https://api.bcb.gov.br/dados/serie/bcdata.sgs.1/dados"), 200, headers, body, fetched_at
    )


def parse(received: Payload) -> Frames:
    spec = load_catalog().sources["bcb_sgs"]
    return BcbSgs(SourceConfig.from_spec(spec)).parse(received)


def bodies_in(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


async def test_a_body_is_written_once_whole_and_compressed(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path / "lake"))
    sha = hashlib.sha256(BODY).hexdigest()
    path = body_path("bcb_sgs", FETCHED.date(), sha)
    assert path == f"bcb_sgs/2026/01/12/{sha}.zst"
    assert await lake.put(path, BODY)
    assert not await lake.put(path, BODY)
    files = bodies_in(tmp_path / "lake")
    assert files == [tmp_path / "lake" / path]
    assert zstandard.ZstdDecompressor().decompress(files[0].read_bytes()) == BODY
    assert await lake.get(path) == BODY
    assert await Lake.open(f"file://{tmp_path}/lake").get(path) == BODY


async def test_a_missing_and_a_damaged_body_say_so(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path))
    path = body_path("fred", FETCHED.date(), "0" * 64)
    with pytest.raises(StoreError, match=f"has no {path}"):
        await lake.get(path)
    await lake.put(path, b"other bytes")
    with pytest.raises(StoreError, match="damaged body"):
        await lake.get(path)


@pytest.mark.parametrize(
    "spoil", [lambda packed: packed[: len(packed) // 2], lambda packed: b"", lambda packed: b"x" * 99]
)
async def test_the_next_good_fetch_mends_a_damaged_body(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    lake = Lake.open(str(tmp_path))
    sha = hashlib.sha256(BODY).hexdigest()
    path, other = (
        body_path("fred", FETCHED.date(), sha),
        body_path("fred", FETCHED.date(), hashlib.sha256(b"x").hexdigest()),
    )
    await lake.put(path, BODY)
    await lake.put(other, b"x")
    (tmp_path / path).write_bytes(spoil((tmp_path / path).read_bytes()))
    with pytest.raises(DamagedBody, match=f"holds a damaged body at {path}: "):
        await lake.get(path)
    found = {where: error async for where, error in lake.checked()}
    assert found.keys() == {path, other}
    assert found[other] is None
    assert isinstance(found[path], DamagedBody)
    assert await lake.put(path, BODY), "the body is written anew"
    assert await lake.get(path) == BODY
    assert [error async for _, error in lake.checked()] == [None, None]


async def test_a_body_that_claims_any_size_is_not_believed(tmp_path: Path) -> None:
    lake = Lake.open(str(tmp_path))
    path = body_path("fred", FETCHED.date(), "0" * 64)
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(b"\x28\xb5\x2f\xfd\xe0" + (1 << 60).to_bytes(8, "little") + b"\x01\x00\x00")
    with pytest.raises(DamagedBody, match="a size beyond any body's"):
        await lake.get(path)


class S3Server(BaseHTTPRequestHandler):
    """The part of S3 that a lake uses: PUT of a new key, and GET."""

    objects: ClassVar[dict[str, bytes]] = {}

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        taken = self.headers.get("If-None-Match") == "*" and self.path in self.objects
        self.send_response(412 if taken else 200)
        if not taken:
            self.objects[self.path] = body
            self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        body = self.objects.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.send_header("Last-Modified", "Mon, 12 Jan 2026 09:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def s3_lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), S3Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}", "AWS_ALLOW_HTTP": "true", "AWS_REGION": "x",
        "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    yield Lake.open("s3://bucket/bronze")
    server.shutdown()


async def test_a_bucket_serves_as_a_folder_does(s3_lake: Lake) -> None:
    sha = hashlib.sha256(BODY).hexdigest()
    path = body_path("fred", FETCHED.date(), sha)
    assert await s3_lake.put(path, BODY)
    assert not await s3_lake.put(path, BODY)
    assert list(S3Server.objects) == [f"/bucket/bronze/{path}"]
    assert await s3_lake.get(path) == BODY
    with pytest.raises(StoreError, match=r"the lake s3://bucket/bronze has no fred/none\.zst"):
        await s3_lake.get("fred/none.zst")


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=r"the lake .*file/lake cannot be written .*ALVORADA_LAKE_URL"):
        Lake.open(str(tmp_path / "file" / "lake"))
    with pytest.raises(BadInput, match="cannot be opened"):
        Lake.open("nonsense://bucket")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_one_clear_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(BadInput, match="Permission denied"):
        Lake.open(str(tmp_path))


@pytest.mark.db
async def test_bronze_keeps_the_receipt_and_not_the_cookies(store: Store, tmp_path: Path) -> None:
    run_id = uuid.uuid4()
    bronze = Bronze(Lake.open(str(tmp_path)), store, run_id, "sandbox")
    first = payload()
    await bronze.keep(first)
    row = await store.payload(bronze.payload_id(first))
    assert (row.sha256, row.dataset, row.bytes, row.run_id) == (first.sha256, "bcb_sgs_daily", len(BODY), run_id)
    assert row.headers == {"content-type": "application/json", "etag": '"abc"'}
    assert await bronze.lake.get(row.path) == BODY


@pytest.mark.db
async def test_the_same_body_a_day_later_is_a_new_receipt_and_no_new_body(store: Store, tmp_path: Path) -> None:
    bronze = Bronze(Lake.open(str(tmp_path)), store, None, "sandbox")
    first, second = payload(), payload(fetched_at=FETCHED + dt.timedelta(days=1))
    await bronze.keep(first)
    await bronze.keep(second)
    rows = [await store.payload(bronze.payload_id(each)) for each in (first, second)]
    assert rows[0].path == rows[1].path
    assert [row.fetched_at for row in rows] == [first.fetched_at, second.fetched_at]
    assert len(bodies_in(tmp_path)) == 1


@pytest.mark.db
async def test_a_payload_that_was_not_kept_has_no_number(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="parsed before it was kept"):
        Bronze(Lake.open(str(tmp_path)), store, None, "sandbox").payload_id(payload())


@pytest.mark.db
async def test_bronze_parsed_again_is_silver_to_the_bit(store: Store, tmp_path: Path) -> None:
    catalog = load_catalog()
    received = payload()
    bronze = Bronze(Lake.open(str(tmp_path)), store, None, "sandbox")
    await bronze.keep(received)
    number = bronze.payload_id(received)
    dataset, as_of = received.query.dataset, decision_time(dt.date(2026, 1, 12))

    def rows(again: Payload, existing: pl.DataFrame) -> pl.DataFrame:
        parsed = parse(again)["observation"].with_columns(payload_id=pl.lit(number))
        return assign_knowledge_times(OBSERVATION, parsed, dataset, catalog, existing, FetchContext(FETCHED, as_of))

    nothing = await store.read_silver("observation", as_of, dt.date(2000, 1, 1))
    assert await store.write_silver("observation", rows(received, nothing)) == 2
    silver = await store.read_silver("observation", as_of, dt.date(2000, 1, 1))
    receipt = await store.payload(number)
    again = Payload(
        received.request, receipt.status, receipt.headers, await bronze.lake.get(receipt.path), receipt.fetched_at
    )
    assert rows(again, nothing).equals(silver)
    assert await store.write_silver("observation", rows(again, silver)) == 0


SESSION = """
import asyncio, sys
import tasks.store.connect  # with its driver, obstore's own async calls abort the process as it ends
from tasks.store.lake import Lake, body_path

async def main():
    lake = Lake.open(sys.argv[1])
    for n in range(5):
        await lake.put(f"s/2026/01/01/{n}.zst", b"x")

asyncio.run(main())
"""


@pytest.mark.process
async def test_a_process_that_used_the_lake_ends_cleanly(tmp_path: Path) -> None:
    for _ in range(6):
        child = await create_subprocess_exec(sys.executable, "-c", SESSION, str(tmp_path), stdout=PIPE, stderr=PIPE)
        _, complaints = await child.communicate()
        assert child.returncode == 0, complaints.decode()
