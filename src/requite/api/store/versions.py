"""Versions of rulesets: published as drafts, approved by another person, in force from a day on.

What is asked of a version, and of what was in force, is always asked of one organisation. Checking a ruleset and running its
examples takes time in which no other writer should have to wait: call `compiled` and `failing_examples` of `texts` before the
session begins, and what they found is there when it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session
from ulid import ULID

from requite.api.identity import Actor, person
from requite.api.store import audit, events
from requite.api.store.columns import new_id
from requite.api.store.database import PLACE, day_of, now, take_turn
from requite.api.store.refusals import Refused
from requite.api.store.schema import InForce, RulesetVersion, table_of
from requite.api.store.texts import Texts, compiled, demand_tables, failing_examples, program_of_texts, tables, texts_of, write
from requite.dsl.diagnostics import Diagnostic
from requite.dsl.program import Program
from requite.engine.rows import Data

State = Literal["draft", "approved", "withdrawn"]

DRAFT: Final = "draft"
APPROVED: Final = "approved"
WITHDRAWN: Final = "withdrawn"

TURN: Final = "rulesets"
"""What publishing, approving and putting in force wait their turn for."""

LONGEST_NOTE: Final = 2000


@dataclass(frozen=True, slots=True)
class Published:
    """A version, and what the checker says of it; no version where it has errors. `is_new` is false where it was there already."""

    version: RulesetVersion | None
    diagnostics: Sequence[Diagnostic]
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Stretch:
    """That a version is in force from a day until before another one; `ends` is None where no end is known."""

    version: str
    starts: date
    ends: date | None


def publish(session: Session, actor: Actor, main: str, texts: Mapping[str, str], note: str = "") -> Published:
    """Keep the texts of a ruleset as a draft. The same texts again are the same version, whatever has become of it."""
    given = texts_of(main, texts)
    program, diagnostics = compiled(given)
    if program is None:
        return Published(None, diagnostics)
    tables(given)
    take_turn(session, actor.org, TURN)
    there = session.scalar(select(RulesetVersion).where(RulesetVersion.org == actor.org, RulesetVersion.hash == given.hash))
    if there is not None:
        return Published(there, diagnostics)
    demand_tables(given)
    version = RulesetVersion(
        org=actor.org,
        name=program.name,
        title=program.title,
        hash=given.hash,
        main=main,
        texts=given.by_name,
        state=DRAFT,
        created_at=now(session, actor.org),
        created_by=actor.name,
        note=note[:LONGEST_NOTE],
    )
    session.add(version)
    session.flush()
    _record(session, actor, "ruleset.published", version)
    return Published(version, diagnostics, is_new=True)


def approve(session: Session, actor: Actor, id: str) -> RulesetVersion:
    """Say of a draft that it may come into force: by another person than its author, and only if its examples hold."""
    take_turn(session, actor.org, TURN)
    version = _to_change(session, actor.org, id)
    if version.state == APPROVED:
        raise Refused("already-approved", f"{version.approved_by} has approved this version already")
    if version.state == WITHDRAWN:
        raise _withdrawn()
    if person(actor.name) == person(version.created_by):
        help = "Ask somebody else who may approve rulesets."
        raise Refused("same-person", "who published a version may not approve it", help)
    failures = failing_examples(texts_in(version))
    if failures:
        raise Refused("examples-fail", "examples of this version do not hold", "Publish one whose examples hold.", failures)
    version.state = APPROVED
    version.approved_at, version.approved_by = now(session, actor.org), actor.name
    _record(session, actor, "ruleset.approved", version)
    return version


def withdraw(session: Session, actor: Actor, id: str) -> RulesetVersion:
    """Say of a version that it shall not come into force, ever. One that is in force, or will be, has to be replaced first."""
    take_turn(session, actor.org, TURN)
    version = _to_change(session, actor.org, id)
    if version.state == WITHDRAWN:
        raise _withdrawn()
    moment = now(session, actor.org)
    later = timeline(session, actor.org, version.name, moment, since=day_of(moment))
    if any(stretch.version == version.id for stretch in later):
        raise Refused("in-force", "this version is in force, or will be", "Put another one in force in its place first.")
    version.state = WITHDRAWN
    _record(session, actor, "ruleset.withdrawn", version)
    return version


def put_in_force(session: Session, actor: Actor, ruleset: str, version: str, starts: date) -> InForce:
    """Say that an approved version is in force from a day on, which may lie in the past; said twice, it is said once."""
    take_turn(session, actor.org, TURN)
    chosen = _to_change(session, actor.org, version)
    if chosen.name != ruleset:
        help = "Put a version in force under the name of its own ruleset."
        raise Refused("other-ruleset", f"this is a version of the ruleset {chosen.name}", help)
    if chosen.state == WITHDRAWN:
        raise _withdrawn()
    if chosen.state != APPROVED:
        raise Refused("not-approved", "nobody has approved this version yet", "Have it approved by another person.")
    said = session.scalars(_said(actor.org, ruleset).order_by(InForce.known_from.desc(), InForce.id.desc())).all()
    same_day = next((row for row in said if row.starts == starts), None)
    if same_day is not None and same_day.version == chosen.id:
        return same_day
    row = InForce(
        id=_later_id(said[0].id if said else ""),
        org=actor.org,
        ruleset=ruleset,
        version=chosen.id,
        starts=starts,
        known_from=now(session, actor.org),
        said_by=actor.name,
    )
    session.add(row)
    session.flush()
    _record(session, actor, "ruleset.in_force", chosen, starts=starts.isoformat())
    told = {"ruleset": ruleset, "version": chosen.id, "hash": chosen.hash, "starts": starts.isoformat()}
    events.emit(session, actor.org, "ruleset.in_force", chosen.id, told)
    return row


def _to_change(session: Session, org: str, id: str) -> RulesetVersion:
    found = version_of(session, org, id)
    session.refresh(found)  # as it is now that the turn has come
    return found


def _later_id(last: str) -> str:
    """A new id that comes after the last one: where the clock stands, it alone tells what was said last."""
    id = new_id()
    return id if id > last else str(ULID.from_int(int(ULID.from_str(last)) + 1))


def _withdrawn() -> Refused:
    return Refused("withdrawn", "this version was withdrawn", "Publish a new one.")


def _record(session: Session, actor: Actor, action: str, version: RulesetVersion, **more: Any) -> None:
    detail = {"ruleset": version.name, "hash": version.hash, **more}
    audit.record(session, actor.org, actor.name, action, version.id, detail)


# --- what is, was and will be in force --------------------------------------------------------------------------------


def in_force(session: Session, org: str, ruleset: str, on: date, known: datetime | None = None) -> RulesetVersion | None:
    """The version that is in force on a day, as far as was known at a moment: by the organisation's clock, where none is given."""
    version = in_force_id(session, org, ruleset, on, known or now(session, org))
    return None if version is None else version_of(session, org, version)


OF: Final = table_of(InForce).c
IN_FORCE: Final = (
    select(OF.version)
    .where(
        OF.org == bindparam("org"),
        OF.ruleset == bindparam("ruleset"),
        OF.starts <= bindparam("on"),
        OF.known_from <= bindparam("known"),
    )
    .order_by(OF.starts.desc(), OF.known_from.desc(), OF.id.desc())
    .limit(1)
)


def in_force_id(session: Session, org: str, ruleset: str, on: date, known: datetime) -> str | None:
    """The id of that version alone: its texts may be long, and are not always wanted."""
    return session.scalar(IN_FORCE, {"org": org, "ruleset": ruleset, "on": on, "known": known})


def timeline(session: Session, org: str, ruleset: str, known: datetime | None = None, since: date = date.min) -> list[Stretch]:
    """Which version is in force when, as far as was known at a moment, from the day `since` on."""
    moment = known or now(session, org)
    said = session.scalars(_said(org, ruleset).where(InForce.known_from <= moment).order_by(InForce.known_from, InForce.id))
    by_day = {row.starts: row.version for row in said}  # the one said last
    days = sorted(by_day)
    stretches = [Stretch(by_day[day], day, end) for day, end in zip_longest(days, days[1:])]
    return [stretch for stretch in stretches if stretch.ends is None or stretch.ends > since]


def history(session: Session, org: str, ruleset: str) -> Sequence[InForce]:
    """All that was ever said of what is in force, in the order in which it was said."""
    return session.scalars(_said(org, ruleset).order_by(InForce.known_from, InForce.id)).all()


def _said(org: str, ruleset: str) -> Select[InForce]:
    return select(InForce).where(InForce.org == org, InForce.ruleset == ruleset)


def rulesets(session: Session, org: str) -> list[str]:
    """The names of an organisation's rulesets."""
    return list(session.scalars(select(RulesetVersion.name).where(RulesetVersion.org == org).distinct().order_by("name")))


def versions(session: Session, org: str, ruleset: str) -> Sequence[RulesetVersion]:
    """All versions of a ruleset, the newest first."""
    wanted = select(RulesetVersion).where(RulesetVersion.org == org, RulesetVersion.name == ruleset)
    return session.scalars(wanted.order_by(RulesetVersion.created_at.desc(), RulesetVersion.id.desc())).all()


def demand_ruleset(session: Session, org: str, ruleset: str) -> None:
    """Refuse the name of a ruleset of which the organisation has no version."""
    named = select(RulesetVersion.id).where(RulesetVersion.org == org, RulesetVersion.name == ruleset)
    if session.scalar(named.limit(1)) is None:
        raise Refused("not-found", "there is no such ruleset", "Check its name: GET /rulesets lists those that there are.")


def version_of(session: Session, org: str, id: str) -> RulesetVersion:
    """A version by its id; Refused where there is none, or it is another organisation's."""
    found = session.scalar(select(RulesetVersion).where(RulesetVersion.org == org, RulesetVersion.id == id))
    if found is None:
        raise Refused("not-found", "there is no such version of a ruleset", "Check its id.")
    return found


# --- what a version is ------------------------------------------------------------------------------------------------


def texts_in(version: RulesetVersion) -> Texts:
    """The texts of a version."""
    return Texts(version.hash, version.main, tuple(sorted(version.texts.items())))


def program_of(version: RulesetVersion) -> Program:
    """The program of a version, made once and kept."""
    return program_of_texts(texts_in(version))


def tables_of(version: RulesetVersion) -> Data:
    """The rows of the tables that lie in files among a version's texts."""
    return tables(texts_in(version))


def write_texts(version: RulesetVersion, folder: Path) -> Path:
    """Write a version's texts into a folder, from which a run can read them; gives the path of the first."""
    return write(texts_in(version), folder)


def moment_of(day: date) -> datetime:
    """The last moment of a day: what was known on that day was known then."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=PLACE)
