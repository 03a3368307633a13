"""What is out of the ordinary this morning, and what is red. What is as usual is left out."""

from __future__ import annotations

import polars as pl

from reports.calculations.regimes import regime_view
from reports.calculations.risk import risk_view
from reports.calculations.signals import Conviction, signals_view
from reports.elements.formats import finite_or_none, format_list, number, percent, plural, weekday_date
from reports.elements.labels import direction, regime_name
from reports.elements.locale import translate
from reports.elements.report_data import ReportData
from reports.sections.signals import surge_texts
from reports.tables.risk_tables import REJECT_BELOW, limit_table

DDI_FACE_USD = 50_000.0
"""Of one DDI: 100,000 points of USD 0.50 (B3, contract specifications)."""
WATCHED = ("amber", "red", "breach", "absent")


def exception_texts(data: ReportData) -> list[str]:
    """Breached limits, a loss beyond VaR, a breaker at work, a new regime, flips and surges of convictions."""
    found = []
    risk = risk_view(data)
    broken = [translate(row["name"]) for row in risk.limits if row["status"] == "breach"]
    if broken:
        found.append(translate("LIMIT BREACHED: {}.", format_list(broken)))
    found += _dollars_of_ddi(data) + _beyond_var(data)
    state = data.row("portfolio_state")
    left = finite_or_none(state["risk_multiplier"]) if state is not None else None
    if left is not None and left < 1.0:
        found.append(translate("The drawdown breaker leaves {} of the risk budget.", percent(left, 0)))
    regimes = regime_view(data)
    if regimes.leader and regimes.leader_yesterday not in (None, regimes.leader):
        found.append(
            translate(
                "Regime changed from {} to {} ({}).",
                regime_name(regimes.leader_yesterday or ""),
                regime_name(regimes.leader),
                percent(regimes.today[regimes.leader], 0),
            )
        )
    convictions = signals_view(data).convictions
    if flips := [_flip(data, conviction) for conviction in convictions if conviction.flip]:
        found.append(translate("Conviction changed sign: {}.", format_list(flips)))
    if surges := surge_texts(convictions):
        found.append(translate("Conviction jumped in {}.", format_list(surges)))
    return found


def _flip(data: ReportData, conviction: Conviction) -> str:
    """`IND turned short`, with the target where limits, lots or other legs leave it on the other side."""
    text = translate("{} turned {}", conviction.instrument_id, direction(conviction.flip or 0))
    targets = data.latest("target_position").filter(pl.col("instrument_id") == conviction.instrument_id)
    held = int(targets["contracts"].fill_null(0).sum()) if targets.height else 0
    if held * (conviction.flip or 0) >= 0:
        return text
    return translate("{} (its target is still {}: {})", text, direction(held), plural(abs(held), "contract"))


def _dollars_of_ddi(data: ReportData) -> list[str]:
    """On the morning on which a book of an earlier release goes on in FRC: the dollars of the DDI that it holds, which
    no order of that release took out."""
    names = ("instrument_id", "contract_id")
    before, today = data.previous("target_position"), data.latest("target_position")
    both = today.join(before.select(*names), on="instrument_id", suffix="_was")
    rows = both.filter(
        pl.col("contract_id_was").str.starts_with("DDI"),
        pl.col("contract_id").str.starts_with("FRC"),
        pl.col("contracts_before") != 0,
    )
    if rows.is_empty():
        return []
    dollars = float(rows["contracts_before"].sum()) * DDI_FACE_USD
    lines = format_list(
        [f"{row['contracts_before']:+d} {row['contract_id_was']}" for row in rows.iter_rows(named=True)]
    )
    form = (
        "Held as DDI and counted as FRC from today: {}. Their face is USD {}m long, which no order took out: "
        "sell as much in the first DDI, once."
        if dollars > 0
        else "Held as DDI and counted as FRC from today: {}. Their face is USD {}m short, which no order took out: "
        "buy as much in the first DDI, once."
    )
    return [translate(form, lines, number(abs(dollars) / 1e6, 1))]


def _beyond_var(data: ReportData) -> list[str]:
    """A loss of the last session beyond the VaR of the decision that held it, positions held still."""
    measured = {
        (row["metric"], row["method"]): row["value"] for row in data.latest("risk_metrics_daily").iter_rows(named=True)
    }
    method = next((name for metric, name in measured if metric == "exceptions_var_95"), None)
    for level in ("99", "95"):
        if method is not None and measured.get((f"exception_var_{level}", method)):
            loss, var = measured.get(("tested_pnl", method)), measured.get((f"tested_var_{level}", method))
            day = weekday_date(data.market_day)
            return [
                translate("The loss of {} went beyond VaR {}%: {} against {}.", day, level, percent(loss), percent(var))
            ]
    return []


def red_texts(data: ReportData) -> list[str]:
    """Limits from amber on with their values, and a VaR model that its backtest rejects."""
    risk = risk_view(data)
    found = []
    rows = [row for row in risk.limits if row["status"] in WATCHED]
    if rows:
        cells = limit_table(rows, "").rows
        texts = [
            translate("{} {} of {} ({})", *(translate(cell.text) for cell in row[:3]), translate(row[4].text))
            for row in cells
        ]
        found.append(translate("Limits: {}.", format_list(texts, 8)))
    rejected = [
        key[0].removeprefix("conditional_coverage_p_").replace("var_", "VaR ") + "%"
        for key, value in sorted(risk.test_results.items())
        if key[0].startswith("conditional_coverage_p") and key[1] == risk.headline and value < REJECT_BELOW
    ]
    if rejected:
        found.append(translate("The backtest rejects {}.", format_list(rejected)))
    return found
