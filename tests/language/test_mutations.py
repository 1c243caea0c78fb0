"""Good programs changed at random: the checker always answers, in time, and politely."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from requite.dsl.diagnostics import Severity, render_json, render_text
from requite.dsl.load import check_text

ROOT = Path(__file__).parents[2]
LONGEST = 2.0
"""Seconds that no text may take."""

PIECE = re.compile(r'"[^"\n]*"|[£$]?\d[\d,.]*[%pm]?|\w+|\s+|.', re.DOTALL)


@cache
def programs() -> tuple[tuple[str, str], ...]:
    """Good programs, each with its name: those of the tests and the library's rulesets."""
    paths = [
        *sorted((ROOT / "tests" / "language").glob("*/good/*.*")),
        *sorted((ROOT / "tests" / "engines" / "programs").glob("*.requite")),
        *sorted((ROOT / "src" / "requite" / "rulesets").glob("*/*.md")),
    ]
    return tuple((path.name, path.read_text(encoding="utf-8")) for path in paths if path.suffix in (".requite", ".md"))


@cache
def pieces(number: int) -> tuple[str, ...]:
    return tuple(PIECE.findall(programs()[number][1]))


@cache
def words() -> tuple[str, ...]:
    """All that occurs in any of the programs."""
    return tuple(dict.fromkeys(piece for n in range(len(programs())) for piece in pieces(n) if not piece.isspace()))


Change = tuple[str, int, int, int]


def changed(parts: Sequence[str], changes: Sequence[Change]) -> str:
    """A program's pieces with some of them left out, doubled, exchanged, or replaced by pieces of any program."""
    text = list(parts)
    for kind, where, other, length in changes:
        at, to = where % (len(text) or 1), other % (len(text) or 1)
        match kind:
            case "leave out":
                del text[at : at + length]
            case "double":
                text[at:at] = text[at : at + length]
            case "exchange" if text:
                text[at], text[to] = text[to], text[at]
            case "replace":
                text[at : at + 1] = [words()[other % len(words())]]
            case "insert":
                text[at:at] = [" ", words()[other % len(words())], " "]
            case "move":
                moved = text[at : at + length]
                del text[at : at + length]
                text[to:to] = moved
            case "break off":
                del text[max(at, 1) :]
    return "".join(text)


KINDS = ["leave out", "double", "exchange", "replace", "insert", "move", "replace", "replace", "leave out", "break off"]
CHANGES = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 5_000), st.integers(0, 5_000), st.integers(1, 12)), min_size=1, max_size=6
)


def assert_polite(text: str, name: str) -> None:
    start = time.process_time()
    program, diagnostics = check_text(text, name)
    took = time.process_time() - start
    assert took < LONGEST, f"{took:.1f} s"
    assert (program is None) >= any(d.severity is Severity.ERROR for d in diagnostics)
    for d in diagnostics:
        assert d.message
        assert 0 <= d.span.start <= d.span.end <= len(text)
    render_text(diagnostics[:50])
    render_json(diagnostics[:50])


@pytest.mark.parametrize("number", range(len(programs())), ids=lambda n: programs()[n][0])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors])
@given(changes=CHANGES)
def test_changed_program(number: int, changes: list[Change]) -> None:
    assert_polite(changed(pieces(number), changes), programs()[number][0])


@settings(max_examples=150, deadline=None)
@given(words_of_programs=st.lists(st.integers(0, 100_000), max_size=60))
def test_words_at_random(words_of_programs: list[int]) -> None:
    assert_polite(" ".join(words()[n % len(words())] for n in words_of_programs), "x.requite")
