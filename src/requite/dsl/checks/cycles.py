"""Payments, shares and totals that come back to themselves."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from requite.dsl.checks import reads
from requite.dsl.diagnostics import Diagnostic, Label, error
from requite.dsl.names import Module
from requite.dsl.program import Program

DEEPEST_CHAIN = 200


def cycles(program: Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """A figure that is reckoned from itself, if only through other records, has no value."""
    del modules, used
    links = {name: reads.columns_in(reads.of_column(c, program), program) for name, c in program.columns.items()}
    try:
        order = tuple(TopologicalSorter({name: set(link) for name, link in links.items()}).static_order())
    except CycleError as found:
        way: list[str] = list(reversed(found.args[1]))
        columns = [program.columns[name] for name in way]
        steps = [links[a][b] for a, b in pairwise(way)]
        return [
            error(
                "definition-cycle",
                steps[0].span,
                f"`{columns[0].label}` is defined by itself: " + " → ".join(c.label for c in columns),
                "one of these must be written without the others",
                [Label(step.span, f"this reads `{c.label}`") for step, c in zip(steps[1:], columns[2:], strict=False)],
            )
        ]
    depth: dict[str, int] = {}
    for name in order:
        depth[name] = 1 + max((depth[other] for other in links.get(name, {})), default=0)
        if depth[name] > DEEPEST_CHAIN:
            column = program.columns[name]
            return [
                error(
                    "chain-too-long",
                    column.span,
                    f"`{column.label}` stands at the end of a chain of more than {DEEPEST_CHAIN} definitions",
                    "join some of them",
                )
            ]
    return []
