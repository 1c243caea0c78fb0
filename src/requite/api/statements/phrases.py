"""The author's words made easier to read: names without underscores, dates in full."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from requite.dsl import program as core
from requite.dsl.types import Kind, Type
from requite.engine.wording import show_as

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_NAME = re.compile(r'"[^"]*"|(?:[^\s";]*[/\\])?(?P<file>[^\s/\\";]+)(?= line [0-9])|\b\w+\b')
"""What stands in quotation marks, the place of a row, and names."""


def plainly(text: str) -> str:
    """Names without their underscores, and files without their folders; what stands in quotation marks stays."""
    return _NAME.sub(lambda m: m["file"] or (m[0] if m[0].startswith('"') else m[0].replace("_", " ")), text)


def day(date_: date) -> str:
    """A date as a letter has it: 1 April 2004."""
    return f"{date_.day} {MONTHS[date_.month - 1]} {date_.year}"


def between(period: tuple[date, date]) -> str:
    """A period as a letter has it: 1 April 2004 to 31 March 2005."""
    return f"{day(period[0])} to {day(period[1])}"


def brief(value: Fraction, type_: Type, currency: str) -> str:
    """A value for a chart or a table: percentages, ratios and numbers to two decimals, amounts as they are."""
    if type_.kind is Kind.MONEY:
        return show_as(value, type_, currency)
    unit = Fraction(1, 10_000) if type_.kind is Kind.PERCENT else Fraction(1, 100)
    shown = show_as(round(value / unit) * unit, type_, currency)
    return shown if value % unit == 0 else f"about {shown}"


def once(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Texts in their order, each once and none empty."""
    return tuple(dict.fromkeys(text for text in texts if text))


def clause_words(text: str) -> str:
    """A clause as a sentence's part, its comments gone."""
    return plainly(" ".join(text.split()))


def heading(name: str) -> str:
    """A name as a heading: few_follow_ups becomes Few follow ups."""
    said = plainly(name)
    return said[:1].upper() + said[1:]


def short_reason(reason: str, clauses: Iterable[str], called: Mapping[str, str]) -> str:
    """Why an amount is what it is, without repeating the clause that gave it; `called` are the titles of markers by their names."""
    for clause in clauses:
        reason = reason.removeprefix(f"{clause}: ")
    name = reason.removesuffix(" is not so")
    return f"not met: {called[name]}" if name in called else plainly(reason).replace(" is not so", " is not met")


def marker_titles(record: str, program: core.Program) -> dict[str, str]:
    """The titles of a record's markers by what their author calls them."""
    markers = (c for c in program.columns.values() if c.record == record and c.kind is core.ColumnKind.MARKER)
    return {column.label: column.title for column in markers if column.title}


def scheme_title(name: str, program: core.Program) -> str:
    """What a scheme is called; nothing where there is none."""
    scheme = program.schemes.get(name)
    return (scheme.title or heading(scheme.name)) if scheme is not None else ""


def titles(program: core.Program) -> dict[str, str]:
    """What each rule is called: its title, or its own name."""
    called = {name: rule.title or heading(rule.label) for name, rule in program.payments.items()}
    called |= {name: heading(share.label or name.rpartition(".")[2]) for name, share in program.shares.items()}
    called |= {name: check.title or heading(name) for name, check in program.checks.items()}
    return called
