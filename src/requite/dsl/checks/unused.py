"""Names that nothing uses."""

from __future__ import annotations

from requite.dsl.diagnostics import Diagnostic, warning
from requite.dsl.names import Module
from requite.dsl.program import Column, ColumnKind, Matched, Program

SAID = {
    "source": (
        "source-never-cited",
        "the source `{}` is never cited",
        "add `cites {}` to the rule that it supports, or leave it out",
    ),
    "payee": ("unused-name", "nobody pays `{}`", "leave it out, or name it in a payment"),
    "parameter": ("unused-name", "nothing uses the parameter `{}`", "leave it out"),
    "bands": ("unused-name", "nothing uses the bands `{}`", "leave them out, or read them: `{}[…]`"),
    "codes": ("unused-name", "nothing uses the codes `{}`", "leave them out, or ask: `method in {}`"),
    "record": ("unused-name", "nothing uses the record `{}`", "leave it out, or write a rule `for each {}`"),
    "table": ("unused-name", "nothing uses the table `{}`", "leave it out, or read it: `{}[…]`"),
}


def unused_names(program: Program, modules: tuple[Module, ...], used: frozenset[str]) -> list[Diagnostic]:
    """Declarations of the main file that nothing uses, and markers and figures that decide nothing.

    Files that others use are libraries: what one ruleset leaves unused there, another may need. A file that pays and checks
    nothing, and tries nothing, is one.
    """
    main, found = modules[0], list[Diagnostic]()
    is_library = not (program.schemes or program.checks or program.shown or program.examples)
    for symbol in (*main.sources.values(), *(() if is_library else main.symbols.values())):
        if symbol.kind in SAID and symbol.name not in used:
            code, message, help = SAID[symbol.kind]
            found.append(warning(code, symbol.span, message.format(symbol.label), help.format(symbol.label)))
    if is_library:
        return found
    here = main.document.source.name
    tested = {e.target for example in program.examples for e in example.expects}
    for column in program.columns.values():
        if column.name in used or column.span.source.name != here:
            continue
        if column.kind is ColumnKind.MARKER:
            message = f"nothing depends on the marker `{column.label}`"
            found.append(warning("unused-marker", column.span, message, "name it in a payment: `requires …`, or leave it out"))
        elif column.kind is ColumnKind.LET and column.name not in tested:
            message = f"nothing uses `{column.label}`"
            found.append(warning("unused-name", column.span, message, f"leave it out, or show it: `show {column.label}`"))
        elif isinstance(column.definition, Matched) and not _belongs_to_rule(column, program):
            found.append(
                warning("unused-name", column.span, f"nothing uses `{column.label}`, which is looked for here", "leave it out")
            )
    return [*found, *_unused_tolerances(program, used), *_never_carried(program)]


def _belongs_to_rule(column: Column, program: Program) -> bool:
    """Whether a match stands in a scheme or check, which it ends where nothing is found."""
    return any(column.name.startswith(f"{rule}.") for rule in (*program.schemes, *program.checks))


def _unused_tolerances(program: Program, used: frozenset[str]) -> list[Diagnostic]:
    """A tolerance that `flag when` does not name tolerates nothing."""
    return [
        warning(
            "unused-tolerance",
            program.columns[check.tolerance].span,
            "this tolerance is never used, so it tolerates nothing",
            "name it: `flag when billed > expected + tolerance`",
        )
        for check in program.checks.values()
        if check.tolerance and check.tolerance not in used and not check.undercharges
    ]


def _never_carried(program: Program) -> list[Diagnostic]:
    """A figure brought forward that nothing carries forward stays what it was at the start."""
    carried = {f"{scheme.name}.{carry.name}" for scheme in program.schemes.values() for carry in scheme.carries}
    return [
        warning(
            "never-carried",
            column.span,
            f"`{column.label}` is brought forward, and nothing carries it forward",
            f"add `carry forward … as {column.label}`",
        )
        for column in program.columns.values()
        if column.kind is ColumnKind.BROUGHT_FORWARD and column.name not in carried
    ]
