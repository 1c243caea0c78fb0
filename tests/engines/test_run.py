"""A run from start to folder: the manifest, verifying, going back, carrying forward, and being interrupted."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from requite.dsl.load import load_program
from requite.dsl.program import Program
from requite.engine import run as driver
from requite.engine.reading.problems import DataError
from requite.engine.results import read_table
from requite.engine.run import RunSummary, run
from requite.engine.verify import MOST_ROWS_TOLD, opened_again, reload, verify
from tests.data.support import program

TEXT = """
payee gps "The GPs"
record practice "A practice"
  key code: text
  budget: money
  spend: money
table terms "Terms"
  key code: text
  rate: percent
scheme savings "Savings" for each practice
  brought forward debt: money, £0 at the start
  let saved = max(£0, budget - spend)
  needs terms[code] is known
  payment reward "Reward" to gps
    amount terms[code].rate of saved
  carry forward max(£0, debt + spend - budget) as debt
  show saved, debt
check overspent "Overspent" for each practice
  expected budget
  flag when spend > expected
  overcharge spend - expected
  reason "spent {spend}"
"""

OUTPUTS = ["payments", "findings", "figures", "not_assessable", "rejects", "counts", "carried"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("practices.csv").write_text("code,budget,spend\nP1,£100,£80\nP2,100,250\nP3,100,x\nP4,1,1\n")
    Path("terms.csv").write_text("code,rate\nP1,50%\nP2,50%\n")


@pytest.fixture(scope="module")
def made() -> Program:
    return program(TEXT, "savings.requite")


INPUTS = {"practice": "practices.csv", "terms": "terms.csv"}


def settled(made: Program, out: str = "out", **options: Any) -> RunSummary:
    return run(made, INPUTS, out, known=date(2018, 1, 1), **options)


def manifest(out: str = "out") -> Any:
    return json.loads((Path(out) / "manifest.json").read_text(encoding="utf-8"))


def told(out: str = "out") -> list[str]:
    return [str(difference) for difference in verify(out)]


def test_a_run_writes_a_folder(made: Program) -> None:
    summary = settled(made, csv=True)
    names = {path.name for path in Path("out").iterdir()}
    assert names == {f"{name}.{end}" for name in OUTPUTS for end in ("parquet", "csv")} | {"manifest.json", "ruleset"}
    with Path("out/payments.csv").open(encoding="utf-8") as file:
        assert [(row["key"], row["payment"], row["amount"]) for row in csv.DictReader(file)] == [
            ("P1", "reward", "10.00"),
            ("P2", "reward", "0.00"),
        ]
    assert summary.totals["payments"]["amount"] == "10.00"
    assert not list(Path().glob(".*"))


def test_the_manifest(made: Program) -> None:
    settled(made)
    found = manifest()
    assert (found["format"], found["known"], found["csv"]) == (1, "2018-01-01", False)
    assert found["ruleset"]["name"] == "t"
    (text,) = found["ruleset"]["texts"]
    assert (text["name"], Path("out", text["file"]).read_text(encoding="utf-8")) == (
        "savings.requite",
        made.files["savings.requite"],
    )
    assert [(i["record"], i["files"][0]["path"], i["files"][0]["from_run"]) for i in found["inputs"]] == [
        ("practice", "practices.csv", "../practices.csv"),
        ("terms", "terms.csv", "../terms.csv"),
    ]
    assert [(c["record"], c["rows"], c["read"], c["rejected"]) for c in found["rows"]] == [
        ("practice", 4, 3, 1),
        ("terms", 2, 2, 0),
    ]
    reward = next(rule for rule in found["rules"] if rule["rule"] == "savings.reward")
    assert (reward["read"], reward["assessed"], reward["not_assessable"]) == (3, 2, 1)
    assert found["totals"]["payments"] == {
        "count": 2,
        "amount": "10.00",
        "by_scheme": {"savings": "10.00"},
        "by_payment": {"savings.reward": "10.00"},
        "by_kind": {"payment": "10.00"},
    }
    assert found["totals"]["findings"]["by_check"] == {"overspent": {"count": 1, "overcharge": "150.00", "undercharge": "0.00"}}
    assert {item["file"] for item in found["outputs"]} == {f"{name}.parquet" for name in OUTPUTS}


def test_no_patient_and_no_value_stands_in_the_manifest(made: Program) -> None:
    settled(made)
    text = Path("out/manifest.json").read_text(encoding="utf-8")
    assert not any(f'"{value}"' in text for value in ("P1", "P2", "P3", "P4", "x"))


def test_a_run_verifies(made: Program) -> None:
    settled(made, csv=True)
    assert told() == []


def test_a_run_verifies_wherever_it_has_been_moved_to(made: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settled(made)
    shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-moved")
    monkeypatch.chdir("/")
    assert told(str(tmp_path.parent / f"{tmp_path.name}-moved" / "out")) == []


def test_verifying_tells_which_input_has_changed(made: Program) -> None:
    settled(made)
    Path("practices.csv").write_text("code,budget,spend\nP1,£100,£81\n")
    Path("terms.csv").unlink()
    assert told() == ["practices.csv: has changed since the run", "terms.csv: is no longer there"]
    with pytest.raises(DataError, match="has changed since the run"):
        reload("out")


def test_verifying_tells_which_result_has_changed(made: Program) -> None:
    settled(made, csv=True)
    table = read_table(Path("out/payments.parquet"))
    doubled = pa.array([value * 2 for value in table["amount"].to_pylist()], table.schema.field("amount").type)
    position = table.column_names.index("amount")
    pq.write_table(table.set_column(position, "amount", doubled), "out/payments.parquet")
    Path("out/findings.csv").unlink()
    pq.write_table(read_table(Path("out/rejects.parquet")).slice(1), "out/rejects.parquet")
    assert told() == [
        "out/payments.parquet: has changed since the run",
        "out/findings.csv: is no longer there",
        "out/rejects.parquet: has changed since the run",
        "payments row 1: amount was 20.00, and is now 10.00",
        "rejects row 1: is new (practices.csv, 4)",
    ]


def test_verifying_tells_a_changed_text_and_changed_totals(made: Program) -> None:
    settled(made)
    found = manifest()
    found["totals"]["payments"]["amount"] = "11.00"
    Path("out/manifest.json").write_text(json.dumps(found))
    assert told() == ["manifest.json: its totals are not what running again gives"]
    Path("out", found["ruleset"]["texts"][0]["file"]).write_text("x")
    assert told() == [f"out/{found['ruleset']['texts'][0]['file']}: has changed since the run"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}', '{"format": 1}', "[" * 100_000])
def test_manifests_that_are_none(content: str) -> None:
    Path("out").mkdir()
    Path("out/manifest.json").write_text(content)
    for go in (verify, reload):
        with pytest.raises(DataError) as caught:
            go("out")
        assert caught.value.problems[0].code == "not-a-run"


def test_a_folder_that_is_no_run(made: Program) -> None:
    with pytest.raises(DataError, match="is not the folder of a run"):
        verify(".")
    with pytest.raises(DataError, match="is not the folder of a run"):
        settled(made, brought_forward=".")


def test_a_csv_that_was_changed_says_in_which_row_and_column(made: Program) -> None:
    settled(made, csv=True)
    path = Path("out/payments.csv")
    names, first, *rest = path.read_text(encoding="utf-8").splitlines()
    amount = names.split(",").index("amount")
    cells = first.split(",")
    was, cells[amount] = cells[amount], "999.00"

    def changed(*lines: str) -> list[str]:
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return told()

    assert changed(names, ",".join(cells), *rest) == [f"out/payments.csv row 1: amount was {was}, and is now 999.00"]
    (gone,) = changed(names, first, *rest[:-1])
    assert gone.startswith(f"out/payments.csv row {len(rest) + 1}: is there no more (")
    (new,) = changed(names, first, *rest, first)
    assert new.startswith(f"out/payments.csv row {len(rest) + 2}: is new (")
    assert changed(names.replace("amount", "sum"), first, *rest) == [
        f"out/payments.csv: has the columns {names.replace('amount', 'sum').replace(',', ', ')}, and had {names.replace(',', ', ')}"
    ]
    assert changed(names, first + ",x", *rest) == [f"out/payments.csv row 1: has {len(cells) + 1} cells, and had {len(cells)}"]
    path.write_bytes(path.read_bytes().replace(b",x\n", b"\n").replace(b"\n", b"\r\n"))
    assert told() == ["out/payments.csv: has changed since the run"]
    path.write_bytes(b"\xff\x00")
    assert told()[0].startswith("out/payments.csv: has the columns")
    assert len(changed(names, *[",".join(cells)] * 60)) == MOST_ROWS_TOLD + 1
    path.unlink()
    assert told() == ["out/payments.csv: is no longer there"]


def test_going_back_to_a_run(made: Program) -> None:
    settled(made)
    again = reload("out")
    assert (again.program.name, again.known, list(again.inputs)) == ("t", date(2018, 1, 1), ["practice", "terms"])
    with opened_again(again) as data:
        interpreter = data.interpreter()
        row = interpreter.row("practice", ("P1",))
        assert row is not None
        assert (interpreter.value(row, "savings.saved"), row.place) == (20, "practices.csv line 2")
        assert data.rejected == 1


def test_figures_carried_forward_are_brought_forward(made: Program) -> None:
    settled(made)
    second = settled(made, "second", brought_forward="out")
    third = settled(made, "third", brought_forward="second")
    debts = [{row["key"]: row["value"] for row in summary.table("carried").to_pylist()} for summary in (second, third)]
    assert [debt["P2"] for debt in debts] == ["300.00", "450.00"]
    assert told("third") == []
    shutil.rmtree("second")
    assert told("third") == ["second/carried.parquet: is no longer there"]


def test_figures_of_another_scheme_are_not_brought_forward(made: Program) -> None:
    other = program(TEXT.replace("debt", "loss").replace("scheme savings", "scheme thrift"))
    run(other, INPUTS, "out")
    with pytest.raises(DataError, match=r"carries thrift\.loss forward, and t brings savings\.debt forward"):
        settled(made, "second", brought_forward="out")
    assert not Path("second").exists()


def test_data_from_a_program_cannot_be_read_again(made: Program) -> None:
    rows = [{"code": "P1", "budget": 100, "spend": 80}]
    run(made, {"practice": rows, "terms": "terms.csv"}, "out")
    assert manifest()["inputs"][0] == {"record": "practice", "object": "list", "files": []}
    assert told() == ["practice: was handed over by a program (list), so it cannot be read again"]
    assert verify("out", inputs={"practice": rows}) == []


def test_a_table_beside_the_ruleset_is_an_input(tmp_path: Path) -> None:
    Path("rules").mkdir()
    Path("rules/terms.csv").write_text("code,rate\nP1,50%\n")
    text = TEXT.replace('table terms "Terms"\n', 'table terms "Terms"\n  from "terms.csv"\n')
    made = program(text, "rules/savings.requite")
    run(made, {"practice": "practices.csv"}, "out")
    item = manifest()["inputs"][1]
    assert (item["beside_ruleset"], item["files"][0]["path"]) == (True, "rules/terms.csv")
    assert told(str(tmp_path / "out")) == []


def test_a_ruleset_of_several_files_goes_back_to_all_its_texts() -> None:
    Path("rules/shared").mkdir(parents=True)
    Path("rules/shared/people.requite").write_text(
        'ruleset people "People"\n  currency GBP\nrecord practice "A practice"\n  key code: text\n  budget: money\n'
    )
    Path("rules/main.requite").write_text(
        'ruleset main "Main"\n  currency GBP\nuse "shared/people.requite" as people\npayee gps "The GPs"\n'
        'scheme s "S" for each people.practice\n  payment p "P" to gps\n    amount 10% of budget\n'
    )
    made, diagnostics = load_program("rules/main.requite")
    assert made is not None, diagnostics
    Path("practices.csv").write_text("code,budget\nP1,100\n")
    run(made, {"practice": "practices.csv"}, "out")
    shutil.rmtree("rules")
    assert [text["name"] for text in manifest()["ruleset"]["texts"]] == ["rules/main.requite", "rules/shared/people.requite"]
    assert told() == []


# --- the folder -------------------------------------------------------------------------------------------------------


def test_folders_that_are_refused(made: Program) -> None:
    Path("full").mkdir()
    Path("full/letter.txt").touch()
    with pytest.raises(DataError, match="is not empty, and no run wrote it"):
        settled(made, "full", overwrite=True)
    with pytest.raises(DataError, match="is a file, not a folder"):
        settled(made, "terms.csv")
    settled(made)
    with pytest.raises(DataError, match="holds the results of an earlier run"):
        settled(made)
    Path("empty").mkdir()
    settled(made, "empty")
    settled(made, "below/here")


@pytest.mark.parametrize("below", ["out/next", "out/ruleset", "out/years/2019", "link/next"])
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_run_inside_another_is_refused(made: Program, below: str, overwrite: bool) -> None:
    settled(made)
    Path("link").symlink_to("out")
    before = sorted(Path("out").rglob("*"))
    with pytest.raises(DataError, match=r"is inside out, which holds the results of an earlier run \(t, ") as caught:
        settled(made, below, overwrite=overwrite)
    (told,) = caught.value.problems
    assert (told.code, told.file, told.help) == ("out-exists", below, f"Name a folder outside {Path('out').resolve()}.")
    assert sorted(Path("out").rglob("*")) == before


def test_a_manifest_of_others_bars_no_folder(made: Program) -> None:
    Path("extension").mkdir()
    Path("extension/manifest.json").write_text('{"name": "An extension of a browser"}')
    settled(made, "extension/out")
    assert told("extension/out") == []


def test_an_earlier_run_may_be_replaced(made: Program) -> None:
    settled(made, csv=True)
    Path("out/payments.csv").write_text("old")
    settled(made, overwrite=True)
    assert not Path("out/payments.csv").exists()
    assert told() == []
    assert {path.name for path in Path().iterdir()} == {"out", "practices.csv", "terms.csv"}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError, RuntimeError])
@pytest.mark.parametrize("replaced", [False, True])
def test_an_interruption_leaves_nothing_half_written(
    made: Program, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException], replaced: bool
) -> None:
    if replaced:
        settled(made)
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}

    def interrupted(folder: Path, csv: bool) -> None:
        del csv
        assert (folder / "payments.parquet").is_file()
        raise interruption

    monkeypatch.setattr(driver, "_outputs", interrupted)
    with pytest.raises(interruption):
        settled(made, overwrite=True)
    assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before
    assert not list(Path().glob(".*"))


@pytest.mark.parametrize(("engine", "deciding"), [("interpret", "overspent"), ("duckdb", "writing findings")])
def test_a_run_tells_how_far_it_is(made: Program, engine: str, deciding: str) -> None:
    heard: list[str] = []
    settled(made, progress=lambda stage, _, __: heard.append(stage), engine=engine)
    assert list(dict.fromkeys(heard))[:2] == ["reading practice", "reading terms"]
    assert heard[-1] == "writing"
    assert any(deciding in stage for stage in heard)


@pytest.mark.parametrize("engine", ["interpret", "duckdb"])
def test_two_runs_give_the_same_bytes(made: Program, engine: str) -> None:
    settled(made, csv=True, engine=engine)
    settled(made, "again", csv=True, engine=engine)
    for path in Path("out").glob("*.[pc]*"):
        assert path.read_bytes() == (Path("again") / path.name).read_bytes()
    one, two = manifest(), manifest("again")
    del one["times"], two["times"]
    assert one == two


def test_wrong_data_stops_a_run_before_anything_is_written(made: Program) -> None:
    with pytest.raises(DataError, match="no data for terms"):
        run(made, {"practice": "practices.csv"}, "out")
    assert not Path("out").exists()
