"""A text while its author writes: what is wrong with it after each change, told within the time of a keystroke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from requite.dsl.diagnostics import Diagnostic
from requite.dsl.load import check_source, check_text, reader
from requite.dsl.parse import Kept, Parsed, parse
from requite.dsl.program import Program
from requite.dsl.source import Source


class Editor:
    """A text that is being edited: diagnostics after each change, reading anew only what the change touched.

    `others` are the texts of the files that it uses, by name. What it tells is what `check_text` tells of the same text.
    """

    def __init__(self, name: str, others: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._others = dict(others or {})
        self._kept: dict[str, Kept] = {}
        self._text = ""
        self._diagnostics: tuple[Diagnostic, ...] = ()
        self._program: Program | None = None
        self._current = False

    def update(self, text: str) -> Sequence[Diagnostic]:
        """Take the text as it now is, and say what is wrong with it."""
        self._text, self._program, self._current = text, None, False
        sound, self._diagnostics = check_source(Source(self._name, text), reader(self._others), self._parse)
        self._current = sound is None
        return self._diagnostics

    @property
    def program(self) -> Program | None:
        """The program of the text as it now is; None where there is an error. It is made when it is first asked for."""
        if not self._current:
            # What was taken over has its places in its own text; whoever runs a program wants them in the file.
            self._program, _ = check_text(self._text, self._name, self._others)
            self._current = True
        return self._program

    def _parse(self, source: Source) -> Parsed:
        return parse(source, self._kept.setdefault(source.name, Kept()))
