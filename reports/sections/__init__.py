"""The seven sections of the report, in reading order. A new section is a file here and a line in SECTIONS.

A section arranges sentences, tables and figures. Sections do not import each other: an import contract checks it.
"""

from __future__ import annotations

from collections.abc import Callable

from reports.elements.locale import current_locale
from reports.elements.page_elements import Section
from reports.elements.report_data import ReportData
from reports.sections import actions, agent_views, market_snapshot, portfolio, regime, risk, signals

SECTIONS: tuple[Callable[[ReportData], Section], ...] = (
    market_snapshot.section,
    regime.section,
    agent_views.section,
    signals.section,
    portfolio.section,
    risk.section,
    actions.section,
)


def sections_of(data: ReportData) -> tuple[Section, ...]:
    """The seven sections in the current language, made once for the page, the summary and the pictures."""
    return data.once((SECTIONS, current_locale().code), lambda: tuple(make(data) for make in SECTIONS))
