"""A text that is being edited is told the same as one that is read for the first time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import median

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from requite.dsl.diagnostics import Diagnostic, render_json
from requite.dsl.editing import Editor
from requite.dsl.load import check_text
from requite.dsl.scan import scan, scan_again

ROOT = Path(__file__).parents[2]
LINES = 500
MEDIAN = 0.25
"""Seconds for one keystroke in 500 lines, with room for a machine that does other things too: a tenth of this is usual."""


@cache
def programs() -> tuple[tuple[str, str], ...]:
    """Programs, good and bad, each with its name: those of the tests and the library's rulesets."""
    paths = [
        *sorted((ROOT / "tests" / "language").glob("*/*/*.*")),
        *sorted((ROOT / "src" / "requite" / "rulesets").glob("*/*.md")),
    ]
    return tuple((path.name, path.read_text(encoding="utf-8")) for path in paths if path.suffix in (".requite", ".md"))


def assert_same(editor: Editor, name: str, text: str, others: dict[str, str] | None = None) -> None:
    """That an editor, whatever it has seen before, says of a text what is said of it when it is read anew."""
    program, diagnostics = check_text(text, name, others)
    assert said(editor.update(text)) == said(diagnostics)
    assert repr(editor.program) == repr(program)  # with every place in it: two sources of one text are never equal


def said(diagnostics: Sequence[Diagnostic]) -> tuple[str, str]:
    return render_json(diagnostics), repr(diagnostics)


# --- any change of any text ----------------------------------------------------------------------------------------------


Edit = tuple[str, int, int, str]

TYPED = (
    *("\n", " ", "x", "£", '"', "#", ",", ".", ":", "(", "0", "007", "é", "\u200b", "\r\n"),
    *("let a = billed", "\n\n", "```", "| a | b |"),
)
STARTS = (
    "parameter figure_of_the_test: money £5",
    "check of_the_test for each spell\n  flag when billed > £1\n",
    'example "of the test"\n',
    "record",
    'use "other.requite"\n',
)
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "delete", "replace", "copy lines", "move lines", "break", "undo", "at line"]),
        st.integers(0, 40_000),
        st.integers(1, 60),
        st.sampled_from((*TYPED, *STARTS)),
    ),
    min_size=1,
    max_size=8,
)


def edited(text: str, before: str, edit: Edit) -> str:
    kind, where, length, new = edit
    at = where % (len(text) + 1)
    lines = text.split("\n")
    line = where % len(lines)
    match kind:
        case "insert":
            return text[:at] + new + text[at:]
        case "delete":
            return text[:at] + text[at + length :]
        case "replace":
            return text[:at] + new + text[at + len(new) :]
        case "copy lines":
            return "\n".join((*lines[:line], *lines[line : line + length], *lines[line:]))
        case "move lines":
            return "\n".join((*lines[:line], *lines[line + length :], *lines[line : line + length]))
        case "break":
            return text[:at]
        case "at line":
            return "\n".join((*lines[:line], new, *lines[line:]))
    return before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10_000), EDITS)
def test_every_change_is_told_as_if_read_anew(number: int, edits: list[Edit]) -> None:
    name, text = programs()[number % len(programs())]
    before, editor = text, Editor(name)
    assert_same(editor, name, text)
    for edit in edits:
        text, before = edited(text, before, edit), text
        assert_same(editor, name, text)


CHARACTERS = 'a1 ,.0"#\n\t\r£%“”é\u200b-/(): X\x0b\u2028'


@settings(max_examples=200, deadline=None)
@given(st.text(CHARACTERS, max_size=60), st.text(CHARACTERS, max_size=10), st.integers(0, 60))
def test_text_cut_again_has_the_same_pieces(text: str, new: str, at: int) -> None:
    _, blocks = scan_again(text, {})
    changed = text[:at] + new + text[at:]
    assert scan_again(changed, blocks)[0] == scan(changed)


# --- what is taken over --------------------------------------------------------------------------------------------------

SMALL = """\
ruleset small "Small"

record spell
  key id: text
  billed: money
  note: text optional

check dear for each spell
  flag when billed > £10
  reason "billed {billed}"

check dearer for each spell
  flag when billed > £20
  reason "billed {billed}"

example "one"
  given spell S with billed £30
  expect dear flags
  expect dearer flags
"""


def test_places_move_with_their_declarations() -> None:
    editor = Editor("small.requite")
    assert not editor.update(SMALL)
    wrong = SMALL.replace("billed > £20", "billd > £20")
    (first,) = editor.update(wrong)
    (later,) = editor.update(wrong.replace("record spell", "# two\n# lines\nrecord spell"))
    assert (first.code, later.code) == ("unknown-name", "unknown-name")
    assert (first.span.line, later.span.line) == (13, 15)
    assert first.span.text == later.span.text == "billd"
    assert later.span.source.text.startswith("ruleset")


def test_change_is_told_where_it_is_felt() -> None:
    """Another declaration than the one that was changed may be wrong now."""
    editor = Editor("small.requite")
    assert not editor.update(SMALL)
    found = editor.update(SMALL.replace("billed: money", "billed: text"))
    assert {d.span.line for d in found} >= {9, 13}
    assert not editor.update(SMALL)


def test_declaration_that_stands_twice_has_two_places() -> None:
    twice = SMALL.replace("example", 'check dear for each spell\n  flag when billed > £10\n  reason "billed {billed}"\n\nexample')
    editor = Editor("small.requite")
    for text in (SMALL, twice, twice.replace("record spell", "\nrecord spell"), SMALL, twice):
        assert_same(editor, "small.requite", text)
    (found,) = editor.update(twice)
    assert (found.code, found.span.line, found.labels[0].span.line) == ("duplicate-name", 16, 8)


def test_program_is_that_of_the_last_text() -> None:
    editor = Editor("small.requite")
    assert Editor("small.requite").program is None
    for text, line in ((SMALL, 8), (SMALL + "check", None), ("\n" + SMALL, 9)):
        editor.update(text)
        program = editor.program
        assert (program.checks["dear"].span.line if program else None) == line
        assert editor.program is program


def test_other_files() -> None:
    others = {"prices.requite": "table tariff\n  key hrg: text\n  price: money\n  rows\n    A: £5\n"}
    editor = Editor("main.requite", others)
    text = SMALL.replace("record spell", 'use "prices.requite"\n\nrecord spell')
    for changed in (text, text.replace("£20", "tariff[note].price"), text.replace("prices", "price"), text, f"\n{text}"):
        assert_same(editor, "main.requite", changed, others)


def test_rows_below_a_table_move() -> None:
    rules = "```requite\nruleset r\ntable t\n  key a: text\n  b: money\n  rows in the table below\n```\n"
    text = rules + "\n| a | b |\n|---|---|\n| x | £1 |\n"
    editor = Editor("page.md")
    changes = (f"# Prices\n\n{text}", text.replace("£1", "1 day"), text.replace("| x | £1 |", "| x |"), text, text + text)
    for changed in (text, *changes):
        assert_same(editor, "page.md", changed)


# --- the time of a keystroke ---------------------------------------------------------------------------------------------


def dense() -> str:
    """500 lines of rules without a line of prose."""
    head, _ = SMALL.split("check dear for", 1)
    check = '  requires note is missing or billed > £{0}\n  flag when billed > £10 + £{0}\n  reason "billed {{billed}}"\n\n'
    rules = [f"check dear_{i} for each spell\n{check.format(i)}" for i in range(LINES)]
    return "".join((head, *rules[: (LINES - head.count("\n")) // check.count("\n")]))


@pytest.mark.parametrize("kind", ["rules", "document"])
def test_keystroke_in_500_lines(kind: str) -> None:
    text, name = dense(), "dense.requite"
    if kind == "document":
        texts = dict(programs())
        text, name = texts["shared_savings.md"], "shared_savings.md"
        text += "\n" * (LINES - text.count("\n"))
    assert text.count("\n") > LINES * 0.95
    at = text.index("\n", len(text) // 2)
    editor, typed, times = Editor(name), "\n# a remark, and a figure of 1,000", []
    editor.update(text)
    for end in range(1, len(typed) + 1):
        changed = text[:at] + typed[:end] + text[at:]
        start = time.process_time()
        editor.update(changed)
        times.append(time.process_time() - start)
    assert median(times) < MEDIAN
