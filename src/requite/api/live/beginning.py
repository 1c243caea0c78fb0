"""How every transaction of live claims begins: its turn, its moment, the version in force, and rows that this version can read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import CompoundSelect, Select, bindparam, func, select, union_all, update
from sqlalchemy.orm import Session

from requite.api.live.desk import LiveDesk, NotReadyError
from requite.api.live.keeping import OF_RECORD, ROWS, Link, add_links, found_of, links_of, stood
from requite.api.live.resting import ENDS_OF_VERSIONS, WAITS
from requite.api.live.rows import UNREAD, Found, read_again
from requite.api.live.version import LiveVersion
from requite.api.service.problems import Problem
from requite.api.store.database import Database, day_of, take_turn
from requite.api.store.schema import Decision, LiveRow, Organisation, table_of
from requite.api.store.versions import IN_FORCE, in_force_id

T = TypeVar("T")

SOME_ROWS: Final = 1_000
"""Rows that are made ready for another version in one transaction."""

MOST_ROUNDS: Final = 20
"""Such transactions of one request, and versions that it makes ready; whoever comes later goes on."""

TICK: Final = timedelta(microseconds=1)


class NotPreparedError(Exception):
    """That rows have to be read again for the version in force before it can decide."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A transaction that has its turn. `moment` comes after all that was kept before, `today` is the day by the clock.

    `waits` says whether claims waited to be decided again when it began; `alone` that no decision stands by another version.
    """

    version: LiveVersion
    moment: datetime
    today: date
    waits: bool
    alone: bool


def turn_of(ruleset: str) -> str:
    return f"live {ruleset}"


def begin(session: Session, desk: LiveDesk, org: str, ruleset: str) -> Begun:
    """Wait for the turn, and find out what is in force; NotReadyError or NotPreparedError where something is to be done first."""
    take_turn(session, org, turn_of(ruleset))
    stands = _how_it_stands(session, org, ruleset)
    version = _at_hand(desk, org, ruleset, stands)
    if _unprepared(session, org, version):
        raise NotPreparedError(ruleset)
    return Begun(version, stands.moment, day_of(stands.now), stands.waits, stands.versions <= {version.id})


@dataclass(frozen=True, slots=True)
class Stands:
    """How a ruleset stands when a transaction begins: by its clock, after all that was kept; what is in force, and what waits.

    `versions` are the first and the last of those by which decisions stand.
    """

    now: datetime
    moment: datetime
    in_force: str | None
    waits: bool
    versions: frozenset[str]


def _at_hand(desk: LiveDesk, org: str, ruleset: str, stands: Stands) -> LiveVersion:
    """The version in force today; a problem where there is none."""
    if stands.in_force is None:
        help = f"Publish a version, have it approved, and POST /rulesets/{ruleset}/in-force." if ruleset.isidentifier() else ""
        raise Problem(409, "not-in-force", f"no version of this ruleset is in force on {day_of(stands.now)}", help)
    return desk.at_hand(org, stands.in_force)


def _last(kind: type[Decision | LiveRow], moment: str) -> Any:
    of = table_of(kind).c
    return select(func.max(of[moment])).where(of.org == bindparam("org"), of.ruleset == bindparam("ruleset")).scalar_subquery()


OF: Final = table_of(Organisation).c
# Asked for at every request: as one statement, put together once.
STANDS: Final = select(
    OF.clock,
    _last(LiveRow, "received_at"),
    _last(Decision, "decided_at"),
    IN_FORCE.scalar_subquery(),
    WAITS.scalar_subquery(),
    *(one.scalar_subquery() for one in ENDS_OF_VERSIONS),
).where(OF.id == bindparam("org"))


def _how_it_stands(session: Session, org: str, ruleset: str) -> Stands:
    """What the organisation takes for now, a moment after all others of the ruleset, though its clock stand still, and the rest."""
    now = datetime.now(UTC)
    found: Any = session.execute(STANDS, {"org": org, "ruleset": ruleset, "on": day_of(now), "known": now}).one()
    clock, received, decided, version, waiting, *versions = found
    if clock is not None:
        now, version = clock, in_force_id(session, org, ruleset, day_of(clock), clock)
    moment = max([now, *(last + TICK for last in (received, decided) if last is not None)])
    return Stands(now, moment, version, waiting is not None, frozenset(one for one in versions if one is not None))


def run(database: Database, desk: LiveDesk, org: str, ruleset: str, do: Callable[[Session, Begun], T], writing: bool = True) -> T:
    """Do something in a transaction that has begun so; what it needs first is made ready, outside of it.

    Where so many rows are to be read again that it would take too long, the caller is asked to come again.
    """
    rounds = 0
    while True:
        try:
            with database.writing() if writing else database.reading() as session:
                begun = begin(session, desk, org, ruleset)
                return do(session, begun)
        except NotReadyError as wanted:
            rounds = _one_more(rounds)
            desk.make_ready(database, wanted)
        except NotPreparedError:
            rounds = _one_more(rounds)
            prepare_some(database, desk, org, ruleset)


def _one_more(rounds: int) -> int:
    if rounds < MOST_ROUNDS:
        return rounds + 1
    raise Problem(
        503,
        "being-prepared",
        "another version came into force, and the rows that are there are still being read for it",
        "Send the request again in a moment: nothing of it was done.",
        headers={"Retry-After": "1"},
    ) from None


# --- rows for another version -----------------------------------------------------------------------------------------


def _unprepared(session: Session, org: str, version: LiveVersion) -> bool:
    """Whether rows stand that were read for a version with another shape."""
    asked: dict[str, str] = {"org": org, "ruleset": version.ruleset}
    for number, record in enumerate(sorted(version.engine.records)):
        asked |= {f"record{number}": record, f"shape{number}": version.shape(record)}
    return session.execute(any_otherwise_read(len(version.engine.records)), asked).first() is not None


def _both_sides(read: Select[Any], shape: Any) -> tuple[Select[Any], Select[Any]]:
    """Rows of any other shape: with `!=`, or `or`, SQLite would go through all rows of the record."""
    return read.where(ROWS.shape < shape), read.where(ROWS.shape > shape)


OTHERWISE_READ: Final = union_all(*_both_sides(OF_RECORD.where(stood(None)), bindparam("shape"))).limit(bindparam("most"))


@cache
def any_otherwise_read(records: int) -> CompoundSelect[Any]:
    """Of so many records any row that was read for another shape: one statement, as it is asked at every request."""
    own = (ROWS.org == bindparam("org"), ROWS.ruleset == bindparam("ruleset"), stood(None))
    every = [select(ROWS.id).where(*own, ROWS.record == bindparam(f"record{number}")) for number in range(records)]
    sides = [side for number, read in enumerate(every) for side in _both_sides(read, bindparam(f"shape{number}"))]
    return union_all(*sides).limit(1)


def _otherwise_read(session: Session, org: str, version: LiveVersion, record: str, most: int) -> Sequence[Any]:
    """Some of the rows that stand and were read for another shape."""
    asked = {"org": org, "ruleset": version.ruleset, "record": record, "shape": version.shape(record), "most": most}
    return session.execute(OTHERWISE_READ, asked).all()


def prepare_some(database: Database, desk: LiveDesk, org: str, ruleset: str, most: int = SOME_ROWS) -> int:
    """Read some rows again for the version in force, from what was sent, and link them as it relates them; says how many.

    Whoever needs them does this, a few at a time: the links that they had are kept, so that what was decided before is explained
    as it was.
    """
    try:
        with database.writing() as session:
            take_turn(session, org, turn_of(ruleset))
            version = _at_hand(desk, org, ruleset, _how_it_stands(session, org, ruleset))
            for record in sorted(version.engine.records):
                found = [found_of(row) for row in _otherwise_read(session, org, version, record, most)]
                if found:
                    _prepare(session, org, version, found)
                    return len(found)
    except NotReadyError as needed:
        desk.make_ready(database, needed)
        return prepare_some(database, desk, org, ruleset, most)
    return 0


READ_AGAIN: Final = (
    update(table_of(LiveRow)).where(ROWS.id == bindparam("row")).values(stored=bindparam("text"), shape=bindparam("as"))
)


def _prepare(session: Session, org: str, version: LiveVersion, found: Sequence[Found]) -> None:
    engine, shape = version.engine, version.shape(found[0].record)
    there = [one for one in found if not one.cancelled]
    linked = links_of(session, [one.id for one in there])
    stored = {one.id: UNREAD for one in found}
    links: dict[int, set[Link]] = {}
    for one, row in zip(there, read_again(there, version), strict=True):
        if not isinstance(row, str):
            stored[one.id] = engine.stored(row)
            links[one.id] = engine.links(row).items() - linked.get(one.id, set())
    values = [{"row": id, "text": text, "as": shape} for id, text in stored.items()]
    session.execute(READ_AGAIN, values)
    add_links(session, org, version.ruleset, links)
