"""Claims of which more is known as days pass: decided again on that day, once, whatever was asleep."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from requite.api.service.service import Service
from requite.api.store.schema import AuditEntry, Event
from tests.service.challenges_support import challenge_desk, set_day
from tests.service.live_support import RULESET, Sender, begin_live, count_decisions, end, price, published, spell
from tests.service.support import ORG, Call, sound

CAUSE = "what it rests on became known"
PERIOD = 'valid: period from "valid_from" to "valid_to"'
PUBLISHED = RULESET.replace(PERIOD, f'{PERIOD} known from "published"')
IN_TEXT = PUBLISHED.replace(
    "  price: money\n\nparameter",
    """  price: money
  rows
    "HX1": 2010-04-01 to 2011-03-31 known from 2010-08-05, £900
    "HX2": 2010-04-01 to 2011-03-31 known from 2010-09-05, £900

parameter""",
)
MATCHED = IN_TEXT.replace("needs tariff[hrg on admitted] is known", "match tariff with the same hrg latest by price").replace(
    "expected tariff[hrg on admitted].price", "expected tariff.price"
)
BY_PARAMETER = RULESET.replace(
    'money £100 illustrative "a test"',
    'money\n  £2,000 from 2010-01-01 illustrative "a test"\n  £100 from 2010-01-01 known from 2010-08-05 illustrative "a test"',
).replace("+ floor", "+ floor[on admitted]")


@pytest.fixture
def sender(service: Service, call: Call, org: str) -> Sender:
    assert org == ORG
    begin_live(service)
    challenge_desk(service)
    set_day(service, ORG, date(2010, 8, 2))
    return Sender(call)


def later(hrg: str, day: str) -> dict[str, Any]:
    return price(hrg, "900.00") | {"published": day}


def clock(call: Call, day: str) -> None:
    sound(call("admin").put("/clock", json={"moment": f"{day}T12:00:00Z"}))


def written(service: Service) -> tuple[int, int, int]:
    """The decisions, the entries that tell of claims decided again, and the events, so far."""
    with service.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "claims.redecided")).all()
        return count_decisions(service.database), len(entries), len(session.scalars(select(Event)).all())


def test_a_row_that_arrived_is_looked_at_on_the_day_on_which_it_is_known(sender: Sender, service: Service, call: Call) -> None:
    published(service.database, PUBLISHED)
    sound(sender.rows("tariff", later("HX1", "2010-08-05"), later("HX2", "2010-09-05"), later("HX3", "2010-08-01")))
    sound(sender.claims(spell("S1"), spell("S2", patient="P2", hrg="HX2"), spell("S3", patient="P3", hrg="HX3")))
    assert end(sound(sender.claim("S1"))["decision"], "over_price")["status"] == "not assessable"
    before = written(service)
    clock(call, "2010-08-04")
    assert written(service)[:2] == before[:2]

    clock(call, "2010-08-05")
    decision = sound(sender.claim("S1"))["decision"]
    assert (decision["number"], decision["cause"], decision["known"]) == (2, CAUSE, "2010-08-05")
    assert (end(decision, "over_price")["status"], end(decision, "over_price")["overcharge"]) == ("flagged", "600.00")
    assert [sound(sender.claim(key))["decision"]["number"] for key in ("S2", "S3")] == [1, 1]
    # As with every other: an entry of the log, an event, a challenge.
    (entry,) = sound(call("auditor").get("/audit", params={"action": "claims.redecided"}))["items"]
    assert (entry["by"], entry["detail"]["received"], entry["detail"]["redecided"]) == ("the live desk", 1, 1)
    events = sound(sender.client.get("/events", params={"kinds": "finding.new"}))["items"]
    assert [one["payload"]["key"] for one in events] == ["S3", "S1"]
    assert {one["key"] for one in sound(sender.client.get("/challenges"))["items"]} == {"S1", "S3"}

    # Once: not again on that day, nor on the next.
    after = written(service)
    assert service.parts["live"].catch_up() == 0
    clock(call, "2010-08-06")
    assert written(service)[:2] == after[:2]
    clock(call, "2010-09-05")
    assert sound(sender.claim("S2"))["decision"]["number"] == 2


def test_days_that_a_service_slept_through_are_made_up_for(sender: Sender, service: Service) -> None:
    published(service.database, PUBLISHED)
    sound(sender.rows("tariff", later("HX1", "2010-08-05"), later("HX1", "2010-08-06") | {"price": "1000.00"}))
    sound(sender.claims(spell("S1")))
    service.parts["live"].close()
    set_day(service, ORG, date(2010, 8, 8))
    again = begin_live(service)
    assert again.catch_up() == 1
    decision = sound(sender.claim("S1"))["decision"]
    assert (decision["number"], decision["cause"], decision["known"]) == (2, CAUSE, "2010-08-08")
    assert end(decision, "over_price")["overcharge"] == "500.00"
    assert again.catch_up() == 0


def test_a_row_that_was_taken_back_before_its_day_changes_nothing(sender: Sender, service: Service, call: Call) -> None:
    published(service.database, PUBLISHED)
    sound(sender.rows("tariff", later("HX1", "2010-08-05")))
    sound(sender.claims(spell("S1"), spell("S2", patient="P2")))
    assert sound(sender.cancel_rows("tariff", "HX1 from 2010-04-01 known from 2010-08-05"))["rejected"] == []
    sound(sender.cancel("S2"))
    before, stood = written(service), sound(sender.claim("S1"))["decision"]
    clock(call, "2010-08-05")
    assert written(service)[:2] == before[:2]
    assert sound(sender.claim("S1"))["decision"] == stood


@pytest.mark.parametrize(
    ("text", "check", "before", "after"),
    [
        (IN_TEXT, "over_price", "not assessable", "flagged"),
        (MATCHED, "over_price", "out of scope", "flagged"),
        (BY_PARAMETER, "over_estimate", "passed", "flagged"),
    ],
    ids=["a row of the text", "a row of the text that is matched", "a parameter"],
)
def test_what_stands_in_the_text_becomes_known_too(
    sender: Sender, service: Service, text: str, check: str, before: str, after: str
) -> None:
    published(service.database, text)
    estimates = [{"id": f"E{n}", "patient": f"P{n}", "referred": "2010-05-04", "expected_cost": "1000.00"} for n in (1, 2)]
    sound(sender.rows("estimate", *estimates))
    # The second claim looks at what the desk holds already.
    for number in (1, 2):
        (decided,) = sound(sender.claims(spell(f"S{number}", patient=f"P{number}")))["decided"]
        assert end(decided, check)["status"] == before
    set_day(service, ORG, date(2010, 8, 5))
    assert service.parts["live"].catch_up() == 2
    assert [end(sound(sender.claim(f"S{n}"))["decision"], check)["status"] for n in (1, 2)] == [after, after]
    assert service.parts["live"].catch_up() == 0
