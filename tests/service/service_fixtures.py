"""A service for each test, on both databases, and who calls it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from requite.api.service.app import create_app
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.database import Database
from tests.service.support import ORG, Call, TestClient, key_for

MakeSettings = Callable[..., ServiceSettings]


@pytest.fixture
def make_settings(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> MakeSettings:
    """Makes settings of this test's store and folder, with what is to differ."""
    for name in ("REQUITE_DATABASE_URL", "REQUITE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def make(**changes: Any) -> ServiceSettings:
        usual: dict[str, Any] = {"database_url": database_url, "home": tmp_path / "home", "allow_clock": True, "log_level": "ERROR"}
        return ServiceSettings(**(usual | changes))

    return make


@pytest.fixture
def settings(make_settings: MakeSettings) -> ServiceSettings:
    """The settings of the service; a module of tests may have others."""
    return make_settings()


@pytest.fixture
def service(settings: ServiceSettings, database: Database) -> Iterator[Service]:
    """A service whose parts the test puts in before it calls."""
    settings.home.mkdir(parents=True, exist_ok=True)
    made = Service(settings, database)
    yield made
    made.close()


@pytest.fixture
def call(service: Service) -> Iterator[Call]:
    """Makes clients of the service, each signed in with a key of its own."""
    made: list[Any] = []
    with ExitStack() as open_clients:

        def client(role: str | None, org: str = ORG, provider: str | None = None, name: str = "") -> TestClient:
            if not made:
                made.append(create_app(service))
            headers = {} if role is None else {"Authorization": f"Bearer {key_for(service, role, org, provider, name)}"}
            found = TestClient(made[0], headers=headers)
            open_clients.callback(found.close)
            return found

        yield client
