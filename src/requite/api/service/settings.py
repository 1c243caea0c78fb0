"""What the service is told by its environment: every setting is a variable that begins with REQUITE_."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

MB = 1024 * 1024


class ServiceSettings(BaseSettings):
    """The settings of the service, with what holds where nothing is said."""

    model_config = SettingsConfigDict(env_prefix="REQUITE_", extra="ignore")

    database_url: SecretStr | None = Field(None, description="Where the store is; by default SQLite in a file of REQUITE_HOME.")
    home: Path = Field(Path("requite-service"), description="The folder of the store, of uploads and of results.")
    data_root: Path | None = Field(None, description="A folder whose files runs may read by name; none, if not said.")
    allow_clock: bool | None = Field(None, description="Whether an organisation's clock may be set; by default only with SQLite.")

    most_body: int = Field(8 * MB, description="The largest request in bytes, uploads aside.")
    most_upload: int = Field(2048 * MB, description="The largest file that may be sent, in bytes.")
    most_rows: int = Field(10_000, description="The most claims or other rows in one request.")
    most_runs: int = Field(5, description="The most runs of an organisation that wait or run at once.")
    most_stored: int = Field(50 * 1024 * MB, description="The most bytes of uploads that an organisation may keep.")
    run_seconds: int = Field(6 * 3600, description="The longest that a run may take.")
    run_memory: str = Field("4GB", description="The memory that a run may use, as with --memory.")
    requests_per_minute: int = Field(6000, description="The most requests of one caller in a minute.")

    oidc_issuer: str | None = Field(None, description="The address of an OpenID Connect issuer whose tokens are taken.")
    oidc_audience: str | None = Field(None, description="The audience that a token must name.")

    job_workers: int = Field(1, description="How many processes work on runs.")
    live_workers: int = Field(1, description="How many processes match live claims, for each process of the service.")
    webhook_hosts: str = Field("", description="Hosts, parted by commas, to which webhooks may go besides public addresses.")
    log_level: str = Field("INFO", description="How much is logged: DEBUG, INFO, WARNING, ERROR.")

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
