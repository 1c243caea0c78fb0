"""The service as a whole: its settings and store, and what works beside the requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from requite.api.service.settings import ServiceSettings
from requite.api.store.database import Database


@dataclass(eq=False)
class Service:
    """What every request reaches. `parts` work beside them (live engine, job queue …), by name, and stop with the service.

    A part has `close()`; and may have `tick(org)`, to do at once what an organisation's clock makes due; `ready()`, what keeps it
    from working, in words; `gauges()`, numbers by name, to be counted.
    """

    settings: ServiceSettings
    database: Database
    parts: dict[str, Any] = field(default_factory=dict)

    def close(self) -> None:
        """Stop the parts, the last first, and close the store."""
        for name in reversed(self.parts):
            self.parts[name].close()
        self.database.close()
