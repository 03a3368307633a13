"""The desk's assets: everything it stores, as declared in desk/catalog/assets/ beside the catalogue of its datasets.

A dataset is three assets: `source/DATASET`, `bronze/DATASET`, and `silver/DATASET/TABLE` for each of its tables. A gold
table is one, and so are the page and what is sent of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from assets import Asset, AssetError, Check, Column, PartitionKind, Partitions, Promise, Registry

from desk.catalog import Catalog, load_catalog, read_toml, section, tables, typed_record
from desk.errors import BadCatalog
from desk.gold import GOLD
from desk.model import SILVER, Dataset

PRODUCT = OWNER = "desk"
INCOMING = "assets/silver"
"""The file of what comes in."""
FAMILIES = ("inputs", "signals", "book", "risk", "orders")
"""Files of the gold tables, by the stage that makes them."""
FOR_EVER = "for ever: a decided day is a record"
BODIES_KEPT = "as long as a decided day rests on them; others until `alvorada tidy` removes them"
DECISION_DAYS = Partitions("decision_day", "b3")
Keys = tuple[str, ...]
_CELLS: Mapping[str, PartitionKind] = {"day": "observation_day", "week": "week", "month": "month"}
_KINDS = {"Float64": "float", "Int64": "int", "Int32": "int", "String": "text", "Date": "date"}
_DECIDED_AT = Column("as_of", "time", "The decision: 06:00 America/Sao_Paulo of its day.", is_key=True)


@cache
def desk_assets() -> Registry:
    """Every asset of the desk, read once in a process. Raises BadCatalog naming the file and the entry."""
    catalog, checks = load_catalog(), _checks()
    silver = [asset for dataset in catalog.datasets.values() for asset in _of_dataset(dataset, catalog, checks)]
    rows = tuple(asset.key for asset in silver if asset.layer == "silver")
    gold = [asset for family in FAMILIES for asset in _of_family(family, checks, rows)]
    pages = list(_of_reports(checks, tuple(asset.key for asset in gold)))
    try:
        return Registry([*silver, *gold, *pages])
    except AssetError as error:
        raise BadCatalog(f"assets: {error}") from error


def _checks() -> Mapping[str, Check]:
    file = "assets/checks"
    found = tables(file, read_toml(file), "check")
    return {name: typed_record(Check, f"{file}.toml: {name}", {"id": name, **raw}) for name, raw in found.items()}


def _of_dataset(dataset: Dataset, catalog: Catalog, checks: Mapping[str, Check]) -> Iterator[Asset]:
    raw = read_toml(INCOMING)
    facts: dict[str, Any] = {
        "product": PRODUCT,
        "owner": dataset.owner,
        "tags": (dataset.source, *(("required",) if dataset.required else ())),
        "promise": Promise(dataset.freshness_bd, dataset.calendar),
        "is_required": dataset.required,
        "partitions": Partitions(_CELLS[dataset.cell], dataset.calendar),
    }
    yield Asset(
        key=f"source/{dataset.id}",
        layer="source",
        description=f"{dataset.name}, as {catalog.sources[dataset.source].name} publishes it.",
        columns=_declared(section(INCOMING, raw, "source")),
        checks=_chosen(INCOMING, "source", ("border",), checks),
        retention="as its publisher keeps it",
        function="tasks.connectors:CONNECTORS",
        **facts,
    )
    bronze = section(INCOMING, raw, "bronze")
    yield Asset(
        key=f"bronze/{dataset.id}",
        layer="bronze",
        description=bronze["description"].format(dataset=dataset.name),
        columns=_declared(bronze, ("payload_id",)),
        checks=_chosen(INCOMING, "bronze", ("border", "body"), checks),
        retention=BODIES_KEPT,
        function="tasks.store.lake:Bronze.keep",
        upstream=(f"source/{dataset.id}",),
        **facts,
    )
    for name in dataset.tables:
        table, entry = SILVER[name], section(INCOMING, section(INCOMING, raw, "table"), name)
        kinds = {column: _KINDS.get(str(kind), "time") for column, kind in table.stored_schema.items()}
        described = {**entry["columns"], **section(INCOMING, raw, "silver")["columns"]}
        yield Asset(
            key=f"silver/{dataset.id}/{name}",
            layer="silver",
            description=entry["description"].format(dataset=dataset.name),
            columns=_described(INCOMING, name, described, kinds, table.key),
            checks=_chosen(INCOMING, name, ("border", "quality", "plausible", "freshness"), checks),
            retention="for ever: a revision is a new row",
            function="tasks.ingest.silver_batch:insert_silver",
            upstream=(f"bronze/{dataset.id}",),
            **facts,
        )


def _of_family(family: str, checks: Mapping[str, Check], silver: Keys) -> Iterator[Asset]:
    file = f"assets/{family}"
    for name, raw in tables(file, read_toml(file), "asset").items():
        if name not in GOLD:
            raise BadCatalog(f"{file}.toml: there is no gold table {name!r}")
        table = GOLD[name]
        columns = _described(file, name, raw["columns"], table.columns, table.key)
        common = _common(file, name, raw, checks, {"silver": silver})
        yield Asset(key=f"gold/{name}", layer="gold", columns=(_DECIDED_AT, *columns), **common)


def _of_reports(checks: Mapping[str, Check], gold: Keys) -> Iterator[Asset]:
    file = "assets/reports"
    for name, raw in tables(file, read_toml(file), "asset").items():
        common = _common(file, name, raw, checks, {"gold": gold})
        yield Asset(key=f"report/{name}", layer="report", columns=_declared(raw), **common)


def _common(
    file: str, name: str, raw: Mapping[str, Any], checks: Mapping[str, Check], groups: Mapping[str, Keys]
) -> dict[str, Any]:
    needed = tuple(raw.get("upstream", ()))
    optional = (key for one in raw.get("optional", ()) for key in groups.get(one, (one,)))
    return {
        "product": PRODUCT,
        "owner": raw.get("owner", OWNER),
        "description": raw["description"],
        "function": raw["function"],
        "checks": _chosen(file, name, raw["checks"], checks),
        "upstream": needed,
        "optional": tuple(key for key in optional if key not in needed),
        "tags": tuple(raw.get("tags", ())),
        "partitions": DECISION_DAYS,
        "retention": FOR_EVER,
    }


def _chosen(file: str, name: str, ids: Iterable[str], checks: Mapping[str, Check]) -> tuple[Check, ...]:
    unknown = [one for one in ids if one not in checks]
    if unknown:
        raise BadCatalog(f"{file}.toml: {name}: checks.toml has no check {', '.join(unknown)}")
    return tuple(checks[one] for one in ids)


def _described(
    file: str, name: str, described: Mapping[str, Any], kinds: Mapping[str, str], key: Keys = ()
) -> tuple[Column, ...]:
    """The columns of a table that the code defines (`kinds`, in its order): all are described, and no other is."""
    wrong = [f"column {one} is not described" for one in kinds if one not in described]
    wrong += [f"the table has no column {one}" for one in described if one not in kinds]
    if wrong:
        raise BadCatalog(f"{file}.toml: {name}: {'; '.join(wrong)}")
    pairs = {one: raw if isinstance(raw, list) else ["", raw] for one, raw in described.items()}
    return tuple(Column(one, kind, pairs[one][1], pairs[one][0], one in key) for one, kind in kinds.items())


def _declared(raw: Mapping[str, Any], key: Keys = ()) -> tuple[Column, ...]:
    """The columns of what the code has no table of: [kind, unit, description]."""
    return tuple(
        Column(one, kind, description, unit, one in key) for one, (kind, unit, description) in raw["columns"].items()
    )
