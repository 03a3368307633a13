"""login, logout: a token is shown once to a page, and the browser reads with a cookie after that; docs: OpenAPI."""

from __future__ import annotations

import html
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import Reader
from api.docs_page import docs_page
from api.sessions import LOGIN, close_session, language_of, open_session, own_path, require_own_form
from tasks.store.api_tokens import Token

router = APIRouter(include_in_schema=False)
LONGEST_TOKEN = 200
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # with none the browser hides the form's origin from us
}
WORDS = {
    "en": {
        "title": "Log in",
        "token": "Token of the desk's API",
        "button": "Open",
        "how": "Whoever keeps the desk makes one: alvorada token create NAME --scope read. "
        "It is good for reading, for twelve hours.",
        "refused": "This token is not good: it is unknown, expired or revoked.",
    },
    "pt": {
        "title": "Entrar",
        "token": "Token da API da mesa",
        "button": "Abrir",
        "how": "Quem cuida da mesa cria um: alvorada token create NOME --scope read. "
        "Vale para leitura, por doze horas.",
        "refused": "Token recusado: desconhecido, vencido ou revogado.",
    },
}
PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>Alvorada: {title}</title>
<style>body{{font:16px/1.45 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem}}
input,button{{font:inherit;padding:.5rem;margin:.3rem 0 .8rem}}input{{width:100%;box-sizing:border-box}}
.refused{{color:#b3261e}}</style></head>
<body><h1>Alvorada</h1>{refused}<form method="post" action="{action}">
<label>{token}<input type="password" name="token" required autofocus autocomplete="current-password"></label>
<input type="hidden" name="next" value="{next}"><button>{button}</button></form><p>{how}</p></body></html>
"""


@router.get("/login")
async def login_page(request: Request, target: Annotated[str, Query(alias="next", max_length=2000)] = "") -> Any:
    """The page; `next` is where the browser goes after it, a path of ours."""
    return _page(request, target)


@router.post("/login")
async def login(request: Request) -> Any:
    """Sets the cookie and goes on; the page again, with 401, where the token is not good."""
    require_own_form(request)
    state: Any = request.app.state
    await state.limiter.unauthenticated(request.client.host if request.client else "unknown")
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    secret = form.get("token", [""])[-1].strip()
    found = await state.tokens.find(secret) if 0 < len(secret) <= LONGEST_TOKEN else None
    target = form.get("next", [""])[-1]
    if not isinstance(found, Token):
        return _page(request, target, is_refused=True)
    request.state.token = found
    answer = RedirectResponse(own_path(target), 303)
    await open_session(request, answer, found)
    return answer


@router.post("/logout")
async def logout(request: Request) -> Any:
    """Takes the cookie away."""
    require_own_form(request)
    answer = RedirectResponse(LOGIN, 303)
    close_session(request, answer)
    return answer


@router.get("/docs")
async def docs(request: Request, _: Reader) -> HTMLResponse:
    """The OpenAPI document as a page that loads nothing."""
    return HTMLResponse(docs_page(request.app.state.described()), headers=HEADERS)


def _page(request: Request, target: str, is_refused: bool = False) -> HTMLResponse:
    language = language_of(request)
    words = {name: html.escape(text) for name, text in WORDS[language].items()}
    words["refused"] = f'<p class="refused" role="alert">{words["refused"]}</p>' if is_refused else ""
    page = PAGE.format(language=language, action=LOGIN, next=html.escape(own_path(target), quote=True), **words)
    return HTMLResponse(page, 401 if is_refused else 200, headers=HEADERS)
