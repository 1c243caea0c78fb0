"""Where random choices come from: Hypothesis, which replays and varies them, or a seed, which is faster."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Choices(ABC):
    """Random choices. The least of each is the plainest, so that what is shrunk is plain."""

    @abstractmethod
    def below(self, bound: int) -> int:
        """A whole number from 0 to below the bound."""

    def between(self, least: int, most: int) -> int:
        return least + self.below(most - least + 1)

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred."""
        return self.below(100) >= 100 - percent

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def weighted(self, options: Sequence[tuple[int, T]]) -> T:
        """One of some options, each as likely as its weight."""
        at = self.below(sum(weight for weight, _ in options))
        for weight, option in options:
            if at < weight:
                return option
            at -= weight
        raise AssertionError

    def some(self, options: Sequence[T], least: int, most: int) -> list[T]:
        """Some different ones, in any order; fewer where there are not so many."""
        left, found = list(options), list[T]()
        for _ in range(self.between(least, most)):
            if left:
                found.append(left.pop(self.below(len(left))))
        return found

    def shuffled(self, options: Sequence[T]) -> list[T]:
        return self.some(options, len(options), len(options))


class Drawn(Choices):
    """Choices that Hypothesis makes."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def below(self, bound: int) -> int:
        return self._draw(_below(bound)) if bound > 1 else 0


_STRATEGIES: dict[int, st.SearchStrategy[int]] = {}


def _below(bound: int) -> st.SearchStrategy[int]:
    if bound not in _STRATEGIES:
        _STRATEGIES[bound] = st.integers(0, bound - 1)
    return _STRATEGIES[bound]


class Seeded(Choices):
    """Choices that follow from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def below(self, bound: int) -> int:
        return self._random.randrange(bound) if bound > 1 else 0
