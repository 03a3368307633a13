"""The sections of the book: portfolio and risk, against frames made by hand."""

import datetime as dt
from typing import Any

import pytest

from desk.catalog.desk_parameters import load_desk_parameters
from reports.calculations.portfolio import portfolio_view, stand_alone_shares
from reports.calculations.risk import risk_view
from reports.elements.locale import use_locale
from reports.elements.page_elements import Table
from reports.elements.scenario_text import scenario_name, unpriced_text
from reports.sections import portfolio, risk
from reports.tables.risk_tables import backtest_table
from tests.reports.elements.test_desk_vocabulary import FORBIDDEN_PORTUGUESE, struck_out
from tests.reports.elements.test_locale import left_in_english
from tests.reports.hand_made import LIMIT, ago, made, tail
from tests.reports.sample_parts import market_day

# Portfolio


def state(back: int, nav: float, ret: float | None, drawdown: float = 0.0, pnl: float = 0.0) -> dict[str, Any]:
    return {"as_of": ago(back), "nav_brl": nav, "return_1d": ret, "drawdown": drawdown, "pnl_brl": pnl,
            "expected_volatility": 0.07, "target_volatility": 0.08}  # fmt: skip


def test_months_compound_and_a_month_with_an_unknown_return_is_left_out() -> None:
    rows = [
        state(60, 100.0, None),
        state(50, 100.0, None),
        state(2, 101.0, 0.01),
        state(1, 102.01, 0.01),
        state(0, 101.0, -0.01),
    ]
    book = portfolio_view(made(portfolio_state=rows))
    assert set(book.monthly) == {(2026, 11)}
    assert book.month_return == pytest.approx(1.01 * 1.01 * 0.99 - 1)


def test_the_books_sentences_carry_its_numbers() -> None:
    rows = [state(1, 100e6, 0.0), state(0, 99.5e6, -0.005, 0.005, -500_000.0)]
    parts = [
        {
            "instrument_id": "DOL",
            "pnl_brl": 100_000.0,
            "price_pnl_brl": 100_000.0,
            "carry_pnl_brl": 0.0,
            "cost_brl": 0.0,
        },
        {"instrument_id": "IND", "pnl_brl": -600_000.0, "price_pnl_brl": -6e5, "carry_pnl_brl": 0.0, "cost_brl": 0.0},
    ]
    wording = " ".join(portfolio.sentences(portfolio_view(made(portfolio_state=rows, pnl_attribution=parts))))
    wording = wording.replace("\u00a0", " ")
    assert (
        "NAV is BRL 99.50 million at the close of Wed 18 Nov, −0.50% on the day (BRL −500,000 after costs)" in wording
    )
    assert "Drawdown over CDI from the one-year high: 0.50%; expected volatility is 7.0% a year" in wording
    assert "a year against a target of 8.0%." in wording
    assert "On Wed 18 Nov DOL earned BRL 100,000 and IND lost BRL 600,000." in wording


def test_the_months_attribution_is_refused_where_a_day_is_missing() -> None:
    rows = [state(2, 1e8, 0.0), state(1, 1e8, 0.0), state(0, 1e8, 0.0)]
    part = {"instrument_id": "DOL", "pnl_brl": 5.0, "price_pnl_brl": 5.0, "carry_pnl_brl": 0.0, "cost_brl": 0.0}
    data = made(portfolio_state=rows, pnl_attribution=[{**part, "as_of": ago(2)}, part])
    assert portfolio_view(data).month_pnl == ()
    [wording] = [text for text in portfolio.section(data).missing if "month" in text]
    assert "lacks 1 day of this month, the first 17 Nov 2026" in wording
    whole = made(portfolio_state=rows, pnl_attribution=[{**part, "as_of": ago(2)}, {**part, "as_of": ago(1)}, part])
    assert portfolio_view(whole).month_pnl[0]["pnl_brl"] == 15.0


def test_a_flat_book_is_called_flat_and_a_missing_one_is_not() -> None:
    row = {"instrument_id": "DOL", "contracts": 0, "contracts_before": 0}
    assert "The book is flat and stays flat." in portfolio.sentences(portfolio_view(made(target_position=[row])))
    assert "No target positions were computed for this decision." in portfolio.section(made()).missing


def test_the_largest_risk_is_of_the_contracts_that_are_held() -> None:
    """Not of the part of the target's risk, which is small for a line that hedges the others."""
    lines: list[dict[str, Any]] = [
        {"instrument_id": "DI1_2Y", "contract_id": "DI1F29", "contracts": 1461, "unit_vol_brl": 146.0},
        {"instrument_id": "DDI_5Y", "contract_id": "FRCF32", "contracts": -295, "unit_vol_brl": 407.0},
        {"instrument_id": "DOL", "contract_id": "DOLZ26", "contracts": 0, "contracts_before": 5, "unit_vol_brl": None},
    ]
    lines[1]["risk_weight"] = -0.2
    book = portfolio_view(made(target_position=lines))
    whole = 1461 * 146.0 + 295 * 407.0
    shares = {"DI1_2Y": 1461 * 146.0 / whole, "DDI_5Y": -295 * 407.0 / whole, "DOL": 0.0}
    assert stand_alone_shares(book.positions) == pytest.approx(shares)
    assert "Largest risk: DI1F29, 64% of the stand-alone risk of 2 positions." in portfolio.sentences(book)
    table = next(block for block in portfolio.section(made(target_position=lines)).blocks if isinstance(block, Table))
    place = [column.head for column in table.columns].index("Risk share")
    assert {row[0].text: row[place].text for row in table.rows} == {"DI1_2Y": "+64%", "DDI_5Y": "−36%", "DOL": "0%"}
    unknown = lines[0] | {"unit_vol_brl": None}
    assert set(stand_alone_shares(portfolio_view(made(target_position=[unknown, lines[1]])).positions).values()) == {
        None
    }


def test_the_record_is_over_cdi_also_where_the_book_is_older_than_the_history_that_is_read() -> None:
    """The first stored day has a return and no CDI of its own: it is where the record begins, and is not counted."""
    nav, cash, rows = 100e6, 100e6, []
    for place in range(40, -1, -1):
        moved = 0.001 if place % 2 else -0.0002
        nav, cash = nav * (1 + moved), cash * 1.0003
        rows.append(state(place, nav, moved) | {"benchmark_nav_brl": cash})
    record = portfolio_view(made(portfolio_state=rows)).record
    assert record.whole is not None
    assert record.whole.over_cash
    assert record.whole.days == 40
    assert record.since == market_day(ago(40))
    [text] = [text for text in portfolio.sentences(portfolio_view(made(portfolio_state=rows))) if "Sharpe" in text]
    assert text.startswith("Since ")
    assert "over CDI" in text


def test_what_limits_took_of_the_risk_asked_for_is_said() -> None:
    taken = (
        '[{"limit": "class_risk_share", "subjects": ["Rates"], "taken": 0.004},'
        ' {"limit": "instrument_risk_share", "subjects": ["DOL", "IND"], "taken": 0.02},'
        ' {"limit": "gross_leverage", "subjects": ["book"], "taken": 0.001}]'
    )
    row = {**state(0, 1e8, 0.0), "asked_volatility": 0.073, "target_volatility": 0.048, "expected_volatility": 0.046}
    wording = " ".join(portfolio.sentences(portfolio_view(made(portfolio_state=[{**row, "limits_bound": taken}]))))
    assert (
        "The convictions ask for 7.3% volatility a year; the limit on one instrument (DOL, IND) takes 2.0%, the limit "
        "on one class (Rates) takes 0.4% and the limit on gross exposure takes 0.1%, which leaves 4.8%; the contracts "
        "held come to 4.6%." in wording.replace("\u00a0", " ")
    )
    assert "against a target" not in wording
    cut = (
        '[{"limit": "order_volume", "subjects": ["DI1_5Y"], "taken": 0.0, "contracts": -1250},'
        ' {"limit": "roll", "subjects": ["DOL"], "taken": 0.0, "contracts": 40}]'
    )
    later = " ".join(portfolio.sentences(portfolio_view(made(portfolio_state=[{**row, "limits_bound": cut}]))))
    assert "takes" not in later, "an order that is cut takes nothing of the volatility aimed at"
    assert (
        "Contracts left for later days: 1,250 DI1_5Y (the limit on one order's share of a day's volume) and 40 DOL (a "
        "roll by orders of that size)." in later.replace("\u00a0", " ")
    )
    free = " ".join(portfolio.sentences(portfolio_view(made(portfolio_state=[{**row, "limits_bound": "[]"}]))))
    assert "volatility a year; the contracts held come to" in free.replace("\u00a0", " ")


def test_the_packages_stand_in_a_table_the_riskiest_first() -> None:
    leg = {"neutrality": "dv01", "conviction": 0.4, "scale": 0.5, "limit_bound": "gross_leverage", "imbalance": 0.01}
    rows = [
        {**leg, "strategy_id": "A", "volatility": 0.01, "legs": '{"DAP_2Y": 10.0, "DI1_2Y": -8.0}', "state": "traded"},
        {**leg, "strategy_id": "B", "volatility": 0.02, "legs": '{"DOL": -3.5}', "state": "kept"},
        {"strategy_id": "C", "volatility": 0.0, "conviction": 0.0, "legs": "{}", "state": "flat"},
    ]
    blocks = portfolio.section(made(package=rows)).blocks
    [table] = [block for block in blocks if isinstance(block, Table) and block.id == "packages"]
    assert [row[0].text for row in table.rows] == ["B", "A"]
    assert table.rows[1][2].text.replace("\u2212", "-") == "DAP_2Y +10.0, DI1_2Y -8.0"
    assert table.rows[1][7].text == "the limit on gross exposure"


def test_a_fallback_of_the_sizes_is_said() -> None:
    for sizing, is_shown in (("risk_budget", False), (None, False), ("risk_budget, without INF_IPCA_SURPRISE", True)):
        rows = [{**state(0, 1e8, 0.0), "sizing": sizing}]
        wording = " ".join(portfolio.sentences(portfolio_view(made(portfolio_state=rows))))
        assert (f"Not every view could be sized: {sizing}." in wording) is is_shown


# Risk


def test_var_is_set_against_its_limit_and_a_hot_limit_is_named() -> None:
    data = made(risk_metrics_daily=[tail(0.027)], risk_limits_status=[LIMIT])
    wording = risk.sentences(risk_view(data))
    assert wording[0] == "VaR 95% (historical) is 2.70% of NAV, 90% of its 3.00% limit."
    assert wording[1] == "Limits to watch: VaR 95%, one day (90.0%, red)."


def test_the_headline_is_the_method_that_the_desk_tests() -> None:
    rows, role = [tail(0.01), tail(0.02, "student_t")], {"role": "headline", "method": "student_t"}
    assert risk_view(made(risk_metrics_daily=rows, var_method=[role])).methods == ("student_t", "historical")
    assert risk_view(made(risk_metrics_daily=rows)).headline == "historical"


def test_the_method_of_the_limits_and_its_evidence_are_said() -> None:
    chosen: dict[str, Any] = {
        "role": "headline",
        "method": "student_t",
        "since": dt.date(2026, 3, 2),
        "verdict": "accepted",
    }
    beside: dict[str, Any] = {"role": "challenger", "method": "filtered_historical", "verdict": "rejected"}
    counts = [
        tail(value, method, f"exceptions_{metric}")
        for method, found in (("student_t", (11.0, 1.0)), ("filtered_historical", (24.0, 9.0)))
        for metric, value in zip(("var_95", "var_99"), found, strict=True)
    ]
    rows = [tail(0.01, "student_t"), *counts]
    wording = risk.sentences(risk_view(made(risk_metrics_daily=rows, var_method=[chosen, beside])))
    assert wording[-2:] == (
        "The limits read student t since 2 Mar 2026, in place of filtered historical, which was rejected then:"
        " 11 exceptions at VaR 95% (12.5 expected) and 1 exception at VaR 99% (2.5 expected) of 250 days, accepted.",
        "Beside it filtered historical: 24 exceptions at VaR 95% (12.5 expected) and 9 exceptions at VaR 99%"
        " (2.5 expected) of 250 days, rejected.",
    )
    both = [{**chosen, "verdict": "rejected"}, beside]
    assert risk.sentences(risk_view(made(risk_metrics_daily=rows, var_method=both)))[-1].startswith("Both are rejected")
    young = [{**chosen, "verdict": "untested"}, {**beside, "verdict": "untested"}]
    assert "not tested yet, which takes 250 days" in risk.sentences(risk_view(made(var_method=young)))[-1]


def test_the_backtest_is_the_desks_own_days_and_a_flat_book_has_none() -> None:
    """Three decisions of which two were tested: the report counts what the risk pass counted, and nothing of NAV."""
    tested = [(2, -0.015, 1.0), (1, 0.004, 0.0)]
    metrics = [tail(0.01, back=back) for back in range(4)]
    for back, pnl, hit in tested:
        metrics += [tail(pnl, metric="tested_pnl", back=back), tail(0.01, metric="tested_var_95", back=back)]
        metrics.append(tail(hit, metric="exception_var_95", back=back))
    book = [state(back, 1.0, -0.03) for back in (3, 2, 1, 0)]
    view = risk_view(made(risk_metrics_daily=metrics, portfolio_state=book))
    assert view.backtest is not None
    assert view.backtest.days == (dt.date(2026, 11, 16), dt.date(2026, 11, 17))
    assert (view.backtest.returns, view.backtest.exceptions) == ((-0.015, 0.004), (0,))
    assert not view.test_results
    flat = risk_view(made(risk_metrics_daily=metrics[:4], portfolio_state=book))
    assert flat.backtest is None
    assert "Kupiec" not in " ".join(risk.sentences(flat))


def test_each_line_of_the_backtest_names_its_method() -> None:
    tested = {("exceptions_var_95", "filtered_historical"): 18.0, ("exceptions_var_95", "student_t"): 11.0}
    table = backtest_table(tested, "19 Nov 2026")
    assert [column.head for column in table.columns][:3] == ["VaR", "Method", "Exceptions"]
    shown = [[cell.text for cell in row[:3]] for row in table.rows]
    assert shown == [["VaR 95%", "filtered historical", "18"], ["VaR 95%", "student t", "11"]]


def test_stress_comes_worst_first_and_an_unpriced_scenario_is_named() -> None:
    base = {"instrument_id": "TOTAL", "kind": "parametric"}
    rows: list[dict[str, Any]] = [
        {**base, "scenario_id": "a", "name": "Mild", "pnl_brl": 1e6, "pnl_fraction": 0.01},
        {**base, "scenario_id": "b", "name": "Storm", "pnl_brl": -4e6, "pnl_fraction": -0.04},
        {**base, "scenario_id": "c", "name": "Unknown", "pnl_brl": None, "pnl_fraction": None},
    ]
    data = made(stress_test_results=rows)
    view = risk_view(data)
    assert [row["name"] for row in view.stress] == ["Storm", "Mild"]
    wording = " ".join(risk.sentences(view)).replace("\u00a0", " ")
    assert "The worst scenario is Storm: the book loses BRL 4.00 million (−4.0% of NAV)." in wording
    assert "These scenarios could not be priced: Unknown." in risk.section(data).missing


def test_deltas_stand_beside_the_ladder_and_not_on_it() -> None:
    rows = [
        {"curve_id": "PRE", "tenor_bd": 504, "dv01_brl": 900.0},
        {"curve_id": "FX", "tenor_bd": 0, "dv01_brl": -1_250.0},
        {"curve_id": "SPREAD", "tenor_bd": 0, "dv01_brl": 2_340.0},
    ]
    blocks = {getattr(block, "id", ""): block for block in risk.section(made(dv01_ladder=rows)).blocks}
    assert [cell.text for cell in blocks["dv01-ladder"].rows[0]] == ["2y", "+900"]  # type: ignore[union-attr]
    assert len(blocks["dv01-ladder"].rows) == 1  # type: ignore[union-attr]
    shown = [[cell.text for cell in row] for row in blocks["deltas"].rows]  # type: ignore[union-attr]
    assert [row[:3] for row in shown] == [
        ["US dollar", "−12,500,000", "BRL"],
        ["Sovereign spread", "+2,340", "BRL per bp"],
    ]


def test_an_unmeasured_limit_is_neither_green_nor_zero() -> None:
    row = {**LIMIT, "value": None, "utilisation": None, "status": "absent"}
    section = risk.section(made(risk_limits_status=[row]))
    assert "VaR 95%, one day: the measure behind this limit is not known." in section.missing
    table = next(block for block in section.blocks if getattr(block, "id", "") == "limits")
    assert [cell.text for cell in table.rows[0]][1:] == ["n/a", "3.00%", "n/a", "○ not known"]  # type: ignore[union-attr]


def test_a_scenario_without_a_price_says_why_and_dates_are_the_readers() -> None:
    absent = "COVID; 20 Feb to 18 Mar 2020: absent, no closes of 20 Feb 2020 and 18 Mar 2020 are held"
    assert unpriced_text(absent) == "COVID (no closes of 20 Feb 2020 and 18 Mar 2020 are held)"
    blind = "COVID; without DI curve, real curve, USD/BRL, not held of then"
    assert unpriced_text(blind) == "COVID (no DI curve, real curve and USD/BRL of that time, which a position needs)"
    assert unpriced_text("Unknown") == "Unknown"
    with use_locale("pt"):
        assert left_in_english([unpriced_text(blind)]) == []
        assert "curva real e USD/BRL" in unpriced_text(blind)
        assert unpriced_text(absent) == "COVID (sem fechamentos de 20/02/2020 e 18/03/2020 na base)"
        assert scenario_name({"name": "Worst day of the window: 02 Sep 2024"}) == "Pior dia da janela: 02/09/2024"


@pytest.mark.parametrize(
    "how",
    [
        "by the moves measured once, no closes of then are held",
        "without DI curve, cupom curve, not held of then",
        "by the moves measured once, no closes of then are held, without real, ust",
    ],
)
def test_a_replayed_episode_has_a_portuguese_name_however_it_was_priced(how: str) -> None:
    episodes = load_desk_parameters().dated
    with use_locale("pt"):
        names = [scenario_name({"name": f"{item.name}; {how}"}) for item in episodes]
    assert left_in_english(names) == []
    assert struck_out(iter(names), FORBIDDEN_PORTUGUESE) == []
