"""Hospital Episode Statistics: an episode a line, without prices, made into the spells that its last episodes end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Final

from requite.api.claim_files.plans import Fault, Plan, Said, Written, before, compiled, no_date, spell, whole
from requite.dsl.program import Program, Record
from requite.engine.columnar.reading.names import literal, quoted
from requite.engine.reading.columns import folded, shown
from requite.engine.reading.files import InputFile, open_file

EPISODE: Final = "episode"
PATIENT: Final = ("PSEUDO_HESID", "TOKEN_PERSON_ID")
BABY: Final = (7001, 7007)
"""The codes for ages of less than a year."""

TOP_AGE: Final = 120
"""This age is written for it and for every greater one."""

WRITTEN: Final = {
    "Generated Record ID": '"EPIKEY"',
    "Hospital Provider Spell No": 'coalesce("PROVSPNO", "SUSRECID", "EPIKEY")',
    "NHS Number": 'coalesce("PSEUDO_HESID", "TOKEN_PERSON_ID")',
    "Age on Admission": f'CASE WHEN "age" BETWEEN {BABY[0]} AND {BABY[1]} THEN 0 ELSE "age" END',
    "GP Practice Code": '"GPPRAC"',
    "Referrer Code": '"REFERRER"',
    "Commissioner Code": 'coalesce("CCG_RESPONSIBILITY", "PURCODE")',
    "Provider Code": '"PROCODE3"',
    "Specialty Code": '"TRETSPEF"',
    "Patient Classification": '"CLASSPAT"',
    "Admission Method": '"ADMIMETH"',
    "Source of Admission": '"ADMISORC"',
    "Discharge Method": '"DISMETH"',
    "PbR Spell Start Date": '"ADMIDATE"',
    "PbR Spell End Date": '"DISDATE"',
    "Spell Core HRG": '"SUSHRG"',
}
"""What a column of a spell is in the columns of HES."""

UNKNOWN: Final = ("GPPRAC", "PROCODE3", "TRETSPEF", "ADMIMETH", "PURCODE")
"""Where & stands for a code that is not known, and a spell needs one."""


@cache
def program() -> Program:
    """The columns of HES from which a spell is made."""
    return compiled((files("requite.api.claim_files") / "hes.requite").read_text("utf-8"), "hes.requite")


def plan(file: InputFile) -> Plan:
    """How a HES extract is read; a column that it lacks and that is needed is told when it is read."""
    whole_record = program().records[EPISODE]
    there = {folded(f.column) for f in whole_record.fields}
    opened = open_file(file, lambda columns: sum(folded(column) in there for column in columns), EPISODE)
    headings = {folded(column) for column in opened.columns}
    fields = tuple(f for f in whole_record.fields if not f.optional or folded(f.column) in headings)
    record = replace(whole_record, fields=fields)
    absent = {f.name: f.type.kind for f in whole_record.fields if f not in fields}
    kinds = {field.column: field.type.kind for field in spell().fields}
    return Plan(
        replace(program(), records={EPISODE: record}),
        record,
        file,
        tuple(_faults()),
        [Written(heading, kinds[heading], value=_value(heading)) for heading in WRITTEN],
        _said(record, opened.columns),
        frozenset(PATIENT),
        absent,
    )


def _value(heading: str) -> str:
    return WRITTEN[heading].replace('"age"', f"coalesce({whole('ADMIAGE')}, {whole('STARTAGE')})")


def _said(record: Record, columns: tuple[str, ...]) -> Said:
    there = {field.column for field in record.fields}
    names = {folded(name) for name in there}
    taken = {
        heading: ", ".join(name for name in value.replace("age", 'ADMIAGE"STARTAGE').split('"')[1::2] if name in there)
        for heading, value in WRITTEN.items()
    }
    absent = [field for field in spell().fields if not taken.get(field.column)]
    return Said(
        taken,
        [field.column for field in absent if not field.optional],
        [field.column for field in absent if field.optional],
        [shown(column) for column in columns if folded(column) not in names],
        ["HES holds no prices: what it gives can be counted and matched, and no bill can be checked"],
    )


# --- what does not cohere ---------------------------------------------------------------------------------------------


def _faults() -> Iterator[Fault]:
    for name in ("ADMIDATE", "DISDATE", "EPISTART", "EPIEND"):
        yield no_date(name)
    yield from _unfinished()
    yield before("DISDATE", "ADMIDATE", "discharged before being admitted")
    yield before("EPIEND", "EPISTART", "the episode ends before it begins")
    yield before("EPISTART", "ADMIDATE", "the episode begins before the spell does")
    yield before("DISDATE", "EPIEND", "the episode ends after the spell does")
    yield from _edges()
    yield from _births()
    yield _stay("SPELDUR", "DISDATE", "ADMIDATE")
    yield _stay("EPIDUR", "EPIEND", "EPISTART")
    for name in UNKNOWN:
        yield Fault((name,), f"{quoted(name)} = '&'", "is &: the code is not known")
    yield Fault(PATIENT[:1], f"coalesce({', '.join(map(quoted, PATIENT))}) IS NULL", "is blank: nobody knows whose spell it is")
    yield Fault(("STARTAGE",), f"coalesce({whole('ADMIAGE')}, {whole('STARTAGE')}) IS NULL", "is blank")
    codes = 'coalesce("CCG_RESPONSIBILITY", "PURCODE") IS NULL'
    yield Fault(("PURCODE",), codes, "is blank, and there is no other commissioner")


def _unfinished() -> Iterator[Fault]:
    """Episodes that no spell has ended with: billing them would be billing a spell twice, or one that goes on."""
    ends = "upper(\"SPELEND\") IN ('Y', '1')"
    yield Fault(("SPELEND",), f"NOT {ends}", "says that this is not the last episode of its spell, and a spell is one line")
    yield Fault(("EPISTAT",), "\"EPISTAT\" = '1'", "says that the episode is not finished")
    yield Fault(
        ("DISMETH", "SPELEND"), f"\"DISMETH\" = '8' AND {ends}", "says that nobody was discharged, and SPELEND that the spell ended"
    )
    yield Fault(("DISDATE", "SPELEND"), f'"DISDATE" IS NULL AND {ends}', "is blank, and SPELEND says that the spell ended")


def _edges() -> Iterator[Fault]:
    """Spells that do not begin with their first episode, or end with their last."""
    first = f'{whole("EPIORDER")} = 1 AND "EPISTART" > "ADMIDATE"'
    yield Fault(("EPISTART", "ADMIDATE"), first, "is after ADMIDATE, though EPIORDER says that the episode is the first")
    last = 'upper("SPELEND") IN (\'Y\', \'1\') AND "EPIEND" < "DISDATE"'
    yield Fault(("EPIEND", "DISDATE"), last, "is before DISDATE, though SPELEND says that the episode is the last")


def _births() -> Iterator[Fault]:
    """Months of birth that are none, or come after the admission, or do not fit the age."""
    form = "regexp_full_match(\"MYDOB\", '(0[1-9]|1[0-2])[0-9]{4}')"
    years = ", ".join(literal(day[:4]) for day in ("1582", "1600", "1800", "1801"))
    known = f'{form} AND right("MYDOB", 4) NOT IN ({years})'
    yield Fault(("MYDOB",), f"NOT {form}", "is not a month and a year such as 031975")
    admitted = 'year("ADMIDATE") * 12 + month("ADMIDATE")'
    began = 'year("EPISTART") * 12 + month("EPISTART")'
    born = 'TRY_CAST(right("MYDOB", 4) AS INTEGER) * 12 + TRY_CAST(left("MYDOB", 2) AS INTEGER)'
    yield Fault(("MYDOB", "ADMIDATE"), f"{known} AND {born} > {admitted}", "is after ADMIDATE: born after being admitted")
    months = f"({began} - ({born}))"
    age = f"CASE WHEN {whole('STARTAGE')} BETWEEN {BABY[0]} AND {BABY[1]} THEN 0 ELSE {whole('STARTAGE')} END"
    # Of the birth only the month is known: in that month a birthday may have been, or be still to come.
    fits = f"({age} = {months} // 12 OR {age} = ({months} - 1) // 12 OR ({age} = {TOP_AGE} AND {months} // 12 >= {TOP_AGE}))"
    wrong = f"{known} AND {months} >= 0 AND NOT {fits}"
    yield Fault(("STARTAGE", "MYDOB", "EPISTART"), wrong, "is not the age of somebody born in MYDOB on EPISTART")
    yield Fault(
        ("STARTAGE",), f"{whole('STARTAGE')} > {TOP_AGE} AND {whole('STARTAGE')} NOT BETWEEN {BABY[0]} AND {BABY[1]}", "is no age"
    )


def _stay(days: str, end: str, start: str) -> Fault:
    wrong = f"{whole(days)} <> {quoted(end)} - {quoted(start)} AND {quoted(end)} >= {quoted(start)}"
    return Fault((days, start, end), wrong, f"is not the number of days from {start} to {end}")
