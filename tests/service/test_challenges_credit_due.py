"""The days that a contract gives for a credit: counted from the agreement, told when they are past, and never a reason to move."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from requite.api.challenges.desk import ChallengeDesk
from requite.api.service.service import Service
from requite.api.store.schema import ChallengeEvent, Event, Timer
from requite.engine.live.inprocess import InProcess
from tests.service.challenges_support import Claims, claims, end, set_day
from tests.service.support import Call, problem, sound

DATES = {"submitted_on": "2012-05-02", "challenge_by": "2012-05-25", "freezes_on": "2012-07-20"}

__all__ = ["claims"]

pytestmark = pytest.mark.usefixtures("claims")


def said(call: Call, within: int | None, month: str = "2012-04") -> Any:
    return sound(call("admin").put(f"/calendar/{month}", json=DATES | {"credit_within": within}))


def move(client: Any, id: str, move: str, **more: Any) -> Any:
    return sound(client.post(f"/challenges/{id}/moves", json={"move": move, "why": "as it went", **more}))


def agreed(claims: Claims, call: Call, day: date = date(2012, 5, 30)) -> str:
    """A challenge that its hospital accepts on a day."""
    claims.decide({"S1": (end("strict", "500.00", "50.00"),)})
    id = claims.one("S1").id
    move(call("analyst"), id, "send")
    # The answer is due on 16 May: what is put down on the day before it, is in time.
    set_day(claims.service, claims.org, min(day, date(2012, 5, 15)))
    move(call("analyst"), id, "dispute", on_behalf=True)
    set_day(claims.service, claims.org, day)
    move(call("hospital", provider="RAX"), id, "accept")
    return id


def passed(claims: Claims, day: date) -> int:
    set_day(claims.service, claims.org, day)
    return claims.desk.tick(claims.org)


def test_the_days_are_englands_working_days_from_the_agreement(claims: Claims, call: Call) -> None:
    assert said(call, 5)["credit_within"] == 5
    agreed(claims, call)
    # Wednesday 30 May 2012; the Monday and Tuesday after were bank holidays.
    whole = sound(call("analyst").get(f"/challenges/{claims.one('S1').id}"))
    assert (whole["credit_due"], whole["overdue"]) == ("2012-06-08", False)
    assert passed(claims, date(2012, 6, 8)) == 0
    assert passed(claims, date(2012, 6, 9)) == 1
    assert passed(claims, date(2012, 7, 9)) == 0
    one = claims.one("S1")
    assert (one.state, one.overdue, one.outcome, one.revision) == ("agreed", True, "agreed", 5)


def test_what_is_overdue_is_told(claims: Claims, call: Call, service: Service) -> None:
    said(call, 5)
    id = agreed(claims, call)
    analyst, hospital = call("analyst"), call("hospital", provider="RAX")
    assert sound(analyst.get("/challenges", params={"overdue": True}))["items"] == []
    passed(claims, date(2012, 6, 9))
    for client in (analyst, hospital):
        (one,) = sound(client.get("/challenges", params={"overdue": True}))["items"]
        assert (one["id"], one["overdue"]) == (id, True)
        total = sound(client.get("/challenges/position"))["total"]
        assert (total["overdue"]["count"], total["overdue"]["credit"], total["overdue"]["received"]) == (1, "500.00", "0.00")
        assert total["reconciles"]
        last = sound(client.get(f"/challenges/{id}/events"))["items"][-1]
        assert (last["move"], last["by"], last["before"], last["after"]) == ("overdue", "the clock", "agreed", "agreed")
        assert last["detail"] == {"due": "2012-06-08", "owed": "500.00"}
    with service.database.reading() as session:
        told = session.scalars(select(Event).order_by(Event.number)).all()[-1]
        assert (told.kind, told.payload["move"], told.subject) == ("challenge.moved", "overdue", id)
    # What is owed stays owed, and the explanation of it as it was.
    because = sound(analyst.get(f"/challenges/{id}/explanation"))["because"]
    assert because[0] == "the overcharge of 500.00 was agreed, and is credited"
    credited = move(analyst, id, "credit", amount="500.00")
    assert (credited["state"], credited["overdue"], credited["credit_due"]) == ("credited", False, "2012-06-08")
    assert sound(analyst.get("/challenges/position"))["total"]["overdue"]["count"] == 0


def test_nobody_makes_it_overdue_but_the_clock(claims: Claims, call: Call) -> None:
    said(call, 5)
    id = agreed(claims, call)
    asked = {"move": "overdue", "why": "x"}
    problem(call("analyst").post(f"/challenges/{id}/moves", json=asked), 422, "wrong-request")


def test_a_credit_in_time_stops_the_timer(claims: Claims, call: Call, service: Service) -> None:
    said(call, 5)
    move(call("analyst"), agreed(claims, call), "credit")
    assert passed(claims, date(2012, 7, 30)) == 0
    with service.database.reading() as session:
        assert session.scalars(select(Timer).where(Timer.done_at.is_(None))).all() == []


def test_silence_that_upholds_begins_the_days_too(claims: Claims, call: Call, service: Service) -> None:
    said(call, 5)
    claims.decide({"S1": (end("strict", "500.00", "50.00"),)})
    move(call("analyst"), claims.one("S1").id, "send")
    assert passed(claims, date(2012, 5, 17)) == 1
    assert claims.one("S1").credit_due == date(2012, 5, 24)
    # What counts is in the store: whoever is started next goes on.
    claims.desk.close()
    again = ChallengeDesk(service, InProcess(), seconds=None)
    set_day(service, claims.org, date(2012, 5, 25))
    assert again.tick(claims.org) == 1
    again.close()
    assert claims.one("S1").overdue


def test_where_nothing_is_owed_nothing_is_due(claims: Claims, call: Call) -> None:
    said(call, 5)
    claims.decide({"S1": (end("strict", None, None),)})
    move(call("analyst"), claims.one("S1").id, "send")
    assert passed(claims, date(2012, 5, 17)) == 1
    one = claims.one("S1")
    assert (one.state, one.credit_due) == ("upheld", None)
    assert passed(claims, date(2012, 7, 17)) == 0


def test_without_the_contracts_word_no_day_is_made_up(claims: Claims, call: Call) -> None:
    said(call, None)
    agreed(claims, call)
    assert claims.one("S1").credit_due is None
    assert passed(claims, date(2012, 12, 30)) == 0
    assert not claims.one("S1").overdue


def test_what_the_contract_says_anew_holds_for_what_is_owed(claims: Claims, call: Call, service: Service) -> None:
    said(call, 5)
    id = agreed(claims, call)
    passed(claims, date(2012, 6, 9))
    said(call, 20)
    one = claims.one("S1")
    assert (one.credit_due, one.overdue, one.freezes_on) == (date(2012, 6, 29), False, date(2012, 7, 20))
    assert passed(claims, date(2012, 6, 29)) == 0
    assert passed(claims, date(2012, 6, 30)) == 1
    # Said again just the same, nothing changes; said shorter, it is overdue from then on.
    before = claims.one("S1").revision
    said(call, 20)
    assert claims.one("S1").revision == before
    said(call, 1)
    one = claims.one("S1")
    assert (one.credit_due, one.overdue) == (date(2012, 5, 31), True)
    with service.database.reading() as session:
        asked = select(ChallengeEvent.move).where(ChallengeEvent.challenge == id).order_by(ChallengeEvent.number)
        moves = list(session.scalars(asked))
    assert moves[4:] == ["overdue", "dates_changed", "overdue", "dates_changed", "overdue"]
    said(call, None)
    one = claims.one("S1")
    assert (one.credit_due, one.overdue) == (None, False)


@pytest.mark.parametrize("within", [0, 367, "5.5", "5", 5.0, True])
def test_days_that_are_none_are_refused(call: Call, within: Any) -> None:
    asked = DATES | {"credit_within": within}
    problem(call("admin").put("/calendar/2012-04", json=asked), 422, "wrong-request")
