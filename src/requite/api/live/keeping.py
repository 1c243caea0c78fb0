"""The rows that stand, or stood at a moment, found by what they have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, insert, or_, select, update
from sqlalchemy.orm import Session

from requite.api.live.rows import Cells, Found, Linked, RowsAtHand, parts, row_of
from requite.api.live.version import LiveVersion
from requite.api.store.inserting import insert_all
from requite.api.store.schema import LiveLink, LiveRow, table_of
from requite.engine.live.windows import Days, Links
from requite.engine.rows import Row

ROWS: Final = table_of(LiveRow).c
LINKS: Final = table_of(LiveLink).c
COLUMNS: Final = (ROWS.id, ROWS.record, ROWS.key, ROWS.revision, ROWS.cancelled, ROWS.cells, ROWS.stored, ROWS.shape)


def found_of(answer: Any) -> Found:
    """A row in the store, from what COLUMNS select."""
    return Found(*answer)


def stood(at: Any) -> ColumnElement[bool]:
    """That a row stands; or, with a moment, that it stood then."""
    if at is None:
        return ROWS.superseded_at.is_(None)
    return and_(ROWS.received_at <= at, or_(ROWS.superseded_at.is_(None), ROWS.superseded_at > at))


# What is asked for with every claim is put together once: that takes several times as long as to run it.

OF_RECORD: Final = select(*COLUMNS).where(
    ROWS.org == bindparam("org"), ROWS.ruleset == bindparam("ruleset"), ROWS.record == bindparam("record")
)
STANDING: Final = OF_RECORD.where(ROWS.key.in_(bindparam("keys", expanding=True)))
STANDING_NOW: Final = STANDING.where(stood(None))
STANDING_THEN: Final = STANDING.where(stood(bindparam("at")))


def _linked(at: Any) -> Select[Any]:
    return (
        select(LINKS.hash, LINKS.row)
        .join(table_of(LiveRow), ROWS.id == LINKS.row)
        .where(
            LINKS.org == bindparam("org"),
            LINKS.ruleset == bindparam("ruleset"),
            LINKS.hash.in_(bindparam("hashes", expanding=True)),
            stood(at),
            ROWS.cancelled.is_(False),
        )
        .order_by(LINKS.row)
    )


LINKED_NOW: Final = _linked(None)
LINKED_THEN: Final = _linked(bindparam("at"))
# Ids that this organisation's own statements gave. Were it named again, SQLite would go through all that it has.
BY_ID: Final = select(*COLUMNS).where(ROWS.id.in_(bindparam("ids", expanding=True)))
LINKS_OF: Final = select(LINKS.row, LINKS.hash, LINKS.day, LINKS.other_day).where(LINKS.row.in_(bindparam("ids", expanding=True)))
NEW_ROWS: Final = insert(table_of(LiveRow)).returning(ROWS.key, ROWS.id)
SUPERSEDED: Final = (
    update(table_of(LiveRow)).where(ROWS.id.in_(bindparam("ids", expanding=True))).values(superseded_at=bindparam("at"))
)


def standing(
    session: Session, org: str, ruleset: str, record: str, keys: Iterable[str], at: datetime | None = None
) -> dict[str, Found]:
    """The last revision of each of these rows, by its key; among them the cancelled ones."""
    found: dict[str, Found] = {}
    for some in parts(keys):
        asked = {"org": org, "ruleset": ruleset, "record": record, "keys": some}
        answers = session.execute(STANDING_NOW, asked) if at is None else session.execute(STANDING_THEN, {**asked, "at": at})
        found |= {answer.key: found_of(answer) for answer in answers}
    return found


@dataclass(eq=False)
class StoredRows:
    """What a claim is decided with: the rows of an organisation's ruleset that stand, or stood at a moment.

    A row is one and the same however it is found. Those of a transaction that may yet be undone are only held here.
    """

    session: Session
    org: str
    version: LiveVersion
    at_hand: RowsAtHand
    at: datetime | None = None
    _rows: dict[int, Linked | None] = field(default_factory=dict)
    _linked: dict[str, Sequence[Row]] = field(default_factory=dict)

    def put(self, id: int, row: Row, links: Links) -> None:
        """Hold a row that was just written."""
        self._rows[id] = Linked(row, links)

    def linked(self, hashes: Collection[str]) -> Mapping[str, Sequence[Row]]:
        wanted = [hash for hash in dict.fromkeys(hashes) if hash not in self._linked]
        if wanted:
            self._seek(wanted)
        return {hash: self._linked[hash] for hash in hashes}

    def _seek(self, hashes: Sequence[str]) -> None:
        there: dict[str, list[int]] = {hash: [] for hash in hashes}
        for some in parts(hashes):
            asked = {"org": self.org, "ruleset": self.version.ruleset, "hashes": some}
            wanted = (LINKED_NOW, asked) if self.at is None else (LINKED_THEN, {**asked, "at": self.at})
            for hash, id in self.session.execute(*wanted):
                there[hash].append(id)
        rows = self._read({id for ids in there.values() for id in ids})
        for hash, ids in there.items():
            found = (rows[id] for id in dict.fromkeys(ids))
            # A link that another version made may not be this one's.
            self._linked[hash] = tuple(one.row for one in found if one is not None and hash in one.links)

    def row(self, found: Found) -> Row | None:
        """A row that was found otherwise, as the version reads it; None where it cannot."""
        if found.id not in self._rows:
            held = self.at_hand.some(self.version.id, [found.id])
            self._take(held or {found.id: self._made(found)}, new=not held)
        linked = self._rows[found.id]
        return None if linked is None else linked.row

    def _read(self, ids: Collection[int]) -> Mapping[int, Linked | None]:
        self._take(self.at_hand.some(self.version.id, ids - self._rows.keys()), new=False)
        for some in parts(sorted(ids - self._rows.keys())):
            answers = self.session.execute(BY_ID, {"ids": some})
            self._take({answer.id: self._made(found_of(answer)) for answer in answers}, new=True)
        return self._rows

    def _take(self, rows: Mapping[int, Linked | None], new: bool) -> None:
        self._rows |= rows
        if new:
            self.at_hand.keep(self.version.id, rows)

    def _made(self, found: Found) -> Linked | None:
        row = row_of(found, self.version)
        return None if row is None else Linked(row, self.version.engine.links(row))


@dataclass(frozen=True, eq=False)
class Beside:
    """Rows that nobody keeps, laid beside those that stand, in the place of those with their keys."""

    stored: StoredRows
    rows: Sequence[Linked]
    instead: frozenset[tuple[str, tuple[Any, ...]]]
    """The records and keys of the rows that these take the place of: by the key that a row goes by."""

    def linked(self, hashes: Collection[str]) -> Mapping[str, Sequence[Row]]:
        own: dict[str, list[Row]] = defaultdict(list)
        for one in self.rows:
            for hash in one.links:
                own[hash].append(one.row)
        kept = {
            hash: [row for row in rows if (row.record, row.key) not in self.instead]
            for hash, rows in self.stored.linked(hashes).items()
        }
        return {hash: [*kept[hash], *own[hash]] for hash in hashes}


# --- writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arriving:
    """A row to be kept: as it was sent, as it was read, and what it takes the place of."""

    key: str
    cells: Cells
    row: Row | None
    """None for a row that is taken back."""
    before: Found | None
    stored: str
    links: Links

    @property
    def revision(self) -> int:
        return self.before.revision + 1 if self.before is not None else 1


@dataclass(frozen=True, slots=True)
class Stamp:
    """Whose rows they are, who sent them, and when."""

    org: str
    ruleset: str
    record: str
    shape: str
    by: str
    moment: datetime


def write_rows(session: Session, stamp: Stamp, rows: Sequence[Arriving]) -> list[int]:
    """Keep rows, each as the next revision of its key, with its links; gives their ids."""
    if not rows:
        return []
    before = [row.before.id for row in rows if row.before is not None]
    for some in parts(before):
        session.execute(SUPERSEDED, {"ids": some, "at": stamp.moment})
    made: dict[str, int] = {}
    for values in parts(_values(stamp, row) for row in rows):
        made.update((key, id) for key, id in session.execute(NEW_ROWS, values))
    ids = [made[row.key] for row in rows]
    add_links(session, stamp.org, stamp.ruleset, {id: row.links.items() for id, row in zip(ids, rows, strict=True)})
    return ids


def _values(stamp: Stamp, row: Arriving) -> dict[str, Any]:
    return {
        "org": stamp.org,
        "ruleset": stamp.ruleset,
        "record": stamp.record,
        "key": row.key,
        "revision": row.revision,
        "cells": dict(row.cells),
        "stored": row.stored,
        "shape": stamp.shape,
        "cancelled": row.row is None,
        "received_at": stamp.moment,
        "superseded_at": None,
        "sent_by": stamp.by,
    }


Link = tuple[str, Days]
"""A hash by which a row is found, and its days."""


def _hash(link: Link) -> str:
    return link[0]


def add_links(session: Session, org: str, ruleset: str, links: Mapping[int, Collection[Link]]) -> None:
    """Keep by what rows are found."""
    made = [
        {"org": org, "ruleset": ruleset, "hash": hash, "row": id, "day": day, "other_day": other}
        for id, own in links.items()
        for hash, (day, other) in sorted(own, key=_hash)
    ]
    insert_all(session, LiveLink, made)


def links_of(session: Session, ids: Iterable[int]) -> dict[int, set[Link]]:
    """By what rows are found, as it is kept: rows of one organisation, whose ids its own statements gave."""
    found: dict[int, set[Link]] = defaultdict(set)
    for some in parts(ids):
        for id, hash, *days in session.execute(LINKS_OF, {"ids": some}):
            found[id].add((hash, (days[0], days[1])))
    return found
