"""What an organisation takes for now: the true time, or a clock that can be set, so that every deadline can be tried."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from requite.api.identity import Actor, May
from requite.api.service.dependencies import Caller, TheService, allowed
from requite.api.service.documented import problems
from requite.api.service.errors import invalid
from requite.api.service.moments import Moment
from requite.api.service.problems import Problem
from requite.api.store import audit
from requite.api.store.database import moment_text, now, take_turn
from requite.api.store.schema import Organisation

router = APIRouter(tags=["clock"])

LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Working days are known until then."""


class Clock(BaseModel):
    """What an organisation takes for now."""

    model_config = ConfigDict(frozen=True)

    now: datetime = Field(examples=["2018-07-01T09:00:00Z"])
    is_set: bool = Field(description="Whether the clock was set, and so stands still; otherwise it is the true time.")


class ClockWanted(BaseModel):
    """The moment that the clock is to show from now on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    moment: Moment | None = Field(
        description="With its time zone, and never before what the clock shows; null for the true time.",
        examples=["2030-07-01T09:00:00Z"],
    )


@router.get("/clock", operation_id="get_clock", summary="What the clock shows")
def get_clock(service: TheService, actor: Caller) -> Clock:
    """What the caller's organisation takes for now."""
    with service.database.reading() as session:
        found = session.get_one(Organisation, actor.org)
        return Clock(now=found.clock or datetime.now(UTC), is_set=found.clock is not None)


@router.put("/clock", operation_id="set_clock", summary="Set the clock", responses=problems(409))
def set_clock(service: TheService, actor: Annotated[Actor, allowed(May.MANAGE)], wanted: ClockWanted) -> Clock:
    """Set the clock. Whatever becomes due by it happens at once, in the order in which it is due."""
    if not service.settings.may_set_clock:
        raise Problem(
            403,
            "clock-is-true",
            "this service keeps the true time",
            "It is started with REQUITE_ALLOW_CLOCK=true where clocks may be set.",
        )
    if wanted.moment is not None and wanted.moment > LATEST:
        raise invalid("too-late", "the clock goes no further than the year 2200")
    with service.database.writing() as session:
        take_turn(session, actor.org, "clock")
        before = now(session, actor.org)
        # The true time may be a little past what was meant as the present.
        moment = wanted.moment or datetime.now(UTC)
        if moment < before:
            raise Problem(
                409,
                "clock-backwards",
                f"the clock shows {moment_text(before.replace(microsecond=0))} already, and never goes back",
                now=moment_text(before),
            )
        session.get_one(Organisation, actor.org).clock = wanted.moment
        detail = {"before": moment_text(before), "now": moment_text(moment), "set": wanted.moment is not None}
        audit.record(session, actor.org, actor.name, "clock.set", actor.org, detail)
    for part in service.parts.values():
        if hasattr(part, "tick"):
            part.tick(actor.org)
    return Clock(now=moment, is_set=wanted.moment is not None)
