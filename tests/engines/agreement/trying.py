"""Trying an engine on many cases: what was compared and what was not, and differences made small enough to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from requite.dsl.program import Program
from requite.engine.lower import lower
from requite.engine.plan import Plan
from tests.engines.agreement.compare import Decide, Verdict, compare
from tests.engines.agreement.data import Drawn
from tests.engines.agreement.reduce import reduced
from tests.engines.agreement.strategies import Case


@dataclass
class Tally:
    """How many programs were tried, how many of their runs were compared, and why the others were not."""

    programs: int = 0
    runs: int = 0
    compared: int = 0
    not_compared: Counter[str] = field(default_factory=Counter)

    def count(self, verdict: Verdict) -> None:
        self.runs += 1
        if verdict.not_compared:
            self.not_compared[verdict.not_compared.split(":", 1)[0]] += 1
        else:
            self.compared += 1

    def __str__(self) -> str:
        others = "".join(f", {count} {why}" for why, count in sorted(self.not_compared.items()))
        return f"{self.programs} programs, {self.runs} runs, {self.compared} compared{others}"


@dataclass(frozen=True)
class Found:
    """A difference, and the program and data that show it."""

    text: str
    drawn: Drawn
    differences: tuple[str, ...]

    def __str__(self) -> str:
        rows = [
            f"  {name} line {row.line}: " + ", ".join(f"{n} {value!s}" for n, value in row.values.items() if value is not None)
            for name, of in self.drawn.rows.items() for row in of
        ]  # fmt: skip
        more = [f"known on {self.drawn.known}"] if self.drawn.known else []
        more += [f"brought forward: {dict(self.drawn.brought)}"] if self.drawn.brought else []
        return "\n".join([*self.differences, "", self.text, *rows, *more])


def tried(case: Case, engine: Decide, tally: Tally) -> Found | None:
    """The first difference that a case shows, if it shows one."""
    tally.programs += 1
    plan = lower(case.program)
    for drawn in case.data:
        verdict = _compared(plan, drawn, engine)
        tally.count(verdict)
        if verdict.differences:
            return Found(case.text, drawn, verdict.differences)
    return None


def smaller(found: Found, engine: Decide, seconds: float = 30) -> Found:
    """The same difference over less text and data."""

    def differs(program: Program, drawn: Drawn) -> Sequence[str]:
        return _compared(lower(program), drawn, engine).differences

    text, drawn = reduced(found.text, found.drawn, differs, seconds)
    case = Case.of(text, drawn)
    return Found(text, drawn, tuple(differs(case.program, drawn)))


def _compared(plan: Plan, drawn: Drawn, engine: Decide) -> Verdict:
    return compare(plan, drawn.rows, drawn.known, drawn.brought, engine)
