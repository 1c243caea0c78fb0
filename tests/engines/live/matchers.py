"""Matchers of the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from requite.engine.live.inprocess import InProcess

SHARED = InProcess()
"""One for all tests of a process: rulesets of durable-rules are never let go of by its library."""


class Lying:
    """Says of every file what it is told to say."""

    def __init__(self, *rules: str) -> None:
        self.rules = rules

    def fired(self, definitions: str, files: Sequence[Sequence[Mapping[str, int]]]) -> Sequence[Sequence[str]]:
        del definitions
        return [self.rules for _ in files]


class Counting:
    """Counts the calls and the files."""

    def __init__(self) -> None:
        self.calls = self.files = 0

    def fired(self, definitions: str, files: Sequence[Sequence[Mapping[str, int]]]) -> Sequence[Sequence[str]]:
        self.calls += 1
        self.files += len(files)
        return SHARED.fired(definitions, files)
