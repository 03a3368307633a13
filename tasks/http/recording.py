"""Recordings: a folder of bodies and a manifest. A live run writes one (`Recorder`), a replay answers from one.

manifest.json is {"version": 1, "answers": [...]}; an answer has

    pattern      a public URL in which `*` stands for anything; or `regex`, a regular expression for the whole of it.
                 Both meet the URL with its percent-encoding undone and without secrets
    method       GET when absent
    status       200 when absent
    headers      those of the response that matter
    file         the body, below the folder; `gunzip`: true when it is kept compressed
    pointer      the place of the body in a JSON file that wraps it ("/response/bodyJson")
    fetched_at   when it was received (UTC)
    note         for the reader

An answer without `*` beats one with; of two with the same URL the later stands (a retry's success over its failure);
of several patterns that fit, the first. A request that no answer fits raises NotRecorded: a replay never asks outside.
"""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from desk.errors import BadInput, NotRecorded
from desk.model import SourceSpec
from tasks.connectors.exchange import UNDATED, Payload, SourceConfig

MANIFEST = "manifest.json"
SECRET_PARAMS = ("api_key", "registrationkey", "UserID")
_KEYS = {"pattern", "regex", "method", "status", "headers", "file", "gunzip", "pointer", "fetched_at", "note"}
_SECRET_PAIR = re.compile(rf"[?&](?:{'|'.join(SECRET_PARAMS)})=[^&]*")
_TRANSPORT_HEADERS = {"content-length", "content-encoding", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Answer:
    """One recorded response; `file` is absolute."""

    method: str
    status: int
    headers: Mapping[str, str]
    file: Path
    gunzip: bool
    pointer: str
    fetched_at: dt.datetime | None

    def body(self) -> bytes:
        """Raises BadInput where the file is not what the manifest says."""
        try:
            content = self.file.read_bytes()
            if self.gunzip:
                content = gzip.decompress(content)
            return _pointed(json.loads(content), self.pointer) if self.pointer else content
        except (OSError, EOFError, ValueError, LookupError, TypeError) as error:
            raise BadInput(f"recording: {self.file} cannot be read as its manifest says: {error!r}") from error


@dataclass(frozen=True)
class Recording:
    """Answers by exact URL, and by pattern in the manifest's order."""

    folder: Path
    exact: Mapping[tuple[str, str], Answer]
    patterns: Sequence[tuple[re.Pattern[str], Answer]]
    beginnings: frozenset[str] = frozenset()
    """What is fixed at the start of each answer's URL."""

    def speaks_of(self, base: str) -> bool:
        """Whether any answer lies under the base URL `base`."""
        return any(one.startswith(base) for one in self.beginnings)

    def find(self, method: str, url: str) -> Answer | None:
        """`url` as sent; secrets in it are left out of the comparison."""
        plain = unquote(without_secrets(url))
        exact = self.exact.get((method, plain))
        if exact is not None:
            return exact
        return next((one for regex, one in self.patterns if one.method == method and regex.fullmatch(plain)), None)


def load_recording(folder: Path, manifest: Path | None = None) -> Recording:
    """The recording in `folder`, described by `manifest` (its own manifest.json when None). Raises BadInput by name."""
    file = manifest or folder / MANIFEST
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["version"] != 1:
            raise BadInput(f"recording {file}: version {content['version']!r} is not known")
        raw_answers = list(content["answers"])
    except FileNotFoundError:
        raise BadInput(f"recording: there is no {file}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"recording {file} is not a manifest: {error!r}") from error
    exact: dict[tuple[str, str], Answer] = {}
    patterns: list[tuple[re.Pattern[str], Answer]] = []
    beginnings: set[str] = set()
    for number, raw in enumerate(raw_answers, start=1):
        where = f"recording {file}, answer {number}"
        answer = _answer(raw, folder, where)
        pattern = raw.get("pattern")
        beginnings.add(raw["regex"].replace("\\", "") if pattern is None else pattern.partition("*")[0])
        if pattern is not None and "*" not in pattern:
            exact[answer.method, unquote(pattern)] = answer
        else:
            patterns.append((_regex(raw, where), answer))
    return Recording(folder, exact, patterns, frozenset(beginnings))


def _answer(raw: Any, folder: Path, where: str) -> Answer:
    if not isinstance(raw, dict) or set(raw) - _KEYS:
        raise BadInput(f"{where}: unknown keys {sorted(set(raw) - _KEYS) if isinstance(raw, dict) else raw!r}")
    if ("pattern" in raw) == ("regex" in raw) or "file" not in raw:
        raise BadInput(f"{where}: a file, and either a pattern or a regex")
    file = (folder / raw["file"]).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise BadInput(f"{where}: {raw['file']} lies outside of {folder}")
    if not file.is_file():
        raise BadInput(f"{where}: there is no {file}")
    try:
        fetched_at = dt.datetime.fromisoformat(raw["fetched_at"]) if "fetched_at" in raw else None
        return Answer(
            str(raw.get("method", "GET")),
            int(raw.get("status", 200)),
            dict(raw.get("headers", {})),
            file,
            bool(raw.get("gunzip", False)),
            str(raw.get("pointer", "")),
            fetched_at.astimezone(dt.UTC) if fetched_at else None,
        )
    except (ValueError, TypeError) as error:
        raise BadInput(f"{where}: {error}") from error


def _regex(raw: Mapping[str, Any], where: str) -> re.Pattern[str]:
    if "pattern" in raw:
        return re.compile(".*".join(re.escape(unquote(part)) for part in raw["pattern"].split("*")), re.DOTALL)
    try:
        return re.compile(raw["regex"], re.DOTALL)
    except re.error as error:
        raise BadInput(f"{where}: not a regular expression: {error}") from error


def _pointed(document: Any, pointer: str) -> bytes:
    """The part of `document` at a JSON pointer (RFC 6901): a string as it is, anything else as JSON."""
    for step in pointer.removeprefix("/").split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document.encode() if isinstance(document, str) else json.dumps(document, ensure_ascii=False).encode()


class ReplayTransport(httpx.AsyncBaseTransport):
    """Stands in place of the network. Base URLs must be the public ones, which a recording's manifest speaks of."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The recorded answer. Raises NotRecorded."""
        url = str(request.url)
        answer = self._recording.find(request.method, url)
        if answer is None:
            raise NotRecorded("recording", f"no answer in {self._recording.folder}", url=without_secrets(url))
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in _TRANSPORT_HEADERS}
        if answer.fetched_at is not None:
            headers.setdefault("date", format_datetime(answer.fetched_at, usegmt=True))
        undated = {} if answer.fetched_at or "date" in {name.lower() for name in headers} else {UNDATED: True}
        return httpx.Response(
            answer.status, headers=headers, content=answer.body(), request=request, extensions=undated
        )


def without_secrets(url: str) -> str:
    """The URL without the key in its query string."""
    return _SECRET_PAIR.sub("", url)


def public_bases(configs: Mapping[str, SourceConfig], sources: Mapping[str, SourceSpec]) -> dict[str, str]:
    """This run's base URL -> the source's public one, for a run that asks somewhere else (the sandbox)."""
    return {
        url: sources[source].base_urls[name]
        for source, config in configs.items()
        for name, url in config.base_urls.items()
    }


def recorded_keys(recording: Recording, sources: Mapping[str, SourceSpec]) -> dict[str, str]:
    """A key for each source that was recorded with one, so that a replay sends the same requests. It opens nothing:
    secrets are left out of what a recording compares."""
    return {
        spec.id: "key-of-the-recording"
        for spec in sources.values()
        if spec.keyed_base is not None and recording.speaks_of(spec.base_urls[spec.keyed_base])
    }


@dataclass
class Recorder:
    """Writes every response that passes (`keep` is a sink of the HTTP client, where URLs hold no secret) to `folder`.

    The manifest is a whole one after each response, so that a killed run leaves a recording of what it saw.
    """

    folder: Path
    bases: Mapping[str, str] = field(default_factory=dict)

    _TAIL = b"\n]}\n"

    def __post_init__(self) -> None:
        manifest = self.folder / MANIFEST
        try:
            (self.folder / "bodies").mkdir(parents=True, exist_ok=True)
            if not manifest.exists():
                manifest.write_bytes(b'{"version": 1, "answers": [' + self._TAIL)
            elif not manifest.read_bytes().endswith(self._TAIL):
                raise BadInput(f"{manifest} was not written by a recording run, and is left alone")
        except OSError as error:
            raise BadInput(f"cannot record to {self.folder}: {error}") from error

    async def keep(self, payload: Payload) -> None:
        """Writes the body and its line of the manifest."""
        body = self.folder / "bodies" / f"{payload.request.source}-{payload.sha256[:16]}"
        if not body.exists():
            body.write_bytes(payload.body)
        self._append(
            {
                "pattern": self.public_url(payload.request.url).replace("*", "%2A"),
                "method": payload.request.method,
                "status": payload.status,
                "headers": {k: v for k, v in payload.headers.items() if k.lower() not in _TRANSPORT_HEADERS},
                "file": f"bodies/{body.name}",
                "fetched_at": payload.fetched_at.astimezone(dt.UTC).isoformat(),
            }
        )

    def public_url(self, url: str) -> str:
        """`url` at the source's public address."""
        for base in sorted(self.bases, key=len, reverse=True):
            if url.startswith(base):
                return self.bases[base] + url.removeprefix(base)
        return url

    def _append(self, answer: Mapping[str, Any]) -> None:
        with (self.folder / MANIFEST).open("r+b") as manifest:
            empty = manifest.read(64).endswith(b"[" + self._TAIL)
            manifest.seek(-len(self._TAIL), 2)
            line = json.dumps(answer, ensure_ascii=False).encode()
            manifest.write((b"\n" if empty else b",\n") + line + self._TAIL)
