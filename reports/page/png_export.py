"""Figures as PNG for mail and slides, drawn by Kaleido in a Chrome or Chromium of this machine. Nothing is downloaded.

The browser is started once for all figures, because its start takes most of the time. Without a browser there are no
images, and the result carries the reason.
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
"""CSS pixels of an image in the mail, and device pixels for each of them: sharp on a phone."""
SECONDS_EACH, SECONDS_ALL = 30.0, 180.0
PAPER = "#ffffff"
MAIL_FIGURES = ("fig-di-curve", "fig-regime", "fig-conviction", "fig-nav", "fig-limits", "fig-stress")
"""Ids of the figures that the mail shows."""


class PngImages(dict[str, bytes]):
    """PNG by figure id, in the order of the figures. `reason`: which images are missing, and why; empty for none."""

    reason: str = ""


def find_browser() -> str | None:
    """The path of a Chrome or Chromium: BROWSER_PATH, else the first of BROWSERS on the PATH."""
    given = os.environ.get("BROWSER_PATH", "").strip()
    if given:
        return given if Path(given).is_file() else None
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def export_png(
    specs: Mapping[str, Mapping[str, Any]],
    width: int = WIDTH,
    height: int | None = None,
    scale: float = SCALE,
    browser: str | None = None,
) -> PngImages:
    """Each figure (`data` and `layout`, as from `figure_specs`) as PNG of `width` x `height` CSS pixels.

    Without a `height` each figure keeps its own. `browser`: a path, in place of `find_browser`. Does not raise where
    the browser is missing or fails: the report is then sent without images. It blocks: inside an event loop, call it
    in a thread.
    """
    path = browser or find_browser()
    if path is None:
        return no_images(NO_BROWSER)
    if not specs:
        return PngImages()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="png-export") as thread:
        return thread.submit(lambda: asyncio.run(_drawn(specs, width, height, scale, path))).result()


NO_BROWSER = "no Chrome or Chromium was found: install chromium, or set BROWSER_PATH to one"


def no_images(reason: str) -> PngImages:
    """No image, with the reason."""
    images = PngImages()
    images.reason = reason
    return images


async def _drawn(
    specs: Mapping[str, Mapping[str, Any]], width: int, height: int | None, scale: float, path: str
) -> PngImages:
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
        return no_images(f"the browser {path} took longer than {SECONDS_ALL:.0f} s")
    except (BrowserFailedError, BrowserClosedError, ChannelClosedError, ChromeNotFoundError, OSError) as error:
        return no_images(f"the browser {path} could not be used ({type(error).__name__}: {first_line(error)})")
    return _collected(specs, drawn)


def _options(spec: Mapping[str, Any], width: int, height: int | None, scale: float) -> dict[str, Any]:
    own = spec["layout"].get("height", 400)
    return {"format": "png", "width": width, "height": height or own, "scale": scale}


def on_paper(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the figure with a white background; on the page it is transparent."""
    layout = dict(spec["layout"]) | {"paper_bgcolor": PAPER, "plot_bgcolor": PAPER}
    return {"data": list(spec["data"]), "layout": layout}


def _collected(names: Iterable[str], drawn: Iterable[bytes | BaseException]) -> PngImages:
    found, lost = PngImages(), []
    for name, picture in zip(names, drawn, strict=True):
        if isinstance(picture, bytes):
            found[name] = picture
        else:
            lost.append(f"{name} ({type(picture).__name__}: {first_line(picture)})")
    if lost:
        found.reason = f"not drawn: {', '.join(lost)}"
    return found


def first_line(error: BaseException) -> str:
    """The first line of an error's message, at most 200 characters."""
    return (str(error).strip().splitlines() or ["no message"])[0][:200]
