"""What orders would make of a decided book: read as a person writes them, and compared before and after."""

from desk.what_if.compare import compare
from desk.what_if.orders import Order, read_orders
from desk.what_if.record import as_record
from desk.what_if.result import DecidedBook, Figure, LimitUse, Scenario, WhatIf
from desk.what_if.written import WrittenOrder, parse

__all__ = [
    "DecidedBook",
    "Figure",
    "LimitUse",
    "Order",
    "Scenario",
    "WhatIf",
    "WrittenOrder",
    "as_record",
    "compare",
    "parse",
    "read_orders",
]
