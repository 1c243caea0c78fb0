"""What the user sees: tables and lines on standard output, errors and progress on standard error, colour only on a terminal."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, Final, Literal

from rich import box
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from requite.dsl.diagnostics import Diagnostic, render_text
from requite.engine.wording import money

FORMAT: Final = 1
"""The version of the shape of all JSON that commands print."""

PIPED_WIDTH: Final = 500
"""Columns where nobody looks: wide enough that no table is folded."""

_PAINT = re.compile("(\x1b\\[(?:0|1|31|33|34)m)")
_UNSAFE_IN_JSON = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Screen:
    """Standard output and standard error of one command."""

    def __init__(self, out: IO[str] | None = None, err: IO[str] | None = None) -> None:
        self.out = _console(out or sys.stdout)
        self.err = _console(err or sys.stderr)

    # --- standard output ---

    def say(self, text: str = "", style: str = "") -> None:
        """Print lines as they are, however long."""
        if style:
            _put(self.out, Text(clean_lines(text), style=style))
        else:
            _write(self.out, clean_lines(text))

    def title(self, text: str) -> None:
        """Print a heading, with a blank line above."""
        self.say()
        self.say(text, "bold")

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print a table; a column whose name ends in `>` is aligned to the right."""
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
        for name in columns:
            side: Literal["left", "right"] = "right" if name.endswith(">") else "left"
            # Folded, never cut short: half an amount would be a wrong one.
            table.add_column(Text(name.removesuffix(">")), justify=side, overflow="fold")
        for row in rows:
            table.add_row(*(Text(clean(cell)) for cell in row))
        _put(self.out, table, soft_wrap=False)

    def json(self, document: Mapping[str, Any]) -> None:
        """Print one JSON document."""
        text = json.dumps(document, indent=2, ensure_ascii=False)
        self.out.file.write(_UNSAFE_IN_JSON.sub(lambda m: f"\\u{ord(m.group()):04x}", text) + "\n")

    # --- standard error ---

    def error(self, message: str, help: str = "") -> None:
        """Say what is wrong, and what to do about it."""
        self.out.file.flush()  # so that the two keep their order where they meet
        _put(self.err, Text.assemble(("error", "bold red"), ": ", clean_lines(message)))
        if help:
            self.note(f"  {help}")

    def note(self, text: str) -> None:
        """Say something beside the results."""
        self.out.file.flush()
        _put(self.err, Text(clean_lines(text)))

    def diagnostics(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Show what is wrong with a ruleset, each with its place underlined."""
        if diagnostics:
            self.out.file.flush()
            colour = self.err.is_terminal and not self.err.no_color and self.err.color_system is not None
            parts = enumerate(_PAINT.split(render_text(diagnostics, colour)))
            self.err.file.write("".join(part if i % 2 else clean_lines(part) for i, part in parts) + "\n\n")

    @contextmanager
    def progress(self) -> Iterator[Bar]:
        """A progress bar on standard error while the block runs; none where that is no terminal."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"))
        hidden = not self.err.is_terminal
        progress = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self.err, transient=True, disable=hidden)
        with progress:
            yield Bar(progress)


class Bar:
    """What a run tells how far it has come."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, done="")
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int = 0) -> None:
        if self._progress.disable:
            return
        if stage != self._stage:
            self._stage = stage
            self._progress.reset(self._task, total=total or None, description=clean(stage), done="")
        said = f"{done:,} of {total:,}" if total else f"{done:,}" if done else ""
        self._progress.update(self._task, completed=done, total=total or None, done=said)


def _console(file: IO[str]) -> Console:
    # Rich obeys NO_COLOR; FORCE_COLOR would put colour into files, so it is told what is a terminal.
    is_terminal = file.isatty()
    width = None if is_terminal else PIPED_WIDTH
    return Console(file=file, force_terminal=is_terminal, width=width, markup=False, emoji=False, highlight=False)


def _put(console: Console, what: RenderableType, soft_wrap: bool = True) -> None:
    with console.capture() as captured:
        console.print(what, soft_wrap=soft_wrap)
    _write(console, captured.get())


def _write(console: Console, text: str) -> None:
    console.file.write("".join(line.rstrip() + "\n" for line in text.rstrip("\n").split("\n")))


# --- words --------------------------------------------------------------------------------------------------------------


def clean(text: str) -> str:
    """Text on one line, control characters made visible, so that data cannot steer the terminal that shows it."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c in "\t\n\r" or unicodedata.category(c) == "Zs" else "�" for c in text)


def clean_lines(text: str) -> str:
    """Text with its own line breaks, and nothing else that steers a terminal."""
    return "\n".join(clean(line) for line in text.split("\n"))


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 row`, `2 rows`, `12,000 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


__all__ = ["FORMAT", "Bar", "Screen", "clean", "clean_lines", "count", "listed", "money"]
