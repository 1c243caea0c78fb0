"""Rows that were sent, as a version reads them; and why not, for those that it cannot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from requite.api.live.rows import Cells, key_of, placeless
from requite.api.live.version import LiveVersion
from requite.api.service.problems import Problem
from requite.api.store.schema import KEY
from requite.engine.reading.problems import DataError
from requite.engine.rows import Row

SHOWN = 80
"""Letters of a key that a reject shows."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A row that was not taken in, by its place among those sent, and why."""

    index: int
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A row that could be read: its place among those sent, and the key that it goes by."""

    index: int
    row: Row
    key: str


def read_rows(version: LiveVersion, record: str, rows: Sequence[Cells]) -> tuple[list[Sent], list[NotTaken]]:
    """Rows as a version reads them, and those that it cannot; a problem where none can be, such as where a column is missing."""
    declared = version.engine.program.records[record]
    try:
        read = version.engine.read(record, rows)
    except DataError as error:
        raise Problem(422, "cannot-read", "the rows cannot be read", errors=error.problems) from None
    rejected = [NotTaken(index, reject.field, reject.value, reject.reason) for index, reject in read.rejects]
    found: list[Sent] = []
    for index, row in read.rows:
        key = key_of(declared, row)
        if len(key) > KEY:
            rejected.append(NotTaken(index, ", ".join(declared.key), key[:SHOWN] + "…", f"a key has at most {KEY} letters"))
        else:
            found.append(Sent(index, placeless(row, declared, key), key))
    return found, sorted(rejected, key=lambda one: one.index)


def claim_record(version: LiveVersion, named: str | None) -> str:
    """The record whose claims are sent: the one named, else the only one that is checked live."""
    engine = version.engine
    there = ", ".join(sorted(engine.claims)) or "none"
    if named is None:
        if len(engine.claims) == 1:
            return next(iter(engine.claims))
        why = "; ".join(f"{check} {reason}" for check, reason in engine.waiting.items())
        help = f"Name one of: {there}." if engine.claims else f"What its checks wait for: {why or 'it has no checks'}."
        raise Problem(422, "which-record", "the ruleset does not say by itself which record's claims these are", help)
    if named not in engine.claims:
        help = f"Its claims are: {there}. Other rows go to POST /estimates."
        raise Problem(422, "unknown-record", f"no check of the ruleset is decided live for {named[:SHOWN]}", help)
    return named


def other_record(version: LiveVersion, named: str) -> str:
    """A record whose rows claims are laid beside."""
    engine = version.engine
    if named in engine.claims:
        raise Problem(422, "these-are-claims", f"the rows of {named} are claims", "Send them to POST /claims.")
    if named not in engine.records:
        there = ", ".join(sorted(engine.records - engine.claims)) or "none"
        raise Problem(422, "unknown-record", f"the ruleset's live checks read no record {named[:SHOWN]}", f"They read: {there}.")
    return named
