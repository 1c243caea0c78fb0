"""Challenges of real claims: from the finding of a live decision, or of a run, to the penalty that the ruleset reckons."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from requite.api.challenges import from_runs, raising, reckoning
from requite.api.challenges.from_runs import TOGETHER, Wanted, raise_from_run
from requite.api.identity import Actor, Role
from requite.api.jobs.places import run_folder
from requite.api.jobs.runner import start as start_jobs
from requite.api.live.catching_up import Live
from requite.api.live.desk import LiveDesk
from requite.api.service.service import Service
from requite.api.store import versions
from requite.api.store.columns import new_id
from requite.api.store.schema import RulesetVersion, Run
from requite.dsl.load import load_program
from requite.engine.live.inprocess import InProcess
from requite.engine.run import run
from requite.engine.seeking.opening import Opened
from requite.engine.seeking.tables import SoughtTables
from requite.engine.verify import Reloaded, opened_again
from tests.service.challenges_support import START, challenge_desk, set_day
from tests.service.runs_support import in_force, published, sent, whole
from tests.service.support import Call, problem, sound

KINGSTON = Path("rulesets/claims/kingston.md").read_text()

SPELL = {
    "id": "S1", "patient": "9434765919", "provider": "RAX", "specialty": "100", "hrg": "HX1", "setting": "elective",
    "admitted": "01/07/2010", "discharged": "03/07/2010", "billed": "1500.10",
}  # fmt: skip
ESTIMATE = {"id": "E1", "patient": "9434765919", "specialty": "100", "referred": "2010-05-04", "expected_cost": "1000.00"}


@pytest.fixture
def live(service: Service) -> Service:
    """A service at which the Kingston ruleset is in force."""
    service.parts["live"] = Live(service, LiveDesk(1, lambda _: InProcess()), pause=3600)
    challenge_desk(service)
    version = published(service, KINGSTON, main="kingston.md")
    set_day(service, "kingston", date(2010, 8, 2))
    in_force(service, version, date(2010, 1, 1), "kingston")
    return service


def rows(client: Any, path: str, *sent: dict[str, Any], **more: Any) -> Any:
    return sound(client.post(path, json={"ruleset": "kingston", "rows": list(sent), **more}))


def move(client: Any, id: str, move: str, **more: Any) -> Any:
    return sound(client.post(f"/challenges/{id}/moves", json={"move": move, "why": "as it went", **more}))


@pytest.mark.usefixtures("live")
def test_from_a_claim_to_the_penalty_for_silence(call: Call) -> None:
    analyst, admin = call("analyst"), call("admin")
    rows(analyst, "/estimates", ESTIMATE, record="estimate")
    rows(analyst, "/claims", SPELL)
    (raised,) = sound(analyst.get("/challenges"))["items"]
    assert (raised["check"], raised["overcharge"], raised["state"]) == ("over_estimate", "500.10", "raised")
    assert raised["month"] == "2010-07"
    assert raised["decision"] is not None
    id = raised["id"]
    assert move(analyst, id, "send")["answer_due"] == "2010-08-16"
    sound(admin.put("/clock", json={"moment": "2010-08-17T08:00:00Z"}))
    found = sound(analyst.get(f"/challenges/{id}"))
    assert (found["state"], found["credit"], found["penalty"]) == ("upheld", "500.10", "50.01")
    why = sound(analyst.get(f"/challenges/{id}/explanation"))
    assert why["because"][1] == "the check says: penalty penalty_rate of overcharge when upheld"
    (decision,) = why["penalty"]["decisions"]
    assert (decision["rule"], decision["amount"]) == ("over_estimate", "£50.01")


def test_a_version_is_in_force_from_midnight_in_england(service: Service, call: Call) -> None:
    service.parts["live"] = Live(service, LiveDesk(1, lambda _: InProcess()), pause=3600)
    challenge_desk(service)
    version = published(service, KINGSTON, main="kingston.md")
    set_day(service, "kingston", date(2010, 8, 1))
    in_force(service, version, date(2010, 8, 3), "kingston")
    analyst, admin = call("analyst"), call("admin")
    sound(admin.put("/clock", json={"moment": "2010-08-02T22:59:59Z"}))
    early = analyst.post("/estimates", json={"ruleset": "kingston", "record": "estimate", "rows": [ESTIMATE]})
    assert problem(early, 409, "not-in-force")["detail"] == "no version of this ruleset is in force on 2010-08-02"
    assert sound(analyst.get("/rulesets/kingston"))["in_force"] is None
    sound(admin.put("/clock", json={"moment": "2010-08-02T23:30:00Z"}))
    rows(analyst, "/estimates", ESTIMATE, record="estimate")
    assert sound(analyst.get("/rulesets/kingston"))["in_force"] is not None


@pytest.mark.usefixtures("live")
def test_the_penalty_on_a_part_is_reckoned_by_the_ruleset(call: Call) -> None:
    analyst, hospital = call("analyst"), call("hospital", provider="RAX")
    rows(analyst, "/estimates", ESTIMATE, record="estimate")
    rows(analyst, "/claims", SPELL)
    id = sound(analyst.get("/challenges"))["items"][0]["id"]
    move(analyst, id, "send")
    move(hospital, id, "dispute")
    move(analyst, id, "escalate")
    # What arrives afterwards changes nothing of what went out.
    rows(analyst, "/claims", SPELL | {"billed": "4000.00"})
    upheld = move(analyst, id, "part_uphold", amount="123.45")
    # 10% of 123.45 is 12.345; half a penny is rounded up.
    assert (upheld["agreed"], upheld["credit"], upheld["penalty"]) == ("123.45", "123.45", "12.35")
    why = sound(analyst.get(f"/challenges/{id}/explanation"))
    assert why["because"][-1] == "reckoned anew on 123.45 that is 12.35"
    assert why["penalty"]["decisions"][0]["amount"] == "£12.35"
    assert move(analyst, id, "credit", amount="135.80")["state"] == "credited"


@pytest.mark.usefixtures("live")
def test_a_correction_follows_until_it_is_sent(call: Call) -> None:
    analyst = call("analyst")
    rows(analyst, "/estimates", ESTIMATE, record="estimate")
    rows(analyst, "/claims", SPELL)
    rows(analyst, "/claims", SPELL | {"billed": "2000.00"})
    (one,) = sound(analyst.get("/challenges"))["items"]
    assert (one["overcharge"], one["revision"]) == ("1000.00", 2)
    rows(analyst, "/claims", SPELL | {"billed": "1000.00"})
    (one,) = sound(analyst.get("/challenges"))["items"]
    assert (one["state"], one["outcome"]) == ("withdrawn", "not_found")
    # The estimate turns out to be lower: the claim is found again.
    rows(analyst, "/estimates", ESTIMATE | {"expected_cost": "100.00"}, record="estimate")
    found = sound(analyst.get("/challenges", params={"state": "raised"}))["items"]
    assert [one["overcharge"] for one in found] == ["900.00"]


# --- from runs --------------------------------------------------------------------------------------------------------


def finished(service: Service, version: str, ruleset: str, folder: Path, inputs: dict[str, str], org: str = "kingston") -> str:
    """The id of a run of a version that is done, its results in their place."""
    id = new_id()
    with service.database.writing() as session:
        found = versions.version_of(session, org, version)
        text = versions.write_texts(found, folder / "texts")
        known = {"known": START, "state": "done", "created_at": found.created_at, "created_by": "Ann"}
        empty = dict.fromkeys(("beats", "started_at", "finished_at", "manifest", "problems"))
        session.add(Run(id=id, org=org, ruleset=ruleset, version=version, inputs={}, options={}, **known, **empty))
    files: dict[str, object] = {}
    for record, content in inputs.items():
        files[record] = folder / f"{record}.csv"
        (folder / f"{record}.csv").write_text(content)
    out = run_folder(service.settings, org, id)
    out.parent.mkdir(parents=True, exist_ok=True)
    run_ruleset(text, files, out)
    return id


def run_ruleset(text: Path, files: dict[str, object], out: Path) -> None:
    program, diagnostics = load_program(str(text))
    assert program is not None, diagnostics
    run(program, files, out, known=START)


MONTHLY = """
ruleset monthly "Claims of a month"
  currency GBP

record spell
  key id: text
  provider: text
  discharged: date
  billed: money

check dear for each spell
  expected £100
  flag when billed > expected
  reason "billed {billed}"
  challenge provider answers within 10 days, otherwise deemed upheld
    penalty 10% of overcharge when upheld
"""


def spells(number: int) -> str:
    lines = [f"S{n:05},{'RAX' if n % 2 else 'RBX'},2012-0{4 + n % 2}-10,{100 + n % 7}.50" for n in range(number)]
    return "\n".join(["id,provider,discharged,billed", *lines])


@pytest.fixture
def monthly(service: Service, tmp_path: Path) -> str:
    """A run of claims, with their findings."""
    challenge_desk(service)
    version = published(service, MONTHLY, main="monthly.requite")
    set_day(service, "kingston", START)
    folder = tmp_path / "work"
    folder.mkdir()
    return finished(service, version, "monthly", folder, {"spell": spells(40)})


def test_a_runs_challenges_are_raised_once(monthly: str, call: Call) -> None:
    analyst = call("analyst")
    first = sound(analyst.post(f"/runs/{monthly}/challenges", json={}))
    assert first == {"found": 40, "raised": 40, "already": 0, "refused": 0, "not_raised": []}
    again = sound(analyst.post(f"/runs/{monthly}/challenges", json={}))
    assert again == {"found": 40, "raised": 0, "already": 40, "refused": 0, "not_raised": []}
    page = sound(analyst.get("/challenges", params={"month": "2012-05", "run": monthly}))
    assert len(page["items"]) == 20
    one = page["items"][0]
    assert (one["key"], one["reason"], one["billed"], one["overcharge"]) == ("S00001", "billed £101.50", "101.50", "1.50")
    total = sound(analyst.get("/challenges/position"))["total"]
    # Overcharges of 50p to £6.50 in turn, 40 of them.
    assert total["raised"]["claimed"] == f"{sum(n % 7 for n in range(40)) + 20}.00"


def test_a_part_of_a_runs_challenges_is_raised(monthly: str, call: Call) -> None:
    analyst = call("analyst")
    some = sound(analyst.post(f"/runs/{monthly}/challenges", json={"provider": "RAX", "checks": ["dear"], "month": "2012-06"}))
    assert (some["found"], some["raised"]) == (20, 20)
    assert {one["month"] for one in sound(analyst.get("/challenges"))["items"]} == {"2012-06"}
    rest = sound(analyst.post(f"/runs/{monthly}/challenges", json={}))
    assert (rest["found"], rest["raised"], rest["already"]) == (40, 20, 20)


def test_a_runs_penalty_on_a_part_is_reckoned_from_its_data(monthly: str, call: Call) -> None:
    analyst = call("analyst")
    sound(analyst.post(f"/runs/{monthly}/challenges", json={}))
    id = sound(analyst.get("/challenges", params={"key": "S00006"}))["items"][0]["id"]
    move(analyst, id, "send")
    move(analyst, id, "dispute", on_behalf=True)
    move(analyst, id, "escalate")
    upheld = move(analyst, id, "part_uphold", amount="3.25")
    assert (upheld["credit"], upheld["penalty"]) == ("3.25", "0.33")
    assert sound(analyst.get(f"/challenges/{id}/explanation"))["penalty"]["decisions"][0]["amount"] == "£0.33"


def test_what_of_a_run_cannot_be_challenged_is_told(service: Service, call: Call, tmp_path: Path) -> None:
    challenge_desk(service)
    text = MONTHLY.replace("  currency GBP\n", "  currency GBP\n  rounding half even to 0.1p\n")
    version = published(service, text, main="monthly.requite")
    content = "id,provider,discharged,billed\nS1,RAX,2012-04-01,200\nS2,RAX,2012-04-01,200.005\nS3,RAX,2012-04-01,100000000000200\n"
    id = finished(service, version, "monthly", tmp_path, {"spell": content})
    told = sound(call("analyst").post(f"/runs/{id}/challenges", json={"month": "2012-04"}))
    assert (told["found"], told["raised"], told["refused"]) == (3, 1, 2)
    assert told["not_raised"] == [
        {"record": "spell", "key": key, "check": "dear", "why": why}
        for key, why in (
            ("S2", "the amount has parts of a penny, and a challenge is to the penny"),
            ("S3", "the amount is too large: 100,000,000,000 is the most"),
        )
    ]


def test_after_the_last_day_for_challenges_a_run_raises_none(monthly: str, call: Call) -> None:
    analyst, admin = call("analyst"), call("admin")
    dates = {"submitted_on": "2012-07-01", "challenge_by": "2012-07-10", "freezes_on": "2012-07-20"}
    sound(admin.put("/calendar/2012-06", json=dates))
    sound(admin.put("/clock", json={"moment": "2012-07-11T12:00:00Z"}))
    told = sound(analyst.post(f"/runs/{monthly}/challenges", json={"month": "2012-06"}))
    assert (told["found"], told["raised"], told["already"], told["refused"], len(told["not_raised"])) == (40, 0, 0, 40, 40)
    assert told["not_raised"][0]["why"] == "the last day on which its month may be challenged is past: that was 2012-07-10"
    assert sound(analyst.get("/challenges"))["items"] == []


def test_a_run_that_is_not_there_or_not_done_has_no_challenges(monthly: str, service: Service, call: Call) -> None:
    analyst = call("analyst")
    problem(analyst.post(f"/runs/{'0' * 26}/challenges", json={}), 404, "not-found")
    problem(call("analyst", org="merton").post(f"/runs/{monthly}/challenges", json={}), 404, "not-found")
    problem(analyst.post(f"/runs/{monthly}/challenges", json={"checks": ["dearest"]}), 422, "unknown-check")
    problem(analyst.post(f"/runs/{monthly}/challenges", json={"by": "weekday"}), 422, "unknown-field")
    problem(call("hospital").post(f"/runs/{monthly}/challenges", json={}), 403, "not-allowed")
    with service.database.writing() as session:
        session.get_one(Run, monthly).state = "running"
    problem(analyst.post(f"/runs/{monthly}/challenges", json={}), 409, "not-finished")


def test_a_run_of_more_than_one_batch_is_raised_whole_after_it_broke_off(
    service: Service, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge_desk(service)
    version = published(service, MONTHLY, main="monthly.requite")
    id = finished(service, version, "monthly", tmp_path, {"spell": spells(2 * TOGETHER + 1)})
    raise_all, batches = raising.raise_all, []

    def broken(*given: Any) -> Any:
        batches.append(given)
        if len(batches) == 2:
            raise RuntimeError("it broke off")
        return raise_all(*given)

    monkeypatch.setattr(from_runs, "raise_all", broken)
    with pytest.raises(RuntimeError, match="it broke off"):
        raise_from_run(service, Actor("kingston", "Ann", Role.ANALYST), id, Wanted("2012-04"))
    analyst = call("analyst")
    told = sound(analyst.post(f"/runs/{id}/challenges", json={"month": "2012-04"}))
    assert (told["found"], told["raised"], told["already"]) == (2 * TOGETHER + 1, TOGETHER + 1, TOGETHER)
    assert sound(analyst.get("/challenges/position"))["total"]["raised"]["count"] == 2 * TOGETHER + 1


# --- whose rules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_rules_that_nobody_approved_ask_no_hospital(monthly: str, service: Service, call: Call, state: str) -> None:
    analyst = call("analyst")
    with service.database.writing() as session:
        found = session.get_one(RulesetVersion, session.get_one(Run, monthly).version)
        found.state = state
    told = problem(analyst.post(f"/runs/{monthly}/challenges", json={"month": "2012-04"}), 409, "not-approved")
    assert told["detail"] == f"the run was by a version of monthly that is not approved ({state})"
    assert sound(analyst.get("/challenges"))["items"] == []
    with service.database.writing() as session:
        session.get_one(RulesetVersion, found.id).state = "approved"
    assert sound(analyst.post(f"/runs/{monthly}/challenges", json={"month": "2012-04"}))["raised"] == 40


def test_a_run_made_again_by_a_draft_asks_no_hospital(service: Service, call: Call) -> None:
    challenge_desk(service)
    service.parts["jobs"] = start_jobs(service)
    approved = published(service, MONTHLY, main="monthly.requite")
    analyst = call("analyst")
    upload = sent(analyst, spells(4), "spell.csv")
    asked = {"ruleset": "monthly", "version": approved, "inputs": {"spell": {"upload": upload}}, "known": "2012-05-01"}
    first = whole(analyst, sound(analyst.post("/runs", json=asked), 202)["id"])
    texts = {"monthly.requite": MONTHLY.replace("expected £100", "expected £1")}
    draft = sound(call("author").post("/rulesets", json={"main": "monthly.requite", "texts": texts}), 201)["id"]
    again = sound(analyst.post(f"/runs/{first['id']}/again", json={"rules": draft}), 202)["id"]
    assert whole(analyst, again)["state"] == "done"
    problem(analyst.post(f"/runs/{again}/challenges", json={}), 409, "not-approved")
    assert sound(analyst.post(f"/runs/{first['id']}/challenges", json={}))["raised"] == 4
    # What it raised cannot be raised anew by the draft either.
    problem(analyst.post(f"/runs/{again}/challenges", json={}), 409, "not-approved")
    assert len(sound(analyst.get("/challenges"))["items"]) == 4


# --- many at once -----------------------------------------------------------------------------------------------------


def test_the_data_of_a_run_is_opened_once_for_many_penalties(
    service: Service, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge_desk(service)
    version = published(service, MONTHLY.replace(" when upheld", ""), main="monthly.requite")
    set_day(service, "kingston", START)
    runs = [tmp_path / name for name in ("one", "two")]
    analyst = call("analyst")
    for number, folder in enumerate(runs):
        folder.mkdir()
        content = spells(4).replace("\nS", f"\nR{number}S")
        id = finished(service, version, "monthly", folder, {"spell": content})
        assert sound(analyst.post(f"/runs/{id}/challenges", json={}))["raised"] == 4
    found = sound(analyst.get("/challenges"))["items"]
    for one in found:
        move(analyst, one["id"], "send")
        move(analyst, one["id"], "part_accept", amount="0.25", on_behalf=True)
    opened: list[Path] = []

    def counted(reloaded: Reloaded) -> Any:
        opened.append(reloaded.folder)
        return opened_again(reloaded)

    monkeypatch.setattr(reckoning, "opened_again", counted)
    # Those of the two runs in turn; the answers are in the order that was asked for.
    ids = [one["id"] for pair in zip(found[:4], found[4:], strict=True) for one in pair]
    done = sound(analyst.post("/challenges/moves", json={"move": "agree", "why": "seen", "ids": ids}))
    assert [one["id"] for one in done["moved"]] == ids
    # 10% of 25p are 2.5p; half a penny is rounded up.
    assert {(one["credit"], one["penalty"]) for one in done["moved"]} == {("0.25", "0.03")}
    assert len(opened) == 2


def test_raising_takes_statements_by_the_batch(
    service: Service, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge_desk(service)
    version = published(service, MONTHLY, main="monthly.requite")
    id = finished(service, version, "monthly", tmp_path, {"spell": spells(240)})
    said: list[str] = []
    event.listen(service.database.engine, "before_cursor_execute", lambda *given: said.append(given[2]))

    def statements(together: int, provider: str) -> int:
        said.clear()
        monkeypatch.setattr(from_runs, "TOGETHER", together)
        made = raise_from_run(service, Actor("kingston", "Ann", Role.ANALYST), id, Wanted("2012-04", provider=provider))
        assert made.raised == 120
        return len(said)

    assert call("analyst") is not None
    in_one, in_four = statements(120, "RAX"), statements(30, "RBX")
    # Of each batch the same few, however many findings are in it.
    assert in_one <= 20
    assert in_four <= in_one + 3 * 20


def test_what_a_run_challenges_is_put_down_by_the_row(service: Service, call: Call, tmp_path: Path) -> None:
    challenge_desk(service)
    version = published(service, MONTHLY, main="monthly.requite")
    set_day(service, "kingston", START)
    id = finished(service, version, "monthly", tmp_path, {"spell": spells(40)})
    dates = {"submitted_on": "2012-05-02", "challenge_by": "2012-05-17", "freezes_on": "2012-06-20"}
    sound(call("admin").put("/calendar/2012-04", json=dates))
    into: dict[str, int] = {}

    def counted(_: Any, __: Any, statement: str, rows: Any, ___: Any, many: bool) -> None:
        if many and statement.startswith("INSERT"):
            # A statement that names every row anew grows with them, and PostgreSQL reads each of them for long.
            assert "), (" not in statement, statement
            into[statement.split()[2]] = len(rows)

    event.listen(service.database.engine, "before_cursor_execute", counted)
    raise_from_run(service, Actor("kingston", "Ann", Role.ANALYST), id, Wanted("2012-04"))
    assert into == {"challenge": 40, "challenge_event": 40, "timer": 40, "event": 40}


def test_the_months_of_a_runs_claims_are_read_once(monthly: str, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Opened] = []
    interpreter = Opened.interpreter

    def counted(data: Opened) -> Any:
        made.append(data)
        return interpreter(data)

    monkeypatch.setattr(Opened, "interpreter", counted)
    monkeypatch.setattr(from_runs, "TOGETHER", 10)
    actor = Actor("kingston", "Ann", Role.ANALYST)
    assert raise_from_run(service, actor, monthly, Wanted()).raised == 40
    assert len(made) == 1
    # Of a record with many rows each batch reads its own, and all of them come to the same.
    monkeypatch.setattr(SoughtTables, "is_small", lambda *_: False)
    made.clear()
    assert raise_from_run(service, actor, monthly, Wanted()).already == 40
    assert len(made) == 4
