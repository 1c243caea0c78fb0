"""The grammar as Lark reads it: its parse table, and the phrases that its terminals stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from lark import Lark
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift
from lark.parsers.lalr_parser_state import ParserState

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


@dataclass(frozen=True, slots=True)
class Phrase:
    words: tuple[str, ...]
    terminal: str


class Grammar:
    """The parser, built once, and the phrases that its terminals stand for, by their first word."""

    def __init__(self) -> None:
        self.lark = build_lark()
        self.spelling = {terminal.name: str(terminal.pattern.value) for terminal in self.lark.terminals}
        self.phrases: dict[str, list[Phrase]] = {}
        for name, text in self.spelling.items():
            words = tuple(text.split())
            self.phrases.setdefault(words[0], []).append(Phrase(words, name))
        for phrases in self.phrases.values():
            phrases.sort(key=lambda phrase: -len(phrase.words))

    def state(self) -> ParserState[Any]:
        return self.lark.parse_interactive().parser_state


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    return Grammar()


def can_shift(state: ParserState[Any], stack: list[Any], terminal: str) -> bool:
    """Whether a terminal may come next where a stack of states stands."""
    states, stack = state.parse_conf.states, stack[:]
    while True:
        action = states[stack[-1]].get(terminal)
        if action is None:
            return False
        if action[0] is Shift:
            return True
        rule = action[1]
        if rule.expansion:
            del stack[-len(rule.expansion) :]
        stack.append(states[stack[-1]][rule.origin.name][1])
        if terminal == END and stack[-1] == state.parse_conf.end_state:
            return True


END = "$END"
