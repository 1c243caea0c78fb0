"""`requite run`: what it prints, what it writes, and all that can be wrong with what it is given."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from requite.engine.overview import merged, told
from tests.api.support import PRACTICES, SCHEME, Here, bound_by_permissions

RUN = ("run", "fees.requite", "--data", "practice=practice.csv", "--out", "out")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("here")
def test_it_prints_what_a_manager_asks_for(requite: Here) -> None:
    done = requite(*RUN, "--known", "2021-01-01")
    assert done.status == 0
    assert done.err == ""
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[:2] == ["Fees", "as known on 2021-01-01"]
    for line in (
        "practice practice.csv 2 2",
        "practice given_by is not in the calendar: there is no such day 1",
        "practice list_size is not a whole number 1",
        "yearly fee payment 2 £35.00",
        "yearly extra payment 1 £20.00",
        "total 3 £55.00",
        "Results in out",
    ):
        assert line in lines, done.out


TWO_CHECKS = """
ruleset bills "Bills"
  currency GBP

record spell
  key id: text
  provider: text
  billed: money

check dear for each spell
  expected £100
  flag when billed > expected
  overcharge billed - expected
  challenge provider answers within 10 working days, otherwise deemed upheld

check dearest for each spell
  expected £250
  flag when billed > expected
  overcharge billed - expected
  challenge provider answers within 10 working days, otherwise deemed upheld

challenge each spell once for the largest overcharge
  ties in the order dear, dearest
"""


def test_what_two_checks_find_of_one_claim_is_not_added_up(requite: Here, here: Path) -> None:
    (here / "bills.requite").write_text(TWO_CHECKS, encoding="utf-8")
    (here / "spell.csv").write_text("id,provider,billed\nS1,RAX,300.00\nS2,RAX,150.00\n", encoding="utf-8")
    done = requite("run", "bills.requite", "--data", "spell=spell.csv", "--out", "out")
    assert done.status == 0, done.err
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    start = lines.index("Findings")
    assert [lines[start + at] for at in (1, 3, 4, 5)] == [
        "check findings overcharged challenged amount",
        "dear 2 £250.00 2 £250.00",
        "dearest 1 £50.00 0 £0.00",
        "total 3 2 £250.00",
    ]
    # What is added up is what the statements ask for.
    assert requite("statement", "out", "--all", "--format", "md", "--out", "statements").status == 0
    assert "**£250.00 is asked back**, for 2 claims" in (here / "statements" / "index.md").read_text(encoding="utf-8")


def test_it_writes_a_folder(requite: Here, here: Path) -> None:
    assert requite(*RUN, "--csv").status == 0
    names = {path.name for path in (here / "out").iterdir()}
    assert {"payments.parquet", "payments.csv", "findings.csv", "not_assessable.csv", "rejects.csv", "manifest.json"} <= names
    assert [row["amount"] for row in rows(here / "out" / "payments.csv")] == ["10.00", "25.00", "20.00", "0.00"]
    assert [(row["line"], row["field"], row["value"]) for row in rows(here / "out" / "rejects.csv")] == [
        ("4", "list_size", "x"),
        ("5", "given_by", "31/02/2020"),
    ]
    assert [path for path in here.iterdir() if path.name.startswith(".")] == []


def test_without_csv_there_is_none(requite: Here, here: Path) -> None:
    assert requite(*RUN).status == 0
    assert list((here / "out").glob("*.csv")) == []


def test_json(requite: Here, here: Path) -> None:
    done = requite(*RUN, "--json", "--known", "2021-01-01")
    assert done.status == 0
    assert set(done.json) == {
        "format", "command", "ok", "errors", "out", "ruleset", "known", "rows", "rules", "totals", "not_assessable", "rejected",
        "notes", "notices", "engine", "checked", "outputs", "exported",
    }  # fmt: skip
    assert (done.json["known"], done.json["ruleset"]["name"]) == ("2021-01-01", "fees")
    assert done.json["totals"]["payments"]["amount"] == "55.00"
    assert done.json["rows"][0]["rejected"] == 2
    assert [r["count"] for r in done.json["rejected"]] == [1, 1]
    assert done.json["errors"] == []
    assert done.json["totals"] == json.loads((here / "out" / "manifest.json").read_text())["totals"]


def test_a_folder_of_data_named_like_the_records(requite: Here, here: Path) -> None:
    (here / "data").mkdir()
    (here / "practice.csv").rename(here / "data" / "Practice.csv")
    (here / "data" / "other.csv").write_text("not,wanted\n", encoding="utf-8")
    done = requite("run", "fees.requite", "--data-dir", "data", "--out", "out")
    assert done.status == 0
    (here / "data" / "practice.tsv").write_text("two", encoding="utf-8")
    done = requite("run", "fees.requite", "--data-dir", "data", "--out", "out2")
    assert done.status == 1
    assert "data has Practice.csv and practice.tsv for practice" in done.err
    assert "--data practice=data/Practice.csv" in done.err
    again = requite("run", "fees.requite", "--data-dir", "data", "--data", "practice=data/Practice.csv", "--out", "out2")
    assert again.status == 1, "what --data names does not make the folder clear"


def test_a_folder_of_data_that_is_not_there(requite: Here, here: Path) -> None:
    done = requite("run", "fees.requite", "--data-dir", "nowhere", "--out", "out")
    assert (done.status, "there is no folder nowhere" in done.err) == (1, True)
    (here / "empty").mkdir()
    done = requite("run", "fees.requite", "--data-dir", "empty", "--out", "out")
    assert (done.status, "empty has no file for practice" in done.err) == (1, True)


def test_every_row_rejected_is_said_aloud(requite: Here, here: Path) -> None:
    (here / "practice.csv").write_text("code,list_size,given_by,budget\nP1,1,2020-02-01,2\n", encoding="utf-8")
    done = requite(*RUN, "--csv")
    assert done.status == 1
    assert done.err.splitlines() == ["error: every row of practice was rejected", "  rejects.parquet says why, line by line."]
    assert "practice practice.csv 0 1" in [" ".join(line.split()) for line in done.out.splitlines()]
    assert len(rows(here / "out" / "rejects.csv")) == 1, "the results are written all the same"
    assert requite("verify", "out").status == 0
    told = requite(*RUN, "--overwrite", "--json")
    assert (told.status, told.json["ok"], told.json["rows"][0]["read"]) == (1, False, 0)
    (error,) = told.json["errors"]
    assert (error["code"], error["record"], error["file"], error["detail"]) == (
        "all-rejected",
        "practice",
        "practice.csv",
        {"rows": 1, "files": ["practice.csv"], "more_files": 0},
    )


def test_every_file_of_rejected_rows_is_named_up_to_a_bound(requite: Here, here: Path) -> None:
    (here / "months").mkdir()
    names = [f"{number:02}.csv" for number in range(23)]
    for name in names:
        row = "" if name == "00.csv" else "P1,x,01/02/2020,2\n"
        (here / "months" / name).write_text(f"code,list_size,given_by,budget\n{row}", encoding="utf-8")
    told = requite("run", "fees.requite", "--data", "practice=months", "--out", "out", "--json")
    (error,) = told.json["errors"]
    assert [Path(file).name for file in error["detail"]["files"]] == names[1:21], "the one without rows has none rejected"
    assert (error["detail"]["more_files"], error["file"]) == (2, error["detail"]["files"][0])


def test_one_row_that_was_read_is_a_run(requite: Here, here: Path) -> None:
    (here / "more").mkdir()
    (here / "practice.csv").rename(here / "more" / "a.csv")
    (here / "more" / "b.csv").write_text("code,list_size,given_by,budget\nP9,x,2020-02-01,2\n", encoding="utf-8")
    (here / "practice.csv").write_text("code,list_size,given_by,budget\n", encoding="utf-8")
    assert requite("run", "fees.requite", "--data", "practice=more", "--out", "out").status == 0
    assert requite(*RUN[:-1], "none").status == 0, "nothing was rejected where nothing was there"


# --- engines ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("here")
def test_every_engine_prints_the_same(requite: Here) -> None:
    said = [
        requite(*RUN, "--engine", engine, "--overwrite", "--csv", "--known", "2021-01-01") for engine in ("interpret", "duckdb")
    ]
    assert said[0] == said[1]
    assert said[0].status == 0


@pytest.mark.usefixtures("here")
def test_what_engine_it_was_and_what_it_might_use(requite: Here) -> None:
    done = requite(*RUN, "--memory", "1.5GB", "--threads", "1", "--json")
    assert {part: done.json["engine"][part] for part in ("name", "memory", "threads")} == {
        "name": "duckdb",
        "memory": 1_500_000_000,
        "threads": 1,
    }
    assert requite("verify", "out").status == 0
    assert requite("verify", "out", "--engine", "interpret").status == 0
    assert requite("verify", "out", "--memory", "none").status == 2


@pytest.mark.usefixtures("here")
def test_records_are_decided_again(requite: Here) -> None:
    done = requite(*RUN, "--check-engines", "5")
    assert (done.status, done.err) == (0, "checked: the interpreter decides 2 records alike\n")
    assert requite(*RUN, "--overwrite", "--check-engines", "1", "--json").json["checked"] == 1


@pytest.mark.usefixtures("here")
def test_a_run_that_nobody_stopped_cannot_be_resumed(requite: Here) -> None:
    done = requite(*RUN, "--resume")
    assert done.status == 0
    assert done.err == "note: there is no unfinished run of this ruleset on this data: it begins anew\n"


# --- wrong use ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--data", "practice.csv"), "--data practice.csv: write RECORD=FILE, as in --data spell=claims.csv"),
        (("--data", "=practice.csv"), "write RECORD=FILE"),
        (("--data", "practice="), "write RECORD=FILE"),
        (("--data", "a/b=practice.csv"), "write RECORD=FILE"),
        (("--data", "practice=a.csv", "--data", "practice=b.csv"), "practice is given twice (a.csv and b.csv)"),
        (("--data", "practice=practice.csv", "--known", "1/2/2020"), "1/2/2020 is not a date: write year-month-day"),
        (("--data", "practice=practice.csv", "--known", "2020-02-30"), "2020-02-30 is not a date"),
        (("--dta", "practice=practice.csv"), "No such option: --dta"),
        (("--engine", "pandas"), "'duckdb', 'spark', 'interpret'"),
        (("--memory", "much"), "--memory: much is no amount of memory: write a number and a unit, as in 3GB"),
        (("--memory", "5MB"), "--memory: 5MB is too little memory"),
        (("--threads", "0"), "'--threads'"),
        (("--threads", "99999999"), "'--threads'"),
        (("--data-dir", ""), "--data-dir: name the folder of the data"),
        (("--check-engines", "-1"), "'--check-engines'"),
        (("--check-engines", "99999999999999999999"), "'--check-engines'"),
        (("--engine", "interpret", "--check-engines", "5"), "leave out --engine interpret"),
        (("--engine", "interpret", "--resume"), "it does not go with --engine interpret"),
        (("--spark", "sc://127.0.0.1:1"), "--spark says where the Spark is that decides: add --engine spark"),
        (("--data",), "'--data' requires an argument"),
    ],
)
def test_wrong_use(requite: Here, here: Path, arguments: Sequence[str], said: str) -> None:
    done = requite("run", "fees.requite", "--out", "out", *arguments)
    assert done.status == 2
    assert said in done.err
    assert done.out == ""
    assert not (here / "out").exists()


@pytest.mark.usefixtures("here")
def test_out_must_be_said(requite: Here) -> None:
    assert (requite("run", "fees.requite").status, requite("run", "fees.requite", "--out", " ").status) == (2, 2)
    assert requite("run").status == 2


# --- errors -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said", "help"),
    [
        ((), "no data for practice", "Add --data practice=FILE."),
        (("--data", "practise=practice.csv"), "has no record practise", "Did you mean practice?"),
        (("--data", "practice=practise.csv"), "there is no file practise.csv", "Did you mean practice.csv?"),
        (("--data", "practice=*.parquet"), "no file matches *.parquet", ""),
        (("--data", "practice=picture.csv"), "picture.csv", ""),
        (("--data", "practice=narrow.csv"), "needs 2 columns that are not there", "Rename the columns"),
        (("--data", "practice=practice.csv", "--brought-forward", "."), "is not the folder of a run", "Name a folder"),
        (("--data", "practice=practice.csv", "--brought-forward", "nowhere"), "is not the folder of a run", "Name a folder"),
    ],
)
def test_data_that_cannot_be_used(requite: Here, here: Path, arguments: Sequence[str], said: str, help: str) -> None:
    (here / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)))
    (here / "narrow.csv").write_text("code,list_size\nP1,1\n", encoding="utf-8")
    done = requite("run", "fees.requite", "--out", "out", *arguments)
    assert done.status == 1
    assert said in done.err
    assert help in done.err
    assert not (here / "out").exists()
    as_json = requite("run", "fees.requite", "--out", "out", "--json", *arguments)
    assert as_json.status == 1
    assert set(as_json.json) == {"format", "command", "ok", "errors", "diagnostics"}
    assert any(said in error["message"] for error in as_json.json["errors"])


def test_a_ruleset_with_errors_is_not_run(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(SCHEME.replace("budget: money", "budget: mony"), encoding="utf-8")
    done = requite(*RUN)
    assert done.status == 1
    assert "error[unknown-type]" in done.err
    assert "fees.requite has 1 error" in done.err
    assert not (here / "out").exists()
    assert requite(*RUN, "--json").json["diagnostics"][0]["code"] == "unknown-type"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["none.requite", ".", "practice.csv"])
def test_a_ruleset_that_is_none(requite: Here, name: str) -> None:
    done = requite("run", name, "--data", "practice=practice.csv", "--out", "out")
    assert done.status == 1
    assert done.err.startswith("error: ")


def test_what_is_there_already_stays(requite: Here, here: Path) -> None:
    (here / "out").mkdir()
    (here / "out" / "mine.txt").write_text("mine", encoding="utf-8")
    done = requite(*RUN)
    assert (done.status, "is not empty, and no run wrote it" in done.err) == (1, True)
    assert requite(*RUN, "--overwrite").status == 1
    assert [path.name for path in (here / "out").iterdir()] == ["mine.txt"]
    assert requite("run", "fees.requite", "--data", "practice=practice.csv", "--out", "fees.requite").status == 1


def test_an_earlier_run_is_replaced_only_when_that_is_said(requite: Here, here: Path) -> None:
    assert requite(*RUN).status == 0
    (here / "practice.csv").write_text(PRACTICES.replace("250", "500"), encoding="utf-8")
    done = requite(*RUN)
    assert (done.status, "holds the results of an earlier run (fees" in done.err) == (1, True)
    assert "--overwrite" in done.err
    assert requite(*RUN, "--overwrite", "--json").json["totals"]["payments"]["amount"] == "80.00"


@bound_by_permissions
def test_a_folder_that_may_not_be_written(requite: Here, here: Path) -> None:
    (here / "closed").mkdir(mode=0o500)
    done = requite("run", "fees.requite", "--data", "practice=practice.csv", "--out", "closed/out")
    assert done.status == 1
    assert "permission denied" in done.err


def test_figures_are_brought_forward(requite: Here, here: Path) -> None:
    debt = "  brought forward debt: money, £0 at the start\n  carry forward debt + £5 as debt\n  show debt\n\n  payment fee"
    (here / "fees.requite").write_text(SCHEME.replace("\n  payment fee", debt, 1), encoding="utf-8")
    assert requite(*RUN).status == 0
    again = requite("run", "fees.requite", "--data", "practice=practice.csv", "--out", "next", "--brought-forward", "out", "--csv")
    assert again.status == 0
    assert [row["value"] for row in rows(here / "next" / "figures.csv")] == ["5.00", "5.00"]


# --- what comes from data never steers the terminal ----------------------------------------------------------------------


def test_control_characters_are_made_visible(requite: Here, here: Path) -> None:
    nasty = "\x1b[31mred\x1b]0;title\x07\u202e\x9b2J"
    (here / "practice.csv").write_text(f"code,list_size,given_by,budget\n{nasty},1,01/02/2020,2\nP,{nasty},01/02/2020,2\n")
    (here / f"odd{nasty}.csv").write_text("code\n", encoding="utf-8")
    for arguments in (
        RUN,
        (*RUN[:-1], "out2", "--json"),
        ("run", "fees.requite", "--data", f"practice=odd{nasty}.csv", "--out", "x"),
    ):
        done = requite(*arguments)
        shown = done.out + done.err
        assert not [c for c in shown if not c.isprintable() and c != "\n"], shown
    done = requite("check", f"{nasty}.requite")
    assert done.status == 1
    assert "�[31mred" in done.err


def test_many_reasons_that_differ_in_codes_are_told_as_one() -> None:
    reasons = [("price", f"tariff has no row for hrg XX{i:02d}, on 2018-01-{i:02d}") for i in range(1, 20)] + [
        ("price", "no price")
    ] * 3
    assert merged(told(reasons)) == [("price", "tariff has no row for hrg …, on …", 19), ("price", "no price", 3)]
    assert merged(told([("a", "x is 1"), ("a", "x is 2"), ("a", "x is 2")])) == [("a", "x is 2", 2), ("a", "x is 1", 1)]
