"""The gold tables of orders: as decided, as dealing tickets, those withheld, and what the gate says of them."""

from __future__ import annotations

from desk.gold_table import GoldTable

ACTION = GoldTable(
    "action",
    ("seq",),
    {
        "seq": "int",
        "instrument_id": "text",
        "contract_id": "text",
        "side": "text",  # receive, pay (what is dealt in rate), buy, sell, sell_protection, buy_protection
        "contracts_from": "int",
        "contracts_to": "int",
        "order_contracts": "int",
        "dv01_change_brl": "float",
        "notional_change_brl": "float",
        "cost_brl": "float",
        "invalidation": "float",
        "invalidation_unit": "text",
        "rationale": "json",
        "sentence": "text",
    },
)

TICKET = GoldTable(
    "ticket",
    ("ticket", "leg"),
    {
        "ticket": "int",  # 1 is the one that moves most risk; rolls come last
        "leg": "int",
        "role": "text",  # order, roll_out, roll_in, hedge
        "seq": "int",  # of the order in ACTION; null for a hedge
        "instrument_id": "text",
        "contract_id": "text",
        "expiry": "date",
        "venue": "text",
        "action": "text",  # receive, pay, buy, sell, sell_protection, buy_protection
        "venue_side": "text",  # BUY or SELL of what the venue quotes: receiving sells the rate
        "contracts": "int",  # of the order, positive
        "lot": "int",
        "contracts_from": "int",  # position in the contract, + long the price
        "contracts_to": "int",
        "unit": "text",  # of reference, work_level and stop
        "reference": "float",  # previous settlement
        "reference_date": "date",
        "work_level": "float",  # the worst level at which the order is worked
        "stop": "float",
        "risk_to_stop_brl": "float",  # of the position after the order, a loss positive
        "dv01_change_brl": "float",
        "notional_change_brl": "float",
        "cost_brl": "float",
        "route": "text",  # book, tas, otc
        "tas_symbol": "text",
        "volume": "float",  # median of the last sessions, contracts
        "share_of_volume": "float",
        "open_interest": "float",
        "share_of_open_interest": "float",
        "reverses_on": "date",  # the day of the newest order of the other side, of the last decisions
        "reverses_contracts": "int",
    },
)

# Why the target of a line is another than at the last decision, of day `since` (desk/portfolio/change_split.py).
POSITION_CHANGE = GoldTable(
    "position_change",
    ("instrument_id",),
    {
        "instrument_id": "text",
        "since": "date",
        "contracts_since": "int",  # the target of that decision
        "contracts_from": "int",  # what this decision found
        "contracts_to": "int",
        "alone": "float",  # contracts, not in lots: what the packages ask for
        "limited": "float",  # within the limits and the target volatility
        "braked": "float",  # under the drawdown breaker
        "wanted": "float",  # beside packages that wait for a price or a signal
        "parts": "json",  # {part: contracts}: they add up to contracts_to - contracts_from
        "parts_dv01_brl": "json",  # {part: BRL per bp}: they add up to that of the line's orders
        "views": "json",  # {strategy_id: contracts} of the part `view`
    },
)
# Why the book's risk is another: `risk_brl`, the change of its daily standard deviation, part after part in the order
# of `seq`, from the last decision's to `after_brl`.
BOOK_CHANGE = GoldTable(
    "book_change",
    ("part",),
    {"part": "text", "seq": "int", "since": "date", "risk_brl": "float", "after_brl": "float"},
)
# What a decision was sized by, for the next one to compare with: the hash of the desk's code, the text of the files of
# parameters, a hash of each panel column; and what of that was changed since the last decision.
SIZING_BASIS = GoldTable(
    "sizing_basis",
    (),
    {
        "code_sha256": "text",
        "parameters": "json",  # {file: its text}
        "inputs": "json",  # {panel column: hash of its last three years}
        "changed": "json",  # {"code": [...], "parameters": [...], "data": [...]} since the last decision
        "deviation_brl": "float",  # daily standard deviation of the target book
    },
)

WITHHELD_ORDER = GoldTable(
    "withheld_order",
    ("instrument_id",),
    {
        "instrument_id": "text",
        "contract_id": "text",
        "contracts": "int",  # held, and kept
        "contracts_wanted": "int",  # what the sizes of the day asked for
        "cause": "text",  # price_old, signal_old
        "input_id": "text",  # of a price: the input; of a signal: the strategies
        "obs_date": "date",
        "age_bd": "int",
        "limit_bd": "int",
    },
)

# `threshold`: the most that `value` may be. `state`: passed, failed, unknown (nothing to measure by yet), released.
# `detail`: what the check is of, in English; `facts` (schema 0028): the same as names and numbers, which the report
# words in each language: brl, var_99_brl, instrument_id, limits (ids), released and orders (codes). Null where `detail`
# is a list of ids, and on decisions of earlier releases.
ACTION_GATE = GoldTable(
    "action_gate",
    ("check_id",),
    {"check_id": "text", "value": "float", "threshold": "float", "state": "text", "detail": "text", "facts": "json"},
)
# What the gate judged. `proposal`: the code of orders, NAV and failed checks, which a release names. `state`: issued,
# stopped, released.
GATE_VERDICT = GoldTable("gate_verdict", (), {"proposal": "text", "state": "text", "orders": "int", "nav_brl": "float"})
# The orders that the gate has stopped.
GATED_ORDER = GoldTable(
    "gated_order",
    ("seq",),
    {"seq": "int", "instrument_id": "text", "contract_id": "text", "order_contracts": "int", "sentence": "text"},
)

# Shares, 0 to 1, of the book's VaR and of the daily risk that the day's decisions move. `kind`: dataset; old_price (an
# input of prices that is older than it may be) and old_signal (a strategy on such inputs); old (all of these at once).
DATA_WEIGHT = GoldTable(
    "data_weight",
    ("kind", "subject"),
    {"kind": "text", "subject": "text", "var_share": "float", "order_share": "float", "obs_date": "date"},
)
