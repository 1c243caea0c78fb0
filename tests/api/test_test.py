"""`requite test`: the examples of rulesets and what they reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.support import RULESETS, SCHEME, Here


@pytest.mark.usefixtures("here")
def test_examples_that_hold(requite: Here) -> None:
    done = requite("test", "fees.requite")
    assert (done.status, done.out, done.err) == (0, "fees.requite: 2 examples hold\n", "")


def test_a_failure_says_what_was_expected_and_what_came(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(SCHEME.replace("expect fee is £10", "expect fee is £11"), encoding="utf-8")
    done = requite("test", "fees.requite")
    assert done.status == 1
    assert done.out == "fees.requite: 1 of 2 examples hold\n"
    assert "fees.requite:24:3: error[example-fails]: the example “both” does not hold: expected £11.00, got £10.00" in done.err


def test_coverage_names_what_no_example_reaches(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(SCHEME[: SCHEME.index('\nexample "a small')], encoding="utf-8")
    done = requite("test", "fees.requite", "--coverage")
    assert done.status == 0
    assert "the examples reach 1 of 2 ways that the rules can go" in done.out
    assert "fees.requite:19: never refused: gate `requires budget > £100`" in done.out
    found = requite("test", "fees.requite", "--coverage", "--json").json["rulesets"][0]["coverage"]
    assert (found["points"], found["reached"]) == (2, 1)
    (missed,) = found["missed"]
    assert missed == {
        "kind": "gate", "what": "refused", "text": "requires budget > £100", "file": "fees.requite", "line": 19, "column": 5
    }  # fmt: skip


def test_json(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(SCHEME.replace("expect fee is £10", "expect fee is £11"), encoding="utf-8")
    done = requite("test", ".", "--json")
    assert done.status == 1
    assert set(done.json) == {"format", "command", "ok", "errors", "rulesets", "counts"}
    assert done.json["counts"] == {"rulesets": 1, "examples": 2, "held": 1, "failed": 1}
    first, second = done.json["rulesets"][0]["examples"]
    assert (first["name"], first["holds"], second["holds"]) == ("both", False, True)
    assert first["failures"] == [{"message": "expected £11.00, got £10.00", "file": "fees.requite", "line": 24, "column": 3}]


def test_a_ruleset_with_errors(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(SCHEME.replace("budget: money", "budget: mony"), encoding="utf-8")
    done = requite("test", "fees.requite")
    assert done.status == 1
    assert "error[" in done.err
    assert "warning[" not in done.err


def test_tables_beside_the_ruleset_are_read(requite: Here, here: Path) -> None:
    table = 'table rates from "rates.csv"\n  key code: text\n  rate: percent\n'
    text = SCHEME.replace("10% of", "rates[code].rate of").replace(
        "requires budget", "needs rates[code] is known\n    requires budget"
    )
    (here / "fees.requite").write_text(text + table, encoding="utf-8")
    done = requite("test", "fees.requite")
    assert done.status == 1
    assert "there is no such file" in done.err
    (here / "rates.csv").write_text("code,rate\nP1,10%\n", encoding="utf-8")
    assert requite("test", "fees.requite").status == 0


def test_examples_of_a_shared_file_are_counted_once(requite: Here, here: Path) -> None:
    shared = SCHEME[: SCHEME.index("scheme yearly")].replace('ruleset fees "Fees"\n  currency GBP\n', "")
    own = 'for each practice\n  let twice = 2 * budget\n  show twice\nexample "twice"\n'
    own += "  given practice P1 with list_size 1, given_by 2020-01-01, budget £2\n  expect twice is £4\n"
    (here / "shared.requite").write_text(shared.replace('source paper "The paper"\n', "") + own, encoding="utf-8")
    (here / "fees.requite").unlink()
    for name in ("one", "two"):
        (here / f"{name}.requite").write_text(f'ruleset {name} "{name}"\nuse "shared.requite"\n', encoding="utf-8")
    done = requite("test", ".", "--json")
    assert done.status == 0, done.out
    assert done.json["counts"]["examples"] == 1


def test_the_library_holds(requite: Here) -> None:
    done = requite("test", RULESETS, "--coverage", "--json")
    assert done.status == 0
    assert done.json["counts"]["failed"] == 0
    for ruleset in done.json["rulesets"]:
        assert ruleset["coverage"]["missed"] == [], ruleset["file"]


@pytest.mark.usefixtures("here")
def test_examples_on_the_database(requite: Here) -> None:
    done = requite("test", "fees.requite", "--engine", "duckdb")
    assert (done.status, done.out) == (0, "fees.requite: 2 examples hold\n")
    assert requite("test", "fees.requite", "--engine", "duckdb", "--coverage").status == 2


def test_a_wrong_example_is_noticed_by_the_database(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(SCHEME.replace("expect fee is £10", "expect fee is £11"), encoding="utf-8")
    done = requite("test", "fees.requite", "--engine", "duckdb")
    assert (done.status, "does not hold" in done.err) == (1, True)
