"""What two engines make of one program and its data, compared field by field: amounts to the penny, reasons to the letter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Any

from requite.dsl.program import Constant, Program
from requite.engine.decision import Results
from requite.engine.interpret import Brought, Interpreter
from requite.engine.interpreting.walk import expressions
from requite.engine.plan import Plan
from requite.engine.rows import Data

Decide = Callable[[Plan, Data, "date | None", "Brought | None"], Results]
"""An engine: what it decides of a plan and the rows of a run."""

PARTS = ("payments", "findings", "figures", "not_assessable", "carried", "counts", "outcomes")
MOST_SHOWN = 6

ORDINARY_DIGITS = 9
"""Where every figure has fewer digits than this, above and below the line together, no product of a few of them passes 38."""

TOO_WIDE = "more than 38 digits"
"""What is said of a column whose numbers no database holds together."""

REFUSED: tuple[str, ...] = ("different denominator",)
"""Words of the constructs that the columnar engine may refuse, naming the clause."""


@dataclass(frozen=True)
class Verdict:
    """What came of a comparison: the differences, and why there was none to be made."""

    differences: tuple[str, ...] = ()
    not_compared: str = ""


def interpret(plan: Plan, data: Data, known: date | None, brought: Brought | None) -> Results:
    """What the interpreter decides."""
    return Interpreter(plan, data, known, brought).decide(outcomes=True)


def columnar(database: str = "duckdb") -> Decide:
    """The columnar engine on a database."""
    from requite.engine.columnar.rows import decide_rows

    def decide(plan: Plan, data: Data, known: date | None, brought: Brought | None) -> Results:
        found: Results = decide_rows(plan, data, known, brought, database=database, outcomes=True)
        return found

    return decide


def differences(plan: Plan, data: Data, known: date | None, brought: Brought | None, engine: Decide) -> list[str]:
    """In what an engine's results differ from the interpreter's; nothing where they agree or could not be compared."""
    return list(compare(plan, data, known, brought, engine).differences)


def compare(plan: Plan, data: Data, known: date | None, brought: Brought | None, engine: Decide) -> Verdict:
    """Whether an engine decides what the interpreter decides. An overflow is accepted where figures are large, and counted."""
    from requite.engine.columnar.problems import CannotRun, Overflow
    from requite.engine.reading.problems import DataError

    meant = Interpreter(plan, data, known, brought)
    wanted = meant.decide(outcomes=True)
    try:
        found = engine(plan, data, known, brought)
    except CannotRun as refused:
        if refused.clause is not None and any(word in str(refused) for word in REFUSED):
            return Verdict(not_compared=f"refused: {refused}")
        return Verdict((f"the engine refuses: {refused}",))
    except (Overflow, DataError) as overflow:
        if isinstance(overflow, DataError) and TOO_WIDE not in str(overflow):
            return Verdict((f"the engine refuses the data: {overflow}",))
        digits = most_digits(plan.program, data, brought or {}, wanted, meant)
        if digits >= ORDINARY_DIGITS:
            return Verdict(not_compared=f"overflow: {overflow}")
        return Verdict((f"an overflow, though no figure has more than {digits} digits: {overflow}",))
    except Exception as error:  # whatever it is, it is a difference, to be shrunk like the others
        return Verdict((f"the engine fails with {type(error).__name__}: {str(error)[:500]}",))
    return Verdict(tuple(unlike(wanted, found)))


def unlike(wanted: Results, found: Results) -> Iterator[str]:
    """Each place in which results differ, the first of every part."""
    for part in PARTS:
        ours, theirs = getattr(wanted, part), getattr(found, part)
        if ours == theirs and _types(ours) == _types(theirs):
            continue
        if len(ours) != len(theirs):
            yield f"{part}: {len(ours)} wanted, {len(theirs)} found"
        shown = 0
        for i, (one, other) in enumerate(zip(ours, theirs, strict=False)):
            if one != other or _types(one) != _types(other):
                yield f"{part}[{i}]: {_unlike_fields(one, other)}"
                shown += 1
            if shown >= MOST_SHOWN:
                yield f"{part}: and more"
                break


def _unlike_fields(one: Any, other: Any) -> str:
    named = [f.name for f in fields(one)]
    same = {n: getattr(one, n) for n in ("rule", "check", "payment", "name", "key") if n in named}
    where = ", ".join(f"{name} {value}" for name, value in same.items())
    apart = [n for n in named if getattr(one, n) != getattr(other, n) or _types(getattr(one, n)) != _types(getattr(other, n))]
    return f"{where}: " + "; ".join(f"{n}: wanted {getattr(one, n)!r}, found {getattr(other, n)!r}" for n in apart)


def _types(value: Any) -> Any:
    """The types of values, so that a whole number or a float does not pass for an exact fraction."""
    if isinstance(value, tuple):
        return tuple(_types(part) for part in value)
    if hasattr(value, "__dataclass_fields__"):
        return tuple(_types(getattr(value, f.name)) for f in fields(value))
    return type(value)


# --- how large figures are ----------------------------------------------------------------------------------------------


def most_digits(program: Program, data: Data, brought: Mapping[str, Any], wanted: Results, meant: Interpreter) -> int:
    """The most digits that any figure has, above and below the line together: in the text, the data and every column."""
    return max((_digits(value) for value in _figures(program, data, brought, wanted, meant)), default=0)


def _digits(value: Fraction) -> int:
    return len(str(abs(value.numerator))) + len(str(value.denominator)) - 1


def _figures(program: Program, data: Data, brought: Mapping[str, Any], wanted: Results, meant: Interpreter) -> Iterator[Fraction]:
    yield from _exact(value for rows in data.values() for row in rows for value in row.values.values())
    yield from _exact(value for rows in brought.values() for value in rows.values())
    yield from _exact(p.amount for p in wanted.payments)
    for column in program.columns.values():
        rows = meant.rows(column.record)
        yield from _exact(meant.value(row, column.name) for row in rows)
        yield from _exact(part.value for part in expressions(column.definition) if isinstance(part, Constant))


def _exact(values: Iterable[Any]) -> Iterator[Fraction]:
    return (value for value in values if isinstance(value, Fraction))
