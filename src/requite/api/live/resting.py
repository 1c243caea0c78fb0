"""What each standing decision rests on, and so which claims a row concerns that arrives or goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy import Select, and_, bindparam, delete, func, insert, literal, or_, select
from sqlalchemy.orm import Session

from requite.api.live.keeping import Link
from requite.api.live.rows import parts
from requite.api.store.inserting import insert_all
from requite.api.store.schema import Decision, table_of
from requite.api.store.schema import Rests as Resting
from requite.engine.live.windows import LATER, Days, Rests, Span, Spans

Claim = tuple[str, str]
"""A claim's record and key."""

DUE: Final = "due"
"""In the place of a hash: the claim is to be decided again, as soon as there is time."""

RESTS: Final = table_of(Resting).c
OWN: Final = (RESTS.org == bindparam("org"), RESTS.ruleset == bindparam("ruleset"))
ON_HASHES: Final = (*OWN, RESTS.hash.in_(bindparam("hashes", expanding=True)))

# What is asked for with every claim is put together once: that takes several times as long as to run it.

DAYS: Final = (RESTS.first_day, RESTS.last_day, RESTS.other_first_day, RESTS.other_last_day)

# Nothing is put in order: SQLite would then go through all that is noted of a ruleset, because an index is in that order.
ON_DAYS: Final = (
    select(RESTS.record, RESTS.key, RESTS.hash, *DAYS)
    .where(
        *ON_HASHES,
        or_(
            RESTS.hash.in_(bindparam("undated", expanding=True)),
            and_(
                or_(RESTS.first_day.is_(None), RESTS.first_day <= bindparam("latest")),
                or_(RESTS.last_day.is_(None), RESTS.last_day >= bindparam("earliest")),
            ),
        ),
    )
    .limit(bindparam("most"))
)
OF_CLAIMS: Final = select(RESTS.id, RESTS.key, RESTS.hash, *DAYS).where(
    *OWN, RESTS.record == bindparam("record"), RESTS.key.in_(bindparam("keys", expanding=True))
)
GONE: Final = delete(table_of(Resting)).where(RESTS.id.in_(bindparam("ids", expanding=True)))


def concerned(session: Session, org: str, ruleset: str, links: Collection[Link], most: int) -> tuple[dict[Claim, Link], bool]:
    """Claims whose decision rests on rows with one of these links, each with one on which it does; and whether there may be more.

    `most` bounds what is looked at.
    """
    days: dict[str, list[Days]] = defaultdict(list)
    for hash, own in links:
        days[hash].append(own)
    found: dict[Claim, Link] = {}
    is_part = False
    for some in parts(sorted(days)):
        undated = [hash for hash in some if any(day is None for day, _ in days[hash])]
        every = [day for hash in some for day, _ in days[hash] if day is not None]
        within = {"undated": undated, "earliest": min(every, default=None), "latest": max(every, default=None)}
        asked = {"org": org, "ruleset": ruleset, "most": most, "hashes": some, **within}
        answers = session.execute(ON_DAYS, asked).all()
        is_part = is_part or len(answers) == most
        for record, key, hash, *bounds in answers:
            spans = _spans(*bounds)
            held = next((own for own in days[hash] if spans.hold(own)), None)
            if held is not None:
                found.setdefault((record, key), (hash, held))
    return dict(sorted(found.items())), is_part


def _spans(first: int | None, last: int | None, other_first: int | None, other_last: int | None) -> Spans:
    return Spans(Span(first, last), Span(other_first, other_last))


def mark_due(session: Session, org: str, ruleset: str, hashes: Iterable[str]) -> None:
    """Note that all claims that rest on one of these are to be decided again."""
    for some in parts(sorted(hashes)):
        wanted = (
            select(literal(org), literal(ruleset), literal(DUE), Resting.record, Resting.key)
            .where(Resting.org == org, Resting.ruleset == ruleset, Resting.hash.in_(some))
            .distinct()
        )
        session.execute(insert(Resting).from_select(["org", "ruleset", "hash", "record", "key"], wanted))


WAITING: Final = select(RESTS.record, RESTS.key).where(*OWN, RESTS.hash == DUE).limit(bindparam("most"))


def due(session: Session, org: str, ruleset: str, most: int) -> list[Claim]:
    """Some claims that are to be decided again, as long as there are any; no more than `most`."""
    waiting = session.execute(WAITING, {"org": org, "ruleset": ruleset, "most": most})
    return sorted({(record, key) for record, key in waiting})


KNOWN_BY: Final = (
    select(RESTS.record, RESTS.key).where(*OWN, RESTS.hash == LATER, RESTS.first_day <= bindparam("day")).limit(bindparam("most"))
)


def known_by(session: Session, org: str, ruleset: str, day: date, most: int) -> list[Claim]:
    """Some claims of which more is known on a day than when they were decided, as long as there are any; no more than `most`."""
    found = session.execute(KNOWN_BY, {"org": org, "ruleset": ruleset, "day": day.toordinal(), "most": most})
    return sorted({(record, key) for record, key in found})


WAITS: Final = select(RESTS.id).where(*OWN, RESTS.hash == DUE).limit(1)
"""Whether any is."""

# One text of both: SQLite would go through all claims for the numbers of two columns, because an index has them in order.
NUMBER_DUE: Final = select(func.count((RESTS.record + "\x1f" + RESTS.key).distinct())).where(*OWN, RESTS.hash == DUE)


def count_due(session: Session, org: str, ruleset: str) -> int:
    """How many claims are to be decided again."""
    return session.scalar(NUMBER_DUE, {"org": org, "ruleset": ruleset}) or 0


DECISIONS: Final = table_of(Decision).c
STANDING: Final = (DECISIONS.org == bindparam("org"), DECISIONS.ruleset == bindparam("ruleset"), DECISIONS.superseded_at.is_(None))
ENDS_OF_VERSIONS: Final = [select(end(DECISIONS.version)).where(*STANDING) for end in (func.min, func.max)]
"""The first and the last of the versions by which decisions stand."""


def _versions_resting() -> Select[str]:
    found = select(func.min(DECISIONS.version).label("version")).where(*STANDING).cte("found", recursive=True)
    following = select(func.min(DECISIONS.version)).where(*STANDING, DECISIONS.version > found.c.version).scalar_subquery()
    found = found.union_all(select(following).where(found.c.version.is_not(None)))
    return select(found.c.version).where(found.c.version.is_not(None))


VERSIONS_RESTING: Final = _versions_resting()


def versions_resting(session: Session, org: str, ruleset: str) -> list[str]:
    """The versions by which decisions stand: one step into the index for each."""
    return list(session.scalars(VERSIONS_RESTING, {"org": org, "ruleset": ruleset}))


def rest_on(session: Session, org: str, ruleset: str, wanted: Mapping[Claim, Rests], new: Collection[Claim]) -> None:
    """Note what the decisions of claims rest on; of those that are new nothing can be noted yet. Nothing wanted: nothing stays."""
    there = _there(session, org, ruleset, [claim for claim in wanted if claim not in new])
    gone: list[int] = []
    more: list[dict[str, str | int | None]] = []
    for (record, key), rests in wanted.items():
        held = there.get((record, key), {})
        gone += [id for (hash, spans), id in held.items() if rests.get(hash) != spans]
        own = {"org": org, "ruleset": ruleset, "record": record, "key": key}
        new_ones = sorted(rests.items() - held.keys())
        more += [{**own, "hash": hash, **_noted(spans)} for hash, spans in new_ones]
    for some in parts(gone):
        session.execute(GONE, {"ids": some})
    insert_all(session, Resting, more)


def _noted(spans: Spans) -> dict[str, int | None]:
    (first, last), (other_first, other_last) = spans
    return {"first_day": first, "last_day": last, "other_first_day": other_first, "other_last_day": other_last}


def _there(session: Session, org: str, ruleset: str, claims: Sequence[Claim]) -> dict[Claim, dict[tuple[str, Spans], int]]:
    found: dict[Claim, dict[tuple[str, Spans], int]] = defaultdict(dict)
    for record, keys in by_record(claims).items():
        for some in parts(keys):
            for id, key, hash, *bounds in session.execute(
                OF_CLAIMS, {"org": org, "ruleset": ruleset, "record": record, "keys": some}
            ):
                found[record, key][hash, _spans(*bounds)] = id
    return found


def by_record(claims: Iterable[Claim]) -> dict[str, list[str]]:
    """The keys of claims, by their record."""
    found: dict[str, list[str]] = defaultdict(list)
    for record, key in claims:
        found[record].append(key)
    return found
