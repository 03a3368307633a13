"""Every source as a run sees it: its addresses, its key, its manners, and whether it may be asked at all."""

from __future__ import annotations

from dataclasses import replace

from blocks.settings import Settings
from desk.catalog import Catalog
from desk.model import SourceSpec
from tasks.connectors.exchange import SourceConfig
from tasks.http.recording import Recording, recorded_keys

AT_ONCE = 8
"""Requests in flight for each source where no rate limit applies: the sandbox and a recording."""


def why_off(spec: SourceSpec, config: SourceConfig, settings: Settings) -> str | None:
    """Why nothing may be asked of a live source: its terms want a key or a licence that the desk has not named. None
    where it is asked."""
    if spec.off_without_key and config.api_key is None:
        return f"it is not to be asked without a key ({(spec.key_setting or '').upper()})"
    if spec.off_without_licence and spec.id not in settings.licensed:
        return "it is not to be asked without a licence (ALVORADA_LICENSED)"
    return None


def source_configs(
    settings: Settings, catalog: Catalog, sources: str, recording: Recording | None = None
) -> dict[str, SourceConfig]:
    """Source -> its addresses, key and rate limit in this run. A recording is read under the public addresses, and with
    a key where it was recorded with one. A live source that wants a key and has none is off."""
    keys = recorded_keys(recording, catalog.sources) if recording else {}
    configs = {}
    for spec in catalog.sources.values():
        config = SourceConfig.from_spec(
            spec,
            base_urls=settings.urls_of(spec, sources),
            api_key=settings.api_key(spec) if sources == "live" else keys.get(spec.id),
        )
        if sources == "live":
            config = replace(config, is_off=why_off(spec, config, settings) is not None)
        else:
            config = replace(config, rate_per_second=10_000.0, concurrency=AT_ONCE, shut_seconds=0.0)
        configs[spec.id] = config
    return configs
