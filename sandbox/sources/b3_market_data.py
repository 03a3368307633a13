"""B3's file downloads: swap curves in a self-extracting archive, the price report in a zip inside a zip."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

from desk import calendars
from sandbox.source_http import SourceRequest, SourceResponse, not_found
from sandbox.sources.b3_price_report import report_versions
from sandbox.sources.b3_swap_file import swap_file
from sandbox.world import SimulatedWorld, instant

_FILE = re.compile(r"(TS|SPRD)(\d{6})\.(ex_|zip)\Z")
_ZIP = "application/zip"
_PROGRAM = (
    b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + bytes(48) + b"This program cannot be run.\r\n"
)


def respond(world: SimulatedWorld, request: SourceRequest) -> SourceResponse:
    """Responds to a file download: a swap file or a price report."""
    match = _FILE.match(request.query.get("filelist", ""))
    if request.path != "pesquisapregao/download" or match is None:
        return not_found()
    kind, digits, _ = match.groups()
    name = request.query["filelist"]
    try:
        day = dt.datetime.strptime(digits, "%y%m%d").replace(tzinfo=dt.UTC).date()
    except ValueError:
        return SourceResponse(archive({}), media=_ZIP)
    if not _is_out(world, request, day):
        return SourceResponse(archive({}), media=_ZIP)
    economy = world.economy(request.now)
    if kind == "TS":
        inner = _PROGRAM + archive({"TaxaSwap.txt": swap_file(economy, day, request.without)})
    else:
        inner = archive(report_versions(economy, day))
    return SourceResponse(archive({name: inner}, packed=False), media=_ZIP)


def _is_out(world: SimulatedWorld, request: SourceRequest, day: dt.date) -> bool:
    if day < dt.date(2008, 1, 1) or day > request.now.date() or not calendars.b3().is_business_day(day):
        return False
    rule = world.catalog.rules["b3_close"]
    known = dt.datetime.combine(day, rule.time, request.brasilia.tzinfo)
    return instant(known) <= instant(request.now)


def archive(files: dict[str, bytes], *, packed: bool = True) -> bytes:
    """A zip of `files`; the empty one is 22 bytes. Stamped alike, so that the same day is the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 20, 0, 0))
            out.writestr(entry, content, zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED, 1 if packed else None)
    return buffer.getvalue()
