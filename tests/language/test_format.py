"""What the formatter writes, and that it changes nothing but the form."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from requite.dsl import syntax as s
from requite.dsl.diagnostics import has_errors, render_text
from requite.dsl.format import format_document, format_text
from requite.dsl.format_layout import WIDTH
from requite.dsl.parse import parse
from requite.dsl.scan import scan
from requite.dsl.source import Source
from tests.language.strategies import NOWHERE, document, documents, expressions, typed_texts
from tests.language.structure import structure

HERE = Path(__file__).parent
SAMPLES = HERE.parents[2] / "shared" / "design" / "samples"
GOLDEN = sorted((HERE / "format" / "before").iterdir())
PROGRAMS = sorted(
    path
    for folder in (HERE.parents[1] / "src" / "requite" / "rulesets", HERE, HERE.parent / "engines")
    for path in folder.rglob("*")
    if path.suffix in (".requite", ".md") and not {"bad", "before"} & set(path.parts)
)


def lively(examples: int) -> settings:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(max_examples=examples, deadline=None, suppress_health_check=slow)


def source(path: Path) -> Source:
    with path.open(encoding="utf-8", newline="") as file:
        return Source(path.name, file.read())


def read(text: str, name: str) -> s.Document:
    parsed, diagnostics = parse(Source(name, text))
    assert not has_errors(diagnostics), f"{text}\n{render_text(diagnostics)}"
    return parsed


def comments(parsed: s.Document) -> list[str]:
    """The comments, in their order."""
    return [comment.text.rstrip() for comment in sorted(parsed.comments, key=lambda comment: comment.start)]


def formatted(text: str, name: str = "x.requite") -> str:
    """The canonical form of a text, found to mean the same, to keep the comments, and to be canonical already."""
    before = read(text, name)
    written = format_text(Source(name, text))
    after = read(written, name)
    assert structure(after) == structure(before), written
    assert comments(after) == comments(before), written
    assert format_text(Source(name, written)) == written
    return written


def lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")


def clause(expression: str) -> str:
    """An expression as the formatter writes it on one line."""
    return " ".join(formatted(f"for each r let v = {expression}").partition("let v = ")[2].split())


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_each_text_takes_its_canonical_form(path: Path) -> None:
    before = source(path)
    assert formatted(before.text, before.name) == source(HERE / "format" / "after" / path.name).text


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_keep_their_meaning_and_comments(path: Path) -> None:
    program = source(path)
    if has_errors(parse(program)[1]):
        assert format_text(program) == program.text
    else:
        formatted(program.text, program.name)


def test_samples_of_the_design_keep_their_meaning() -> None:
    if not SAMPLES.exists():
        pytest.skip("the design is not part of the repository")
    for path in SAMPLES.glob("*.requite"):
        formatted(path.read_text(encoding="utf-8"))


COMMENTED = "\n# line {0}\n  # line {0}, too\n", "  # end {0}\n", " # end {0}\n  # line {0}\n"


@pytest.mark.parametrize("gap", COMMENTED, ids=("lines", "ends", "both"))
@pytest.mark.parametrize("path", [path for path in PROGRAMS if path.suffix == ".requite"], ids=lambda path: path.stem)
def test_comments_stay_in_order_wherever_they_stand(path: Path, gap: str) -> None:
    """Comments between any two words, also in the midst of a phrase, of each program."""
    program, commented, end = source(path), "", 0
    for number, piece in enumerate(scan(program.text).pieces):
        # A ruleset may be named like a declaration, as long as the name does not begin a line.
        commented += program.text[end : piece.end] + ("" if piece.text == "ruleset" else gap.format(number))
        end = piece.end
    if not has_errors(parse(program)[1]):
        assert_only_the_form_changes(commented)


def assert_only_the_form_changes(text: str) -> None:
    written = format_text(Source("x.requite", text))
    before, after = read(text, "x.requite"), read(written, "x.requite")
    assert structure(after) == structure(before)
    assert comments(after) == comments(before)
    assert format_text(Source("x.requite", written)) == written


def test_comments_inside_one_phrase_keep_their_order() -> None:
    said = ("there # one", "  # two", "  is # three", "  # four", "  no # five")
    written = formatted("\n".join(("for each r let v =", *said, "  s with the same a")))
    assert re.findall(r"# (\w+)", written) == ["one", "two", "three", "four", "five"]


# --- properties -------------------------------------------------------------------------------------------------------


@lively(150)
@given(expressions)
def test_any_expression_is_written_so_that_it_reads_the_same(value: s.Expr) -> None:
    name = s.Name(NOWHERE, "v")
    made = document(s.ForEach(NOWHERE, s.Path(NOWHERE, (name,)), (s.Let(NOWHERE, name, value),)))
    written = format_document(made)
    assert structure(read(written, "made.requite")) == structure(made), written


@lively(60)
@given(documents)
def test_any_document_is_written_so_that_it_reads_the_same(made: s.Document) -> None:
    written = format_document(made)
    assert structure(read(written, "made.requite")) == structure(made), written


@lively(60)
@given(typed_texts)
def test_any_text_keeps_its_meaning_and_comments(text: str) -> None:
    formatted(text)


@lively(25)
@given(typed_texts, typed_texts, st.sampled_from(["", "  ", "> ", "   > > "]), st.sampled_from(["\n", "\r\n"]))
def test_a_document_keeps_all_outside_its_fences(first: str, second: str, margin: str, end: str) -> None:
    prose = ["Prose,  “as it is”. ", "~~~", "```requite", "~~~", "", "| a | b |", "|---|---|", "| 1|2 |", ""]
    fences = [[margin + line for line in ("```requite", *lines(text), "```")] for text in (first, second)]
    text = end.join([*prose, *fences[0], "", *prose, *fences[1], "", *prose])
    assume(not has_errors(parse(Source("x.md", text))[1]))  # a text may hold what ends a fence, or a quotation
    written = formatted(text, "x.md").split(end)
    outside = [i for i, line in enumerate(written) if line.startswith(margin + "```requite") and i > 2]
    assert written[: outside[0] + 1] == [*prose, margin + "```requite"]
    assert written[-len(prose) - 2 :] == [margin + "```", "", *prose]


# --- what stays -------------------------------------------------------------------------------------------------------


def test_a_text_with_errors_stays_as_it_is() -> None:
    for text in ("", "  # a comment alone", "record  r\n  key id text", 'example “x”  expect y is "', "let  x  =  1"):
        assert format_text(Source("x.requite", text)) == text
    unclosed = "```requite\nrecord  r\n  key  id: text\n"
    assert format_text(Source("x.md", unclosed)) == unclosed


def test_the_line_breaks_of_a_text_stay() -> None:
    text = "record  r\r\n  # a comment\r\n  key  id: text   # another\r\n"
    assert formatted(text) == "record r\r\n  # a comment\r\n  key id: text  # another\r\n"


def test_a_carriage_return_inside_a_line_is_no_line_break() -> None:
    assert formatted('source a "b\rc"  # d\re \r\n') == 'source a "b\rc"  # d\re\r\n'


def test_an_agreement_keeps_its_line_breaks() -> None:
    before = source(HERE / "format" / "before" / "agreement.md").text
    after = source(HERE / "format" / "after" / "agreement.md").text
    assert formatted(before.replace("\n", "\r\n"), "x.md") == after.replace("\n", "\r\n")


# --- brackets and words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("((a)) + (b * c)", "a + b * c"),
        ("(a + b) * c", "(a + b) * c"),
        ("a - (b - c)", "a - (b - c)"),
        ("(a - b) - c", "a - b - c"),
        ("a / (b / c)", "a / (b / c)"),
        ("(a of b) of c", "a of b of c"),
        ("-(a + b)", "-(a + b)"),
        ("(-a) * b", "-a * b"),
        ("(a else b) + c", "(a else b) + c"),
        ("a else (b + c)", "a else b + c"),
        ("not (a and b)", "not (a and b)"),
        ("(not a) and b", "not a and b"),
        ("(a and b) or c", "a and b or c"),
        ("a and (b or c)", "a and (b or c)"),
        ("(a = b) = c", "(a = b) = c"),
        ("(there is no s) and b", "(there is no s) and b"),
        ("(there is no s)", "there is no s"),
        ("(total of a over each s) / b", "(total of a over each s) / b"),
        ("(a rounded to 1p) + b", "(a rounded to 1p) + b"),
        ("(a when b, otherwise c) rounded to 1p", "a when b, otherwise c rounded to 1p"),
        ("a when b, otherwise (c rounded to 1p)", "a when b, otherwise (c rounded to 1p)"),
        ("a when (at least 1 of b, c), otherwise d", "a when at least 1 of b, c, otherwise d"),
        ("a > (the greater of b and c)", "a > the greater of b and c"),
        ("(the greater of a and b) * c", "(the greater of a and b) * c"),
        ("(quarter) of a", "(quarter) of a"),
        ("a is (known)", "a is (known)"),
        ("a per (complete) of b", "a per (complete) of b"),
        ("t[(a)].b", "t[a].b"),
        ("a ≥ 1 and b ≠ 2", "a >= 1 and b != 2"),
        ("a is yes or b = no", "a is yes or b = no"),
        ("a – 1 day × 2", "a - 1 day * 2"),
        ("£10000 + £1000 + £1,000 + £1.8m + 0.50", "£10,000 + £1000 + £1,000 + £1.8m + 0.50"),
        ("2017–04–01 + 1 days", "2017-04-01 + 1 day"),
        ("“said”", '"said"'),
        ("count over each another s", "count over each other s"),
    ],
)
def test_brackets_stand_where_the_meaning_needs_them(written: str, canonical: str) -> None:
    assert clause(written) == canonical


def test_a_long_line_is_cut_at_the_width() -> None:
    names = [f"name_number_{i}" for i in range(40)]
    cut = formatted(f"codes c are {', '.join(names)}").splitlines()
    assert len(cut) > 2
    assert max(map(len, cut)) <= WIDTH
    assert " ".join(cut).split() == f"codes c are {', '.join(names)}".split()


def test_formatting_is_linear_in_a_long_line() -> None:
    values = ", ".join(f"a_{i} 1  # {i}\n" for i in range(2_000))
    formatted(f'example "x" given p 1 with {values} expect y is 1')
