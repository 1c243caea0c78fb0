"""Finding and reading the rulesets that a command is given: files, and folders with everything below them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from requite.api.answers import Refusal
from requite.api.console import count
from requite.dsl import syntax
from requite.dsl.diagnostics import Diagnostic
from requite.dsl.load import SUFFIXES, load_program, read_file
from requite.dsl.markdown import FENCE, read_markdown
from requite.dsl.parse import parse
from requite.dsl.program import Program
from requite.dsl.source import Source
from requite.engine.folder_names import NAME, TEXTS
from requite.engine.reading.problems import DataProblem

MARKDOWN: Final = ".md"
LARGEST: Final = 8_000_000
"""Bytes beyond which a file is not even opened; the language's own limit is far below."""


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A ruleset's file by the name that the user knows it by, and what the checker made of it."""

    file: str
    program: Program | None
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The files that arguments stand for, in order, each once; and what is wrong with the arguments."""

    files: tuple[str, ...]
    problems: tuple[DataProblem, ...]


def find(arguments: Iterable[str]) -> Found:
    """The ruleset files that arguments name, and those in the folders they name, at any depth."""
    problems: list[DataProblem] = []
    files: dict[Path, str] = {}
    for argument in arguments:
        for name in _in_folder(argument, problems) if argument and Path(argument).is_dir() else _named(argument, problems):
            files.setdefault(Path(name).resolve(), name)
    return Found(tuple(files.values()), tuple(problems))


def load_all(arguments: Iterable[str]) -> tuple[list[Ruleset], tuple[DataProblem, ...]]:
    """Every ruleset that arguments stand for, checked."""
    found = find(arguments)
    return [Ruleset(name, *load_program(name)) for name in found.files], found.problems


def load_one(file: str) -> Program:
    """The program of one ruleset; Refusal where it has errors."""
    _fit(file)
    program, diagnostics = load_program(file)
    if program is not None:
        return program
    errors = [d for d in diagnostics if d.severity == "error"]
    said = f"{file} has {count(len(errors), 'error')}" if errors else f"{file} holds no rules"
    raise Refusal([DataProblem("program-errors", said, file=file)], diagnostics)


def read_one(file: str) -> Source:
    """The text of one ruleset; Refusal where it cannot be read."""
    _fit(file)
    source = read_file(file)
    if isinstance(source, str):
        raise Refusal([DataProblem("unreadable-file", source, file=file)])
    return source


def _fit(file: str) -> None:
    if file and Path(file).is_dir():
        raise Refusal([DataProblem("wrong-kind", f"{file} is a folder", file=file, help="Name one ruleset's file.")])
    problems: list[DataProblem] = []
    if not list(_named(file, problems)):
        raise Refusal(problems)


# --- files --------------------------------------------------------------------------------------------------------------


def _named(name: str, problems: list[DataProblem]) -> Iterator[str]:
    """A file that was named, if it can be a ruleset."""
    problem = _unfit(name)
    if problem is not None:
        problems.append(problem)
    elif name.lower().endswith(MARKDOWN) and not _has_rules(name):
        help = f"Write the rules between ```{FENCE} and ```."
        problems.append(DataProblem("no-rules", f"{name} has no {FENCE} block", file=name, help=help))
    else:
        yield name


def _unfit(name: str) -> DataProblem | None:
    """Why a file is not even read; None where it may be."""
    if not name:
        return DataProblem("not-found", "no file is named", help="Name a ruleset, or a folder of them.")
    path = Path(name)
    try:
        size = path.stat().st_size
        regular = path.is_file()
        start = _start(path) if regular else b""
    except FileNotFoundError:
        return DataProblem("not-found", f"there is no file {name}", file=name, help=_nearest(path))
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or "that is not a file's name").lower()
        return DataProblem("unreadable-file", f"{name} cannot be read: {why}", file=name)
    if not regular:
        return DataProblem("wrong-kind", f"{name} is not a file", file=name)
    if not name.lower().endswith(SUFFIXES):
        return DataProblem("wrong-kind", f"{name} is no ruleset: their names end in {' or '.join(SUFFIXES)}", file=name)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return DataProblem("wrong-kind", f"{name} is UTF-16 text", file=name, help="Save it as UTF-8.")
    if b"\0" in start:
        return DataProblem("wrong-kind", f"{name} is not text", file=name, help="Rulesets are text, saved as UTF-8.")
    if size > LARGEST:
        return DataProblem("wrong-kind", f"{name} is too large for a ruleset", file=name, help="Split it: `use` joins files.")
    return None


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _nearest(path: Path) -> str:
    try:
        there = sorted(p.name for p in path.parent.iterdir() if p.is_dir() or p.name.lower().endswith(SUFFIXES))
    except OSError:
        return f"There is no folder {path.parent}."
    near = get_close_matches(path.name, there, n=1)
    return f"Did you mean {path.parent / near[0]}?" if near else ""


def _has_rules(name: str) -> bool:
    source = read_file(name)
    return isinstance(source, Source) and bool(read_markdown(source).text.strip())


# --- folders ------------------------------------------------------------------------------------------------------------


def _in_folder(folder: str, problems: list[DataProblem]) -> list[str]:
    """The rulesets of a folder. A Markdown file without rules is none, nor is a file that is only there for others to use."""

    def unreadable(error: OSError) -> None:
        message = f"{error.filename} cannot be read: {(error.strerror or 'it failed').lower()}"
        problems.append(DataProblem("unreadable-file", message, file=str(error.filename)))

    names: list[str] = []
    for here, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__")) and not _is_run(Path(here) / name))
        names += (str(Path(here) / name) for name in sorted(files) if name.lower().endswith(SUFFIXES) and not name.startswith("."))
    kept: list[str] = []
    for name in names:
        problem = _unfit(name)
        if problem is not None:
            problems.append(problem)
        elif not name.lower().endswith(MARKDOWN) or _has_rules(name):
            kept.append(name)
    if not kept and not problems:
        message = f"the folder {folder} holds no rulesets"
        problems.append(DataProblem("not-found", message, file=folder, help=f"Their names end in {' or '.join(SUFFIXES)}."))
    return _without_libraries(kept)


def _is_run(folder: Path) -> bool:
    """Whether a folder holds the results of a run: the ruleset's texts in it are copies."""
    return (folder / NAME).is_file() and (folder / TEXTS).is_dir()


def _without_libraries(names: list[str]) -> list[str]:
    """Files without the files that begin no ruleset and that another of them uses: these are checked with it."""
    heads: set[str] = set()
    used: set[Path] = set()
    for name in names:
        source = read_file(name)
        if isinstance(source, Source):
            declarations = parse(source)[0].declarations
            if any(isinstance(d, syntax.Ruleset) for d in declarations):
                heads.add(name)
            used |= {(Path(name).parent / d.file.value).resolve() for d in declarations if isinstance(d, syntax.Use)}
    return [name for name in names if name in heads or Path(name).resolve() not in used]
