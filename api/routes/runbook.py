"""runbook, alerts-guide: the pages of docs/ that links of Prefect, Grafana and messages lead to, behind the login."""

from __future__ import annotations

from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markdown_it import MarkdownIt

from api.access import Reader
from desk.text import slug

router = APIRouter(include_in_schema=False)
FOLDER = Path(__file__).resolve().parents[2] / "docs"
POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
PAGES = {"runbook": "Alvorada: runbook", "alerts": "Alvorada: alerts"}
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:1.5rem auto;padding:0 1rem}}
pre{{background:#f4f4f4;padding:.6rem;overflow:auto}}code{{font:14px ui-monospace,monospace}}
table{{border-collapse:collapse}}td,th{{border:1px solid #ccc;padding:.25rem .6rem;text-align:left;vertical-align:top}}
h2:target{{background:#fff3c4}}</style></head><body>{body}</body></html>
"""


@router.get("/runbook")
async def runbook(request: Request, _: Reader) -> HTMLResponse:
    """docs/runbook.md as a page; each heading has its anchor."""
    return HTMLResponse(page_of("runbook"), headers=POLICY)


@router.get("/runbook/alerts")
async def alerts(request: Request, _: Reader) -> HTMLResponse:
    """docs/alerts.md as a page."""
    return HTMLResponse(page_of("alerts"), headers=POLICY)


@cache
def page_of(name: str) -> str:
    """The page of one of PAGES."""
    reader: Any = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse((FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    for opening, inside in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", slug(inside.content.replace("`", "")))
    body = reader.renderer.render(tokens, reader.options, {})
    return PAGE.format(title=escape(PAGES[name]), body=body.replace('href="alerts.md', 'href="/api/v1/runbook/alerts'))
