"""The rows that stand, or stood at a moment, found by what they have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, insert, or_, select, update
from sqlalchemy.orm import Session

from requite.api.live.rows import TOGETHER, Cells, Found, Linked, RowsAtHand, parts, row_of
from requite.api.live.version import LiveVersion
from requite.api.store.schema import Base, LiveLink, LiveRow
from requite.engine.rows import Row

COLUMNS: Final = (
    LiveRow.id,
    LiveRow.record,
    LiveRow.key,
    LiveRow.revision,
    LiveRow.cancelled,
    LiveRow.cells,
    LiveRow.stored,
    LiveRow.shape,
)


def found_of(answer: Any) -> Found:
    """A row in the store, from what COLUMNS select."""
    return Found(*answer)


def stood(at: datetime | None) -> ColumnElement[bool]:
    """That a row stands; or, with a moment, that it stood then."""
    if at is None:
        return LiveRow.superseded_at.is_(None)
    return and_(LiveRow.received_at <= at, or_(LiveRow.superseded_at.is_(None), LiveRow.superseded_at > at))


def standing(
    session: Session, org: str, ruleset: str, record: str, keys: Iterable[str], at: datetime | None = None
) -> dict[str, Found]:
    """The last revision of each of these rows, by its key; among them the cancelled ones."""
    found: dict[str, Found] = {}
    for some in parts(keys):
        wanted = select(*COLUMNS).where(
            LiveRow.org == org, LiveRow.ruleset == ruleset, LiveRow.record == record, LiveRow.key.in_(some), stood(at)
        )
        found |= {answer.key: found_of(answer) for answer in session.execute(wanted)}
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

    def put(self, id: int, row: Row, links: frozenset[str]) -> None:
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
            for hash, id in self.session.execute(
                select(LiveLink.hash, LiveLink.row)
                .join(LiveRow, LiveRow.id == LiveLink.row)
                .where(
                    LiveLink.org == self.org,
                    LiveLink.ruleset == self.version.ruleset,
                    LiveLink.hash.in_(some),
                    stood(self.at),
                    LiveRow.cancelled.is_(False),
                )
                .order_by(LiveLink.row)
            ):
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
            wanted = select(*COLUMNS).where(LiveRow.org == self.org, LiveRow.id.in_(some))
            self._take({answer.id: self._made(found_of(answer)) for answer in self.session.execute(wanted)}, new=True)
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
    links: frozenset[str]

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
        session.execute(update(LiveRow).where(LiveRow.id.in_(some)).values(superseded_at=stamp.moment))
    write_all(session, LiveRow, [_values(stamp, row) for row in rows])
    ids = _ids(session, stamp, rows)
    add_links(session, stamp.org, stamp.ruleset, {id: row.links for id, row in zip(ids, rows, strict=True)})
    return ids


def _ids(session: Session, stamp: Stamp, rows: Sequence[Arriving]) -> list[int]:
    """The ids of rows that were just written: asked for by their keys, many at a time, as no database gives them in order."""
    found: dict[str, int] = {}
    for some in parts(row.key for row in rows):
        named = (LiveRow.org == stamp.org, LiveRow.ruleset == stamp.ruleset, LiveRow.record == stamp.record)
        wanted = select(LiveRow.key, LiveRow.id).where(*named, LiveRow.key.in_(some), LiveRow.superseded_at.is_(None))
        found.update((row.key, row.id) for row in session.execute(wanted))
    return [found[row.key] for row in rows]


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


def write_all(session: Session, kind: type[Base], values: Sequence[Mapping[str, Any]]) -> None:
    """Write many rows of one table whose ids nobody needs to know."""
    table = kind.__table__
    assert isinstance(table, Table)
    session.execute(insert(table), values)


def add_links(session: Session, org: str, ruleset: str, links: Mapping[int, Collection[str]]) -> None:
    """Keep the hashes by which rows are found."""
    made = [{"org": org, "ruleset": ruleset, "hash": hash, "row": id} for id, own in links.items() for hash in sorted(own)]
    if made:
        write_all(session, LiveLink, made)


def links_of(session: Session, org: str, ids: Iterable[int]) -> dict[int, set[str]]:
    """The hashes by which rows are found, as they are kept."""
    found: dict[int, set[str]] = defaultdict(set)
    for some in parts(ids, TOGETHER):
        for id, hash in session.execute(select(LiveLink.row, LiveLink.hash).where(LiveLink.org == org, LiveLink.row.in_(some))):
            found[id].add(hash)
    return found
