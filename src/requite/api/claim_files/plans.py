"""How a claim file is read: the columns that are taken, what makes a row incoherent, and what is written of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

from requite.dsl.load import check_text
from requite.dsl.program import Program, Record
from requite.dsl.types import Kind
from requite.engine.columnar.reading.names import literal, quoted
from requite.engine.reading.files import InputFile

SPELL: Final = "spell"
RECORDS: Final = "rulesets/claims/records.md"

SOURCE_LINE: Final = "Source Line"
"""The column that says on which line of the imported file a row stood."""

NO_DATES: Final = ("1582-10-15", "1600-01-01", "1800-01-01", "1801-01-01")
"""The dates that Hospital Episode Statistics write where a date is not known, or is no date."""

OLDEST: Final = 130


@dataclass(frozen=True, slots=True)
class Fault:
    """What makes a row incoherent: the fields that say so, the first of them the one at fault, and why, in words after it.

    The condition is SQL over the fields by name; a number without its decimals goes by `whole` of its name.
    """

    fields: tuple[str, ...]
    condition: str
    reason: str


@dataclass(frozen=True, slots=True)
class Written:
    """A column that is written: its heading, its kind, and its value in SQL or, where it is only copied, the field it is from."""

    heading: str
    kind: Kind
    field: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a user is told of the columns: of each that is written what it comes from, and what is missing or left out."""

    taken: Mapping[str, str]
    missing: Sequence[str] = ()
    optional: Sequence[str] = ()
    unused: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Plan:
    """How one file is read and written. `record` has the columns of the file as fields, under the names that they have there.

    `absent` are fields that the faults and values speak of and the file has not. `hidden` are those whose values tell who a patient
    is: no message repeats them.
    """

    program: Program
    record: Record
    file: InputFile
    faults: Sequence[Fault]
    written: Sequence[Written]
    said: Said
    hidden: frozenset[str] = frozenset()
    absent: Mapping[str, Kind] = field(default_factory=dict)


def whole(name: str) -> str:
    """A number without its decimals, as the faults read it."""
    return quoted(f"{name} whole")


@cache
def target() -> Program:
    """The program that says what a spell is: what the claim checks read."""
    return compiled((files("requite") / RECORDS).read_text("utf-8"), RECORDS)


def compiled(text: str, name: str) -> Program:
    """A program that comes with Requite."""
    program, diagnostics = check_text(text, name)
    if program is None:
        raise ValueError(f"{name} does not check: {'; '.join(d.message for d in diagnostics)}")
    return program


def spell() -> Record:
    """The record of a spell, with its columns in their order."""
    return target().records[SPELL]


def stands_for_none(name: str) -> str:
    """Whether a date stands for none, in SQL."""
    days = ", ".join(f"DATE {literal(day)}" for day in NO_DATES)
    return f"{quoted(name)} IN ({days})"


def no_date(name: str) -> Fault:
    """A date that stands for none. No other fault is told of such a date."""
    return Fault((name,), stands_for_none(name), "is a date that stands for no date")


def before(later: str, earlier: str, why: str) -> Fault:
    """A day that comes before one that must come first."""
    return Fault((later, earlier), f"{quoted(later)} < {quoted(earlier)}", f"is before {earlier}: {why}")


def spell_faults(names: Mapping[str, str]) -> list[Fault]:
    """What makes a spell incoherent, given under what names its columns stand in the file."""
    admitted, discharged = names.get("PbR Spell Start Date"), names.get("PbR Spell End Date")
    age, stay = names.get("Age on Admission"), names.get("PbR Final Adjusted Length of Stay")
    faults = [no_date(name) for name in (admitted, discharged) if name]
    if admitted and discharged:
        faults.append(before(discharged, admitted, "discharged before being admitted"))
    if age:
        faults.append(Fault((age,), f"{whole(age)} > {OLDEST}", "is no age in years"))
    if stay:
        faults.append(Fault((stay,), f"{whole(stay)} < 0", "is less than no day"))
    if admitted and discharged and stay:
        longer = f"{whole(stay)} > {quoted(discharged)} - {quoted(admitted)} AND {quoted(discharged)} >= {quoted(admitted)}"
        faults.append(Fault((stay, admitted, discharged), longer, f"is longer than from {admitted} to {discharged}"))
    return faults
