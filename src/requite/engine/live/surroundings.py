"""What a claim is decided with: the rows around it, found by what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from requite.engine.decision import Key, Outcome
from requite.engine.live.windows import Rests
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


Files = Sequence[Sequence[Mapping[str, int]]]
Requests = Sequence[tuple[str, Files]]
"""Rulesets of durable-rules, each with its case files."""

Answers = Sequence[Sequence[Sequence[str]]]
"""For each request, for each of its case files, the rules that held."""


@runtime_checkable
class Ahead(Protocol):
    """A matcher that is at work while whoever asked it goes on."""

    def begun(self, requests: Requests) -> Callable[[], Answers]:
        """Begin with some requests: what is given back waits for the answers. It is called once, by the same thread."""
        ...


def begun(matcher: Matcher, requests: Requests) -> Callable[[], Answers]:
    """Requests begun with by a matcher that can be at work meanwhile; else decided here and now."""
    if isinstance(matcher, Ahead):
        return matcher.begun(requests)
    answers = [matcher.fired(text, files) for text, files in requests]
    return lambda: answers


@dataclass(frozen=True, slots=True)
class LiveDecision:
    """What the checks say of one claim, in the order in which they are declared.

    `rests` are the hashes of all that was looked for, whether it was found or not, each with the days on which it was: a row that
    arrives with one of these as a link, on such a day, may change the decision. By LATER, from a day on more is known of what is
    there, which may change it, too.
    """

    record: str
    key: Key
    ends: tuple[Outcome, ...]
    rests: Rests
