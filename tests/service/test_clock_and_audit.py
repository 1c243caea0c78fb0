"""The clock of an organisation, and its audit log, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from requite.api.service.service import Service
from requite.api.store.schema import Organisation
from tests.service.service_fixtures import MakeSettings
from tests.service.support import ORG, Call, problem, sound

LATER = "2031-07-01T09:00:00Z"


class Timers:
    """Something that moves when the clock does."""

    def __init__(self) -> None:
        self.moved: list[str] = []

    def tick(self, org: str) -> None:
        self.moved.append(org)

    def close(self) -> None:
        pass


def test_the_true_time(call: Call) -> None:
    told = sound(call("hospital").get("/clock"))
    assert not told["is_set"]
    assert abs(datetime.fromisoformat(told["now"]) - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_clock_is_set_and_what_is_due_happens(call: Call, service: Service) -> None:
    timers = service.parts["challenges"] = Timers()
    admin = call("admin")
    assert sound(admin.put("/clock", json={"moment": LATER})) == {"now": LATER, "is_set": True}
    assert sound(call("analyst").get("/clock")) == {"now": LATER, "is_set": True}
    assert timers.moved == [ORG]
    assert not sound(call("admin", org="merton").get("/clock"))["is_set"]
    entry = sound(call("auditor").get("/audit", params={"action": "clock.set"}))["items"][0]
    assert (entry["by"], entry["detail"]["set"], entry["detail"]["now"]) == ("the admin", True, LATER)


def test_a_clock_never_goes_back(call: Call) -> None:
    admin = call("admin")
    problem(admin.put("/clock", json={"moment": "2018-07-01T09:00:00Z"}), 409, "clock-backwards")
    sound(admin.put("/clock", json={"moment": LATER}))
    told = problem(admin.put("/clock", json={"moment": "2031-07-01T08:59:59Z"}), 409, "clock-backwards")
    assert told["now"] == LATER
    assert told["detail"] == f"the clock shows {LATER} already, and never goes back"
    problem(admin.put("/clock", json={"moment": None}), 409, "clock-backwards")
    sound(admin.put("/clock", json={"moment": "2031-07-01T10:00:00+01:00"}))


def test_a_clock_that_is_let_go(call: Call, service: Service) -> None:
    admin = call("admin")
    with service.database.writing() as session:
        session.get_one(Organisation, ORG).clock = datetime.now(UTC) - timedelta(hours=1)
    assert sound(admin.get("/clock"))["is_set"]
    told = sound(admin.put("/clock", json={"moment": None}))
    assert not told["is_set"]
    assert abs(datetime.fromisoformat(told["now"]) - datetime.now(UTC)) < timedelta(minutes=5)


@pytest.mark.parametrize(
    "body", [{"moment": "2031-07-01T09:00:00"}, {"moment": "soon"}, {}, {"moment": LATER, "org": "merton"}, [], 1]
)
def test_a_moment_that_is_none(call: Call, body: Any) -> None:
    problem(call("admin").put("/clock", json=body), 422, "wrong-request")


@pytest.mark.parametrize("moment", ["2200-01-02T00:00:00Z", "9999-12-31T23:59:59-23:00"])
def test_a_clock_goes_only_so_far(call: Call, moment: str) -> None:
    assert call("admin").put("/clock", json={"moment": moment}).status_code == 422


def test_a_service_that_keeps_the_true_time(call: Call, service: Service, make_settings: MakeSettings) -> None:
    service.settings = make_settings(allow_clock=False)
    problem(call("admin").put("/clock", json={"moment": LATER}), 403, "clock-is-true")


def test_the_log_is_searched(call: Call) -> None:
    admin = call("admin")
    for name in ("Ann", "Bob"):
        sound(admin.post("/keys", json={"name": name, "role": "analyst"}), 201)
    sound(admin.put("/clock", json={"moment": LATER}))
    auditor = call("auditor")
    numbers = [entry["number"] for entry in sound(auditor.get("/audit"))["items"]]
    assert numbers == sorted(numbers)
    made = sound(auditor.get("/audit", params={"action": "key.made", "by": "the admin"}))["items"]
    assert [entry["detail"]["name"] for entry in made] == ["Ann", "Bob"]
    assert sound(auditor.get("/audit", params={"by": "nobody"}))["items"] == []
    assert sound(call("auditor", org="merton").get("/audit"))["items"] == []


def test_the_log_is_verified(call: Call, service: Service) -> None:
    sound(call("admin").post("/keys", json={"name": "Ann", "role": "analyst"}), 201)
    auditor = call("auditor")
    state = sound(auditor.get("/audit/verify"))
    assert state["ok"]
    assert state["head"].startswith(f"{state['entries']}:")
    assert sound(auditor.get("/audit/verify", params={"expect": state["head"]}))["ok"]
    problem(auditor.get("/audit/verify", params={"expect": "17"}), 422, "wrong-request")
    with service.database.writing() as session:
        session.execute(text("UPDATE audit_entry SET subject = 'x' WHERE org = :org AND number = 1"), {"org": ORG})
    state = sound(auditor.get("/audit/verify"))
    assert not state["ok"]
    assert state["broken"]["number"] == 1
