"""`requite explain` and `requite verify`: going back to a run."""

from __future__ import annotations

import csv
import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.api.support import PRACTICES, SCHEME, Here

PAIRS = """ruleset pairs "Pairs"
record contract "A contract"
  key provider: text
  key commissioner: text
  price: money
record provider "A provider"
  key code: text
  cost: money
record note "A note"
  key code: text
check dear "Too dear" for each contract
  flag when price > £10
  expected £10
  overcharge price - £10
  reason "{price}"
check costly "Too costly" for each provider
  flag when cost > £10
scheme all "All of it"
  let sum = total of price over every contract
  payment together to owner
    amount sum
payee owner "The owner"
for each contract
  let noted = (there is a note where code = this.provider)
  show noted
"""


@pytest.fixture
def pairs(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.requite").write_text(PAIRS, encoding="utf-8")
    (tmp_path / "contract.csv").write_text("provider,commissioner,price\nRXX,05A,20\nRXX,06B,5\n05A,05A,1\n", encoding="utf-8")
    (tmp_path / "provider.csv").write_text("code,cost\nRXX,20\n", encoding="utf-8")
    (tmp_path / "note.csv").write_text("code\nRXX\nN1\nN1\n", encoding="utf-8")
    done = requite("run", "pairs.requite", "--data-dir", ".", "--out", "done")
    assert done.status == 0, done.err
    return tmp_path


@pytest.mark.usefixtures("done")
def test_an_explanation_to_read(requite: Here) -> None:
    answer = requite("explain", "done", "P2")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("practice P2 (practice.csv line 3), by fees\n")
    assert "payment yearly.extra: assessed, £0.00  [fees.requite:18]" in answer.out
    assert "because: requires budget > £100" in answer.out
    assert "source: The paper" in answer.out


def test_a_row_that_is_not_known_yet_has_no_key_as_known_on_that_day(
    requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    period = 'valid: period from "from" to "until" known from "published"'
    rows = '"A": 2017-04-01 onwards, £5\n    "B": 2017-04-01 onwards known from 2017-12-01, £6'
    table = f"table tariff\n  key hrg: text\n  {period}\n  price: money\n  rows\n    {rows}\n"
    rule = "for each tariff\n  let double = price * 2\n  show double\n"
    (tmp_path / "prices.requite").write_text(f"ruleset prices\n{table}{rule}", encoding="utf-8")
    for known, status in (("2017-11-30", 1), ("2017-12-01", 0)):
        done = requite("run", "prices.requite", "--known", known, "--out", known)
        assert ("1 row of tariff became known after 2017-11-30" in done.out + done.err) == bool(status)
        assert requite("explain", known, "A").status == 0
        assert requite("explain", known, "B").status == status
        assert (requite("verify", known).status, done.status) == (0, 0)
    assert "no tariff has the key B, as known on 2017-11-30" in requite("explain", "2017-11-30", "B").err


@pytest.mark.parametrize("rows", [2, 20_001], ids=["read whole", "sought"])
def test_no_key_is_near_that_is_not_known_yet_and_each_is_named_once(
    requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.chdir(tmp_path)
    period = 'valid: period from "from" to "until" known from "published"'
    rule = "for each tariff\n  let double = price * 2\n  show double\n"
    table = f"table tariff\n  key hrg: text\n  {period}\n  price: money\n"
    (tmp_path / "prices.requite").write_text(f"ruleset prices\n{table}{rule}", encoding="utf-8")
    dated = ["HIP-1,2017-04-01,2018-03-31,,5", "HIP-1,2018-04-01,,,6", "HIP-3,2017-04-01,,2017-12-01,5"]
    others = [f"{number},2017-04-01,,,5" for number in range(rows)]
    (tmp_path / "tariff.csv").write_text("\n".join(("hrg,from,until,published,price", *dated, *others)), encoding="utf-8")
    for known, near in (("2017-11-30", ["HIP-1"]), ("2017-12-01", ["HIP-3", "HIP-1"])):
        requite("run", "prices.requite", "--data", "tariff=tariff.csv", "--known", known, "--out", known)
        (error,) = requite("explain", known, "HIP-2", "--json").json["errors"]
        assert (error["code"], error["detail"]["near"]) == ("unknown-key", near)


@pytest.mark.usefixtures("done")
def test_json_is_the_explanation_itself(requite: Here) -> None:
    answer = requite("explain", "done", "P1", "--json")
    assert answer.status == 0
    schema = json.loads((files("requite.engine") / "explanation.schema.json").read_text("utf-8"))
    jsonschema.validate(answer.json, schema)
    assert answer.json["key"] == ["P1"]


@pytest.mark.usefixtures("done")
def test_markdown(requite: Here) -> None:
    answer = requite("explain", "done", "P1", "--markdown")
    assert answer.out.startswith("# practice P1")
    assert "## A fee" in answer.out
    both = requite("explain", "done", "P1", "--markdown", "--json")
    assert (both.status, "not both" in both.err) == (2, True)


@pytest.mark.usefixtures("done")
def test_an_unknown_key_names_the_nearest(requite: Here) -> None:
    answer = requite("explain", "done", "p1")
    assert answer.status == 1
    assert "no practice has the key p1" in answer.err
    assert "The nearest: P1" in answer.err
    as_json = requite("explain", "done", "p1", "--json")
    assert (as_json.status, as_json.json["ok"]) == (1, False)
    assert as_json.json["errors"][0]["code"] == "unknown-key"
    assert as_json.json["errors"][0]["detail"]["near"][0] == "P1"
    assert "rejects.parquet" in requite("explain", "done", "something else").err


@pytest.mark.usefixtures("pairs")
def test_keys_of_several_parts(requite: Here) -> None:
    answer = requite("explain", "done", "RXX|05A")
    assert answer.status == 0
    assert "contract RXX, 05A" in answer.out
    assert requite("explain", "done", " RXX | 05A ").out == answer.out
    assert "RXX|06B" in requite("explain", "done", "RXX|06").err


BARS = """ruleset bars currency GBP
record claim
  key site: text
  key number: text
  provider: text
  billed: money
scheme fees for each claim
  brought forward before: money, £0 at the start
  payment fee to provider
    amount £2
  carry forward billed + before as before
check dear for each claim
  expected £10
  flag when billed > expected
  challenge provider answers within 10 days, otherwise deemed upheld
check dearer for each claim
  expected £9
  flag when billed > £40
  challenge provider answers within 10 days, otherwise deemed upheld
challenge each claim once for the largest overcharge
  ties in the order dear, dearer
for each claim
  show billed
"""

BARRED = r"""site,number,provider,billed
x|y,z,A,20
x,y|z,B,50
x\,y|z,B,31
x\|y,z,C,32
"""


@pytest.mark.parametrize("engine", ["interpret", "duckdb"])
def test_keys_with_a_bar_in_a_part_are_told_apart(
    requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bars.requite").write_text(BARS, encoding="utf-8")
    Path("claim.csv").write_text(BARRED, encoding="utf-8")
    settle = ["bars.requite", "--known", "2020-01-01", "--engine", engine, "--csv"]
    assert requite("run", *settle, "--data", "claim=claim.csv", "--out", "done").status == 0
    keys = [r"x\|y|z", r"x|y\|z", r"x\\|y\|z", r"x\\\|y|z"]
    for name in ("payments", "figures", "carried"):
        assert [row["key"] for row in pq.read_table(f"done/{name}.parquet").to_pylist()] == keys
    assert requite("verify", "done").status == 0

    amounts = [requite("explain", "done", key).out.partition("fees.before")[2].split(", £")[1][:5] for key in keys]
    assert amounts == ["20.00", "50.00", "31.00", "32.00"]
    assert requite("explain", "done", "x|y|z").status == 1

    # Rows that are gone are carried on under the keys that they had.
    Path("claim.csv").write_text("site,number,provider,billed\nq,z,A,1\n", encoding="utf-8")
    again = requite("run", *settle, "--data", "claim=claim.csv", "--brought-forward", "done", "--out", "again")
    assert again.status == 0, again.err
    assert [row["key"] for row in pq.read_table("again/carried.parquet").to_pylist()] == ["q|z", *keys]


def test_what_else_was_found_is_of_the_same_claim(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bars.requite").write_text(BARS, encoding="utf-8")
    Path("claim.csv").write_text(BARRED, encoding="utf-8")
    settle = ("bars.requite", "--known", "2020-01-01", "--data", "claim=claim.csv")
    assert requite("run", *settle, "--out", "done").status == 0
    assert requite("challenges", "done", "--out", "all.csv").status == 0
    with Path("all.csv").open(encoding="utf-8", newline="") as file:
        beside = {row["claim"]: row["also_found_by"] for row in csv.DictReader(file)}
    assert beside[r"x\|y|z"] == ""
    assert beside[r"x|y\|z"] != "", "the hospital B is told of its own, and A is not"
    mine = requite("statement", "done", "--for", "A", "--record", "provider").out.replace("\\", "")
    assert "x|y, z" in mine
    assert "x, y|z" not in mine
    assert "also found" not in mine


@pytest.mark.usefixtures("pairs")
def test_the_record_may_be_named(requite: Here) -> None:
    assert requite("explain", "done", "RXX").out.startswith("provider RXX"), "a note of that key decides nothing"
    assert requite("explain", "done", "RXX", "--record", "note").out.startswith("note RXX")
    assert "no rule of pairs decides about note" in requite("explain", "done", "RXX", "--record", "note").err
    answer = requite("explain", "done", "RXX", "--record", "provder")
    assert (answer.status, "Did you mean provider?" in answer.err) == (1, True)


def test_a_key_that_two_records_have(requite: Here, pairs: Path) -> None:
    (pairs / "pairs.requite").write_text(PAIRS + 'check odd for each note\n  flag when code = "RXX"\n', encoding="utf-8")
    assert requite("run", "pairs.requite", "--data-dir", ".", "--out", "two").status == 0
    answer = requite("explain", "two", "RXX")
    assert answer.status == 1
    assert "provider and note each have the key RXX" in answer.err
    assert "--record provider or --record note" in answer.err
    assert requite("explain", "two", "RXX", "--record", "provider").status == 0


@pytest.mark.usefixtures("pairs")
def test_a_scheme_of_the_whole_ruleset(requite: Here) -> None:
    answer = requite("explain", "done", "ruleset")
    assert answer.status == 0
    assert "payment all.together: assessed, £26.00" in answer.out
    assert requite("explain", "done", "").out == answer.out


@pytest.mark.usefixtures("pairs")
def test_a_rejected_row(requite: Here) -> None:
    answer = requite("explain", "done", "N1")
    assert answer.status == 1
    assert "note N1 was rejected (note.csv line 3)" in answer.err


def test_the_memory_for_an_explanation(requite: Here, pairs: Path) -> None:
    more = "".join(f"R{number},05A,1\n" for number in range(30_000))
    (pairs / "contract.csv").write_text("provider,commissioner,price\n" + more, encoding="utf-8")
    assert requite("run", "pairs.requite", "--data-dir", ".", "--out", "many").status == 0
    answer = requite("explain", "many", "ruleset", "--memory", "100MB", "--threads", "1")
    assert answer.status == 1
    assert "in 100 MB of memory the interpreter can hold 25,000 rows" in answer.err
    assert "--memory" in answer.err
    answer = requite("explain", "many", "ruleset", "--memory", "1GB")
    assert (answer.status, "assessed, £30,000.00" in answer.out) == (0, True), answer.err
    for wrong in ("a lot", "1MB"):
        answer = requite("explain", "many", "ruleset", "--memory", wrong)
        assert (answer.status, answer.err.startswith("error: --memory: ")) == (2, True)


@pytest.mark.usefixtures("done")
def test_verify(requite: Here) -> None:
    answer = requite("verify", "done")
    assert (answer.status, answer.out, answer.err) == (0, "done: run again, everything is the same to the penny\n", "")
    assert requite("verify", "done", "--json").json == {
        "format": 1, "command": "verify", "ok": True, "errors": [], "run": "done", "differences": []
    }  # fmt: skip


def test_verify_says_what_has_changed(requite: Here, done: Path) -> None:
    (done / "payments.parquet").write_bytes(b"other")
    answer = requite("verify", "done")
    assert answer.status == 1
    assert "payments.parquet: has changed since the run" in answer.err
    (done.parent / "practice.csv").write_text(PRACTICES + "P9,1,01/02/2020,1\n", encoding="utf-8")
    as_json = requite("verify", "done", "--json")
    assert as_json.status == 1
    assert {"what": "practice.csv", "message": "has changed since the run"} in as_json.json["differences"]


def test_explaining_data_that_has_changed(requite: Here, done: Path) -> None:
    (done.parent / "practice.csv").write_text(PRACTICES + "P9,1,01/02/2020,1\n", encoding="utf-8")
    answer = requite("explain", "done", "P1")
    assert (answer.status, "practice.csv: has changed since the run" in answer.err) == (1, True)


@pytest.mark.parametrize("content", [None, b"", b"other", b"PAR1PAR1"])
def test_explaining_beside_results_that_cannot_be_read(requite: Here, done: Path, content: bytes | None) -> None:
    (done / "payments.parquet").unlink()
    if content is not None:
        (done / "payments.parquet").write_bytes(content)
    answer = requite("explain", "done", "P1")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == "error: done/payments.parquet cannot be read any more\n  Run anew.\n"
    pq.write_table(pa.table({"other": [1]}), done / "payments.parquet")
    assert requite("explain", "done", "P1").err == answer.err


def test_a_run_outlives_its_ruleset(requite: Here, done: Path) -> None:
    (done.parent / "fees.requite").write_text(SCHEME.replace("10%", "20%"), encoding="utf-8")
    assert requite("verify", "done").status == 0
    (done.parent / "fees.requite").unlink()
    assert requite("explain", "done", "P1").status == 0


@pytest.mark.parametrize("command", [("verify",), ("explain", "P1")])
def test_a_folder_that_no_run_wrote(requite: Here, here: Path, command: tuple[str, ...]) -> None:
    name, *rest = command
    for folder in (".", "nowhere", "fees.requite"):
        answer = requite(name, folder, *rest)
        assert (answer.status, "folder of a run" in answer.err or "cannot be read" in answer.err) == (1, True)
    (here / "old").mkdir()
    for text in ("{", "[]", '{"format": 99}', '{"format": 1}', "\x00"):
        (here / "old" / "manifest.json").write_text(text, encoding="utf-8")
        assert requite(name, "old", *rest).status == 1


def test_rows_of_a_dated_table_that_nothing_decides_about(requite: Here, here: Path) -> None:
    table = 'table rates\n  key code: text\n  valid: period from "a" to "b"\n  rate: percent\n'
    text = SCHEME.replace("10% of", "rates[code on given_by].rate of").replace(
        "requires budget", "needs rates[code on given_by] is known\n    requires budget"
    )
    given = '  given rates "P1" with valid 2020-01-01 to 2020-12-31, rate 10%\n  given practice'
    (here / "fees.requite").write_text(text.replace("  given practice", given) + table, encoding="utf-8")
    (here / "rates.csv").write_text(
        "code,a,b,rate\nP1,2020-01-01,2020-12-31,10%\nP1,2021-01-01,,10%\nX9,2020-01-01,,1%\nX9,2019-01-01,2019-12-31,1%\n"
    )
    done = requite("run", "fees.requite", "--data-dir", ".", "--out", "done")
    assert done.status == 0, done.err
    assert requite("explain", "done", "P1").out.startswith("practice P1")
    answer = requite("explain", "done", "X9")
    assert (answer.status, "rates has several rows with the key X9" in answer.err) == (1, True)


def test_an_explanation_must_agree_with_what_the_folder_holds(requite: Here, done: Path) -> None:
    assert requite("explain", "done", "P1").status == 0
    table = pq.read_table(done / "payments.parquet")
    amounts = pa.array([value * 2 for value in table["amount"].to_pylist()], table.schema.field("amount").type)
    pq.write_table(table.set_column(table.column_names.index("amount"), "amount", amounts), done / "payments.parquet")
    refused = requite("explain", "done", "P1")
    assert refused.status == 1
    assert "duckdb and the interpreter do not agree: of the one record that both decided, 2 rows differ" in refused.err
    assert "payments of practice P1: amount is 20.00 by duckdb, and 10.00 by the interpreter" in refused.err
