"""What the store will not do, in words and with a code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from requite.api.identity import unseen
from requite.dsl.diagnostics import Diagnostic

Code = Literal[
    "not-found",
    "wrong-ruleset",
    "wrong-texts",
    "too-large",
    "same-person",
    "already-approved",
    "not-approved",
    "withdrawn",
    "in-force",
    "other-ruleset",
    "no-rules",
    "examples-fail",
    "already-there",
    "already-revoked",
    "wrong-name",
    "wrong-role",
    "wrong-moment",
    "wrong-head",
    "wrong-address",
    "no-store",
    "store-not-ready",
    "store-newer",
    "store-foreign",
    "not-a-store",
    "store-there",
    "cannot-back-up",
    "no-room",
]
"""The kinds of refusals."""

CODES: tuple[Code, ...] = get_args(Code)


class Refused(Exception):  # noqa: N818 - it is an answer
    """What was asked for is not done, and nothing is changed: `code` says which kind of reason, `help` what to do."""

    def __init__(self, code: Code, message: str, help: str = "", diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.code: Code = code
        self.message = message
        self.help = help
        self.diagnostics = tuple(diagnostics)


def demand_seen(name: str, whose: str) -> None:
    """Refuse a name with a letter that cannot be seen, in which it would look like another."""
    if letter := unseen(name):
        raise Refused("wrong-name", f"a letter that cannot be seen stands in {whose}: {letter}", "Leave it out.")
