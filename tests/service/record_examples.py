"""Plays one session at the service and keeps its answers as the examples of the OpenAPI document.

Run by hand when answers have changed: `.venv/bin/python -m tests.service.record_examples`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from requite.api.jobs.runner import start as start_jobs
from requite.api.service.app import create_app
from requite.api.service.document import EXAMPLES, openapi_document
from requite.api.service.logs import take_over
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.database import open_database
from requite.api.store.upgrade import upgrade
from requite.api.webhooks.deliverer import start as start_webhooks
from requite.dsl.load import DEEPEST_CALLS
from tests.api.support import PRACTICES, SCHEME
from tests.service.challenges_support import challenge_desk, set_day
from tests.service.live_support import begin_live
from tests.service.receiver import receiving
from tests.service.recording import Recorder, Sent
from tests.service.runs_support import ENDED, until
from tests.service.support import ORG, TestClient, key_for
from tests.service.test_challenges_end_to_end import ESTIMATE, KINGSTON, SPELL

UNKNOWN: Final = "01K9QZ3V8M4T6Y2R5W7X9B9999"
DAY: Final = "2010-08-02"
MONTH: Final = {"submitted_on": "2010-08-18", "challenge_by": "2010-09-15", "freezes_on": "2010-10-20", "credit_within": 5}
TARIFF: Final = "hrg,valid_from,valid_to,outpatient_procedure,day_case_or_elective\nHX1,2010-04-01,2011-03-31,100.00,900.00\n"
ROLES: Final = ("author", "approver", "analyst", "auditor", "hospital", "admin")
ONCE: Final = {"headers": {"Idempotency-Key": "7c1d1f6e-8f0a-4c1e-9d43-5b1f3f1f6a01"}}
"""So that what was sent twice is done once; the key is that of one request alone."""


@dataclass
class Desk:
    """A service at work, those who call it, and what came about so far."""

    service: Service
    recorder: Recorder
    callers: dict[str, TestClient]
    hook: str
    ids: dict[str, str] = field(default_factory=dict)

    def ask(self, role: str, name: str, status: int = 200, query: dict[str, Any] | None = None, **more: Any) -> Any:
        if more.pop("once", False):
            more |= {"headers": {"Idempotency-Key": ONCE["headers"]["Idempotency-Key"][:-2] + f"{len(self.recorder.sent):02}"}}
        return self.recorder.ask(self.callers[role], name, status, query, **more)


def main() -> None:
    """Play the session and write the examples."""
    take_over("CRITICAL")
    sys.setrecursionlimit(max(sys.getrecursionlimit(), DEEPEST_CALLS))
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as desk:
        for part in (beginnings, rulesets, claims, decisions, calendar, challenges, runs, results, webhooks, keys, books, endings):
            part(desk)
        refusals(desk)
        EXAMPLES.write_text(desk.recorder.written(), encoding="utf-8")


@contextmanager
def opened(folder: Path) -> Iterator[Desk]:
    """A service in a folder of its own."""
    for name in [name for name in os.environ if name.startswith("REQUITE_")]:
        del os.environ[name]
    database = open_database(f"sqlite:///{folder / 'store.db'}")
    upgrade(database)
    url, home = SecretStr(f"sqlite:///{folder / 'store.db'}"), folder / "home"
    more: dict[str, Any] = {"webhook_hosts": "127.0.0.1", "log_level": "CRITICAL", "allow_clock": True}
    service = Service(ServiceSettings(database_url=url, home=home, **more), database)
    home.mkdir()
    begin_live(service)
    challenge_desk(service)
    service.parts["jobs"] = start_jobs(service)
    service.parts["webhooks"] = start_webhooks(service)
    app = create_app(service)
    names = {"author": "Ann", "approver": "Ben", "analyst": "Cleo", "auditor": "Dev", "hospital": "Eve", "admin": "Fay"}
    try:
        with receiving() as receiver:
            keys = {role: key_for(service, role, name=names[role]) for role in ROLES}
            callers = {role: TestClient(app, headers={"Authorization": f"Bearer {key}"}) for role, key in keys.items()}
            callers["nobody"] = TestClient(app)
            yield Desk(service, Recorder(openapi_document()), callers, receiver.url)
    finally:
        service.close()


def beginnings(desk: Desk) -> None:
    desk.ask("nobody", "health")
    desk.ask("nobody", "ready")
    desk.ask("admin", "metrics")
    desk.ask("analyst", "me")
    set_day(desk.service, ORG, date.fromisoformat(DAY))
    desk.ask("admin", "set_clock", json={"moment": f"{DAY}T13:00:00Z"})
    desk.ask("admin", "set_clock", 409, json={"moment": "2009-01-01T00:00:00Z"})
    desk.ask("analyst", "get_clock")


def rulesets(desk: Desk) -> None:
    texts = {"main": "fees.requite", "texts": {"fees.requite": SCHEME}}
    desk.ask("author", "check_ruleset", json=texts)
    published = desk.ask("author", "publish_ruleset", 201, json=texts | {"note": "as agreed in March"}, once=True)
    fees = desk.ids["fees"] = published["id"]
    desk.ask(
        "author", "publish_ruleset", 422, json=texts | {"texts": {"fees.requite": SCHEME.replace("10 of list_size", "10 of list")}}
    )
    desk.ask("author", "publish_ruleset", json=texts)
    desk.ask("author", "get_version", path={"id": fees})
    desk.ask("author", "get_version_texts", path={"id": fees})
    starts = {"version": fees, "starts": "2010-04-01"}
    desk.ask("approver", "put_in_force", 409, path={"name": "fees"}, json=starts)
    desk.ask("approver", "approve_version", 412, path={"id": fees}, headers={"If-Match": '"another"'})
    desk.ask("approver", "approve_version", path={"id": fees}, once=True)
    desk.ask("approver", "approve_version", 409, path={"id": fees})
    desk.ask("approver", "put_in_force", 201, path={"name": "fees"}, json=starts, once=True)
    desk.ask("approver", "withdraw_version", 409, path={"id": fees})
    dearer = SCHEME.replace("£1 per", "£2 per").replace("fee is £10", "fee is £20")
    desk.ask("author", "publish_ruleset", 201, json=texts | {"texts": {"fees.requite": dearer}})
    kingston = {"main": "kingston.md", "texts": {"kingston.md": KINGSTON}, "note": "first"}
    desk.ids["kingston"] = desk.ask("author", "publish_ruleset", 201, json=kingston)["id"]
    looser = {"kingston.md": KINGSTON.replace("£100", "£150")}
    old = desk.ask("author", "publish_ruleset", 201, json=kingston | {"texts": looser})["id"]
    desk.ask("approver", "approve_version", path={"id": desk.ids["kingston"]})
    desk.ask("approver", "withdraw_version", 412, path={"id": old}, headers={"If-Match": '"another"'})
    desk.ask("approver", "withdraw_version", path={"id": old}, once=True)
    starts = {"version": desk.ids["kingston"], "starts": "2010-01-01"}
    desk.ask("approver", "put_in_force", 201, path={"name": "kingston"}, json=starts)
    rulesets_told(desk)


def rulesets_told(desk: Desk) -> None:
    first = desk.ask("author", "list_rulesets", query={"limit": 1})
    desk.ask("author", "list_rulesets", query={"limit": 1, "after": first["next"]})
    desk.ask("author", "get_ruleset", path={"name": "kingston"})
    first = desk.ask("author", "list_versions", path={"name": "fees"}, query={"limit": 1})
    desk.ask("author", "list_versions", path={"name": "fees"}, query={"limit": 1, "after": first["next"], "state": "approved"})
    when = {"on": DAY, "known_at": "2030-01-01T00:00:00Z"}
    desk.ask("author", "get_in_force", path={"name": "kingston"}, query=when)
    version = {"version": desk.ids["fees"], "starts": "2011-04-01"}
    desk.ask("approver", "put_in_force", 201, path={"name": "fees"}, json=version)
    first = desk.ask("author", "list_in_force", path={"name": "fees"}, query={"limit": 1})
    desk.ask("author", "list_in_force", path={"name": "fees"}, query={"limit": 1, "after": first["next"]})


def claims(desk: Desk) -> None:
    estimates = {"ruleset": "kingston", "record": "estimate"}
    more = [ESTIMATE | {"id": "E2", "patient": "9434765870"}, ESTIMATE | {"id": "E3", "expected_cost": "dear"}]
    desk.ask("analyst", "send_rows", json=estimates | {"rows": [ESTIMATE, *more]}, once=True)
    sent = {"ruleset": "kingston", "rows": [SPELL, SPELL | {"id": "S2", "patient": "9434765870", "billed": "dear"}]}
    desk.ask("analyst", "preview_claims", json=sent)
    desk.ask("analyst", "send_claims", json=sent, once=True)
    many = [SPELL | {"id": f"S{n}", "patient": "9434765870", "billed": f"{1400 + n}.00"} for n in (2, 3, 4)]
    desk.ask("analyst", "send_claims", json=sent | {"rows": many})
    desk.ask("analyst", "cancel_claims", json={"ruleset": "kingston", "keys": ["S4"]}, once=True)
    desk.ask("analyst", "send_rows", json=estimates | {"rows": [ESTIMATE | {"id": "E4", "referred": "2010-01-04"}]})
    desk.ask("analyst", "cancel_rows", json=estimates | {"keys": ["E4"]}, once=True)
    nowhere = {"ruleset": "nowhere", "rows": [SPELL]}
    for name in ("send_claims", "preview_claims"):
        desk.ask("analyst", name, 409, json=nowhere)
    desk.ask("analyst", "send_rows", 409, json=nowhere | {"record": "estimate"})
    desk.ask("analyst", "cancel_claims", 409, json={"ruleset": "nowhere", "keys": ["S1"]})
    desk.ask("analyst", "cancel_rows", 409, json={"ruleset": "nowhere", "record": "estimate", "keys": ["E1"]})
    desk.ask("analyst", "redecide", path={"name": "kingston"}, json={"most": 500}, once=True)
    desk.ask("analyst", "redecide", 409, path={"name": "nowhere"}, json={})
    one = {"ruleset": "kingston", "record": "spell", "key": "S1"}
    desk.ask("analyst", "claim", query=one | {"known_at": "2030-01-01T00:00:00Z"})
    desk.ask("analyst", "claim_history", query=one)
    path = {"ruleset": "kingston", "record": "spell"}
    told = {"flagged": True, "check": "over_estimate", "since": "2010-01-01T00:00:00Z", "limit": 1}
    first = desk.ask("analyst", "list_claims", path=path, query=told)
    desk.ask("analyst", "list_claims", path=path, query=told | {"after": first["next"]})


def decisions(desk: Desk) -> None:
    asked = {"ruleset": "kingston", "record": "spell", "flagged": True, "check": "over_estimate", "standing": True, "limit": 1}
    first = desk.ask("analyst", "list_decisions", query=asked | {"since": "2010-01-01T00:00:00Z"})
    desk.ask("analyst", "list_decisions", query=asked | {"after": first["next"]})
    mine = desk.ask("analyst", "list_decisions", query={"ruleset": "kingston", "record": "spell", "key": "S1"})["items"]
    path = {"id": mine[-1]["id"]}
    desk.ask("analyst", "decision", path=path)
    for form in ("json", "text", "md"):
        desk.ask("analyst", "explain_decision", path=path, query={"format": form})


def calendar(desk: Desk) -> None:
    desk.ask("admin", "set_months", 201, json={"months": [{"month": "2010-08", **MONTH}]}, once=True)
    path = {"month": "2010-07"}
    desk.ask("admin", "set_month", path=path, json=MONTH | {"provider": "RAX"})
    first = desk.ask("analyst", "list_calendar", query={"limit": 1, "known_at": "2030-01-01T00:00:00Z"})
    desk.ask("analyst", "list_calendar", query={"month": "2010-07", "provider": "RAX"})
    desk.recorder.said("list_calendar", Sent({}, {"after": first["next"]}, {}))


def challenges(desk: Desk) -> None:
    about = {"provider": "RAX", "check": "over_estimate", "ruleset": "kingston"}
    first = desk.ask("analyst", "list_challenges", query=about | {"state": "raised", "limit": 1})
    desk.ask("analyst", "list_challenges", query={"limit": 1, "after": first["next"]})
    found = {one["key"]: one["id"] for one in desk.ask("analyst", "list_challenges")["items"]}
    id = desk.ids["challenge"] = found["S1"]
    path = {"id": id}
    month = desk.ask("analyst", "get_challenge", path=path)["month"]
    send = {"move": "send", "why": "reviewed with the practice"}
    desk.ask("analyst", "move_challenge", 412, path=path, json=send, headers={"If-Match": '"another"'})
    desk.ask("analyst", "move_challenge", path=path, json=send, once=True)
    desk.ask("analyst", "move_challenge", 409, path=path, json=send)
    desk.ask("hospital", "move_challenge", path=path, json={"move": "part_accept", "why": "coded too high", "amount": "120.00"})
    desk.ask("analyst", "move_challenges", json=send | {"ids": [found["S2"], id]}, once=True)
    desk.ask("analyst", "move_challenges", 409, json=send | {"ids": [found["S3"], id], "all_or_none": True})
    due = {"due_before": "2010-12-31", "month": month, "key": "S2"}
    for name in ("list_challenges", "get_position"):
        desk.ask("analyst", name, query=about | due | {"state": "sent"})
        for more in ({"outcome": "upheld"}, {"run": UNKNOWN}, {"in_doubt": True}, {"overdue": True}):
            desk.ask("analyst", name, query=more)
    desk.recorder.kept["get_position"]["answers"]["200"] = {}
    desk.ask("analyst", "get_position", query=about)
    first = desk.ask("analyst", "list_challenge_events", path=path, query={"limit": 1})
    desk.ask("analyst", "list_challenge_events", path=path, query={"limit": 1, "after": first["next"]})
    desk.ask("analyst", "explain_challenge", path=path)


def sent(desk: Desk, name: str, content: str, **more: Any) -> str:
    return str(desk.ask("analyst", "send_upload", 201, files={"file": (name, content)}, **more)["id"])


def csv(rows: list[dict[str, Any]]) -> str:
    head = ["Hospital Provider Spell No" if "hrg" in rows[0] and name == "id" else name for name in rows[0]]
    return "\n".join(",".join(map(str, line)) for line in (head, *(row.values() for row in rows))) + "\n"


def runs(desk: Desk) -> None:
    spell = sent(desk, "spell.csv", csv([SPELL, SPELL | {"id": "S9", "billed": "dear"}]), once=True)
    inputs = {"spell": {"upload": spell}, "estimate": {"upload": sent(desk, "estimate.csv", csv([ESTIMATE]))}}
    inputs["tariff"] = {"upload": sent(desk, "tariff.csv", TARIFF)}
    desk.ids["upload"] = spell
    desk.ask("analyst", "get_upload", path={"id": spell})
    first = desk.ask("analyst", "list_uploads", query={"limit": 1})
    desk.ask("analyst", "list_uploads", query={"limit": 1, "after": first["next"]})
    asked = {"ruleset": "kingston", "in_force_on": DAY, "known": DAY, "inputs": inputs}
    run = desk.ids["run"] = desk.ask("analyst", "make_run", 202, json=asked, once=True)["id"]
    desk.ask("analyst", "delete_upload", 409, path={"id": spell})
    for name, more in GONE.items():
        desk.ask("analyst", name, 409, path={"id": run} | more.get("path", {}), query=more.get("query"))
    whole(desk, run)
    again = {"rules": "in force now", "on": DAY}
    desk.ids["again"] = whole(desk, desk.ask("analyst", "run_again", 202, path={"id": run}, json=again, once=True)["id"])
    practice = {"practice": {"upload": sent(desk, "practice.csv", PRACTICES)}}
    fees = {"ruleset": "fees", "version": desk.ids["fees"], "known": DAY, "inputs": practice}
    desk.ids["paid"] = whole(desk, desk.ask("analyst", "make_run", 202, json=fees)["id"])
    stopped = desk.ask("analyst", "make_run", 202, json=fees)["id"]
    desk.ask("analyst", "cancel_run", path={"id": stopped})
    whole(desk, stopped)
    desk.ask("analyst", "get_run", path={"id": run})
    first = desk.ask("analyst", "list_runs", query={"state": "done", "ruleset": "kingston", "limit": 1})
    desk.ask("analyst", "list_runs", query={"limit": 1, "after": first["next"]})
    desk.ask("analyst", "cancel_run", 409, path={"id": run})
    desk.ask("analyst", "compare_runs", path={"id": run}, query={"with": desk.ids["again"]})
    desk.ask("analyst", "watch_run", path={"id": run})
    desk.recorder.said("watch_run", Sent({}, {}, {"headers": {"Last-Event-ID": "2"}}))


def whole(desk: Desk, id: str) -> str:
    path = desk.callers["analyst"]
    until(lambda: path.get(f"/runs/{id}").json()["state"] in ENDED)
    return id


def results(desk: Desk) -> None:
    path, found = {"id": desk.ids["run"]}, {"record": "spell", "key": "S1", "check": "over_estimate", "provider": "RAX"}
    first = desk.ask("analyst", "get_results", path=path | {"table": "findings"}, query=found | {"format": "json", "limit": 1})
    for form in ("csv", "parquet", "xlsx"):
        desk.ask("analyst", "get_results", path=path | {"table": "findings"}, query={"format": form})
    paid = {"id": desk.ids["paid"]}
    first = desk.ask("analyst", "get_results", path=paid | {"table": "payments"}, query={"limit": 1})
    desk.recorder.said("get_results", Sent({}, {"after": first["next"]}, {}))
    desk.ask("analyst", "get_results", path=paid | {"table": "payments"}, query={"payment": "fee", "payee": "P1"})
    desk.ask("analyst", "get_results", path=paid | {"table": "counts"}, query={"rule": "fee"})
    desk.ask("analyst", "get_rejects", path=path, query={"record": "spell"})
    first = desk.ask("analyst", "get_rejects", path=paid, query={"limit": 1})
    desk.ask("analyst", "get_rejects", path=paid, query={"limit": 1, "after": first["next"]})
    for form in ("json", "text", "md"):
        desk.ask("analyst", "explain_run", path=path, query={"key": "S1", "record": "spell", "format": form})
    first = desk.ask("analyst", "list_statements", path=paid, query={"limit": 1})
    desk.ask("analyst", "list_statements", path=paid, query={"limit": 1, "after": first["next"]})
    one = first["items"][0]
    for form in ("md", "html", "pdf"):
        desk.ask("analyst", "get_statement", path=paid | {"kind": one["kind"], "payee": one["payee"]}, query={"format": form})
    desk.ask("analyst", "raise_challenges", path={"id": desk.ids["run"]}, json={"provider": "RAX"}, once=True)


def webhooks(desk: Desk) -> None:
    made = desk.ask(
        "admin", "register_webhook", 201, json={"url": desk.hook, "kinds": ["ruleset.in_force", "run.finished"]}, once=True
    )
    id = desk.ids["webhook"] = made["id"]
    path = {"id": id}
    desk.ask("admin", "list_webhooks")
    desk.ask("admin", "get_webhook", path=path)
    for starts in ("2012-04-01", "2013-04-01"):
        version = {"version": desk.ids["fees"], "starts": starts}
        desk.ask("approver", "put_in_force", 201, path={"name": "fees"}, json=version)
    admin = desk.callers["admin"]
    until(lambda: len(admin.get(f"/webhooks/{id}/deliveries?state=delivered").json()["items"]) == 2)
    desk.ask("admin", "test_webhook", path=path)
    first = desk.ask("admin", "list_deliveries", path=path, query={"state": "delivered", "limit": 2})
    desk.recorder.said("list_deliveries", Sent({}, {"before": 12}, {}))
    one = path | {"delivery": first["items"][0]["id"]}
    desk.ask("admin", "resend_delivery", 202, path=one, once=True)


def keys(desk: Desk) -> None:
    id = desk.ask("admin", "make_key", 201, json={"name": "ward office", "role": "auditor"}, once=True)["id"]
    first = desk.ask("admin", "list_keys", query={"limit": 1})
    desk.ask("admin", "list_keys", query={"limit": 1, "after": first["next"]})
    desk.ask("admin", "revoke_key", path={"id": id})
    desk.ask("admin", "revoke_key", 409, path={"id": id})


def books(desk: Desk) -> None:
    desk.ask("analyst", "list_events", query={"kinds": ["finding.new", "challenge.moved"], "limit": 2})
    desk.ask("analyst", "list_events", query={"after": 2, "limit": 2})
    desk.recorder.said("stream_events", Sent({}, {"kinds": ["finding.new"], "after": 2}, {"headers": {"last-event-id": "2"}}))
    first = desk.ask("auditor", "list_audit", query={"limit": 2})
    desk.ask("auditor", "list_audit", query={"limit": 2, "after": first["next"]})
    entry = first["items"][0]
    desk.ask("auditor", "list_audit", query={name: entry[name] for name in ("action", "subject", "by")})
    desk.ask("auditor", "verify_audit")
    desk.recorder.said("verify_audit", Sent({}, {"expect": "0" * 64}, {}))


def endings(desk: Desk) -> None:
    again = {"id": desk.ids["again"]}
    desk.ask("analyst", "delete_results", 204, path=again)
    for name, more in GONE.items():
        desk.ask("analyst", name, 410, path=again | more.get("path", {}), query=more.get("query"))
    upload = sent(desk, "spare.csv", "id\n1\n")
    desk.ask("analyst", "delete_upload", 204, path={"id": upload})
    desk.ask("admin", "remove_webhook", 204, path={"id": desk.ids["webhook"]})


GONE: Final[dict[str, Any]] = {
    "get_results": {"path": {"table": "findings"}},
    "get_rejects": {},
    "explain_run": {"query": {"key": "S1"}},
    "list_statements": {},
    "get_statement": {"path": {"kind": "provider", "payee": "RAX"}},
}
"""What is asked of a run whose results were deleted."""


def refusals(desk: Desk) -> None:
    """Ask for each operation once more, with something wrong each time; what is wrong for all alike is kept once."""
    recorder, analyst = desk.recorder, desk.callers["analyst"]
    claim = recorder.sent["preview_claims"]
    common = (
        {"content": b'{"ruleset": ', "headers": {"Content-Type": "application/json"}},
        {"content": b" " * 9_000_000, "headers": {"Content-Type": "application/json"}},
        {"content": b"ruleset", "headers": {"Content-Type": "text/plain"}},
    )
    recorder.keep("preview_claims", recorder.send(desk.callers["hospital"], "preview_claims", claim), common=True)
    for more in common:
        recorder.keep("preview_claims", recorder.send(analyst, "preview_claims", Sent({}, {}, more)), common=True)
    hurried = desk.service.settings.model_copy(update={"requests_per_minute": 1})
    client = TestClient(create_app(Service(hurried, desk.service.database)), headers=analyst.headers)
    for _ in range(2):
        recorder.keep("get_clock", recorder.send(client, "get_clock", Sent({}, {}, {})), common=True)
    broken(desk, claim)
    away = Service(desk.service.settings, open_database("postgresql+psycopg://127.0.0.1:1/away"))
    client = TestClient(create_app(away), headers=analyst.headers)
    recorder.keep("get_clock", recorder.send(client, "get_clock", Sent({}, {}, {})), common=True)
    away.database.close()
    for name in recorder.operations:
        refused(desk, name)


def broken(desk: Desk, claim: Sent) -> None:
    """What is answered after a fault."""
    live, headers = desk.service.parts["live"], desk.callers["analyst"].headers
    desk.service.parts["live"] = None
    client = TestClient(desk.callers["analyst"].app, headers=headers, raise_server_exceptions=False)
    desk.recorder.keep("preview_claims", desk.recorder.send(client, "preview_claims", claim), common=True)
    desk.service.parts["live"] = live


def refused(desk: Desk, name: str) -> None:
    recorder = desk.recorder
    operation = recorder.operations[name][2]
    sent = recorder.sent.get(name, Sent({}, {}, {}))
    if operation.get("security"):
        recorder.keep(name, recorder.send(desk.callers["nobody"], name, sent), common=True)
        for role in ("hospital", "auditor"):
            answer = recorder.send(desk.callers[role], name, sent)
            if answer.status_code == 403:
                recorder.keep(name, answer)
                break
    more = {key: value for key, value in sent.more.items() if key != "headers"}
    if name != "stream_events":
        for strange in strangers(sent):
            recorder.keep(name, recorder.send(desk.callers["admin"], name, Sent(*strange, more)))
    for wrong in mistakes(operation, sent, more):
        answer = recorder.send(desk.callers["admin"], name, wrong)
        if answer.status_code == 422:
            recorder.keep(name, answer)
            break


def strangers(sent: Sent) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """The paths and queries of a request that name what is not there."""
    strange = {key: UNKNOWN if len(value) == 26 else "nowhere" for key, value in sent.path.items() if key != "table"}
    if strange:
        yield {**sent.path, **strange}, {**sent.query}
    elif "key" in sent.query:
        yield {}, {**sent.query, "key": "S99"}


def mistakes(operation: dict[str, Any], sent: Sent, more: dict[str, Any]) -> Iterator[Sent]:
    """Requests that cannot be meant, the likelier mistake first."""
    names = {place: [one["name"] for one in operation.get("parameters", ()) if one["in"] == place] for place in ("path", "query")}
    if "json" in more:
        yield Sent(sent.path, sent.query, {"json": {"colour": "red"}})
    if "limit" in names["query"] and operation["operationId"] != "stream_events":
        yield Sent(sent.path, {**sent.query, "limit": 0}, more)
    if "files" in more:
        yield Sent({}, {}, {"files": {"other": ("spell.csv", "id")}})
    if names["query"]:
        yield Sent(sent.path or dict.fromkeys(names["path"], UNKNOWN), dict.fromkeys(names["query"], "x" * 5000), more)
    if names["path"]:
        yield Sent(dict.fromkeys(names["path"], "x" * 300), sent.query, more)


if __name__ == "__main__":
    main()
