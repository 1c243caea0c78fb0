"""What a claim is decided with: the rows around it, found by what they have in common."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from requite.engine.decision import Key, Outcome
from requite.engine.rows import Row


class Surroundings(Protocol):
    """The rows that stand. Whoever keeps them links each row by hashes (`LiveEngine.links`), and finds them by these."""

    def linked(self, hashes: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """For each hash the rows linked by it, in the order in which they arrived; none for a hash that no row has."""
        ...


class Matcher(Protocol):
    """What decides which rules of a ruleset of durable-rules hold for facts: in this process, or in one that is watched over."""

    def fired(self, definitions: str, files: Sequence[Sequence[Mapping[str, int]]]) -> Sequence[Sequence[str]]:
        """For each case file, a few facts, the rules that held. `definitions` are a ruleset of durable-rules, as JSON."""
        ...


@dataclass(frozen=True, slots=True)
class LiveDecision:
    """What the checks say of one claim, in the order in which they are declared.

    `rests` are the hashes of all that was looked for, whether it was found or not: a row that arrives with one of these as a link
    may change the decision.
    """

    record: str
    key: Key
    ends: tuple[Outcome, ...]
    rests: frozenset[str]
