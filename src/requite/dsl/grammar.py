"""The grammar as Lark reads it: its parse table, and the phrases that its terminals stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple, cast

from lark import Lark
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

END = "$END"
KINDS = ("NAME", "TEXT", "NUMBER", "PERCENT", "MONEY", "DATE", "MOMENT")
DEEPEST = 100
"""Brackets in brackets, or steps of one expression, at most."""
DEEPEST_STACK = 6 * DEEPEST


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
        # Lark's helpers for repetition (`_…`) are dissolved in the rule around them, which then counts for all of them.
        self.depth = 0 if data[0] == "_" else 1 + max([child.depth for child in children])
        if self.depth > DEEPEST:
            raise TooDeep

    def __repr__(self) -> str:
        return f"{self.data}{self.children}"


Tree = Branch | Leaf


class TooDeep(Exception):  # noqa: N818 - not an error of the program
    """An expression has more steps or brackets than are read."""


class _NoLexer(Lexer):
    """Lark asks for a lexer; pieces come from `scan`."""

    __future_interface__ = 1

    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:  # noqa: ARG002 - the names are Lark's
        return iter(())


def build_lark(strict: bool = False) -> Lark:
    """The grammar's parser; `strict` refuses a grammar with conflicts."""
    text = files("requite.dsl").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(
        text,
        start="declaration",
        parser="lalr",
        lexer=_NoLexer,
        strict=strict,
        keep_all_tokens=True,
        maybe_placeholders=False,
        tree_class=Branch,
    )


class Reduction(NamedTuple):
    """What a rule does to the stack: takes the topmost `size` values and puts what `build` makes of them in their place."""

    size: int
    rule: str
    build: Callable[[list[Tree]], Tree]


class Phrase(NamedTuple):
    """A terminal of the grammar that stands for words or signs: its spelling, and each word of it."""

    text: str
    words: tuple[str, ...]


class Grammar:
    """The parse table, built once: for each state, what each terminal does, by its spelling or its kind (NAME, TEXT …)."""

    def __init__(self) -> None:
        lark = build_lark()
        # Lark's own loop compares names that are tokens, and keeps lines and columns: this one takes half the time.
        parser = cast("Any", lark.parser).parser
        table, callbacks = parser._parse_table, parser.parser_conf.callbacks
        self.spelling = {terminal.name: str(terminal.pattern.value) for terminal in lark.terminals}
        reductions = {rule: Reduction(len(rule.expansion), str(rule.origin.name), build) for rule, build in callbacks.items()}
        self.actions: dict[int, dict[str, int | Reduction]] = {}
        self.after: dict[int, dict[str, int]] = {}
        """For each state, the state after each rule that may end there."""
        for state, actions in table.states.items():
            mine, after = self.actions.setdefault(state, {}), self.after.setdefault(state, {})
            for name, (action, target) in actions.items():
                if action is not Shift:
                    mine[self.spelling.get(str(name), str(name))] = reductions[target]
                elif name in self.spelling or name in KINDS:
                    mine[self.spelling.get(str(name), str(name))] = target
                else:
                    after[str(name)] = target
        self.first = int(table.start_states["declaration"])
        self.last = int(table.end_states["declaration"])
        self.phrases: dict[str, list[Phrase]] = {}
        """By their first word, the longest first."""
        for text in self.spelling.values():
            self.phrases.setdefault(text.split()[0], []).append(Phrase(text, tuple(text.split())))
        for phrases in self.phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase.words))


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    return Grammar()


class Unexpected(Exception):  # noqa: N818 - not an error of the program
    """The parser cannot take a leaf where it stands."""


class Parser:
    """The parser's two stacks, for one declaration."""

    def __init__(self) -> None:
        self.grammar = grammar()
        self.states: list[int] = [self.grammar.first]
        self.values: list[Tree] = []

    def actions(self) -> dict[str, int | Reduction]:
        """What each terminal does where the parser stands; some are found impossible only later."""
        return self.grammar.actions[self.states[-1]]

    def accepts(self, kind: str) -> bool:
        """Whether a terminal may come next."""
        return self.would_accept(self.states, kind)

    def would_accept(self, states: list[int], kind: str) -> bool:
        """Whether a terminal may come next where the parser would stand in these states."""
        actions, after = self.grammar.actions, self.grammar.after
        action = actions[states[-1]].get(kind)
        if not isinstance(action, Reduction):
            return action is not None
        states = states[:]
        while isinstance(action, Reduction):
            size, rule, _ = action
            if size:
                del states[-size:]
            states.append(after[states[-1]][rule])
            if kind == END and states[-1] == self.grammar.last:
                return True
            action = actions[states[-1]].get(kind)
        return action is not None

    def feed(self, leaf: Leaf) -> Tree | None:
        """Take the next leaf; the whole tree if it is the end. One that cannot be taken leaves all as it was."""
        actions, after = self.grammar.actions, self.grammar.after
        states, values, kind = self.states, self.values, leaf.type
        # The table reduces for some leaves that it refuses later.
        if not self.accepts(kind):
            raise Unexpected
        while True:
            action = actions[states[-1]].get(kind)
            if isinstance(action, int):
                states.append(action)
                values.append(leaf)
                return None
            assert action is not None
            size, rule, build = action
            parts: list[Tree] = []
            if size:
                parts = values[-size:]
                del states[-size:]
                del values[-size:]
            values.append(build(parts))
            states.append(after[states[-1]][rule])
            if kind == END and states[-1] == self.grammar.last:
                return values[-1]
