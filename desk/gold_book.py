"""Gold tables of the book: its packages and positions, its state, and what each part of it has earned."""

from __future__ import annotations

from desk.gold_table import GoldTable

TARGET_POSITION = GoldTable(
    "target_position",
    ("instrument_id",),
    {
        "instrument_id": "text",
        "contract_id": "text",
        "asset_class": "text",
        "maturity": "date",
        "price": "float",
        "rate": "float",
        "risk_weight": "float",  # share of the book's target risk, signed
        "contracts": "int",  # + is long the price (receive for rates)
        "contracts_before": "int",
        "notional_brl": "float",
        "dv01_brl": "float",  # whole position, BRL per bp; + when a fall in yield gains
        "delta_brl": "float",  # FX and equity exposure in BRL, signed
        "margin_brl": "float",
        "cost_brl": "float",
        "unit_vol_brl": "float",  # daily standard deviation of one contract
        "marked_at": "text",  # what price is: settlement (B3's), anbima or tesouro_direto (the bond's own rate), curve
    },
)
PORTFOLIO_STATE = GoldTable(
    "portfolio_state",
    (),
    {
        "nav_brl": "float",
        "pnl_brl": "float",
        "cost_brl": "float",
        "return_1d": "float",
        "peak_nav_brl": "float",  # the highest NAV over cash of the last year, carried to today at CDI
        "drawdown": "float",  # of NAV below it: of the excess over CDI, from a peak that ages
        "gross_leverage": "float",
        "target_volatility": "float",
        "expected_volatility": "float",
        "active_positions": "int",
        "risk_multiplier": "float",  # share of its risk that the drawdown breaker leaves the day's decision, 0 to 1
        "shadow_nav_brl": "float",  # of the book without the breaker, which the breaker is measured on
        "benchmark_nav_brl": "float",  # of the inception NAV held in cash at CDI
        "sizing": "text",  # how the packages are combined, and which had a view and could not be formed
        "valuation_date": "date",  # the market day that the money is about: the session whose prices mark it
        "asked_volatility": "float",  # of the convictions; target_volatility is what limits and breaker left of it
        "limits_bound": "json",  # [{limit, subjects, taken, contracts}]: of the volatility asked for, or kept for later
    },
)
PACKAGE = GoldTable(
    "package",
    ("strategy_id",),
    {
        "strategy_id": "text",
        "asset_class": "text",
        "neutrality": "text",  # dv01, beta, cash, outright
        "conviction": "float",
        "budget": "float",  # share of the target's variance when every strategy is at full conviction
        "asked_volatility": "float",  # of the package alone, a year, of NAV, before limits and breaker
        "scale": "float",  # share of it that limits and breaker left, 0 to 1
        "limit_bound": "text",  # the limit that took most of it; null for none
        "legs": "json",  # {instrument_id: contracts after the decision, not rounded to lots}
        "leg_dv01_brl": "json",  # {instrument_id: BRL per bp of the leg}
        "imbalance": "float",  # of the two sides, of one; null: outright, a leg did not fill or has no price
        "volatility": "float",  # of the legs, a year, of NAV
        "state": "text",  # flat, traded, kept, waits (a leg has no price), held (no decision)
    },
)
PNL_ATTRIBUTION = GoldTable(
    "pnl_attribution",
    ("instrument_id",),
    {
        "instrument_id": "text",
        "asset_class": "text",
        "contracts": "int",  # held over the day
        "price_pnl_brl": "float",
        "carry_pnl_brl": "float",
        "cost_brl": "float",
        "pnl_brl": "float",  # price + carry + source - cost
        "rate_pnl_brl": "float",  # rate, fx, equity and residual are parts of the price
        "fx_pnl_brl": "float",
        "equity_pnl_brl": "float",
        "residual_pnl_brl": "float",
        "inflation_pnl_brl": "float",  # part of the carry: what the IPCA accrued
        "source_pnl_brl": "float",  # what the change to another source of the price made
        "mark": "text",  # marked, unknown (its price was old: null P&L), catch_up (of several days); null: nothing held
        "marked_from": "date",  # the day of the mark before
        "valuation_date": "date",  # as in PORTFOLIO_STATE
    },
)
PNL_BY_STRATEGY = GoldTable(
    "pnl_by_strategy",
    ("strategy_id",),
    {
        # a strategy, CASH, COST, UNATTRIBUTED or SOURCE_CHANGE; the lines of a day add up to the book's P&L
        "strategy_id": "text",
        "pnl_brl": "float",
        "valuation_date": "date",  # as in PORTFOLIO_STATE
    },
)
PNL_BY_FACTOR = GoldTable(
    "pnl_by_factor",
    ("factor",),
    {
        # DI, REAL, CUPOM, UST, FX, EQUITY, INFLATION, CARRY, RESIDUAL, CASH, COST; CATCH_UP and SOURCE_CHANGE on days
        # that have some; as above
        "factor": "text",
        "pnl_brl": "float",
        "valuation_date": "date",  # as in PORTFOLIO_STATE
    },
)
