"""`requite fmt`: put rulesets into the usual form."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from requite.api.console import Screen, count
from requite.api.finding import find
from requite.dsl.diagnostics import Diagnostic, has_errors
from requite.dsl.format import format_text
from requite.dsl.load import read_file
from requite.dsl.parse import parse
from requite.engine.reading.problems import DataProblem

Became = Literal["unchanged", "changed", "would change", "errors"]


@dataclass(frozen=True, slots=True)
class File:
    name: str
    became: Became
    diagnostics: Sequence[Diagnostic] = ()


@dataclass(frozen=True, slots=True)
class Formatted:
    """What became of each file; with `check` nothing was written."""

    files: Sequence[File]
    problems: Sequence[DataProblem]
    check: bool

    def number(self, became: Became) -> int:
        return sum(file.became == became for file in self.files)

    @property
    def ok(self) -> bool:
        return not self.problems and not self.number("errors") and not self.number("would change")

    def content(self) -> dict[str, Any]:
        return {
            "errors": [problem.to_json() for problem in self.problems],
            "files": [
                {"file": f.name, "became": f.became, "diagnostics": [d.to_json() for d in f.diagnostics]} for f in self.files
            ],
        }

    def show(self, screen: Screen) -> None:
        for file in self.files:
            screen.diagnostics(file.diagnostics)
            if file.became == "errors":
                screen.error(f"{file.name} stays as it is until its errors are put right")
            elif file.became == "would change":
                screen.error(f"{file.name} is not in the usual form", f"requite fmt {file.name} puts it right.")
            elif file.became == "changed":
                screen.say(f"{file.name}: put into the usual form")
        for problem in self.problems:
            screen.error(problem.message, problem.help)
        if self.files:
            changed = self.number("would change" if self.check else "changed")
            what = f"{changed:,} would change" if self.check else f"{changed:,} changed"
            screen.say(f"{count(len(self.files), 'file')} read: {what}")


def fmt(files: Sequence[str], check: bool = False) -> Formatted:
    """Rewrite every ruleset that is named, and all in the folders named; with `check` only say which would change."""
    found = find(files)
    problems = list(found.problems)
    done: list[File] = []
    for name in found.files:
        try:
            done.append(_file(name, check))
        except OSError as error:
            why = (error.strerror or "it failed").lower()
            problems.append(DataProblem("unwritable-file", f"{name} cannot be written: {why}", file=name))
    return Formatted(done, problems, check)


def _file(name: str, check: bool) -> File:
    source = read_file(name)
    if isinstance(source, str):
        raise OSError(0, source, name)
    diagnostics = parse(source)[1]
    if has_errors(diagnostics):
        return File(name, "errors", diagnostics)
    text = format_text(source)
    if text == source.text:
        return File(name, "unchanged")
    if not check:
        _replace(Path(name).resolve(), text)
    return File(name, "would change" if check else "changed")


def _replace(path: Path, text: str) -> None:
    """Write a file anew: it is the old one or the new one, never half of either."""
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        Path(beside).chmod(path.stat().st_mode & 0o7777)
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
