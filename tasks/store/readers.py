"""Which sources the views keep from readers beyond the desk: Grafana's account, and whoever else reads views."""

from __future__ import annotations

from blocks.settings import Settings
from desk.catalog import Catalog
from desk.catalog.licences import load_licences, not_sent_on
from tasks.store.open import Store


def withheld_from_readers(settings: Settings, catalog: Catalog) -> tuple[str, ...]:
    """None where the readers are the desk's own people. Raises BadCatalog for a consent to an unknown source."""
    licences = load_licences(catalog)
    return not_sent_on(licences, licences if settings.readers == "others" else (), settings.consents)


async def obey_readers(store: Store, settings: Settings, catalog: Catalog) -> tuple[str, ...]:
    """Writes what the settings withhold into the database, and returns it. Raises StoreError, BadCatalog."""
    withheld = withheld_from_readers(settings, catalog)
    async with store.connections.acquire() as connection, connection.transaction():
        await connection.execute("DELETE FROM withheld_source WHERE source <> ALL($1::text[])", list(withheld))
        await connection.execute(
            "INSERT INTO withheld_source SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", list(withheld)
        )
    return withheld
