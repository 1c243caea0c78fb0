"""What keeps the columnar engine from giving an answer: it is said, and never guessed around."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from requite.dsl.source import Span
from requite.engine.wording import words

QUOTED: Final = 80
"""How much of a clause a refusal quotes."""


class CannotRun(ValueError):  # noqa: N818  # it reads as what it says
    """A construct that this engine does not run and the interpreter does: the clause, what is in the way, and what to do.

    Where the clause is not at hand, whoever has it says so with `refused_at`.
    """

    def __init__(self, reason: str, clause: Span | None = None) -> None:
        super().__init__(f"{words(clause, QUOTED)} ({clause}): {reason}" if clause is not None else reason)
        self.reason, self.clause = reason, clause


@contextmanager
def refused_at(clause: Span) -> Iterator[None]:
    """Names the clause of a refusal that does not name one yet."""
    try:
        yield
    except CannotRun as error:
        if error.clause is not None:
            raise
        raise CannotRun(error.reason, clause) from error


class Overflow(ValueError):  # noqa: N818
    """An amount beyond 38 digits: which clause it came from, and for which record."""
