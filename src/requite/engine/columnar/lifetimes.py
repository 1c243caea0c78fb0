"""Until when the tables of a run are read: after that their room is free for what comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from requite.engine.columnar.frames import Statement


def last_reads(steps: Sequence[Statement], beside: Mapping[str, Sequence[Statement]]) -> dict[str, list[Statement]]:
    """By the name of a step the tables that no later one reads, neither it nor what is asked beside it.

    `beside` has, by the name of a step, what is asked when it has run; under "" what is asked at the very end.
    """
    made = {step.name: step for step in steps}
    last: dict[str, str] = {}
    for step in steps:
        last[step.name] = step.name
        for asked in (step, *beside.get(step.name, ())):
            last |= dict.fromkeys(_read(asked, made), step.name)
    for asked in beside.get("", ()):
        last |= dict.fromkeys(_read(asked, made), "")
    found: dict[str, list[Statement]] = {}
    for name, reader in last.items():
        if made[name].is_kept:
            found.setdefault(reader, []).append(made[name])
    return found


def _read(statement: Statement, made: Mapping[str, Statement]) -> set[str]:
    """The steps whose rows a statement reads, also through views."""
    names = {one.name for one in statement.select.find_all(exp.Table)} & made.keys()
    names.discard(statement.name)
    through = [_read(made[name], made) for name in names if not made[name].is_kept]
    return names.union(*through)
