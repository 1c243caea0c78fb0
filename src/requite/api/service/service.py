"""The service as a whole: its settings and store, and what works beside the requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from requite.api.service.settings import ServiceSettings
from requite.api.store.database import Database


@dataclass(eq=False)
class Service:
    """What every request reaches. `parts` work beside them (live engine, job queue …), by name, and stop with the service."""

    settings: ServiceSettings
    database: Database
    parts: dict[str, Any] = field(default_factory=dict)
