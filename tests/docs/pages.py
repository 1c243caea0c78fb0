"""What a page of the documentation shows, and what is really so: its blocks of rules, tables of values, commands and their output.

A page is Markdown. What stands in it is read so:

- A `requite` block is a ruleset. It must say exactly what the `diagnostics` block right after it shows, or nothing where there
  is none, and its examples must hold. `<!-- common -->` before a block adds it to all later ones of the page,
  `<!-- library -->` says that others use what it declares, `<!-- unfinished -->` that warnings are to be expected,
  `<!-- wrong -->` that it has errors, and `<!-- failing -->` that examples do not hold, which the command below it shows. A
  `ruleset` line is added where a block has none.
- `title="claims.csv"` makes a block a file of the page's folder; `title="claims.csv, added"` adds to that file, and
  `title="scheme.requite, changed"` puts its declarations in place of those of the same names.
- A `console` block holds commands after `$ ` and their output, run in the page's folder, in the order of the page. A `python`
  block is run there, too, with the names of those before it, and a `pycon` block, whose `>>> ` lines print what it shows.
- A `bash` block holds commands and their output, too, run by test_walk.py in one shell for the page; a `python` block with a
  title is a file that they run.
- A `sh` block holds commands of the Makefile. After `<!-- elsewhere -->` it holds such as need what is not here: more data, a
  server, more time. They are not run; there must be such commands, modules, extras and options, and such rulesets.
- A table after `<!-- values: given … -->` has an expression in its first column and its value in the second, for the row
  that is given; one after `<!-- errors: given … -->` the message of the diagnostic. One after `<!-- cells: name: type -->` has
  what may stand in a file's cell, and what a field so declared makes of it.
- A table after `<!-- names: payments -->` has in its first column the names of all columns of `payments`. One after
  `<!-- limits -->` has the limits of a ruleset.
"""

from __future__ import annotations

import builtins
import io
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass, field, replace
from doctest import DocTestParser
from functools import cached_property
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from requite.dsl.diagnostics import Severity, render_text
from requite.dsl.load import Compiled, check_text
from requite.dsl.scan import scan
from requite.dsl.split import split
from requite.dsl.values import Unreadable, read_value
from requite.engine.examples import run_examples
from requite.engine.wording import show

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ELSEWHERE = ("diagnostics",)
"""Folders of pages that have tests of their own."""

HEADER = 'ruleset page "A page of the documentation"\n'
NAME = "ruleset.requite"
COMMENT = re.compile(r"<!--\s*(\w+)(?::\s*(.*?))?\s*-->", re.DOTALL)
TITLE = re.compile(r'title="([^"]*)"')
TABLES = ("values", "errors", "cells", "names", "limits")
ADDED, CHANGED = ", added", ", changed"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its kind (`requite`, `console` …), its title, its text, the line of the page on which the text begins.

    `note` is the comment before it, `common` what it is checked together with.
    """

    kind: str
    title: str
    text: str
    line: int
    note: str = ""
    common: str = ""

    @property
    def file(self) -> str:
        return self.title.removesuffix(ADDED).removesuffix(CHANGED)

    def put_into(self, before: str) -> str:
        """The text of the block's file, by what was in it before."""
        if self.title.endswith(CHANGED):
            return _changed(before, self.text)
        return before + self.text if self.title.endswith(ADDED) else self.text


def _changed(text: str, new: str) -> str:
    """A text with some of its declarations written anew."""
    for chunk in split(scan(new).pieces):
        old = next(c for c in split(scan(text).pieces) if (c.word, c.pieces[1].text) == (chunk.word, chunk.pieces[1].text))
        text = text[: old.start] + new[chunk.start : chunk.end] + text[old.end :]
    return text


@dataclass(frozen=True, slots=True)
class ValueTable:
    """What is so: expressions with their values or errors, for the row that is given; cells, for a field; names; limits."""

    note: str
    given: str
    rows: tuple[tuple[str, str], ...]
    line: int
    common: str


@dataclass(frozen=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def items(self) -> tuple[Block | ValueTable, ...]:
        return tuple(_items(self.text))

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(item for item in self.items if isinstance(item, Block))

    def has(self, kind: str) -> bool:
        return any(block.kind == kind for block in self.blocks)


def pages() -> list[Page]:
    """The pages whose blocks are tried here."""
    found = [path for path in sorted(DOCS.rglob("*.md")) if path.relative_to(DOCS).parts[0] not in ELSEWHERE]
    return [Page(ROOT / "README.md"), *map(Page, found)]


# --- reading ----------------------------------------------------------------------------------------------------------


def _items(text: str) -> Iterator[Block | ValueTable]:
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    note, detail, common, given = "", "", "", ""
    for i, token in enumerate(tokens):
        if token.type == "html_block" and (comment := COMMENT.search(token.content)):
            note, detail = comment[1], " ".join((comment[2] or "").split())
            continue
        if token.type == "fence":
            block = _block(token, note)
            common = block.text if note == "common" else common
            yield block if note == "common" else replace(block, common=common)
        elif token.type == "table_open" and note in TABLES:
            given = detail or given
            yield ValueTable(note, given, tuple(_rows(tokens[i:])), (token.map or [0])[0] + 1, common)
        if token.level == 0 and token.nesting >= 0:
            note, detail = "", ""


def _block(token: Token, note: str) -> Block:
    assert token.map is not None
    kind, _, options = token.info.strip().partition(" ")
    title = TITLE.search(options)
    return Block(kind, title[1] if title else "", token.content, token.map[0] + 2, note)


def _rows(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """The first two cells of each row below the header: of the first the code in it, of the second what it says."""
    cells: list[str] = []
    below = False
    for token in tokens:
        if token.type == "table_close":
            return
        if token.type == "tr_open":
            cells = []
        elif token.type == "inline":
            cells.append(token.content)
        elif token.type == "tr_close" and below:
            yield _plain(cells[0]), _plain(cells[1])
        below = below or token.type == "thead_close"


def _plain(cell: str) -> str:
    """What a cell says, without the code marks around all of it."""
    code = re.fullmatch(r"(`+) ?([^`]+) ?\1", cell)
    return (code[2] if code else cell).replace("\\|", "|")


# --- rulesets ---------------------------------------------------------------------------------------------------------


def whole(block: Block, files: dict[str, str]) -> str:
    """The ruleset that a block stands for: with what was in its file before, what is common to the page, and a first line."""
    if block.file.endswith(".md"):
        return block.text
    text = block.put_into(files.get(block.file, "")) + ("\n" + block.common if block.common else "")
    return text if re.search(r"^ruleset\s", text, re.MULTILINE) else text + "\n" + HEADER


def checked(block: Block, files: dict[str, str]) -> Compiled:
    """The program of a block and what is said of it, leaving out what it does not use of what is common to its page."""
    program, diagnostics = check_text(whole(block, files), block.file or NAME, files)
    if block.note == "unfinished":
        return program, tuple(d for d in diagnostics if d.severity is Severity.ERROR)
    end = 0 if block.note in ("common", "library") else len(block.text) if block.common else len(whole(block, files))
    return program, tuple(d for d in diagnostics if d.code != "unused-name" or d.span.start < end)


def failures(compiled: Compiled) -> list[str]:
    """The examples of a ruleset that do not hold, and why."""
    program = compiled[0]
    results = run_examples(program) if program is not None else ()
    return [f"{result.name}: {failure.message}" for result in results for failure in result.failures]


def said(compiled: Compiled) -> str:
    """What the checker says of a ruleset, as a `diagnostics` block has it."""
    return render_text(compiled[1])


def write(block: Block, files: dict[str, str]) -> None:
    """Put a block with a title among the files of its page."""
    if block.title:
        files[block.file] = whole(block, files) if block.kind == "requite" else block.put_into(files.get(block.file, ""))


# --- tables of values -------------------------------------------------------------------------------------------------


def value_failures(table: ValueTable) -> list[str]:
    """The rows of a table of values that are not so."""
    judge = _wrong_cell if table.note == "cells" else _wrong
    return [problem for row in table.rows if (problem := judge(table, *row))]


def _wrong_cell(table: ValueTable, cell: str, shown: str) -> str:
    program, _ = compiled = check_text(f"record row\n  {table.given}\n{HEADER}", NAME)
    if program is None:
        return said(compiled)
    field = program.records["row"].fields[0]
    value = read_value(cell, field)
    real = f"rejected: {value.reason}" if isinstance(value, Unreadable) else show(value, field.type.kind, "GBP") or "blank"
    return "" if real == shown else f"{cell}: the page says {shown}, and it is {real}"


def _wrong(table: ValueTable, expression: str, shown: str) -> str:
    if table.note == "errors":
        real = error_of(table, expression)
        return "" if real == shown else f"{expression}: the page says “{shown}”, the checker “{real}”"
    expected = 'is none because "' + shown.removeprefix("not known: ") + '"' if shown.startswith("not known: ") else f"is {shown}"
    compiled = _trial(table, expression, expected)
    return "\n".join(failures(compiled)) if compiled[0] is not None else f"{expression}: {said(compiled)}"


def error_of(table: ValueTable, expression: str) -> str:
    """What the checker says first of an expression."""
    return next((d.message for d in _trial(table, expression, "is 0")[1]), "nothing")


def _trial(table: ValueTable, expression: str, expected: str) -> Compiled:
    given = table.given.removeprefix("given ")
    record = given.split()[0]
    text = f'for each {record}\n  let it = {expression}\nexample "it"\n  given {given}\n  expect it {expected}\n'
    return check_text(f"{text}{table.common}\n{HEADER}", NAME)


# --- commands ---------------------------------------------------------------------------------------------------------


TERMINAL = {"PATH": "/usr/bin:/bin", "COLUMNS": "110", "NO_COLOR": "1", "TERM": "dumb", "LC_ALL": "C.UTF-8"}


@dataclass
class Session:
    """The folder of a page, in which its commands are run; the library stands in `rulesets`, as in the repository."""

    folder: Path
    files: dict[str, str] = field(default_factory=dict)
    names: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "rulesets").symlink_to(ROOT / "src" / "requite" / "rulesets")

    def see(self, block: Block) -> None:
        """Put a block into the folder, where it is a file."""
        before = dict(self.files)
        write(block, self.files)
        for name, text in self.files.items():
            if before.get(name) != text:
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")

    def run(self, block: Block) -> str:
        """A block of commands or of Python with its output as it really is."""
        if block.kind == "python":
            with chdir(self.folder), redirect_stdout(io.StringIO()):
                exec(compile(block.text, "python", "exec"), self.names)
            return block.text
        if block.kind == "pycon":
            return "".join(self._say(example.source) for example in DocTestParser().get_examples(block.text))
        return "".join(f"$ {command}\n{self._run(command)}" for command, _ in commands(block.text))

    def _say(self, source: str) -> str:
        """Lines of Python as they are typed in, and what they print."""
        with chdir(self.folder), redirect_stdout(io.StringIO()) as printed:
            exec(compile(source, "pycon", "single"), self.names)
        builtins.__dict__.pop("_", None)
        first, *more = source.splitlines()
        typed = "".join(f"{line}\n" for line in (f">>> {first}", *(f"... {line}".rstrip() for line in more)))
        return typed + "".join(f"{line.rstrip()}\n" for line in printed.getvalue().rstrip().splitlines())

    def _run(self, command: str) -> str:
        program, *arguments = shlex.split(command)
        if program not in ("requite", "cat", "ls"):
            raise ValueError(f"{command}: a page runs requite, cat and ls")
        path = str(Path(sys.executable).parent / program) if program == "requite" else program
        done = subprocess.run(
            [path, *arguments],
            cwd=self.folder,
            env=TERMINAL | {"HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        lines = (line.rstrip() for line in done.stdout.strip("\n").splitlines())
        return "".join(f"{line}\n" for line in lines).replace(f"{self.folder}/", "")


def commands(text: str) -> Iterator[tuple[str, str]]:
    """The commands of a console block, each with the output shown."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            line, _, output = output.partition("\n")
            command = command.removesuffix("\\") + line.strip()
        yield command, output


VARIES = (
    (re.compile(r"\b[0-9]+(?:\.[0-9]+)? ?(?:s|ms|seconds?)\b"), "0.1 s"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "0" * 64),
    (re.compile(r"\b20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(?:Z|[+-][0-9:]+)?"), "2000-01-01T00:00:00Z"),
)
ELIDED = "…"


def usual(text: str) -> str:
    """A text without what differs from run to run: times, moments, hashes."""
    for pattern, same in VARIES:
        text = pattern.sub(same, text)
    return text.strip()


def agrees(shown: str, real: str) -> bool:
    """Whether an output is as it is shown; a line `…` stands for any lines."""
    parts = [re.escape(part) for part in re.split(rf"^[ ]*{ELIDED}\n", usual(shown) + "\n", flags=re.MULTILINE)]
    return re.fullmatch(r"(?:.*\n)*".join(parts), usual(real) + "\n") is not None
