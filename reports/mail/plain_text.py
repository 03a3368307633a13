"""The plain text of the mail, for text readers and search indexes."""

from __future__ import annotations

from reports.elements.locale import translate, use_locale
from reports.mail.digest import Digest

MOST_ORDERS = 40
"""Orders that are listed; the others are counted."""


def text(digest: Digest, link: str = "") -> str:
    """The whole text, in the digest's language; `link` is the address of the report, empty for none."""
    with use_locale(digest.language):
        return "\n".join(_lines(digest, link)) + "\n"


def limit_lines(digest: Digest) -> list[str]:
    """`▲ amber: VaR 95%, one day, 2.60% of 3.00% (86.7% used)` for each limit to watch, in the current locale."""
    return [
        translate("{}: {}, {} of {} ({} used)", status, name, now, limit, used)
        for name, now, limit, used, status in digest.limits
    ]


def signal_lines(digest: Digest) -> list[str]:
    """`+0.62  RATES_CARRY_ROLL (rates), 1 day +0.10` for each top signal, and the changes of sign, in the current
    locale."""
    rows = [
        translate("{}  {} ({}), 1 day {}", score, name, kind, change) for name, kind, score, change in digest.signals
    ]
    return [*rows, *([digest.moves] if digest.moves else [])]


def _lines(digest: Digest, link: str) -> list[str]:
    out = [digest.banner, ""] if digest.banner else []
    out += [translate("Alvorada {}, decided at 06:00 America/Sao_Paulo", digest.day), ""]
    out += [f"{translate(line.label).upper()}: {line.text}" for line in digest.gate]
    out += (
        ["", *(f"{name}: {value}" for name, value, _ in digest.key_numbers)]
        if digest.gate
        else [f"{name}: {value}" for name, value, _ in digest.key_numbers]
    )
    out += ["", *(f"{translate(line.label)}: {line.text}" for line in digest.lines)]
    out += ["", translate("Actions: {}", len(digest.orders)).upper()]
    out += [f"{order.number}. {order.whole}" for order in digest.orders[:MOST_ORDERS]] or [digest.action_line]
    omitted = len(digest.orders) - MOST_ORDERS
    out += [translate("And {} more, in the attached page.", omitted)] if omitted > 0 else []
    if digest.limits:
        out += ["", translate("Limits to watch").upper(), *limit_lines(digest)]
    out += ["", translate("Top signals").upper(), *signal_lines(digest)]
    out += ["", translate("The full report: {}", link) if link else ""]
    return [*out, translate("The whole page, with its charts and receipts, is attached: full-report.html.")]
