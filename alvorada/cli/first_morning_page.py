"""The page of the first morning: what wants a hand, what came, what it is, the licences and the ten figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from alvorada.cli.first_morning import FirstAnswer
from desk.catalog.licences import Licence


def licence_lines(licences: Mapping[str, Licence]) -> list[str]:
    """The terms that a person has to confirm, those that need a consent first."""
    unread = {name: one for name, one in licences.items() if not one.read}
    order = sorted(unread, key=lambda name: unread[name].is_open)
    return [
        f"- [ ] {name}: {one.terms}. Store {one.store}, show {one.show}, send on {one.send_on}; holder: {one.holder}."
        for name, one in ((name, unread[name]) for name in order)
    ]


def report_page(
    looked: Sequence[FirstAnswer],
    world: str,
    now: dt.datetime,
    licences: Mapping[str, Licence] | None = None,
    figures: Sequence[str] = (),
) -> str:
    """The report to keep, in Markdown: what needs a hand first, then every request, then the lines of the figures."""
    wrong = [one for one in looked if one.verdict != "fine"]
    lines = [
        "# The first morning",
        "",
        f"Sources: {world}, looked at {now:%Y-%m-%d %H:%M} UTC. {len(looked) - len(wrong)} of {len(looked)} are fine.",
        "",
        "## To mend",
        "",
        *(
            [f"- **{one.dataset}** ({one.source}), {one.verdict}: {one.message}. {one.remedy}." for one in wrong]
            or ["Nothing."]
        ),
        "",
        "## What came",
        "",
        "| dataset | status | bytes | seconds | rows | first | last | verdict |",
        "|---|---|---|---|---|---|---|---|",
        *(
            f"| {one.dataset} | {one.status or ''} | {one.size:,} | {one.seconds:.1f} | {one.rows} | {one.first} |"
            f" {one.last} | {one.verdict} |"
            for one in looked
        ),
        "",
        "## Name, unit and hour, against the catalogue",
        "",
        "| dataset | ours | the source says | known from, by its rule |",
        "|---|---|---|---|",
        *(f"| {one.dataset} | {one.ours} | {one.theirs} | {one.hour} |" for one in looked if one.ours),
        "",
        "## Licences to confirm (docs/data-licences.md)",
        "",
        *(licence_lines(licences or {}) or ["None."]),
        "",
        "## Ten figures of a full run, against a screen that is not ours",
        "",
        *(figures or ["No run yet: `alvorada first-morning --run`."]),
        "",
    ]
    return "\n".join(lines)
