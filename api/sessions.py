"""Pages in a browser: the cookie of a login, the way to the login page and back, and who may send its forms.

The cookie says whose token was shown, until when, and is signed (tasks/store/signed_links.py): it is no token, it only
reads, and it ends with the token. Requests that change something take no cookie, so no other site can make them.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from fastapi import HTTPException, Request, Response

from tasks.store.api_tokens import Token
from tasks.store.signed_links import is_signed, sign

ROOT = "/api/v1"
LOGIN = f"{ROOT}/login"
FIRST_PAGE = f"{ROOT}/reports/daily/latest"
SESSION = dt.timedelta(hours=12)
OWN_PATH = re.compile(r"/api/v1(/[\w-]+(\.[\w-]+)*)+(\?[\w=&%.:+-]*)?", re.ASCII)
LINK_PARTS = ("expires", "signature")
Code = Literal["en", "pt"]


def wants_page(request: Request) -> bool:
    """Whether the Accept header names HTML before JSON; a caller that accepts anything gets JSON."""
    kinds = [part.split(";")[0].strip() for part in request.headers.get("accept", "*/*").split(",")]
    known = ("text/html", "application/xhtml+xml", "application/json")
    return "html" in next((kind for kind in kinds if kind in known), "")


def language_of(request: Request) -> Code:
    """The first language of Accept-Language that there is, else English."""
    for part in request.headers.get("accept-language", "").split(","):
        name = part.split(";")[0].strip().lower().split("-")[0]
        if name in ("en", "pt"):
            return "pt" if name == "pt" else "en"
    return "en"


def login_address(request: Request) -> str:
    """The login page that leads back to this request, without the signature that was not good."""
    query = [(name, value) for name, value in request.query_params.multi_items() if name not in LINK_PARTS]
    back = request.url.path + (f"?{urlencode(query)}" if query else "")
    return f"{LOGIN}?{urlencode({'next': own_path(back)})}"


def own_path(target: str) -> str:
    """`wanted` where it is a path of ours, else the newest report: a login leads to no other site."""
    return target if len(target) <= 500 and OWN_PATH.fullmatch(target) else FIRST_PAGE


def require_own_form(request: Request) -> None:
    """Raises HTTPException 403 for a form that another site's page has sent."""
    fetched, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    ours = {request.headers.get("host", ""), urlsplit(request.app.state.public_url or "").netloc}
    if fetched not in (None, "same-origin", "none") or (origin is not None and urlsplit(origin).netloc not in ours):
        raise HTTPException(403, "this form was sent from another site")


async def open_session(request: Request, response: Response, token: Token) -> None:
    """Sets the cookie of who has shown `token`."""
    expires = int((request.app.state.clock() + SESSION).timestamp())
    signature = await sign(request.app.state.pool, f"session:{token.name}", expires)
    name = base64.urlsafe_b64encode(token.name.encode()).decode().rstrip("=")
    response.set_cookie(
        cookie_name(request), f"{expires}.{signature}.{name}", max_age=int(SESSION.total_seconds()),
        path="/", secure=_is_secure(request), httponly=True, samesite="lax",
    )  # fmt: skip


def close_session(request: Request, response: Response) -> None:
    """Takes the cookie away."""
    response.delete_cookie(
        cookie_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax"
    )  # fmt: skip


async def session_of(request: Request) -> str | None:
    """The name of the token that the request's cookie stands for; None without a cookie of ours that is still good."""
    state: Any = request.app.state
    parts = request.cookies.get(cookie_name(request), "").split(".")
    if len(parts) != 3 or not re.fullmatch(r"\d{1,12}", parts[0], re.ASCII):
        return None
    try:
        name = base64.urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    expires = int(parts[0])
    is_over = expires <= state.clock().timestamp()
    return name if not is_over and await is_signed(state.pool, f"session:{name}", expires, parts[1]) else None


def cookie_name(request: Request) -> str:
    """With TLS a name that browsers keep for this host and for https alone."""
    return "__Host-alvorada" if _is_secure(request) else "alvorada"


def _is_secure(request: Request) -> bool:
    """The proxy ends TLS, so the scheme that people use is the public address's."""
    return (request.app.state.public_url or "").startswith("https://")
