"""The dealing tickets of the decision: orders and rolls, each with its legs."""

from __future__ import annotations

from dataclasses import dataclass

from reports.elements.report_data import ReportData, Row, once_per_report
from reports.elements.ticket_text import Legs


@dataclass(frozen=True)
class TicketsView:
    """`orders` and `rolls`: tickets in the desk's order, each as its legs. `known`: whether any are stored."""

    orders: tuple[Legs, ...]
    rolls: tuple[Legs, ...]

    @property
    def known(self) -> bool:
        """Whether the decision has tickets."""
        return bool(self.orders or self.rolls)

    def number_of(self, order: Row) -> int:
        """The number of the ticket that an order of ACTION is in: the only number of an order on the page. Its own
        where no ticket is stored."""
        legs = (leg for ticket in (*self.orders, *self.rolls) for leg in ticket)
        return next((leg["ticket"] for leg in legs if leg["seq"] == order["seq"]), int(order["seq"]))


@once_per_report
def tickets_view(data: ReportData) -> TicketsView:
    """The tickets of the decision; none where none are stored."""
    groups: dict[int, list[Row]] = {}
    for row in data.latest("ticket").iter_rows(named=True):
        groups.setdefault(row["ticket"], []).append(row)
    found = [tuple(legs) for _, legs in sorted(groups.items())]
    return TicketsView(
        orders=tuple(legs for legs in found if legs[0]["role"] == "order"),
        rolls=tuple(legs for legs in found if legs[0]["role"] != "order"),
    )
