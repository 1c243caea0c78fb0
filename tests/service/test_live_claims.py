"""Claims as they arrive: decided, corrected, taken back, and never lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import select

from requite.api.live.decided import Decided
from requite.api.live.version import LiveVersion
from requite.api.service.metrics import REGISTRY
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.schema import AuditEntry, Decision, Event, LiveLink, LiveRow, Rests
from requite.engine.reading.problems import DataError, DataProblem
from tests.service.challenges_support import challenge_desk
from tests.service.live_support import (
    Sender,
    begin_live,
    count_decisions,
    end,
    ends,
    estimate,
    keys_of,
    price,
    published,
    spell,
    statements,
)
from tests.service.service_fixtures import MakeSettings
from tests.service.support import Call, problem, sound


@pytest.fixture
def settings(make_settings: MakeSettings) -> ServiceSettings:
    return make_settings(most_rows=50)


@pytest.fixture
def sender(service: Service, call: Call, org: str) -> Sender:
    assert org == "kingston"
    begin_live(service)
    published(service.database)
    return Sender(call)


def test_a_finding_that_can_be_no_challenge_is_not_told_as_one(sender: Sender, service: Service, call: Call) -> None:
    challenge_desk(service)
    sound(sender.rows("estimate", estimate("E1"), estimate("E2", patient="P2")))
    sound(sender.rows("tariff", price("HX1", "900.00")))
    huge = "100000000002000.00"
    sent = (spell("S1"), spell("S2", patient="P2", billed=huge))
    tried = sound(sender.client.post("/claims/preview", json={"ruleset": "bills", "rows": sent}))["decided"]
    decided = sound(sender.claims(*sent))["decided"]
    assert [one["ends"] for one in tried] == [one["ends"] for one in decided]
    kept = [sound(sender.claim(key))["decision"]["ends"] for key in ("S1", "S2")]
    assert kept == [one["ends"] for one in decided]
    told = [end(one, "over_price") for one in decided]
    large = "the amount is too large: 100,000,000,000 is the most"
    said = [(one["challenged"], one["challenged_as"], one["not_challenged"]) for one in told]
    assert said == [(True, "", ""), (False, "", large)]
    smaller = end(decided[1], "over_estimate")
    assert (smaller["challenged"], smaller["challenged_as"]) == (False, "over_price")
    assert smaller["not_challenged"] == f"over_price would go out in its place, and cannot: {large}"
    assert [one["key"] for one in sound(sender.client.get("/challenges"))["items"]] == ["S1"]
    events = sound(sender.client.get("/events", params={"kinds": "finding.new"}))["items"]
    assert {one["payload"]["key"] for one in events if one["payload"]["challenged"]} == {"S1"}
    # The log says it, too; and what was challenged and can be no more is taken back with the reason.
    entries = sound(call("auditor").get("/audit", params={"action": "challenges.followed"}))["items"]
    assert ["spell", "S2", "over_price", large] in entries[-1]["detail"]["not_challengeable_first"]
    sound(sender.claims(spell("S1", billed=huge)))
    (gone,) = sound(sender.client.get("/challenges"))["items"]
    assert (gone["state"], gone["outcome"]) == ("withdrawn", "barred")


def test_a_claim_is_decided_and_what_arrives_late_reopens_it(sender: Sender) -> None:
    first = sound(sender.claims(spell("S1")))
    assert (first["received"], keys_of(first["kept"]), first["rejected"], first["redecided"]) == (1, ["S1"], [], [])
    decision = first["decided"][0]
    assert (decision["number"], decision["cause"], decision["changed"], decision["flagged"]) == (1, "arrived", True, False)
    assert ends(decision) == {"over_estimate": "out of scope", "over_price": "not assessable", "twice": "passed"}

    late = sound(sender.rows("estimate", estimate("E1")))
    assert late["decided"] == []
    again = late["redecided"][0]
    assert (again["key"], again["number"], again["cause"], again["flagged"]) == ("S1", 2, "estimate E1 arrived", True)
    found = end(again, "over_estimate")
    assert (found["status"], found["billed"], found["expected"]) == ("flagged", "1500.00", "1000.00")
    assert (found["overcharge"], found["penalty"], found["respondent"]) == ("500.00", "50.00", "RAX")
    assert found["challenged"]

    dear = sound(sender.rows("tariff", price("HX1", "900.00")))
    third = dear["redecided"][0]
    assert third["cause"] == "tariff HX1 from 2010-04-01 arrived"
    assert end(third, "over_price")["challenged"]
    assert end(third, "over_estimate")["challenged_as"] == "over_price"

    history = sound(sender.history("S1"))
    assert [one["number"] for one in history["decisions"]] == [1, 2, 3]
    assert [one["superseded_at"] for one in history["decisions"][:2]] == [one["decided_at"] for one in history["decisions"][1:]]
    assert history["decisions"][2]["superseded_at"] is None
    for one in history["decisions"]:
        then = sound(sender.claim("S1", known_at=one["decided_at"]))
        assert then["decision"]["id"] == one["id"]


def test_a_correction_is_a_new_revision_and_the_same_again_is_none(sender: Sender, service: Service) -> None:
    sound(sender.rows("estimate", estimate("E1")))
    sound(sender.claims(spell("S1", billed="1100.00")))
    same = sound(sender.claims(spell("S1", billed="1100.00")))
    assert (same["kept"][0]["arrival"], same["decided"][0]["changed"], same["decided"][0]["number"]) == ("unchanged", False, 1)
    corrected = sound(sender.claims(spell("S1", billed="1100.01")))
    assert corrected["kept"][0]["arrival"] == "corrected"
    decision = corrected["decided"][0]
    assert (decision["number"], decision["cause"], end(decision, "over_estimate")["overcharge"]) == (2, "corrected", "100.01")
    shown = sound(sender.claim("S1"))
    assert (shown["row"]["revision"], shown["row"]["cells"]["billed"]) == (2, "1100.01")
    rows = sound(sender.history("S1"))["rows"]
    assert [(row["revision"], row["cells"]["billed"]) for row in rows] == [(1, "1100.00"), (2, "1100.01")]
    assert rows[0]["superseded_at"] == rows[1]["received_at"]
    assert count_decisions(service.database) == 2


def test_a_correction_that_changes_nothing_for_the_checks_is_no_new_decision(sender: Sender) -> None:
    sound(sender.claims(spell("S1")))
    again = sound(sender.claims(spell("S1", billed="1400.00")))
    assert (again["kept"][0]["arrival"], again["decided"][0]["number"], again["decided"][0]["changed"]) == ("corrected", 1, False)


def test_a_claim_that_is_taken_back_has_no_decision_and_concerns_nobody(sender: Sender) -> None:
    sound(sender.claims(spell("S1"), spell("S2")))
    assert ends(sound(sender.claim("S2"))["decision"])["twice"] == "flagged"
    gone = sound(sender.cancel("S1", "S9", "S1"))
    assert [(one["index"], one["arrival"]) for one in gone["kept"]] == [(0, "cancelled")]
    assert [(one["index"], one["value"]) for one in gone["rejected"]] == [(1, "S9"), (2, "S1")]
    assert gone["received"] == len(gone["kept"]) + len(gone["rejected"])
    other = gone["redecided"][0]
    assert (other["key"], other["cause"], ends(other)["twice"]) == ("S2", "spell S1 cancelled", "passed")
    shown = sound(sender.claim("S1"))
    assert (shown["row"]["cancelled"], shown["decision"]) == (True, None)
    assert sound(sender.cancel("S1"))["kept"][0]["arrival"] == "unchanged"

    back = sound(sender.claims(spell("S1")))
    assert (back["kept"][0]["arrival"], back["decided"][0]["number"]) == ("new", 2)
    assert ends(back["redecided"][0])["twice"] == "flagged"
    numbers = [one["number"] for one in sound(sender.history("S1"))["decisions"]]
    assert numbers == [1, 2]


def test_rows_of_days_that_no_check_looks_at_concern_nobody(sender: Sender, service: Service) -> None:
    """The estimate is looked for within 180 days before admission, on 1 July 2010."""
    sound(sender.claims(spell("S1")))
    with statements(service.database) as seen:
        for key, day in (("E1", "2010-07-02"), ("E2", "2010-01-01")):
            assert sound(sender.rows("estimate", estimate(key, referred=day)))["redecided"] == []
    assert not [text for text in seen if text.startswith("INSERT INTO decision")]
    moved_in = sound(sender.rows("estimate", estimate("E1", referred="2010-07-01")))
    assert [(one["key"], ends(one)["over_estimate"]) for one in moved_in["redecided"]] == [("S1", "flagged")]
    moved_out = sound(sender.rows("estimate", estimate("E1", referred="2010-07-03")))
    assert [(one["key"], ends(one)["over_estimate"]) for one in moved_out["redecided"]] == [("S1", "out of scope")]
    assert sound(sender.rows("estimate", estimate("E2", referred="2010-06-30", cost="1450.00")))["redecided"]


def test_an_estimate_that_is_corrected_or_taken_back_reopens_what_it_concerns(sender: Sender) -> None:
    sound(sender.rows("estimate", estimate("E1")))
    sound(sender.claims(spell("S1"), spell("S2", patient="P2")))
    corrected = sound(sender.rows("estimate", estimate("E1", cost="1450.00")))
    assert [(one["key"], one["cause"], one["flagged"]) for one in corrected["redecided"]] == [
        ("S1", "estimate E1 corrected", False)
    ]
    moved = sound(sender.rows("estimate", estimate("E1", patient="P2")))
    assert {one["key"]: ends(one)["over_estimate"] for one in moved["redecided"]} == {"S1": "out of scope", "S2": "flagged"}
    gone = sound(sender.cancel_rows("estimate", "E1"))
    assert [(one["key"], one["cause"]) for one in gone["redecided"]] == [("S2", "estimate E1 cancelled")]


def test_rows_of_a_dated_table_are_told_apart_by_their_first_day(sender: Sender) -> None:
    sent = sound(sender.rows("tariff", price("HX1", "900.00"), price("HX1", "2000.00", "2011-04-01", "2012-03-31")))
    assert keys_of(sent["kept"]) == ["HX1 from 2010-04-01", "HX1 from 2011-04-01"]
    sound(sender.claims(spell("S1")))
    assert ends(sound(sender.claim("S1"))["decision"])["over_price"] == "flagged"
    sound(sender.cancel_rows("tariff", "HX1 from 2010-04-01"))
    assert ends(sound(sender.claim("S1"))["decision"])["over_price"] == "not assessable"


# --- what cannot be taken ---------------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_rejected_and_the_rest_is_taken(sender: Sender) -> None:
    rows = [spell("S1"), spell("S2", billed="abc"), spell("S3", admitted="2010-02-30"), spell("S4"), spell("S4"), spell("")]
    answer = sound(sender.claims(*rows))
    assert keys_of(answer["kept"]) == ["S1"]
    rejected = {one["index"]: (one["record"], one["field"], one["value"]) for one in answer["rejected"]}
    assert rejected[1] == ("spell", "billed", "abc")
    assert rejected[2] == ("spell", "admitted", "2010-02-30")
    assert rejected[3] == rejected[4] == ("spell", "id", "S4")
    assert rejected[5][1] == "id"
    assert all(one["reason"] for one in answer["rejected"])
    assert answer["received"] == len(answer["kept"]) + len(answer["rejected"])
    problem(sender.claim("S4"), 404, "not-found")


def test_rows_without_a_column_are_refused_as_a_whole(sender: Sender, service: Service) -> None:
    row = spell("S1")
    del row["billed"]
    refused = problem(sender.claims(row), 422, "cannot-read")
    (error,) = refused["errors"]
    assert error["code"] == "missing-columns"
    assert error["message"].startswith("<spell>: spell needs a field that is not there: billed. There are ")
    assert error["help"].startswith("Give each row billed, or let the field say what the rows call it")
    other = problem(sender.claims(row, {name: value for name, value in row.items() if name != "hrg"}), 422, "cannot-read")
    assert [one["help"].partition(",")[0] for one in other["errors"]] == ["Give each row billed", "Give each row hrg"]
    assert count_decisions(service.database) == 0


def test_each_row_brings_its_own_headings(sender: Sender) -> None:
    loud = {name.upper(): value for name, value in spell("S2", "P2").items()}
    short = {name: value for name, value in spell("S3", "P3").items() if name != "billed"}
    slip = {name.replace("billed", "billedd"): value for name, value in spell("S5", "P5").items()}
    twice = {name.replace("id", "I D"): value for name, value in spell("S6", "P6").items()} | {"ID": "S7"}
    rows = [spell("S1"), loud, short, spell("S4", "P4", hrg=None, more=1), slip, twice, {}]
    tried = sound(sender.client.post("/claims/preview", json={"ruleset": "bills", "rows": rows}))
    answer = sound(sender.claims(*rows))
    assert [(one["index"], one["key"]) for one in tried["decided"]] == [(0, "S1"), (1, "S2")]
    assert [(one["index"], one["key"]) for one in answer["kept"]] == [(0, "S1"), (1, "S2")]
    assert [(one["index"], one["field"]) for one in answer["rejected"]] == [
        (2, "billed"), (3, "hrg"), (4, "billed"), (5, "id"), (6, "id, patient, provider, hrg, admitted, billed"),
    ]  # fmt: skip
    reasons = [one["reason"] for one in answer["rejected"]]
    assert reasons[0] == "has no column in this row"
    assert reasons[2] == "has no column in this row: billedd may be meant for it"
    assert reasons[3] == "more than one column could be it: I D, ID"
    assert answer["received"] == len(answer["kept"]) + len(answer["rejected"])
    assert sound(sender.claim("S2"))["row"]["cells"]["BILLED"] == "1500.00"


def test_one_key_under_two_headings_is_one_key(sender: Sender) -> None:
    answer = sound(sender.claims(spell("S1"), {name.upper(): value for name, value in spell("S1").items()}, spell("S2")))
    assert keys_of(answer["kept"]) == ["S2"]
    assert [(one["index"], one["field"], one["value"]) for one in answer["rejected"]] == [(0, "id", "S1"), (1, "id", "S1")]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"ruleset": "bills", "rows": []}, 422, "wrong-request"),
        ({"ruleset": "bills", "rows": [{"id": ["S1"]}]}, 422, "wrong-request"),
        ({"ruleset": "bills", "rows": [{"id": {"number": "1"}}]}, 422, "wrong-request"),
        ({"ruleset": "bills", "rows": [{"id": "x" * 5000}]}, 422, "wrong-request"),
        ({"ruleset": "bills", "rows": [{"id": "S1"}], "more": 1}, 422, "wrong-request"),
        ({"ruleset": "bills", "rows": [{"id": "S1"}] * 51}, 413, "too-many-rows"),
        ({"ruleset": "bills", "record": "estimate", "rows": [{"id": "S1"}]}, 422, "unknown-record"),
        ({"ruleset": "nobody's", "rows": [{"id": "S1"}]}, 409, "not-in-force"),
    ],
)
def test_requests_that_are_refused(sender: Sender, service: Service, body: dict[str, Any], status: int, code: str) -> None:
    refused = sender.client.post("/claims", json=body)
    assert refused.status_code == status, refused.text
    assert refused.json()["type"] == f"urn:requite:problem:{code}", refused.text
    with service.database.reading() as session:
        assert session.scalar(select(LiveRow.id)) is None


@pytest.mark.parametrize(("code", "status"), [("matching-stopped", 503), ("engines-differ", 500), ("cannot-run", 422)])
def test_what_no_request_can_help_is_not_the_request_s_fault(
    sender: Sender, service: Service, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    def stopped(_: Any) -> Any:
        raise DataError([DataProblem(code, "nothing was decided")])

    monkeypatch.setattr(service.parts["live"].desk.pool, "begun", stopped)
    asked = {"ruleset": "bills", "rows": [spell("S1")]}
    assert "decided" not in problem(sender.client.post("/claims/preview", json=asked), status, code)
    problem(sender.claims(spell("S1")), status, code)
    assert count_decisions(service.database) == 0


def test_rows_go_where_they_belong(sender: Sender) -> None:
    problem(sender.rows("spell", spell("S1")), 422, "these-are-claims")
    refused = problem(sender.rows("letter", {"id": "L1"}), 422, "unknown-record")
    assert "estimate, tariff" in refused["help"]


def test_a_key_has_its_bounds(sender: Sender) -> None:
    long = "k" * 1001
    answer = sound(sender.claims(spell(long), spell("k" * 1000)))
    assert [one["index"] for one in answer["kept"]] == [1]
    assert "at most 1000 letters" in answer["rejected"][0]["reason"]


def test_numbers_are_taken_as_they_are_written(sender: Sender) -> None:
    sound(sender.rows("estimate", estimate("E1", cost=0)))
    raw = json.dumps({"ruleset": "bills", "rows": [spell("S1", billed="HERE")]}).replace('"HERE"', "900719925474099.37")
    answer = sound(sender.client.post("/claims", content=raw, headers={"Content-Type": "application/json"}))
    assert end(answer["decided"][0], "over_estimate")["overcharge"] == "900719925474099.37"
    assert sound(sender.claim("S1"))["row"]["cells"]["billed"] == "900719925474099.37"
    same = sound(sender.client.post("/claims", content=raw, headers={"Content-Type": "application/json"}))
    assert same["kept"][0]["arrival"] == "unchanged"
    twice = raw.replace('"billed": 9', '"billed": 1, "billed": 9')
    assert sender.client.post("/claims", content=twice, headers={"Content-Type": "application/json"}).status_code in {400, 422}
    huge = raw.replace("900719925474099.37", "1e999999999").replace("S1", "S2")
    rejected = sound(sender.client.post("/claims", content=huge, headers={"Content-Type": "application/json"}))["rejected"]
    assert rejected[0]["field"] == "billed"


# --- who sees what ----------------------------------------------------------------------------------------------------


def test_organisations_are_apart(sender: Sender, service: Service, call: Call, other_org: str) -> None:
    published(service.database, org=other_org)
    sound(sender.rows("estimate", estimate("E1")))
    mine = sound(sender.claims(spell("S1")))["decided"][0]
    other = Sender(call, org=other_org)
    theirs = sound(other.claims(spell("S2")))["decided"][0]
    assert ends(theirs)["over_estimate"] == "out of scope"
    assert ends(theirs)["twice"] == "passed"
    problem(other.claim("S1"), 404, "not-found")
    problem(other.history("S1"), 404, "not-found")
    problem(other.client.get(f"/decisions/{mine['id']}"), 404, "not-found")
    problem(other.client.get(f"/decisions/{mine['id']}/explanation"), 404, "not-found")
    assert keys_of(sound(other.client.get("/claims/bills/spell"))["items"]) == ["S2"]
    assert keys_of(sound(other.client.get("/decisions"))["items"]) == ["S2"]
    assert sound(other.cancel("S1"))["rejected"][0]["value"] == "S1"
    assert sound(sender.claim("S1"))["decision"]["id"] == mine["id"]


def test_nothing_of_a_patient_is_logged(sender: Sender, service: Service) -> None:
    sound(sender.rows("estimate", estimate("E1", patient="9434765919")))
    sound(sender.claims(spell("S1", patient="9434765919", billed="1500.00"), spell("S2", patient="9434765919", billed="oops")))
    sound(sender.cancel("S1"))
    with service.database.reading() as session:
        entries = [entry for entry in session.scalars(select(AuditEntry)) if entry.action in {"claims.received", "rows.received"}]
        events = session.scalars(select(Event).where(Event.kind.startswith("finding"))).all()
    assert [(entry.action, entry.detail["received"], entry.detail["rejected"]) for entry in entries] == [
        ("rows.received", 1, 0),
        ("claims.received", 2, 1),
        ("claims.received", 1, 0),
    ]
    assert [(event.kind, event.payload["status"]) for event in events] == [
        ("finding.new", "flagged"),
        ("finding.changed", "cancelled"),
    ]
    said = json.dumps([entry.detail for entry in entries] + [event.payload for event in events])
    assert "9434765919" not in said
    assert "oops" not in said


def test_one_event_for_each_finding_that_is_new_or_another(sender: Sender, service: Service) -> None:
    sound(sender.rows("estimate", estimate("E1")))
    for billed in ("1500.00", "1500.00", "1600.00", "1000.00"):
        sound(sender.claims(spell("S1", billed=billed)))
    with service.database.reading() as session:
        events = session.scalars(select(Event).where(Event.kind.startswith("finding")).order_by(Event.number)).all()
    assert [(event.kind, event.payload["check"], event.payload["overcharge"]) for event in events] == [
        ("finding.new", "over_estimate", "500.00"),
        ("finding.changed", "over_estimate", "600.00"),
        ("finding.changed", "over_estimate", None),
    ]


# --- in one transaction -----------------------------------------------------------------------------------------------


class Challenges:
    """Stands where challenges are raised."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.told: list[Decided] = []

    def on_decided(self, session: Any, org: str, version: LiveVersion, decided: Sequence[Decided]) -> None:
        assert org == "kingston"
        assert session.scalar(select(Decision.id).where(Decision.id == decided[0].decision)) or decided[0].decision is None
        assert "over_estimate" in version.engine.program.checks
        self.told += decided
        if self.fails:
            raise RuntimeError("no challenge can be raised")

    def close(self) -> None:
        """Nothing."""


def test_whoever_raises_challenges_is_told_of_what_changed(sender: Sender, service: Service) -> None:
    service.parts["challenges"] = told = Challenges()
    sound(sender.rows("estimate", estimate("E1")))
    sound(sender.claims(spell("S1")))
    sound(sender.claims(spell("S1")))
    sound(sender.cancel("S1"))
    assert [(one.key, one.number, len(one.ends), len(one.before)) for one in told.told] == [("S1", 1, 3, 0), ("S1", 1, 0, 3)]
    assert told.told[0].row is not None
    assert told.told[0].row.values["patient"] == "P1"
    assert told.told[1].decision is None


def counted() -> tuple[float, float]:
    """Claims decided and findings, as they are told to Prometheus."""
    names = ("requite_claims_decided_total", "requite_findings_total")
    values = [REGISTRY.get_sample_value(name) or 0.0 for name in names]
    return values[0], values[1]


def test_nothing_is_kept_of_a_request_that_fails(sender: Sender, service: Service) -> None:
    service.parts["challenges"] = Challenges(fails=True)
    before = counted()
    problem(sender.claims(spell("S1")), 500, "internal")
    assert counted() == before
    with service.database.reading() as session:
        for kind in (LiveRow, LiveLink, Decision, Rests):
            assert session.scalar(select(kind.id)) is None
    service.parts["challenges"] = Challenges()
    assert sound(sender.claims(spell("S1")))["decided"][0]["number"] == 1
    assert counted() == (before[0] + 1, before[1])
    sound(sender.rows("estimate", estimate("E1")))
    assert counted() == (before[0] + 2, before[1] + 1)


def test_a_request_under_a_key_is_done_once(sender: Sender, service: Service) -> None:
    headers = {"Idempotency-Key": "one"}
    first, second = (sender.claims(spell("S1"), **headers) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert count_decisions(service.database) == 1


def test_a_claim_takes_few_statements(sender: Sender, service: Service) -> None:
    """What is asked with every claim is asked at once; what is only then of use is asked only then."""
    sound(sender.claims(spell("S1")))
    with statements(service.database) as seen:
        taken = sound(sender.claims(spell("S2", patient="P2", billed="1.00")))
    assert (taken["decided"][0]["flagged"], taken["postponed"]) == (False, 0)
    own = [text for text in seen if not text.startswith(("BEGIN", "SELECT pg_advisory"))]
    assert len(own) <= 13, own


def test_trying_out_writes_nothing(sender: Sender, service: Service) -> None:
    sound(sender.rows("estimate", estimate("E1")))
    sound(sender.claims(spell("S1")))
    with statements(service.database) as seen:
        body = {"ruleset": "bills", "rows": [spell("S1", billed="1100.00"), spell("S2"), spell("S3", billed="abc")]}
        tried = sound(sender.client.post("/claims/preview", json=body))
    assert [(one["key"], ends(one)["over_estimate"], ends(one)["twice"]) for one in tried["decided"]] == [
        ("S1", "passed", "passed"),
        ("S2", "flagged", "passed"),
    ]
    assert [one["index"] for one in tried["rejected"]] == [2]
    assert not [statement for statement in seen if statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))]
    problem(sender.claim("S2"), 404, "not-found")


# --- asking -----------------------------------------------------------------------------------------------------------


def test_lists_of_claims_and_decisions(sender: Sender) -> None:
    sound(sender.rows("estimate", estimate("E1")))
    sound(sender.claims(*(spell(f"S{n}", patient="P1" if n % 2 else "P2", billed=str(1000 + n)) for n in range(6))))
    sound(sender.claims(spell("S3", billed="5000.00")))

    def listed(address: str, **asked: Any) -> list[str]:
        return keys_of(sound(sender.client.get(address, params=asked))["items"])

    assert listed("/claims/bills/spell") == [f"S{n}" for n in range(6)]
    assert listed("/claims/bills/spell", flagged=True) == listed("/claims/bills/spell", check="over_estimate") == ["S3"]
    assert listed("/claims/bills/spell", check="twice") == []
    first = sound(sender.client.get("/claims/bills/spell", params={"limit": 4}))
    assert listed("/claims/bills/spell", limit=4, after=first["next"]) == ["S4", "S5"]
    assert listed("/decisions", key="S3") == ["S3", "S3"]
    assert listed("/decisions", standing=False) == ["S3"]
    last = sound(sender.client.get("/decisions"))["items"][0]
    assert (last["key"], last["flagged"]) == ("S3", True)
    assert listed("/decisions", since=last["decided_at"]) == ["S3"]
    assert listed("/claims/bills/spell", since=last["decided_at"]) == ["S3"]
    assert listed("/decisions", ruleset="others") == []


def test_a_decision_and_why(sender: Sender) -> None:
    sound(sender.claims(spell("S1")))
    sound(sender.rows("estimate", estimate("E1")))
    before, after = sound(sender.history("S1"))["decisions"]
    client = sender.client
    kept = client.get(f"/decisions/{after['id']}")
    assert sound(kept)["number"] == 2
    assert client.get(f"/decisions/{after['id']}", headers={"If-None-Match": kept.headers["ETag"]}).status_code == 304

    why = sound(client.get(f"/decisions/{after['id']}/explanation"))
    decision = next(one for one in why["decisions"] if one["rule"] == "over_estimate")
    assert (decision["status"], decision["amount"]) == ("assessed", "£500.00")
    text = client.get(f"/decisions/{before['id']}/explanation", params={"format": "text"})
    assert text.headers["content-type"].startswith("text/plain")
    assert "no estimate matches" in text.text  # as it was when it was decided
    markdown = client.get(f"/decisions/{after['id']}/explanation", headers={"Accept": "text/markdown, */*"})
    assert markdown.text.startswith("# spell S1")
    problem(client.get("/decisions/01JZ8Q4T7V3S5N9K2M6P8R0W1X"), 404, "not-found")
    assert client.get("/decisions/1").status_code == 422


def test_all_claims_are_decided_again_in_steps(sender: Sender) -> None:
    sound(sender.claims(*(spell(f"S{n}", patient=f"P{n}") for n in range(5))))
    seen, after = 0, None
    for _ in range(4):
        done = sound(sender.client.post("/rulesets/bills/redecide", json={"most": 2, "after": after}))
        assert done["changed"] == []
        seen, after = seen + done["decided"], done["next"]
        if after is None:
            break
    assert seen == 5
