"""Olinda (OData): options with `$`, pages with `$top` and `$skip`, 200 and an empty `value` when there is nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox.source_http import SourceResponse, whole_number

_HOST = "https://was-p.bcnet.bcb.gov.br/olinda/servico"
ERROR_PAGE = b"""<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>500 Internal Server Error</title>
</head><body>
<h1>Internal Server Error</h1>
<p>The server encountered an internal error or
misconfiguration and was unable to complete
your request.</p>
</body></html>
"""


def body(service: str, entity: str, rows: list[str]) -> SourceResponse:
    """`rows` are JSON objects as text, in their order."""
    context = f"{_HOST}/{service}/versao/v1/odata$metadata#{entity}"
    text = f'{{"@odata.context":"{context}","value":[{",".join(rows)}]}}'
    return SourceResponse(text.encode(), media="application/json;odata.metadata=minimal")


def paged(rows: list[str], query: Mapping[str, str]) -> list[str]:
    """The rows selected by `$skip` and `$top`."""
    skip, top = whole_number(query, "$skip", 0), whole_number(query, "$top", len(rows))
    return rows[skip : skip + top]


def quoted(query: Mapping[str, str], name: str) -> str:
    """The text between quotes of a function's parameter. Raises ValueError."""
    match = re.fullmatch(r"'([^']*)'", query.get(name, "").strip())
    if match is None:
        raise ValueError(f"{name} is not a quoted text")
    return match.group(1)


def failure() -> SourceResponse:
    """Olinda's HTML page of a 500."""
    return SourceResponse(ERROR_PAGE, 500, "text/html; charset=iso-8859-1")
