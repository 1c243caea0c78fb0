"""A request under way: its id, who made it, and what is to be done with its answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from fastapi import Request
from ulid import ULID

from requite.api.identity import Actor

SCOPE: Final = "requite.call"


class Keeper(Protocol):
    """What an answer is handed to before it is sent."""

    def keep(self, status: int, headers: dict[str, str], body: bytes) -> None: ...


@dataclass(eq=False)
class Call:
    """What is known of a request while it is answered."""

    id: str
    actor: Actor | None = None
    keeper: Keeper | None = None
    headers: dict[str, str] = field(default_factory=dict)
    """Headers that the answer gets besides its own."""


def call_of(scope: Any) -> Call:
    """The call that a request, or its scope, belongs to."""
    found = (scope.scope if isinstance(scope, Request) else scope).get(SCOPE)
    return found if isinstance(found, Call) else Call(str(ULID()))
