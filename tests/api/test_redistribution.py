"""With readers beyond the desk, what rests on a source that may not be sent on is refused by name, and no more."""

from __future__ import annotations

import pytest

from desk.errors import BadCatalog
from tests.api.conftest import Api, opened
from tests.fixtures.flows import FILLED_DAY

pytestmark = [pytest.mark.db, pytest.mark.flow]
CLOSED = (
    "/series/ibovespa", "/series/dgs10", "/levels/vix", "/curves/PRE", "/positions", "/tickets", "/held",
    f"/reports/daily/{FILLED_DAY}", "/reports/daily/latest",
)  # fmt: skip
OPEN = ("/series", "/series/usdbrl_ptax_sell", "/series/ipca_mom", "/risk", "/signals", "/reports/daily")


async def statuses(api: Api, paths: tuple[str, ...]) -> dict[str, int]:
    return {path: (await api.client().get(path)).status_code for path in paths}


async def test_the_desk_s_own_people_are_given_everything(api: Api) -> None:
    assert set((await statuses(api, CLOSED + OPEN)).values()) == {200}


async def test_what_may_not_be_sent_on_is_refused_by_name(api: Api) -> None:
    async with opened(api.url, api.secrets, readers="others") as closed:
        assert await statuses(closed, CLOSED) == dict.fromkeys(CLOSED, 403)
        assert await statuses(closed, OPEN) == dict.fromkeys(OPEN, 200)
        detail = (await closed.client().get("/series/ibovespa")).json()["detail"]
        assert "this rests on yahoo_finance" in detail
        page = await closed.client().get(f"/reports/daily/{FILLED_DAY}", headers={"Accept": "text/html"})
        assert page.status_code == 403
        assert "b3_market_data" in page.json()["detail"]
        assert (await closed.client(None).get("/series/ibovespa")).status_code == 401  # a stranger is told nothing


async def test_consents_open_what_they_are_for(api: Api) -> None:
    async with opened(api.url, api.secrets, readers="others", consents=("yahoo_finance",)) as some:
        assert await statuses(some, ("/series/ibovespa", "/curves/PRE")) == {
            "/series/ibovespa": 200,
            "/curves/PRE": 403,
        }
    every = ("b3_market_data", "cboe_vix", "fred", "yahoo_finance")
    async with opened(api.url, api.secrets, readers="others", consents=every) as whole:
        assert set((await statuses(whole, CLOSED)).values()) == {200}


async def test_a_consent_to_an_unknown_source_is_refused_at_the_start(api: Api) -> None:
    with pytest.raises(BadCatalog, match="a consent to bloomberg"):
        async with opened(api.url, api.secrets, consents=("bloomberg",)):
            pass
