"""Each section's sentences and numbers, against small frames made by hand."""

import dataclasses
import datetime as dt
import json
from typing import Any

import polars as pl
import pytest

from reports.calculations.agents import agents_view
from reports.calculations.levels import Levels
from reports.calculations.market import breakeven, market_view
from reports.calculations.orders import orders_view
from reports.calculations.regimes import regime_view
from reports.calculations.signals import signals_view
from reports.elements import order_text
from reports.page import executive_summary, first_screen
from reports.page.exceptions import exception_texts
from reports.page.order_lines import order_items, orders_line
from reports.sections import actions, agent_views, market_snapshot, regime, signals
from tests.reports.hand_made import DAY, NOW, ago, levels, made
from tests.reports.sample import sample

# Market snapshot


def test_changes_are_against_what_was_known_at_earlier_decisions() -> None:
    data = made(feature=levels("usdbrl", (380, 4.0, 1), (30, 5.0, 1), (7, 5.25, 1), (1, 5.5, 1), (0, 5.61, 1)))
    level = Levels(data).get("usdbrl")
    assert level is not None
    assert level.change_fraction("1d") == pytest.approx(0.02)
    assert level.change("1w") == pytest.approx(0.36)
    assert level.change_fraction("1m") == pytest.approx(0.122)
    assert level.change("1y") is None  # 380 days ago is not a year ago, and nothing is nearer
    assert level.z is None  # five days are no history


def test_no_change_is_printed_where_nothing_new_was_observed() -> None:
    same = DAY - dt.timedelta(days=50)
    rows = [{"as_of": ago(back), "feature_id": "ipca_12m", "value": 0.045, "obs_date": same} for back in (30, 7, 1)] + [
        {"as_of": NOW, "feature_id": "ipca_12m", "value": 0.045, "obs_date": same}
    ]
    table = market_snapshot.section(made(feature=rows)).blocks[0]
    row = next(r for r in table.rows if r[0].text == "IPCA 12 months")  # type: ignore[union-attr]
    assert [cell.text for cell in row[3:7]] == ["no new", "no new", "no new", "n/a"]


def test_a_level_that_was_known_yesterday_only_is_not_known_today() -> None:
    data = made(feature=levels("vix", (1, 20.0, 1)) + levels("usdbrl", (1, 5.0, 1), (0, 5.0, 1)))
    view = market_view(data)
    assert view.level("VIX") is None
    assert "VIX" in {quote.name for quote in view.unknown}
    table = market_snapshot.section(data).blocks[0]
    vix = next(r for r in table.rows if r[0].text == "VIX")  # type: ignore[union-attr]
    assert vix[1].text == "not known"
    assert "20" not in "".join(cell.text for cell in vix)


def test_z_score_is_the_textbook_one() -> None:
    values = [(100 - i, float(i % 10), 1) for i in range(100)] + [(0, 20.0, 1)]
    level = Levels(made(feature=levels("vix", *values))).get("vix")
    series = pl.Series([v for _, v, _ in values])
    assert level is not None
    assert level.z == pytest.approx((20.0 - series.mean()) / series.std())  # type: ignore[operator]


def test_the_curve_sentence_gives_shape_and_change_of_slope() -> None:
    rows = levels("pre_252", (7, 0.14, 1), (0, 0.1420, 1)) + levels("pre_1260", (7, 0.13, 1), (0, 0.1350, 1))
    wording = " ".join(market_snapshot.sentences(market_view(made(feature=rows)))).replace("\u00a0", " ")
    assert "The DI curve is inverted: 14.20% at 1y, 13.50% at 5y" in wording
    assert "over a week 1y rose 20 bp and 5y rose 50 bp; the curve steepened 30 bp" in wording


def test_breakeven_is_the_fisher_ratio() -> None:
    # 6.8980 over 2.3427 gives 4.4510: the desk's golden number
    [(tenor, rate)] = breakeven([(252, 0.06898)], [(252, 0.023427), (504, 0.03)])
    assert tenor == 252
    assert rate == pytest.approx(0.044510, abs=5e-7)


# Regime


def regimes(back: int, **odds: float) -> list[dict[str, Any]]:
    return [{"as_of": ago(back), "regime_id": name, "probability": p} for name, p in odds.items()]


def test_a_change_of_regime_is_in_the_sentences() -> None:
    data = made(regime=regimes(7, A=0.9, B=0.1) + regimes(1, A=0.6, B=0.4) + regimes(0, A=0.3, B=0.7))
    wording = regime.sentences(regime_view(data))
    assert wording[0] == "The most probable regime is B at 70%, +60 pp over a week."
    assert wording[1] == "It was A on Wed 18 Nov."
    assert wording[2] == "The evidence leaves as much open as 1.8 equally likely regimes would."
    assert wording[3] == "A is not far: 30%."


@pytest.mark.parametrize(("share", "open_regimes"), [(1.0, "1.0"), (0.4, "3.8")])
def test_what_the_evidence_leaves_open_is_said_and_what_the_regime_means(share: float, open_regimes: str) -> None:
    """By hand: 0.4 and three times 0.2 have an entropy of 1.332, and exp(1.332) = 3.79."""
    rest = (1.0 - share) / 3.0
    odds = {"Goldilocks": share, "Reflation": rest, "Stagflation": rest, "Deflation": rest, "Mixed": 0.0}
    wording = regime.sentences(regime_view(made(regime=regimes(0, **odds))))
    assert f"The evidence leaves as much open as {open_regimes} equally likely regimes would." in wording
    assert wording[1] == "Growth above and inflation below the means of five years."


def test_unknown_probabilities_are_no_regime() -> None:
    rows = [{"regime_id": "A", "probability": None}]
    assert regime.section(made(regime=rows)).missing


# Agents


def test_an_agents_changes_and_missing_inputs() -> None:
    base = {"agent_id": "fiscal", "confidence": 0.5, "drivers": '{"debt": -0.4}', "missing": '["x"]', "sentence": "S."}
    data = made(agent_view=[{**base, "as_of": ago(1), "score": 0.2}, {**base, "score": -0.4}])
    [agent] = agents_view(data).agents
    assert agent.change_1d == pytest.approx(-0.6)
    assert agent.change_1w is None
    card = agent_views.card(agent, {}, "today")
    assert "Missing inputs: x." in card.sentence
    assert card.value == "−0.40"
    assert agent_views.sentences(agents_view(data))[0] == (
        "The strongest view is Fiscal at −0.40, its direction right with a chance of 50%."
    )


def test_an_agent_without_a_view_is_missing_by_name() -> None:
    row = {"agent_id": "fiscal", "score": None, "confidence": 0.0, "drivers": "{}", "missing": '["gross_debt_gdp"]'}
    section = agent_views.section(made(agent_view=[row]))
    assert section.missing[0] == "Fiscal has no view: it lacks gross_debt_gdp."
    assert section.sentences == ()


# Signals


def test_flips_and_surges_are_in_the_sentences_and_a_missing_score_is_named() -> None:
    data = made(
        strategy_signals=[
            {
                "strategy_id": "FX_X",
                "asset_class": "FX",
                "score": -0.5,
                "confidence": 1.0,
                "drivers": '{"carry_z": -1.2}',
            },
            {"strategy_id": "FX_Y", "asset_class": "FX", "score": None, "missing": '["cot_brl_oi"]'},
        ],
        aggregated_signal=[
            {"instrument_id": "DOL", "asset_class": "FX", "conviction": 0.4, "flip": 1, "surge": 0.7},
            {"as_of": ago(1), "instrument_id": "DOL", "asset_class": "FX", "conviction": -0.3, "flip": 0},
        ],
    )
    view = signals_view(data)
    assert view.convictions[0].change_1d == pytest.approx(0.7)
    wording = " ".join(signals.sentences(view))
    assert (
        "The strongest signal is FX_X at −0.50, driven by carry z (−1.20); 1 of 2 strategies have a score." in wording
    )
    assert "Changed sign since Wed 18 Nov: DOL turned long." in wording
    assert "Conviction jumped in DOL +0.70." in wording
    assert signals.section(data).missing == ("FX_Y has no score: it lacks cot_brl_oi.",)


# Actions and the first screen


ORDER = {
    "seq": 1, "instrument_id": "DI1_2Y", "contract_id": "DI1F29", "side": "pay",
    "contracts_from": 35, "contracts_to": -55,
    "order_contracts": -90, "dv01_change_brl": -1_200.0, "notional_change_brl": -7e6, "cost_brl": 1_200.0,
    "invalidation": 0.131, "invalidation_unit": "fraction per year", "rationale": json.dumps({"R": -0.6}),
    "sentence": "S.",
}  # fmt: skip


def test_orders_are_counted_costed_and_the_biggest_is_named() -> None:
    small = ORDER | {
        "seq": 2,
        "instrument_id": "DOL",
        "contract_id": "DOLZ26",
        "order_contracts": 1,
        "side": "buy",
        "contracts_from": 1,
        "contracts_to": 2,
        "cost_brl": 300.0,
        "invalidation_unit": "BRL per USD 1,000",
    }
    targets = [
        {"instrument_id": "DI1_2Y", "unit_vol_brl": 100.0, "rate": 0.13},
        {"instrument_id": "DOL", "unit_vol_brl": 2000.0},
    ]
    data = made(action=[ORDER, small], target_position=targets)
    wording = [text.replace("\u00a0", " ") for text in actions.sentences(orders_view(data))]
    assert wording[0] == "2 orders, costing BRL 1,500 in all."
    assert wording[1] == "The position changes side in DI1_2Y."
    assert orders_line(data).replace("\u00a0", " ") == "2 orders, cost BRL 1,500."
    first = order_items(data)[0]
    assert (first.number, first.head) == (1, "Pay 90 DI1F29")
    assert first.deal.endswith("; stop 13.10%")
    assert first.size.replace("\u00a0", " ").startswith("BRL −1,200 per bp; cost BRL ")


def test_no_orders_because_nothing_was_computed_is_not_no_orders() -> None:
    assert actions.section(made()).missing
    assert "no orders to give" in orders_line(made())
    calm = made(target_position=[{"instrument_id": "DOL", "contracts": 1, "contracts_before": 1}])
    assert actions.section(calm).missing == (
        "No earlier decision is stored: what came of earlier orders cannot be said.",
    )
    assert orders_line(calm) == "No orders."


def test_an_order_that_closes_has_no_invalidation_level() -> None:
    row = {**ORDER, "contracts_to": 0, "invalidation": None, "invalidation_unit": None}
    assert order_text.invalidation_clause(row) == "closing the contract"
    assert order_text.invalidation_text(row) == "closes it"


def test_data_coverage_names_missing_datasets() -> None:
    rows: list[dict[str, Any]] = [
        {"dataset": "a", "state": "ok"},
        {"dataset": "b", "state": "stale", "last_obs_date": dt.date(2026, 11, 2)},
        {"dataset": "c", "state": "failed", "last_obs_date": None},
    ]
    line = executive_summary.data_line(executive_summary.coverage(made(dataset_status=rows)))
    assert line == "1 of 3 datasets ok. Stale: b (last 2 Nov 2026). Failed: c (never seen)."


def test_a_breach_comes_first_and_is_marked() -> None:
    data = made(risk_limits_status=[{"limit_id": "var_95", "name": "VaR 95%, one day", "status": "breach"}])
    assert exception_texts(data) == ["LIMIT BREACHED: VaR 95%, one day."]
    shown = {line.label: line.alert for line in first_screen.lines(data, [])}
    assert (shown["Exceptions"], shown["Watch"], shown["Orders"]) == (True, True, False)


def test_the_dollars_of_ddi_that_are_counted_as_frc_are_an_exception_once() -> None:
    def lines(root: str, back: int) -> list[dict[str, Any]]:
        held = {"as_of": ago(back), "contracts": 700, "contracts_before": 700}
        return [
            {**held, "instrument_id": "DDI_1Y", "contract_id": f"{root}F28"},
            {**held, "instrument_id": "DDI_3Y", "contract_id": f"{root}F30", "contracts_before": -1_680},
            {**held, "instrument_id": "DOL", "contract_id": "DOLZ26"},
        ]

    (text,) = exception_texts(made(target_position=lines("DDI", 1) + lines("FRC", 0)))
    assert "+700 DDIF28" in text
    assert "-1680 DDIF30" in text
    assert "USD 49.0m short" in text
    assert "buy as much in the first DDI" in text
    assert exception_texts(made(target_position=lines("FRC", 1) + lines("FRC", 0))) == []
    assert exception_texts(made(target_position=lines("FRC", 0))) == []


def test_the_first_screens_numbers_follow_the_frames() -> None:
    data = sample(days=60)
    changed = data.frames["portfolio_state"].with_columns(pl.col("nav_brl") * 2)
    other = dataclasses.replace(data, frames={**data.frames, "portfolio_state": changed})
    nav = data.row("portfolio_state")["nav_brl"]  # type: ignore[index]
    assert f"{nav / 1e6:,.2f}" in executive_summary.book_line(data)
    assert f"{2 * nav / 1e6:,.2f}" in executive_summary.book_line(other)


def test_on_the_first_day_flips_are_not_known_rather_than_none() -> None:
    data = made(aggregated_signal=[{"instrument_id": "DOL", "conviction": 0.4, "flip": None}])
    assert not [wording for wording in signals.sentences(signals_view(data)) if "side" in wording]
    assert exception_texts(data) == []


@pytest.mark.parametrize(
    ("contracts", "wording"),
    [
        (15, "Conviction changed sign: IND turned short (its target is still long: 15 contracts)."),
        (-15, "Conviction changed sign: IND turned short."),
        (0, "Conviction changed sign: IND turned short."),
    ],
)
def test_a_flip_of_a_conviction_is_not_read_as_one_of_the_position(contracts: int, wording: str) -> None:
    """A book in packages can stay long what its summed conviction is short of: the first screen says so."""
    data = made(
        aggregated_signal=[{"instrument_id": "IND", "conviction": -0.2, "flip": -1}],
        target_position=[{"instrument_id": "IND", "contract_id": "INDZ26", "contracts": contracts}],
    )
    assert exception_texts(data) == [wording]
