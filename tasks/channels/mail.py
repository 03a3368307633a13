"""Mail by SMTP: text and HTML side by side, tables and inline styles only, pictures by cid, files attached.

Gmail cuts the HTML at about 102 KB: ours has at most 90. Alerts without room are named at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from html import escape

from blocks import smtp
from desk.alerts.model import AlertLine
from desk.text import clipped
from reports.elements.locale import current_locale, translate, use_locale
from tasks.channels.alert_text import (
    line_facts,
    line_summary,
    line_title,
    message_links,
    message_paragraphs,
    message_title,
    moment,
    status_word,
)
from tasks.channels.message import DeliveryFailed, Message, Receipt

SUBJECT = 150
HTML_BYTES = 90_000
NAMED = 200
COLOURS = {"critical": "#b3261e", "warning": "#b26a00", "info": "#1f5fa8", "resolved": "#2e7d32"}
NAME_CELL = "padding:2px 14px 2px 0;color:#666;font-size:13px;white-space:nowrap"
CELL = "padding:2px 0;font-size:13px;color:#1a1a1a"
TITLE = "font-size:15px;font-weight:bold;color:#1a1a1a;margin:2px 0 4px"
BUTTON = "background:#1f3a5f;color:#fff;padding:9px 16px;text-decoration:none;font-size:14px"
TABLE = '<table role="presentation" cellpadding="0" cellspacing="0"'
FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"


class Mail:
    """The channel `mail`. `recipients`: the default ones. `languages`: address -> language of a reader who has another
    one than `language`."""

    name = "mail"

    def __init__(
        self,
        server: smtp.MailServer,
        sender: str,
        recipients: Sequence[str],
        language: str = "en",
        languages: Mapping[str, str] | None = None,
    ) -> None:
        self._server, self._sender, self._recipients = server, sender, tuple(recipients)
        self._language, self._languages = language, languages or {}

    async def send(self, message: Message, recipients: Sequence[str] | None = None) -> Receipt:
        """One mail to all who read one language. The receipt names refused recipients; raises DeliveryFailed when all
        are refused.

        Where one language's mail went and the next one's did not, its readers are named as refused: they get a message
        of their own, and the others not a second one.
        """
        chosen = tuple(recipients) if recipients is not None else self._recipients
        refused: dict[str, str] = {}
        message_id = ""
        for language in dict.fromkeys(self._language_of(name) for name in chosen):
            readers = tuple(name for name in chosen if self._language_of(name) == language)
            with use_locale(language):
                mail = mail_of(message, self._sender, readers)
            try:
                refused |= await asyncio.to_thread(smtp.send, self._server, mail, self._sender, readers)
            except smtp.MailRefused as refusal:
                refused |= dict.fromkeys(readers, str(refusal))
            else:
                message_id = mail["Message-ID"]
        if not message_id:
            raise DeliveryFailed(self.name, next(iter(refused.values())))
        return Receipt(self.name, {"message_id": message_id, "recipients": len(chosen) - len(refused)}, refused)

    def _language_of(self, recipient: str) -> str:
        return self._languages.get(recipient, self._language)


def mail_of(message: Message, sender: str, recipients: Sequence[str]) -> EmailMessage:
    """The mail: mixed(related(alternative(text, html), pictures), attachments), without the parts that are empty."""
    mail = EmailMessage()
    # A line break in the subject would start another header: it becomes a space.
    mail["Subject"] = clipped(" ".join(message_title(message).split()), SUBJECT)
    mail["From"], mail["To"] = sender, ", ".join(recipients)
    mail["Date"], mail["Message-ID"] = format_datetime(message.at), message.message_id or make_msgid(domain="alvorada")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text if message.text is not None else text_of(message))
    mail.add_alternative(message.html if message.html is not None else html_of(message), subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    for picture in message.pictures:
        html.add_related(picture.png, "image", "png", cid=f"<{picture.cid}>", disposition="inline")  # type: ignore[union-attr]
    for part in message.attachments:
        main, _, sub = part.mime_type.partition("/")
        # A text part without a charset is ASCII to a mail program: a Portuguese page would lose its accents.
        params = {"charset": "utf-8"} if main == "text" else None
        mail.add_attachment(part.content, maintype=main, subtype=sub, filename=part.filename, params=params)
    return mail


def text_of(message: Message) -> str:
    """The plain text of a message that brings none of its own."""
    parts = [message_title(message), *message_paragraphs(message)]
    for line in message.lines:
        facts = "\n".join(f"  {name}: {value}" for name, value in line_facts(line))
        parts.append(f"{status_word(line)}: {line_title(line)}\n  {line_summary(line)}\n{facts}")
    parts += [f"{words}: {address}" for address, words in message_links(message)]
    return "\n\n".join(parts) + "\n"


def html_of(message: Message) -> str:
    """The HTML of a message, at most HTML_BYTES. Alerts without room are named at the end, NAMED of them at most."""
    title = escape(clipped(message_title(message), 300))
    head = [f'<h1 style="font-size:20px;margin:0 0 12px;color:#1a1a1a">{title}</h1>']
    head += [f'<p style="margin:0 0 10px;font-size:14px;line-height:1.45">{escape(clipped(p, 4000))}</p>'
             for p in message_paragraphs(message)[:10]]  # fmt: skip
    cards = [_card(line) for line in message.lines]
    shown = len(cards)
    while True:
        left = message.lines[shown:]
        html = _page(message, [*head, *cards[:shown], *_named(left)])
        if len(html.encode()) <= HTML_BYTES or shown == 0:
            return html
        shown = shown * 3 // 4


def _named(lines: Sequence[AlertLine]) -> list[str]:
    if not lines:
        return []
    names = ", ".join(clipped(line_title(line), 120) for line in lines[:NAMED])
    if len(lines) > NAMED:
        names = translate("{} and {} more", names, len(lines) - NAMED)
    return [f'<p style="font-size:13px">{escape(translate("And {} more: {}", len(lines), names))}</p>']


def _card(line: AlertLine) -> str:
    colour = COLOURS["resolved" if line.status == "resolved" else line.severity]
    rows = "".join(
        f'<tr><td style="{NAME_CELL}" valign="top">{escape(name)}</td><td style="{CELL}">{escape(value)}</td></tr>'
        for name, value in line_facts(line)
    )
    return (
        f'{TABLE} width="100%" style="margin:0 0 12px;border-collapse:collapse"><tr>'
        f'<td width="6" style="width:6px;background:{colour}">&nbsp;</td>'
        '<td style="padding:10px 14px;background:#f6f7f9;word-break:break-word">'
        f'<div style="font-size:12px;font-weight:bold;color:{colour}">{status_word(line).upper()}</div>'
        f'<div style="{TITLE}">{escape(clipped(line_title(line), 300))}</div>'
        f'<div style="font-size:14px;color:#333;margin:0 0 6px">{escape(line_summary(line))}</div>'
        f"{TABLE}>{rows}</table></td></tr></table>"
    )


def _page(message: Message, parts: Sequence[str]) -> str:
    button = ""
    for address, words in message_links(message):
        if address.startswith(("http://", "https://")):
            link = escape(address, quote=True)
            button += f'<p style="margin:16px 0"><a href="{link}" style="{BUTTON}">{escape(words)}</a></p>'
    foot = f"Alvorada, {moment(message.at)}"
    return (
        f'<!DOCTYPE html><html lang="{current_locale().tag}"><head><meta charset="utf-8"></head>'
        f'<body style="margin:0;padding:0;background:#ffffff;{FONT}">'
        f'{TABLE} width="100%"><tr><td align="center">'
        f'{TABLE} width="640" style="width:100%;max-width:640px;{FONT}"><tr><td style="padding:18px">'
        f"{''.join(parts)}{button}"
        f'<p style="font-size:12px;color:#777;margin:14px 0 0">{escape(foot)}</p>'
        "</td></tr></table></td></tr></table></body></html>"
    )
