"""`python -m tools.reading_time PAGE.html`: how far a reader goes on a page until ten questions of 06:30 are answered.

Counted, not timed: the words from the page's top to the answer, as a browser lays the page out, at WORDS_A_MINUTE, and
the screens that are scrolled until the answer is in sight, on a desk and on a phone. It is the most that a reader needs
who skips nothing; one who knows the labels goes to them. English pages only: the answers are found by their words.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desk.errors import BadInput
from tools.pictures import DRAWN, Shot, browser_tab, evaluated, photograph, tools

WORDS_A_MINUTE = 240
"""Silent reading of English non-fiction by adults: 238 words a minute (Brysbaert, 2019, a review of 190 studies)."""
SCREENS = {"desk": Shot(1366, 900), "phone": Shot(390, 844)}


@dataclass(frozen=True, slots=True)
class Question:
    """`label`: the line of the first screen that answers it; `words`: where in that line the answer begins."""

    text: str
    label: str
    words: str = ""


QUESTIONS = (
    Question("What moved overnight in what we hold?", "Market"),
    Question("What did the last session make, over CDI, by trade?", "Result", "over CDI"),
    Question("What do I deal, which side at the venue?", "Orders", "1. "),
    Question("To which level, with which stop and how much at risk?", "Orders", "stop"),
    Question("Why this order, today?", "Orders", "Because"),
    Question("Why is the book's risk another than yesterday?", "Why"),
    Question("What is red?", "Watch"),
    Question("What is on today, and what does it do to the book?", "Agenda"),
    Question("What does DI price for Copom, against Focus and our path?", "Copom"),
    Question("Where do we stand against CDI, this year and over twelve months?", "Book", "12 months"),
)
PLACES = """
(asked => {
  const read = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let words = 0;
  while (walk.nextNode()) {
    const node = walk.currentNode, box = node.parentElement;
    if (!node.data.trim() || box.closest('script, style, svg, nav') || !box.getClientRects().length) continue;
    read.push({node, before: words});
    words += node.data.trim().split(/\\s+/).length;
  }
  return JSON.stringify(asked.map(([label, wanted]) => {
    const line = [...document.querySelectorAll('dl.lines dt')].find(dt => dt.textContent === label);
    if (!line) return null;
    const inside = read.filter(({node}) => line.nextElementSibling.contains(node));
    const hit = inside.find(({node}) => node.data.includes(wanted));
    if (!hit) return null;
    const at = hit.node.data.indexOf(wanted), place = document.createRange();
    place.setStart(hit.node, at);
    place.setEnd(hit.node, Math.min(at + 1, hit.node.data.length));
    const ahead = hit.node.data.slice(0, at).trim();
    return [hit.before + (ahead ? ahead.split(/\\s+/).length : 0), place.getBoundingClientRect().bottom + scrollY];
  }));
})
"""


async def places(address: str, chromium: str) -> dict[str, list[tuple[int, float] | None]]:
    """(words before, px from the top) of each answer, by kind of screen; None where the page has none."""
    questions = json.dumps([(question.label, question.words) for question in QUESTIONS])
    found: dict[str, list[tuple[int, float] | None]] = {}
    async with browser_tab(chromium) as tab:
        for kind, shot in SCREENS.items():
            await photograph(tab, address, shot, DRAWN)
            answer: list[Any] = json.loads(await evaluated(tab, f"{PLACES}({questions})"))
            found[kind] = [None if one is None else (one[0], one[1]) for one in answer]
    return found


def table(found: dict[str, list[tuple[int, float] | None]]) -> str:
    """Markdown: question, words, seconds, screens scrolled on a desk and on a phone."""
    lines = [
        "| question | line | words before | seconds | screens, desk | screens, phone |",
        "|---|---|---|---|---|---|",
    ]
    for place, question in enumerate(QUESTIONS):
        desk, phone = found["desk"][place], found["phone"][place]
        if desk is None or phone is None:
            lines.append(f"| {question.text} | {question.label} | the page has no such line | – | – | – |")
            continue
        seconds = round(desk[0] * 60 / WORDS_A_MINUTE)
        screens = " | ".join(f"{px / SCREENS[kind].height:.1f}" for kind, (_, px) in (("desk", desk), ("phone", phone)))
        lines.append(f"| {question.text} | {question.label} | {desk[0]} | {seconds} | {screens} |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Prints the table; 1 and one line where there is no browser."""
    parser = argparse.ArgumentParser(prog="python -m tools.reading_time", description=__doc__)
    parser.add_argument("page", type=Path)
    given = parser.parse_args(arguments)
    try:
        chromium = tools()["chromium"]
    except BadInput as error:
        print(f"tools.reading_time: {error}", file=sys.stderr)
        return 1
    print(table(asyncio.run(places(given.page.resolve().as_uri(), chromium))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
