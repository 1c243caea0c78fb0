"""Payments, shares and totals that come back to themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from requite.dsl.checks import reads
from requite.dsl.diagnostics import Diagnostic, Label, error
from requite.dsl.names import Module
from requite.dsl.program import Expr, Paid, Program
from requite.dsl.scope import MOST_LINKS

DEEPEST_CHAIN = 200


def cycles(program: Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """A figure that is reckoned from itself, if only through other records, has no value."""
    del modules, used
    links = _links(program)
    try:
        order = tuple(TopologicalSorter({name: tuple(link) for name, link in links.items()}).static_order())
    except CycleError as found:
        way: list[str] = list(reversed(found.args[1]))
        columns = [program.columns[name] for name in way]
        shown = columns if len(columns) <= MOST_LINKS else columns[:MOST_LINKS]
        steps = [links[a][b] for a, b in pairwise(way)]
        return [
            error(
                "definition-cycle",
                steps[0].span,
                f"`{columns[0].label}` is defined by itself: " + " → ".join(c.label for c in shown),
                "one of these must be written without the others",
                [Label(step.span, f"this reads `{c.label}`") for step, c in zip(steps[1:], shown[2:], strict=False)],
            )
        ]
    return _too_deep(order, links, program)


def _links(program: Program) -> dict[str, dict[str, Expr]]:
    """For each column those that it reads; the payments of a scheme that are capped together read what each of them reads."""
    links: dict[str, dict[str, Expr]] = {}
    capped: dict[str, dict[str, Expr]] = {}
    for name, column in program.columns.items():
        paid = program.payments.get(column.definition.payment) if isinstance(column.definition, Paid) else None
        if paid is None or program.schemes[paid.scheme].altogether is None:
            links[name] = reads.columns_in(reads.of_column(column, program), program)
            continue
        if paid.scheme not in capped:
            capped[paid.scheme] = reads.columns_in(reads.of_column(column, program), program)
        links[name] = capped[paid.scheme]
    return links


def _too_deep(order: Iterable[str], links: Mapping[str, Mapping[str, Expr]], program: Program) -> list[Diagnostic]:
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
