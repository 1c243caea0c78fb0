"""What the service is told by its environment: every setting is a variable that begins with REQUITE_."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from requite.engine.settings import memory_of

MB = 1024 * 1024


def _memory(text: str) -> str:
    """An amount of memory as with --memory; ValueError where it is none."""
    memory_of(text)
    return text


class ServiceSettings(BaseSettings):
    """The settings of the service, with what holds where nothing is said."""

    model_config = SettingsConfigDict(env_prefix="REQUITE_", env_ignore_empty=True, extra="ignore")

    database_url: SecretStr | None = Field(
        default=None, description="Where the store is; by default SQLite in a file of REQUITE_HOME."
    )
    home: Path = Field(default=Path("requite-service"), description="The folder of the store, of uploads and of results.")
    data_root: Path | None = Field(
        default=None,
        description="A folder with one for each organisation, whose files its runs may read by name; none, if not said.",
    )
    sources: dict[str, dict[str, SecretStr]] = Field(
        default_factory=dict, description="Tables of PostgreSQL that runs may read, as JSON: by organisation, the address by name."
    )
    allow_clock: bool | None = Field(
        default=None, description="Whether an organisation's clock may be set; by default only with SQLite."
    )

    most_body: int = Field(default=8 * MB, description="The largest request in bytes, uploads aside.")
    most_upload: int = Field(default=2048 * MB, description="The largest file that may be sent, in bytes.")
    most_rows: int = Field(default=10_000, description="The most claims or other rows in one request.")
    most_runs: int = Field(default=5, description="The most runs of an organisation that wait or run at once.")
    most_stored: int = Field(default=50 * 1024 * MB, description="The most bytes of uploads that an organisation may keep.")
    run_seconds: int = Field(default=6 * 3600, description="The longest that a run may take.")
    run_memory: Annotated[str, AfterValidator(_memory)] = Field(
        default="4GB", description="The memory that a run may use, as with --memory."
    )
    keep_events_days: int | None = Field(
        default=None, ge=1, le=36_500, description="For how many days events and their deliveries are kept; for ever, if not said."
    )
    requests_per_minute: int = Field(default=6000, ge=1, description="The most requests of one caller in a minute.")

    oidc_issuer: str | None = Field(default=None, description="The address of an OpenID Connect issuer whose tokens are taken.")
    oidc_audience: str | None = Field(default=None, description="The audience that a token must name.")
    oidc_name: str = Field(default="sub", description="The claim of a token that names the caller.")
    oidc_org: str = Field(default="requite_org", description="The claim that names the caller's organisation.")
    oidc_role: str = Field(default="requite_role", description="The claim that names the caller's role.")
    oidc_provider: str = Field(default="requite_provider", description="The claim that names the hospital of a caller who is one.")

    job_workers: int = Field(default=1, ge=1, description="How many processes work on runs.")
    live_workers: int = Field(default=1, ge=1, description="How many processes match live claims, for each process of the service.")
    webhook_hosts: str = Field(
        default="", description="Hosts, parted by commas, to which webhooks may go besides public addresses."
    )
    hosts: str = Field(default="", description="The names, parted by commas, by which the service may be called; any, if not said.")
    proxies: str = Field(default="", description="Addresses, parted by commas, of proxies that may say for whom they ask.")
    log_level: str = Field(default="INFO", description="How much is logged: DEBUG, INFO, WARNING, ERROR.")

    @property
    def url(self) -> str:
        """The address of the store."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.home / 'requite.db').absolute()}"

    @property
    def is_embedded(self) -> bool:
        """Whether the store is a file of the service's own."""
        return self.url.startswith("sqlite")

    @property
    def may_set_clock(self) -> bool:
        return self.is_embedded if self.allow_clock is None else self.allow_clock
