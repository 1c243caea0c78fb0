"""`requite score`: what was found, missed and flagged for nothing, by check, by kind and by pound."""

from __future__ import annotations

from pathlib import Path

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
        ("kind,record,key,check,overcharge\nT1,claim\n", "cannot be read"),
    ],
)
def test_a_truth_file_that_will_not_do(requite: Here, results: Path, text: str, said: str) -> None:
    (results / "wrong.csv").write_text(text, encoding="utf-8")
    done = requite("score", "results", "--truth", "wrong.csv")
    assert done.status == 1
    assert said in done.err


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
    (results / "results" / "findings.parquet").write_bytes(b"nothing")
    assert "cannot be read" in requite("score", "results", "--truth", "truth.csv").err
    (results / "results" / "findings.parquet").unlink()
    assert "has no findings.parquet" in requite("score", "results", "--truth", "truth.csv").err
