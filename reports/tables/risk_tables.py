"""Tables of risk: VaR and ES, limits, component VaR, DV01 ladder, deltas, VaR backtest.

VaR and ES are positive losses as fractions of NAV, printed in percent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reports.elements.formats import (
    NOT_KNOWN,
    brl,
    capitalize_first,
    finite_or_none,
    number,
    percent,
    sum_or_none,
    tenor,
    thousands,
)
from reports.elements.labels import METRIC_NAMES, method_name
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, Tone, signed_tone
from reports.elements.report_data import Row

STATUS: dict[str, tuple[str, Tone]] = {
    "green": ("● within", "ok"),
    "amber": ("▲ amber", "amber"),
    "red": ("◆ red", "red"),
    "breach": ("■ BREACH", "breach"),
    "absent": ("○ not known", "muted"),
}


def tail_table(
    tail: Mapping[tuple[str, str], float], methods: Sequence[str], limits: Sequence[Row], nav: float | None, day: str
) -> Table:
    """One row a metric, one column a method, with the limit. `nav` in BRL gives the money on hover."""
    metrics = [m for m in METRIC_NAMES if any((m, method) in tail for method in methods)]
    rows = []
    for metric in metrics:
        limit = next((row for row in limits if row["limit_id"] == metric), None)
        cells = []
        for method in methods:
            value = tail.get((metric, method))
            money = translate("{} of {}", brl(value * nav), brl(nav)) if value is not None and nav else ""
            cells.append(Cell(percent(value), money))
        threshold = finite_or_none(limit["threshold"]) if limit is not None else None
        rows.append((Cell(METRIC_NAMES[metric]), *cells, Cell(percent(threshold)), _status(limit)))
    columns = (
        Column("One day", "text"),
        *(Column(capitalize_first(method_name(m)), unit="% of NAV") for m in methods),
        Column("Limit", unit="% of NAV"),
        Column("Status of the headline", "text"),
    )
    caption = translate("Losses at {}, positive numbers; headline: {}", day, method_name(methods[0]))
    source = source_note("risk_metrics_daily, risk_limits_status", day)
    return Table("tail-risk", caption, columns, tuple(rows), source, wide=len(methods) > 2)


def _status(limit: Row | None) -> Cell:
    if limit is None:
        return Cell("no limit", tone="muted")
    text, tone = STATUS.get(limit["status"], (limit["status"] or NOT_KNOWN, "muted"))
    return Cell(text, tone=tone)


def limit_table(limits: Sequence[Row], day: str) -> Table:
    """One row a limit, most used first: value, threshold, used share, status."""
    rows = []
    for row in sorted(limits, key=lambda r: (-(finite_or_none(r["utilisation"]) or -1.0), r["limit_id"])):
        form = LIMIT_FORMS.get(row["limit_id"], percent)
        why = "" if finite_or_none(row["value"]) is not None else "the measure could not be computed for this decision"
        rows.append(
            (
                Cell(row["name"]),
                Cell(form(row["value"]), why),
                Cell(form(row["threshold"])),
                Cell(percent(row["utilisation"], 1)),
                _status(row),
            )
        )
    columns = (Column("Limit", "text"), Column("Now"), Column("Limit at"), Column("Used"), Column("Status", "text"))
    return Table(
        "limits",
        translate("Limits at {}, most used first", day),
        columns,
        tuple(rows),
        source_note("risk_limits_status", day),
        wide=False,
    )


def _days(value: float | None) -> str:
    return NOT_KNOWN if finite_or_none(value) is None else number(value, 1)


def _multiple(value: float | None) -> str:
    return NOT_KNOWN if finite_or_none(value) is None else number(value) + "×"


LIMIT_FORMS: Mapping[str, Callable[[float | None], str]] = {
    "gross_leverage": _multiple,
    "gross_face": _multiple,
    "days_to_liquidate": _days,
}
"""How the value of a limit that is no share is written."""


def component_table(components: Sequence[Row], method: str, headline: float | None, day: str) -> Table:
    """One row an instrument: individual, component and incremental VaR 95%.

    What can be split exactly is the normal VaR of the covariance. Its difference to the `headline`, the VaR of `method`
    as a fraction of NAV, has a row of its own, so that the column adds up to the headline; None: it is not known.
    """
    split = sum(row["component_var_95"] for row in components)
    rest = [] if headline is None else [headline - split]
    rows = (
        *(_component_row(row) for row in components),
        *(
            (
                Cell(translate("Difference: {} minus normal", method_name(method))),
                Cell(""),
                Cell(""),
                Cell(percent(size, 3, signed=True)),
                Cell("–", "the shares are of the normal VaR, which is what can be split by line", "muted"),
                Cell(""),
            )
            for size in rest
        ),
    )

    total = (
        Cell("Total"),
        Cell(""),
        Cell(""),
        Cell(percent(split + sum(rest), 3, signed=True)),
        Cell(percent(sum_or_none([r["share"] for r in components]), 0, signed=True)),
        Cell("–", "what leaves with each line alone does not add up", "muted"),
    )
    columns = (
        Column("Instrument", "text"),
        Column("Class", "text"),
        Column("Alone", unit="% of NAV"),
        Column("Component", unit="% of NAV"),
        Column("Share of VaR"),
        Column("Incremental", unit="% of NAV"),
    )
    caption = translate(
        "Component VaR 95%: the column adds up to the headline; minus: takes risk away; incremental: fall in VaR if "
        "the line is closed; lines not held are left out"
    )
    return Table("component-var", caption, columns, rows, source_note("component_var", day), total)


def _component_row(row: Row) -> tuple[Cell, ...]:
    return (
        Cell(row["instrument_id"]),
        Cell(row["asset_class"], tone="muted"),
        Cell(percent(row["individual_var_95"], 3)),
        Cell(percent(row["component_var_95"], 3, signed=True)),
        Cell(percent(row["share"], 0, signed=True)),
        Cell(percent(row["incremental_var_95"], 3, signed=True)),
    )


def ladder_table(ladder: Sequence[Row], day: str) -> Table:
    """DV01 in BRL per bp: vertices as rows, curves as columns, with totals."""
    curves = sorted({row["curve_id"] for row in ladder})
    by_key = {(row["curve_id"], row["tenor_bd"]): row["dv01_brl"] for row in ladder}
    tenors = sorted({row["tenor_bd"] for row in ladder})
    rows = tuple((Cell(tenor(bd)), *(_ladder_cell(by_key.get((curve, bd))) for curve in curves)) for bd in tenors)
    total = (
        Cell("Total"),
        *(Cell(thousands(sum(v for (c, _), v in by_key.items() if c == curve), signed=True)) for curve in curves),
    )
    columns = (Column("Vertex", "text"), *(Column(curve, unit="BRL per bp") for curve in curves))
    caption = translate(
        "DV01 ladder at {}: + gains when that part of the curve falls; vertices without exposure are left out", day
    )
    return Table("dv01-ladder", caption, columns, rows, translate("dv01_ladder · as of {}", day), total, wide=False)


DELTAS = {
    "FX": ("US dollar", "gains when USD/BRL rises", 10_000.0, "BRL"),
    "EQUITY": ("Ibovespa", "gains when the index rises", 10_000.0, "BRL"),
    "SPREAD": (
        "Sovereign spread",
        "gains when the spread falls; the cupom and UST vertices hold it too",
        1.0,
        "BRL per bp",
    ),
}
"""Curve id of an exposure without vertices -> name, meaning of the sign, factor from BRL per bp to the unit, unit."""


def delta_table(deltas: Sequence[Row], day: str) -> Table:
    """Exposures to the US dollar, the Ibovespa and the sovereign spread. `deltas`: rows of the ladder with tenor 0."""
    rows = []
    for row in deltas:
        name, meaning, factor, unit = DELTAS.get(row["curve_id"], (row["curve_id"], "", 1.0, "BRL per bp"))
        exposure = row["dv01_brl"] * factor
        cell = Cell(thousands(exposure, signed=True), tone=signed_tone(exposure))
        rows.append(
            (Cell(translate(name)), cell, Cell(translate(unit), tone="muted"), Cell(translate(meaning), tone="muted"))
        )
    heads = (translate("Exposure"), translate("Now"), translate("Unit"), translate("Plus"))
    columns = tuple(Column(head) if place == 1 else Column(head, "text") for place, head in enumerate(heads))
    caption = translate("Exposure to the dollar, to equities and to the sovereign spread at {}", day)
    return Table("deltas", caption, columns, tuple(rows), source_note("dv01_ladder", day), wide=False)


def _ladder_cell(value: float | None) -> Cell:
    return (
        Cell("–", "no exposure on this vertex", "muted")
        if value is None
        else Cell(thousands(value, signed=True), tone=signed_tone(value))
    )


TESTS = (
    ("exceptions", "Exceptions"),
    ("kupiec_p", "Kupiec p"),
    ("christoffersen_p", "Christoffersen p"),
    ("conditional_coverage_p", "Both p"),
)
ZONES = ("green", "yellow", "red")
REJECT_BELOW = 0.05


def backtest_table(tested: Mapping[tuple[str, str], float], day: str) -> Table:
    """The desk's backtest by metric and method: exceptions, p-values, verdict at 5%, Basel zone."""
    rows = []
    for metric in ("var_95", "var_99"):
        methods = sorted({method for name, method in tested if name.endswith(metric)})
        for method in methods:
            found = [tested.get((f"{test}_{metric}", method)) for test, _ in TESTS]
            rejected = [p < REJECT_BELOW for p in found[1:] if p is not None]
            verdict = "n/a" if not rejected else "rejected at 5%" if any(rejected) else "not rejected"
            tone: Tone = "amber" if any(rejected) else "ok" if rejected else "muted"
            numbers = (Cell(thousands(found[0])), *(Cell(number(p, 3)) for p in found[1:]))
            zone = tested.get((f"basel_zone_{metric}", method))
            basel = Cell(ZONES[int(zone)]) if zone is not None else Cell("–", "Basel's zones are for VaR 99%", "muted")
            rows.append(
                (Cell(METRIC_NAMES[metric]), Cell(method_name(method)), *numbers, Cell(verdict, tone=tone), basel)
            )
    heads = (
        Column("VaR", "text"),
        Column("Method", "text"),
        *(Column(head) for _, head in TESTS),
        Column("Model", "text"),
        Column("Basel", "text"),
    )
    caption = translate("VaR backtest: positions held constant over the next move")
    shortfall = next((value for (name, _), value in tested.items() if name.endswith("_es_975")), None)
    if shortfall is not None:
        caption += translate(
            ". Expected shortfall: Acerbi and Szekely's Z2 is {} (zero expected, minus where losses were larger)",
            number(shortfall, 2, signed=True),
        )
    return Table("backtest", caption, heads, tuple(rows), source_note("risk_metrics_daily", day))
