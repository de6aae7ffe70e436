"""All that the environment can change, read once into one frozen object. No other module reads the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigError, nearest

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "VIGIE_"


class Settings(BaseSettings):
    """Each field is the environment variable VIGIE_<FIELD>."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    data_dir: Path = Field(ROOT / "data", description="archive, evidence and embedded index")
    sources_dir: Path = Field(ROOT / "crawlers" / "sources", description="one YAML per source")
    models_dir: Path = Field(ROOT / "models", description="registry.yml and one folder per model")

    model: str = Field("vigie-e5-small-fr", description="a name of registry.yml, or hub:OWNER/NAME[@REVISION], or dir:FOLDER")
    precision: Literal["auto", "bfloat16", "float32"] = Field("auto", description="auto: bfloat16 where the processor has it")
    threads: int = Field(0, ge=0, le=256, description="processor threads for the model; 0: all cores")
    max_text_chars: int = Field(1_000_000, ge=1000, description="a longer text is set aside")

    contact: str = Field("", description="e-mail or page shown in the user agent; needed to crawl anything but this machine")
    pseudonym_key: SecretStr | None = Field(None, min_length=32, description="key of author pseudonyms; else <data_dir>/pseudonym.key")
    bluesky_handle: str = Field("", description="account that bluesky_search signs in with; reading authors needs none")
    bluesky_app_password: SecretStr | None = Field(None, description="app password of that account, made in Bluesky's settings")
    helloasso_client_id: str = Field("", description="HelloAsso API client, for the kind helloasso")
    helloasso_client_secret: SecretStr | None = Field(None, description="secret of that client")
    crawl_concurrency: int = Field(2, ge=1, le=32, description="sources crawled at once")
    crawl_readers: int | None = Field(None, ge=0, le=32, description="processes that read pages beside the one that fetches; unset: by processors")
    crawl_timeout: int = Field(3600, ge=1, description="seconds that one source may take")
    batch_documents: int = Field(500, ge=1, le=100_000, description="documents per batch file")

    elasticsearch_url: AnyHttpUrl | None = Field(None, description="an Elasticsearch 8 or 9 node; unset: the embedded index")
    elasticsearch_username: str = Field("elastic", description="used with elasticsearch_password")
    elasticsearch_password: SecretStr | None = Field(None, description="password of that user")
    elasticsearch_api_key: SecretStr | None = Field(None, description="instead of user and password")
    elasticsearch_ca: Path | None = Field(None, description="certificate authority of an https node")
    index_name: str = Field("vigie-documents", pattern=r"^[a-z][a-z0-9-]{2,60}$", description="alias; indices are <alias>-v<N>-<time>")

    database_url: SecretStr | None = Field(None, description="SQLAlchemy address of the case database; else SQLite in <data_dir>/cases.sqlite")
    console_url: AnyHttpUrl | None = Field(None, description="address of Vigie's console, for links in alerts and in Kibana")
    console_host: str = Field("127.0.0.1", description="address that the console listens on; behind a proxy that speaks TLS")
    console_port: int = Field(8600, ge=1, le=65_535, description="its port")
    console_secret: SecretStr | None = Field(None, min_length=32, description="signs cookies and links; else <data_dir>/console.key")
    console_proxies: str = Field("127.0.0.1", description="addresses of proxies whose X-Forwarded-For is believed, comma-separated")
    console_name: str = Field("", description="who runs this Vigie, shown on every page")
    oidc_issuer: AnyHttpUrl | None = Field(None, description="OpenID Connect provider to sign in with; people are made by an administrator first")
    oidc_client_id: str = Field("", description="client of that provider")
    oidc_client_secret: SecretStr | None = Field(None, description="secret of that client")
    submission_places: str = Field("", description="host:port on this machine or network that submissions may name, comma-separated; for tests")
    timestamp_authorities: str = Field("", description="addresses of RFC 3161 time-stamp authorities, comma-separated; unset: no time stamps")
    timestamp_certificates: Path | None = Field(None, description="folder with the certificates (PEM) that these authorities are checked against")
    mastodon_tokens: SecretStr | None = Field(None, description="host=token, comma-separated: accounts that confirmed notices are reported with")
    kibana_url: AnyHttpUrl | None = Field(None, description="a Kibana 8.19, for vigie kibana import; signs in as to Elasticsearch")
    alert_secret: SecretStr | None = Field(None, min_length=32, description="signs the webhooks of alerts (HMAC-SHA256)")
    smtp_host: str = Field("", description="mail server for alerts by e-mail; unset: none is sent")
    smtp_port: int = Field(587, ge=1, le=65_535, description="its port; 465 speaks TLS at once, others STARTTLS")
    smtp_username: str = Field("", description="account of the mail server; unset: no sign-in")
    smtp_password: SecretStr | None = Field(None, description="password of that account")
    smtp_from: str = Field("", description="address that alerts are sent from")

    log_format: Literal["console", "json"] = Field("console", description="json: one JSON object a line on standard error")

    @field_validator("data_dir", "sources_dir", "models_dir", "elasticsearch_ca", "timestamp_certificates")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return path.expanduser().absolute() if path else None  # a crawl runs in another folder than the command that starts it

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        if self.elasticsearch_password and self.elasticsearch_api_key:
            raise ValueError("VIGIE_ELASTICSEARCH_PASSWORD and VIGIE_ELASTICSEARCH_API_KEY are both set; keep one")
        return self

    @property
    def archive_dir(self) -> Path:
        """Batches, evidence and assessments: the source of truth."""
        return self.data_dir / "archive"

    @property
    def own_places(self) -> frozenset[str]:
        """``host:port`` of this machine or network that submissions may name."""
        return frozenset(place.strip().lower() for place in self.submission_places.split(",") if place.strip())

    @property
    def alerts_dir(self) -> Path:
        """Saved searches, what they found and whether it was delivered."""
        return self.data_dir / "alerts"

    @property
    def index_dir(self) -> Path:
        """The embedded index, a projection of the archive."""
        return self.data_dir / "index"


def load_settings() -> Settings:
    """The settings of this process. Raises ConfigError that names the variable, and the nearest one when it is misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in os.environ:
        if name.startswith(PREFIX) and name not in known and not name.startswith(PREFIX + "TEST_"):
            raise ConfigError(f"environment variable {name} is unknown; {nearest(name, known)}")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{PREFIX}{str(first['loc'][0]).upper()}: " if first["loc"] else ""
        raise ConfigError(f"environment variable {where}{first['msg']}") from error
