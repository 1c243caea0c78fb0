"""The documentation says what is so: its rulesets are checked, its examples hold, its commands print what it shows."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from requite.api.app import app
from requite.dsl import parse
from requite.dsl.checks.cycles import DEEPEST_CHAIN
from requite.dsl.grammar import DEEPEST
from requite.dsl.load import MOST_FILES, check_text
from requite.dsl.scan import LONGEST_NUMBER
from requite.dsl.split import RESERVED
from requite.dsl.values.base import MOST_CHARACTERS, MOST_DIGITS
from requite.engine.results import COLUMNS
from requite.engine.run import run
from tests.docs import notebooks as nb
from tests.docs import pages as p
from tests.docs.grammar_text import sections

PAGES = p.pages()
FENCE = r"^\s*(?:`{3,}|~{3,})[^`~\s]"
KINDS = {"requite", "diagnostics", "console", "csv", "json", "markdown", "lark", "python", "pycon", "sh", "bash"}


def _tables(*notes: str) -> list[object]:
    tables = [(page, item) for page in PAGES for item in page.items if isinstance(item, p.ValueTable) and item.note in notes]
    return [pytest.param(page, table, id=f"{page.name}:{table.line}") for page, table in tables]


def _each(kind: str) -> list[object]:
    return [pytest.param(page, item, id=f"{page.name}:{item.line}") for page in PAGES for item in page.blocks if item.kind == kind]


def _files_before(page: p.Page, block: p.Block) -> dict[str, str]:
    files: dict[str, str] = {}
    for other in page.blocks:
        if other is block:
            break
        p.write(other, files)
    return files


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_tried(page: p.Page) -> None:
    assert not [(block.line, block.kind) for block in page.blocks if block.kind not in KINDS]
    fences = len(re.findall(FENCE, page.text, re.MULTILINE))
    inside = sum(len(re.findall(FENCE, block.text, re.MULTILINE)) for block in page.blocks)
    assert fences == len(page.blocks) + inside, "a block stands where it is not read, as in a list or a note"
    tables = sum(isinstance(item, p.ValueTable) for item in page.items)
    assert tables == len(re.findall(rf"<!-- (?:{'|'.join(p.TABLES)})\b", page.text)), "a table does not follow its comment"
    for before, block in zip([None, *page.blocks], page.blocks, strict=False):
        if block.kind == "diagnostics":
            assert before is not None
            assert before.kind in ("requite", "markdown"), f"line {block.line}: what is this said of?"
        if block.kind in ("csv", "json", "markdown"):
            assert block.title, f"line {block.line}: name the file, or show the command that prints it"


@pytest.mark.parametrize(("page", "block"), _each("requite"))
def test_ruleset(page: p.Page, block: p.Block) -> None:
    _check_ruleset(page, block)


@pytest.mark.parametrize(("page", "block"), _each("markdown"))
def test_document(page: p.Page, block: p.Block) -> None:
    _check_ruleset(page, block)


def _check_ruleset(page: p.Page, block: p.Block) -> None:
    compiled = p.checked(block, _files_before(page, block))
    after = page.blocks[page.blocks.index(block) + 1 :]
    if block.note == "wrong":
        assert compiled[0] is None
        assert after[0].kind == "console"
        return
    if block.note == "failing":
        assert p.failures(compiled)
        assert after[0].kind == "console"
        return
    shown = after[0].text if after and after[0].kind == "diagnostics" else ""
    assert p.said(compiled).strip() == shown.strip()
    assert not p.failures(compiled)


@pytest.mark.parametrize(("page", "table"), _tables("values", "errors", "cells"))
def test_values(page: p.Page, table: p.ValueTable) -> None:  # noqa: ARG001
    assert table.rows
    assert not p.value_failures(table)


RUN = ("console", "python", "pycon")


@pytest.mark.parametrize("page", [page for page in PAGES if any(map(page.has, RUN))], ids=lambda page: page.name)
def test_commands(page: p.Page, tmp_path: Path) -> None:
    session = p.Session(tmp_path)
    for block in page.blocks:
        if block.kind not in RUN or (block.kind == "python" and block.title):
            session.see(block)
            continue
        real = session.run(block)
        assert p.agrees(block.text, real), f"{page.name}, line {block.line}: really\n{real}"


@pytest.mark.parametrize("path", nb.notebooks(), ids=lambda path: path.name)
def test_notebook(path: Path, tmp_path: Path) -> None:
    """Its cells give what it shows; `python -m tests.docs.refresh` brings it up to date."""
    notebook = nb.read(path)
    assert p.usual(nb.written(notebook)) == p.usual(nb.written(nb.real(notebook, tmp_path)))


def _names_of(what: str, folder: Path) -> list[str]:
    if what in COLUMNS:
        return list(COLUMNS[what])
    if what == "manifest":
        program, _ = check_text(p.HEADER + "record row\n  key id: text\nfor each row\n  show id\n")
        assert program is not None
        return list(run(program, {"row": [{"id": "R1"}]}, folder / "out").manifest)
    schema = json.loads(files("requite.engine").joinpath("explanation.schema.json").read_text(encoding="utf-8"))
    if what == "explanation":
        return list(schema["properties"])
    parts = schema["$defs"]
    return list(parts["clause"]["properties"]["effect"]["enum"] if what == "effects" else parts[what]["properties"])


@pytest.mark.parametrize(("page", "table"), _tables("names"))
def test_names(page: p.Page, table: p.ValueTable, tmp_path: Path) -> None:  # noqa: ARG001
    assert sorted(name for name, _ in table.rows) == sorted(_names_of(table.given, tmp_path))


MAKE = re.compile(r"make ([a-z-]+)(?: [A-Z]+=(?:\S+|\"[^\"]*\"))?(?: +#.*)?")


@pytest.mark.parametrize(("page", "block"), _each("sh"))
def test_sh(page: p.Page, block: p.Block) -> None:  # noqa: ARG001
    for line in re.sub(r"\\\n\s*", "", block.text).splitlines():
        assert not line or _is_there(line, block.note == "elsewhere"), line


def _is_there(line: str, elsewhere: bool) -> bool:
    """Whether there is such a command; `elsewhere` are those of a longer list."""
    if command := MAKE.fullmatch(line):
        return command[1] in re.findall(r"^([a-z-]+):", (p.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    if line == "source .venv/bin/activate" or not elsewhere:
        return line == "source .venv/bin/activate"
    words = shlex.split(line, comments=True)
    if words[:2] == ["python", "-m"]:
        return (p.ROOT / words[2].replace(".", "/")).with_suffix(".py").is_file()
    if words[:2] == ["pip", "install"]:
        project = tomllib.loads((p.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        found = re.fullmatch(r"requite\[([a-z,]+)\]", words[2])
        return found is not None and set(found[1].split(",")) <= project["optional-dependencies"].keys()
    return words == ["java", "-version"] or words[0] in POSTGRES or _is_command(words)


POSTGRES = ("createdb", "pg_dump", "pg_restore")
"""What the tests of the store run as the documentation has it."""


def _is_command(words: list[str]) -> bool:
    """Whether Requite takes these words: the command with these options, and the rulesets in the library."""
    if words[0].removeprefix(".venv/bin/") != "requite":
        return False
    known: Any = get_command(app)
    for word in words[1:]:
        known = known.commands.get(word) if hasattr(known, "commands") else known
    if known is None or hasattr(known, "commands"):
        return False
    options = {name for option in known.params for name in option.opts}
    rulesets = [p.ROOT / "src" / "requite" / word for word in words if word.startswith("rulesets/")]
    return {word for word in words if word.startswith("--")} <= options and all(path.is_file() for path in rulesets)


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"])
def test_links(name: str) -> None:
    """MkDocs looks after the links of the pages in docs/."""
    links = LINK.findall((p.ROOT / name).read_text(encoding="utf-8"))
    assert not [link for link in links if not link.startswith("https://") and not (p.ROOT / link).exists()]


@pytest.mark.parametrize("name", ["index.md", "schemes_and_checks.md"])
def test_the_library_lists_its_rulesets(name: str) -> None:
    """The table names each; the index each but the claim checks, which stand in the table."""
    rulesets = p.ROOT / "src" / "requite" / "rulesets"
    there = {path.relative_to(rulesets).as_posix() for path in rulesets.rglob("*.md")}
    if name == "index.md":
        there = {ruleset for ruleset in there if not ruleset.startswith("claims/")}
    assert there <= set(LINK.findall((p.DOCS / "library" / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize(("page", "table"), _tables("limits"))
def test_limits(page: p.Page, table: p.ValueTable) -> None:  # noqa: ARG001
    limits = {
        "the text of one file": f"{parse.LONGEST_TEXT // 1024} KB",
        "words, numbers and signs in one file": f"{parse.MOST_PIECES:,}",
        "lines of one Markdown document": f"{parse.MOST_LINES_OF_MARKDOWN:,}",
        "files that one ruleset uses": f"{MOST_FILES}",
        "declarations in one file": f"{parse.MOST_DECLARATIONS:,}",
        "brackets in brackets, or steps of one expression": f"{DEEPEST}",
        "figures that rest on one another in a chain": f"{DEEPEST_CHAIN}",
        "digits of a number": f"{MOST_DIGITS}",
        "characters of a text in the data": f"{MOST_CHARACTERS:,}",
    }
    assert dict(table.rows) == limits
    assert LONGEST_NUMBER == MOST_DIGITS


def test_every_construct_is_shown() -> None:
    """Each word of the grammar stands in a block or table of the reference that is tried."""
    items = [item for page in PAGES if page.name.startswith("docs/language/") for item in page.items]
    shown = [item.text for item in items if isinstance(item, p.Block) and item.kind in ("requite", "markdown")]
    shown += [row[0] for item in items if isinstance(item, p.ValueTable) and item.note == "values" for row in item.rows]
    text = " ".join(" ".join(shown).split())
    phrases = {phrase for section in sections() for phrase in re.findall(r'"([^"]*)"', section)}
    missing = {phrase for phrase in phrases if not re.search(_loosely(phrase), text)}
    assert not missing


def _loosely(phrase: str) -> str:
    """A pattern for a phrase of the grammar; `a` and `an` before a word may be left out."""
    words = re.findall(r"\w+|[^\w\s]+", re.sub(r"^an? (?=\w)", "", phrase))
    return r"\s*".join(rf"\b{word}\b" if word[0].isalpha() else re.escape(word) for word in words)


def test_grammar() -> None:
    """The grammar's page shows the grammar; `python -m tests.docs.refresh` brings it up to date."""
    page = p.Page(p.DOCS / "language" / "grammar.md")
    assert [block.text for block in page.blocks if block.kind == "lark"] == sections()
    said = set(re.findall(r"`([a-z ]+)`", page.text.partition("## Words")[2]))
    assert said == RESERVED | {"for each", "challenge each"}
