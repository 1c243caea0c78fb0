"""Every code has a page, every page a code, and what the pages show is so.

A page of `docs/diagnostics/` holds two programs, under "Wrong" and "Right". Each is one fenced block, after blocks with a title
that are the files it uses. A comment `<!-- repeat 200 -->` before a block repeats its last line, with the numbers in its names
counted up.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from requite.dsl.diagnostics import Diagnostic, Severity, render_json, render_text
from requite.dsl.load import check_text

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "diagnostics"
SOURCES = ROOT / "src" / "requite" / "dsl"
NO_CODES = frozenset({"utf-8"})
BRINGS_OTHERS = frozenset({"too-many-errors"})
"""Codes that stand beside the errors that they are about."""
EITHER = frozenset({"exceptions-both-apply", "reference-to-nobody"})
"""Codes that are an error where it is sure, and a warning where it may be."""

FENCE = re.compile(r"^(`{3,})(\w+)(?: title=\"(.*?)\")?\n(.*?)\n\1$", re.DOTALL | re.MULTILINE)
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
REPEAT = re.compile(r"<!-- repeat (\d+) -->")


def codes_in_sources() -> set[str]:
    """Every literal in the sources that has the form of a code."""
    found: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[a-z]+(-[a-z0-9]+)+", node.value):
                found.add(node.value)
    return found - NO_CODES


CODES = sorted(path.stem for path in PAGES.glob("*.md") if path.stem != "index")


@cache
def sections(code: str) -> dict[str, str]:
    return dict(SECTION.findall((PAGES / f"{code}.md").read_text(encoding="utf-8")))


@cache
def said(code: str, section: str) -> tuple[Diagnostic, ...]:
    """What is said of the program under a heading of a page."""
    text = sections(code)[section]
    files: dict[str, str] = {}
    for _, kind, title, inside in FENCE.findall(text):
        files[title or ("ruleset.md" if kind == "markdown" else "ruleset.requite")] = f"{inside}\n"
    main = "ruleset.md" if "ruleset.md" in files else "ruleset.requite"
    repeat = REPEAT.search(text)
    if repeat:
        files[main] = repeated(files[main], int(repeat[1]))
    return check_text(files[main], main, files)[1]


def repeated(text: str, times: int) -> str:
    *head, last = text.rstrip("\n").split("\n")
    number = re.compile(r"(?<=[A-Za-z_])\d+")
    return "\n".join([*head, *(number.sub(lambda m: str(int(m[0]) + i), last) for i in range(times))]) + "\n"  # noqa: B023


def errors(diagnostics: tuple[Diagnostic, ...]) -> set[str]:
    return {d.code for d in diagnostics if d.severity is Severity.ERROR}


# --- the pages --------------------------------------------------------------------------------------------------------


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(CODES) == codes_in_sources()


def test_there_are_enough_of_them() -> None:
    assert len(CODES) >= 40


@pytest.mark.parametrize("code", CODES)
def test_page_has_the_usual_form(code: str) -> None:
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {code}\n\n**")
    assert list(sections(code)) == ["Wrong", "Right", "What to do"]
    meaning = text.split("\n## ")[0].split("\n\n", 2)[2]
    assert 1 <= len(re.findall(r"[.?!](?=\s|$)", meaning)) <= 6, "two to five sentences, in plain words"
    assert sections(code)["What to do"].strip()


@pytest.mark.parametrize("code", CODES)
def test_wrong_is_told_of_and_nothing_else(code: str) -> None:
    diagnostics = said(code, "Wrong")
    assert code in {d.code for d in diagnostics}, render_text(diagnostics[:5])
    if code not in BRINGS_OTHERS:
        assert errors(diagnostics) <= {code}, render_text(diagnostics[:5])


@pytest.mark.parametrize("code", CODES)
def test_right_is_right(code: str) -> None:
    diagnostics = said(code, "Right")
    assert code not in {d.code for d in diagnostics}, render_text(diagnostics)
    assert not errors(diagnostics), render_text(diagnostics)


def test_index_lists_them_all_with_their_severity() -> None:
    text = (PAGES / "index.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\S+)\]\((\S+)\.md\) \| (error|warning|error, or warning) \| (.+) \|$", text, re.MULTILINE)
    assert [(code, link) for code, link, *_ in rows] == [(code, code) for code in CODES]
    assert len(rows) == len(re.findall(r"^\| \[", text, re.MULTILINE))
    for code, _, severity, line in rows:
        found = {d.severity.value for d in said(code, "Wrong") if d.code == code}
        assert severity == "error, or warning" if code in EITHER else found == {severity}
        page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
        assert f"\n\n**{severity.capitalize()}:** {line}.\n\n" in page, code


# --- manners ----------------------------------------------------------------------------------------------------------

ALLOWED = frozenset(["KB", "CSV", "DD", "MM", "MMM", "YY", "YYYY", "YYYYMMDD", "HH", "GBP", "USD", "EUR", "HTML", "UTF"])


def every_diagnostic() -> Iterator[tuple[str, Diagnostic]]:
    for code in CODES:
        for diagnostic in said(code, "Wrong")[:20]:
            yield f"docs: {code}", diagnostic
    for path in sorted((ROOT / "tests" / "language").glob("*/bad/*")):
        if path.suffix in (".requite", ".md"):
            for diagnostic in check_text(path.read_text(encoding="utf-8"), path.name)[1]:
                yield f"{path.parent.parent.name}/{path.name}: {diagnostic.code}", diagnostic


def test_manners() -> None:
    """Messages speak of what the author wrote, in the author's words."""
    wrong: list[str] = []
    for where, d in every_diagnostic():
        texts = [d.message, d.help, *(label.text for label in d.labels)]
        assert d.message, where
        assert d.span.start <= d.span.end <= len(d.span.source.text), where
        for text in texts:
            plain = re.sub(r'`[^`]*`|"[^"]*"', "x", text)
            odd = {word for word in re.findall(r"\b[A-Z][A-Z_]+\b", plain) if word not in ALLOWED}
            odd |= set(re.findall(r"\b[A-Z][a-z]+[A-Z]\w*|\bNone\b|\bTrue\b|\bFalse\b|<\w+|\w+\(|``|\$END|  +", plain))
            if odd or text.endswith(".") or text != text.strip():
                wrong.append(f"{where}: {text!r} {sorted(odd)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("code", CODES)
def test_rendering(code: str) -> None:
    diagnostics = said(code, "Wrong")[:3]
    text = render_text(diagnostics)
    assert f"[{code}]" in text or code in BRINGS_OTHERS
    assert "^" in text
    assert f'"code": "{diagnostics[0].code}"' in render_json(diagnostics)
