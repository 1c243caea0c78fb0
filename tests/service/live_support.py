"""Live claims in tests: small rulesets put in force, and a desk whose matcher works in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import event, func, select

from requite.api.identity import Actor, Role
from requite.api.live.catching_up import Live
from requite.api.live.desk import LiveDesk
from requite.api.service.service import Service
from requite.api.store import versions
from requite.api.store.database import Database
from requite.api.store.schema import Decision
from requite.engine.live.inprocess import InProcess
from tests.service.support import ORG, Call

RULESET = """
ruleset bills "Bills against estimates"
  currency GBP

record estimate
  key id: text
  patient: text
  referred: date
  expected_cost: money

record spell
  key id: text
  patient: text
  provider: text
  hrg: text
  admitted: date
  billed: money

table tariff
  key hrg: text
  valid: period from "valid_from" to "valid_to"
  price: money

parameter floor: money £100 illustrative "a test"

check over_estimate for each spell
  match estimate with the same patient where referred within 180 days before this.admitted latest by referred, id
  expected estimate.expected_cost
  flag when billed > expected + floor
  overcharge billed - expected
  reason "billed {billed}; the GP expected {expected}"
  challenge provider answers within 10 working days, otherwise deemed upheld
    penalty 10% of overcharge when upheld

check over_price for each spell
  needs tariff[hrg on admitted] is known
  expected tariff[hrg on admitted].price
  flag when billed > expected
  challenge provider answers within 10 working days, otherwise deemed upheld

check twice for each spell
  flag when there is another spell with the same patient, provider, admitted, billed
  overcharge billed

challenge each spell once for the largest overcharge
  ties in the order twice, over_estimate, over_price
"""


def published(database: Database, text: str = RULESET, org: str = ORG, starts: date = date(2010, 1, 1), name: str = "bills") -> str:
    """Put a ruleset in force; gives the id of its version."""
    author, approver = Actor(org, "Ann", Role.AUTHOR), Actor(org, "Ben", Role.APPROVER)
    with database.writing() as session:
        made = versions.publish(session, author, "bills.requite", {"bills.requite": text})
        version = made.version
        assert version is not None, [one.message for one in made.diagnostics]
        if version.state == versions.DRAFT:
            versions.approve(session, approver, version.id)
        versions.put_in_force(session, approver, name, version.id, starts)
        return version.id


def begin_live(service: Service) -> Live:
    """Let a service decide live claims, with a matcher in this process. Nothing is caught up with but by asking."""
    made = Live(service, LiveDesk(1, lambda _: InProcess()), pause=3600)
    service.parts["live"] = made
    return made


def spell(id: str, patient: str = "P1", billed: Any = "1500.00", **more: Any) -> dict[str, Any]:
    return {"id": id, "patient": patient, "provider": "RAX", "hrg": "HX1", "admitted": "2010-07-01", "billed": billed} | more


def estimate(id: str, patient: str = "P1", cost: Any = "1000.00", **more: Any) -> dict[str, Any]:
    return {"id": id, "patient": patient, "referred": "2010-05-04", "expected_cost": cost} | more


def price(hrg: str, price: Any, start: str = "2010-04-01", end: str = "2011-03-31") -> dict[str, Any]:
    return {"hrg": hrg, "valid_from": start, "valid_to": end, "price": price}


class Sender:
    """Somebody who sends rows."""

    def __init__(self, call: Call, role: str = "analyst", org: str = ORG, ruleset: str = "bills") -> None:
        self.client = call(role, org=org)
        self.ruleset = ruleset

    def claims(self, *rows: Mapping[str, Any], **headers: str) -> Any:
        return self.client.post("/claims", json={"ruleset": self.ruleset, "rows": list(rows)}, headers=headers)

    def rows(self, record: str, *rows: Mapping[str, Any]) -> Any:
        return self.client.post("/estimates", json={"ruleset": self.ruleset, "record": record, "rows": list(rows)})

    def cancel(self, *keys: str) -> Any:
        return self.client.post("/claims/cancel", json={"ruleset": self.ruleset, "keys": list(keys)})

    def cancel_rows(self, record: str, *keys: str) -> Any:
        return self.client.post("/estimates/cancel", json={"ruleset": self.ruleset, "record": record, "keys": list(keys)})

    def claim(self, key: str, **more: str) -> Any:
        return self.client.get("/claims/one", params={"ruleset": self.ruleset, "record": "spell", "key": key, **more})

    def history(self, key: str) -> Any:
        return self.client.get("/claims/history", params={"ruleset": self.ruleset, "record": "spell", "key": key})


def ends(decision: Mapping[str, Any]) -> dict[str, str]:
    """What each check says of a claim, in one word."""
    return {end["check"]: end["status"] for end in decision["ends"]}


def end(decision: Mapping[str, Any], check: str) -> Mapping[str, Any]:
    """What one check says."""
    found: Mapping[str, Any] = next(end for end in decision["ends"] if end["check"] == check)
    return found


def count_decisions(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Decision)) or 0


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The statements that are sent to the store meanwhile."""
    seen: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def keys_of(items: Sequence[Mapping[str, Any]]) -> list[str]:
    return [item["key"] for item in items]
