"""A version of a ruleset at work on live claims."""

from __future__ import annotations

from dataclasses import dataclass, field

from requite.engine.live.engine import LiveEngine


@dataclass(frozen=True, eq=False, slots=True)
class LiveVersion:
    """A version with its engine, which is one for all threads. `id` is that of the RulesetVersion, `ruleset` its name."""

    id: str
    ruleset: str
    hash: str
    engine: LiveEngine
    _shapes: dict[str, str] = field(default_factory=dict, repr=False)

    def shape(self, record: str) -> str:
        """What rows of a record are read and linked by, as the engine says; it is asked at every request, and takes its time."""
        found = self._shapes.get(record)
        if found is None:
            found = self._shapes[record] = self.engine.shape(record)
        return found
