"""Runs in the background: the same results as the command line's, once, whatever is killed on the way."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from requite.api.app import run as command
from requite.api.jobs.runner import Pool, start
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from requite.api.store.schema import AuditEntry, Event, Run
from requite.engine.manifest import read_manifest
from tests.service.runs_support import (
    DEARER,
    KNOWN,
    PRACTICES,
    SCHEME,
    files_below,
    in_force,
    made,
    published,
    sent,
    set_clock,
    until,
    whole,
)
from tests.service.support import Call, problem, sound

UNKNOWN = "01K9QZ3V8M4T6Y2R5W7X9B1C2D"

CHECKED = """ruleset bills "Bills"
  currency GBP

source paper "The paper"

record spell "A claim"
  key id: text
  provider: text
  billed: money

check dear "Too dear" for each spell
  cites paper
  expected £100
  flag when billed > expected
  overcharge billed - expected
  challenge provider answers within 10 working days
"""


@pytest.fixture
def settings(make_settings: Any) -> ServiceSettings:
    found: ServiceSettings = make_settings(most_runs=4)
    return found


@pytest.fixture
def working(service: Service) -> Service:
    """A service that works on its runs."""
    service.parts["jobs"] = start(service)
    return service


def by_command(folder: Path, data: str = PRACTICES) -> Path:
    """The folder of the same run, made by the command line."""
    folder.mkdir()
    (folder / "fees.requite").write_text(SCHEME, encoding="utf-8")
    (folder / "practice.csv").write_text(data, encoding="utf-8")
    out = folder / "out"
    arguments = ["run", str(folder / "fees.requite"), "--data", f"practice={folder / 'practice.csv'}"]
    assert command([*arguments, "--known", KNOWN, "--out", str(out), "--csv"]) == 0
    return out


def test_the_results_are_those_of_the_command_line_to_the_byte(working: Service, call: Call, tmp_path: Path) -> None:
    analyst = call("analyst")
    id = made(analyst, published(working), sent(analyst))
    run = whole(analyst, id)
    assert (run["state"], run["attempts"], run["problems"], run["results"]) == ("done", 1, None, True)
    there = by_command(tmp_path / "there")
    for name in ("payments", "counts", "figures", "findings", "carried", "not_assessable"):
        answer = analyst.get(f"/runs/{id}/results/{name}?format=parquet")
        assert answer.content == (there / f"{name}.parquet").read_bytes()
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}.parquet"'
        assert analyst.get(f"/runs/{id}/results/{name}?format=csv").content == (there / f"{name}.csv").read_bytes()
    manifest = read_manifest(there)
    assert run["totals"] == manifest["totals"] == run["manifest"]["totals"]
    assert run["manifest"]["rules"] == manifest["rules"]
    assert files_below(working.settings.home / "scratch") == []


def test_nothing_tells_where_the_service_keeps_its_files(working: Service, call: Call) -> None:
    analyst = call("analyst")
    id = made(analyst, published(working), sent(analyst))
    whole(analyst, id)
    bad = made(analyst, published(working), sent(analyst, b"nonsense", "practice.parquet"))
    whole(analyst, bad)
    for address in (f"/runs/{id}", f"/runs/{bad}", "/runs", f"/runs/{id}/rejects", f"/runs/{id}/explanation?key=P1"):
        assert str(working.settings.home) not in sound_text(analyst, address)


def sound_text(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def test_what_was_done_is_put_down_once(working: Service, call: Call) -> None:
    analyst = call("analyst")
    version = published(working)
    id = made(analyst, version, sent(analyst))
    whole(analyst, id)
    with working.database.reading() as session:
        entries = [(one.action, one.by) for one in session.scalars(select(AuditEntry).where(AuditEntry.subject == id))]
        events = session.scalars(select(Event).where(Event.kind == "run.finished")).all()
    assert entries == [("run.created", "the analyst"), ("run.finished", "requite")]
    assert [(one.subject, one.payload) for one in events] == [(id, {"ruleset": "fees", "version": version, "state": "done"})]


# --- results ----------------------------------------------------------------------------------------------------------


def test_results_are_read_a_page_at_a_time_and_filtered(working: Service, call: Call) -> None:
    analyst = call("analyst")
    many = "code,list_size,given_by,budget\n" + "".join(f"Q{i},{i},01/02/2020,200.00\n" for i in range(1, 51))
    id = made(analyst, published(working), sent(analyst, many))
    whole(analyst, id)
    every = sound(analyst.get(f"/runs/{id}/results/payments?limit=1000"))
    assert every["rows_in_table"] == len(every["items"]) == 100
    assert every["next"] is None
    assert all(isinstance(row["amount"], str) and row["amount"][-3] == "." for row in every["items"])
    read, after = [], None
    while True:
        page = analyst.get(f"/runs/{id}/results/payments", params={"limit": 33, **({"after": after} if after else {})})
        read += sound(page)["items"]
        after = page.json()["next"]
        assert ("link" in page.headers) == (after is not None)
        if after is None:
            break
    assert read == every["items"]
    extra = sound(analyst.get(f"/runs/{id}/results/payments", params={"payment": "extra", "limit": 7}))
    assert [row["payment"] for row in extra["items"]] == ["extra"] * 7
    more = sound(analyst.get(f"/runs/{id}/results/payments", params={"payment": "extra", "after": extra["next"], "limit": 100}))
    assert len(more["items"]) == 43
    one = sound(analyst.get(f"/runs/{id}/results/payments", params={"payee": "Q7", "payment": "fee"}))
    assert [(row["key"], row["amount"]) for row in one["items"]] == [("Q7", "0.70")]
    for wrong in ("Q7' OR '1'='1", "%", "q7", ""):
        assert sound(analyst.get(f"/runs/{id}/results/payments", params={"payee": wrong}))["items"] == []
    problem(analyst.get(f"/runs/{id}/results/payments", params={"check": "dear"}), 422, "no-such-filter")
    problem(analyst.get(f"/runs/{id}/results/payments", params={"after": "x"}), 422, "unknown-cursor")
    assert analyst.get(f"/runs/{id}/results/manifest").status_code == 422
    assert analyst.get(f"/runs/{id}/results/..%2F..%2Fx").status_code in (404, 422)


def test_rejects_say_where_and_why(working: Service, call: Call) -> None:
    analyst = call("analyst")
    id = made(analyst, published(working), sent(analyst))
    run = whole(analyst, id)
    rejects = sound(analyst.get(f"/runs/{id}/rejects"))["items"]
    assert [(row["file"], row["line"], row["field"], row["value"]) for row in rejects] == [
        ("practice.csv", 4, "list_size", "x"),
        ("practice.csv", 5, "given_by", "31/02/2020"),
    ]
    (rows,) = run["manifest"]["rows"]
    assert rows["rows"] == rows["read"] + rows["rejected"] == 4


def test_a_download_holds_no_formula(working: Service, call: Call) -> None:
    analyst = call("analyst")
    evil = 'code,list_size,given_by,budget\n=1+1,10,01/02/2020,200\n"@SUM(A1)",x,01/02/2020,200\n'
    id = made(analyst, published(working), sent(analyst, evil))
    assert whole(analyst, id)["state"] == "done"
    text = analyst.get(f"/runs/{id}/results/payments?format=csv").text
    assert ",'=1+1," in text
    assert ",=1+1" not in text
    answer = analyst.get(f"/runs/{id}/results/payments?format=xlsx")
    assert answer.headers["content-type"].startswith("application/vnd.openxmlformats")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content))["payments"]
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]][:6] == ["ruleset", "scheme", "payment", "record", "key", "payee"]
    assert rows[1][4].value == "=1+1"
    assert {cell.data_type for row in rows[1:] for cell in row if cell.value is not None} <= {"s", "n"}
    assert rows[1][6].value == 1


def test_an_explanation_and_statements(working: Service, call: Call) -> None:
    analyst = call("analyst")
    id = made(analyst, published(working), sent(analyst))
    whole(analyst, id)
    told = sound(analyst.get(f"/runs/{id}/explanation", params={"key": "P2", "record": "practice"}))
    assert "P2" in json.dumps(told)
    markdown = analyst.get(f"/runs/{id}/explanation", params={"key": "P2", "format": "md"})
    assert markdown.headers["content-type"].startswith("text/markdown")
    text = analyst.get(f"/runs/{id}/explanation", params={"key": "P2", "format": "text"})
    assert text.headers["content-type"].startswith("text/plain")
    assert "£25" in text.text
    assert "£25" in markdown.text
    problem(analyst.get(f"/runs/{id}/explanation", params={"key": "P9"}), 404, "unknown-key")
    problem(analyst.get(f"/runs/{id}/explanation", params={"key": "P1", "record": "ward"}), 404, "unknown-record")
    assert sound(analyst.get(f"/runs/{id}/statements"))["items"] == [
        {"kind": "practice", "payee": "P1"},
        {"kind": "practice", "payee": "P2"},
    ]
    page = analyst.get(f"/runs/{id}/statements/practice/P1")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "sandbox" in page.headers["content-security-policy"]
    assert "£30" in page.text
    assert "£30" in analyst.get(f"/runs/{id}/statements/practice/P1?format=md").text
    assert analyst.get(f"/runs/{id}/statements/practice/P1?format=pdf").content.startswith(b"%PDF")
    problem(analyst.get(f"/runs/{id}/statements/practice/P7"), 404, "not-found")
    problem(analyst.get(f"/runs/{id}/statements/ward/P1"), 404, "not-found")


def test_findings_are_read_by_check_and_provider(working: Service, call: Call) -> None:
    analyst = call("analyst")
    version = published(working, CHECKED, main="bills.requite")
    upload = sent(analyst, "id,provider,billed\nS1,RAX,150.00\nS2,RAY,120.50\nS3,RAX,90.00\n", "spell.csv")
    id = made(analyst, version, ruleset="bills", inputs={"spell": {"upload": upload}})
    assert whole(analyst, id)["problems"] is None
    found = sound(analyst.get(f"/runs/{id}/results/findings", params={"check": "dear", "provider": "RAY"}))["items"]
    assert [(row["key"], row["billed"], row["overcharge"], row["challenged"]) for row in found] == [("S2", "120.50", "20.50", True)]
    parties = sound(analyst.get(f"/runs/{id}/statements"))["items"]
    assert [party["payee"] for party in parties] == ["RAX", "RAY"]


# --- what cannot be run -----------------------------------------------------------------------------------------------


def test_a_run_that_cannot_be_says_why(working: Service, call: Call) -> None:
    analyst = call("analyst")
    version = published(working)
    run = whole(analyst, made(analyst, version, sent(analyst, "code,list_size\nP1,10\n")))
    assert run["state"] == "failed"
    assert [one["code"] for one in run["problems"]] == ["missing-columns"]
    assert run["problems"][0]["file"] == "practice.csv"
    missing = whole(analyst, made(analyst, version, inputs={}))
    assert [one["code"] for one in missing["problems"]] == ["no-data"]
    problem(analyst.get(f"/runs/{run['id']}/results/payments"), 409, "no-results")
    problem(analyst.get(f"/runs/{run['id']}/explanation?key=P1"), 409, "no-results")
    problem(analyst.post(f"/runs/{run['id']}/cancel"), 409, "ended")
    assert not (working.settings.home / "runs").exists() or files_below(working.settings.home / "runs") == []


def test_a_record_that_the_ruleset_does_not_have_is_refused_at_once(service: Service, call: Call) -> None:
    analyst = call("analyst")
    version = published(service)
    asked = {"ruleset": "fees", "version": version, "inputs": {"practise": {"upload": sent(analyst)}}}
    refused = problem(analyst.post("/runs", json=asked), 422, "unknown-record")
    assert refused["errors"][0]["help"] == "Did you mean practice?"
    in_force(service, version, date(2020, 1, 1))
    problem(analyst.post("/runs", json=asked | {"version": None}), 422, "unknown-record")
    assert sound(analyst.get("/runs"))["items"] == []


def test_a_run_of_which_every_row_was_rejected_is_done_and_says_so(working: Service, call: Call) -> None:
    analyst = call("analyst")
    asked = made(analyst, published(working), sent(analyst, PRACTICES.splitlines()[0] + "\nP9,many\nP8,more\n"))
    run = whole(analyst, asked)
    assert (run["state"], run["rows"], run["problems"]) == ("done", {"read": 0, "rejected": 2}, None)
    assert len(sound(analyst.get(f"/runs/{asked}/rejects"))["items"]) == 2


def test_a_run_tells_how_many_rows_were_rejected(working: Service, call: Call) -> None:
    analyst = call("analyst")
    asked = made(analyst, published(working), sent(analyst, PRACTICES + "P9,many\n"))
    run = whole(analyst, asked)
    assert run["rows"] == {"read": 2, "rejected": 3}
    assert len(sound(analyst.get(f"/runs/{asked}/rejects"))["items"]) == 3
    assert sound(analyst.get("/runs"))["items"][0]["rows"] == run["rows"]


def test_a_file_without_a_header_is_not_told_again(working: Service, call: Call) -> None:
    analyst = call("analyst")
    version = published(working)
    run = whole(analyst, made(analyst, version, sent(analyst, "9434765919,Smith\n9434765870,Jones\n")))
    assert [one["code"] for one in run["problems"]] == ["missing-columns"]
    assert "9434765919" not in str(run)
    assert "Smith" not in str(run)
    misnamed = whole(analyst, made(analyst, version, sent(analyst, "code,size_of_list\nP1,10\n")))
    assert "size_of_list" in misnamed["problems"][0]["message"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"inputs": {"practice": {}}}, 422),
        ({"inputs": {"practice": {"upload": UNKNOWN, "source": "x"}}}, 422),
        ({"inputs": {"practice": {"upload": "../../etc/passwd"}}}, 422),
        ({"inputs": {"practice": {"upload": []}}}, 422),
        ({"inputs": {"practice": {"upload": UNKNOWN}}}, 404),
        ({"inputs": {"practice": {"source": "practice.csv"}}}, 422),
        ({"inputs": {"practice": "/etc/passwd"}}, 422),
        ({"version": UNKNOWN}, 404),
        ({"version": None}, 409),
        ({"ruleset": "other"}, 422),
        ({"in_force_on": "2026-01-01"}, 422),
        ({"known": "31/03/2026"}, 422),
        ({"engine": "spark"}, 422),
        ({"check_engines": -1}, 422),
        ({"memory": "100TB"}, 422),
        ({"brought_forward": UNKNOWN}, 404),
        ({"version": None, "known_at": "2026-01-01T00:00:00"}, 422),
        ({"version": None, "known_at": "0001-01-01T00:00:00+14:00"}, 422),
        ({"version": None, "in_force_on": "9999-12-31"}, 422),
        ({"known": "0001-01-01"}, 422),
        ({"inputs": {"practice\n": {"upload": UNKNOWN}}}, 422),
    ],
)
def test_a_request_for_no_run(service: Service, call: Call, change: dict[str, Any], status: int) -> None:
    asked = {"ruleset": "fees", "version": published(service), "known": KNOWN, "inputs": {}, **change}
    answer = call("analyst").post("/runs", json=asked)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert sound(call("analyst").get("/runs"))["items"] == []


def test_so_many_runs_wait_at_once(service: Service, call: Call) -> None:
    analyst, version = call("analyst"), published(service)
    upload = sent(analyst)
    ids = [made(analyst, version, upload) for _ in range(4)]
    asked = {"ruleset": "fees", "version": version, "inputs": {"practice": {"upload": upload}}}
    answer = analyst.post("/runs", json=asked)
    problem(answer, 429, "too-many-runs")
    assert answer.headers["retry-after"] == "30"
    published(service, org="merton")
    assert sound(analyst.post(f"/runs/{ids[0]}/cancel"))["state"] == "cancelled"
    made(analyst, version, upload)


def test_uploads_of_one_name_are_told_apart(working: Service, call: Call) -> None:
    analyst = call("analyst")
    parts = [PRACTICES, PRACTICES.replace("P1", "P5").replace("P2", "P6").replace("P3", "P7").replace("P4", "P8")]
    uploads = [sent(analyst, part) for part in parts]
    id = made(analyst, published(working), inputs={"practice": {"upload": uploads}})
    run = whole(analyst, id)
    assert [row["file"] for row in run["manifest"]["rows"]] == [f"{upload} practice.csv" for upload in uploads]
    assert run["totals"]["payments"]["count"] == 8
    twice = {"ruleset": "fees", "version": published(working), "inputs": {"practice": {"upload": [uploads[0]] * 2}}}
    problem(analyst.post("/runs", json=twice), 422, "given-twice")


def test_a_table_among_the_texts_is_read_from_beside_the_ruleset(working: Service, call: Call) -> None:
    text = SCHEME.replace(
        "scheme yearly",
        'table rate "Rates" from "rates/rate.csv"\n  illustrative "made up"\n  key code: text\n  pounds: money\n\nscheme yearly',
    )
    analyst = call("analyst")
    version = published(working, text, **{"rates/rate.csv": "code,pounds\nA,1.00\n"})
    id = made(analyst, version, sent(analyst))
    run = whole(analyst, id)
    assert run["problems"] is None
    assert {row["record"]: (row["file"], row["read"]) for row in run["manifest"]["rows"]}["rate"] == ("rates/rate.csv", 1)
    sound(analyst.get(f"/runs/{id}/explanation", params={"key": "P1", "record": "practice"}))


# --- configured sources -----------------------------------------------------------------------------------------------


@pytest.fixture
def data_root(tmp_path: Path, service: Service) -> Path:
    root = tmp_path / "data"
    (root / "kingston" / "march").mkdir(parents=True)
    (root / "merton").mkdir()
    (root / "kingston" / "march" / "practice.csv").write_text(PRACTICES, encoding="utf-8")
    (root / "merton" / "secret.csv").write_text(PRACTICES, encoding="utf-8")
    (root / "kingston" / "notes.txt").write_text("notes", encoding="utf-8")
    (root / "kingston" / "away.csv").symlink_to(root / "merton" / "secret.csv")
    (root / "kingston" / "elsewhere").symlink_to(root / "merton")
    service.settings.data_root = root
    return root


@pytest.mark.parametrize("source", ["march/practice.csv", "march"])
def test_a_source_is_a_file_below_the_organisations_folder(working: Service, call: Call, data_root: Path, source: str) -> None:
    analyst = call("analyst")
    id = made(analyst, published(working), inputs={"practice": {"source": source}})
    run = whole(analyst, id)
    assert [row["file"] for row in run["manifest"]["rows"]] == ["march/practice.csv"]
    assert run["totals"]["payments"]["count"] == 4
    assert str(data_root) not in json.dumps(run)


@pytest.mark.parametrize(
    "source",
    [
        "../merton/secret.csv", "march/../../merton/secret.csv", "away.csv", "elsewhere/secret.csv", "elsewhere", "/etc/passwd",
        "notes.txt", "march/*.csv", "nothing.csv", ".", "~/x.csv", "postgresql://localhost/x#y", "file:///etc/passwd",
        "march\\practice.csv",
    ],
)  # fmt: skip
def test_no_source_leads_out_of_it(service: Service, call: Call, data_root: Path, source: str) -> None:
    asked = {"ruleset": "fees", "version": published(service), "inputs": {"practice": {"source": source}}}
    content = problem(call("analyst").post("/runs", json=asked), 422, "unknown-source")
    assert str(data_root) not in json.dumps(content)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_table_of_postgresql_is_read_by_its_configured_name(
    service: Service,
    call: Call,
    database_url: str,
    kind: str,  # noqa: ARG001
) -> None:
    with service.database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE practice (code text, list_size int, given_by date, budget numeric)")
        connection.exec_driver_sql("INSERT INTO practice VALUES ('P1', 100, '2020-02-01', 200)")
    address = database_url.replace("+psycopg", "")
    service.settings.sources = {"kingston": {"practices": SecretStr(f"{address}#public.practice")}}
    service.parts["jobs"] = start(service)
    analyst, version = call("analyst"), published(service)
    id = made(analyst, version, inputs={"practice": {"source": "practices"}})
    run = whole(analyst, id)
    assert run["problems"] is None
    assert run["totals"]["payments"]["amount"] == "30.00"
    with service.database.reading() as session:
        kept = session.scalar(select(Run).where(Run.id == id))
    assert "hush-hush" not in f"{run} {kept and (kept.manifest, kept.inputs, kept.options)}"
    own = published(service, org="merton")
    asked = {"ruleset": "fees", "version": own, "inputs": {"practice": {"source": "practices"}}}
    problem(call("analyst", org="merton").post("/runs", json=asked), 422, "unknown-source")
    service.settings.sources = {"kingston": {"practices": SecretStr(f"{address}#public.nothing")}}
    failed = whole(analyst, sound(analyst.post(f"/runs/{id}/again", json={"rules": version}), 202)["id"])
    assert (failed["state"], failed["problems"][0]["code"]) == ("failed", "not-found")
    assert "hush-hush" not in str(failed)


# --- other rules ------------------------------------------------------------------------------------------------------


def test_last_months_settlement_by_todays_rules_and_by_those_known_then(working: Service, call: Call) -> None:
    analyst, first, second = call("analyst"), published(working), published(working, DEARER)
    set_clock(working, datetime(2026, 1, 10, tzinfo=UTC))
    in_force(working, first, date(2026, 1, 1))
    # In May it is said that the dearer rules hold from March on.
    set_clock(working, datetime(2026, 5, 10, tzinfo=UTC))
    in_force(working, second, date(2026, 3, 1))
    upload = sent(analyst)
    asked = {"ruleset": "fees", "known": KNOWN, "known_at": "2026-04-01T00:00:00Z", "inputs": {"practice": {"upload": upload}}}
    march = sound(analyst.post("/runs", json=asked), 202)
    assert (march["version"], march["rules"]) == (first, "in force on 2026-03-31")

    today = sound(analyst.post(f"/runs/{march['id']}/again", json={"rules": "in force now"}), 202)
    then = sound(analyst.post(f"/runs/{march['id']}/again", json={"rules": "known then"}), 202)
    assert (today["version"], then["version"]) == (second, first)
    assert today["again_of"] == then["again_of"] == march["id"]
    assert today["known"] == then["known"] == KNOWN
    sums = [whole(analyst, run["id"])["totals"]["payments"]["by_payment"]["yearly.fee"] for run in (march, today, then)]
    assert sums == ["35.00", "70.00", "35.00"]

    told = sound(analyst.get(f"/runs/{today['id']}/difference", params={"with": then["id"]}))
    assert (told["paid_here"], told["paid_there"], told["more"]) == ("90.00", "55.00", 0)
    assert told["payments"] == [
        {"payment": "yearly.fee", "payee": "P2", "here": "50.00", "there": "25.00", "difference": "25.00"},
        {"payment": "yearly.fee", "payee": "P1", "here": "20.00", "there": "10.00", "difference": "10.00"},
    ]
    same = sound(analyst.get(f"/runs/{march['id']}/difference", params={"with": then["id"]}))
    assert same["payments"] == same["checks"] == []

    # In force in March as it is known today is the dearer one, too; before the first, none was.
    later = {"rules": "known then", "on": KNOWN, "known_at": "2026-06-01T00:00:00Z"}
    assert sound(analyst.post(f"/runs/{march['id']}/again", json=later), 202)["version"] == second
    problem(analyst.post(f"/runs/{march['id']}/again", json={"rules": "known then", "on": "2025-12-31"}), 409, "not-in-force")
    assert sound(analyst.post(f"/runs/{march['id']}/again", json={"rules": first}), 202)["version"] == first
    for wrong in (
        {"rules": "whatever"},
        {"rules": first, "on": KNOWN},
        {"rules": "in force now", "known_at": "2026-06-01T00:00:00Z"},
    ):
        assert analyst.post(f"/runs/{march['id']}/again", json=wrong).status_code == 422


def test_figures_are_brought_forward_from_an_earlier_run(working: Service, call: Call) -> None:
    scheme = SCHEME.replace(
        "  payment fee", "  brought forward debt: money, £0 at the start\n  carry forward debt + £5 as debt\n  payment fee"
    )
    analyst, version = call("analyst"), published(working, scheme)
    first = made(analyst, version, sent(analyst))
    whole(analyst, first)
    second = whole(analyst, made(analyst, version, sent(analyst), brought_forward=first))
    rows = [sound(analyst.get(f"/runs/{id}/results/carried"))["items"] for id in (first, second["id"])]
    assert [[row["value"] for row in carried] for carried in rows] == [["5.00", "5.00"], ["10.00", "10.00"]]
    assert analyst.delete(f"/runs/{first}/results").status_code == 204
    asked = {"ruleset": "fees", "version": version, "inputs": {}, "brought_forward": first}
    problem(analyst.post("/runs", json=asked), 422, "no-results")
    assert second["problems"] is None
    assert second["brought_forward"] == first
    assert set(second["manifest"]["brought_forward"]) == {"sha256", "bytes"}


# --- who may ----------------------------------------------------------------------------------------------------------


def test_another_organisation_sees_none_of_it(working: Service, call: Call) -> None:
    analyst = call("analyst")
    version, upload = published(working), sent(analyst)
    id = made(analyst, version, upload)
    whole(analyst, id)
    other = call("admin", org="merton")
    for address in (
        f"/runs/{id}", f"/runs/{id}/events", f"/runs/{id}/results/payments", f"/runs/{id}/rejects", f"/runs/{id}/statements",
        f"/runs/{id}/explanation?key=P1", f"/runs/{id}/difference?with={id}", f"/runs/{id}/statements/practice/P1",
    ):  # fmt: skip
        problem(other.get(address), 404, "not-found")
    problem(other.post(f"/runs/{id}/cancel"), 404, "not-found")
    problem(other.post(f"/runs/{id}/again", json={"rules": "in force now"}), 404, "not-found")
    problem(other.delete(f"/runs/{id}/results"), 404, "not-found")
    asked = {"ruleset": "fees", "version": version, "inputs": {}}
    problem(other.post("/runs", json=asked), 404, "not-found")
    own = published(working, org="merton")
    problem(other.post("/runs", json=asked | {"version": own, "brought_forward": id}), 404, "not-found")
    assert sound(other.get("/runs"))["items"] == []
    assert sound(analyst.get(f"/runs/{id}"))["results"] is True


def test_runs_are_listed_and_told_by_their_etag(service: Service, call: Call) -> None:
    analyst, version = call("analyst"), published(service)
    ids = [made(analyst, version, inputs={}) for _ in range(3)]
    page = sound(analyst.get("/runs?limit=2&state=queued&ruleset=fees"))
    rest = sound(analyst.get("/runs", params={"limit": 2, "after": page["next"]}))
    assert [run["id"] for run in page["items"] + rest["items"]] == ids[::-1]
    assert sound(analyst.get("/runs?state=done"))["items"] == []
    answer = analyst.get(f"/runs/{ids[0]}")
    assert analyst.get(f"/runs/{ids[0]}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    sound(analyst.post(f"/runs/{ids[0]}/cancel"))
    assert analyst.get(f"/runs/{ids[0]}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 200


def test_results_are_deleted_and_the_run_stays(working: Service, call: Call) -> None:
    analyst = call("analyst")
    id = made(analyst, published(working), sent(analyst))
    whole(analyst, id)
    assert analyst.delete(f"/runs/{id}/results").status_code == 204
    assert files_below(working.settings.home / "runs") == []
    run = sound(analyst.get(f"/runs/{id}"))
    assert (run["state"], run["results"], run["totals"]["payments"]["count"]) == ("done", False, 4)
    problem(analyst.get(f"/runs/{id}/results/payments"), 410, "results-gone")
    problem(analyst.delete(f"/runs/{id}/results"), 410, "results-gone")


def test_a_run_whose_upload_is_gone_is_explained_no_more(working: Service, call: Call) -> None:
    analyst = call("analyst")
    upload = sent(analyst)
    id = made(analyst, published(working), upload)
    whole(analyst, id)
    assert analyst.delete(f"/uploads/{upload}").status_code == 204
    content = problem(analyst.get(f"/runs/{id}/explanation?key=P1"), 409, "changed-input")
    assert str(working.settings.home) not in json.dumps(content)
    again = whole(analyst, sound(analyst.post(f"/runs/{id}/again", json={"rules": published(working)}), 202)["id"])
    assert (again["state"], again["problems"][0]["code"]) == ("failed", "not-found")


def test_the_part_tells_how_many_wait(service: Service, call: Call) -> None:
    made(call("analyst"), published(service), inputs={})
    pool = Pool(service)
    assert pool.gauges() == {"queued": 1, "running": 0, "broken": 0}
    pool.start()
    until(lambda: pool.gauges()["queued"] == 0 and pool.gauges()["running"] == 0)
    pool.close()
