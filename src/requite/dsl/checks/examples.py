"""Rules that no example expects anything of."""

from __future__ import annotations

from requite.dsl.diagnostics import Diagnostic, warning
from requite.dsl.names import Module
from requite.dsl.program import Program


def rules_without_example(program: Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """A payment, share or check of the main file that no example reaches has never been tried."""
    del used
    here = modules[0].document.source.name
    reached = {e.target for example in program.examples for e in example.expects}
    rules = [("payment", p.name, p.label, p.span) for p in program.payments.values()]
    rules += [("check", c.name, c.name, c.span) for c in program.checks.values()]
    rules += [("share", s.column, s.label, s.span) for s in program.shares.values() if s.scheme]
    return [
        warning(
            "no-example",
            span,
            f"no example reaches the {kind} `{label}`",
            f"add an example that says what is expected: `expect {label} …`",
        )
        for kind, name, label, span in rules
        if name not in reached and span.source.name == here
    ]
