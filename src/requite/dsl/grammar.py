"""The grammar as the reader uses it: its parse table, and the phrases that its terminals stand for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple

END = "$END"
KINDS = ("NAME", "TEXT", "NUMBER", "PERCENT", "MONEY", "DATE", "MOMENT")
DEEPEST = 100
"""Brackets in brackets, or steps of one expression, at most."""
DEEPEST_STACK = 6 * DEEPEST
GRAMMAR, TABLE = "grammar.lark", "grammar_table.json"


class Leaf:
    """A token of the grammar, with its place in the declaration's text."""

    __slots__ = ("bad", "end", "start", "text", "type")
    depth = 0

    def __init__(self, type: str, start: int, end: int, text: str, bad: bool = False) -> None:
        self.type, self.start, self.end, self.text, self.bad = type, start, end, text, bad

    def __repr__(self) -> str:
        return f"{self.type}:{self.text}"


class Branch:
    """A rule of the grammar with all that it was made from, keywords and signs included."""

    __slots__ = ("children", "data", "depth", "end", "start")
    start: int
    end: int
    depth: int

    def __init__(self, data: str, children: list[Branch | Leaf]) -> None:
        self.data, self.children = data, children
        self.start, self.end = children[0].start, children[-1].end
        # The grammar's helpers for repetition (`_…`) are dissolved in the rule around them, which then counts for all of them.
        self.depth = 0 if data[0] == "_" else 1 + max([child.depth for child in children])
        if self.depth > DEEPEST:
            raise TooDeep

    def __repr__(self) -> str:
        return f"{self.data}{self.children}"


Tree = Branch | Leaf


class TooDeep(Exception):  # noqa: N818 - not an error of the program
    """An expression has more steps or brackets than are read."""


class Reduction(NamedTuple):
    """What a rule does to the stack: takes the topmost `size` values and puts one in their place.

    That is a branch named `data` of all of them, those at `dissolved` replaced by what they are made of; or, if `single` and
    only one is left, that one.
    """

    size: int
    rule: str
    data: str
    single: bool
    dissolved: tuple[int, ...]
    passes: bool
    """Whether the one value that it takes stays as it is."""

    def build(self, parts: list[Tree]) -> Tree:
        """What stands for the values in the tree."""
        if self.dissolved:
            parts = _dissolved(parts, self.dissolved)
        if self.single and len(parts) == 1:
            return parts[0]
        return Branch(self.data, parts)


def _dissolved(parts: list[Tree], which: tuple[int, ...]) -> list[Tree]:
    """Values, those at some places replaced by what they are made of."""
    found: list[Tree] = []
    for i, part in enumerate(parts):
        if i not in which:
            found.append(part)
        elif found:
            found += part.children  # type: ignore[union-attr]  # a helper rule is a branch
        else:
            # A repetition grows by one each time: taking over its list keeps a long one from being copied at each step.
            found = part.children  # type: ignore[union-attr]  # as above
    return found


class Phrase(NamedTuple):
    """A terminal of the grammar that stands for words or signs: its spelling, and each word of it."""

    text: str
    words: tuple[str, ...]


Action = int | Reduction


class Grammar:
    """The parse table: for each state, what each terminal does, by its spelling or its kind (NAME, TEXT …)."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.spelling: dict[str, str] = table["spelling"]
        terminals, rules = table["terminals"], table["rules"]
        reductions = [_reduction(rules, *made) for made in table["reductions"]]
        self.actions: list[dict[str, Action]] = []
        self.after: list[dict[str, int]] = []
        """For each state, the state after each rule that may end there."""
        for shifts, reduces, after in table["states"]:
            actions: dict[str, Action] = {terminals[i]: target for i, target in _pairs(shifts)}
            actions.update((terminals[i], reductions[made]) for i, made in _pairs(reduces))
            self.actions.append(actions)
            self.after.append({rules[i]: target for i, target in _pairs(after)})
        self.first: int = table["first"]
        self.last: int = table["last"]
        self.passed: dict[tuple[int, int, str], tuple[int, Action | None]] = {}
        """By the two topmost states and a terminal: the state and what to do there, once all is done that changes no value."""
        self.settled: dict[tuple[int, int, str], tuple[int, Action | None]] = {}
        """Likewise, once all is done that takes one value and puts another in its place."""
        self.phrases: dict[str, list[Phrase]] = {}
        """By their first word, the longest first."""
        for text in self.spelling.values():
            self.phrases.setdefault(text.split()[0], []).append(Phrase(text, tuple(text.split())))
        for phrases in self.phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase.words))

    def pass_on(self, below: int, state: int, kind: str) -> tuple[int, Action | None]:
        """The state, and what a terminal does there, after the reductions that change no value: an operand has ten of them."""
        found = self.passed.get((below, state, kind))
        if found is None:
            found = self.passed[below, state, kind] = self._reduced(below, state, kind, lambda action: action.passes)
        return found

    def settle(self, below: int, state: int, kind: str) -> tuple[int, Action | None]:
        """The state, and what a terminal does there, after all reductions of one value."""
        found = self.settled.get((below, state, kind))
        if found is None:
            found = self.settled[below, state, kind] = self._reduced(below, state, kind, lambda action: action.size == 1)
        return found

    def _reduced(self, below: int, state: int, kind: str, wanted: Callable[[Reduction], bool]) -> tuple[int, Action | None]:
        if kind == END and state == self.last:
            return state, None
        action = self.actions[state].get(kind)
        while isinstance(action, Reduction) and wanted(action):
            state = self.after[below][action.rule]
            if kind == END and state == self.last:
                return state, None
            action = self.actions[state].get(kind)
        return state, action


def _pairs(flat: list[int]) -> zip[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _reduction(rules: list[str], size: int, rule: int, data: str, single: int, dissolved: list[int]) -> Reduction:
    passes = size == 1 and bool(single) and not dissolved
    return Reduction(size, rules[rule], data, bool(single), tuple(dissolved), passes)


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """The grammar's parse table as it is kept beside the grammar; made anew if the grammar has changed since."""
    folder = files("requite.dsl")
    table = json.loads(folder.joinpath(TABLE).read_text(encoding="utf-8"))
    text = folder.joinpath(GRAMMAR).read_text(encoding="utf-8")
    if table["grammar"] != fingerprint(text):
        from requite.dsl.grammar_table import make_table

        table = make_table(text)
    return Grammar(table)


def fingerprint(text: str) -> str:
    """What tells one grammar from another."""
    return sha256(text.replace("\r\n", "\n").encode()).hexdigest()


class Unexpected(Exception):  # noqa: N818 - not an error of the program
    """The parser cannot take a leaf where it stands."""


class Parser:
    """The parser's two stacks, for one declaration."""

    def __init__(self) -> None:
        self.grammar = grammar()
        self.states: list[int] = [self.grammar.first]
        self.values: list[Tree] = []

    def actions(self) -> dict[str, Action]:
        """What each terminal does where the parser stands; some are found impossible only later."""
        return self.grammar.actions[self.states[-1]]

    def accepts(self, kind: str) -> bool:
        """Whether a terminal may come next."""
        return self.would_accept(self.states, kind)

    def would_accept(self, states: list[int], kind: str) -> bool:
        """Whether a terminal may come next where the parser would stand in these states."""
        grammar = self.grammar
        action = grammar.actions[states[-1]].get(kind)
        if action.__class__ is not Reduction:
            return action is not None
        left = len(states)  # of the states, those that the reductions leave; above them stand `above`
        above: list[int] = []
        while isinstance(action, Reduction):
            size = action.size
            if size < len(above):
                del above[-size:]
            else:
                left -= size - len(above)
                above.clear()
            below = above[-1] if above else states[left - 1]
            state, action = grammar.settle(below, grammar.after[below][action.rule], kind)
            if kind == END and state == grammar.last:
                return True
            above.append(state)
        return action is not None

    def feed(self, leaf: Leaf, accepted: bool = False) -> Tree | None:
        """Take the next leaf; the whole tree if it is the end. One that cannot be taken leaves all as it was.

        `accepted` says that the leaf is known to be one that may come next.
        """
        grammar = self.grammar
        states, values, kind = self.states, self.values, leaf.type
        action = grammar.actions[states[-1]].get(kind)
        if action.__class__ is int:
            states.append(action)
            values.append(leaf)
            return None
        # The table reduces for some leaves that it refuses later.
        if action is None or not (accepted or self.would_accept(states, kind)):
            raise Unexpected
        while isinstance(action, Reduction):
            size = action.size
            if action.passes:
                state, action = grammar.pass_on(states[-2], states[-1], kind)
                states[-1] = state
            else:
                parts = values[-size:]
                del states[-size:]
                del values[-size:]
                values.append(action.build(parts))
                state = grammar.after[states[-1]][action.rule]
                states.append(state)
                action = grammar.actions[state].get(kind)
            if kind == END and state == grammar.last:
                return values[-1]
        assert action is not None
        states.append(action)
        values.append(leaf)
        return None
