"""assets/: what is stored, as its declarations say."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from api.access import Reader
from api.problems import NotStored
from api.reading import NO_NUL
from assets import AssetError, summary, whole
from assets.asset import Layer
from desk.asset_registry import desk_assets

router = APIRouter(prefix="/assets", tags=["assets"])
Words = Annotated[str, Query(max_length=200, pattern=NO_NUL, description="Words, all of which it must have.")]
Name = Annotated[str | None, Query(max_length=100, pattern=NO_NUL)]
Key = Annotated[str, Path(max_length=200, pattern=r"^[a-z0-9_/]+$", examples=["gold/feature"])]


class AssetSummary(BaseModel):
    """An asset in a list."""

    key: str = Field(examples=["gold/feature"])
    layer: Layer
    product: str
    owner: str
    description: str
    tags: list[str]
    is_required: bool = Field(description="Whether a decision needs it.")


class AssetColumn(BaseModel):
    """A column of an asset."""

    name: str
    kind: str
    description: str
    unit: str = Field(description="Of a number; empty where it is none.")
    is_key: bool


class AssetDeclaration(AssetSummary):
    """An asset as it is declared, and what rests on it."""

    columns: list[AssetColumn]
    partitions: dict[str, str]
    promise: dict[str, Any] | None = Field(description="How old its newest part may be at the decision.")
    checks: list[dict[str, str]]
    retention: str
    function: str = Field(description="What makes it: package.module:name.")
    upstream: list[str] = Field(description="What it is made of, and is not made without.")
    optional: list[str] = Field(description="What it is made of where it is there.")
    downstream: list[str] = Field(description="What is made of it.")
    rests_on_it: list[str] = Field(description="The same at any distance.")


@router.get("", response_model=list[AssetSummary])
async def assets(_: Reader, words: Words = "", layer: Layer | None = None, owner: Name = None, tag: Name = None) -> Any:
    """Every asset, by layer and key."""
    return [summary(one) for one in desk_assets().search(words, layer=layer, owner=owner, tag=tag)]


@router.get("/{key:path}", response_model=AssetDeclaration)
async def asset(key: Key, _: Reader) -> Any:
    """One asset, whole."""
    registry = desk_assets()
    try:
        return whole(registry[key], registry)
    except AssetError as error:
        raise NotStored(str(error)) from error
