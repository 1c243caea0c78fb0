"""A service that follows challenges, and findings for it, without the claims that they come from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from requite.api.challenges.desk import ChallengeDesk
from requite.api.identity import Actor, Role
from requite.api.live.decided import Decided
from requite.api.live.version import LiveVersion
from requite.api.service.service import Service
from requite.api.store.schema import Challenge, ChallengeEvent, Organisation
from requite.api.store.versions import program_of, publish
from requite.engine.live.engine import LiveEngine
from requite.engine.live.inprocess import InProcess
from requite.engine.rows import Row

TEXT = """
ruleset terms "Three contracts"
  currency GBP

record spell
  key id: text
  provider: text
  admitted: date
  discharged: date
  billed: money

check strict "Silence upholds" for each spell
  expected £100
  flag when billed > expected
  challenge provider answers within 10 working days, otherwise deemed upheld
    penalty 10% of overcharge when upheld

check mild "Silence lets it lapse" for each spell
  expected £200
  flag when billed > expected
  challenge provider answers within 14 days, otherwise deemed lapsed
    penalty £25 when agreed

check open "Silence says nothing" for each spell
  expected £300
  flag when billed > expected
  challenge provider answers within 14 days
    penalty 5% of overcharge

challenge each spell once for the largest overcharge
  ties in the order strict, mild, open
"""

START = date(2012, 5, 1)


def challenge_desk(service: Service) -> ChallengeDesk:
    """The part of a service that follows challenges, matching in this process; the clock moves nothing unless it is told to."""
    made = ChallengeDesk(service, InProcess(), seconds=None)
    service.parts["challenges"] = made
    return made


def end(
    check: str, overcharge: str | None, penalty: str | None = None, provider: str = "RAX", reason: str = "too dear"
) -> dict[str, Any]:
    """What one check says of a claim that it flags and that is challenged for it."""
    return {
        "check": check,
        "status": "flagged",
        "reason": reason,
        "billed": "900.00",
        "expected": "100.00",
        "overcharge": overcharge,
        "penalty": penalty,
        "respondent": provider,
        "challenged": True,
        "challenged_as": check,
    }


@dataclass(eq=False)
class Claims:
    """Claims of one organisation that are decided: each time with the ends that a test names."""

    service: Service
    org: str
    version: LiveVersion
    desk: ChallengeDesk

    def __post_init__(self) -> None:
        self.before: dict[str, tuple[dict[str, Any], ...]] = {}

    def decide(self, found: dict[str, tuple[dict[str, Any], ...]], discharged: date = date(2012, 4, 20)) -> None:
        """Tell the desk of claims that were decided."""
        decided = []
        for key, ends in found.items():
            values: dict[str, Any] = {"id": key, "provider": "RAX", "admitted": discharged, "discharged": discharged}
            row = Row("spell", (key,), values)
            decided.append(Decided("spell", key, None, 1, ends, self.before.get(key, ()), row))
        with self.service.database.writing() as session:
            self.desk.on_decided(session, self.org, self.version, decided)
        self.before |= found

    def all(self) -> list[Challenge]:
        """The organisation's challenges, the oldest first."""
        with self.service.database.reading() as session:
            asked = select(Challenge).where(Challenge.org == self.org).order_by(Challenge.key, Challenge.raised_on)
            return list(session.scalars(asked))

    def one(self, key: str) -> Challenge:
        """The last challenge of a claim."""
        return max((one for one in self.all() if one.key == key), key=lambda one: (one.closed_at is None, one.raised_on, one.id))

    def events(self, challenge: Challenge) -> list[ChallengeEvent]:
        with self.service.database.reading() as session:
            asked = select(ChallengeEvent).where(ChallengeEvent.challenge == challenge.id).order_by(ChallengeEvent.number)
            return list(session.scalars(asked))


def set_day(service: Service, org: str, day: date) -> None:
    """Let the organisation's clock show noon of a day."""
    with service.database.writing() as session:
        session.get_one(Organisation, org).clock = datetime.combine(day, time(12), UTC)


def claims_of(service: Service, org: str, text: str = TEXT, day: date = START) -> Claims:
    """A published ruleset at work in an organisation, which is made."""
    with service.database.writing() as session:
        if session.get(Organisation, org) is None:
            session.add(Organisation(id=org, name=org, created_at=datetime.now(UTC), clock=None))
            session.flush()
        published = publish(session, Actor(org, "Ann", Role.AUTHOR), "terms.requite", {"terms.requite": text})
        assert published.version is not None, published.diagnostics
        version = published.version
        program = program_of(version)
        live = LiveVersion(version.id, version.name, version.hash, LiveEngine(program, InProcess()))
    set_day(service, org, day)
    desk = service.parts.get("challenges") or challenge_desk(service)
    return Claims(service, org, live, desk)


@pytest.fixture
def claims(service: Service) -> Claims:
    """Claims of the organisation that callers are of."""
    return claims_of(service, "kingston")


def pounds(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
