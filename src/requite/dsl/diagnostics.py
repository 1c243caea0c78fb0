"""What is said to an author about a text: the shape of a diagnostic, and the one renderer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from requite.dsl.source import Places, Span, in_file


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A related place, and what is to be seen there."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing to tell the author: what (a code and a message), where, what belongs to it, and what to do.

    `code` is the name of a page below `docs/diagnostics/`; `help` says what to do, with the likely name where one is near.
    """

    code: str
    message: str
    span: Span
    severity: Severity = Severity.ERROR
    labels: tuple[Label, ...] = ()
    help: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            **_place(self.span),
            "labels": [{"text": label.text, **_place(label.span)} for label in self.labels],
            "help": self.help,
        }


def error(code: str, span: Span, message: str, help: str = "", labels: Iterable[Label] = ()) -> Diagnostic:
    return Diagnostic(code, message, span, Severity.ERROR, tuple(labels), help)


def warning(code: str, span: Span, message: str, help: str = "", labels: Iterable[Label] = ()) -> Diagnostic:
    return Diagnostic(code, message, span, Severity.WARNING, tuple(labels), help)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(d.severity is Severity.ERROR for d in diagnostics)


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Diagnostics by file and place, each said once."""
    unique = dict.fromkeys(diagnostics)
    return tuple(sorted(unique, key=lambda d: (d.span.source.name, d.span.start, d.span.end, d.code)))


def in_files(diagnostics: Iterable[Diagnostic], places: Places) -> list[Diagnostic]:
    """Diagnostics with all their places as places of the files in which they stand."""
    if not places:
        return list(diagnostics)
    return [
        replace(d, span=in_file(d.span, places), labels=tuple(Label(in_file(label.span, places), label.text) for label in d.labels))
        for d in diagnostics
    ]


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    return json.dumps([d.to_json() for d in diagnostics], indent=2, ensure_ascii=False)


def render_text(diagnostics: Iterable[Diagnostic], colour: bool = False) -> str:
    """Diagnostics as text: a headline each, the place underlined with carets, related places, what to do."""
    return "\n\n".join(_one(d, colour) for d in diagnostics)


RED, YELLOW, BLUE, BOLD, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[34m", "\x1b[1m", "\x1b[0m"
WIDEST_LINE = 160


def _one(d: Diagnostic, colour: bool) -> str:
    def paint(code: str, text: str) -> str:
        return f"{code}{text}{PLAIN}" if colour else text

    tone = RED if d.severity is Severity.ERROR else YELLOW
    lines = [f"{d.span}: {paint(tone, d.severity.value)}[{d.code}]: {paint(BOLD, printable(d.message))}"]
    width = max(len(str(span.line)) for span in (d.span, *(label.span for label in d.labels)))
    lines += _excerpt(d.span, "", width, lambda text: paint(tone, text))
    for label in d.labels:
        if label.span.source is not d.span.source:
            lines.append(f"{' ' * width} --> {label.span}")
        lines += _excerpt(label.span, label.text, width, lambda text: paint(BLUE, text))
    if d.help:
        lines.append(f"{' ' * width} = help: {printable(d.help)}")
    return "\n".join(lines)


def _excerpt(span: Span, text: str, width: int, paint: Any) -> list[str]:
    line = printable(span.source.line(span.line).replace("\t", " "))
    first = span.column - 1
    length = max(1, min(span.end - span.start, len(line) - first))
    shift = max(0, first - WIDEST_LINE // 2)
    shown = line[shift : shift + WIDEST_LINE]
    length = min(length, max(1, len(shown) - (first - shift)))
    carets = " " * (first - shift) + paint("^" * length + (f" {printable(text)}" if text else ""))
    return [f"{span.line:>{width}} | {shown}", f"{' ' * width} | {carets}"]


def printable(text: str) -> str:
    """Text with control characters made visible, so that a file cannot steer the terminal that shows it."""
    return "".join(c if c.isprintable() else "�" for c in text)


def _place(span: Span) -> dict[str, Any]:
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
    }
