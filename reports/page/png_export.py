"""Figures as PNG, for mail and slides: all of them in one browser, or none and the reason why.

Kaleido draws them in a Chrome or Chromium that is found on this machine; nothing is fetched. Starting the browser is
what costs, so it is started once for all figures.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
WIDTH, SCALE = 640, 2.0
"""CSS pixels of a picture in the mail, and device pixels for each: sharp on a phone."""
SECONDS_EACH, SECONDS_ALL = 30.0, 180.0
PAPER = "#ffffff"
MAIL_FIGURES = ("fig-di-curve", "fig-regime", "fig-conviction", "fig-nav", "fig-limits", "fig-stress")
"""What the mail shows: a mail that is read on a phone, not the whole page."""


class Pictures(dict[str, bytes]):
    """PNG by figure id, in the order asked for. `reason` says what is not there and why; empty where all are."""

    reason: str = ""


def find_browser() -> str | None:
    """The path of a Chrome or Chromium: BROWSER_PATH, else the first of BROWSERS on the PATH."""
    given = os.environ.get("BROWSER_PATH", "").strip()
    if given:
        return given if Path(given).is_file() else None
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def pictures(
    specs: Mapping[str, Mapping[str, Any]],
    width: int = WIDTH,
    height: int | None = None,
    scale: float = SCALE,
    browser: str | None = None,
) -> Pictures:
    """Each figure (`data` and `layout`, as `figure_specs` gives them) as PNG, `width` x `height` CSS pixels; without a
    height each keeps its own. Never raises for a browser that is not there or fails: a report goes out without
    pictures. Works inside a running event loop too; there, call it in a thread."""
    path = browser or find_browser()
    if path is None:
        return without(BROWSER_ABSENT)
    if not specs:
        return Pictures()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="pictures") as thread:
        return thread.submit(lambda: asyncio.run(_drawn(specs, width, height, scale, path))).result()


BROWSER_ABSENT = "no Chrome or Chromium was found: install chromium, or set BROWSER_PATH to one"


def without(reason: str) -> Pictures:
    """None at all, and why."""
    none = Pictures()
    none.reason = reason
    return none


async def _drawn(
    specs: Mapping[str, Mapping[str, Any]], width: int, height: int | None, scale: float, path: str
) -> Pictures:
    from choreographer.errors import BrowserClosedError, BrowserFailedError, ChannelClosedError, ChromeNotFoundError
    from kaleido import Kaleido

    try:
        async with (
            asyncio.timeout(SECONDS_ALL),
            Kaleido(path=path, n=1, timeout=SECONDS_EACH, mathjax=False) as renderer,
        ):
            jobs = [
                renderer.calc_fig(on_paper(spec), opts=_options(spec, width, height, scale)) for spec in specs.values()
            ]
            drawn = await asyncio.gather(*jobs, return_exceptions=True)
    except TimeoutError:
        return without(f"the browser {path} took longer than {SECONDS_ALL:.0f} s")
    except (BrowserFailedError, BrowserClosedError, ChannelClosedError, ChromeNotFoundError, OSError) as error:
        return without(f"the browser {path} could not be used ({type(error).__name__}: {first_line(error)})")
    return _collected(specs, drawn)


def _options(spec: Mapping[str, Any], width: int, height: int | None, scale: float) -> dict[str, Any]:
    own = spec["layout"].get("height", 400)
    return {"format": "png", "width": width, "height": height or own, "scale": scale}


def on_paper(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The figure on white, for where there is no page behind it."""
    layout = dict(spec["layout"]) | {"paper_bgcolor": PAPER, "plot_bgcolor": PAPER}
    return {"data": list(spec["data"]), "layout": layout}


def _collected(names: Iterable[str], drawn: Iterable[bytes | BaseException]) -> Pictures:
    found, lost = Pictures(), []
    for name, picture in zip(names, drawn, strict=True):
        if isinstance(picture, bytes):
            found[name] = picture
        else:
            lost.append(f"{name} ({type(picture).__name__}: {first_line(picture)})")
    if lost:
        found.reason = f"not drawn: {', '.join(lost)}"
    return found


def first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or ["no message"])[0][:200]
