"""assets/: the list with its filters, and one declaration."""

from __future__ import annotations

import pytest

from desk.asset_registry import desk_assets
from desk.gold import GOLD
from tests.api.conftest import Api

pytestmark = pytest.mark.db


async def test_the_list_has_every_asset_and_keeps_to_its_filters(api: Api) -> None:
    client = api.client("read")
    every = (await client.get("/assets")).json()
    assert [one["key"] for one in every] == [asset.key for asset in desk_assets().search()]
    gold = (await client.get("/assets", params={"layer": "gold"})).json()
    assert {one["key"] for one in gold} == {f"gold/{name}" for name in GOLD}
    required = (await client.get("/assets", params={"tag": "required", "layer": "source"})).json()
    assert required
    assert all(one["is_required"] for one in required)
    assert [one["key"] for one in (await client.get("/assets", params={"words": "DELIVERED slack"})).json()] == [
        "report/delivery"
    ]
    assert (await client.get("/assets", params={"owner": "nobody"})).json() == []
    assert (await client.get("/assets", params={"layer": "platinum"})).status_code == 422


async def test_one_asset_says_what_it_is_made_of_and_what_rests_on_it(api: Api) -> None:
    client = api.client("read")
    answer = (await client.get("/assets/silver/bcb_ptax/observation")).json()
    assert answer["upstream"] == ["bronze/bcb_ptax"]
    assert {"gold/feature", "report/report", "report/delivery"} <= set(answer["rests_on_it"])
    assert answer["promise"] == {"business_days": 2, "calendar": "anbima"}
    value = next(column for column in answer["columns"] if column["name"] == "value")
    assert value["unit"]
    assert [column["name"] for column in answer["columns"] if column["is_key"]] == [
        "series_id", "obs_date", "knowledge_time"
    ]  # fmt: skip
    missing = await client.get("/assets/gold/features")
    assert missing.status_code == 404
    assert "there is no asset 'gold/features'" in missing.json()["detail"]
