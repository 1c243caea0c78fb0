"""Who calls: organisation, name, role; and which role may do what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a caller is. A hospital sees only the challenges that it is asked to answer."""

    ADMIN = "admin"
    AUTHOR = "author"
    APPROVER = "approver"
    ANALYST = "analyst"
    HOSPITAL = "hospital"
    AUDITOR = "auditor"


class May(StrEnum):
    """What can be done."""

    READ_RULESETS = "read rulesets"
    WRITE_RULESETS = "write rulesets"
    APPROVE_RULESETS = "approve rulesets"
    SEND_ROWS = "send rows"
    READ_DECISIONS = "read decisions"
    RUN = "run rulesets"
    READ_RUNS = "read runs"
    READ_CHALLENGES = "read challenges"
    MOVE_CHALLENGES = "move challenges"
    ANSWER_CHALLENGES = "answer challenges"
    READ_AUDIT = "read the audit log"
    MANAGE = "manage keys, webhooks, the calendar and the clock"


READS: Final = frozenset({May.READ_RULESETS, May.READ_DECISIONS, May.READ_RUNS, May.READ_CHALLENGES})

ALLOWED: Final[dict[Role, frozenset[May]]] = {
    Role.ADMIN: frozenset(May) - {May.ANSWER_CHALLENGES},
    Role.AUTHOR: READS | {May.WRITE_RULESETS},
    Role.APPROVER: READS | {May.APPROVE_RULESETS},
    Role.ANALYST: READS | {May.SEND_ROWS, May.RUN, May.MOVE_CHALLENGES},
    Role.HOSPITAL: frozenset({May.READ_CHALLENGES, May.ANSWER_CHALLENGES}),
    Role.AUDITOR: READS | {May.READ_AUDIT},
}
"""What each role may do. Who wrote a version may not approve it, whatever the role."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A caller who is known. `provider` is the hospital's code, for a hospital alone."""

    org: str
    name: str
    role: Role
    provider: str | None = None

    def may(self, what: May) -> bool:
        return what in ALLOWED[self.role]
