"""What live decisions do to challenges: raised by a new finding, replaced or taken back with it, or only noted once it is out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from requite.api.challenges.dates import month_field, month_of
from requite.api.challenges.doubting import Gone, Noted, doubt_of, gone
from requite.api.challenges.findings import Found, NotChallengeable, challenged_end, found_of, terms_of
from requite.api.challenges.moving import Desk
from requite.api.challenges.raising import (
    Origin,
    ToRaise,
    in_time,
    is_same,
    may_be_raised,
    note_changed,
    open_one,
    raise_all,
    replace,
    standing,
    take_back,
)
from requite.api.challenges.writing import FINDING_CHANGED
from requite.api.store import audit
from requite.api.store.database import day_of, now, take_turn
from requite.api.store.schema import Challenge
from requite.dsl.program import Program
from requite.engine.live.moves import State

if TYPE_CHECKING:
    from requite.api.live.decided import Decided
    from requite.api.live.version import LiveVersion


MOST_TOLD: Final = 20
"""Findings that cannot be challenged, of which the audit log tells one by one."""


@dataclass(slots=True)
class Sorted:
    """What is to be done, by kind."""

    raised: list[ToRaise] = field(default_factory=list)
    replaced: list[tuple[Challenge, ToRaise]] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    refused: list[NotChallengeable] = field(default_factory=list)


def follow(desk: Desk, session: Session, org: str, version: LiveVersion, decided: Sequence[Decided]) -> None:
    """Let challenges follow what was decided of claims, in the transaction in which that happens."""
    terms = terms_of(version.engine.program)
    concerned = [one for one in decided if _is_concerned(one, terms)]
    if not concerned:
        return
    take_turn(session, org, "challenges")
    origin, moment = Origin(version.ruleset, version.id), now(session, org)
    todo = Sorted()
    for record in dict.fromkeys(one.record for one in concerned):
        own = [one for one in concerned if one.record == record]
        before = standing(session, org, version.ruleset, record, [one.key for one in own])
        for one, wanted in zip(own, _wanted(version.engine.program, record, own), strict=True):
            _sort(todo, one, wanted, before.get(one.key, []))
    timely, late = in_time(session, org, day_of(moment), todo.raised)
    todo.refused += late
    raise_all(session, org, moment, origin, timely)
    replace(desk, session, org, moment, origin, todo.replaced)
    take_back(desk, session, org, moment, origin, todo.gone)
    note_changed(session, org, moment, origin, todo.noted)
    _audit(session, org, origin, todo, len(timely))


def _is_concerned(one: Decided, checks: Collection[str]) -> bool:
    """Whether a check that challenges finds a claim to be wrong, or did before, challenged or not."""
    return any(end["status"] == "flagged" and end["check"] in checks for end in (*one.ends, *one.before))


def _wanted(program: Program, record: str, decided: Sequence[Decided]) -> Iterator[ToRaise | NotChallengeable | None]:
    """For each claim what is to be challenged now, if anything is."""
    terms, field = terms_of(program), month_field(program, record)
    for one in decided:
        end = challenged_end(one.ends)
        found = None if end is None else found_of(record, one.key, end, terms)
        if isinstance(found, Found):
            yield ToRaise(found, month_of(one.row, field) if one.row is not None else "", one.decision)
        else:
            yield found


def _sort(todo: Sorted, one: Decided, wanted: ToRaise | NotChallengeable | None, before: Sequence[Challenge]) -> None:
    """Enter what is to be done for one claim."""
    current, refused = open_one(before), None
    if isinstance(wanted, NotChallengeable):
        todo.refused.append(wanted)
        wanted, refused = None, wanted
    if current is None:
        if wanted is not None and may_be_raised(wanted.found, before):
            todo.raised.append(wanted)
    elif current.state == State.RAISED:
        if wanted is None:
            todo.gone.append(gone(current, one.ends, refused, is_cancelled=one.row is None))
        elif not is_same(current, wanted.found) or current.month != wanted.month:
            todo.replaced.append((current, wanted))
    else:
        doubt = doubt_of(current, one.ends, is_cancelled=one.row is None)
        # A doubt that the commissioner has cleared comes back only with another change.
        if _is_news(one, wanted) or doubt != doubt_of(current, one.before, is_cancelled=False):
            todo.noted.append(Noted(current, None if wanted is None else wanted.found, doubt))


def _is_news(one: Decided, wanted: ToRaise | None) -> bool:
    """Whether what would be challenged is another than before this decision."""
    before, now = challenged_end(one.before), challenged_end(one.ends)
    if before is None or now is None or wanted is None:
        return (before is None) != (now is None)
    return any(before[name] != now[name] for name in ("check", "overcharge", "penalty"))


def _audit(session: Session, org: str, origin: Origin, todo: Sorted, raised: int) -> None:
    counts = {
        "raised": raised,
        "replaced": len(todo.replaced),
        "taken_back": len(todo.gone),
        FINDING_CHANGED: len(todo.noted),
        "not_challengeable": len(todo.refused),
        "not_challengeable_first": [[one.record, one.key, one.check, one.why] for one in todo.refused[:MOST_TOLD]],
    }
    if any(counts.values()):
        audit.record(session, org, origin.by, "challenges.followed", origin.ruleset, counts)
