"""All settings, in one class. Environment first; keys and addresses may live in Prefect blocks instead.

Names are ALVORADA_<FIELD> in capitals, but for the common ones: DATABASE_URL, FRED_API_KEY, SLACK_WEBHOOK_URL, SMTP_*
and PREFECT_API_URL. Lists and tables are JSON (ALVORADA_BASE_URLS='{"fred": {"api": "http://..."}}').
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from blocks.database import plain_url
from desk.errors import BadInput
from desk.model import SourceSpec

PREFIX = "ALVORADA_"


def _named(name: str) -> Any:
    """The environment variables of a setting with a common name: that name, or the same with our prefix."""
    return AliasChoices(name, name.lower(), f"{PREFIX}{name}")


def _absent_when_blank(value: Any) -> Any:
    """`FRED_API_KEY=` in a compose file means that there is none."""
    return None if isinstance(value, str) and not value.strip() else value


def _table(value: Any) -> Any:
    """A JSON object; `ALVORADA_MAIL_LANGUAGES=` in a compose file is an empty one."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value.strip() else {}
    except ValueError:
        raise ValueError("not valid JSON") from None


Secret = Annotated[SecretStr | None, BeforeValidator(_absent_when_blank)]
Text = Annotated[str | None, BeforeValidator(_absent_when_blank)]
Language = Literal["en", "pt"]


def _is_web_address(value: str | None) -> str | None:
    """Raises ValueError for what is no address to put a path behind."""
    if value is None:
        return None
    parts = urlsplit(value)
    bare = not (parts.query or parts.fragment or parts.username or set(value) & set(' "<>|\\'))
    if parts.scheme not in ("http", "https") or not parts.hostname or not bare:
        raise ValueError("write it as https://desk.example.com")
    return value.rstrip("/")


PublicUrl = Annotated[Text, AfterValidator(_is_web_address)]


class Settings(BaseSettings):
    """Made at the entry by `load_settings` and passed in; nothing else reads the environment."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, populate_by_name=True)

    home: Path = Path(".alvorada")
    """The data directory."""
    database_url: Text = Field(default=None, repr=False, validation_alias=_named("DATABASE_URL"))
    database_pool: int = Field(default=12, ge=1, le=50)
    lake_url: Text = None
    """Where raw payloads are kept: a folder, file:// or s3://bucket/prefix; ``ALVORADA_HOME`/lake` when not set."""
    min_free_mb: int = Field(default=256, ge=0, le=10_000_000)
    """Free space, in MB, that the disks of the data directory and of a local lake must have before a run starts."""
    prefect_api_url: Text = Field(default=None, validation_alias=_named("PREFECT_API_URL"))

    sandbox_url: Text = None
    base_urls: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    """Other addresses for a source's base URLs: {source: {key: url}}."""
    contact: str = "not given"
    """An address or page; it goes into the User-Agent, so that a source can reach the desk."""
    prefect_api_key: Secret = Field(default=None, validation_alias=_named("PREFECT_API_KEY"))
    fred_api_key: Secret = Field(default=None, validation_alias=_named("FRED_API_KEY"))
    eia_api_key: Secret = Field(default=None, validation_alias=_named("EIA_API_KEY"))
    bls_api_key: Secret = Field(default=None, validation_alias=_named("BLS_API_KEY"))
    bea_api_key: Secret = Field(default=None, validation_alias=_named("BEA_API_KEY"))

    history_days: int = Field(default=504, ge=1, le=5000)
    """Decision days of signals, book and risk that the first run computes."""
    report_language: Language = "en"
    """Of the first page, and of every message whose reader has no language of their own."""
    mail_languages: Annotated[Mapping[str, Language], NoDecode, BeforeValidator(_table)] = Field(default_factory=dict)
    """{address: language} of recipients who read another one than `report_language`."""
    slack_language: Annotated[Language | None, BeforeValidator(_absent_when_blank)] = None
    """Of the Slack channel; `report_language` when not set."""
    retry_delays_seconds: tuple[int, ...] = (2, 8, 30)
    """Whole seconds before each further try: Prefect's jitter cannot do with less than one."""
    patience_seconds: tuple[int, ...] | None = None
    """Seconds after a fetch began at which a source that is still out is tried again, while the deadline leaves room;
    not set: 60, 300, 900 in a live run, none in another."""
    sight_grace_minutes: int = Field(default=15, ge=0, le=120)
    """A fetch begun this long after as_of still counts as the decision's own."""
    now: AwareDatetime | None = None
    """A frozen clock, for tests and recordings."""

    api_requests_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    """Of each token."""
    api_strangers_per_minute: int = Field(default=60, ge=1, le=1_000_000)
    """Of each address without a valid token, so that tokens cannot be guessed."""
    public_url: PublicUrl = None
    """Where people reach the API's pages, without a slash at its end: links begin with it. Not set: nothing is served,
    and messages have no link."""
    prefect_ui_url: PublicUrl = Field(default=None, validation_alias=_named("PREFECT_UI_URL"))
    """Where people reach Prefect's pages: Grafana's links to runs begin with it."""
    send_reports: Literal["live", "always", "never"] = "live"
    """Whose report goes to Slack and mail at the end of the run: live ones, those of every world, or none."""
    readers: Literal["desk", "others"] = "desk"
    """Whom mail, Slack, alerts, the API and the views (Grafana) reach: the desk's own people, or others too. With
    `others`, what rests on a source whose terms do not let it be sent on is held back (docs/data-licences.md)."""
    consents: tuple[str, ...] = ()
    """Sources for which the desk holds a consent or contract to send their content on."""
    licensed: tuple[str, ...] = ()
    """Sources that the desk holds a licence to use, of those that are not asked without one (`off_without_licence`)."""
    slack_webhook_url: Secret = Field(default=None, validation_alias=_named("SLACK_WEBHOOK_URL"))
    smtp_host: Text = Field(default=None, validation_alias=_named("SMTP_HOST"))
    smtp_port: int = Field(default=587, ge=1, le=65535, validation_alias=_named("SMTP_PORT"))
    smtp_security: Literal["starttls", "ssl", "insecure"] = Field(
        default="starttls", validation_alias=_named("SMTP_SECURITY")
    )
    smtp_username: Text = Field(default=None, validation_alias=_named("SMTP_USERNAME"))
    smtp_password: Secret = Field(default=None, validation_alias=_named("SMTP_PASSWORD"))
    smtp_sender: Text = Field(default=None, validation_alias=_named("SMTP_SENDER"))
    smtp_recipients: tuple[str, ...] = Field(default=(), validation_alias=_named("SMTP_RECIPIENTS"))

    keep_bodies_days: int = Field(default=400, ge=30, le=36_500)
    """Raw bodies that no stored row rests on are deleted this long after they were last received."""
    keep_pages_days: int = Field(default=400, ge=30, le=36_500)
    """Pages on disk are deleted this long after their day; the database holds them for good."""
    keep_runs_days: int = Field(default=90, ge=30, le=36_500)
    """Runs that have ended, their logs and artifacts, are deleted from Prefect's database after this long."""

    watchdog_deadline: dt.time = dt.time(6, 45)
    """America/Sao_Paulo: by when the daily run of a business day must have finished."""
    catch_up_until: dt.time = dt.time(12, 0)
    """America/Sao_Paulo: a daily run that is missing is started until then; later in the day it decides nothing."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment: no .env file, no secrets folder."""
        return (init_settings, env_settings)

    @model_validator(mode="after")
    def _languages_of_recipients(self) -> Settings:
        """A mistyped address would go on getting the other language unnoticed."""
        unknown = sorted(set(self.mail_languages) - set(self.smtp_recipients)) if self.smtp_recipients else []
        if unknown:
            raise ValueError(f"ALVORADA_MAIL_LANGUAGES: no recipient is called {', '.join(unknown)}")
        return self

    def mail_language(self, recipient: str) -> str:
        """The language of the mail to one recipient."""
        return self.mail_languages.get(recipient, self.report_language)

    @property
    def channel_language(self) -> str:
        """The language of the Slack channel."""
        return self.slack_language or self.report_language

    @property
    def lake(self) -> str:
        """URL or folder of the raw payloads."""
        return self.lake_url or str(self.home.absolute() / "lake")

    @property
    def sight_grace(self) -> dt.timedelta:
        """`sight_grace_minutes` as a duration."""
        return dt.timedelta(minutes=self.sight_grace_minutes)

    @property
    def database(self) -> str:
        """The database's address. Raises BadInput when none is set."""
        if self.database_url is None:
            raise BadInput("DATABASE_URL is not set, and there is no block 'alvorada-database'")
        return plain_url(self.database_url)

    def api_key(self, spec: SourceSpec) -> str | None:
        """The key of a source; None where it needs none or none is set. Raises BadInput for a wrong `key_setting`."""
        if spec.key_setting is None:
            return None
        if spec.key_setting not in type(self).model_fields:
            raise BadInput(f"source {spec.id} names the setting {spec.key_setting!r}, which does not exist")
        secret: SecretStr | None = getattr(self, spec.key_setting)
        return None if secret is None else secret.get_secret_value()

    def urls_of(self, spec: SourceSpec, sources: str) -> dict[str, str]:
        """A source's base URLs for this run. Raises BadInput when the sandbox is meant and has no address.

        `sources` sandbox: `{sandbox_url}/{source}/{key}`, and nothing else; otherwise the catalogue's, where
        ALVORADA_BASE_URLS has no other.
        """
        if sources == "sandbox":
            if self.sandbox_url is None:
                raise BadInput("the sandbox's address is not set (ALVORADA_SANDBOX_URL)")
            root = self.sandbox_url.rstrip("/")
            return {key: f"{root}/{spec.id}/{key}" for key in spec.base_urls}
        own = self.base_urls.get(spec.id, {})
        unknown = sorted(set(own) - set(spec.base_urls))
        if unknown:
            raise BadInput(f"ALVORADA_BASE_URLS: {spec.id} has no address called {', '.join(unknown)}")
        return {**spec.base_urls, **own}


def load_settings(**given: Any) -> Settings:
    """Settings from the environment; `given` wins. Raises BadInput with the setting's name, never its value."""
    try:
        return Settings(**given)
    except ValidationError as error:
        raise BadInput("; ".join(_complaint(item) for item in error.errors(include_input=False))) from None
    except SettingsError as error:
        field = str(error).split('"')[1] if '"' in str(error) else "a setting"
        raise BadInput(f"{_environment_name(field)}: not valid JSON") from None


def _complaint(item: Any) -> str:
    where = ".".join(str(part) for part in item["loc"])
    return f"{_environment_name(where)}: {item['msg']}"


def _environment_name(where: str) -> str:
    """The variable that a person would set, for a field or one of its aliases."""
    field = where.split(".")[0].removeprefix(PREFIX).lower()
    info = Settings.model_fields.get(field)
    alias = info.validation_alias if info is not None else None
    return str(alias.choices[0]) if isinstance(alias, AliasChoices) else f"{PREFIX}{field.upper()}"
