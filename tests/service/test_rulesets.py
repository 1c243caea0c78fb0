"""Rulesets over HTTP: checked, published, approved by another person, in force from a day on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from requite.api.service.checking import MOST_TOLD
from requite.api.service.routes import rulesets
from requite.api.service.routes.rulesets import EXAMPLE
from requite.api.service.turns import Turns
from requite.dsl.load import check_text
from tests.api.support import ROOT
from tests.service.support import ORG, Call, TestClient, problem, sound

NOT_YET = EXAMPLE.replace("£1,200", "£900")


def texts(text: str = EXAMPLE, main: str = "dear.requite", **others: str) -> dict[str, Any]:
    return {"main": main, "texts": {main: text, **others}}


def published(call: Call, text: str = EXAMPLE, **how: Any) -> dict[str, Any]:
    found: dict[str, Any] = sound(call("author", **how).post("/rulesets", json=texts(text)), 201)
    return found


# --- checking ---------------------------------------------------------------------------------------------------------


def test_a_sound_text(call: Call) -> None:
    told = sound(call("analyst").post("/rulesets/check", json=texts()))
    assert (told["ok"], told["name"], told["title"], told["diagnostics"]) == (True, "dear", "Dear claims", [])
    outline = [(one["kind"], one["name"], one["line"], one["end_line"]) for one in told["outline"]]
    assert outline == [
        ("ruleset", "dear", 1, 1),
        ("record", "claim", 3, 5),
        ("check", "dear", 7, 8),
        ("example", "a dear one", 10, 12),
    ]
    assert told["outline"][0]["title"] == "Dear claims"


def test_all_that_declares_a_name_is_in_the_outline(call: Call) -> None:
    more = 'payee gps "The GPs of the practice"\nsource box2 "Norridge E (2011), Box 2"\n\nrecord claim'
    told = sound(call("analyst").post("/rulesets/check", json=texts(EXAMPLE.replace("record claim", more))))
    assert [(one["kind"], one["name"], one["title"]) for one in told["outline"]][1:3] == [
        ("payee", "gps", "The GPs of the practice"),
        ("source", "box2", "Norridge E (2011), Box 2"),
    ]


def test_a_text_with_mistakes_gets_the_diagnostics_of_the_command_line(call: Call) -> None:
    text = EXAMPLE.replace("billed > £1,000", "bild > £1,000")
    told = sound(call("author").post("/rulesets/check", json=texts(text)))
    assert not told["ok"]
    assert told["name"] is None
    _, expected = check_text(text, "dear.requite", {})
    assert told["diagnostics"] == [one.to_json() for one in expected]
    assert "billed" in told["diagnostics"][0]["help"]
    assert [one["kind"] for one in told["outline"]] == ["ruleset", "record", "check", "example"]


def test_texts_that_use_one_another(call: Call) -> None:
    main = 'use "claims/claim.md"\n' + EXAMPLE.partition("record claim")[0] + EXAMPLE[EXAMPLE.index("check dear") :]
    claim = "# Claims\n\n```requite\nrecord claim\n  key id: text\n  billed: money\n```\n"
    told = sound(call("author").post("/rulesets/check", json=texts(main, **{"claims/claim.md": claim})))
    assert told["ok"], told["diagnostics"]
    missing = sound(call("author").post("/rulesets/check", json=texts(main)))
    assert [one["code"] for one in missing["diagnostics"]][:1] == ["unreadable-file"]


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"main": "a.requite", "texts": {"b.requite": ""}}, 422),
        ({"main": "a.txt", "texts": {"a.txt": ""}}, 422),
        ({"main": "../a.requite", "texts": {"../a.requite": EXAMPLE}}, 422),
        ({"main": "/etc/a.requite", "texts": {"/etc/a.requite": EXAMPLE}}, 422),
        ({"main": "a.requite", "texts": {"a.requite": EXAMPLE, "A.requite": EXAMPLE}}, 422),
        ({"main": "a.requite", "texts": {}}, 422),
        ({"main": "a.requite", "texts": {"a.requite": 1}}, 422),
        ({"main": "a.requite", "texts": {"a.requite": EXAMPLE}, "more": 1}, 422),
        ({"main": "", "texts": {"": ""}}, 422),
        ({"main": "a.requite", "texts": {"a.requite": "x" * 300_000}}, 413),
        ({"main": "a.requite", "texts": {f"{n}.requite": "" for n in range(99)} | {"a.requite": EXAMPLE}}, 413),
        ({"main": "a.requite", "texts": {f"{n}.requite": "" for n in range(101)}}, 422),
        ([], 422),
        ("text", 422),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_are_no_texts(call: Call, given: Any, status: int) -> None:
    author = call("author")
    for address in ("/rulesets/check", "/rulesets"):
        answer = author.post(address, json=given)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


NASTY = {
    "brackets": "check a for each b\n  flag when " + "(" * 100_000,
    "sums": "check a for each b\n  flag when " + "1 + " * 50_000 + "1",
    "nots": "check a for each b\n  flag when " + "not " * 50_000 + "x",
    "quotes": '"' * 200_000,
    "fences": "```requite\n" * 20_000,
    "numbers": "parameter a: money\n  " + "9" * 200_000,
    "declarations": "record r\n  key k: text\n" * 8_000,
    "chain": "record r\n  key k: text\n  v: money\nscheme s for each r\n"
    "  let a0 = v\n" + "".join(f"  let a{n + 1} = a{n} + a{n}\n" for n in range(3_000)),
    "letters": "‘’“”–−×😀" * 9_000,
    "itself": 'use "dear.requite"\n' * 5_000,
}


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_text_is_told_what_is_wrong_with_it(call: Call, name: str) -> None:
    told = sound(call("author").post("/rulesets/check", json=texts(NASTY[name])))
    assert not told["ok"]
    assert 1 <= len(told["diagnostics"]) <= MOST_TOLD
    assert (told["more"] > 0) == (name == "declarations")


def test_texts_that_wait_too_long_are_told_to_come_again(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns(patience=0.01)
    monkeypatch.setattr(rulesets, "_TURNS", turns)
    with turns.of(ORG):
        answer = call("author").post("/rulesets", json=texts())
    problem(answer, 503, "busy")
    assert answer.headers["retry-after"] == "2"
    sound(call("author").post("/rulesets", json=texts()), 201)


def test_texts_are_checked_side_by_side(call: Call) -> None:
    author = call("author")
    deep = "record r\n  key k: text\n  v: money\nscheme s for each r\n  let a0 = v\n"
    deep += "".join(f"  let a{n + 1} = a{n} + 1\n" for n in range(150)) + "  payment p to r\n    amount a150\n"
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda text: author.post("/rulesets/check", json=texts(text)), [deep, EXAMPLE] * 4))
    told = [sound(answer) for answer in answers]
    assert {tuple(one["code"] for one in each["diagnostics"]) for each in told[::2]} == {
        tuple(one.code for one in check_text(deep, "dear.requite", {})[1])
    }
    assert all(each["ok"] for each in told[1::2])


# --- from draft to in force -------------------------------------------------------------------------------------------


def test_from_text_to_in_force(call: Call) -> None:
    version = published(call)
    assert (version["name"], version["state"], version["created_by"]) == ("dear", "draft", "the author")
    assert (version["is_new"], version["approved_by"], version["files"]) == (True, None, ["dear.requite"])
    approver = call("approver")
    problem(approver.post("/rulesets/dear/in-force", json={"version": version["id"], "starts": "2018-04-01"}), 409, "not-approved")
    approved = sound(approver.post(f"/rulesets/versions/{version['id']}/approve"))
    assert (approved["state"], approved["approved_by"]) == ("approved", "the approver")
    said = sound(approver.post("/rulesets/dear/in-force", json={"version": version["id"], "starts": "2018-04-01"}), 201)
    assert (said["ruleset"], said["version"], said["starts"], said["said_by"]) == (
        "dear",
        version["id"],
        "2018-04-01",
        "the approver",
    )
    analyst = call("analyst")
    assert sound(analyst.get("/rulesets/dear/in-force"))["id"] == version["id"]
    assert sound(analyst.get("/rulesets/dear/in-force", params={"on": "2018-04-01"}))["id"] == version["id"]
    problem(analyst.get("/rulesets/dear/in-force", params={"on": "2018-03-31"}), 404, "none-in-force")
    stretches = [{"version": version["id"], "starts": "2018-04-01", "ends": None}]
    shown = {"name": "dear", "title": "Dear claims", "versions": 1, "in_force": version["id"], "timeline": stretches}
    assert sound(analyst.get("/rulesets/dear")) == shown
    assert sound(analyst.get("/rulesets"))["items"] == [shown]
    actions = [entry["action"] for entry in sound(call("auditor").get("/audit"))["items"]]
    assert actions == ["ruleset.published", "ruleset.approved", "ruleset.in_force"]


def test_in_force_on_a_day_as_was_known_then(call: Call) -> None:
    first, second = published(call), published(call, EXAMPLE.replace("£1,000", "£1,100"))
    approver, admin = call("approver"), call("admin")
    for version, moment in ((first, "2031-01-10T00:00:00Z"), (second, "2031-03-10T00:00:00Z")):
        sound(admin.put("/clock", json={"moment": moment}))
        sound(approver.post(f"/rulesets/versions/{version['id']}/approve"))
        sound(approver.post("/rulesets/dear/in-force", json={"version": version["id"], "starts": "2031-01-01"}), 201)
    analyst = call("analyst")

    def on(**asked: str) -> Any:
        return sound(analyst.get("/rulesets/dear/in-force", params=asked))["id"]

    assert on(on="2031-02-01") == second["id"]
    assert on(on="2031-02-01", known_at="2031-02-15T12:00:00Z") == first["id"]
    assert on(on="2031-02-01", known_at="2031-02-15T12:00:00+01:00") == first["id"]
    problem(
        analyst.get("/rulesets/dear/in-force", params={"on": "2031-02-01", "known_at": "2030-12-31T00:00:00Z"}),
        404,
        "none-in-force",
    )
    said = sound(analyst.get("/rulesets/dear/in-force/said"))["items"]
    assert [one["version"] for one in said] == [first["id"], second["id"]]
    for wrong in ({"on": "soon"}, {"known_at": "2031-02-15"}, {"known_at": "2031-02-15T12:00:00"}):
        problem(analyst.get("/rulesets/dear/in-force", params=wrong), 422, "wrong-request")


def test_the_same_texts_are_the_same_version(call: Call) -> None:
    author = call("author")
    first = sound(author.post("/rulesets", json=texts() | {"note": "the first"}), 201)
    again = sound(author.post("/rulesets", json=texts() | {"note": "another"}), 200)
    assert again == first | {"is_new": False}
    assert len(sound(author.get("/rulesets/dear/versions"))["items"]) == 1


def test_a_text_with_mistakes_is_not_published(call: Call) -> None:
    author = call("author")
    told = problem(author.post("/rulesets", json=texts(EXAMPLE.replace("billed > ", "bild > "))), 422, "wrong-ruleset")
    assert told["diagnostics"][0]["line"] == 8
    assert sound(author.get("/rulesets"))["items"] == []


def test_nobody_approves_what_they_wrote(call: Call) -> None:
    admin = call("admin", name="Ann")
    version = sound(admin.post("/rulesets", json=texts()), 201)
    problem(admin.post(f"/rulesets/versions/{version['id']}/approve"), 403, "same-person")
    problem(call("approver", name=" ANN ").post(f"/rulesets/versions/{version['id']}/approve"), 403, "same-person")
    sound(call("approver", name="Bob").post(f"/rulesets/versions/{version['id']}/approve"))
    problem(call("approver", name="Bob").post(f"/rulesets/versions/{version['id']}/approve"), 409, "already-approved")


def test_a_version_whose_examples_do_not_hold_is_not_approved(call: Call) -> None:
    version = published(call, NOT_YET)
    told = problem(call("approver").post(f"/rulesets/versions/{version['id']}/approve"), 409, "examples-fail")
    assert told["diagnostics"][0]["code"] == "example-fails"
    assert told["diagnostics"][0]["line"] == 12


def test_a_version_that_is_withdrawn(call: Call) -> None:
    version = published(call)
    approver = call("approver")
    sound(approver.post(f"/rulesets/versions/{version['id']}/withdraw"))
    problem(approver.post(f"/rulesets/versions/{version['id']}/approve"), 409, "withdrawn")
    problem(approver.post(f"/rulesets/versions/{version['id']}/withdraw"), 409, "withdrawn")


def test_what_is_in_force_is_not_withdrawn(call: Call) -> None:
    version = published(call)
    approver = call("approver")
    sound(approver.post(f"/rulesets/versions/{version['id']}/approve"))
    sound(approver.post("/rulesets/dear/in-force", json={"version": version["id"], "starts": "2018-04-01"}), 201)
    problem(approver.post(f"/rulesets/versions/{version['id']}/withdraw"), 409, "in-force")


def test_a_decision_on_what_has_changed_meanwhile(call: Call) -> None:
    version = published(call)
    approver = call("approver")
    read = approver.get(f"/rulesets/versions/{version['id']}")
    sound(approver.post(f"/rulesets/versions/{version['id']}/approve", headers={"If-Match": read.headers["etag"]}))
    late = approver.post(f"/rulesets/versions/{version['id']}/withdraw", headers={"If-Match": read.headers["etag"]})
    problem(late, 412, "changed-since")
    assert approver.get(f"/rulesets/versions/{version['id']}", headers={"If-None-Match": read.headers["etag"]}).status_code == 200


def test_texts_come_back_as_they_were_sent(call: Call) -> None:
    text = EXAMPLE + "# é £ “quoted” 😀\r\n\t"
    version = published(call, text)
    address = f"/rulesets/versions/{version['id']}/texts"
    answer = call("auditor").get(address)
    assert sound(answer) == {"main": "dear.requite", "texts": {"dear.requite": text}}
    assert call("auditor").get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_versions_in_pages_the_newest_first(call: Call) -> None:
    ids = [published(call, EXAMPLE.replace("£1,000", f"£{n}"))["id"] for n in range(1, 6)]
    analyst = call("analyst")
    seen, after = [], None
    while True:
        page = sound(analyst.get("/rulesets/dear/versions", params={"limit": 2} | ({"after": after} if after else {})))
        seen += [version["id"] for version in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == ids[::-1]
    sound(call("approver").post(f"/rulesets/versions/{ids[0]}/approve"))
    approved = sound(analyst.get("/rulesets/dear/versions", params={"state": "approved"}))["items"]
    assert [version["id"] for version in approved] == ids[:1]
    problem(analyst.get("/rulesets/dear/versions", params={"state": "lovely"}), 422, "wrong-request")


def test_rulesets_in_pages_by_name(call: Call) -> None:
    names = ["alpha", "beta", "delta", "gamma"]
    for name in reversed(names):
        published(call, EXAMPLE.replace("ruleset dear", f"ruleset {name}"))
    analyst = call("analyst")
    first = sound(analyst.get("/rulesets", params={"limit": 3}))
    rest = sound(analyst.get("/rulesets", params={"limit": 3, "after": first["next"]}))
    assert [one["name"] for one in first["items"] + rest["items"]] == names
    assert rest["next"] is None


# --- others' ----------------------------------------------------------------------------------------------------------


def test_versions_of_others_are_not_there(call: Call) -> None:
    theirs = published(call, org="merton")["id"]
    admin = call("admin")
    for method, address in (
        ("GET", f"/rulesets/versions/{theirs}"),
        ("GET", f"/rulesets/versions/{theirs}/texts"),
        ("POST", f"/rulesets/versions/{theirs}/approve"),
        ("POST", f"/rulesets/versions/{theirs}/withdraw"),
        ("GET", "/rulesets/dear"),
        ("GET", "/rulesets/dear/versions"),
        ("GET", "/rulesets/dear/in-force"),
        ("GET", "/rulesets/dear/in-force/said"),
        ("GET", "/claims/dear/claim"),
    ):
        problem(admin.request(method, address), 404, "not-found")
    problem(admin.post("/rulesets/dear/in-force", json={"version": theirs, "starts": "2018-04-01"}), 404, "not-found")
    assert sound(admin.get("/rulesets"))["items"] == []
    assert published(call)["id"] != theirs, "the same texts of two organisations are two versions"


@pytest.mark.parametrize("id", ["x", "0" * 27, "' OR 1=1 --", "..%2F..%2Fetc", "01JZ8Q4T7V3S5N9K2M6P8R0W1X"])
def test_an_id_of_nothing(call: Call, id: str) -> None:
    client = call("admin")
    assert client.get(f"/rulesets/versions/{id}").status_code in (404, 422)
    assert client.post(f"/rulesets/versions/{id}/approve").status_code in (404, 422)


@pytest.mark.parametrize("name", ["versions", "check", "in-force", "a'b", "%25", "é", "x" * 200])
def test_a_name_of_no_ruleset(call: Call, name: str) -> None:
    client: TestClient = call("admin")
    published(call)
    for address in (
        "/rulesets/{}",
        "/rulesets/{}/versions",
        "/rulesets/{}/in-force",
        "/rulesets/{}/in-force/said",
        "/claims/{}/claim",
    ):
        assert "there is no such ruleset" in problem(client.get(address.format(name)), 404, "not-found")["detail"]


def test_lists_of_a_ruleset_may_be_empty(call: Call) -> None:
    published(call)
    client = call("admin")
    for address in ("/rulesets/dear/in-force/said", "/claims/dear/claim"):
        assert sound(client.get(address))["items"] == []
    assert sound(client.get("/rulesets/dear/versions", params={"state": "withdrawn"}))["items"] == []
    assert sound(client.get("/decisions", params={"ruleset": "nothing"}))["items"] == []
    problem(client.get("/rulesets/dear/in-force"), 404, "none-in-force")


def test_the_library_of_rulesets_can_be_published(call: Call) -> None:
    found = {"kingston.md": (ROOT / "rulesets" / "claims" / "kingston.md").read_text(encoding="utf-8")}
    answer = call("author").post("/rulesets", json={"main": "kingston.md", "texts": found})
    version = sound(answer, 201)
    sound(call("approver").post(f"/rulesets/versions/{version['id']}/approve"))
