"""How far a reader goes on a page: words before an answer and its place, against a page made by hand."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from reports.page.png_export import find_browser
from tools.reading_time import QUESTIONS, places, table

LINES = "".join(
    f"<dt>{label}</dt><dd>two words {'over CDI 1. stop Because 12 months'}</dd>"
    for label in dict.fromkeys(question.label for question in QUESTIONS)
)
PAGE = f"""<!DOCTYPE html><html><head><style>body{{margin:0;font:20px/30px monospace}}dt,dd{{margin:0}}</style></head>
<body><script>never read</script><p>one two three</p><dl class="lines">{LINES}</dl></body></html>"""


@pytest.mark.skipif(find_browser() is None, reason="no Chrome or Chromium on this machine")
def test_words_are_those_before_the_answer_and_its_place_is_on_the_laid_out_page(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    found = asyncio.run(places(page.as_uri(), find_browser() or ""))
    first, second = found["desk"][0], found["desk"][1]
    assert first is not None
    assert second is not None
    assert first[0] == 3 + 1, "the paragraph and the label"
    assert second[0] == 3 + 1 + 9 + 1 + 2, "a whole line, a label, and two words before `over CDI`"
    assert second[1] > first[1] > 0
    assert found["phone"][1] is not None
    assert "| What moved overnight in what we hold? | Market | 4 | 1 |" in table(found)


def test_a_question_that_the_page_does_not_answer_is_named() -> None:
    none = [None] * len(QUESTIONS)
    assert table({"desk": list(none), "phone": list(none)}).count("the page has no such line") == len(QUESTIONS)
