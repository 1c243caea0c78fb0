"""Which column of a file holds which field: by its header, whatever its case and spacing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from requite.dsl.program import Field, Record
from requite.dsl.types import Kind
from requite.dsl.values import trimmed
from requite.engine.reading.problems import DataProblem

NEAR = 0.6
"""How alike a header must be to be offered as the likely one."""

VERY_NEAR = 0.8
"""How alike an unused header must be for an optional column's absence to be taken for a slip."""

Form = Literal["file", "table", "frame", "rows"]
"""What has the columns: a file, a table that lies elsewhere, a frame or relation that a program hands over, or rows one by one."""

LET: Final = 'or let the field name its column: `name: type from "Column"`.'
RENAME: Final = {
    "file": f"Rename the columns in the file, {LET}",
    "table": f"Rename the columns in a view of the table, {LET}",
    "frame": f"Rename the columns of what is handed over, {LET}",
}

MOST_SHOWN = 40
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Part:
    """One column that a field is read from: the value itself, or the start, the end or the known day of a period."""

    field: Field
    role: str
    column: str

    @property
    def may_be_absent(self) -> bool:
        return self.field.optional


@dataclass(frozen=True, slots=True)
class Placed:
    """A part and the position of its column; None where an optional one is not there."""

    part: Part
    position: int | None


def parts_of(record: Record) -> tuple[Part, ...]:
    """The columns that a record's fields are read from, in the order declared."""
    parts: list[Part] = []
    for field in record.fields:
        if field.type.kind is Kind.PERIOD:
            parts += [Part(field, "start", field.column), Part(field, "until", field.until_column)]
            if field.known_column:
                parts.append(Part(field, "known", field.known_column))
        else:
            parts.append(Part(field, "value", field.column))
    return tuple(parts)


def folded(name: str) -> str:
    """A header without what people vary: case, spaces, underscores and hyphens."""
    return "".join(c for c in trimmed(name).casefold() if not c.isspace() and c not in "_-\u200b\u200c\u200d\u2060\ufeff")


def matches(columns: Sequence[str], parts: Sequence[Part]) -> int:
    """How many parts have a column among these."""
    there = {folded(column) for column in columns}
    return sum(folded(part.column) in there for part in parts)


def place(
    record: Record, columns: Sequence[str], parts: Sequence[Part], file: str, form: Form
) -> tuple[tuple[Placed, ...], tuple[DataProblem, ...]]:
    """Where each part stands among the columns of a file; and what is wrong: columns missing, or there twice."""
    exact: dict[str, list[int]] = defaultdict(list)
    loose: dict[str, list[int]] = defaultdict(list)
    for i, column in enumerate(columns):
        exact[trimmed(column)].append(i)
        loose[folded(column)].append(i)
    placed: list[Placed] = []
    repeated: list[tuple[Part, list[int]]] = []
    for part in parts:
        found = exact.get(part.column) or loose.get(folded(part.column)) or []
        placed.append(Placed(part, found[0] if found else None))
        if len(found) > 1:
            repeated.append((part, found))
    problems = [_repeated(record, part, [columns[i] for i in found], file) for part, found in repeated]
    missing = _missing(record, columns, placed, file, form)
    return tuple(placed), tuple(problems + ([missing] if missing else []))


def _missing(record: Record, columns: Sequence[str], placed: Sequence[Placed], file: str, form: Form) -> DataProblem | None:
    taken = {p.position for p in placed}
    unused = [trimmed(column) for i, column in enumerate(columns) if i not in taken and trimmed(column)]
    likely: dict[str, str] = {}
    missing: list[str] = []
    for item in placed:
        if item.position is not None or item.part.column in missing:
            continue
        near = _likely(item.part.column, unused, VERY_NEAR if item.part.may_be_absent else NEAR)
        if near or not item.part.may_be_absent:
            missing.append(item.part.column)
        if near:
            likely[item.part.column] = near
    if not missing:
        return None
    named = [f"{name} (likely {shown(likely[name])})" if name in likely else name for name in missing]
    needed = _count(len(missing), "field" if form == "rows" else "column")
    are = "is" if len(missing) == 1 else "are"
    message = f"{file}: {record.name} needs {needed} that {are} not there: {', '.join(named)}. There {_there(columns)}."
    help = _in_rows(missing, likely) if form == "rows" else RENAME[form]
    detail = {"missing": missing, "there": [shown(c) for c in columns[:MOST_SHOWN]], "likely": likely, "found": len(taken - {None})}
    return DataProblem("missing-columns", message, record.name, file, help, detail)


def _in_rows(missing: Sequence[str], likely: Mapping[str, str]) -> str:
    """What to do about fields that are in none of some rows."""
    meant = [f"{shown(near)} to {name}" for name, near in likely.items()]
    lacking = [name for name in missing if name not in likely]
    todo = ([f"rename {', '.join(meant)}"] if meant else []) + ([f"give each row {', '.join(lacking)}"] if lacking else [])
    told = " and ".join(todo)
    return f'{told[0].upper()}{told[1:]}, or let the field say what the rows call it: `name: type from "Name"`.'


def _repeated(record: Record, part: Part, names: Sequence[str], file: str) -> DataProblem:
    same = ", ".join(dict.fromkeys(shown(name) for name in names))
    message = f"{file}: {len(names)} columns could be {part.column} of {record.name}: {same}"
    help = "Rename or remove all but one of them."
    return DataProblem("repeated-column", message, record.name, file, help, {"column": part.column, "there": list(names)})


def _there(columns: Sequence[str]) -> str:
    names = [shown(column) for column in columns if trimmed(column)]
    if not names:
        return "are none"
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ("is " if len(names) == 1 else "are ") + ", ".join(names[:MOST_SHOWN]) + more


def _likely(name: str, there: Sequence[str], at_least: float) -> str:
    """The header most like a name, if one is near enough."""
    wanted = folded(name)
    best, best_ratio = "", at_least
    for candidate in there[:500]:
        other = folded(candidate)
        ratio = SequenceMatcher(None, wanted, other).ratio()
        if len(min(wanted, other, key=len)) >= 4 and (wanted in other or other in wanted):
            ratio = max(ratio, VERY_NEAR - 0.01)
        if ratio >= at_least and ratio > best_ratio - (0 if best else 1e-9):
            best, best_ratio = candidate, ratio
    return best


def shown(name: str) -> str:
    """A header as a message shows it: printable, and not too long."""
    name = "".join(c if c.isprintable() else "�" for c in trimmed(name))
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _count(number: int, noun: str) -> str:
    return f"a {noun}" if number == 1 else f"{number} {noun}s"
