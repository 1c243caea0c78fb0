"""`requite show`: a ruleset as Requite holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from requite.api.answers import WrongUse
from requite.api.commands.run import inputs_of
from requite.api.console import Screen
from requite.api.finding import load_one, read_one
from requite.api.printers.data import as_data
from requite.api.printers.outline import outline
from requite.api.printers.plan import plan_text
from requite.api.printers.program import program_text
from requite.dsl.diagnostics import Diagnostic, has_errors
from requite.dsl.parse import parse
from requite.dsl.program import Program
from requite.engine.lower import lower
from requite.engine.run import sources_of
from requite.engine.settings import DUCKDB, INTERPRET


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


def show(form: str, file: str, engine: str | None = None, data: Sequence[str] = ()) -> Shown:
    """Show a ruleset's syntax, its checked program, its plan, or its SQL."""
    if form != "sql" and (engine is not None or data):
        raise WrongUse(f"--engine and --data go with sql, not with {form}")
    if form == "syntax":
        document, diagnostics = parse(read_one(file))
        return Shown(form, outline(document), as_data(document.declarations), diagnostics)
    program = load_one(file)
    if form == "program":
        return Shown(form, program_text(program), as_data(program))
    if form == "sql":
        text = _sql(program, engine or DUCKDB, data)
        return Shown(form, text, text)
    plan = lower(program)
    return Shown(form, plan_text(plan), {"steps": as_data(plan.steps), "records_read": as_data(plan.records_read)})


def _sql(program: Program, engine: str, data: Sequence[str]) -> str:
    if engine == INTERPRET:
        raise WrongUse("--engine: the interpreter has no SQL; name duckdb or spark")
    inputs = inputs_of(data)
    from requite.engine.columnar.showing import show_sql, show_sql_of

    return show_sql_of(program, sources_of(program, inputs), engine) if inputs else show_sql(program, engine)
