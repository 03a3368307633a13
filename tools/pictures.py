"""`python -m tools.pictures HOME DAY...`: the pictures of docs/img, from the sandbox mornings in a data directory.

The mornings are made before, with `ALVORADA_HOME=HOME alvorada demo --as-of DAY` for each day in order. Each page is
rendered by this code from what its decision stored, and photographed by Chromium: on a desk's screen, on a phone, in
the dark, printed, and as mail. `--stopped DAY` spoils a number, runs that day, which the gate stops, and photographs it
too (tools/stopped_morning.py): in a data directory of its own, for the slip stays in it. `--prefect URL`: the pages of
a Prefect server, such as that of `alvorada up`, too; alone where no day is given. It needs three programs, and says
which one is missing.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from choreographer import Browser

from alvorada.cli.report_contents import read_report_data
from alvorada.stack.data_dir import DataDir, LastWorld
from desk.errors import BadInput
from reports.calculations.defence import defence_view
from reports.elements.locale import LANGUAGES
from reports.elements.report_data import ReportData
from reports.mail import html as mail_html
from reports.mail.digest import digest
from reports.page.png_export import MAIL_FIGURES, export_png, find_browser
from reports.page.render import figure_specs, render
from tasks.run.code_version import code_version
from tools.stopped_morning import make_stopped_morning

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "img"
MOST_BYTES = 150_000
COLORS = (128, 64, 32, 16, 8)
RENDERED_AFTER = dt.timedelta(minutes=4)
DRAWN = "document.querySelectorAll('.plot:not(.drawn)').length === 0"
SHEETS = (1, 7)
PREFECT_PAGES = {"deployments": "/deployments", "artifacts": "/artifacts"}
PREFECT_SECONDS = 6.0
"""What a page of Prefect needs to ask its server for what it shows."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a page: `width` and `height` in CSS px, from the top of the element `at`; `density`: px for each."""

    width: int
    height: int
    at: str = "body"
    density: float = 1.0
    dark: bool = False


DESK, PHONE = Shot(1240, 1150), Shot(390, 1500, density=1.25)
SHOTS: Mapping[str, tuple[str, Shot]] = {
    "report": ("en", Shot(1240, 1300)),
    "report-figures": ("en", Shot(1240, 1000, at="#fig-nav")),
    "report-dark": ("en", Shot(1240, 1000, at="#risk", dark=True)),
    "report-phone": ("pt", Shot(390, 1600, density=1.25)),
}
"""Pictures of the last morning, with the language of their page."""
STOPPED: Mapping[str, tuple[str, Shot]] = {
    "report-stopped": ("en", Shot(1240, 900)),
    "report-stopped-phone": ("pt", Shot(390, 1200, density=1.25)),
}
"""Pictures of a morning that the gate has stopped."""


def tools() -> dict[str, str]:
    """The programs by name. Raises BadInput with the missing ones, and how a Debian machine gets them."""
    found = {"chromium": find_browser(), "pdftoppm": shutil.which("pdftoppm"), "pngquant": shutil.which("pngquant")}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        raise BadInput(f"not on this machine: {', '.join(missing)} (apt-get install chromium poppler-utils pngquant)")
    return {name: path for name, path in found.items() if path is not None}


@asynccontextmanager
async def browser_tab(path: str) -> AsyncIterator[Any]:
    """A tab of a headless browser."""
    async with Browser(path=path, headless=True) as browser:
        tab = await browser.create_tab("")
        await tab.send_command("Page.enable")
        yield tab


async def photograph(tab: Any, address: str, shot: Shot, until: str = "true", seconds: float = 0.3) -> bytes:
    """PNG of what stands at the address, when the expression `until` holds, and `seconds` after that."""
    size = {"width": shot.width, "height": shot.height, "deviceScaleFactor": shot.density, "mobile": shot.width < 600}
    await tab.send_command("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if shot.dark else "light"}
    await tab.send_command("Emulation.setEmulatedMedia", {"features": [scheme]})
    await _opened(tab, address, until, seconds)
    place = f"document.querySelector('{shot.at}').getBoundingClientRect().top + scrollY"
    top = await evaluated(tab, place)
    clip = {"x": 0, "y": top, "width": shot.width, "height": shot.height, "scale": 1}
    answer = await tab.send_command("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
    return base64.b64decode(answer["result"]["data"])


async def printed(tab: Any, address: str) -> bytes:
    """The page as a PDF, as its own style sheet sets it."""
    await _opened(tab, address, DRAWN, 0.3)
    answer = await tab.send_command("Page.printToPDF", {"printBackground": True, "preferCSSPageSize": True})
    return base64.b64decode(answer["result"]["data"])


async def _opened(tab: Any, address: str, until: str, seconds: float) -> None:
    loaded = tab.subscribe_once("Page.loadEventFired")
    await tab.send_command("Page.navigate", {"url": address})
    await loaded
    await evaluated(
        tab, f"new Promise(done => {{ const look = () => {until} ? done(1) : setTimeout(look, 50); look() }})"
    )
    await asyncio.sleep(seconds)


async def evaluated(tab: Any, expression: str) -> Any:
    """What the page's JavaScript gives for the expression, which may be a promise."""
    answer = await tab.send_command(
        "Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True}
    )
    return answer["result"]["result"].get("value")


def kept(png: bytes, path: Path, pngquant: str) -> None:
    """Writes the picture with as many colours as MOST_BYTES allow. Raises BadInput where not even the fewest do."""
    for colors in COLORS:
        command = [pngquant, str(colors), "--speed", "1", "--strip", "-"]
        small = subprocess.run(command, input=png, capture_output=True, check=True).stdout
        if len(small) <= MOST_BYTES:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(small)
            print(f"{path.name}: {len(small) / 1000:.0f} kB, {colors} colours")
            return
    raise BadInput(f"{path.name} has {len(small)} bytes with {COLORS[-1]} colours, and {MOST_BYTES} are allowed")


def mail_page(data: ReportData) -> str:
    """The mail's HTML with its pictures inside, which a mail carries beside it."""
    specs = {name: spec for name, spec in figure_specs(data).items() if name in MAIL_FIGURES}
    letter = digest(data, export_png(specs))
    page = mail_html.html(letter)
    for picture in letter.pictures:
        page = page.replace(f"cid:{picture.cid}", f"data:image/png;base64,{base64.b64encode(picture.png).decode()}")
    return page


async def prefect_pages(server: str, chromium: str) -> dict[str, bytes]:
    """PNG of the pages of a Prefect server, by the picture's name."""
    found = {}
    async with browser_tab(chromium) as tab:
        for name, path in PREFECT_PAGES.items():
            address = server.rstrip("/") + path
            found[f"prefect-{name}"] = await photograph(tab, address, Shot(1240, 900), seconds=PREFECT_SECONDS)
    return found


async def of_stopped(data: ReportData, chromium: str, scratch: Path) -> dict[str, bytes]:
    """PNG of a stopped morning by the picture's name. Raises BadInput for a morning that was not stopped."""
    if not defence_view(data).stopped:
        raise BadInput(f"the gate has not stopped {data.day}")
    found = {}
    async with browser_tab(chromium) as tab:
        for name, (language, shot) in STOPPED.items():
            path = scratch / f"stopped.{language}.html"
            path.write_text(render(data, data.as_of + RENDERED_AFTER, language), encoding="utf-8")
            found[name] = await photograph(tab, path.as_uri(), shot, DRAWN)
    return found


async def photographs(mornings: Sequence[ReportData], chromium: str, scratch: Path) -> tuple[dict[str, bytes], bytes]:
    """PNG by the picture's name, and the last morning's page as PDF. `scratch`: a folder for the pages."""
    found: dict[str, bytes] = {}

    def page(data: ReportData, language: str) -> str:
        path = scratch / f"{data.day}.{language}.html"
        if not path.exists():
            path.write_text(render(data, data.as_of + RENDERED_AFTER, language), encoding="utf-8")
        return path.as_uri()

    last = mornings[-1]
    mail = scratch / "mail.html"
    mail.write_text(await asyncio.to_thread(mail_page, last), encoding="utf-8")
    async with browser_tab(chromium) as tab:
        for name, (language, shot) in SHOTS.items():
            found[name] = await photograph(tab, page(last, language), shot, DRAWN)
        found["report-mail"] = await photograph(tab, mail.as_uri(), Shot(680, 1700))
        for place, data in enumerate(mornings):
            for language, shot in zip(LANGUAGES if place % 2 == 0 else LANGUAGES[::-1], (DESK, PHONE), strict=True):
                kind = "desk" if shot is DESK else "phone"
                name = f"mornings/{data.day}-{language}-{kind}"
                found[name] = await photograph(tab, page(data, language), shot, DRAWN)
        pdf = await printed(tab, page(last, "en"))
    return found, pdf


def sheets(pdf: bytes, pdftoppm: str) -> dict[str, bytes]:
    """PNG of the printed sheets that are kept, by the picture's name."""
    found = {}
    for sheet in SHEETS:
        command = [pdftoppm, "-png", "-r", "100", "-f", str(sheet), "-l", str(sheet), "-singlefile", "-"]
        found[f"report-print-{sheet}"] = subprocess.run(command, input=pdf, capture_output=True, check=True).stdout
    return found


def main(arguments: Sequence[str]) -> int:
    """Makes the pictures; 1 and one line where it cannot."""
    parser = argparse.ArgumentParser(prog="python -m tools.pictures", description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("days", nargs="*", type=dt.date.fromisoformat)
    parser.add_argument("--stopped", type=dt.date.fromisoformat, metavar="DAY")
    parser.add_argument("--prefect", default="", metavar="URL")
    given = parser.parse_args(arguments)
    try:
        found = _all(given, tools())
    except BadInput as error:
        print(f"tools.pictures: {error}", file=sys.stderr)
        return 1
    for name, png in found.items():
        kept(png, FOLDER / f"{name}.png", shutil.which("pngquant") or "")
    return 0


def _all(given: argparse.Namespace, programs: Mapping[str, str]) -> dict[str, bytes]:
    """PNG by the picture's name of all that is asked for. Raises BadInput."""
    data_dir, days = DataDir(given.home), list(given.days)
    if given.stopped:
        make_stopped_morning(given.home, given.stopped)
    wanted = [*days, *([given.stopped] if given.stopped else [])]
    known = read_report_data(data_dir, LastWorld.read(data_dir), wanted) if wanted else []
    marked = [replace(data, run_id="sandbox", code_version=code_version()) for data in known]
    mornings, stopped = marked[: len(days)], marked[len(days) :]
    found = asyncio.run(prefect_pages(given.prefect, programs["chromium"])) if given.prefect else {}
    with tempfile.TemporaryDirectory() as scratch:
        if mornings:
            drawn, pdf = asyncio.run(photographs(mornings, programs["chromium"], Path(scratch)))
            found |= drawn | sheets(pdf, programs["pdftoppm"])
        for data in stopped:
            found |= asyncio.run(of_stopped(data, programs["chromium"], Path(scratch)))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
