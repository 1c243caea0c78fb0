"""The routes by which webhooks are registered and looked after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook as Verifier

from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.events import emit
from requite.api.webhooks.deliverer import Deliverer, start
from requite.api.webhooks.registering import MOST_WEBHOOKS
from tests.service.receiver import Receiver, receiving
from tests.service.support import Call

pytestmark = pytest.mark.usefixtures("org", "other_org")

HERE = frozenset({"127.0.0.1"})
UNKNOWN = "01JZ8Q4T7V3S5N9K2M6P8R0W1X"


@pytest.fixture
def settings(make_settings: Any) -> ServiceSettings:
    found: ServiceSettings = make_settings(webhook_hosts="127.0.0.1")
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def register(call: Call, receiver: Receiver, **more: Any) -> dict[str, Any]:
    answer = call("admin").post("/webhooks", json={"url": receiver.url, "kinds": ["finding.new"], **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def happen(service: Service, *subjects: str, org: str = "kingston") -> None:
    for subject in subjects:
        with service.database.writing() as session:
            emit(session, org, "finding.new", subject, {})


def deliver(service: Service) -> None:
    deliverer = Deliverer(service.database, HERE, (timedelta(0),) * 2)
    while deliverer.step():
        pass


def test_the_secret_is_shown_once(call: Call, receiver: Receiver) -> None:
    made = register(call, receiver)
    assert made["secret"].startswith("whsec_")
    assert made["created_by"]
    listed = call("admin").get("/webhooks").json()["items"]
    assert listed == [{name: value for name, value in made.items() if name != "secret"}]
    one = call("admin").get(f"/webhooks/{made['id']}")
    assert one.json() == listed[0]
    assert made["secret"] not in one.text


def test_registering_again_under_one_key_makes_one_and_keeps_its_secret(call: Call, receiver: Receiver) -> None:
    wanted = {"url": receiver.url, "kinds": ["finding.new"]}
    admin = call("admin")
    first, again = (admin.post("/webhooks", json=wanted, headers={"Idempotency-Key": "hook-1"}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["secret"]
    assert again.json()["secret"] is None
    assert len(admin.get("/webhooks").json()["items"]) == 1


def test_a_trial_event(call: Call, receiver: Receiver) -> None:
    made = register(call, receiver)
    answer = call("admin").post(f"/webhooks/{made['id']}/test")
    assert answer.json() == {"delivered": True, "answer": "status 204"}
    told = Verifier(made["secret"]).verify(receiver.got[0].body, receiver.got[0].headers)
    assert (told["type"], told["data"]) == ("webhook.test", {"webhook": made["id"]})
    receiver.statuses = [500]
    answer = call("admin").post(f"/webhooks/{made['id']}/test")
    assert answer.json() == {"delivered": False, "answer": "status 500"}


def test_what_was_sent_can_be_seen_and_sent_again(service: Service, call: Call, receiver: Receiver) -> None:
    made = register(call, receiver)
    receiver.statuses = [500, 500, 500]
    happen(service, "S1", "S2", "S3")
    deliver(service)
    admin = call("admin")
    at = f"/webhooks/{made['id']}/deliveries"
    first = admin.get(at, params={"limit": 2}).json()
    assert [each["subject"] for each in first["items"]] == ["S3", "S2"]
    second = admin.get(at, params={"limit": 2, "before": first["next"]}).json()
    assert [each["subject"] for each in second["items"]] == ["S1"]
    assert second["next"] is None
    assert {each["state"] for each in first["items"] + second["items"]} == {"delivered"}
    assert admin.get(at, params={"state": "dead"}).json()["items"] == []
    count = len(receiver.got)
    again = admin.post(f"{at}/{first['items'][0]['id']}/resend")
    assert again.status_code == 202
    assert (again.json()["state"], again.json()["attempts"]) == ("waiting", 0)
    deliver(service)
    assert [got.data["subject"] for got in receiver.got[count:]] == ["S3"]


def test_one_that_is_removed_is_gone(service: Service, call: Call, receiver: Receiver) -> None:
    made = register(call, receiver)
    admin = call("admin")
    assert admin.delete(f"/webhooks/{made['id']}").status_code == 204
    assert admin.delete(f"/webhooks/{made['id']}").status_code == 404
    assert admin.get("/webhooks").json()["items"] == []
    happen(service, "S1")
    deliver(service)
    assert not receiver.got


@pytest.mark.parametrize("role", ["author", "approver", "analyst", "auditor", "hospital"])
def test_only_who_manages_may(call: Call, receiver: Receiver, role: str) -> None:
    made = register(call, receiver)
    other = call(role)
    assert other.post("/webhooks", json={"url": receiver.url, "kinds": ["finding.new"]}).status_code == 403
    assert other.get("/webhooks").status_code == 403
    assert other.delete(f"/webhooks/{made['id']}").status_code == 403
    assert other.post(f"/webhooks/{made['id']}/test").status_code == 403
    assert not receiver.got


def test_another_organisation_sees_none_of_it(service: Service, call: Call, receiver: Receiver) -> None:
    made = register(call, receiver)
    happen(service, "S1")
    deliver(service)
    [sent] = call("admin").get(f"/webhooks/{made['id']}/deliveries").json()["items"]
    other = call("admin", org="merton")
    assert other.get("/webhooks").json()["items"] == []
    at = f"/webhooks/{made['id']}"
    for answer in (
        other.get(at),
        other.delete(at),
        other.post(f"{at}/test"),
        other.get(f"{at}/deliveries"),
        other.post(f"{at}/deliveries/{sent['id']}/resend"),
    ):
        assert answer.status_code == 404
    theirs = other.post("/webhooks", json={"url": receiver.url, "kinds": ["finding.new"]}).json()
    assert other.post(f"/webhooks/{theirs['id']}/deliveries/{sent['id']}/resend").status_code == 404
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        {"url": "http://example.org/hook", "kinds": ["finding.new"]},
        {"url": "https://169.254.169.254/latest", "kinds": ["finding.new"]},
        {"url": "https://user:secret@example.org/", "kinds": ["finding.new"]},
        {"url": "https://example.org/", "kinds": []},
        {"url": "https://example.org/", "kinds": ["finding.old"]},
        {"url": "https://example.org/", "kinds": ["finding.new"] * 21},
        {"url": "", "kinds": ["finding.new"]},
        {"url": "https://example.org/" + "a" * 3000, "kinds": ["finding.new"]},
        {"url": "https://example.org/", "kinds": ["finding.new"], "secret": "mine"},
        {"kinds": ["finding.new"]},
    ],
)
def test_what_is_refused(call: Call, wanted: dict[str, Any]) -> None:
    answer = call("admin").post("/webhooks", json=wanted)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]
    assert "user:secret" not in answer.text
    assert call("admin").get("/webhooks").json()["items"] == []


def test_there_is_an_end_to_them(call: Call) -> None:
    admin = call("admin")
    wanted = {"url": "https://example.org/", "kinds": ["finding.new"]}
    statuses = [admin.post("/webhooks", json=wanted).status_code for _ in range(MOST_WEBHOOKS + 1)]
    assert statuses == [201] * MOST_WEBHOOKS + [409]


def test_what_is_not_there(call: Call) -> None:
    admin = call("admin")
    assert admin.get(f"/webhooks/{UNKNOWN}").status_code == 404
    assert admin.get("/webhooks/../etc").status_code == 404
    assert admin.get("/webhooks/x").status_code == 422


def test_the_part_of_the_service_delivers(service: Service, call: Call, receiver: Receiver) -> None:
    receiver.hold = None
    service.parts["webhooks"] = start(service)
    register(call, receiver)
    happen(service, "S1")
    assert receiver.came.wait(20)
    service.parts.pop("webhooks").close()
    assert [got.data["subject"] for got in receiver.got] == ["S1"]
