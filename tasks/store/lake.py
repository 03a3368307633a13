"""Bronze: every response as received, stored before it is parsed. Content-addressed, in a local folder or s3://.

The path is `{source}/{yyyy}/{mm}/{dd}/{sha256}.zst`, by the UTC day of the first fetch. A body that is received again
is not written again; only its receipt (a `payload` row) is new. Writes are atomic: the whole body, or nothing. A disk
may still spoil a body: reading it raises DamagedBody, `Lake.checked` finds it, and the next fetch of it
repairs it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import obstore
import zstandard
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, from_url

from desk.errors import BadInput, DamagedBody, StoreError
from tasks.connectors.exchange import Payload
from tasks.store import PayloadRow, Store

LEVEL = 6
MOST_BYTES = 1 << 30
"""More than any source's body may have: a damaged file can claim any size."""
HEADERS = (
    "content-type", "content-encoding", "content-disposition", "date", "etag", "last-modified", "retry-after", "server",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lake:
    """`address` is the setting ALVORADA_LAKE_URL; `bodies` is an obstore over it."""

    address: str
    bodies: Any

    @classmethod
    def open(cls, address: str, options: Mapping[str, str] | None = None) -> Lake:
        """A folder, file:///folder or s3://bucket/prefix (credentials from the environment, or `options`).

        Raises BadInput with one line where a folder cannot be made or written.
        """
        if "://" in address and not address.startswith("file://"):
            try:
                return cls(address, from_url(address, config=dict(options or {})))  # type: ignore[call-overload]
            except (BaseError, ValueError) as error:
                raise BadInput(f"the lake {address} cannot be opened: {_first_line(error)}") from error
        folder = Path(address.removeprefix("file://")).absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / f".write-{uuid.uuid4().hex}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise BadInput(f"the lake {folder} cannot be written ({error.strerror}): set ALVORADA_LAKE_URL") from error
        return cls(address, LocalStore(folder))

    @property
    def folder(self) -> Path | None:
        """The folder of a lake on this machine; None for one elsewhere."""
        is_local = "://" not in self.address or self.address.startswith("file://")
        return Path(self.address.removeprefix("file://")).absolute() if is_local else None

    async def put(self, path: str, body: bytes) -> bool:
        """Writes `body` at `path`, also over a damaged one. False when a sound one is there: nothing is written then.
        Raises StoreError."""
        packed = await asyncio.to_thread(_packed, body)
        if await self._write(path, packed, "create"):
            return True
        try:
            await self.get(path)
        except DamagedBody:
            return await self._write(path, packed, "overwrite")
        return False

    async def _write(self, path: str, packed: bytes, mode: Literal["create", "overwrite"]) -> bool:
        try:
            await asyncio.to_thread(obstore.put, self.bodies, path, packed, mode=mode)
        except (AlreadyExistsError, FileExistsError):
            return False
        except (BaseError, OSError) as error:
            raise StoreError(f"the lake {self.address} cannot be written: {_first_line(error)}") from error
        return True

    async def get(self, path: str) -> bytes:
        """The body at `path`, checked against the sha256 in its name. Raises StoreError, DamagedBody."""
        try:
            packed = await asyncio.to_thread(_read, self.bodies, path)
        except (NotFoundError, FileNotFoundError) as error:
            raise StoreError(f"the lake {self.address} has no {path}; `alvorada tidy` may have deleted it") from error
        except (BaseError, OSError) as error:
            raise StoreError(f"the lake {self.address} cannot be read: {_first_line(error)}") from error
        damaged = f"the lake {self.address} holds a damaged body at {path}"
        try:
            body = _unpacked(packed)
        except zstandard.ZstdError as error:
            raise DamagedBody(f"{damaged}: {_first_line(error)}") from error
        if hashlib.sha256(body).hexdigest() != Path(path).stem:
            raise DamagedBody(f"{damaged}: not the bytes of its name")
        return body

    async def checked(self) -> AsyncIterator[tuple[str, StoreError | None]]:
        """Every body's path, with the error that reading it against its hash gives. Raises StoreError where the lake
        cannot be listed."""
        for path in await asyncio.to_thread(self.paths):
            try:
                await self.get(path)
            except StoreError as error:
                yield path, error
            else:
                yield path, None

    def paths(self) -> list[str]:
        """The paths of all bodies, in order. Raises StoreError."""
        try:
            return sorted(
                entry["path"] for page in obstore.list(self.bodies) for entry in page if entry["path"].endswith(".zst")
            )
        except (BaseError, OSError) as error:
            raise StoreError(f"the lake {self.address} cannot be listed: {_first_line(error)}") from error

    async def delete(self, paths: Sequence[str]) -> None:
        """Deletes these bodies, for good. Raises StoreError."""
        try:
            await asyncio.to_thread(obstore.delete, self.bodies, list(paths))
        except (BaseError, OSError) as error:
            raise StoreError(f"the lake {self.address} cannot be written: {_first_line(error)}") from error


def body_path(source: str, day: dt.date, sha256: str) -> str:
    """The path of a body in the lake. `day`: the UTC day of its first fetch."""
    return f"{source}/{day:%Y/%m/%d}/{sha256}.zst"


@dataclass
class Bronze:
    """The HTTP client's sink: stores each payload and its receipt, and remembers the receipt's payload_id.

    `origin`: live, sandbox, recorded or imported.
    """

    lake: Lake
    store: Store
    run_id: uuid.UUID | None
    origin: str
    _ids: dict[str, int] = field(default_factory=dict)

    async def keep(self, payload: Payload) -> None:
        """Stores the body, then the receipt: no receipt is without a body. Raises StoreError."""
        await asyncio.to_thread(getattr, payload, "sha256")  # taken here, beside the event loop, and kept
        dataset = payload.query.dataset
        headers = {name.lower(): value for name, value in payload.headers.items()}
        row = PayloadRow(
            sha256=payload.sha256,
            source=dataset.source,
            dataset=dataset.id,
            url=payload.request.url,
            status=payload.status,
            headers={name: headers[name] for name in HEADERS if name in headers},
            fetched_at=payload.fetched_at,
            bytes=len(payload.body),
            path=body_path(dataset.source, payload.fetched_at.astimezone(dt.UTC).date(), payload.sha256),
            run_id=self.run_id,
            origin=self.origin,
        )
        self._ids[_payload_key(payload)] = await keep(self.lake, self.store, row, payload.body)

    def payload_id(self, payload: Payload) -> int:
        """The payload_id of a payload that was kept. Raises StoreError when it was not."""
        try:
            return self._ids[_payload_key(payload)]
        except KeyError:
            raise StoreError(f"payload of {payload.request.url} was parsed before it was kept") from None


async def keep(lake: Lake, store: Store, row: PayloadRow, body: bytes) -> int:
    """Stores a body and its receipt. Returns the payload_id. A body that was stored before keeps its first path."""
    known = await store.payload_path(row.source, row.sha256)
    path = known or row.path
    await lake.put(path, body)  # also for a known body: the lake may have been emptied
    return await store.add_payload(replace(row, path=path))


def _packed(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=LEVEL).compress(body)


def _read(bodies: Any, path: str) -> bytes:
    # In a thread: with obstore's own async calls and ADBC in one process, one exit in three aborts (0.12, 1.13).
    return bytes(obstore.get(bodies, path).bytes())


def _unpacked(packed: bytes) -> bytes:
    """Raises ZstdError, also for a size beyond any body's."""
    if zstandard.frame_content_size(packed) > MOST_BYTES:
        raise zstandard.ZstdError("it claims a size beyond any body's")
    return zstandard.ZstdDecompressor().decompress(packed)


def _payload_key(payload: Payload) -> str:
    return f"{payload.request.method} {payload.request.url} {payload.fetched_at.isoformat()} {payload.sha256}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
