"""A patient's identifier is for those who may see the claim: it is in no log, no audit entry, no event, no count, no problem."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import select

from requite.api.jobs.runner import start as start_jobs
from requite.api.live.taking import Counter
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.schema import AuditEntry, Event
from requite.api.webhooks.deliverer import start as start_webhooks
from tests.service.challenges_support import challenge_desk, set_day
from tests.service.live_support import begin_live
from tests.service.receiver import Receiver, receiving
from tests.service.runs_support import in_force, published, sent, until, whole
from tests.service.service_fixtures import MakeSettings
from tests.service.support import ORG, Call, sound
from tests.service.test_challenges_end_to_end import ESTIMATE, KINGSTON, SPELL

PATIENT: Final = "4857773456"
CLAIM: Final = SPELL | {"patient": PATIENT}
GUESS: Final = ESTIMATE | {"patient": PATIENT}
WRONG: Final = CLAIM | {"id": "S9", "billed": f"wrong-{PATIENT}"}
COLUMN: Final = "Hospital Provider Spell No"


@pytest.fixture(name="settings")
def talkative(make_settings: MakeSettings) -> ServiceSettings:
    return make_settings(log_level="DEBUG", webhook_hosts="127.0.0.1")


@pytest.fixture
def working(service: Service) -> Service:
    """A service with all its parts, and Kingston in force."""
    begin_live(service)
    challenge_desk(service)
    version = published(service, KINGSTON, main="kingston.md")
    set_day(service, ORG, date(2010, 8, 2))
    in_force(service, version, date(2010, 1, 1), "kingston")
    service.parts["jobs"] = start_jobs(service)
    service.parts["webhooks"] = start_webhooks(service)
    return service


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def csv_of(*rows: dict[str, Any]) -> str:
    head = [COLUMN if name == "id" and "billed" in rows[0] else name for name in rows[0]]
    return "\n".join([",".join(head), *(",".join(map(str, row.values())) for row in rows)]) + "\n"


def everything_is_done(client: Any) -> None:
    """Rows sent, corrected, refused, tried out, explained, taken back, run from files, challenged."""
    ask = {"ruleset": "kingston"}
    sound(client.post("/estimates", json=ask | {"record": "estimate", "rows": [GUESS, GUESS | {"id": "E9", "referred": PATIENT}]}))
    sound(client.post("/claims/preview", json=ask | {"rows": [CLAIM, WRONG]}))
    sound(client.post("/claims", json=ask | {"rows": [CLAIM, WRONG]}))
    sound(client.post("/claims", json=ask | {"rows": [CLAIM | {"billed": "2000.00"}]}))
    assert client.post("/claims", json=ask | {"rows": [CLAIM | {"hrg": {"no": PATIENT}}]}).status_code == 422
    assert client.post("/claims", json=ask | {"rows": [CLAIM], PATIENT: 1}).status_code == 422
    assert client.get("/claims/one", params=ask | {"record": "spell", "key": PATIENT}).status_code == 404
    assert client.get(f"/decisions/{PATIENT}").status_code == 422
    assert client.get(f"/nowhere/{PATIENT}").status_code == 404
    kept = sound(client.get("/claims/one", params=ask | {"record": "spell", "key": "S1"}))
    assert kept["row"]["cells"]["patient"] == PATIENT
    sound(client.get(f"/decisions/{kept['decision']['id']}/explanation"))
    challenge = sound(client.get("/challenges"))["items"][0]["id"]
    sound(client.post(f"/challenges/{challenge}/moves", json={"move": "send", "why": "it is too dear"}))
    _run(client, ask)
    sound(client.post("/rulesets/kingston/redecide", json={}))
    sound(client.post("/claims/cancel", json=ask | {"keys": ["S1"]}))
    sound(client.post("/estimates/cancel", json=ask | {"record": "estimate", "keys": ["E1"]}))


def _run(client: Any, ask: dict[str, Any]) -> None:
    """A run that ends well, with a row that is rejected; and one that fails."""
    tariff = "hrg,valid_from,valid_to,outpatient_procedure,day_case_or_elective\nHX1,2010-04-01,2011-03-31,100.00,900.00\n"
    files = {"spell": csv_of(CLAIM | {"id": "S5"}, WRONG), "estimate": csv_of(GUESS), "tariff": tariff}
    inputs = {record: {"upload": sent(client, content, f"{record}.csv")} for record, content in files.items()}
    run = sound(client.post("/runs", json=ask | {"inputs": inputs, "known": "2010-08-02"}), 202)["id"]
    told = whole(client, run)
    assert told["state"] == "done", told
    assert PATIENT in client.get(f"/runs/{run}/rejects").text
    sound(client.get(f"/runs/{run}/explanation", params={"key": "S5"}))
    sound(client.post(f"/runs/{run}/challenges", json={}))
    wrong = inputs | {"spell": {"upload": sent(client, f"{COLUMN},{PATIENT}\nS1,{PATIENT}\n", "spell.csv")}}
    failed = sound(client.post("/runs", json=ask | {"inputs": wrong, "known": "2010-08-02"}), 202)["id"]
    assert whole(client, failed)["state"] == "failed"


def test_a_patients_identifier_is_told_to_nobody_else(
    working: Service,
    call: Call,
    receiver: Receiver,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    admin = call("admin")
    kinds = ["finding.new", "finding.changed", "challenge.moved", "run.finished", "ruleset.in_force"]
    sound(admin.post("/webhooks", json={"url": receiver.url, "kinds": kinds}), 201)
    everything_is_done(admin)
    with monkeypatch.context() as broken:

        def fail(*_: Any) -> Any:
            raise RuntimeError(f"no room for {PATIENT}")

        broken.setattr(Counter, "take_claims", fail)
        answer = admin.post("/claims", json={"ruleset": "kingston", "rows": [CLAIM]})
        assert answer.status_code == 500
        assert PATIENT not in answer.text
    events = sound(admin.get("/events", params={"limit": 500}))["items"]
    until(lambda: len({got.name for got in receiver.got}) >= len([one for one in events if one["number"] > 1]))
    hospital = call("hospital", provider="RAX")
    seen = [hospital.get("/challenges").text, hospital.get("/challenges/position").text]
    # A failed run tells those who may see its data what is wrong with the file, such as its columns: that is not looked at here.
    seen += [admin.get(path).text for path in ("/audit", "/events", "/metrics", "/challenges", "/decisions", "/keys")]
    with working.database.reading() as session:
        seen += [json.dumps(detail) for detail in session.scalars(select(AuditEntry.detail))]
        seen += [json.dumps(payload) for payload in session.scalars(select(Event.payload))]
        seen += list(session.scalars(select(AuditEntry.subject))) + list(session.scalars(select(Event.subject)))
    seen += [got.body for got in receiver.got]
    logged = capfd.readouterr()
    assert '"event": "request"' in logged.err
    assert '"event": "fault"' in logged.err
    for text in (*seen, *logged.err.splitlines(), *logged.out.splitlines()):
        assert PATIENT not in text, text[:2000]
