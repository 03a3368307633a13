"""The plain text of the mail, for text readers and search indexes."""

from __future__ import annotations

from reports.mail.digest import Digest

MOST_ORDERS = 40
"""Orders that are listed; the others are counted."""


def text(digest: Digest, link: str = "") -> str:
    """The whole text; `link` is the address of the report, empty for none."""
    out = [digest.banner, ""] if digest.banner else []
    out += [f"Alvorada {digest.day}, decided at 06:00 America/Sao_Paulo", ""]
    out += [f"{name}: {value}" for name, value, _ in digest.key_numbers]
    out += ["", *(f"{line.label}: {line.text}" for line in digest.lines)]
    if digest.limits:
        out += ["", "LIMITS TO WATCH"]
        out += [f"{status}: {name}, {now} of {limit} ({used} used)" for name, now, limit, used, status in digest.limits]
    out += ["", "TOP SIGNALS", *(f"{score}  {name} ({kind}), 1 day {d}" for name, kind, score, d in digest.signals)]
    out += [*([digest.moves] if digest.moves else []), "", f"ACTIONS: {len(digest.orders)}"]
    out += [f"{n}. {o.text}; {o.facts}. {o.reason}".rstrip() for n, o in enumerate(digest.orders[:MOST_ORDERS], 1)] or [
        digest.action_line
    ]
    omitted = len(digest.orders) - MOST_ORDERS
    out += [f"And {omitted} more, in the attached page."] if omitted > 0 else []
    out += ["", f"The full report: {link}" if link else "", "The whole page is attached: full-report.html."]
    return "\n".join(out) + "\n"
