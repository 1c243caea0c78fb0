"""What `parse` makes of good programs, and what it says of bad ones."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from requite.dsl import parse as parse_module
from requite.dsl import syntax as s
from requite.dsl.diagnostics import Diagnostic, Severity, render_text
from requite.dsl.grammar import GRAMMAR, TABLE, fingerprint, grammar
from requite.dsl.grammar_table import build_lark, in_lines, make_table
from requite.dsl.parse import parse, parse_names_in_text
from requite.dsl.scan import scan
from requite.dsl.source import Source, Span

FEATURE = "syntax"
SAMPLES = Path(__file__).parents[3] / "shared" / "design" / "samples"
LANGUAGE = SAMPLES.parent / "language.md"


def parsed(text: str, name: str = "x.requite") -> s.Document:
    """The document of a text that nothing is wrong with."""
    document, diagnostics = parse(Source(name, text))
    assert not diagnostics, f"\n{render_text(diagnostics)}\n{text}"
    return document


def only(text: str) -> Any:
    (declaration,) = parsed(text).declarations
    return declaration


def value(expression: str) -> s.Expr:
    let = only(f"for each r let x = {expression}").clauses[0]
    assert isinstance(let, s.Let)
    return let.value


def plain(node: Any) -> Any:
    """A node without its places, as nested tuples."""
    if isinstance(node, s.Node | s.Document):
        parts = (getattr(node, f.name) for f in fields(node) if f.name not in ("span", "source", "comments"))
        return (type(node).__name__, *map(plain, parts))
    return tuple(map(plain, node)) if isinstance(node, tuple) else node


def nodes(of: Any, parent: s.Node | None = None) -> Iterator[tuple[s.Node, s.Node | None]]:
    """Every node below something, each with the node that holds it."""
    if isinstance(of, s.Node):
        yield of, parent
        parent = of
    if isinstance(of, s.Node | s.Document):
        for f in fields(of):
            yield from nodes(getattr(of, f.name), parent)
    elif isinstance(of, tuple):
        for part in of:
            yield from nodes(part, parent)


def codes(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    return [d.code for d in diagnostics]


def sample_texts() -> list[Any]:
    if not SAMPLES.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the samples of the design are not beside this repository"))]
    return [pytest.param(path.read_text(encoding="utf-8"), id=path.stem) for path in sorted(SAMPLES.glob("*.requite"))]


# --- programs ---------------------------------------------------------------------------------------------------------


def test_good_program(good_program: Source) -> None:
    document = parsed(good_program.text, good_program.name)
    assert document.declarations
    assert_places(document)


def test_bad_program(bad_program: Source, assert_expected: Any) -> None:
    assert_expected(bad_program, parse(bad_program)[1])


@pytest.mark.parametrize("text", sample_texts())
def test_sample_parses(text: str) -> None:
    assert_places(parsed(text))


def test_all_samples_are_there() -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the samples of the design are not beside this repository")
    assert len(sample_texts()) == 17


def test_language_by_example_parses() -> None:
    if not LANGUAGE.is_file():
        pytest.skip("the design is not beside this repository")
    blocks = re.findall(r"```requite\n(.*?)```", LANGUAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 4
    for block in blocks[:3]:
        assert_places(parsed(block))


def test_grammar_has_no_conflicts() -> None:
    build_lark(grammar_text(), strict=True)


def grammar_text() -> str:
    return files("requite.dsl").joinpath(GRAMMAR).read_text(encoding="utf-8")


def test_kept_table_is_that_of_the_grammar() -> None:
    """After a change of the grammar: `python -m requite.dsl.grammar_table`."""
    assert files("requite.dsl").joinpath(TABLE).read_text(encoding="utf-8") == in_lines(make_table(grammar_text()))


def test_changed_grammar_is_read_without_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requite.dsl.grammar.fingerprint", lambda text: fingerprint(f"{text}// changed"))
    made = grammar.__wrapped__()
    assert made.actions == grammar().actions
    assert made.after == grammar().after


def test_no_two_phrases_of_the_grammar_are_spelt_alike() -> None:
    spelling = grammar().spelling
    assert len(set(spelling.values())) == len(spelling)
    assert "for each" in spelling.values()


# --- places -----------------------------------------------------------------------------------------------------------


def assert_places(document: s.Document) -> None:
    """Every node stands inside the one that holds it, and its text is the text that it was made from."""
    count = 0
    for node, parent in nodes(document.declarations):
        count += 1
        text = node.span.text
        assert text, f"{node} has no text"
        assert text == text.strip(), f"{node} has blanks around it: {text!r}"
        if parent is not None:
            assert parent.span.start <= node.span.start <= node.span.end <= parent.span.end, f"{node} leaves {parent}"
        if isinstance(node, s.Name):
            assert node.text == text
        elif isinstance(node, s.Text):
            assert node.value == text[1:-1]
        elif isinstance(node, s.Path):
            assert [name.text for name in node.names] == re.findall(r"\w+", text)
    assert count > 0
    for comment in document.comments:
        assert comment.text.startswith("#")
        assert "\n" not in comment.text


EXPRESSIONS = s.Expr.__args__


def test_text_of_every_expression_reads_as_that_expression(good_program: Source) -> None:
    for node, _ in nodes(parsed(good_program.text, good_program.name).declarations):
        made_only_inside = isinstance(node, s.Nothing | s.DateRange) or node.span.text.startswith(("-", "–", "−"))
        if isinstance(node, EXPRESSIONS) and not made_only_inside:
            assert plain(value(node.span.text)) == plain(node)


def test_places_follow_the_text_when_a_declaration_moves() -> None:
    text = "scheme s for each practice\n  let x = a.b + 1"
    first = parsed(text)
    second = parsed(f"payee someone\n\n   {text}")
    assert plain(second.declarations[1]) == plain(first.declarations[0])
    assert [node.span.start - 18 for node, _ in nodes(second.declarations[1])] == [
        node.span.start for node, _ in nodes(first.declarations)
    ]


def test_a_place_has_its_line_and_column() -> None:
    let = only("for each spell\n  let x =\n    (1 + y) * 2\n").clauses[0]
    assert (let.value.span.line, let.value.span.column) == (3, 5)
    assert let.value.span.text == "(1 + y) * 2"
    assert let.value.left.span.text == "1 + y"


# --- line breaks, white space, word processors ------------------------------------------------------------------------


def respelt(text: str, between: str = " ", **signs: str) -> str:
    """The pieces of a text in other white space, without comments; signs and quotes changed as `signs` says."""
    parts = []
    for piece in scan(text).pieces:
        found = text[piece.start : piece.end]
        if piece.kind == "TEXT" and "quotes" in signs:
            found = signs["quotes"][0] + found[1:-1] + signs["quotes"][1]
        elif piece.kind in ("DATE", "MOMENT") and "dash" in signs:
            found = found.replace("-", signs["dash"])
        elif piece.kind == "-":
            found = signs.get("dash", found)
        elif piece.kind in ("*", "/", ">=", "<="):
            found = {"*": "×", "/": "÷", ">=": "≥", "<=": "≤"}[piece.kind] if "dash" in signs else found
        parts.append(found)
    return joined(parts, between)


def joined(parts: list[str], between: str) -> str:
    """Parts with something between them, but where a point or a bracket follows closely in the original it may stay apart."""
    return between.join(parts)


def good_texts() -> list[Any]:
    here = Path(__file__).parent / "syntax" / "good"
    return [pytest.param(p.read_text(encoding="utf-8"), id=p.stem) for p in sorted(here.glob("*.requite"))]


@pytest.mark.parametrize("text", good_texts() + sample_texts())
@pytest.mark.parametrize("between", [" ", "\n", "\r\n\t", "\u00a0", " # a comment\n", "\u200b \ufeff"])
def test_white_space_and_line_breaks_do_not_matter(text: str, between: str) -> None:
    assert plain(parsed(respelt(text, between))) == plain(parsed(text))


@pytest.mark.parametrize("text", good_texts() + sample_texts())
@pytest.mark.parametrize("dash", ["–", "—", "−", "\u2011"])
def test_text_from_a_word_processor_reads_the_same(text: str, dash: str) -> None:
    changed = "\ufeff" + respelt(text, "\u00a0", quotes="“”", dash=dash)
    if "“" in text:  # curly quotes inside straight ones cannot become curly themselves
        changed = "\ufeff" + respelt(text, "\u00a0", dash=dash)
    document = parsed(changed)
    assert plain(document) == plain(parsed(text))
    assert_places(document)


def test_a_text_may_hold_other_quotes() -> None:
    assert value('"a “b” c"').value == "a “b” c"  # type: ignore[union-attr]
    assert value("“it’s”").value == "it’s"  # type: ignore[union-attr]
    assert value("„a”").value == "a"  # type: ignore[union-attr]


# --- nodes ------------------------------------------------------------------------------------------------------------


def test_literals_are_exact() -> None:
    assert plain(value("£92,233,720,368,547,758.07")) == ("Money", Fraction(9223372036854775807, 100), "GBP")
    assert plain(value("£1.8m")) == ("Money", Fraction(1_800_000), "GBP")
    assert plain(value("10p")) == ("Money", Fraction(1, 10), "GBP")
    assert plain(value("$500.00")) == ("Money", Fraction(500), "USD")
    assert plain(value("€0.50")) == ("Money", Fraction(1, 2), "EUR")
    assert plain(value("2.5%")) == ("Percent", Fraction(1, 40))
    assert plain(value("0.1")) == ("Number", Fraction(1, 10))
    assert plain(value("10 working days")) == ("Duration", Fraction(10), "working days")
    assert plain(value("1 day")) == ("Duration", Fraction(1), "days")
    assert plain(value("2017-04-01")) == ("Date", date(2017, 4, 1), False)
    assert plain(value("2017-04-01 13:45")) == ("Moment", datetime(2017, 4, 1, 13, 45))


def test_signed_literals_of_rows_and_examples_are_values() -> None:
    row = only("table t a: text b: number rows x: -5").rows[0]
    assert plain(row.values) == (("Number", Fraction(-5)),)
    assert row.values[0].span.text == "-5"
    assert plain(value("-5")) == ("Negative", ("Number", Fraction(5)))


@pytest.mark.parametrize(
    ("shorter", "bracketed"),
    [
        ("1 + 2 * 3", "1 + (2 * 3)"),
        ("1 - 2 - 3", "(1 - 2) - 3"),
        ("50% of a - b", "(50% of a) - b"),
        ("a else b + c", "a else (b + c)"),
        ("a else b else c", "(a else b) else c"),
        ("a else b is c", "(a else b) is c"),
        ("not a is b", "not (a is b)"),
        ("not a and b", "(not a) and b"),
        ("a or b and c", "a or (b and c)"),
        ("£5 per 10 of x * 2", "(£5 per 10 of x) * 2"),
        ("-a * b", "(-a) * b"),
        ("the greater of £1 and 2% of x > y", "(the greater of £1 and (2% of x)) > y"),
        ("whole years from a to b + 1", "(whole years from a to b) + 1"),
        ("age on a born b >= 19", "(age on a born b) >= 19"),
        ("financial year of d is x", "(financial year of d) is x"),
        ("a when b or c, otherwise d + 1", "a when (b or c), otherwise (d + 1)"),
        ("a when b, otherwise c rounded to 1p", "(a when b, otherwise c) rounded to 1p"),
        ("total of a * b over each x where c and d", "total of (a * b) over each x where (c and d)"),
        ("a within 2 days + b before c + d", "a within (2 days + b) before (c + d)"),
    ],
)
def test_what_binds_closer(shorter: str, bracketed: str) -> None:
    assert plain(value(shorter)) == plain(value(bracketed))


def test_three_of_a_kind_are_one_node() -> None:
    logic = value("a and b and c")
    assert isinstance(logic, s.Logic)
    assert (logic.operator, len(logic.operands)) == ("and", 3)


def test_comparisons_keep_their_words() -> None:
    assert plain(value("a is not b"))[1:2] + plain(value("a is not b"))[4:] == ("!=", True)
    assert plain(value("a = b"))[1:2] + plain(value("a = b"))[4:] == ("=", False)


def test_lookups() -> None:
    assert plain(value("t[a, b on c].d.e")) == plain(value("t [ a , b on c ] . d . e"))
    found = value("t[a, b on c].d")
    assert isinstance(found, s.FieldOf)
    assert isinstance(found.of, s.Lookup)
    assert [len(found.of.keys), found.of.on is not None, found.name.text] == [2, True, "d"]
    dated = value("rate[on d]")
    assert isinstance(dated, s.Lookup)
    assert (dated.keys, plain(dated.on)) == ((), ("Path", (("Name", "d"),)))


def test_ranges() -> None:
    found = value("count over each earlier spell with the same a, b where c is d by e, f")
    assert isinstance(found, s.Aggregate)
    held = found.range
    assert (held.ordinal, held.every, [n.text for n in held.same], [n.text for n in held.by]) == (
        "earlier",
        False,
        ["a", "b"],
        ["e", "f"],
    )
    assert held.span.text == "each earlier spell with the same a, b where c is d by e, f"
    every = value("there is no other spell")
    assert isinstance(every, s.ThereIs)
    assert (every.negated, every.range.ordinal, every.range.span.text) == (True, "another", "other spell")


def test_bands() -> None:
    edges = [
        (plain(b.lower), b.lower_included, plain(b.upper), b.upper_included)
        for b in only(
            "bands b by x below 1: 0 up to 2: 0 3 to below 4: 0 5 to 6: 0 above 7 to 8: 0 above 9: 0 10 and above: 0 11: 0"
        ).bands
    ]

    def n(number: int) -> tuple[str, Fraction]:
        return ("Number", Fraction(number))

    assert edges == [
        (None, False, n(1), False),
        (None, False, n(2), True),
        (n(3), True, n(4), False),
        (n(5), True, n(6), True),
        (n(7), False, n(8), True),
        (n(9), False, None, False),
        (n(10), True, None, False),
        (n(11), True, n(11), True),
    ]


def test_clauses_stand_in_the_order_written() -> None:
    text = "check c for each spell flag when a expected b let d = e requires f needs g"
    assert [type(clause) for clause in only(text).clauses] == [s.FlagWhen, s.Expected, s.Let, s.Requires, s.Needs]


def test_clauses_after_a_payment_are_the_payments_own() -> None:
    scheme = only("scheme x needs a marker m met when b payment p to q amount 1 needs c cites d charge f to g amount 2 let y = 1")
    assert [type(clause).__name__ for clause in scheme.clauses] == ["Needs", "Marker", "Payment", "Payment", "Let"]
    assert [type(clause).__name__ for clause in scheme.clauses[2].clauses] == ["Amount", "Needs", "Cites"]
    assert [scheme.clauses[2].charge, scheme.clauses[3].charge] == [False, True]


def test_names_in_a_text() -> None:
    source = Source("x", 'xx"billed {billed} on { estimate . referred }"')
    paths, diagnostics = parse_names_in_text(s.Text(Span(source, 2, len(source.text)), source.text[3:-1]))
    assert [path.span.text for path in paths] == ["billed", "estimate . referred"]
    assert [[name.text for name in path.names] for path in paths] == [["billed"], ["estimate", "referred"]]
    assert diagnostics == ()


# --- after an error ---------------------------------------------------------------------------------------------------


def test_a_broken_clause_takes_nothing_else_with_it() -> None:
    text = "scheme s for each practice\n  let a = 1\n  let b = (\n  let c = 3\n  payment p to gps\n    amount £5\n"
    document, diagnostics = parse(Source("x", text))
    (scheme,) = document.declarations
    assert isinstance(scheme, s.Scheme)
    assert [type(clause).__name__ for clause in scheme.clauses] == ["Let", "Let", "Payment"]
    assert [clause.name.text for clause in scheme.clauses if isinstance(clause, s.Let)] == ["a", "c"]
    assert len(diagnostics) == 1


def test_a_misspelt_word_is_read_as_what_was_meant() -> None:
    text = "recrod practice\n  key code: text\nscheme s\n  paymnet p to gps\n    amuont £5\n"
    document, diagnostics = parse(Source("x", text))
    assert codes(diagnostics) == ["misspelt-word"] * 3
    record, scheme = document.declarations
    assert isinstance(record, s.Record)
    assert isinstance(scheme, s.Scheme)
    (payment,) = scheme.clauses
    assert isinstance(payment, s.Payment)
    assert [type(clause) for clause in payment.clauses] == [s.Amount]
    assert payment.span.text == "paymnet p to gps\n    amuont £5"


def test_a_broken_declaration_keeps_its_word_and_name() -> None:
    document, diagnostics = parse(Source("x", "codes emergency are\ncheck dup\n  flag when a\npayee x"))
    assert [type(d).__name__ for d in document.declarations] == ["Broken", "Broken", "Payee"]
    broken = [(d.word, d.name.text if d.name else "") for d in document.declarations if isinstance(d, s.Broken)]
    assert broken == [("codes", "emergency"), ("check", "dup")]
    assert codes(diagnostics) == ["missing-name", "missing-record"]


def test_the_clauses_below_a_broken_head_are_read_too() -> None:
    _, diagnostics = parse(Source("x", "check dup\n  flag when (a\n  tolerance\n  reason x\n"))
    assert [(d.span.line, d.code) for d in diagnostics] == [
        (1, "missing-record"),
        (2, "unclosed-bracket"),
        (3, "missing-value"),
        (4, "missing-text"),
    ]


def test_no_message_shows_the_grammars_own_names(bad_program: Source) -> None:
    own_names = {"NAME", "TEXT", "NUMBER", "PERCENT", "MONEY", "DATE", "MOMENT", "END", *grammar().spelling} - {"A"}
    for diagnostic in parse(bad_program)[1]:
        said = f"{diagnostic.message} {diagnostic.help}"
        assert not set(re.findall(r"\w+", said)) & own_names, said
        assert diagnostic.message
        assert diagnostic.help


def test_messages_of_one_declaration_do_not_depend_on_what_was_read_before() -> None:
    text = "scheme s\n  payment p\n    amount £5\n"
    source = Source("x", text)
    first = parse(source)
    parse_module._readings.clear()
    assert parse(source) == first
    assert codes(first[1]) == ["missing-payee"]


# --- Markdown ---------------------------------------------------------------------------------------------------------


def test_markdown_places_are_those_of_the_document() -> None:
    path = Path(__file__).parent / "syntax" / "good" / "document.md"
    document = parsed(path.read_text(encoding="utf-8"), "document.md")
    assert [type(d).__name__ for d in document.declarations] == ["Ruleset", "Table", "Payee", "Scheme"]
    assert_places(document)
    (table,) = document.tables
    assert [cell.value for cell in table.header] == ["service", "price"]
    assert [[cell.value for cell in row] for row in table.rows] == [["flu", "£10"], ["a | b", "£5"]]
    assert [cell.span.text for cell in table.rows[0]] == ["`flu`", "£10"]
    assert (table.rows[1][1].span.line, table.rows[1][1].span.text) == (16, "£5")
    assert table.span.text.startswith("service | **price**")


def test_markdown_is_known_by_its_name() -> None:
    text = "# Title\n```requite\npayee x\n```\n"
    assert len(parsed(text, "AGREEMENT.MD").declarations) == 1
    assert parse(Source("a.requite", text))[1]


def test_a_declaration_may_go_on_in_the_next_fence() -> None:
    text = "```requite\nscheme s\n  let x = 1\n```\n\nProse with `let`.\n\n```requite\n  let y = 2\n```\n"
    (scheme,) = parsed(text, "a.md").declarations
    assert isinstance(scheme, s.Scheme)
    assert len(scheme.clauses) == 2


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_markdown_line_breaks(line_break: str) -> None:
    text = line_break.join(["|a|b|", "|-|-|", "|1|2|", "", "```requite", "payee x", "```", ""])
    document = parsed(text, "a.md")
    assert document.declarations[0].span.text == "payee x"
    assert [cell.span.text for cell in document.tables[0].rows[0]] == ["1", "2"]


# --- any text at all --------------------------------------------------------------------------------------------------

SLOWEST = 6.0
"""Seconds, for 256 KB of anything: what is quadratic takes minutes, and a busy machine is no fault."""


def slowness() -> float:
    """How many times slower than usual this machine is just now, because of what else it does."""
    start = time.process_time()
    sum(i % 7 for i in range(1_000_000))
    return (time.process_time() - start) / 0.04


def timed(text: str, name: str = "x.requite") -> tuple[s.Document, tuple[Diagnostic, ...]]:
    parse_module._readings.clear()
    start = time.process_time()
    result = parse(Source(name, text))
    taken = time.process_time() - start
    assert taken < SLOWEST or taken < SLOWEST * slowness(), f"{taken:.2f} s"
    assert len(result[1]) <= parse_module.MOST_ERRORS + 1
    return result


def filled(part: str, before: str = "", after: str = "") -> str:
    room = parse_module.LONGEST_TEXT - len((before + after).encode())
    return before + part * (room // len(part.encode())) + after


ADVERSARIES = {
    "round brackets": ("(", "for each r let x = "),
    "square brackets": ("a[", "for each r let x = "),
    "closed brackets": ("()", "for each r let x = "),
    "not": ("not ", "for each r let x = "),
    "minus": ("- ", "for each r let x = "),
    "plus": ("1+", "for each r let x = "),
    "else": ("a else ", "for each r let x = "),
    "and": ("a and ", "for each r let x = "),
    "cases": ("a when b, ", "for each r let x = "),
    "ages": ("age on ", "for each r let x = "),
    "ages in lookups": ("a[age on ", "for each r let x = "),
    "firsts": ("first day of month of ", "for each r let x = "),
    "greatest": ("the greater of ", "for each r let x = "),
    "points": ("a.", "for each r let x = "),
    "arguments": ("a, ", "for each r let x = max("),
    "values": ("1 ", "for each r let x = "),
    "names": ("a ", "for each r let x = "),
    "quotes": ('"', ""),
    "quoted": ('"" ', "example "),
    "open quotes": ('"\n', ""),
    "curly quotes": ("“", ""),
    "for each": ("for each ", ""),
    "challenge each": ("challenge each ", ""),
    "schemes": ("scheme ", ""),
    "named schemes": ("scheme a\n", ""),
    "misspelt": ("recrod a\n", ""),
    "misspelt clauses": ("amuont 5\n", "scheme s payment p to q "),
    "broken clauses": ("let x = \n", "scheme s\n"),
    "alien clauses": ("let x = 1\nexpected 5\n", "scheme s\n"),
    "clauses": ("let x = 1\n", "scheme s\n"),
    "broken fields": ("a: \n", "record r\n"),
    "fields": ("a: b\n", "record r\n"),
    "rows": ("1: 2\n", "table t a: b rows\n"),
    "long row": ("1,", "table t a: b rows 2: "),
    "bands": ("1: 2\n", "bands b by c\n"),
    "broken bands": ("1 2\n", "bands b by c\n"),
    "dated values": ("1 from 2011-01-01\n", "parameter p: q\n"),
    "codes": ('"a", ', "codes c are "),
    "givens": ("given a\n", 'example "e"\n'),
    "broken givens": ("given a with\n", 'example "e"\n'),
    "expects": ("expect a is 1\n", 'example "e"\n'),
    "line breaks": ("\n", ""),
    "spaces": (" ", ""),
    "comments": ("#\n", ""),
    "one comment": ("#", ""),
    "one name": ("a", "ruleset "),
    "one number": ("1", "parameter p: number "),
    "one text": ("a", 'ruleset r "'),
    "numbers": ("007 ", ""),
    "split numbers": ("1, 000, ", "codes c are "),
    "percents": ("%", ""),
    "invisible": ("\u200b", "ruleset a"),
    "invisible in words": ("a\u200b", "ruleset "),
    "nulls": ("\0", ""),
    "emoji": ("😀", ""),
    "braces": ("{", 'check c for each d reason "'),
    "empty braces": ("{}", 'check c for each d reason "'),
    "braced names": ("{a}", 'check c for each d reason "'),
    "dots in braces": ("a.", 'check c for each d reason "{'),
    "dates": ("2011-02-30 ", ""),
    "digits and points": ("1.", ""),
    "digits and commas": ("1,", ""),
    "dashes": ("–", ""),
    "fences": ("```requite\n", ""),
    "rows of bars": ("|a|\n", "|a|\n|-|\n"),
}


@pytest.mark.parametrize("adversary", ADVERSARIES)
@pytest.mark.parametrize("name", ["x.requite", "x.md"])
def test_any_text_is_read_or_refused_in_time(adversary: str, name: str) -> None:
    part, before = ADVERSARIES[adversary]
    if name.endswith(".md"):
        before = f"```requite\n{before}"
    text = filled(part, before)
    assert len(text.encode()) <= parse_module.LONGEST_TEXT
    timed(text, name)


@pytest.mark.parametrize(
    "part", ["> ", "- ", "|", "- a\n", "> a\n", "1. a\n", "|a|\n|-|\n", "a|b\n-|-\n", "[a]: b\n", "`", "<a>\n", "# a\n", "\\|"]
)
def test_any_markdown_is_read_or_refused_in_time(part: str) -> None:
    timed(filled(part), "x.md")


def test_a_text_of_256_kb_is_read_and_a_longer_one_refused() -> None:
    text = filled("# comment\n", "payee x\n")
    text += " " * (parse_module.LONGEST_TEXT - len(text))
    assert codes(timed(text)[1]) == []
    assert codes(timed(text + " ")[1]) == ["text-too-long"]
    assert codes(timed("é" * (parse_module.LONGEST_TEXT // 2 + 1))[1]) == ["text-too-long"]
    assert codes(timed("\n" * 20_001, "x.md")[1]) == ["text-too-long"]


def test_a_real_text_of_256_kb_is_read_in_time() -> None:
    here = Path(__file__).parent / "syntax" / "good"
    text = (here / "scheme.requite").read_text(encoding="utf-8") + (here / "check.requite").read_text(encoding="utf-8")
    many = "".join(re.sub(r"\bsaving\b", f"saving{i}", text) for i in range(parse_module.LONGEST_TEXT // (len(text.encode()) + 20)))
    parse_module._readings.clear()
    start = time.process_time()
    document, diagnostics = parse(Source("x", many))
    assert not diagnostics
    assert len(document.declarations) > 300
    assert time.process_time() - start < SLOWEST * max(slowness(), 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [("(", ")"), ("not ", ""), ("- ", ""), ("1 + ", ""), ("a else ", ""), ("max(", ")"), ("a[", "]"), ("(1 + ", ")")],
)
def test_nesting_is_bounded(before: str, after: str) -> None:
    def nested(depth: int) -> list[str]:
        return codes(parse(Source("x", f"for each r let x = {before * depth}y{after * depth}"))[1])

    assert nested(40) == []
    assert nested(101) == ["nested-too-deep"]
    assert nested(3_000) == ["nested-too-deep"]


def test_the_number_of_declarations_is_bounded() -> None:
    assert codes(timed("payee x\n" * 10_000)[1]) == []
    document, diagnostics = timed("payee x\n" * 10_001)
    assert codes(diagnostics) == ["too-many-declarations"]
    assert document.declarations == ()


def test_the_number_of_errors_is_bounded() -> None:
    diagnostics = timed("scheme s\n" + "let x =\n" * 500)[1]
    assert codes(diagnostics) == ["missing-value"] * 100
    assert codes(timed("payee café\n" * 500)[1]) == ["unknown-character"] * 100 + ["too-many-errors"]


# --- fuzzing ----------------------------------------------------------------------------------------------------------

GOOD = "\n".join(p.read_text(encoding="utf-8") for p in sorted((Path(__file__).parent / "syntax" / "good").glob("*.requite")))
WORDS = sorted({piece.text for piece in scan(GOOD).pieces} | set(" ".join(grammar().spelling.values()).split()))
CHARACTERS = st.characters(codec="utf-8") | st.sampled_from("\n\r\t\u00a0\u200b\ufeff\"“”'#{}()[].,:=<>+-–−*/×÷£$€%0123456789")


def assert_read(text: str, name: str = "x.requite") -> None:
    """Whatever the text, `parse` says what it found, in places of the text."""
    document, diagnostics = timed(text, name)
    for diagnostic in diagnostics:
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
        assert diagnostic.message
        assert diagnostic.help
    for node, parent in nodes(document.declarations):
        outer = parent.span if parent else Span(document.source, 0, len(text))
        assert outer.start <= node.span.start <= node.span.end <= outer.end
    render_text(diagnostics)
    if any(isinstance(declaration, s.Broken) for declaration in document.declarations):
        assert diagnostics


@given(st.text(CHARACTERS, max_size=300))
@settings(max_examples=300, deadline=None)
def test_random_characters(text: str) -> None:
    assert_read(text)


@given(st.lists(st.sampled_from(WORDS) | st.text(CHARACTERS, max_size=3), max_size=80), st.sampled_from([" ", "\n"]))
@settings(max_examples=300, deadline=None)
def test_random_words_of_the_language(words: list[str], between: str) -> None:
    assert_read(between.join(words))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_good_programs_with_a_piece_left_out_or_put_in(data: st.DataObject) -> None:
    pieces = scan(GOOD).pieces
    at = data.draw(st.integers(0, len(pieces) - 1))
    start = max(0, at - data.draw(st.integers(0, 60)))
    end = min(len(pieces), at + data.draw(st.integers(1, 60)))
    put_in = data.draw(st.sampled_from(["", *WORDS]))
    gap = data.draw(st.integers(0, 2))
    before, after = GOOD[pieces[start].start : pieces[at].start], GOOD[pieces[min(at + gap, end - 1)].start : pieces[end - 1].end]
    assert_read(f"{before} {put_in} {after}")


@given(st.integers(0, len(GOOD)), st.integers(0, 3), st.text(CHARACTERS, max_size=3))
@settings(max_examples=300, deadline=None)
def test_good_programs_with_characters_changed(at: int, gap: int, put_in: str) -> None:
    text = GOOD[:at] + put_in + GOOD[at + gap :]
    start = max(0, text.rfind("\n\n", 0, at))
    assert_read(text[start : at + 600])


@given(st.text(st.sampled_from("`~>|-#* \nab1requite\t\r"), max_size=200))
@settings(max_examples=200, deadline=None)
def test_random_markdown(text: str) -> None:
    assert_read(text, "x.md")


@pytest.mark.parametrize(
    "text",
    [
        "scheme s requires a = b requires e * f\nat most\no",
        "for each r atch r here i=d atch t\nflag when\nchallenge\npayment",
    ],
)
def test_what_is_left_after_several_errors_is_read_or_broken(text: str) -> None:
    document, diagnostics = parse(Source("x.requite", text))
    assert document.declarations
    assert any(d.severity is Severity.ERROR for d in diagnostics)


def test_a_quote_with_nothing_behind_it_is_called_one_too_many() -> None:
    _, diagnostics = parse(Source("r.requite", 'ruleset r\nsource a "Agreement""\n'))
    unclosed = [found for found in diagnostics if found.code == "unclosed-text"]
    assert [found.help for found in unclosed] == ['one `"` of this line is too many, or its partner is missing']
