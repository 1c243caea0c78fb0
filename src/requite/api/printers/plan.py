"""The plan as text: what is reckoned, in which order, and what each step must wait for."""

from __future__ import annotations

from collections.abc import Iterator

from requite.api.printers.program import definition_of
from requite.dsl.program import WHOLE
from requite.engine.plan import Derive, Examine, GiveOut, Pay, Plan, Reckon, Step


def plan_text(plan: Plan) -> str:
    """A plan as text: its steps in order, then the fields that any of them reads."""
    lines = [f"plan of {plan.program.name}: {len(plan.steps)} steps"]
    for number, step in enumerate(plan.steps, 1):
        where = "for the whole ruleset" if step.record == WHOLE else f"for each {step.record}"
        lines.append(f"{number:>4}  {_what(step)} {where}  [{step.span.source.name}:{step.span.line}]")
        lines += [f"      {line}" for line in _details(step, plan)]
    lines += ["", "fields read"]
    for record, fields in sorted(plan.records_read.items()):
        lines.append(f"      {record}: {', '.join(sorted(fields)) or 'its rows alone'}")
    return "\n".join(lines) + "\n"


def _what(step: Step) -> str:
    match step:
        case Derive(record=record):
            return f"derive {record}"
        case Reckon(column=column):
            return f"reckon {column}"
        case GiveOut(share=share):
            return f"give out {share}"
        case Pay(payments=payments):
            return f"pay {', '.join(payments)}"
        case Examine(check=check):
            return f"examine {check}"


def _details(step: Step, plan: Plan) -> Iterator[str]:
    if isinstance(step, Reckon):
        yield f"= {definition_of(plan.program.columns[step.column], plan.program)}"
    if step.reads:
        yield f"after {', '.join(sorted(step.reads))}"
