"""Challenges that no longer stand: barred, late, in doubt since they went out; and what the freeze makes of an offer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from requite.api.challenges import asking
from requite.api.challenges.ending import Reckoned
from requite.api.service.service import Service
from tests.service.challenges_support import Claims, claims, end, set_day
from tests.service.support import Call, problem, sound

__all__ = ["claims"]

STRICT = (end("strict", "500.00", "50.00"),)
SMALLER = (end("strict", "499.99", "50.00"),)
MILD = (end("mild", "500.00", "25.00"),)
DATES = {"submitted_on": "2012-05-01", "challenge_by": "2012-05-31", "freezes_on": "2012-06-30"}


def barred(found: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    """The same findings, which may not be challenged any more."""
    return tuple(one | {"challenged": False, "challenged_as": "", "respondent": ""} for one in found)


def move(client: Any, id: str, name: str, status: int = 200, **more: Any) -> Any:
    return sound(client.post(f"/challenges/{id}/moves", json={"move": name, "why": "as agreed", **more}), status)


def sent(claims: Claims, call: Call, found: tuple[dict[str, Any], ...] = STRICT) -> str:
    """A challenge that went out."""
    claims.decide({"S1": found})
    id = claims.one("S1").id
    move(call("analyst"), id, "send")
    return id


# --- before it goes out -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "outcome", "why"),
    [
        (barred(STRICT), "barred", "the finding stands, but may no longer be challenged"),
        (
            (end("strict", "500.00", "50.00", provider=""),),
            "barred",
            "the finding stands, but cannot be challenged: it is not known which hospital is to answer",
        ),
        ((), "not_found", "the claim is no longer found to be wrong"),
        (barred(MILD), "not_found", "the claim is no longer found to be wrong"),
    ],
)
def test_what_is_taken_back_says_whether_its_finding_stands(
    claims: Claims, call: Call, found: tuple[dict[str, Any], ...], outcome: str, why: str
) -> None:
    claims.decide({"S1": STRICT})
    claims.decide({"S1": found})
    one, analyst = claims.one("S1"), call("analyst")
    assert (one.state, one.outcome, claims.events(one)[-1].why) == ("withdrawn", outcome, why)
    assert sound(analyst.get(f"/challenges/{one.id}/explanation"))["because"] == [f"it was withdrawn: {why}"]
    (seen,) = sound(analyst.get("/challenges", params={"outcome": outcome}))["items"]
    assert seen["outcome"] == outcome
    total = sound(analyst.get("/challenges/position"))["total"]
    assert {way: of["count"] for way, of in total["ways"].items() if of["count"]} == {outcome: 1}
    assert total["reconciles"]
    # Once it may be challenged again, it is.
    claims.decide({"S1": STRICT})
    assert claims.one("S1").state == "raised"


def test_after_the_last_day_nothing_is_raised_and_the_log_says_so(claims: Claims, call: Call, service: Service) -> None:
    sound(call("admin").put("/calendar/2012-04", json=DATES))
    set_day(service, "kingston", date(2012, 5, 31))
    claims.decide({"S1": STRICT})
    set_day(service, "kingston", date(2012, 6, 1))
    claims.decide({"S2": STRICT})
    assert [one.key for one in claims.all()] == ["S1"]
    entries = sound(call("auditor").get("/audit", params={"action": "challenges.followed"}))["items"]
    why = "the last day on which its month may be challenged is past: that was 2012-05-31"
    assert entries[-1]["detail"]["not_challengeable_first"] == [["spell", "S2", "strict", why]]
    assert sound(call("analyst").get("/challenges/position"))["total"]["raised"]["count"] == 1
    # A month that is to stay open longer is challenged from then on.
    sound(call("admin").put("/calendar/2012-04", json=DATES | {"challenge_by": "2012-06-15"}))
    claims.decide({"S2": STRICT})
    assert sorted(one.key for one in claims.all()) == ["S1", "S2"]


# --- in doubt ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ((), "the claim is no longer found to be wrong"),
        (SMALLER, "the overcharge is smaller now than was asked for"),
        (MILD, "strict no longer finds it to be wrong"),
        ((end("strict", "500.00", "50.00", provider="RBX"),), "the claim is another hospital's now"),
    ],
)
def test_silence_does_not_uphold_what_is_in_doubt(claims: Claims, call: Call, found: tuple[dict[str, Any], ...], why: str) -> None:
    id, analyst, admin = sent(claims, call), call("analyst"), call("admin")
    claims.decide({"S1": found})
    (one,) = sound(analyst.get("/challenges", params={"in_doubt": True}))["items"]
    assert (one["id"], one["doubt"], one["state"]) == (id, why, "sent")
    assert sound(analyst.get("/challenges", params={"in_doubt": False}))["items"] == []
    total = sound(analyst.get("/challenges/position"))["total"]
    assert (total["in_doubt"]["count"], total["in_doubt"]["claimed"], total["reconciles"]) == (1, "500.00", True)
    sound(admin.put("/clock", json={"moment": "2012-05-20T12:00:00Z"}))
    whole = sound(analyst.get(f"/challenges/{id}"))
    assert whole["state"] == "sent"
    assert {"move": "maintain", "by": "commissioner"} in whole["possible"]
    # The commissioner stands by it, and its time had run out.
    kept = move(analyst, id, "maintain")
    assert (kept["doubt"], kept["state"]) == (None, "sent")
    claims.desk.tick("kingston")
    settled = sound(analyst.get(f"/challenges/{id}"))
    assert (settled["state"], settled["credit"], settled["penalty"]) == ("upheld", "500.00", "50.00")
    assert sound(analyst.get("/challenges/position"))["total"]["in_doubt"]["count"] == 0


@pytest.mark.parametrize("found", [STRICT, (end("strict", "500.01", "50.00"),), barred(STRICT)])
def test_a_doubt_goes_when_the_finding_is_back(claims: Claims, call: Call, found: tuple[dict[str, Any], ...]) -> None:
    id, analyst = sent(claims, call), call("analyst")
    claims.decide({"S1": ()})
    assert sound(analyst.get(f"/challenges/{id}"))["doubt"] == "the claim is no longer found to be wrong"
    claims.decide({"S1": found})
    assert sound(analyst.get(f"/challenges/{id}"))["doubt"] is None
    problem(analyst.post(f"/challenges/{id}/moves", json={"move": "maintain", "why": "x"}), 409, "impossible-move")
    sound(call("admin").put("/clock", json={"moment": "2012-05-20T12:00:00Z"}))
    assert sound(analyst.get(f"/challenges/{id}"))["state"] == "upheld"


def test_a_finding_that_may_not_be_challenged_any_more_is_no_doubt_until_it_is_gone(claims: Claims, call: Call) -> None:
    id, analyst = sent(claims, call), call("analyst")
    claims.decide({"S1": barred(STRICT)})
    assert sound(analyst.get(f"/challenges/{id}"))["doubt"] is None
    assert claims.events(claims.one("S1"))[-1].why.startswith("the finding stands, but may no longer be challenged")
    claims.decide({"S1": ()})
    assert sound(analyst.get(f"/challenges/{id}"))["doubt"] == "the claim is no longer found to be wrong"


def test_what_is_maintained_is_in_doubt_again_only_by_another_change(claims: Claims, call: Call) -> None:
    id, analyst = sent(claims, call), call("analyst")
    claims.decide({"S1": SMALLER})
    move(analyst, id, "maintain")
    claims.decide({"S1": SMALLER})
    assert sound(analyst.get(f"/challenges/{id}"))["doubt"] is None
    claims.decide({"S1": ()})
    assert sound(analyst.get(f"/challenges/{id}"))["doubt"] is not None


def test_the_freeze_ends_what_is_in_doubt(claims: Claims, call: Call) -> None:
    admin, analyst = call("admin"), call("analyst")
    sound(admin.put("/calendar/2012-04", json=DATES))
    id = sent(claims, call)
    claims.decide({"S1": ()})
    sound(admin.put("/clock", json={"moment": "2012-06-30T12:00:00Z"}))
    assert sound(analyst.get(f"/challenges/{id}"))["state"] == "sent"
    sound(admin.put("/clock", json={"moment": "2012-07-01T12:00:00Z"}))
    found = sound(analyst.get(f"/challenges/{id}"))
    assert (found["state"], found["doubt"]) == ("lapsed", None)
    because = sound(analyst.get(f"/challenges/{id}/explanation"))["because"]
    assert because == ["it lapsed: its month froze before it was settled or escalated"]


def test_a_hospital_is_not_told_of_a_doubt(claims: Claims, call: Call) -> None:
    id, analyst, hospital = sent(claims, call), call("analyst"), call("hospital")
    claims.decide({"S1": ()})
    whole = sound(hospital.get(f"/challenges/{id}"))
    assert whole["doubt"] is None
    assert "maintain" not in {one["move"] for one in whole["possible"]}
    assert sound(hospital.get("/challenges"))["items"][0]["doubt"] is None
    assert sound(hospital.get("/challenges/position"))["total"]["in_doubt"] is None
    problem(hospital.get("/challenges", params={"in_doubt": True}), 422, "wrong-request")
    told = problem(hospital.post(f"/challenges/{id}/moves", json={"move": "maintain", "why": "x"}), 409, "impossible-move")
    assert "maintain" not in {one["move"] for one in told["possible"]}
    move(analyst, id, "maintain")
    assert [one["move"] for one in sound(hospital.get(f"/challenges/{id}/events"))["items"]] == ["send"]
    # It answers as ever.
    assert move(hospital, id, "accept")["state"] == "agreed"


def test_no_number_tells_a_hospital_of_a_doubt(claims: Claims, call: Call) -> None:
    """Neither a revision that rises, nor a gap in the events, nor an ETag that is another."""
    id, analyst, hospital = sent(claims, call), call("analyst"), call("hospital")
    address = f"/challenges/{id}"

    def seen(client: Any) -> tuple[int, int, int, str]:
        whole = client.get(address)
        listed, explained = client.get("/challenges").json(), client.get(f"{address}/explanation").json()
        revisions = whole.json()["revision"], listed["items"][0]["revision"], explained["challenge"]["revision"]
        return (*revisions, whole.headers["etag"])

    before, known = seen(hospital), seen(analyst)
    assert (before[:3], known[:3]) == ((1, 1, 1), (2, 2, 2))
    claims.decide({"S1": ()})
    assert seen(hospital) == before
    assert (seen(analyst)[:3], seen(analyst)[3] == known[3]) == ((3, 3, 3), False)
    move(analyst, id, "maintain")
    assert seen(hospital) == before
    assert seen(analyst)[0] == 4
    withdrawn = analyst.post(f"{address}/moves", json={"move": "withdraw", "why": "x"}, headers={"If-Match": known[3]})
    problem(withdrawn, 412, "changed-since")
    disputed = hospital.post(f"{address}/moves", json={"move": "dispute", "why": "x"}, headers={"If-Match": before[3]})
    assert sound(disputed)["revision"] == 2
    assert disputed.headers["etag"] == hospital.get(address).headers["etag"] != before[3]
    claims.decide({"S1": STRICT})
    (moved,) = sound(hospital.post("/challenges/moves", json={"move": "accept", "why": "x", "ids": [id]}))["moved"]
    assert moved["revision"] == 3
    # Page by page, as all at once.
    told: list[tuple[int, str]] = []
    after = None
    while not told or after is not None:
        page = sound(hospital.get(f"{address}/events", params={"limit": 1} | ({"after": after} if after else {})))
        told += [(event["number"], event["move"]) for event in page["items"]]
        after = page["next"]
    assert told == [(1, "send"), (2, "dispute"), (3, "accept")]
    every = sound(analyst.get(f"{address}/events"))["items"]
    assert [event["number"] for event in every] == list(range(1, 8))


def test_dates_that_a_hospital_sees_are_told_by_another_etag(claims: Claims, call: Call) -> None:
    id, hospital = sent(claims, call), call("hospital")
    before = hospital.get(f"/challenges/{id}")
    sound(call("admin").put("/calendar/2012-04", json=DATES))
    after = hospital.get(f"/challenges/{id}", headers={"If-None-Match": before.headers["etag"]})
    assert sound(after)["freezes_on"] == DATES["freezes_on"]
    assert after.json()["revision"] == before.json()["revision"] == 1


# --- the freeze, and the ends -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_known", "penalty"), [(True, "6.00"), (False, None)])
def test_at_the_freeze_what_the_hospital_accepted_is_agreed(
    claims: Claims, call: Call, is_known: bool, penalty: str | None
) -> None:
    admin, analyst, asked = call("admin"), call("analyst"), []

    class Reckoning:
        def __enter__(self) -> Any:
            return self.reckon

        def __exit__(self, *_: object) -> None: ...

        def reckon(self, _: Any, __: Any, agreed: Decimal) -> Reckoned:
            asked.append(agreed)
            return Reckoned(Fraction(agreed) / 20 if is_known else None, "the data is gone", {})

    object.__setattr__(claims.desk.desk, "reckon", Reckoning)
    sound(admin.put("/calendar/2012-04", json=DATES))
    id = sent(claims, call, (end("open", "500.00", "25.00"),))
    move(call("hospital"), id, "part_accept", amount="120.00")
    sound(admin.put("/clock", json={"moment": "2012-07-01T12:00:00Z"}))
    found = sound(analyst.get(f"/challenges/{id}"))
    assert (found["state"], found["outcome"], found["agreed"], found["credit"], found["penalty"]) == (
        "agreed", "agreed", "120.00", "120.00", penalty,
    )  # fmt: skip
    assert asked == [Decimal("120.00")]
    assert claims.events(claims.one("S1"))[-1].why == "its month froze, and what the hospital accepted is agreed"
    because = sound(analyst.get(f"/challenges/{id}/explanation"))["because"]
    assert because[0] == "120.00 of the overcharge of 500.00 was agreed, and is credited"
    if not is_known:
        assert because[-1] == "the penalty cannot be reckoned, and is not owed: the data is gone"
    assert move(analyst, id, "credit")["state"] == "credited"


def test_every_end_says_why(claims: Claims, call: Call) -> None:
    analyst, hospital = call("analyst"), call("hospital")
    claims.decide({"rejected": STRICT, "withdrawn": STRICT, "lapsed": MILD})
    ids = {one.key: one.id for one in claims.all()}
    for id in ids.values():
        move(analyst, id, "send")
    move(hospital, ids["rejected"], "dispute")
    move(analyst, ids["rejected"], "escalate")
    move(analyst, ids["rejected"], "reject")
    move(analyst, ids["withdrawn"], "withdraw")
    sound(call("admin").put("/clock", json={"moment": "2012-05-17T12:00:00Z"}))
    told = {key: sound(analyst.get(f"/challenges/{id}/explanation"))["because"] for key, id in ids.items()}
    assert told == {
        "rejected": ["it was rejected: as agreed"],
        "withdrawn": ["it was withdrawn: as agreed"],
        "lapsed": ["it lapsed: no answer came in time, and the contract lets it lapse then"],
    }


# --- many -------------------------------------------------------------------------------------------------------------


def test_a_filter_that_holds_for_more_is_moved_some_at_a_time(claims: Claims, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "MOST", 2)
    claims.decide(dict.fromkeys(("S1", "S2", "S3"), STRICT))
    analyst = call("analyst")
    body = {"move": "send", "why": "May", "filter": {"state": "raised"}}
    problem(analyst.post("/challenges/moves", json=body | {"all_or_none": True}), 422, "wrong-request")
    answers = [sound(analyst.post("/challenges/moves", json=body)) for _ in range(2)]
    assert [(len(one["moved"]), one["refused"], one["more"]) for one in answers] == [(2, [], True), (1, [], False)]
