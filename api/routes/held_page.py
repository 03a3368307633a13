"""held/word/: a person's decision on held values, by the signed link of an alert's mail or Slack message; no token.

Opening the address decides nothing, so that whatever follows links in mail releases nothing: it shows a page with one
form for each value that was held when the link was made and is open. Sending a form decides it once, and is audited
under the name `link`; a form that is sent again undoes no later decision, and a value held later needs its own link.
"""

from __future__ import annotations

import datetime as dt
import html
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse

from api.reading import rows
from tasks.store.api_tokens import Token
from tasks.store.signed_links import HELD, is_signed, issued_at

router = APIRouter(prefix="/held/word", include_in_schema=False)
Expires = Annotated[int, Path(ge=0, le=2**40)]
Signature = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
DECISIONS = {"release": "released", "reject": "rejected"}
LONGEST = {"by": 80, "reason": 500}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
CALLER = Token("link", "operate")
AUDIT_PATH = "/api/v1/held/word"
"""In the place of the path, which is a right: whoever may read the audit would have it."""
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>Alvorada: held values</title>
<style>body{{font:16px/1.45 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}}
form{{border:1px solid #bbb;border-radius:6px;padding:.8rem 1rem;margin:1rem 0}}
input{{font:inherit;display:block;width:100%;box-sizing:border-box;margin:.2rem 0 .6rem}}
button{{font:inherit;padding:.4rem 1rem;margin-right:.6rem}}</style></head>
<body><h1>Held values</h1>{body}</body></html>
"""
FORM = """<form method="post"><h2>{entity} of {obs_date}: {value:.8g}</h2><p>{reason}</p>
<input type="hidden" name="hold_id" value="{hold_id}">
<label>Your name<input name="by" required maxlength="80"></label>
<label>Why<input name="reason" required maxlength="500"></label>
<button name="decision" value="release">Release: believe it from the next decision on</button>
<button name="decision" value="reject">Reject: leave it out for good</button></form>"""


@router.get("/{expires}/{signature}")
async def held_values(request: Request, expires: Expires, signature: Signature) -> HTMLResponse:
    """The page; it changes nothing."""
    await _admit(request, expires, signature)
    return await _page(request, expires)


@router.post("/{expires}/{signature}")
async def decide(request: Request, expires: Expires, signature: Signature) -> HTMLResponse:
    """One decision, by one of the page's forms."""
    await _admit(request, expires, signature)
    request.state.token = CALLER
    request.state.audit_path = AUDIT_PATH
    form = {
        name: values[-1].strip() for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()
    }
    decision, hold_id = DECISIONS.get(form.get("decision", "")), form.get("hold_id", "")
    is_complete = all(0 < len(form.get(name, "")) <= most and "\0" not in form[name] for name, most in LONGEST.items())
    if decision is None or not is_complete or not (hold_id.isascii() and hold_id.isdigit() and len(hold_id) < 16):
        raise HTTPException(422, "a decision needs its value, a name and a reason")
    request.state.audit_detail = {
        "hold_id": int(hold_id),
        "decision": decision,
        "by": form["by"],
        "reason": form["reason"],
    }
    shown = await _open(request, expires)
    if int(hold_id) not in {row["hold_id"] for row in shown}:
        raise HTTPException(422, f"held value {int(hold_id)} is decided already, or held later than this link was made")
    now = request.app.state.clock()
    await request.app.state.store.decide_hold(
        int(hold_id), decision, f"{form['by']} (by link)", form["reason"], now, now, only_open=True
    )
    return await _page(request, expires, f"<p><strong>Held value {int(hold_id)} is {decision}.</strong></p>")


async def _admit(request: Request, expires: int, signature: str) -> None:
    """Raises HTTPException: 403 for a signature that is not ours, 410 for one whose time is over, 429."""
    state: Any = request.app.state
    await state.limiter.unauthenticated(request.client.host if request.client else "unknown")
    if not await is_signed(state.pool, HELD, expires, signature):
        raise HTTPException(403, "this link is not one of ours")
    if dt.datetime.fromtimestamp(expires, dt.UTC) <= state.clock():
        raise HTTPException(410, "this link has expired: the next alert brings another, or use `alvorada held`")


async def _open(request: Request, expires: int) -> list[Any]:
    """The open values that were held when the link was made."""
    query = "SELECT * FROM v_hold_open WHERE held_at <= $1 ORDER BY hold_id"
    return list(await rows(request, query, issued_at(expires)))


async def _page(request: Request, expires: int, first: str = "") -> HTMLResponse:
    held = await _open(request, expires)
    forms = "".join(
        FORM.format(
            entity=html.escape(str(row["entity"])), obs_date=row["obs_date"], value=row["value"],
            reason=html.escape(str(row["reason"])), hold_id=row["hold_id"],
        )
        for row in held
    )  # fmt: skip
    body = first + (forms or "<p>Nothing is held.</p>")
    return HTMLResponse(PAGE.format(body=body), headers={"Content-Security-Policy": POLICY})
