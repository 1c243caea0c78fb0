"""The contract's calendar: for each month of claims when they are submitted, until when challenged, and when they freeze."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from requite.api.challenges.calendar import MonthSaid, holding, say
from requite.api.challenges.desk import desk_of
from requite.api.challenges.models import DatesAsked, Month, MonthAsked, MonthsAsked, MonthsTold, MonthTold, month_told
from requite.api.challenges.seeing import visible_months
from requite.api.identity import Actor, May
from requite.api.service.dependencies import TheService, allowed
from requite.api.service.idempotency import Once
from requite.api.service.moments import Moment
from requite.api.service.paging import Page, Pages, page_of
from requite.api.service.service import Service
from requite.api.store.schema import NAME, CalendarMonth

router = APIRouter(tags=["calendar"])

Reader = Annotated[Actor, allowed(May.READ_CHALLENGES)]
Manager = Annotated[Actor, allowed(May.MANAGE)]


@router.get("/calendar", operation_id="list_calendar", summary="The contract's dates")
def list_calendar(
    service: TheService,
    actor: Reader,
    pages: Pages,
    month: Annotated[Month | None, Query(examples=["2012-04"])] = None,
    provider: Annotated[str | None, Query(max_length=NAME, description="Only this provider's; empty: those for all.")] = None,
    known_at: Annotated[Moment | None, Query(description="As was known at a moment; by default, as is known now.")] = None,
) -> Page[MonthTold]:
    """The dates that hold, by month and provider. A hospital is told its own and those for all."""
    asked = holding(actor.org, known_at).where(*visible_months(actor))
    for column, value in ((CalendarMonth.month, month), (CalendarMonth.provider, provider)):
        if value is not None:
            asked = asked.where(column == value)
    with service.database.reading() as session:
        return page_of(session, asked, (CalendarMonth.month, CalendarMonth.provider), pages, month_told)


@router.put("/calendar/{month}", operation_id="set_month", summary="Say the dates of a month")
def set_month(
    service: TheService, actor: Manager, month: Annotated[Month, Path(examples=["2012-04"])], asked: DatesAsked
) -> MonthTold:
    """Say the dates of a month. Nothing is overwritten: what was said last holds, and open challenges of the month follow it."""
    return _said(service, actor, [MonthAsked(month=month, **asked.model_dump())])[0]


@router.post("/calendar", status_code=201, operation_id="set_months", summary="Say the dates of several months")
def set_months(service: TheService, actor: Manager, _: Once, asked: MonthsAsked) -> MonthsTold:
    """Say the dates of several months at once."""
    return MonthsTold(months=_said(service, actor, asked.months))


def _said(service: Service, actor: Actor, months: list[MonthAsked]) -> list[MonthTold]:
    with service.database.writing() as session:
        found = say(session, actor, [MonthSaid(**one.model_dump()) for one in months])
        told = [month_told(month) for month in found]
    desk_of(service).tick(actor.org)
    return told
