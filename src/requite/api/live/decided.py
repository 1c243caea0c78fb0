"""What others are told when claims have been decided, in the transaction in which that happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from requite.api.live.version import LiveVersion
from requite.engine.rows import Row

End = Mapping[str, Any]
"""What one check says of a claim, as `Decision.ends` holds it: check, status (flagged, passed, out of scope, not assessable),
reason, billed, expected, overcharge, penalty (texts such as "1830.00", or None), respondent, challenged, challenged_as; and
not_challenged, why a challenge that the check asks for cannot be made, where that is so."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A claim that is decided for the first time, or otherwise than before, or that was cancelled.

    `decision` is the id of the one that now stands; None for a claim that was cancelled, and then `ends` are empty and `row` is
    None. `before` are the ends of the decision that stood until now. `row` has the claim's typed values.
    """

    record: str
    key: str
    decision: str | None
    number: int
    ends: tuple[End, ...]
    before: tuple[End, ...]
    row: Row | None


class OnDecided(Protocol):
    """Something that wants to know of it: `service.parts["challenges"].on_decided`."""

    def __call__(self, session: Session, org: str, version: LiveVersion, decided: Sequence[Decided]) -> None: ...
