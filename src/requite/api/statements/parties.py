"""Who a statement is for: what a payee or respondent in the results stands for, and what names their files get."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, islice
from typing import Final

from requite.api.statements.model import Party
from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.wording import joined, parted

LONGEST: Final = 60
"""Letters of a file's name."""

MOST_READINGS: Final = 1_000
"""Ways in which the name of a row is read as a key of several parts."""


def noun_of(record: str, program: core.Program) -> str:
    """What a row of a record is called: the record's own name, without that of the ruleset it came from where that is clear."""
    own = record.rpartition(".")[2]
    same = [name for name in program.records if name.rpartition(".")[2] == own]
    return own if len(same) == 1 else record


def party_of(to: core.PaidTo, text: str, program: core.Program) -> Party:
    """Who is meant by the payee or respondent of a rule, given the text that stands for them in the results."""
    if to.value is None:
        return Party("", to.name, to.title)
    if to.value.type.kind is Kind.ROW:
        return Party(noun_of(to.value.type.record, program), text)
    # A text is named by the field that it stands in: `practice: text` is the practice that a record of that name is.
    named = to.value.field if isinstance(to.value, core.FieldRead) else "payee"
    return Party(named, text)


def paid_records(program: core.Program) -> dict[str, str]:
    """The records whose rows are paid, charged or asked, each with its noun."""
    to = [rule.payee for rule in program.payments.values()]
    to += [check.challenge.respondent for check in program.checks.values() if check.challenge is not None]
    records = [one.value.type.record for one in to if one.value is not None and one.value.type.kind is Kind.ROW]
    records += [share.range.record for share in program.shares.values() if share.scheme]
    return {record: noun_of(record, program) for record in dict.fromkeys(records)}


def payees(program: core.Program) -> Mapping[str, core.PaidTo | str]:
    """By the name of each payment and share: who it goes to; of a share, the record of the rows that it is shared among."""
    found: dict[str, core.PaidTo | str] = {name: rule.payee for name, rule in program.payments.items()}
    return found | {name: share.range.record for name, share in program.shares.items() if share.scheme}


def payee_party(to: core.PaidTo | str, text: str, program: core.Program) -> Party:
    """Who a payment or a share went to."""
    return Party(noun_of(to, program), text) if isinstance(to, str) else party_of(to, text, program)


# --- keys ---------------------------------------------------------------------------------------------------------------


def key_parts(record: str, key: str, program: core.Program) -> tuple[str, ...]:
    """The parts of a row's key, given as the results have it."""
    return (key,) if _width(record, program) == 1 else parted(key)


def called(record: str, key: str, program: core.Program) -> str:
    """What a row is called where it is paid or asked, given its key as the results have it."""
    return ", ".join(key_parts(record, key, program))


def keys_called(record: str, code: str, program: core.Program) -> Iterator[str]:
    """The keys, as the results have them, that rows called so may have."""
    width, words = _width(record, program), code.split(", ")
    for cuts in islice(combinations(range(1, len(words)), width - 1), MOST_READINGS):
        ends = zip((0, *cuts), (*cuts, len(words)), strict=True)
        yield joined([", ".join(words[start:end]) for start, end in ends])


def _width(record: str, program: core.Program) -> int:
    """How many parts the key of a record has."""
    declared = program.records.get(record)
    if declared is None:
        return 1
    types = [declared.field(name).type for name in declared.key]
    return sum(_width(type_.record, program) if type_.kind is Kind.ROW else 1 for type_ in types) or 1


# --- files ------------------------------------------------------------------------------------------------------------


def slug(text: str) -> str:
    """A text as part of a file's name: letters, digits and dashes, whatever stood in it."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:LONGEST].rstrip("-")


def file_names(parties: Iterable[Party]) -> dict[Party, str]:
    """A file's name for each party, without its ending: no two alike, even where capitals are the same as small letters."""
    taken, names = {"index"}, dict[Party, str]()
    for party in parties:
        wanted = slug(f"{party.noun}-{party.code}" if party.noun else f"payee-{party.code}") or "payee"
        name, number = wanted, 2
        while name.casefold() in taken:
            name, number = f"{wanted}-{number}", number + 1
        taken.add(name.casefold())
        names[party] = name
    return names
