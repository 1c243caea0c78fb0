"""`requite score`: what was found, missed and flagged for nothing, by check, by kind and by pound."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.api.support import Here

RULESET = """ruleset prices "Two checks"

record claim
  key id: text
  provider: text
  billed: money

check above_100 for each claim
  expected £100
  flag when billed > expected
  flag undercharges too

check above_500 for each claim
  expected £500
  flag when billed > expected

example "one"
  given claim C1 with provider "H", billed £100
  expect above_100 passes C1
"""

CLAIMS = """id,provider,billed
C1,H,150.00
C2,H,600.00
C3,H,90.00
C4,H,100.00
C5,H,130.25
"""

TRUTH = """kind,record,key,check,overcharge,what
T1,claim,C1,above_100,50.00,too much
T2,claim,C2,above_100,500.00,far too much
T2,claim,C2,above_500,100.00,far too much
T3,claim,C3,above_100,-9.00,too little
T3,claim,C4,above_100,1.00,too little
T4,claim,C4,,20.00,coded wrongly
T5,claim,C4,another_check,5.00,looked for elsewhere
"""


@pytest.fixture
def results(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run, with what is true beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prices.requite").write_text(RULESET, encoding="utf-8")
    (tmp_path / "claim.csv").write_text(CLAIMS, encoding="utf-8")
    (tmp_path / "truth.csv").write_text(TRUTH, encoding="utf-8")
    assert requite("run", "prices.requite", "--data", "claim=claim.csv", "--out", "results").status == 0
    return tmp_path


def test_by_check_and_by_pound(requite: Here, results: Path) -> None:  # noqa: ARG001
    done = requite("score", "results", "--truth", "truth.csv", "--json")
    assert (done.status, done.json["ok"], done.json["command"]) == (0, True, "score")
    first, second = done.json["checks"]
    # C5 is flagged for nothing, C4 is missed, and of C3 £9 of the £10 found are true.
    assert first == {
        "check": "above_100", "planted": 4, "found": 3, "missed": 1, "false": 1, "differing": 1,
        "precision": "0.75", "recall": "0.75",
        "overcharge": "560.00", "overcharge_found": "590.25", "overcharge_right": "559.00",
        "precision_by_pound": "0.947", "recall_by_pound": "0.9982",
    }  # fmt: skip
    assert (second["check"], second["planted"], second["found"], second["recall_by_pound"]) == ("above_500", 1, 1, "1")
    assert {name: done.json["total"][name] for name in ("planted", "found", "missed", "false", "differing")} == {
        "planted": 5, "found": 4, "missed": 1, "false": 1, "differing": 1,
    }  # fmt: skip
    assert done.json["missed"] == [
        {"check": "above_100", "record": "claim", "key": "C4", "kind": "T3", "overcharge": "1.00", "overcharge_found": None}
    ]
    assert [(one["key"], one["overcharge"], one["overcharge_found"]) for one in done.json["false"]] == [("C5", None, "30.25")]
    assert [(one["key"], one["overcharge"], one["overcharge_found"]) for one in done.json["differing"]] == [
        ("C3", "-9.00", "-10.00")
    ]


def test_by_kind(requite: Here, results: Path) -> None:  # noqa: ARG001
    answer = requite("score", "results", "--truth", "truth.csv", "--json").json
    kinds = [(one["kind"], one["errors"], one["found"], one["overcharge"], one["overcharge_right"]) for one in answer["kinds"]]
    # C2 is one error, though two checks find it.
    assert kinds == [("T1", 1, 1, "50.00", "50.00"), ("T2", 1, 1, "500.00", "500.00"), ("T3", 2, 1, "10.00", "9.00")]
    assert [(one["kind"], one["errors"], one["found"], one["what"]) for one in answer["unfindable"]] == [
        ("T4", 1, 0, "coded wrongly")
    ]
    assert [(one["kind"], one["errors"], one["found"]) for one in answer["not_asked"]] == [("T5", 1, 0)]


def test_as_text(requite: Here, results: Path) -> None:  # noqa: ARG001
    done = requite("score", "results", "--truth", "truth.csv")
    assert (done.status, done.err) == (0, "")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    for line in (
        "results beside truth.csv",
        "above_100 4 3 1 1 75.0% 75.0% £560.00 £590.25 99.8%",
        "total 5 4 1 1 80.0% 80.0% £660.00 £690.25 99.8%",
        "T2 a day case for an outpatient price 1 1 100.0% £500.00 £500.00",
        "What no check can find",
        "What this run does not look for",
        "Missed",
        "above_100 claim C4 T3 £1.00 –",
        "Flagged for nothing",
        "above_100 claim C5 – £30.25",
        "Found with another amount",
        "above_100 claim C3 T3 -£9.00 -£10.00",
    ):
        assert line in lines, done.out


def test_too_much_is_not_found_by_too_little(requite: Here, results: Path) -> None:
    (results / "truth.csv").write_text("kind,record,key,check,overcharge\nT1,claim,C3,above_100,10.00\n", encoding="utf-8")
    first = requite("score", "results", "--truth", "truth.csv", "--json").json["checks"][0]
    assert (first["found"], first["differing"], first["recall"], first["recall_by_pound"]) == (1, 1, "1", "0")


def test_nothing_is_true_and_no_amount_is_said(requite: Here, results: Path) -> None:
    (results / "truth.csv").write_text("kind,record,key,check,overcharge\n", encoding="utf-8")
    answer = requite("score", "results", "--truth", "truth.csv", "--json").json
    assert (answer["total"]["recall"], answer["total"]["precision"], answer["total"]["false"]) == (None, "0", 5)
    (results / "truth.csv").write_text("kind,record,key,check,overcharge\nT1,claim,C1,above_100,\n", encoding="utf-8")
    first = requite("score", "results", "--truth", "truth.csv", "--json").json["checks"][0]
    assert (first["found"], first["differing"], first["recall_by_pound"]) == (1, 0, None)


def test_almost_all_is_not_all() -> None:
    from requite.api.scoring import ratio

    assert str(ratio(99_999, 100_000)) == "0.9999"
    assert str(ratio(3, 3)) == "1"
    assert ratio(0, 0) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no column kind"),
        ("kind;record;key\nT1;claim;C1\n", "has no column kind, record, key, check, overcharge"),
        ("kind,record,key,overcharge\nT1,claim,C1,5\n", "has no column check"),
        ("kind,record,key,check,overcharge\nT1,claim,C1,above_100,much\n", "much, the overcharge of C1, is not an amount"),
        ("kind,record,key,check,overcharge\nT1,claim,,above_100,5\n", "1 row lacks a kind, a record or a key"),
        (
            "kind,record,key,check,overcharge\nT1,claim,C1,above_100,5\nT2,claim,C1,above_100,6\n",
            "lists C1 twice for the check above_100",
        ),
        ("kind,record,key,check,overcharge\nT1,claim\n", "wrong.csv cannot be read: line 2 has 2 cells, and the first line 5"),
        (
            'kind,record,key,check,overcharge\nT1,claim,C1,above_100,5\nT1,claim,"C2,above_100,5\nT1,claim,C3,above_100,5\n',
            "wrong.csv cannot be read: a quotation mark in the row that begins on line 3 is not closed\n",
        ),
        (
            'kind,record,key,check,overcharge\nT1,claim,"C2"x,above_100,5\n',
            "wrong.csv cannot be read: the row that begins on line 2 is not well formed\n",
        ),
        ("kind;record;key;check;overcharge\n", "its columns are separated by semicolons, and a truth file has commas"),
        ("kind\trecord\tkey\n", "its columns are separated by tabs"),
        ("kind,record,key,check,overcharge,kind\nT1,claim,C1,above_100,5,T2\n", "wrong.csv has the column kind twice"),
        *(
            (
                f'kind,record,key,check,overcharge\nT1,claim,C1,above_100,"{amount}"\n',
                f"{amount}, the overcharge of C1, is not an amount",
            )
            for amount in ("1.005", "1e3", "1,000", "NaN", "1.", ".5", "\u0661", "9" * 37)
        ),
    ],
)
def test_a_truth_file_that_will_not_do(requite: Here, results: Path, text: str, said: str) -> None:
    (results / "wrong.csv").write_text(text, encoding="utf-8")
    done = requite("score", "results", "--truth", "wrong.csv")
    assert done.status == 1
    assert said in done.err


def test_a_truth_file_that_is_not_in_utf_8(requite: Here, results: Path) -> None:
    text = "kind,record,key,check,overcharge\nT1,claim,Cé,above_100,5\n"
    (results / "wrong.csv").write_bytes(text.encode("latin-1"))
    assert "wrong.csv cannot be read: it is not in UTF-8" in requite("score", "results", "--truth", "wrong.csv").err


def test_what_cannot_be_scored(requite: Here, results: Path, done: Path) -> None:  # noqa: ARG001
    for run, truth, said in (
        ("nowhere", "truth.csv", "is not the folder of a run"),
        (".", "truth.csv", "is not the folder of a run"),
        ("results", "none.csv", "there is no file none.csv"),
        ("done", "truth.csv", "is a run without checks"),
    ):
        answer = requite("score", run, "--truth", truth)
        assert (answer.status, said in answer.err) == (1, True), answer.err
    assert requite("score", "results").status == 2
    findings = results / "results" / "findings.parquet"
    pq.write_table(pq.read_table(findings).slice(1), findings)
    assert "findings.parquet has changed since the run" in requite("score", "results", "--truth", "truth.csv").err
    findings.unlink()
    assert "findings.parquet cannot be read any more" in requite("score", "results", "--truth", "truth.csv").err


@pytest.mark.parametrize("command", [("score", "results", "--truth", "truth.csv"), ("challenges", "results", "--out", "c.csv")])
@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("rules", None, "rules is not a list"),
        ("rules", [1], "rules[1] is not an object"),
        ("rules", [{"rule": "above_100"}], "rules[1] lacks kind"),
        ("ruleset", "x", "ruleset is not an object"),
        ("known", "x", "known is not a date"),
        ("known", 20200101, "known is not a date"),
        ("times", {"started": "x", "finished": "2020-01-01"}, "times.started is not a time"),
        ("outputs", [{"file": "findings.parquet", "rows": "2", "sha256": ""}], "outputs[1].rows is not a whole number"),
        ("inputs", [{"record": "claim", "files": {}}], "inputs[1].files is not a list"),
        ("inputs", [{"record": "claim", "files": [], "table": "x"}], "inputs[1].table is not an object"),
    ],
)
def test_a_manifest_that_no_run_wrote(
    requite: Here, results: Path, command: tuple[str, ...], part: str, value: object, said: str
) -> None:
    path = results / "results" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, part: value}), encoding="utf-8")
    done = requite(*command)
    assert (done.status, done.err.splitlines()[0]) == (1, f"error: the manifest of results is not as a run wrote it: {said}")
    path.write_text(json.dumps({name: rest for name, rest in manifest.items() if name != part}), encoding="utf-8")
    done = requite(*command)
    assert (done.status, f"the manifest of results lacks '{part}'" in done.err) == (1, True), done.err


def test_names_that_look_like_patterns(requite: Here, results: Path) -> None:
    """Beside each file and folder there is the one that a pattern of its name would find instead."""
    (results / "truth[1].csv").write_text(TRUTH, encoding="utf-8")
    (results / "truth1.csv").write_text("kind,record,key,check,overcharge\n", encoding="utf-8")
    (results / "claim[1].csv").write_text(CLAIMS, encoding="utf-8")
    (results / "claim1.csv").write_text("id,provider,billed\nC9,H,1.00\n", encoding="utf-8")
    for name in ("results[1]", "results1"):
        data = name.replace("results", "claim") + ".csv"
        assert requite("run", "prices.requite", "--data", f"claim={data}", "--out", name).status == 0
    plain = requite("score", "results", "--truth", "truth.csv", "--json").json
    done = requite("score", "results[1]", "--truth", "truth[1].csv", "--json")
    assert done.json | {"run": "results", "truth": "truth.csv"} == plain


def test_amounts_longer_than_a_number_of_a_database(requite: Here, results: Path) -> None:
    nines = "9" * 36
    rows = [f"T1,claim,C{number},above_100,{sign}{nines}.99" for number, sign in ((1, ""), (3, "-"), (4, ""))]
    (results / "truth.csv").write_text("\n".join(["kind,record,key,check,overcharge", *rows]) + "\n", encoding="utf-8")
    done = requite("score", "results", "--truth", "truth.csv", "--json")
    assert done.status == 0, done.err
    whole = "2" + "9" * 35 + "9.97"
    assert (done.json["checks"][0]["overcharge"], done.json["total"]["overcharge"]) == (whole, whole)
    assert done.json["kinds"][0]["overcharge"] == whole
    assert requite("score", "results", "--truth", "truth.csv").status == 0


@pytest.mark.parametrize(("given", "meant"), [("50", "50.00"), ("50.5", "50.50"), ("-9.990", "9.99"), ("+7.00", "7.00")])
def test_amounts_that_are_exact(requite: Here, results: Path, given: str, meant: str) -> None:
    (results / "truth.csv").write_text(f"kind,record,key,check,overcharge\nT1,claim,C1,above_100,{given}\n", encoding="utf-8")
    assert requite("score", "results", "--truth", "truth.csv", "--json").json["total"]["overcharge"] == meant


def test_a_truth_file_that_is_no_file(requite: Here, results: Path) -> None:
    (results / "folder").mkdir()
    os.mkfifo(results / "pipe")
    for truth, said in (
        ("folder", "folder is a folder, not a file"),
        ("pipe", "pipe is no ordinary file"),
        ("/dev/null", "/dev/null is no ordinary file"),
    ):
        done = requite("score", "results", "--truth", truth)
        assert (done.status, said in done.err) == (1, True), done.err


def test_a_truth_file_of_many_forms(requite: Here, results: Path) -> None:
    """A mark of UTF-8, ends of lines as Windows has them, quoted cells, lines that begin with #, columns of one's own."""
    rows = [
        '\ufeff"key",note,kind,record,check,overcharge,note',
        '"C1","a, ""b""\nc",T1,claim,above_100,"50.00",',
        "#C2,,T1,claim,above_100,1,",
    ]
    (results / "truth.csv").write_bytes("\r\n".join(rows).encode())
    total = requite("score", "results", "--truth", "truth.csv", "--json").json["total"]
    assert (total["planted"], total["found"], total["overcharge"]) == (2, 1, "51.00")
