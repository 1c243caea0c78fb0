"""What each standing decision rests on, and so which claims a row concerns that arrives or goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Select, bindparam, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from requite.api.live.keeping import write_all
from requite.api.live.rows import parts
from requite.api.store.schema import Decision, Rests

Claim = tuple[str, str]
"""A claim's record and key."""

DUE: Final = "due"
"""In the place of a hash: the claim is to be decided again, as soon as there is time."""


def concerned(session: Session, org: str, ruleset: str, hashes: Iterable[str], most: int) -> dict[Claim, str]:
    """Claims whose decision rests on one of these hashes, each with one on which it does; one more than `most` at the most."""
    found: dict[Claim, str] = {}
    for some in parts(sorted(hashes)):
        wanted = (
            select(Rests.record, Rests.key, func.min(Rests.hash))
            .where(Rests.org == org, Rests.ruleset == ruleset, Rests.hash.in_(some))
            .group_by(Rests.record, Rests.key)
            .order_by(Rests.record, Rests.key)
            .limit(most + 1)
        )
        for record, key, hash in session.execute(wanted):
            found.setdefault((record, key), hash)
        if len(found) > most:
            break
    return dict(list(found.items())[: most + 1])


def mark_due(session: Session, org: str, ruleset: str, hashes: Iterable[str]) -> None:
    """Note that all claims that rest on one of these are to be decided again."""
    for some in parts(sorted(hashes)):
        wanted = (
            select(literal(org), literal(ruleset), literal(DUE), Rests.record, Rests.key)
            .where(Rests.org == org, Rests.ruleset == ruleset, Rests.hash.in_(some))
            .distinct()
        )
        session.execute(insert(Rests).from_select(["org", "ruleset", "hash", "record", "key"], wanted))


def due(session: Session, org: str, ruleset: str, most: int) -> list[Claim]:
    """Some claims that are to be decided again."""
    wanted = (
        select(Rests.record, Rests.key)
        .where(Rests.org == org, Rests.ruleset == ruleset, Rests.hash == DUE)
        .distinct()
        .order_by(Rests.record, Rests.key)
        .limit(most)
    )
    return [(record, key) for record, key in session.execute(wanted)]


def count_due(session: Session, org: str, ruleset: str) -> int:
    """How many claims are to be decided again."""
    one = select(Rests.record, Rests.key).where(Rests.org == org, Rests.ruleset == ruleset, Rests.hash == DUE).distinct().subquery()
    return session.scalar(select(func.count()).select_from(one)) or 0


def _versions_resting() -> Select[str]:
    stands = (Decision.org == bindparam("org"), Decision.ruleset == bindparam("ruleset"), Decision.superseded_at.is_(None))
    found = select(func.min(Decision.version).label("version")).where(*stands).cte("found", recursive=True)
    following = select(func.min(Decision.version)).where(*stands, Decision.version > found.c.version).scalar_subquery()
    found = found.union_all(select(following).where(found.c.version.is_not(None)))
    return select(found.c.version).where(found.c.version.is_not(None))


# Asked for at every request: to put the statement together takes longer than to run it.
VERSIONS_RESTING: Final = _versions_resting()


def versions_resting(session: Session, org: str, ruleset: str) -> list[str]:
    """The versions by which decisions stand: one step into the index for each."""
    return list(session.scalars(VERSIONS_RESTING, {"org": org, "ruleset": ruleset}))


def rest_on(session: Session, org: str, ruleset: str, wanted: Mapping[Claim, Collection[str]], new: Collection[Claim]) -> None:
    """Note what the decisions of claims rest on; of those that are new nothing can be noted yet. Nothing wanted: nothing stays."""
    there = _there(session, org, ruleset, [claim for claim in wanted if claim not in new])
    gone: list[int] = []
    more: list[dict[str, str]] = []
    for claim, hashes in wanted.items():
        held = there.get(claim, {})
        keep = set(hashes)
        gone += [id for id, hash in held.items() if hash not in keep]
        record, key = claim
        more += [
            {"org": org, "ruleset": ruleset, "hash": hash, "record": record, "key": key}
            for hash in sorted(keep.difference(held.values()))
        ]
    for some in parts(gone):
        session.execute(delete(Rests).where(Rests.id.in_(some)))
    if more:
        write_all(session, Rests, more)


def _there(session: Session, org: str, ruleset: str, claims: Sequence[Claim]) -> dict[Claim, dict[int, str]]:
    found: dict[Claim, dict[int, str]] = defaultdict(dict)
    for record, keys in by_record(claims).items():
        for some in parts(keys):
            wanted = select(Rests.id, Rests.hash, Rests.key).where(
                Rests.org == org, Rests.ruleset == ruleset, Rests.record == record, Rests.key.in_(some)
            )
            for id, hash, key in session.execute(wanted):
                found[record, key][id] = hash
    return found


def by_record(claims: Iterable[Claim]) -> dict[str, list[str]]:
    """The keys of claims, by their record."""
    found: dict[str, list[str]] = defaultdict(list)
    for record, key in claims:
        found[record].append(key)
    return found
