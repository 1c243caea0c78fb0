"""An organisation that has one of everything, and the requests that name it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from requite.api.service.service import Service
from requite.api.store.columns import new_id
from requite.api.store.schema import Delivery, Event
from tests.service.challenges_support import challenge_desk, set_day
from tests.service.live_support import begin_live
from tests.service.runs_support import in_force, made, published, sent
from tests.service.support import ORG, Call, sound
from tests.service.test_challenges_end_to_end import ESTIMATE, KINGSTON, SPELL, finished

PATIENT: Final = "9434765919"
HOOK: Final = "https://hooks.example.org/kingston"

BEGINNINGS: Final = {
    "/rulesets/versions": "version",
    "/decisions": "decision",
    "/challenges": "challenge",
    "/uploads": "upload",
    "/runs": "run",
    "/keys": "key",
    "/webhooks": "webhook",
}
"""What the first parameter of a path names, by how the path begins."""


@dataclass(frozen=True, slots=True)
class Things:
    """The ids of what is there, by what it is."""

    ids: dict[str, str]

    def named(self, path: str) -> str:
        """A path with all its parameters naming what is there."""
        what = next((what for start, what in BEGINNINGS.items() if path.startswith(start + "/{")), "")
        names = {"delivery": "delivery", "id": what}
        words = {"name": "kingston", "ruleset": "kingston", "record": "spell", "month": "2012-04", "table": "findings"}
        words |= {"kind": "practice", "payee": "RAX"}
        for name, what in names.items():
            path = path.replace(f"{{{name}}}", self.ids.get(what, ""))
        for name, word in words.items():
            path = path.replace(f"{{{name}}}", word)
        assert "{" not in path, f"say in tests/service/furnished.py what {path} is to name"
        return path


def furnish(service: Service, call: Call, folder: Path) -> Things:
    """Let Kingston have a ruleset in force, a claim decided and challenged, files, runs, keys, an address that is told."""
    begin_live(service)
    challenge_desk(service)
    version = published(service, KINGSTON, main="kingston.md")
    set_day(service, ORG, date(2010, 8, 2))
    in_force(service, version, date(2010, 1, 1), "kingston")
    admin = call("admin")
    hook = sound(admin.post("/webhooks", json={"url": HOOK, "kinds": ["finding.new"]}), 201)["id"]
    months = {"submitted_on": "2010-08-18", "challenge_by": "2010-09-15", "freezes_on": "2010-10-20"}
    sound(admin.put("/calendar/2010-07", json=months))
    sound(admin.post("/estimates", json={"ruleset": "kingston", "record": "estimate", "rows": [ESTIMATE]}))
    decision = sound(admin.post("/claims", json={"ruleset": "kingston", "rows": [SPELL]}))["decided"][0]["id"]
    challenge = sound(admin.get("/challenges"))["items"][0]["id"]
    upload = sent(admin, "id,patient\n1,2\n", "spell.csv")
    made(admin, version, ruleset="kingston", inputs={"spell": {"upload": upload}})
    inputs = {"spell": _csv(SPELL, {"id": "Hospital Provider Spell No"}), "estimate": _csv(ESTIMATE, {}), "tariff": TARIFF}
    run = finished(service, version, "kingston", folder, inputs)
    key = sound(admin.post("/keys", json={"name": "spare", "role": "auditor"}), 201)["id"]
    ids = {"version": version, "decision": decision, "challenge": challenge, "upload": upload, "run": run}
    return Things(ids | {"key": key, "webhook": hook, "delivery": _delivery(service, hook)})


TARIFF: Final = "hrg,valid_from,valid_to,outpatient_procedure,day_case_or_elective\nHX1,2010-04-01,2011-03-31,100.00,900.00\n"


def _csv(row: dict[str, Any], columns: dict[str, str]) -> str:
    return ",".join(columns.get(name, name) for name in row) + "\n" + ",".join(map(str, row.values())) + "\n"


def _delivery(service: Service, webhook: str) -> str:
    id = new_id()
    with service.database.writing() as session:
        event = session.scalar(select(Event.number).where(Event.org == ORG, Event.kind == "finding.new"))
        assert event is not None
        due = datetime.now(UTC)
        session.add(Delivery(id=id, org=ORG, webhook=webhook, event=event, state="dead", attempts=1, due=due, answer=""))
    return id
