"""The table of agent measures: what the agents' models estimate, with unit and change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from reports.elements.formats import NOT_KNOWN, basis_points, finite_or_none, number, percent
from reports.elements.locale import source_note, translate
from reports.elements.page_elements import Cell, Column, Table, signed_cell
from reports.elements.report_data import ReportData


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table. `kind` is a key of VALUE and UNITS: it decides format and unit."""

    name: str
    measure_id: str
    kind: str
    agent: str


MEASURES: tuple[Measure, ...] = (
    Measure("Neutral real rate", "mp_r_star", "rate", "Monetary policy"),
    Measure("Taylor rate, mean of a year", "mp_taylor_1y", "rate", "Monetary policy"),
    Measure("One-year DI minus the Taylor path", "mp_taylor_gap_1y", "gap", "Monetary policy"),
    Measure("DI-implied Selic path minus Focus", "mp_copom_path_gap", "gap", "Monetary policy"),
    Measure("Term premium, five years on", "mp_term_premium_5y", "gap", "Monetary policy"),
    Measure("Two-year Treasury minus the Fed's rule", "mp_fed_gap_2y", "gap", "Monetary policy"),
    Measure("Next Copom decision", "mp_copom_bd_to", "days", "Monetary policy"),
    Measure("Next FOMC decision", "mp_fomc_bd_to", "days", "Monetary policy"),
    Measure("IPCA in twelve months, all models", "inf_trend_12m", "rate", "Inflation"),
    Measure("IPCA in twelve months, Phillips curve", "inf_phillips_12m", "rate", "Inflation"),
    Measure("IPCA in twelve months, group by group", "inf_bottom_up_12m", "rate", "Inflation"),
    Measure("Last IPCA minus Focus", "inf_surprise_1m", "gap", "Inflation"),
    Measure("Surprises of three months", "inf_surprise_3m_z", "sd", "Inflation"),
    Measure("Fiscal dominance", "fis_dominance", "score", "Fiscal"),
    Measure("Gross debt over five years, change", "fis_debt_change_5y", "points", "Fiscal"),
    Measure("Fiscal impulse", "fis_impulse", "points", "Fiscal"),
    Measure("Fair USD/BRL", "fx_fair", "price", "FX equilibrium"),
    Measure("USD/BRL over its fair value", "fx_beer_gap", "share", "FX equilibrium"),
    Measure("Carry over risk", "fx_carry_to_risk", "score", "FX equilibrium"),
    Measure("Cupom over SOFR, one year", "fx_cupom_basis_1y", "gap", "FX equilibrium"),
    Measure("Risk appetite", "reg_risk_appetite", "score", "Cross asset"),
    Measure("Break of correlations", "reg_corr_break", "score", "Cross asset"),
)
"""The measures that the page shows; the gold table `agent_measure` has all of them."""

VALUE: dict[str, Callable[[float], str]] = {
    "rate": lambda value: percent(value),
    "gap": lambda value: basis_points(value),
    "share": lambda value: percent(value, 1, signed=True),
    "points": lambda value: percent(value, 1, signed=True),
    "sd": lambda value: number(value, 1, signed=True),
    "score": lambda value: number(value, 2, signed=True),
    "price": lambda value: number(value, 4),
    "days": lambda value: number(value, 0),
}
UNITS = {
    "rate": "% a year",
    "gap": "bp a year",
    "share": "% of the spot",
    "points": "% of GDP",
    "sd": "standard deviations",
    "score": "number",
    "price": "BRL per USD",
    "days": "business days",
}
CHANGE_IN_BP = ("rate", "gap")
CHANGE_IN_PERCENT = ("share", "points")


def measure_table(data: ReportData, day: str) -> Table | None:
    """The measures known at the decision, with their changes over a week and a month; None where none is known."""
    today = _values(data, 0)
    rows = [measure for measure in MEASURES if measure.measure_id in today]
    if not rows:
        return None
    before = {"1w": _values(data, 7), "1m": _values(data, 30)}
    cells = tuple(
        (
            Cell(measure.name, measure.measure_id),
            Cell(measure.agent, tone="muted"),
            Cell(VALUE[measure.kind](today[measure.measure_id])),
            Cell(UNITS[measure.kind], tone="muted"),
            *(_change(measure, today, before[span]) for span in before),
        )
        for measure in rows
    )
    columns = (
        Column("Measure", "text"),
        Column("Agent", "text"),
        Column("Now"),
        Column("Unit", "text"),
        Column("1w"),
        Column("1m"),
    )
    caption = translate(
        "What the agents' models say at {}; gaps are bp a year, + where the first is above the second", day
    )
    return Table("measures", caption, columns, cells, source_note("agent_measure", day))


def _values(data: ReportData, back: int) -> dict[str, float]:
    table = "agent_measure"
    found = data.at_or_before(table, data.day - dt.timedelta(days=back)) if back else data.latest(table)
    pairs = zip(found["measure_id"].to_list(), found["value"].to_list(), strict=True)
    return {name: value for name, value in pairs if finite_or_none(value) is not None}


def _change(measure: Measure, today: dict[str, float], before: dict[str, float]) -> Cell:
    name = measure.measure_id
    if name not in before or measure.kind == "days":
        return Cell(NOT_KNOWN if measure.kind != "days" else "–", tone="muted")
    change = today[name] - before[name]
    if measure.kind in CHANGE_IN_BP:
        return signed_cell(change, basis_points(change))
    if measure.kind in CHANGE_IN_PERCENT:
        return signed_cell(change, percent(change, 1, signed=True))
    return signed_cell(change, number(change, 2, signed=True))
