"""Extracts of the Secondary Uses Service: other headings, ways of writing dates, and units, made into those of a spell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Final

from requite.api.claim_files.plans import SPELL, Plan, Said, Written, spell, spell_faults, target
from requite.dsl.program import Field
from requite.dsl.types import Kind
from requite.dsl.values import Unreadable, trimmed
from requite.dsl.values.dates import date_reader
from requite.engine.reading.columns import shown
from requite.engine.reading.files import InputFile, open_file
from requite.engine.reading.problems import problem
from requite.engine.reading.raw import Opened

FORMS: Final = ("", "DD/MM/YYYY", "YYYYMMDD", "DD-MM-YYYY", "DD-MMM-YYYY", "DD MMM YYYY", "DD.MM.YYYY", "YYYY/MM/DD",
                "DD/MM/YY", "DD-MMM-YY")  # fmt: skip
"""How dates are written: as 2017-04-01 unless one of these reads more of the column. The month never stands first."""

MONTH_FIRST: Final = ("MM/DD/YYYY", "MM-DD-YYYY", "MM/DD/YY")
LOOKED_AT: Final = 5_000
"""The cells by which the form of a column of dates is told."""

UNIT: Final = re.compile(r"(?:\(\s*(?P<in>£|gbp|pounds?|pence|p)\s*\)|\bin (?P<words>pounds|pence))\s*$", re.IGNORECASE)
PATIENT: Final = "NHS Number"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the file: where it stands, how it is written, what it is compared by, and whether amounts are in pence."""

    position: int
    text: str
    key: str
    pence: bool


@cache
def names() -> Mapping[str, Sequence[str]]:
    """By column of a spell, the headings under which it comes, its own first."""
    others = tomllib.loads((files("requite.api.claim_files") / "sus.toml").read_text("utf-8"))
    return {field.column: (field.column, *others.get(field.column, ())) for field in spell().fields}


def key_of(text: str) -> str:
    """A heading without what people vary: case, spaces and signs."""
    return "".join(c for c in text.casefold() if c.isalnum())


def heading(position: int, text: str) -> Heading:
    text = trimmed(text)
    unit = UNIT.search(text)
    named = text[: unit.start()] if unit else text
    said = (unit["in"] or unit["words"]).casefold() if unit else ""
    return Heading(position, text, key_of(named), said in ("pence", "p"))


def plan(file: InputFile) -> Plan:
    """How an extract is read; DataError where it is none, or its dates are written month first."""
    known = {key_of(name) for also in names().values() for name in also}
    opened = open_file(file, lambda columns: sum(heading(0, column).key in known for column in columns), SPELL)
    headings = [heading(i, column) for i, column in enumerate(opened.columns)]
    found = _found(headings, file)
    if not found:
        message = f"{file.name} has no column that a spell has. There {'is' if len(headings) == 1 else 'are'} " + ", ".join(
            shown(h.text) for h in headings[:10] if h.text
        )
        help = "Name the columns as docs/claim_files.md lists them."
        raise problem("missing-columns", message, SPELL, file.name, help)
    fields = _fields(found, opened, file)
    record = replace(spell(), fields=tuple(fields.values()), key=tuple(f.name for f in fields.values() if f.key))
    _check_key(record.key, file)
    in_file = {column: field.name for column, field in fields.items()}
    return Plan(
        replace(target(), records={SPELL: record}),
        record,
        file,
        spell_faults(in_file),
        [Written(column, field.type.kind, field.name) for column, field in fields.items()],
        _said(headings, found, fields),
        frozenset({in_file[PATIENT]} if PATIENT in in_file else ()),
    )


def _found(headings: Sequence[Heading], file: InputFile) -> dict[str, Heading]:
    """The heading under which each column of a spell comes; where several would do, the first in our list.

    DataError where two are written differently and are the same name: nobody could say which is meant.
    """
    by_key: dict[str, list[Heading]] = {}
    for one in headings:
        by_key.setdefault(one.key, []).append(one)
    found = {}
    for column, also in names().items():
        name = next((name for name in also if key_of(name) in by_key), None)
        if name is None:
            continue
        same = by_key[key_of(name)]
        found[column] = next((one for one in same if one.text == name), same[0])
        if len(same) > 1 and found[column].text != name:
            message = f"{file.name}: {len(same)} columns could be {column} of {SPELL}: {', '.join(shown(one.text) for one in same)}"
            raise problem("repeated-column", message, SPELL, file.name, "Rename or remove all but one of them.")
    return found


def _fields(found: Mapping[str, Heading], opened: Opened, file: InputFile) -> dict[str, Field]:
    fields = {}
    own = {field.column: field for field in spell().fields}
    dates = [column for column in found if own[column].type.kind is Kind.DATE]
    forms = dict(zip(dates, _forms([found[column] for column in dates], opened, file), strict=True))
    for column, one in found.items():
        unit = "pence" if one.pence and own[column].type.kind is Kind.MONEY else own[column].unit
        form = forms.get(column, own[column].format)
        fields[column] = replace(own[column], name=one.text, column=one.text, unit=unit, format=form)
    return fields


def _check_key(key: Sequence[str], file: InputFile) -> None:
    if not key:
        name = next(field.column for field in spell().fields if field.key)
        help = f"It tells the rows apart. Add it, or name its column as docs/claim_files.md lists for {name}."
        raise problem("missing-columns", f"{file.name} has no column for {name}", SPELL, file.name, help, missing=[name])


# --- how dates are written --------------------------------------------------------------------------------------------


def _forms(columns: Sequence[Heading], opened: Opened, file: InputFile) -> Iterator[str]:
    """The form in which each column of dates is written, by its first cells."""
    chunk = next(opened.chunks([one.position for one in columns]), None) if columns else None
    for i, one in enumerate(columns):
        cells = chunk.cells[i] if chunk and chunk.lines else ()
        texts = [cell for cell in cells[:LOOKED_AT] if isinstance(cell, str) and trimmed(cell)]
        form = max(FORMS, key=lambda form: _readable(texts, form))
        if max(_readable(texts, first) for first in MONTH_FIRST) > _readable(texts, form):
            message = f"{file.name}: the dates of {shown(one.text)} are written with the month first"
            raise problem("wrong-kind", message, SPELL, file.name, "Write them as 2017-04-01, or with the day first.")
        yield form


def _readable(texts: Sequence[str], form: str) -> int:
    read = date_reader(form)
    return sum(not isinstance(read(text), Unreadable) for text in texts)


# --- what is told -----------------------------------------------------------------------------------------------------


def _said(headings: Sequence[Heading], found: Mapping[str, Heading], fields: Mapping[str, Field]) -> Said:
    used = {one.position for one in found.values()}
    unused = [shown(one.text) for one in headings if one.position not in used and one.text]
    absent = [field for field in spell().fields if field.column not in found]
    near = {field.column: get_close_matches(field.column, unused, n=1, cutoff=0.75) for field in absent}
    return Said(
        {column: fields[column].column for column in found},
        [_named(f.column, near[f.column]) for f in absent if not f.optional],
        [_named(f.column, near[f.column]) for f in absent if f.optional],
        unused,
        [f"{f.column} is in pence" for f in fields.values() if f.unit == "pence"]
        + [f"{f.column} is written {f.format}" for f in fields.values() if f.format],
    )


def _named(column: str, near: Sequence[str]) -> str:
    return f"{column} (perhaps {near[0]})" if near else column
