"""`requite show`: a ruleset as Requite holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from requite.api.console import Screen
from requite.api.finding import load_one, read_one
from requite.api.printers.data import as_data
from requite.api.printers.outline import outline
from requite.api.printers.plan import plan_text
from requite.api.printers.program import program_text
from requite.dsl.diagnostics import Diagnostic, has_errors
from requite.dsl.parse import parse
from requite.engine.lower import lower


@dataclass(frozen=True, slots=True)
class Shown:
    """One form of a ruleset: as text, and as plain data."""

    form: str
    text: str
    data: Any
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def ok(self) -> bool:
        return not has_errors(self.diagnostics)

    def content(self) -> dict[str, Any]:
        return {"errors": [], "diagnostics": [d.to_json() for d in self.diagnostics], "form": self.form, self.form: self.data}

    def show(self, screen: Screen) -> None:
        screen.say(self.text.rstrip("\n"))
        screen.diagnostics(self.diagnostics)


def show(form: str, file: str) -> Shown:
    """Show a ruleset's syntax, its checked program, or its plan."""
    if form == "syntax":
        document, diagnostics = parse(read_one(file))
        return Shown(form, outline(document), as_data(document.declarations), diagnostics)
    program = load_one(file)
    if form == "program":
        return Shown(form, program_text(program), as_data(program))
    plan = lower(program)
    return Shown(form, plan_text(plan), {"steps": as_data(plan.steps), "records_read": as_data(plan.records_read)})
