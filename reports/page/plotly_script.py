"""Plotly's script in the page: the build of cartesian charts, packed, or one address where the page is served.

A page holds it as gzip in base64 (0.7 MB), which report.js unpacks. The API puts its own address in that place: the
browser then fetches the script once for all pages (reports/vendor/plotly.toml says what it is).
"""

from __future__ import annotations

import base64
import gzip
import re
import tomllib
from functools import cache
from importlib import resources

ELEMENT = re.compile(r'<script id="plotly" type="text/plain" data-sha256="([0-9a-f]{64})">[A-Za-z0-9+/=]*</script>')


@cache
def sha256() -> str:
    """Of the script, as reports/vendor/plotly.toml has it."""
    described = tomllib.loads((resources.files("reports.vendor") / "plotly.toml").read_text(encoding="utf-8"))
    return str(described["sha256"])


@cache
def script() -> bytes:
    """The script itself."""
    return (resources.files("reports.vendor") / "plotly-cartesian.min.js").read_bytes()


@cache
def packed_element() -> str:
    """The element of a whole page, which makes no request."""
    packed = base64.b64encode(gzip.compress(script(), 9, mtime=0)).decode()
    return f'<script id="plotly" type="text/plain" data-sha256="{sha256()}">{packed}</script>'


def with_shared_script(page: str, address: str) -> str:
    """A page with the script at `address` instead of its own copy; as it is where it holds another script."""
    found = ELEMENT.search(page)
    if found is None or found[1] != sha256():
        return page
    return f'{page[: found.start()]}<script src="{address}"></script>{page[found.end() :]}'
