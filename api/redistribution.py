"""What may leave the desk: with ALVORADA_READERS=others, nothing that rests on a source whose terms do not allow it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from fastapi import HTTPException, Request

from api.reading import rows


def require_may_leave(request: Request, sources: Iterable[str]) -> None:
    """Raises HTTPException 403 naming those of `sources` that may not be sent on."""
    held_back = sorted(request.app.state.withheld & set(sources))
    if held_back:
        raise HTTPException(
            403,
            f"ALVORADA_READERS is others, and this rests on {', '.join(held_back)}: their terms do not let it be"
            " sent on without a consent (ALVORADA_CONSENTS, docs/data-licences.md)",
        )


async def require_decision_may_leave(request: Request, as_of: dt.datetime) -> None:
    """The same for what was computed of every input of a decision; one without receipts may rest on any source."""
    if not request.app.state.withheld:
        return
    known = "as_of = $1 AND source IS NOT NULL AND obs_date IS NOT NULL"
    found = await rows(request, f"SELECT DISTINCT source FROM v_input_receipt WHERE {known}", as_of)
    require_may_leave(request, {row["source"] for row in found} or request.app.state.withheld)
