"""Challenges over HTTP: raised by findings, sent, answered, settled, credited; what is impossible; who sees what."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from requite.api.service.service import Service
from requite.api.store.database import today
from tests.service.challenges_support import Claims, claims, claims_of, end, set_day
from tests.service.support import Call, problem, sound

__all__ = ["claims"]

STRICT = (end("strict", "500.00", "50.00"),)


def send(client: Any, id: str, move: str, why: str = "as agreed", status: int = 200, **more: Any) -> Any:
    return sound(client.post(f"/challenges/{id}/moves", json={"move": move, "why": why, **more}), status)


def refused(client: Any, id: str, move: str, **more: Any) -> Any:
    return problem(client.post(f"/challenges/{id}/moves", json={"move": move, "why": "try", **more}), 409, "impossible-move")


def test_a_finding_raises_a_challenge_with_its_dates(claims: Claims, call: Call) -> None:
    admin = call("admin")
    dates = {"submitted_on": "2012-05-18", "challenge_by": "2012-06-15", "freezes_on": "2012-07-20"}
    sound(admin.put("/calendar/2012-04", json=dates))
    claims.decide({"S1": STRICT})
    found = sound(call("analyst").get("/challenges"))["items"]
    assert len(found) == 1
    one = found[0]
    assert {name: one[name] for name in ("key", "check", "provider", "month", "state", "overcharge", "revision", "outcome")} == {
        "key": "S1",
        "check": "strict",
        "provider": "RAX",
        "month": "2012-04",
        "state": "raised",
        "overcharge": "500.00",
        "revision": 1,
        "outcome": None,
    }
    assert (one["raised_on"], one["challenge_by"], one["freezes_on"]) == ("2012-05-01", "2012-06-15", "2012-07-20")


def test_silence_upholds_with_a_penalty_to_the_penny_and_its_reasons(claims: Claims, call: Call) -> None:
    claims.decide({"S1": (end("strict", "333.33", "33.33"),)})
    analyst, id = call("analyst"), claims.one("S1").id
    sent = send(analyst, id, "send")
    # Ten working days after 1 May 2012, with the bank holiday of the 7th.
    assert (sent["state"], sent["sent_on"], sent["answer_due"]) == ("sent", "2012-05-01", "2012-05-16")
    admin = call("admin")
    sound(admin.put("/clock", json={"moment": "2012-05-16T22:59:59Z"}))
    assert sound(analyst.get(f"/challenges/{id}"))["state"] == "sent"
    sound(admin.put("/clock", json={"moment": "2012-05-16T23:00:00Z"}))
    found = sound(analyst.get(f"/challenges/{id}"))
    assert (found["state"], found["outcome"], found["agreed"]) == ("upheld", "upheld", "333.33")
    assert (found["credit"], found["penalty"]) == ("333.33", "33.33")
    why = sound(analyst.get(f"/challenges/{id}/explanation"))
    assert why["because"] == [
        "the overcharge of 333.33 was upheld, and is credited",
        "the check says: penalty 10% of overcharge when upheld",
        "on the whole overcharge that is 33.33, as the finding has it",
    ]
    events = sound(analyst.get(f"/challenges/{id}/events"))["items"]
    assert [(event["number"], event["move"], event["before"], event["after"]) for event in events] == [
        (1, "raise", "", "raised"),
        (2, "send", "raised", "sent"),
        (3, "deem", "sent", "upheld"),
    ]
    assert events[2]["by"] == "the clock"


def test_silence_lets_it_lapse_where_the_contract_says_so(claims: Claims, call: Call) -> None:
    claims.decide({"S1": (end("mild", "500.00", "25.00"),)})
    analyst, id = call("analyst"), claims.one("S1").id
    assert send(analyst, id, "send")["answer_due"] == "2012-05-15"
    sound(call("admin").put("/clock", json={"moment": "2012-05-16T00:00:00Z"}))
    found = sound(analyst.get(f"/challenges/{id}"))
    assert (found["state"], found["outcome"], found["credit"], found["penalty"]) == ("lapsed", "lapsed", None, None)
    assert found["closed_at"] == "2012-05-16T00:00:00Z"
    assert found["possible"] == []


def test_the_freeze_ends_what_was_not_pursued(claims: Claims, call: Call) -> None:
    admin, analyst = call("admin"), call("analyst")
    dates = {"submitted_on": "2012-05-01", "challenge_by": "2012-05-31", "freezes_on": "2012-06-30"}
    sound(admin.put("/calendar/2012-04", json=dates))
    claims.decide(dict.fromkeys(("disputed", "escalated", "never sent", "silent"), STRICT))
    ids = {one.key: one.id for one in claims.all()}
    hospital = call("hospital", provider="RAX")
    for key in ("disputed", "escalated", "silent"):
        send(analyst, ids[key], "send")
    for key in ("disputed", "escalated"):
        send(hospital, ids[key], "dispute")
    send(analyst, ids["escalated"], "escalate")
    sound(admin.put("/clock", json={"moment": "2012-06-30T12:00:00Z"}))
    assert {one.key: one.state for one in claims.all()} == {
        "disputed": "disputed",
        "escalated": "escalated",
        "never sent": "raised",
        "silent": "upheld",
    }
    sound(admin.put("/clock", json={"moment": "2012-07-01T12:00:00Z"}))
    assert {one.key: one.state for one in claims.all()} == {
        "disputed": "lapsed",
        "escalated": "escalated",
        "never sent": "lapsed",
        "silent": "upheld",
    }


def test_an_answer_that_is_due_after_the_freeze_is_waited_for(claims: Claims, call: Call) -> None:
    admin, analyst = call("admin"), call("analyst")
    dates = {"submitted_on": "2012-05-01", "challenge_by": "2012-05-02", "freezes_on": "2012-05-03"}
    sound(admin.put("/calendar/2012-04", json=dates))
    claims.decide({"S1": STRICT})
    id = claims.one("S1").id
    send(analyst, id, "send")
    sound(admin.put("/clock", json={"moment": "2012-05-10T12:00:00Z"}))
    assert claims.one("S1").state == "sent"
    send(call("hospital"), id, "dispute")
    assert send(analyst, id, "escalate")["state"] == "escalated"


def test_a_month_that_may_no_longer_be_challenged_does_not_go_out(claims: Claims, call: Call) -> None:
    admin, analyst = call("admin"), call("analyst")
    dates = {"submitted_on": "2012-05-18", "challenge_by": "2012-06-15", "freezes_on": "2012-07-20"}
    sound(admin.put("/calendar/2012-04", json=dates))
    claims.decide({"S1": STRICT})
    sound(admin.put("/clock", json={"moment": "2012-06-16T12:00:00Z"}))
    told = refused(analyst, claims.one("S1").id, "send")
    assert told["detail"].endswith("the last day on which its month may be challenged is past: that was 2012-06-15")
    assert told["possible"] == [{"move": "withdraw", "by": "commissioner"}]
    assert claims.one("S1").revision == 1
    # The contract moves its date; the challenge follows it, and goes out.
    sound(admin.put("/calendar/2012-04", json=dates | {"challenge_by": "2012-06-20"}))
    assert send(analyst, claims.one("S1").id, "send")["state"] == "sent"
    assert [event.move for event in claims.events(claims.one("S1"))] == ["raise", "dates_changed", "send"]


def test_a_providers_own_dates_come_before_those_for_all(claims: Claims, call: Call) -> None:
    admin = call("admin")
    all_of_them = {"month": "2012-04", "submitted_on": "2012-05-01", "challenge_by": "2012-05-02", "freezes_on": "2012-05-03"}
    months = [all_of_them, all_of_them | {"provider": "RAX", "challenge_by": "2012-06-02", "freezes_on": "2012-06-03"}]
    assert len(sound(admin.post("/calendar", json={"months": months}), 201)["months"]) == 2
    claims.decide({"S1": STRICT, "S2": (end("strict", "1.00", "0.10", provider="RBX"),)})
    assert {one.key: one.freezes_on for one in claims.all()} == {"S1": date(2012, 6, 3), "S2": date(2012, 5, 3)}


def test_accepted_is_agreed_and_the_penalty_is_as_the_check_says(claims: Claims, call: Call) -> None:
    claims.decide({"S1": STRICT, "S2": (end("mild", "500.00", "25.00"),)})
    analyst, hospital = call("analyst"), call("hospital", provider="RAX")
    for key in ("S1", "S2"):
        send(analyst, claims.one(key).id, "send")
    strict = send(hospital, claims.one("S1").id, "accept", attachments=[{"name": "Answer", "reference": "letters/17.pdf"}])
    assert (strict["state"], strict["agreed"], strict["credit"], strict["penalty"]) == ("agreed", "500.00", "500.00", "0.00")
    because = sound(analyst.get(f"/challenges/{strict['id']}/explanation"))["because"]
    assert because[-1] == "the challenge was agreed, so no penalty is due"
    mild = send(hospital, claims.one("S2").id, "accept")
    assert (mild["credit"], mild["penalty"]) == ("500.00", "25.00")
    assert (
        refused(analyst, mild["id"], "credit", amount="500.00")["detail"]
        == "`credit` is not possible: the amount is not the 525.00 that is owed"
    )
    assert send(analyst, mild["id"], "credit", amount="525.00")["state"] == "credited"
    closed = send(analyst, mild["id"], "close")
    assert (closed["state"], closed["outcome"], closed["possible"]) == ("closed", "agreed", [])
    event = sound(analyst.get(f"/challenges/{strict['id']}/events"))["items"][-1]
    assert event["attachments"] == [{"name": "Answer", "reference": "letters/17.pdf"}]


def test_an_offer_is_taken_or_not(claims: Claims, call: Call) -> None:
    claims.decide({"S1": STRICT, "S2": STRICT})
    analyst, hospital = call("analyst"), call("hospital", provider="RAX")
    first, second = claims.one("S1").id, claims.one("S2").id
    for id in (first, second):
        send(analyst, id, "send")
    for amount in ("0.00", "500.00", "500.01", None):
        more = {} if amount is None else {"amount": amount}
        assert "more than nothing and less than the overcharge" in refused(hospital, first, "part_accept", **more)["detail"]
    assert send(hospital, first, "part_accept", amount="120.5")["offered"] == "120.50"
    assert send(hospital, first, "part_accept", amount="130.07")["offered"] == "130.07"
    for amount in ("130.07", "130.06", "0.01"):
        told = refused(hospital, first, "part_accept", amount=amount)["detail"]
        assert told == "`part accept` is not possible: an offer may only be raised, and 130.07 is offered"
    for amount in ("120.50", "130.08", "500.00"):
        told = refused(analyst, first, "agree", amount=amount)["detail"]
        assert told == "`agree` is not possible: the amount is not the 130.07 that is offered"
    agreed = send(analyst, first, "agree", amount="130.07")
    assert (agreed["state"], agreed["agreed"], agreed["credit"], agreed["penalty"]) == ("agreed", "130.07", "130.07", "0.00")
    send(hospital, second, "part_accept", amount="1.00")
    send(analyst, second, "escalate")
    rejected = send(analyst, second, "reject")
    assert (rejected["state"], rejected["agreed"], rejected["credit"]) == ("rejected", None, None)


def test_silence_that_says_nothing_can_be_escalated(claims: Claims, call: Call) -> None:
    claims.decide({"S1": (end("open", "500.00", "25.00"),)})
    analyst, id = call("analyst"), claims.one("S1").id
    send(analyst, id, "send")
    assert "the time for an answer has not run out" in refused(analyst, id, "escalate")["detail"]
    sound(call("admin").put("/clock", json={"moment": "2012-09-01T12:00:00Z"}))
    assert claims.one("S1").state == "sent"
    send(analyst, id, "escalate")
    upheld = send(analyst, id, "uphold")
    assert (upheld["credit"], upheld["penalty"]) == ("500.00", "25.00")


def test_a_larger_finding_replaces_it_only_before_it_is_sent(claims: Claims, call: Call) -> None:
    claims.decide({"S1": STRICT})
    id = claims.one("S1").id
    claims.decide({"S1": (end("mild", "800.00", "25.00"), end("strict", "500.00", "50.00"))})
    one = claims.one("S1")
    assert (one.id, one.check, f"{one.overcharge:.2f}", one.otherwise, one.revision) == (id, "mild", "800.00", "lapsed", 2)
    assert claims.events(one)[-1].detail == {"replaced": {"check": "strict", "overcharge": "500.00"}}
    send(call("analyst"), id, "send")
    claims.decide({"S1": (end("strict", "900.00", "90.00"),)})
    one = claims.one("S1")
    assert (one.check, f"{one.overcharge:.2f}", one.state) == ("mild", "800.00", "sent")
    assert [event.move for event in claims.events(one)] == ["raise", "replace", "send", "finding_changed"]
    # The hospital hears nothing of it.
    seen = sound(call("hospital").get(f"/challenges/{id}/events"))["items"]
    assert [event["move"] for event in seen] == ["send"]


def test_a_finding_that_vanishes_takes_its_challenge_back_and_may_come_again(claims: Claims, call: Call) -> None:
    claims.decide({"S1": STRICT})
    claims.decide({"S1": ()})
    one = claims.one("S1")
    assert (one.state, one.outcome) == ("withdrawn", "not_found")
    claims.decide({"S1": STRICT})
    assert sorted(found.state for found in claims.all()) == ["raised", "withdrawn"]
    assert sound(call("analyst").get("/challenges", params={"state": "raised"}))["items"][0]["id"] == claims.one("S1").id


def test_a_claim_is_challenged_once(claims: Claims, call: Call) -> None:
    claims.decide({"S1": STRICT, "S2": STRICT})
    analyst = call("analyst")
    send(analyst, claims.one("S1").id, "send")
    send(call("hospital"), claims.one("S1").id, "accept")
    send(analyst, claims.one("S2").id, "withdraw")
    claims.decide({"S1": (), "S2": ()})
    claims.decide({"S1": (end("mild", "800.00", "25.00"),), "S2": STRICT})
    # S1 was settled; S2 was taken back, and stays so for this check, but not for another.
    assert sorted((one.key, one.state) for one in claims.all()) == [("S1", "agreed"), ("S2", "withdrawn")]
    claims.decide({"S2": (end("mild", "400.00", "25.00"),)})
    assert sorted((one.key, one.state) for one in claims.all()) == [("S1", "agreed"), ("S2", "raised"), ("S2", "withdrawn")]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (end("strict", "1/3", "0.00"), "parts of a penny"),
        (end("strict", "10.005", "1.00"), "parts of a penny"),
        (end("strict", "10.00", "1.005"), "parts of a penny"),
        (end("strict", "99999999999999999999.00", "1.00"), "the amount is too large: 100,000,000,000 is the most"),
        (end("strict", "100000000000.01", "1.00"), "the amount is too large: 100,000,000,000 is the most"),
        (end("strict", "10.00", "100000000000.01"), "the amount is too large: 100,000,000,000 is the most"),
        (end("strict", "10.00", "1.00", provider=""), "not known which hospital"),
    ],
)
def test_what_cannot_be_asked_to_the_penny_is_not_challenged_and_the_log_says_why(
    claims: Claims, call: Call, found: dict[str, Any], why: str
) -> None:
    claims.decide({"S1": (found,)})
    assert claims.all() == []
    entries = sound(call("auditor").get("/audit", params={"action": "challenges.followed"}))["items"]
    assert why in entries[-1]["detail"]["not_challengeable_first"][0][3]


def test_the_largest_claims_add_up_to_the_penny(claims: Claims, call: Call, service: Service) -> None:
    most = "100000000000.00"
    claims.decide({f"S{number}": (end("strict", most, most),) for number in range(3)})
    analyst = call("analyst")
    assert sound(analyst.get("/challenges/position"))["total"]["raised"]["claimed"] == "300000000000.00"
    for one in claims.all():
        send(analyst, one.id, "send")
    sound(call("admin").put("/clock", json={"moment": "2012-06-01T00:00:00Z"}))
    send(analyst, claims.one("S0").id, "credit", amount="200000000000.00")
    # As if from before there was a bound: together they are beyond 63 bits.
    with service.database.writing() as session:
        session.execute(text("UPDATE challenge SET overcharge = 9223372036854775807, credit = 9223372036854775806"))
    total = sound(analyst.get("/challenges/position"))["total"]
    assert total["raised"] == {
        "count": 3,
        "claimed": "276701161105643274.21",
        "agreed": "300000000000.00",
        "credit": "276701161105643274.18",
        "penalty": "300000000000.00",
        "received": "92233820368547758.06",
    }
    assert total["reconciles"]


# --- days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2012-05-01T22:59:59Z", "2012-05-01"),
        ("2012-05-01T23:30:00Z", "2012-05-02"),  # half past midnight in summer time
        ("2012-05-02T00:30:00+01:00", "2012-05-02"),
        ("2012-11-01T23:30:00Z", "2012-11-01"),
        ("2012-11-02T00:30:00Z", "2012-11-02"),
    ],
)
def test_a_day_begins_at_midnight_in_england(claims: Claims, call: Call, service: Service, moment: str, day: str) -> None:
    admin, analyst = call("admin"), call("analyst")
    sound(admin.put("/clock", json={"moment": moment}))
    claims.decide({"S1": (end("mild", "500.00", "25.00"),)})
    sent = send(analyst, claims.one("S1").id, "send")
    assert (sent["raised_on"], sent["sent_on"]) == (day, day)
    assert sent["answer_due"] == (date.fromisoformat(day) + timedelta(14)).isoformat()
    with service.database.reading() as session:
        assert today(session, "kingston") == date.fromisoformat(day)


def test_the_last_day_for_challenges_ends_at_midnight_in_england(claims: Claims, call: Call) -> None:
    admin, analyst = call("admin"), call("analyst")
    dates = {"submitted_on": "2012-05-18", "challenge_by": "2012-06-15", "freezes_on": "2012-07-20"}
    sound(admin.put("/calendar/2012-04", json=dates))
    claims.decide({"S1": STRICT, "S2": STRICT, "S3": STRICT})
    sound(admin.put("/clock", json={"moment": "2012-06-15T22:30:00Z"}))
    assert send(analyst, claims.one("S1").id, "send")["sent_on"] == "2012-06-15"
    sound(admin.put("/clock", json={"moment": "2012-06-15T23:30:00Z"}))
    assert "is past: that was 2012-06-15" in refused(analyst, claims.one("S2").id, "send")["detail"]
    possible = sound(analyst.get(f"/challenges/{claims.one('S3').id}"))["possible"]
    assert possible == [{"move": "withdraw", "by": "commissioner"}]
    # The freeze, too, is when its day is past in England.
    sound(admin.put("/clock", json={"moment": "2012-07-20T22:59:59Z"}))
    assert claims.one("S2").state == "raised"
    sound(admin.put("/clock", json={"moment": "2012-07-20T23:30:00Z"}))
    assert claims.one("S2").state == "lapsed"


# --- who --------------------------------------------------------------------------------------------------------------


def test_a_hospital_sees_its_own_once_they_are_sent(claims: Claims, call: Call) -> None:
    claims.decide({"S1": STRICT, "S2": STRICT, "S3": (end("strict", "5.00", "0.50", provider="RBX"),)})
    analyst = call("analyst")
    send(analyst, claims.one("S1").id, "send")
    send(analyst, claims.one("S3").id, "send")
    hospital = call("hospital", provider="RAX")
    assert [one["key"] for one in sound(hospital.get("/challenges"))["items"]] == ["S1"]
    for key in ("S2", "S3"):
        id = claims.one(key).id
        for answer in (
            hospital.get(f"/challenges/{id}"),
            hospital.get(f"/challenges/{id}/events"),
            hospital.get(f"/challenges/{id}/explanation"),
            hospital.post(f"/challenges/{id}/moves", json={"move": "accept", "why": "x"}),
        ):
            problem(answer, 404, "not-found")
    many = sound(hospital.post("/challenges/moves", json={"move": "accept", "why": "x", "ids": [claims.one("S3").id]}))
    assert many["moved"] == []
    assert many["refused"][0]["why"] == "there is no such challenge"
    total = sound(hospital.get("/challenges/position"))["total"]
    assert total["raised"]["count"] == 1


def test_each_side_makes_its_own_moves(claims: Claims, call: Call) -> None:
    claims.decide({"S1": STRICT})
    analyst, hospital, id = call("analyst"), call("hospital"), claims.one("S1").id
    send(analyst, id, "send")
    assert refused(analyst, id, "accept")["detail"] == "only the hospital can accept a challenge that is sent"
    told = refused(hospital, id, "withdraw")
    assert told["detail"] == "only the commissioner can withdraw a challenge that is sent"
    assert {"move": "accept", "by": "hospital"} in told["possible"]
    itself = {"move": "accept", "why": "x", "on_behalf": True}
    problem(hospital.post(f"/challenges/{id}/moves", json=itself), 422, "wrong-request")
    by_letter = send(analyst, id, "dispute", why="their letter of 3 May", on_behalf=True)
    assert by_letter["state"] == "disputed"
    event = sound(analyst.get(f"/challenges/{id}/events"))["items"][-1]
    assert (event["detail"], event["by"], event["why"]) == ({"on_behalf": True}, "the analyst", "their letter of 3 May")
    for role in ("author", "approver", "auditor"):
        problem(call(role).post(f"/challenges/{id}/moves", json={"move": "withdraw", "why": "x"}), 403, "not-allowed")


def test_another_organisation_sees_nothing(claims: Claims, call: Call, service: Service) -> None:
    claims.decide({"S1": STRICT})
    claims_of(service, "merton")
    other, id = call("analyst", org="merton"), claims.one("S1").id
    assert sound(other.get("/challenges"))["items"] == []
    assert sound(other.get("/challenges/position"))["total"]["raised"]["count"] == 0
    for answer in (
        other.get(f"/challenges/{id}"),
        other.get(f"/challenges/{id}/events"),
        other.get(f"/challenges/{id}/explanation"),
        other.post(f"/challenges/{id}/moves", json={"move": "withdraw", "why": "x"}),
    ):
        problem(answer, 404, "not-found")
    refused = sound(other.post("/challenges/moves", json={"move": "withdraw", "why": "x", "ids": [id]}))["refused"]
    assert refused == [{"id": id, "state": None, "why": "there is no such challenge", "possible": []}]
    dates = {"submitted_on": "2012-05-01", "challenge_by": "2012-05-31", "freezes_on": "2012-06-30"}
    sound(call("admin", org="merton").put("/calendar/2012-04", json=dates))
    assert claims.one("S1").freezes_on is None
    assert sound(call("admin").get("/calendar"))["items"] == []


def test_a_move_is_made_of_what_was_read(claims: Claims, call: Call) -> None:
    claims.decide({"S1": STRICT})
    analyst, id = call("analyst"), claims.one("S1").id
    answer = analyst.get(f"/challenges/{id}")
    tag = answer.headers["etag"]
    assert analyst.get(f"/challenges/{id}", headers={"If-None-Match": tag}).status_code == 304
    moved = analyst.post(f"/challenges/{id}/moves", json={"move": "send", "why": "x"}, headers={"If-Match": tag})
    assert sound(moved)["revision"] == 2
    late = analyst.post(f"/challenges/{id}/moves", json={"move": "withdraw", "why": "x"}, headers={"If-Match": tag})
    problem(late, 412, "changed-since")
    assert claims.one("S1").state == "sent"


@pytest.mark.parametrize(
    "body",
    [
        {"move": "deem", "why": "x"},
        {"move": "replace", "why": "x"},
        {"move": "send", "why": ""},
        {"move": "send"},
        {"move": "accept", "why": "x", "amount": "-1.00"},
        {"move": "accept", "why": "x", "amount": "1.005"},
        {"move": "accept", "why": "x", "amount": 1.0},
        {"move": "accept", "why": "x", "amount": "1e3"},
        {"move": "send", "why": "x", "who": "clock"},
        {"move": "send", "why": "x", "attachments": [{"name": "a", "reference": ""}]},
        {"move": "send", "why": "x", "attachments": [{"name": "a", "reference": "b", "file": "c"}]},
    ],
)
def test_a_wrong_request_moves_nothing(claims: Claims, call: Call, body: dict[str, Any]) -> None:
    claims.decide({"S1": STRICT})
    analyst, id = call("analyst"), claims.one("S1").id
    assert analyst.post(f"/challenges/{id}/moves", json=body).status_code == 422
    assert claims.one("S1").revision == 1


# --- many -------------------------------------------------------------------------------------------------------------


def test_four_hundred_are_accepted_at_once(claims: Claims, call: Call) -> None:
    claims.decide({f"S{number:03}": (end("strict", f"{number}.01", f"{number / 10:.2f}"),) for number in range(1, 401)})
    analyst, hospital = call("analyst"), call("hospital")
    sent = sound(analyst.post("/challenges/moves", json={"move": "send", "why": "April", "filter": {"month": "2012-04"}}))
    assert (len(sent["moved"]), sent["refused"]) == (400, [])
    ids = [one["id"] for one in sent["moved"]]
    done = sound(hospital.post("/challenges/moves", json={"move": "accept", "why": "all of April", "ids": ids}))
    assert len(done["moved"]) == 400
    assert {one["state"] for one in done["moved"]} == {"agreed"}
    position = sound(analyst.get("/challenges/position", params={"month": "2012-04"}))
    expected = sum(range(1, 401)) + 4
    assert position["total"]["ways"]["agreed"] == {
        "count": 400,
        "claimed": f"{expected}.00",
        "agreed": f"{expected}.00",
        "credit": f"{expected}.00",
        "penalty": "0.00",
        "received": "0.00",
    }
    assert all(line["reconciles"] for line in [*position["lines"], position["total"]])
    entry = sound(call("auditor").get("/audit", params={"action": "challenges.moved"}))["items"][-1]
    assert (entry["detail"]["count"], entry["detail"]["move"]) == (400, "accept")


def test_many_are_moved_as_far_as_that_is_possible_or_none(claims: Claims, call: Call) -> None:
    claims.decide({"S1": STRICT, "S2": STRICT})
    analyst = call("analyst")
    first, second = claims.one("S1").id, claims.one("S2").id
    send(analyst, first, "withdraw")
    nobody = "0" * 26
    asked = {"move": "send", "why": "April", "ids": [first, second, nobody]}
    told = problem(analyst.post("/challenges/moves", json=asked | {"all_or_none": True}), 409, "impossible-move")
    assert {one["id"] for one in told["refused"]} == {first, nobody}
    assert claims.one("S2").state == "raised"
    done = sound(analyst.post("/challenges/moves", json=asked))
    assert [one["id"] for one in done["moved"]] == [second]
    assert {one["id"]: one["why"] for one in done["refused"]} == {
        first: "a challenge that is withdrawn cannot be moved by `send`",
        nobody: "there is no such challenge",
    }
    wrongs: list[dict[str, Any]] = [{}, {"ids": []}, {"ids": [first], "filter": {}}, {"ids": ["x"]}]
    for wrong in wrongs:
        assert analyst.post("/challenges/moves", json={"move": "send", "why": "x"} | wrong).status_code == 422


def test_lists_are_filtered_and_paged(claims: Claims, call: Call) -> None:
    claims.decide({f"S{number}": STRICT for number in range(5)})
    analyst = call("analyst")
    seen: list[str] = []
    after: str | None = None
    while True:
        page = sound(analyst.get("/challenges", params={"limit": 2} | ({"after": after} if after else {})))
        seen += [one["key"] for one in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(seen) == [f"S{number}" for number in range(5)]
    send(analyst, claims.one("S1").id, "send")
    for params, keys in (
        ({"state": "sent"}, ["S1"]),
        ({"key": "S3"}, ["S3"]),
        ({"month": "2012-05"}, []),
        ({"provider": "RAX", "due_before": "2012-06-01"}, ["S1"]),
        ({"check": "nothing' OR '1'='1"}, []),
    ):
        assert [one["key"] for one in sound(analyst.get("/challenges", params=params))["items"]] == keys
    assert analyst.get("/challenges", params={"state": "mislaid"}).status_code == 422


# --- the calendar -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("claims")
def test_the_calendar_keeps_what_was_said_before(call: Call, service: Service) -> None:
    admin = call("admin")
    dates = {"submitted_on": "2012-05-18", "challenge_by": "2012-06-15", "freezes_on": "2012-07-20"}
    sound(admin.put("/calendar/2012-04", json=dates))
    set_day(service, "kingston", date(2012, 5, 10))
    sound(admin.put("/calendar/2012-04", json=dates | {"freezes_on": "2012-08-20"}))
    now = sound(admin.get("/calendar"))["items"]
    assert [one["freezes_on"] for one in now] == ["2012-08-20"]
    then = sound(admin.get("/calendar", params={"known_at": "2012-05-05T00:00:00Z"}))["items"]
    assert [one["freezes_on"] for one in then] == ["2012-07-20"]
    assert sound(admin.get("/calendar", params={"known_at": "2012-04-30T00:00:00Z"}))["items"] == []
    for wrong in ("2012-13", "2012-4", "april"):
        assert admin.put(f"/calendar/{wrong}", json=dates).status_code == 422
    assert admin.put("/calendar/2012-04", json=dates | {"challenge_by": "2012-01-01"}).status_code == 422
    twice = {"months": [dates | {"month": "2012-04"}] * 2}
    assert admin.post("/calendar", json=twice).status_code == 422
    problem(call("analyst").put("/calendar/2012-04", json=dates), 403, "not-allowed")


@pytest.mark.usefixtures("claims")
def test_dates_are_for_a_provider_as_claims_name_it(call: Call) -> None:
    dates = {"submitted_on": "2012-05-18", "challenge_by": "2012-06-15", "freezes_on": "2012-07-20"}
    for provider in (" ", " RAX", "RAX ", "RAX\u00a0", "RAX\n", "R\tX"):
        told = problem(call("admin").put("/calendar/2012-04", json=dates | {"provider": provider}), 422, "wrong-request")
        assert told["detail"] == "provider must be text on one line, without spaces around it"
    for provider in ("", "R", "RAX", "St Mary's"):
        assert sound(call("admin").put("/calendar/2012-04", json=dates | {"provider": provider}))["provider"] == provider


@pytest.mark.usefixtures("claims")
def test_a_hospital_sees_its_own_dates_and_those_for_all(call: Call) -> None:
    dates = {"submitted_on": "2012-05-18", "challenge_by": "2012-06-15", "freezes_on": "2012-07-20"}
    months = [dates | {"month": "2012-04", "provider": provider} for provider in ("", "RAX", "RBZ")]
    sound(call("admin").post("/calendar", json={"months": months}), 201)
    hospital = call("hospital", provider="RAX")
    for known in ({}, {"known_at": "2199-01-01T00:00:00Z"}):
        assert [one["provider"] for one in sound(hospital.get("/calendar", params=known))["items"]] == ["", "RAX"]
        assert sound(hospital.get("/calendar", params={"provider": "RBZ"} | known))["items"] == []
        assert len(sound(call("analyst").get("/calendar", params=known))["items"]) == 3
