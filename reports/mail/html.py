"""The HTML body of the mail: tables, inline styles, system fonts, 640 px wide.

It has at most HTML_BYTES, because Gmail cuts a mail at 102 KB. It uses no `<style>`, `data:` or SVG, which Gmail and
Outlook for Windows do not display. Pictures are MIME parts that the body refers to by content id.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from html import escape

from reports.elements.locale import load_locale, translate, use_locale
from reports.elements.order_text import OrderText
from reports.elements.palette import AMBER, BLUE, GRID, INK, MUTED, ORANGE, RED
from reports.mail.digest import Digest, Picture

HTML_BYTES = 90_000
"""Upper bound of the body, UTF-8."""
SUBTITLE = "Daily report, decided at 06:00 America/Sao_Paulo"
WIDTH = 640
INNER = WIDTH - 40
MOST_ORDERS = 40
FONT = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
CELL = f"padding:5px 12px 5px 0;font-size:13px;border-top:1px solid {GRID}"
TONES = {"gain": BLUE, "loss": ORANGE}
STATUS = {"amber": AMBER, "red": RED, "breach": RED}
PNG_MARK = b"\x89PNG\r\n\x1a\n"


def html(digest: Digest, link: str = "") -> str:
    """The whole body, in the digest's language; `link` is the address of the report, empty for none. Orders that do
    not fit are counted.

    Raises ValueError where the body is too long even without orders, and for a picture that is not a PNG.
    """
    shown = min(len(digest.orders), MOST_ORDERS)
    while True:
        with use_locale(digest.language):
            page = _page(digest, link, shown)
        if len(page.encode()) <= HTML_BYTES:
            return page
        if shown == 0:
            raise ValueError(f"the mail's HTML has {len(page.encode())} bytes, and {HTML_BYTES} are allowed")
        shown //= 2


def _page(digest: Digest, link: str, shown: int) -> str:
    parts = [_banner(digest), _head(digest), _gate(digest), _key(digest), _first_screen(digest),
             _orders(digest, shown), _limits(digest), _signals(digest), _pictures(digest.pictures),
             _foot(link)]  # fmt: skip
    body = "".join(parts)
    return (
        f'<!DOCTYPE html><html lang="{load_locale(digest.language).tag}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light">'
        f"<title>{escape(digest.title)}</title></head>"
        f'<body style="margin:0;padding:0;background:#eef0f3;{FONT};color:{INK}">'
        f'<table {TABLE} width="100%" bgcolor="#eef0f3"><tr><td align="center" style="padding:16px 0">'
        f'<table {TABLE} width="{WIDTH}" bgcolor="#ffffff" '
        f'style="width:{WIDTH}px;max-width:100%;background:#ffffff;{FONT};color:{INK}">{body}</table>'
        "</td></tr></table></body></html>"
    )


def _row(content: str, padding: str = "0 20px 18px") -> str:
    return f'<tr><td style="padding:{padding}">{content}</td></tr>'


def _banner(digest: Digest) -> str:
    if not digest.banner:
        return ""
    style = f"padding:9px 20px;background:{AMBER};color:#ffffff;font-size:13px;font-weight:bold"
    return f'<tr><td bgcolor="{AMBER}" style="{style}">{escape(digest.banner)}</td></tr>'


def _head(digest: Digest) -> str:
    text = f'<div style="font-size:13px;color:{MUTED}">{escape(translate(SUBTITLE))}</div>'
    title = f'<h1 style="margin:0 0 2px;font-size:23px;line-height:1.25;color:{INK}">Alvorada {escape(digest.day)}</h1>'
    return _row(title + text, "20px 20px 14px")


def _gate(digest: Digest) -> str:
    """That there are no orders, why, and what to do, in a red frame before everything else."""
    if not digest.gate:
        return ""
    first, *rest = digest.gate
    head = f'<div style="font-size:17px;font-weight:bold;color:{RED};line-height:1.35">{escape(first.text)}</div>'
    lines = "".join(
        f'<div style="margin-top:6px;font-size:14px;line-height:1.45"><b>{escape(translate(line.label))}:</b> '
        f"{escape(line.text)}</div>"
        for line in rest
    )
    return _row(
        f'<table {TABLE} width="100%"><tr><td style="padding:12px 14px;border:2px solid {RED}">{head}{lines}</td></tr>'
        "</table>"
    )


def _key(digest: Digest) -> str:
    """The key numbers, two in a row."""
    cells = [
        f'<td width="50%" valign="top" style="padding:9px 12px;border-bottom:1px solid {GRID}">'
        f'<div style="font-size:12px;color:{MUTED}">{escape(name)}</div>'
        f'<div style="font-size:16px;font-weight:bold;color:{TONES.get(tone, INK)}">{escape(value)}</div></td>'
        for name, value, tone in digest.key_numbers
    ]
    if len(cells) % 2:
        cells.append(f'<td width="50%" style="border-bottom:1px solid {GRID}">&nbsp;</td>')
    rows = "".join(f"<tr>{left}{right}</tr>" for left, right in zip(cells[::2], cells[1::2], strict=True))
    return _row(f'<table {TABLE} width="100%" style="border-top:1px solid {GRID}">{rows}</table>')


def _first_screen(digest: Digest) -> str:
    rows = "".join(
        f'<tr><td valign="top" width="96" style="padding:4px 10px 4px 0;font-size:13px;font-weight:bold;'
        f'color:{RED if line.alert else MUTED}">{escape(translate(line.label))}</td>'
        f'<td valign="top" style="padding:4px 0;font-size:14px;line-height:1.45">{escape(line.text)}</td></tr>'
        for line in digest.lines
    )
    return _row(f'<table {TABLE} width="100%">{rows}</table>')


def _limits(digest: Digest) -> str:
    if not digest.limits:
        text = "No limit is past its amber mark." if digest.limits_known else "The limits are not known."
        return _row(_title(translate("Limits")) + _paragraph(translate(text)))
    rows = [
        (*row[:4], f'<b style="color:{STATUS.get(state, RED)}">{escape(row[4])}</b>')
        for row, state in zip(digest.limits, digest.limit_states, strict=True)
    ]
    cells = [[*(escape(text) for text in row[:4]), row[4]] for row in rows]
    return _row(
        _title(translate("Limits to watch")) + _table(("Limit", "Now", "Limit at", "Used", "Status"), cells, "lrrrl")
    )


def _signals(digest: Digest) -> str:
    if not digest.signals:
        return _row(_title(translate("Signals")) + _paragraph(translate("No strategy has a score for this decision.")))
    cells = [[escape(text) for text in row] for row in digest.signals]
    table = _table(("Strategy", "Class", "Score", "1 day"), cells, "llrr")
    return _row(_title(translate("Top signals")) + table + (_paragraph(digest.moves) if digest.moves else ""))


def _orders(digest: Digest, shown: int) -> str:
    if not digest.orders:
        return _row(_title(translate("Actions")) + _paragraph(digest.action_line))
    rows = "".join(_order(order) for order in digest.orders[:shown])
    omitted = len(digest.orders) - shown
    more = _paragraph(translate("And {} more, in the attached page.", omitted)) if omitted else ""
    return _row(
        _title(translate("Actions: {}", len(digest.orders))) + f'<table {TABLE} width="100%">{rows}</table>{more}'
    )


def _order(order: OrderText) -> str:
    lines = ((order.warning, RED), (order.deal, INK), (order.size, MUTED), (order.reason, MUTED))
    facts = "".join(
        f'<div style="font-size:13px;line-height:1.4;color:{color}">{escape(text[:600])}</div>'
        for text, color in lines
        if text
    )
    return (
        f'<tr><td valign="top" width="26" style="padding:6px 0;font-size:14px;color:{MUTED}">{order.number}.</td>'
        f'<td style="padding:6px 0;border-bottom:1px solid {GRID}">'
        f'<div style="font-size:14px;font-weight:bold">{escape(order.head[:120])}</div>{facts}</td></tr>'
    )


def _pictures(pictures: Iterable[Picture]) -> str:
    return "".join(_picture(picture) for picture in pictures)


def _picture(picture: Picture) -> str:
    wide, high = png_size(picture.png)
    width = min(INNER, wide)
    height = round(high * width / wide)
    image = (
        f'<img src="cid:{escape(picture.cid, quote=True)}" width="{width}" height="{height}" '
        f'alt="{escape(picture.alt[:500], quote=True)}" '
        f'style="display:block;width:100%;max-width:{width}px;height:auto;border:0;font-size:13px;color:{MUTED}">'
    )
    return _row(_title(picture.title) + image)


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header. Raises ValueError where the bytes are not a PNG."""
    if png[:8] != PNG_MARK or png[12:16] != b"IHDR" or len(png) < 24:
        raise ValueError("a picture is not a PNG")
    width, height = struct.unpack(">II", png[16:24])
    if not width or not height:
        raise ValueError("a picture is empty")
    return width, height


def _foot(link: str) -> str:
    button = ""
    if link.startswith(("http://", "https://")):
        style = "display:inline-block;padding:10px 18px;color:#ffffff;text-decoration:none;font-size:14px"
        button = (
            f'<table {TABLE}><tr><td bgcolor="{BLUE}" style="background:{BLUE}">'
            f'<a href="{escape(link, quote=True)}" style="{style}">{escape(translate("Open the full report"))}</a>'
            "</td></tr></table>"
        )
    text = escape(translate("The whole page, with its charts and receipts, is attached: full-report.html."))
    return _row(f'{button}<p style="margin:12px 0 0;font-size:12px;color:{MUTED}">{text}</p>', "6px 20px 22px")


def _title(text: str) -> str:
    return f'<h2 style="margin:0 0 6px;font-size:16px;line-height:1.3;color:{INK}">{escape(text)}</h2>'


def _paragraph(text: str) -> str:
    return f'<p style="margin:6px 0 0;font-size:14px;line-height:1.45">{escape(text)}</p>'


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], align: str) -> str:
    """`rows`: cells as HTML, already escaped. `align`: one letter a column, l or r."""
    sides = ["right" if letter == "r" else "left" for letter in align]
    head = "".join(
        f'<th align="{side}" style="padding:4px 12px 4px 0;font-size:12px;font-weight:normal;color:{MUTED};'
        f'text-align:{side}">{escape(translate(text))}</th>'
        for text, side in zip(heads, sides, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td align="{side}" style="{CELL};text-align:{side}">{cell}</td>'
            for cell, side in zip(row, sides, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return f'<table cellpadding="0" cellspacing="0" border="0" width="100%"><tr>{head}</tr>{body}</table>'
