"""`requite show`: every form of every ruleset, the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlglot

from tests.api.support import RULESETS, SCHEME, Here, apart

LIBRARY = sorted(p for p in RULESETS.rglob("*") if p.suffix in (".md", ".requite"))


@pytest.mark.parametrize("form", ["syntax", "program", "plan"])
@pytest.mark.parametrize("ruleset", LIBRARY, ids=lambda path: path.stem)
def test_every_ruleset_can_be_shown(requite: Here, form: str, ruleset: Path) -> None:
    shown = requite("show", form, ruleset)
    assert (shown.status, shown.err) == (0, "")
    assert requite("show", form, ruleset) == shown
    assert "object at 0x" not in shown.out
    as_json = requite("show", form, ruleset, "--json")
    assert as_json.status == 0
    assert set(as_json.json) == {"format", "command", "ok", "errors", "diagnostics", "form", form}
    assert requite("show", form, ruleset, "--json").out == as_json.out


@pytest.mark.usefixtures("here")
def test_syntax(requite: Here) -> None:
    lines = requite("show", "syntax", "fees.requite").out.splitlines()
    assert lines[0] == 'Ruleset 1:1 name=fees title="Fees" currency=GBP'
    assert "        Requires 19:5" in lines
    assert "          condition: Compare 19:14 operator=> left=budget right=£100" in lines


def test_syntax_of_a_ruleset_with_errors(requite: Here, here: Path) -> None:
    (here / "fees.requite").write_text(SCHEME.replace("scheme yearly", "scheme 5"), encoding="utf-8")
    done = requite("show", "syntax", "fees.requite")
    assert done.status == 1
    assert "Ruleset 1:1" in done.out
    assert "Broken" in done.out
    assert "error[" in done.err


@pytest.mark.usefixtures("here")
def test_program(requite: Here) -> None:
    out = requite("show", "program", "fees.requite").out
    assert out.startswith('ruleset fees "Fees"\n  currency GBP\n  payments rounded to £0.01\n')
    assert '  given_by: date from "given_by" as "DD/MM/YYYY"\n' in out
    assert (
        'payment yearly.extra of each practice to this "An extra"\n'
        "  requires this.budget > £100.00\n"
        "  amount 10% * this.budget\n"
        "  rounded to £0.01\n"
        '  cites paper "The paper"\n'
    ) in out


def test_program_says_what_is_made_up_and_what_examples_set(requite: Here, here: Path) -> None:
    text = SCHEME.replace(
        "scheme yearly", 'bands steps by budget\n  illustrative "ours"\n  below £5: £1\n  £5 and above: £2\n\nscheme yearly', 1
    )
    text += 'parameter fee: money £5 illustrative "nobody says"\n'
    text += 'example "a higher fee" with fee £7\n  given practice P1\n  expect extra is £0\n'
    (here / "fees.requite").write_text(text, encoding="utf-8")
    out = requite("show", "program", "fees.requite").out
    assert 'bands steps: money by money\n  illustrative "ours"\n  below £5.00: £1.00\n' in out
    assert 'example "a higher fee" with fee £7.00: 1 row given, 1 expectation\n' in out


@pytest.mark.usefixtures("here")
def test_plan(requite: Here) -> None:
    out = requite("show", "plan", "fees.requite").out
    assert out.startswith("plan of fees: ")
    assert "pay yearly.fee for each practice  [fees.requite:15]" in out
    assert "practice: budget, code, list_size" in out


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
@pytest.mark.parametrize(
    "name", ["claims/kingston.md", "claims/nhs_tariff.md", "incentives/north_bradford.md", "medicare/shared_savings.md"]
)
def test_sql_of_the_rulesets(requite: Here, name: str, engine: str) -> None:
    done = requite("show", "sql", RULESETS / name, "--engine", engine)
    assert (done.status, done.err) == (0, "")
    assert done.out.count("\n-- ") >= 6
    assert f": how a run is decided by {engine}\n-- Without data: " in done.out
    assert f"/* {RULESETS / name}:" in done.out
    for statement in sqlglot.parse(done.out, read=engine):
        assert statement is not None
        assert not [kind for kind in statement.find_all(sqlglot.exp.DataType) if kind.is_type("double", "float")]


@pytest.mark.usefixtures("here")
def test_sql_on_data(requite: Here) -> None:
    done = requite("show", "sql", "fees.requite", "--data", "practice=practice.csv")
    assert done.status == 0
    assert "-- For rows as they are in the data: 2 of practice.\n" in done.out
    assert requite("show", "sql", "fees.requite", "--json").json["sql"].startswith("-- Fees: how a run is decided by duckdb\n")
    assert requite("show", "sql", "fees.requite", "--data", "practice=none.csv").status == 1


@pytest.mark.usefixtures("here")
def test_sql_is_the_same_in_every_process() -> None:
    said = {apart("show", "sql", "fees.requite", PYTHONHASHSEED=seed).out for seed in ("1", "2")}
    assert len(said) == 1


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "fees.requite", "--engine", "duckdb"), "--engine and --data go with sql, not with plan"),
        (("sql", "fees.requite", "--engine", "interpret"), "the interpreter has no SQL"),
        (("sql", "fees.requite", "--data", "practice"), "write RECORD=FILE"),
    ],
)
def test_wrong_use_of_sql(requite: Here, arguments: tuple[str, ...], said: str) -> None:
    done = requite("show", *arguments)
    assert (done.status, said in done.err) == (2, True)


def test_wrong_use(requite: Here, here: Path) -> None:
    done = requite("show", "tree", "fees.requite")
    assert done.status == 2
    assert "syntax" in done.err
    assert requite("show", "plan").status == 2
    (here / "fees.requite").write_text("nonsense", encoding="utf-8")
    assert requite("show", "program", "fees.requite").status == 1
    assert requite("show", "plan", "none.requite").status == 1
