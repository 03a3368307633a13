"""A parser of the rendered page, and the time at which the tests render it."""

from __future__ import annotations

import datetime as dt
from html.parser import HTMLParser

AT = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)
VOID = {"meta", "br", "hr", "img", "input", "link", "path"}


class Page(HTMLParser):
    """Parses the page; fails on an element that is closed out of order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[str] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        values = dict(attrs)
        self.tags.append((tag, values))
        if values.get("id"):
            self.ids.append(values["id"] or "")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)
