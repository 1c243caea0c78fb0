"""Makes a program and its data smaller for as long as two engines still differ over them in the same way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from requite.dsl.program import Program, known_name
from requite.engine.interpreting.values import Missing
from requite.engine.rows import Row
from tests.engines.agreement.data import Drawn
from tests.engines.agreement.programs import checked

Differs = Callable[[Program, Drawn], Sequence[str]]
"""In what engines differ over a program and its data."""

LITERALS = ("£5", "1", "50%", "2012-04-01", "1 day", "yes", '"A"')
CUTS = re.compile(
    r" and | or | else | [-+*/] |, | when | otherwise | where | by | rounded | for the same | with the same | because "
)
FORMS = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|[\d.,£/:-]+|\b[a-z_]+\d+\b|\(.*?\)")


def fitted(program: Program, drawn: Drawn) -> Drawn:
    """The rows with the fields that are left, and with keys to match; the first of those that then have one key."""
    rows: dict[str, list[Row]] = {}
    for name, of in drawn.rows.items():
        record = program.records.get(name)
        if record is None or record.derived_from:
            continue
        kept, seen = list[Row](), set[Any]()
        names = {field.name for field in record.fields} | ({known_name(record.period)} if record.period else set())
        for row in of:
            values: dict[str, Any] = {field: value for field, value in row.values.items() if field in names}
            key: tuple[Any, ...] = tuple(values[part] for part in record.key) or (Fraction(row.line),)
            period: Any = values.get(record.period)
            unique = (key, period and period[0], values.get(known_name(record.period)))
            if unique not in seen:
                seen.add(unique)
                kept.append(replace(row, key=key, values=values))
        rows[name] = kept
    return replace(drawn, rows=rows, brought={column: of for column, of in drawn.brought.items() if column in program.columns})


def signature(difference: str) -> str:
    """What a difference is like, without the figures and names of its case: differences of one cause are often alike in it."""
    head, _, rest = difference.partition("]: ")
    if not rest:
        return FORMS.sub("#", difference)[:80]
    apart = [part.split(": wanted", 1)[0].strip() for part in rest.split("; ") if ": wanted" in part]
    named = [part.rsplit(": ", 1)[-1] for part in apart]
    return f"{head.split('[', 1)[0]}: {', '.join(named)}"


@dataclass
class Case:
    """A case while it is made smaller."""

    text: str
    drawn: Drawn
    differs: Differs
    form: str
    until: float

    def tried(self, text: str, drawn: Drawn) -> bool:
        """Whether the smaller case still differs in the same way; it is then taken."""
        if time.monotonic() > self.until or (text == self.text and drawn is self.drawn):
            return False
        program, _ = checked(text)
        if program is None:
            return False
        try:
            drawn = fitted(program, drawn)
            found = self.differs(program, drawn)
        except Exception:  # a row that the changed program cannot have
            return False
        if not any(signature(difference) == self.form for difference in found):
            return False
        self.text, self.drawn = text, drawn
        return True


def reduced(text: str, drawn: Drawn, differs: Differs, seconds: float = 30) -> tuple[str, Drawn]:
    """The smallest case that was found in so many seconds."""
    program, _ = checked(text)
    assert program is not None
    first = differs(program, drawn)
    case = Case(text, drawn, differs, signature(first[0]), time.monotonic() + seconds)
    size = -1
    while size != _size(case) and time.monotonic() < case.until:
        size = _size(case)
        _fewer_rows(case)
        _fewer_pieces(case, "\n\n")
        _fewer_pieces(case, "\n")
        _fewer_rows(case)
        _plainer_values(case)
        _shorter_lines(case)
    return case.text, case.drawn


def _size(case: Case) -> int:
    return len(case.text) + sum(len(row.values) + sum(v is not None for v in row.values.values()) for row in _all_rows(case.drawn))


def _all_rows(drawn: Drawn) -> Iterator[Row]:
    return (row for rows in drawn.rows.values() for row in rows)


def _fewer_pieces(case: Case, between: str) -> None:
    """Leaves out declarations or lines, half of them at once, then fewer."""
    length = max(1, len(case.text.split(between)) // 2)
    while length:
        at = 1
        while at < len(pieces := case.text.split(between)):
            if not case.tried(between.join([*pieces[:at], *pieces[at + length :]]).rstrip("\n") + "\n", case.drawn):
                at += length
        length //= 2


def _fewer_rows(case: Case) -> None:
    if case.drawn.known:
        case.tried(case.text, replace(case.drawn, known=None))
    for column in list(case.drawn.brought):
        case.tried(case.text, replace(case.drawn, brought={k: v for k, v in case.drawn.brought.items() if k != column}))
    for record in list(case.drawn.rows):
        length = len(case.drawn.rows.get(record, ()))
        while length:
            at = 0
            while at < len(rows := case.drawn.rows[record]):
                if not case.tried(case.text, _with(case.drawn, record, [*rows[:at], *rows[at + length :]])):
                    at += length
            length //= 2


def _with(drawn: Drawn, record: str, rows: Sequence[Row]) -> Drawn:
    return replace(drawn, rows={**drawn.rows, record: rows})


def _plainer_values(case: Case) -> None:
    """Makes values blank, or nought, or one."""
    program, _ = checked(case.text)
    if program is None:
        return
    for record in list(case.drawn.rows):
        declared = program.records.get(record)
        if declared is None:
            continue
        optional = {field.name for field in declared.fields if field.optional}
        for at in range(len(case.drawn.rows[record])):
            for name in [n for n in case.drawn.rows[record][at].values if n not in declared.key]:
                _plainer(case, record, at, name, name in optional)


def _plainer(case: Case, record: str, at: int, name: str, optional: bool) -> None:
    rows = case.drawn.rows[record]
    value = rows[at].values[name]
    plain: list[Any] = [None] if optional else []
    if isinstance(value, Fraction):
        plain += [Fraction(0), Fraction(1), Fraction(int(value))]
    for other in plain:
        if value is None or other == value or isinstance(value, Missing):
            return
        row = replace(rows[at], values={**rows[at].values, name: other})
        if case.tried(case.text, _with(case.drawn, record, [*rows[:at], row, *rows[at + 1 :]])):
            return


def _shorter_lines(case: Case) -> None:
    """Takes the parts of expressions out of them, or puts a literal in their place."""
    at = 0
    while at < len(lines := case.text.split("\n")):
        for other in _shorter(lines[at]):
            if case.tried("\n".join([*lines[:at], other, *lines[at + 1 :]]), case.drawn):
                break
        else:
            at += 1


def _shorter(line: str) -> Iterator[str]:
    groups = list(_groups(line))
    for start, end in groups:
        yield from (line[:start] + literal + line[end:] for literal in LITERALS if len(literal) < end - start)
        yield line[:start] + line[start + 1 : end - 1] + line[end:]
        for inner_start, inner_end in groups:
            if start < inner_start and inner_end < end:
                yield line[:start] + line[inner_start:inner_end] + line[end:]
    cuts = [match.start() for match in CUTS.finditer(line)]
    ends = [*cuts, *(end - 1 for _, end in groups), len(line)]
    for cut in cuts:
        yield from (line[:cut] + line[end:] for end in sorted(ends, reverse=True) if end > cut)
    for match in CUTS.finditer(line):  # and what stands before an operator
        for opening in [start + 1 for start, _ in groups] + [line.find(" = ") + 3]:
            if 2 < opening < match.start():
                yield line[:opening] + line[match.end() :]


def _groups(line: str) -> Iterator[tuple[int, int]]:
    """Where brackets open and close, outermost first."""
    opened: list[int] = []
    found: list[tuple[int, int]] = []
    for at, character in enumerate(line):
        if character == "(":
            opened.append(at)
        elif character == ")" and opened:
            found.append((opened.pop(), at + 1))
    return iter(sorted(found))
