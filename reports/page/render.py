"""The report as one self-contained HTML page. The same data gives the same bytes, except the element `rendered-at`.

The page makes no request: styles, script, Plotly and figures are inside it, and its Content-Security-Policy forbids the
rest.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from desk.catalog import load_catalog
from desk.catalog.licences import load_licences, notices
from desk.errors import BadInput
from reports.elements.decision_facts import decision_notes
from reports.elements.formats import NOT_KNOWN, date, moment, number, significant
from reports.elements.locale import translate, use_locale
from reports.elements.observed import dataset_observed, observed
from reports.elements.page_elements import Figure
from reports.elements.palette import DARK
from reports.elements.receipts import STAMPS, anchor, receipts, short_hash, used_sources
from reports.elements.report_data import ReportData
from reports.page import first_screen
from reports.page.markdown_summary import BANNERS
from reports.page.plotly_script import packed_element
from reports.sections import sections_of
from reports.stills import drawing
from reports.tables.source_comparisons import comparison_rows, suspect_rows


def render(data: ReportData, rendered_at: dt.datetime, language: str = "en") -> str:
    """The whole page (at most 2 MB as UTF-8).

    `rendered_at` is aware; only the element `<time id="rendered-at">` contains it, the run id and the code version.
    Raises BadInput for a naive `rendered_at` and for a language that is not in LANGUAGES.
    """
    if rendered_at.tzinfo is None:
        raise BadInput(f"rendered_at has no time zone: {rendered_at}")
    with use_locale(language) as locale:
        return _page(data, rendered_at, locale.tag)


def _page(data: ReportData, rendered_at: dt.datetime, tag: str) -> str:
    sections = sections_of(data)
    world = "" if data.world == "live" else f" [{data.world}]"
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            translate=translate,
            still=lambda figure, small: Markup(drawing.still(figure, small=small)),  # its texts are escaped
            language=tag,
            title=f"Alvorada {date(data.day)}{world}",
            day=date(data.day),
            as_of=moment(data.as_of),
            as_of_iso=data.as_of.isoformat(),
            banner=BANNERS.get(data.world, ""),
            world=data.world,
            rendered_iso=rendered_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            rendered=moment(rendered_at),
            run_id=data.run_id,
            code_version=data.code_version,
            decision_notes=list(decision_notes(data.decision)),
            lines=first_screen.lines(data, sections),
            sections=sections,
            receipts=_receipt_rows(data),
            pairs=comparison_rows(data),
            suspects=suspect_rows(data),
            datasets=list(data.latest("dataset_status").iter_rows(named=True)),
            notices=notices(load_licences(load_catalog()), used_sources(data)),
            last_observed=dataset_observed,
            figures=_script_json({figure.id: figure.spec for figure in _figures(sections)}),
            dark_colors=_script_json(DARK),
            css=_asset("report.css") + _dark_stills(),
            script=_asset("report.js"),
            plotly=Markup(packed_element()),  # not from outside: its hash is a test
        )
    )


def figure_specs(data: ReportData, language: str = "en") -> dict[str, Any]:
    """Every figure of the page by its id, as Plotly's `data` and `layout`."""
    with use_locale(language):
        return {figure.id: dict(figure.spec) for figure in _figures(sections_of(data))}


def _figures(sections: Iterable[Any]) -> list[Figure]:
    return [figure for section in sections for figure in section.figures]


def _receipt_rows(data: ReportData) -> list[dict[str, str]]:
    rows = []
    for row in receipts(data).rows.values():
        rows.append(
            {
                "anchor": anchor(row["input_id"]),
                "input": row["input_id"],
                "source": row["source"] or "",
                "dataset": row["dataset"] or "",
                "value": significant(row["value"]),
                "unit": row["unit"] or "",
                "observed": observed(row["obs_date"], [row["input_id"]]),
                "known": moment(row["knowledge_time"]),
                "stamp": translate(STAMPS.get(row["stamp"], row["stamp"] or NOT_KNOWN)),
                "age": number(row["age_bd"], 0),
                "state": row["state"] or NOT_KNOWN,
                "hash": short_hash(row),
                "full_hash": row["sha256"] or "",
            }
        )
    return rows


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("reports", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _asset(name: str) -> Markup:
    return Markup((resources.files("reports.templates") / name).read_text(encoding="utf-8"))


@cache
def _dark_stills() -> Markup:
    """Style rules that give every colour of a still picture its counterpart on a dark screen."""
    rules = (
        f'.still [{part}="{light}"]{{{part}:{dark}}}' for light, dark in DARK.items() for part in ("fill", "stroke")
    )
    return Markup(f"@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}\n")


def _script_json(value: Any) -> Markup:
    """JSON that cannot close its script element, whatever text it contains. Raises ValueError for a NaN."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
