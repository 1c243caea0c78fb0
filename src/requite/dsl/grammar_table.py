"""The grammar made by Lark into the parse table that is kept beside it, so that a start need not wait for it.

After a change of `grammar.lark`: `python -m requite.dsl.grammar_table`.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import Any, cast

from lark import Lark
from lark.lexer import Lexer
from lark.parsers.lalr_analysis import Shift

from requite.dsl.grammar import END, GRAMMAR, KINDS, TABLE, fingerprint


class _NoLexer(Lexer):
    """Lark asks for a lexer; pieces come from `scan`."""

    __future_interface__ = 1

    def __init__(self, conf: Any) -> None:
        pass

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Any]:  # noqa: ARG002 - the names are Lark's
        return iter(())


def build_lark(text: str, strict: bool = False) -> Lark:
    """The grammar's parser; `strict` refuses a grammar with conflicts."""
    return Lark(
        text,
        start="declaration",
        parser="lalr",
        lexer=_NoLexer,
        strict=strict,
        keep_all_tokens=True,
        maybe_placeholders=False,
    )


def make_table(text: str) -> dict[str, Any]:
    """The parse table of a grammar, terminals by their spelling or kind; the same grammar always gives the same numbers."""
    lark = build_lark(text)
    # Lark's own loop compares names that are tokens, and keeps lines and columns: the reader's takes a third of its time.
    parser = cast("Any", lark.parser).parser
    table = parser._parse_table
    spelling = {terminal.name: str(terminal.pattern.value) for terminal in lark.terminals}
    terminals = sorted({*spelling.values(), *KINDS, END})
    every = sorted(
        parser.parser_conf.callbacks, key=lambda rule: (str(rule.origin.name), [str(part.name) for part in rule.expansion])
    )
    rules = sorted({str(rule.origin.name) for rule in every})
    numbers = _Numbers(
        {name: terminals.index(kind) for name, kind in ({kind: kind for kind in (*KINDS, END)} | spelling).items()},
        {name: i for i, name in enumerate(rules)},
        {rule: i for i, rule in enumerate(every)},
        _in_order(table.states, table.start_states["declaration"]),
    )
    return {
        "grammar": fingerprint(text),
        "first": numbers.states[table.start_states["declaration"]],
        "last": numbers.states[table.end_states["declaration"]],
        "spelling": spelling,
        "terminals": terminals,
        "rules": rules,
        "reductions": [_made(rule, numbers) for rule in every],
        "states": [_state(table.states[state], numbers) for state in numbers.states],
    }


@dataclass(frozen=True)
class _Numbers:
    """The number of each terminal (by the name that Lark has for it), rule's name, rule and state."""

    terminals: dict[str, int]
    rules: dict[str, int]
    reductions: dict[Any, int]
    states: dict[Any, int]


def _in_order(states: dict[Any, dict[Any, Any]], first: Any) -> dict[Any, int]:
    """The states by the way to them: Lark's own numbers change from one run to the next."""
    numbers, waiting = {first: 0}, deque([first])
    while waiting:
        actions = states[waiting.popleft()]
        for name in sorted(actions, key=str):
            action, target = actions[name]
            if action is Shift and target not in numbers:
                numbers[target] = len(numbers)
                waiting.append(target)
    return numbers


def _made(rule: Any, numbers: _Numbers) -> list[Any]:
    """What a rule makes of its parts: how many, its name and branch, whether one alone stays as it is, which are dissolved."""
    dissolved = [i for i, part in enumerate(rule.expansion) if not part.is_term and part.name.startswith("_")]
    single = rule.options.expand1 and not rule.alias
    name = str(rule.origin.name)
    return [len(rule.expansion), numbers.rules[name], str(rule.alias or name), int(single), dissolved]


def _state(actions: dict[Any, Any], numbers: _Numbers) -> list[list[int]]:
    """One state: what is shifted, what is reduced, and the states after rules, each as pairs in one list."""
    shifts: list[int] = []
    reduces: list[int] = []
    after: list[int] = []
    for name in sorted(actions, key=str):
        action, target = actions[name]
        if action is not Shift:
            reduces += numbers.terminals[str(name)], numbers.reductions[target]
        elif str(name) in numbers.terminals:
            shifts += numbers.terminals[str(name)], numbers.states[target]
        else:
            after += numbers.rules[str(name)], numbers.states[target]
    return [shifts, reduces, after]


def in_lines(table: dict[str, Any]) -> str:
    """A table as JSON, each state on a line of its own."""
    parts = []
    for key, value in table.items():
        lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in value) if key in ("reductions", "states") else ""
        parts.append(f"{json.dumps(key)}: " + (f"[\n{lines}\n]" if lines else json.dumps(value, ensure_ascii=False)))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    """Write the table of the grammar as it is now."""
    folder = files("requite.dsl")
    text = folder.joinpath(GRAMMAR).read_text(encoding="utf-8")
    with as_file(folder.joinpath(TABLE)) as path:
        path.write_text(in_lines(make_table(text)), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
