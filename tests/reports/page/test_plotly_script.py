"""The charts' script is what its file describes, of the version that checks our figures, with all their kinds."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
import tomllib
from importlib import resources
from typing import Any

from plotly.offline import get_plotlyjs_version

from reports.page.plotly_script import packed_element, script, sha256, with_shared_script
from reports.page.render import figure_specs
from tests.reports.sample import sample

FOLDER = resources.files("reports.vendor")


def test_the_script_is_the_described_one_with_its_licence() -> None:
    described: dict[str, Any] = tomllib.loads((FOLDER / "plotly.toml").read_text(encoding="utf-8"))
    assert hashlib.sha256(script()).hexdigest() == described["sha256"] == sha256()
    assert described["version"] == get_plotlyjs_version()
    assert f"plotly.js (cartesian - minified) v{described['version']}" in script()[:200].decode()
    assert "MIT" in (FOLDER / "plotly-LICENSE").read_text(encoding="utf-8")


def test_it_draws_every_kind_of_our_figures() -> None:
    kinds = {trace["type"] for spec in figure_specs(sample(days=180)).values() for trace in spec["data"]}
    known = set(re.findall(r'moduleType:"trace",name:"(\w+)"', script().decode()))
    assert kinds
    assert kinds <= known


def test_a_page_holds_it_packed_and_a_served_one_has_its_address() -> None:
    element = packed_element()
    packed = element.partition(">")[2].removesuffix("</script>")
    assert gzip.decompress(base64.b64decode(packed)) == script()
    page = f"<body>{element}<script>draw()</script></body>"
    assert with_shared_script(page, "/x.js") == '<body><script src="/x.js"></script><script>draw()</script></body>'
    older = page.replace(sha256(), "0" * 64)
    assert with_shared_script(older, "/x.js") == older
    assert with_shared_script("<body>a page of 2026</body>", "/x.js") == "<body>a page of 2026</body>"
