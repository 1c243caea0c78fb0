"""What keeps the columnar engine from giving an answer: it is said, and never guessed around."""

from __future__ import annotations


class CannotRun(ValueError):  # noqa: N818  # it reads as what it says
    """A construct that this engine does not run, by name; the interpreter does."""


class Overflow(ValueError):  # noqa: N818
    """An amount beyond 38 digits: which clause it came from, and for which record."""
