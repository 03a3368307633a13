"""One class for every setting: names a person can find, secrets that do not show, errors that name the setting."""

from __future__ import annotations

import datetime as dt

import pytest

from blocks.database import plain_url, shown_url
from blocks.settings import Settings, load_settings
from desk.catalog import load_catalog
from desk.errors import BadInput
from desk.model import SourceSpec


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "FRED_API_KEY", "SLACK_WEBHOOK_URL", "PREFECT_API_URL", "ALVORADA_HOME"):
        monkeypatch.delenv(name, raising=False)


def test_the_defaults_stand_without_any_environment() -> None:
    settings = load_settings()
    assert settings.history_days == 504
    assert settings.sight_grace == dt.timedelta(minutes=15)
    assert settings.now is None
    assert settings.lake.endswith("/.alvorada/lake")


def test_common_names_work_with_and_without_our_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRED_API_KEY", "plain")
    assert load_settings().fred_api_key.get_secret_value() == "plain"  # type: ignore[union-attr]
    monkeypatch.delenv("FRED_API_KEY")
    monkeypatch.setenv("ALVORADA_FRED_API_KEY", "prefixed")
    assert load_settings().fred_api_key.get_secret_value() == "prefixed"  # type: ignore[union-attr]
    monkeypatch.setenv("FRED_API_KEY", "  ")
    monkeypatch.delenv("ALVORADA_FRED_API_KEY")
    assert load_settings().fred_api_key is None


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRED_API_KEY", "environment")
    monkeypatch.setenv("ALVORADA_HISTORY_DAYS", "20")
    settings = load_settings(fred_api_key="given", history_days=30)
    assert settings.fred_api_key is not None
    assert (settings.fred_api_key.get_secret_value(), settings.history_days) == ("given", 30)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALVORADA_HISTORY_DAYS", "two years"),
        ("ALVORADA_HISTORY_DAYS", "0"),
        ("ALVORADA_REPORT_LANGUAGE", "de"),
        ("ALVORADA_NOW", "2026-01-12T06:00:00"),
        ("ALVORADA_BASE_URLS", "{not json"),
        ("SMTP_PORT", "99999"),
        ("SMTP_SECURITY", "none"),
    ],
)
def test_a_bad_setting_is_named_and_its_value_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadInput) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name}: ")
    assert value not in str(caught.value) or value == "0"


def test_no_secret_shows_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FRED_API_KEY", "SLACK_WEBHOOK_URL", "SMTP_PASSWORD"):
        monkeypatch.setenv(name, "hush-hush")
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hush-hush@db/alvorada")
    settings = load_settings()
    assert "hush" not in repr(settings) + str(settings)
    assert settings.database == "postgresql://me:hush-hush@db/alvorada"


def test_without_a_database_the_setting_is_named() -> None:
    with pytest.raises(BadInput, match="DATABASE_URL is not set"):
        _ = load_settings().database


def test_a_source_goes_to_the_sandbox_only_when_the_run_does() -> None:
    spec = load_catalog().sources["ibge_sidra"]
    settings = load_settings(sandbox_url="http://127.0.0.1:9000/")
    assert settings.urls_of(spec, "sandbox") == {
        "values": "http://127.0.0.1:9000/ibge_sidra/values",
        "v3": "http://127.0.0.1:9000/ibge_sidra/v3",
    }
    assert settings.urls_of(spec, "live") == dict(spec.base_urls)
    with pytest.raises(BadInput, match="ALVORADA_SANDBOX_URL"):
        load_settings().urls_of(spec, "sandbox")


def test_one_address_of_a_source_can_be_another(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = load_catalog().sources["ibge_sidra"]
    monkeypatch.setenv("ALVORADA_BASE_URLS", '{"ibge_sidra": {"v3": "http://mirror"}}')
    assert load_settings().urls_of(spec, "live") == {**spec.base_urls, "v3": "http://mirror"}
    with pytest.raises(BadInput, match="ibge_sidra has no address called v4"):
        load_settings(base_urls={"ibge_sidra": {"v4": "x"}}).urls_of(spec, "live")


def test_every_key_that_the_catalogue_names_is_a_setting() -> None:
    settings = load_settings(fred_api_key="k")
    keys = {spec.id: settings.api_key(spec) for spec in load_catalog().sources.values()}
    assert {source for source, key in keys.items() if key} == {"fred"}
    with pytest.raises(BadInput, match="which does not exist"):
        settings.api_key(SourceSpec("x", "X", {}, 1, 1, 1, 1, key_setting="no_such_key"))


def test_every_field_has_a_variable_of_its_own() -> None:
    assert "database_url" in Settings.model_fields
    assert all(name == name.lower() for name in Settings.model_fields)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_any_form_of_address_will_do(scheme: str) -> None:
    assert plain_url(f"{scheme}://me:p@db:5433/x?sslmode=require") == "postgresql://me:p@db:5433/x?sslmode=require"


def test_a_shown_address_has_no_password() -> None:
    assert shown_url("postgresql://me:hush@db:5433/x?password=hush") == "postgresql://me@db:5433/x"
