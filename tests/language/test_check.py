"""What the checker says of programs: those in the folders of the features, texts that try to break it, and mutated good ones.

Every diagnostic of a bad program stands on its line, and no other is said; nothing at all is said of a good one. The files
that a program `a.requite` uses lie in the folder `a` beside it, and say themselves what is wrong with them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from requite.dsl.diagnostics import Diagnostic, Severity, render_json, render_text
from requite.dsl.load import Compiled, check_text, load_program
from requite.dsl.source import Source

HERE = Path(__file__).parent
ELSEWHERE = ("syntax", "format")
"""Folders that other tests read."""

LONGEST = 2.0
"""Seconds that no text may take."""


def programs(kind: str) -> list[Any]:
    """The programs of all features: `kind` is good or bad."""
    paths = (path for path in sorted(HERE.glob(f"*/{kind}/*")) if path.suffix in (".requite", ".md"))
    return [pytest.param(p, id=f"{p.parent.parent.name}-{p.stem}") for p in paths if p.parent.parent.name not in ELSEWHERE]


def files_of(path: Path) -> dict[str, str]:
    """The files that a program may use, by their names as they are seen from it, itself included."""
    beside = [path, *(p for p in path.with_suffix("").rglob("*") if p.suffix in (".requite", ".md"))]
    return {p.relative_to(path.parent).as_posix(): p.read_text(encoding="utf-8") for p in beside}


def checked(path: Path) -> Compiled:
    files = files_of(path)
    return check_text(files[path.name], path.name, files)


@pytest.mark.parametrize("path", programs("bad"))
def test_bad_program(path: Path, assert_expected: Callable[[Source, Iterable[Diagnostic]], None]) -> None:
    diagnostics = checked(path)[1]
    by_file: dict[str, list[Diagnostic]] = {name: [] for name in files_of(path)}
    for diagnostic in diagnostics:
        by_file[diagnostic.span.source.name].append(diagnostic)
    for name, text in files_of(path).items():
        assert_expected(Source(name, text), by_file[name])
    assert diagnostics


@pytest.mark.parametrize("path", programs("good"))
def test_good_program(path: Path) -> None:
    program, diagnostics = checked(path)
    assert not diagnostics, render_text(diagnostics)
    assert program is not None
    assert load_program(path)[0] is not None


def test_every_feature_has_programs() -> None:
    features = {path.parent.parent.name for kind in ("good", "bad") for path in HERE.glob(f"*/{kind}/*.*")}
    assert len(features) >= 20


# --- manners that a whole program shows -------------------------------------------------------------------------------

BASE = """ruleset base "A base"
record practice
  key code: text
  size: number
  budget: money
  opened: date
  kind: one of big, small
  note: text optional
record spell
  key id: text
  practice: practice
  hrg: text
  discharged: date
  billed: money
table tariff
  key hrg: text
  price: money
  rows
    "A": £5
bands reward by size
  below 2: £1
  2 and above: £2
codes emergency are "21", "22"
parameter fee: money £5
"""


def said(text: str, **others: str) -> tuple[Diagnostic, ...]:
    return check_text(text, "x.requite", {name.replace("_", "."): other for name, other in others.items()})[1]


def underlined(diagnostics: Iterable[Diagnostic]) -> list[tuple[str, str]]:
    return [(d.code, d.span.text) for d in diagnostics if d.severity is Severity.ERROR]


def test_places_are_exact() -> None:
    text = (
        f"{BASE}for each practice\n  let a = budget + (5 * size)\n  let b = kind is bg and size > 3\n  let c = tariff[hgr].prize\n"
    )
    assert underlined(said(text)) == [
        ("wrong-units", "budget + (5 * size)"),
        ("not-one-of", "bg"),
        ("unknown-name", "hgr"),
    ]


def test_related_places_are_labelled() -> None:
    (found,) = said(f"{BASE}for each practice\n  let a = kind is bg\n")[:1]
    assert [(label.span.text, label.text) for label in found.labels] == [("kind", "its values are said here")]
    assert found.help == "did you mean `big`?"


def test_one_mistake_is_told_of_once() -> None:
    lets = "".join(f"  let x{i} = {'budgte' if i == 0 else f'x{i - 1}'} + £1\n" for i in range(20))
    assert underlined(said(f"{BASE}for each practice\n{lets}  show x19\n")) == [("unknown-name", "budgte")]


def test_a_broken_declaration_breaks_nothing_else() -> None:
    text = "ruleset r\nrecord practice\n  key code: text\n  budget money\nscheme s for each practice\n  payment p to practice\n    amount budget\n"
    assert [d.code for d in said(text)] == ["missing-colon"]


def test_a_dated_and_a_plain_text_say_the_same_twice() -> None:
    text = (HERE / "whole" / "bad" / "many.requite").read_text(encoding="utf-8")
    assert render_text(said(text)) == render_text(said(text))
    assert render_json(said(text)) == render_json(said(text))


def test_source_in_windows_1252(tmp_path: Path) -> None:
    path = tmp_path / "old.requite"
    path.write_bytes('ruleset r "Café – £5"\nparameter fee: money £5\n'.encode("cp1252"))
    program, _ = load_program(path)
    assert program is not None
    assert program.title == "Café – £5"


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for name in ("missing.requite", ".", "x" * 300):
        program, diagnostics = load_program(tmp_path / name)
        assert program is None
        assert [d.code for d in diagnostics] == ["unreadable-file"]
    assert [d.code for d in load_program("a\0b")[1]] == ["unreadable-file"]


# --- texts that try to break it -----------------------------------------------------------------------------------------


def assert_polite(text: str, name: str = "x.requite", others: dict[str, str] | None = None) -> tuple[Diagnostic, ...]:
    """Whatever the text: an answer, in time, with every place inside its file and no program where something is wrong."""
    start = time.process_time()
    program, diagnostics = check_text(text, name, others)
    took = time.process_time() - start
    assert took < LONGEST, f"{took:.1f} s"
    assert (program is None) >= any(d.severity is Severity.ERROR for d in diagnostics)
    for d in diagnostics[:300]:
        for span in (d.span, *(label.span for label in d.labels)):
            assert 0 <= span.start <= span.end <= len(span.source.text)
        assert d.message
        assert "None" not in re.sub(r'`[^`]*`|"[^"]*"', "", d.message + d.help)
    render_text(diagnostics[:20])
    return diagnostics


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "# only a comment",
        "ruleset",
        "ruleset r",
        "\ufeffruleset r",
        "\0",
        "record",
        "record record",
        "ruleset r record r key k: r for each r let k = k",
        "ruleset r record a key id: text for each a let a = a show a",
        "ruleset r record a key id: a scheme s for each a payment p to a amount p",
        "ruleset r record a x: a for each a let y = x.x.x.x.x show y",
        "ruleset r record a for each b of b record b for each a of a",
        "ruleset r record a for each b of a for each a let b = b",
        "ruleset r record a for each b of c record c key b: text record d for each b of a for each d let e = count over every a show e",
        "ruleset r table t key k: t rows t: t: t",
        'ruleset r table t key k: t rows "a": "b": "c"',
        "ruleset r table t key k: text v: t rows a: a b: a c: d",
        "ruleset r parameter p: p 5",
        "ruleset r parameter a: b 5 record b key id: b",
        "ruleset r bands b by b b: b",
        "ruleset r codes c are c, c",
        "ruleset r check c for each c flag when c",
        "ruleset r scheme s for each s payment s to s amount s",
        "ruleset r scheme ruleset payment p to p amount £5",
        'ruleset r example "a" as in "a" expect a is a',
        'ruleset r record a key id: text example "a" given a a as in "a" with a a expect a is a',
        'ruleset r use "x.requite" use "x.requite" as x',
        "ruleset r record ruleset_row key id: text for each ruleset let x = 5",
        "ruleset r record a key id: text share £5 among each a as x",
        "ruleset r for each ruleset let x = 5 show x",
        "ruleset r record this key id: text for each this let this = this.this show this",
        "ruleset r record yes key no: yes/no for each yes let a = no = no show a",
        "ruleset r record text key text: text for each text let one = text.text show one",
        "ruleset r record days key days: days for each days let hours = 3 hours show hours",
    ],
)
def test_odd_texts(text: str) -> None:
    assert_polite(text)
    assert_polite(text, "x.md")


WORDS_AS_NAMES = [
    "amount",
    "points",
    "limit",
    "age",
    "quarter",
    "month",
    "days",
    "period",
    "when",
    "where",
    "of",
    "on",
    "to",
    "is",
    "in",
    "and_",
    "by",
    "over",
    "each_one",
    "total",
    "greatest",
    "least",
    "average",
    "count",
    "first",
    "last",
    "earlier",
    "later",
    "another",
    "known",
    "missing",
    "met",
    "scores",
    "from_",
    "expected",
    "tolerance",
    "overcharge",
    "penalty",
    "billed",
    "flag",
    "reason",
    "challenge",
    "given",
    "expect",
    "as_",
    "with_",
    "none",
    "yes",
    "no",
    "this",
]


@pytest.mark.parametrize("word", WORDS_AS_NAMES)
def test_words_as_names(word: str) -> None:
    text = f"""ruleset r
record thing
  key id: text
  {word}: money
record other
  key id: text
  thing: thing
  {word}: money
for each thing
  let x = this.{word} + thing.{word}
  let y = total of other.{word} over each other where other.{word} > £5
  show x, y
check c for each thing
  expected {word}
  flag when {word} > expected
example "one"
  given thing A with {word} £5
  expect c passes A
"""
    assert_polite(text)


def test_files_that_use_each_other() -> None:
    others = {
        f"{i}.requite": f'ruleset r{i} use "{(i + 1) % 80}.requite" as a use "{i}.requite" parameter p{i}: money £5'
        for i in range(80)
    }
    codes = {d.code for d in assert_polite(others["0.requite"], "0.requite", others)}
    assert "unreadable-file" in codes


def test_files_that_use_each_other_without_a_name() -> None:
    others = {f"{i}.requite": f'ruleset r{i} use "{(i + 1) % 30}.requite" parameter p{i}: money £5' for i in range(30)}
    diagnostics = assert_polite(others["0.requite"], "0.requite", others)
    assert {d.code for d in diagnostics} <= {"unused-name"}


VALUES = [
    "£5", "5", "5%", "2010-04-01", "2010-04-01 14:30", "5 days", "5 months", "5 hours", "3 working days", '"x"', "yes", "none", "big",
    "budget", "size", "opened", "kind", "note", "this", "practice", "spell", "tariff", "reward", "emergency", "fee", "unheard",
    'tariff["A"]', 'tariff["A"].price', "reward[size]", "reward[opened]", "fee[on opened]", "this.budget", "practice.budget.x",
    "-budget", "-kind", "max(budget, size)", "(total of billed over each spell)", "(count over each spell)",
    "(there is a spell with the same code)", "(there is no practice)", "whole days from opened to opened", "age on opened born opened",
    "financial year of opened", "first day of month of opened", "(budget when size > 3, otherwise £0)", "(note else kind)",
    "(size scaled from 1 to 2)", "(budget rounded to 1p)", "£5 per 10 of size", "50% of budget", "kind is big", "note is known",
    "size > 3 and not kind is big", "note in emergency", "opened within 3 days before opened",
]  # fmt: skip
CLAUSES = [
    "let x = {}", "show {}", "requires {}", "needs {}", "marker m met when {}", "marker m scores 5 points on {} from {} to {}",
    "payment p to {}\n    amount {}", "charge p to practice\n    amount {}\n    at most {}\n    at least {}",
    "payment p to practice\n    amount £5\n    except {} when {}", "payment p to practice\n    amount {} when {}, otherwise {}",
    "payment p to practice\n    amount £5\n    only the first {} for the same code by code",
    "payment p to practice\n    amount £5\n    together at most {}, in proportion",
    "altogether at most {}", "split {}\n    ({}) to practice as a\n    the rest to practice as b",
    "share {} among every practice by {} as part", "carry forward {} as debt", "let x = {} + {}", "let x = {} - {}", "let x = {} * {}",
    "let x = {} / {}", "let x = {} of {}", "let x = {} = {}", "let x = {} < {}", "let x = {} in (big, {})",
    "let x = {} within {} before {}", "let x = {} per {} of {}", "let x = {} rounded to £1", "let x = tariff[{}].price",
    "let x = reward[{}]", "let x = fee[on {}]", "let x = total of {} over every spell where {}", "let x = least of {} over every practice",
    "let x = max({}, {})", "let x = {} else {}", "let x = {} scaled from {} to {}", "let x = age on {} born {}", "let x = quarter of {}",
    "let x = whole months from {} to {}", "match spell where {}", "let x = not {}", "let x = {} and {} or {}", "let x = {} is known",
]  # fmt: skip
CHECK_CLAUSES = [
    "expected {}", "tolerance {}", "overcharge {}", "flag when {}", "requires {}", "needs {}", "match practice where {}",
    "expected £5\n  flag when {} > {}", 'reason "{{{}}}"', "challenge {} answers within 10 days", "let x = {}", "show {}",
    "challenge hrg answers within 10 days\n    penalty {} when upheld", "period 2010-04-01 to 2011-03-31 by {}",
]  # fmt: skip


@pytest.mark.parametrize("clause", CLAUSES)
def test_every_clause_with_every_kind_of_value(clause: str) -> None:
    for i, value in enumerate(VALUES):
        others = (VALUES[(i + 7) % len(VALUES)], VALUES[(i + 13) % len(VALUES)])
        for filled in ((value, value, value), (value, *others), (*others, value)):
            assert_polite(f"{BASE}scheme s for each practice\n  {clause.format(*filled)}\n  payment q to practice\n    amount £5\n")
            if clause.startswith("let"):
                assert_polite(f"{BASE}for each practice\n  {clause.format(*filled)}\n  show x\n")


@pytest.mark.parametrize("clause", CHECK_CLAUSES)
def test_every_clause_of_a_check_with_every_kind_of_value(clause: str) -> None:
    for value in VALUES:
        assert_polite(f"{BASE}check c for each spell\n  {clause.format(value, value)}\n  flag when billed > £5\n")


# --- large ones -----------------------------------------------------------------------------------------------------------

HEAD = "ruleset r\nrecord a\n  key id: text\n"
MONEY = f"{HEAD}  b: money\n"


def lines(form: str, count: int, first: int = 0) -> str:
    """A line repeated, with `#` as its number and `@` as the next one."""
    return "".join(form.replace("@", str(i + 1)).replace("#", str(i)) + "\n" for i in range(first, first + count))


LARGE = {
    "unknown names": HEAD + lines("  field_#: money", 1_500) + "for each a\n" + lines("  let x# = feild_# + £1", 1_500),
    "a chain": f"{MONEY}for each a\n  let x0 = b\n" + lines("  let x@ = x# + £1", 2_000),
    "a chain backwards": f"{MONEY}for each a\n" + lines("  let x# = x@ + £1", 2_000) + "  let x2000 = b\n",
    "a circle": f"{MONEY}for each a\n" + lines("  let x# = x@ + £1", 1_500) + "  let x1500 = x0\n",
    "cases": f"{MONEY}  k: number\nfor each a\n  let x = " + lines("£# when k = #,", 1_000) + " otherwise £0\n",
    "exceptions": f"{MONEY}  k: number\nscheme s for each a\n  payment p to a\n    amount b\n"
    + lines("    except £# when k = #", 800),
    "payments under one cap": f"{MONEY}scheme s for each a\n"
    + lines("  payment p# to a amount b", 1_000)
    + "  altogether at most £5",
    "bands": f"{HEAD}bands q by x\n  below 0: £0\n" + lines("  # to below @: £#", 3_000),
    "rows": f"{HEAD}table q\n  key k: text\n  v: money\n  rows\n" + lines('    "k#": £#', 5_000),
    "rows of one key": f"{HEAD}table q\n  key k: text\n  v: money\n  rows\n" + lines('    "k": £#', 3_000),
    "rows of many days": f'{HEAD}table q\n  key k: text\n  v: period from "f" to "u"\n  rows\n'
    + lines('    "k": #-01-01 to #-12-31', 2_000, 1_000),
    "wrong rows": f"{HEAD}table q\n  key k: one of {lines('v#,', 500)} w\n  v: money\n  rows\n" + lines("    w#: £#", 4_000),
    "choices": f"{HEAD}  k: one of {lines('v#,', 8_000)} w\n",
    "codes": f"{HEAD}codes c are {lines('v#,', 8_000)} w\n",
    "words that are none": f"{HEAD}  k: one of {lines('v#,', 1_500)} w\nfor each a\n" + lines("  let x# = k is w#", 1_500),
    "keys that refer on": "ruleset r\n" + lines("record a#\n  key k: a@", 1_500) + "record a1500\n  key k: text\n",
    "keys in a circle": "ruleset r\n" + lines("record a#\n  key k: a@", 1_500) + "record a1500\n  key k: a0\n",
    "examples in a chain": f"{MONEY}scheme s for each a\n  payment p to a\n    amount b\n"
    + lines('example "e#" as in "e@"\n  expect p for A is £1', 300)
    + 'example "e300"\n  given a A with b £1\n  expect p for A is £1\n',
    "conditions": f"{HEAD}  k: text\nscheme s for each a\n  payment p to a\n"
    + lines('    requires k != "#"', 1_500)
    + "    amount £1\n",
    "brackets": f"{MONEY}for each a\n  let x = " + "(" * 3_000 + "b" + ")" * 3_000,
    "a sum": f"{MONEY}for each a\n  let x = b" + " + b" * 3_000,
    "totals of totals": f"{MONEY}for each a\n  let x = " + "(total of " * 40 + "b" + " over every a)" * 40,
    "dates": f"{HEAD}parameter p: money\n" + lines("  £# from #-01-01", 2_000, 1_000),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_text(name: str) -> None:
    assert_polite(LARGE[name])


def test_a_link_that_leads_out_of_the_rulesets_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "secret.requite").write_text("record secret\n  key id: text\n")
    (tmp_path / "rules" / "beside.requite").write_text("record open\n  key id: text\n")
    (tmp_path / "rules" / "link.requite").symlink_to("beside.requite")
    (tmp_path / "rules" / "out.requite").symlink_to("../secret.requite")
    for used, said in (("link", set()), ("out", {"unreadable-file"})):
        (tmp_path / "rules" / "main.requite").write_text(f'ruleset r currency GBP\nuse "{used}.requite"\n')
        _, found = load_program(tmp_path / "rules" / "main.requite")
        assert {d.code for d in found if d.severity is Severity.ERROR} == said
        assert all("secret" not in render_text(found) for _ in said)
    (tmp_path / "link.requite").symlink_to("rules/main.requite")
    assert load_program(tmp_path / "link.requite")[1]
