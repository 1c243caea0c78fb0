"""Another version comes into force: no claim is lost, and what was decided before stays as it was."""

from __future__ import annotations

from functools import partial

import pytest

from requite.api.live import beginning, taking
from requite.api.service.service import Service
from tests.service.live_support import RULESET, Sender, begin_live, end, ends, estimate, published, spell
from tests.service.support import Call, problem, sound

OTHER_FLOOR = RULESET.replace("£100", "£600")
BY_HRG = RULESET.replace("estimate with the same patient", "estimate with the same hrg").replace(
    "  referred: date", "  hrg: text optional\n  referred: date"
)
WITH_WARD = RULESET.replace("  billed: money", "  billed: money\n  ward: text")


@pytest.fixture
def sender(service: Service, call: Call, org: str) -> Sender:
    assert org == "kingston"
    begin_live(service)
    published(service.database)
    return Sender(call)


def standing(sender: Sender, key: str) -> dict[str, str]:
    return ends(sound(sender.claim(key))["decision"])


def test_claims_are_decided_by_the_version_in_force_and_others_when_they_are_asked(sender: Sender, service: Service) -> None:
    sound(sender.rows("estimate", estimate("E1")))
    first = sound(sender.claims(spell("S1")))["decided"][0]
    second = published(service.database, OTHER_FLOOR)
    answer = sound(sender.claims(spell("S2", billed="1550.00")))
    assert answer["version"]["id"] == second != first["version"]
    assert ends(answer["decided"][0])["over_estimate"] == "passed"
    assert standing(sender, "S1")["over_estimate"] == "flagged"
    again = sound(sender.client.post("/rulesets/bills/redecide", json={}))
    changed = again["changed"]
    assert [(one["key"], one["number"], one["version"], one["flagged"]) for one in changed] == [("S1", 2, second, False)]
    assert changed[0]["cause"].startswith("version ")
    assert again["decided"] == 2
    assert again["next"] is None


def test_what_the_version_before_was_waiting_for_still_reopens_its_decisions(sender: Sender, service: Service) -> None:
    sound(sender.claims(spell("S1"), spell("S2", patient="P2", hrg="HX2")))
    published(service.database, BY_HRG)
    found = sound(sender.rows("estimate", estimate("E1", patient="P1", hrg="HX2")))
    # By the version before, S1 rests on the estimates of its patient; by this one, S2 will on those of its HRG.
    assert [(one["key"], one["number"], one["flagged"]) for one in found["redecided"]] == [("S1", 2, False)]
    assert sound(sender.claim("S2"))["decision"]["number"] == 1
    sound(sender.client.post("/rulesets/bills/redecide", json={}))
    assert standing(sender, "S2")["over_estimate"] == "flagged"
    moved = sound(sender.rows("estimate", estimate("E1", patient="P1", hrg="HX1")))
    assert {one["key"]: ends(one)["over_estimate"] for one in moved["redecided"]} == {"S1": "flagged", "S2": "out of scope"}


def test_an_estimate_for_the_patient_reaches_a_claim_of_the_version_before(sender: Sender, service: Service) -> None:
    sound(sender.claims(spell("S1")))
    published(service.database, BY_HRG)
    found = sound(sender.rows("estimate", estimate("E1", patient="P1", hrg="HX1")))
    assert [(one["key"], one["number"], ends(one)["over_estimate"]) for one in found["redecided"]] == [("S1", 2, "flagged")]


def test_rows_are_read_again_from_what_was_sent(sender: Sender, service: Service) -> None:
    sound(sender.rows("estimate", estimate("E1", hrg="HX1"), estimate("E2", patient="P9", hrg="HX9")))
    sound(sender.claims(spell("S1"), spell("S2", patient="P2", hrg="HX9")))
    before = sound(sender.claim("S2"))["decision"]
    published(service.database, BY_HRG)
    sound(sender.client.post("/rulesets/bills/redecide", json={}))
    assert standing(sender, "S2")["over_estimate"] == "flagged"
    published(service.database, RULESET.replace("£100", "£1"))
    sound(sender.client.post("/rulesets/bills/redecide", json={}))
    assert standing(sender, "S2")["over_estimate"] == "out of scope"
    why = sender.client.get(f"/decisions/{before['id']}/explanation", params={"format": "text"}).text
    assert "no estimate matches" in why
    assert "patient = P2" in why


def test_a_claim_that_a_version_cannot_read_is_not_lost(sender: Sender, service: Service) -> None:
    sound(sender.rows("estimate", estimate("E1")))
    sound(sender.claims(spell("S1"), spell("S2", patient="P2")))
    published(service.database, WITH_WARD)
    sound(sender.claims(spell("S3", patient="P3", ward="W1")))
    again = sound(sender.client.post("/rulesets/bills/redecide", json={}))
    assert again["decided"] == 3
    assert set(standing(sender, "S1").values()) == {"not assessable"}
    said = end(sound(sender.claim("S1"))["decision"], "over_estimate")["reason"]
    assert "cannot be read by this version" in said
    decision = sound(sender.claim("S1"))["decision"]["id"]
    problem(sender.client.get(f"/decisions/{decision}/explanation"), 409, "cannot-explain")
    sent = sound(sender.claims(spell("S1", ward="W2")))
    assert (sent["decided"][0]["number"], ends(sent["decided"][0])["over_estimate"]) == (3, "flagged")
    published(service.database, RULESET.replace("£100", "£50"))
    sound(sender.client.post("/rulesets/bills/redecide", json={}))
    assert standing(sender, "S2")["over_estimate"] == "out of scope"


def test_a_version_without_the_record_leaves_its_claims_where_they_are(sender: Sender, service: Service) -> None:
    sound(sender.claims(spell("S1")))
    published(service.database, RULESET.replace("spell", "stay"))
    again = sound(sender.client.post("/rulesets/bills/redecide", json={}))
    assert [(one["key"], one["ends"]) for one in again["changed"]] == [("S1", [])]
    published(service.database, RULESET.replace("£100", "£50"))
    sound(sender.client.post("/rulesets/bills/redecide", json={}))
    assert standing(sender, "S1")["twice"] == "passed"


def test_many_rows_are_made_ready_a_few_at_a_time(sender: Sender, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    sound(sender.claims(*(spell(f"S{n}", patient=f"P{n}") for n in range(7))))
    published(service.database, WITH_WARD.replace("ward: text", "ward: text optional"))
    monkeypatch.setattr(beginning, "prepare_some", partial(beginning.prepare_some, most=2))
    monkeypatch.setattr(beginning, "MOST_ROUNDS", 2)
    waited = problem(sender.claims(spell("S7", patient="P1")), 503, "being-prepared")
    assert waited["help"]
    problem(sender.claim("S7"), 404, "not-found")
    problem(sender.claims(spell("S7", patient="P1")), 503, "being-prepared")
    sound(sender.claims(spell("S7", patient="P1")))
    assert {standing(sender, key)["twice"] for key in ("S1", "S7")} == {"flagged"}


def test_a_row_that_concerns_many_claims_leaves_some_for_later(
    sender: Sender, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "MOST_AT_ONCE", 2)
    sound(sender.claims(*(spell(f"S{n}", billed=str(2000 + n)) for n in range(5))))
    answer = sound(sender.rows("estimate", estimate("E1")))
    assert (len(answer["redecided"]), answer["postponed"]) == (2, 3)
    live = service.parts["live"]
    live.catch_up()
    assert {standing(sender, f"S{n}")["over_estimate"] for n in range(5)} == {"flagged"}
    causes = {one["cause"] for n in range(5) for one in sound(sender.history(f"S{n}"))["decisions"]}
    assert causes == {"arrived", "estimate E1 arrived", "rows that it rests on have changed"}
    assert live.catch_up() == 0
