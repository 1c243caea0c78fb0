"""Who calls: organisation, name, role; and which role may do what."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
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
    """A caller who is known. `provider` is the hospital's code, for a hospital alone.

    Several keys may have one name: `id` alone tells callers apart. It is that of an API key, or made of a token's issuer and
    subject, and is empty where nobody calls.
    """

    org: str
    name: str
    role: Role
    provider: str | None = None
    id: str = field(default="", compare=False)

    def may(self, what: May) -> bool:
        return what in ALLOWED[self.role]


# --- names ------------------------------------------------------------------------------------------------------------

CLOCK: Final = "the clock"
LIVE_DESK: Final = "the live desk"
WEBHOOKS: Final = "webhooks"
QUEUE: Final = "requite"
STARTING: Final = "requite serve"

RULESET: Final = "the ruleset"
"""How the name begins under which a ruleset raises and follows challenges."""

RESERVED: Final = frozenset({CLOCK, LIVE_DESK, WEBHOOKS, QUEUE, STARTING, RULESET})
"""The names under which the service itself puts down what it does: no caller has one of them."""


def plain(name: str) -> str:
    """A name as it is kept: what looks the same is the same, and no spaces stand around it."""
    return unicodedata.normalize("NFKC", name).strip()


def person(name: str) -> str:
    """A name without what may differ where the same person is meant: capitals, spaces, and how letters are put together."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(letter for letter in folded if unicodedata.category(letter) != "Cf").split())


def unseen(name: str) -> str:
    """Which letter of a name cannot be seen, in words; empty where there is none. Without it the name would look the same."""
    at = next((at for at, letter in enumerate(name) if not letter.isprintable()), None)
    if at is None:
        return ""
    called = unicodedata.name(name[at], "").lower()
    return f"U+{ord(name[at]):04X}" + (f", {called}," if called else "") + f" is letter {at + 1} of it"


def is_reserved(name: str) -> bool:
    """Whether a name is one of the service's own, or could be taken for one."""
    meant = person(name)
    return meant in RESERVED or meant.startswith((f"{RULESET} ", f"{QUEUE} "))
