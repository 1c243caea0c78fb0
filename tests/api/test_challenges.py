"""`requite challenges`: what a run challenges, as a workbook, as CSV and as FHIR, read back by other programs."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from python_calamine import CalamineWorkbook

from requite.engine.results import file_hash
from tests.api.support import Done, Here

RULESET = """ruleset claims "Claims of a month"
  currency GBP

record spell "A spell"
  key id: text
  provider: text
  note: text optional
  price: money optional
  billed: money

check above_price "Billed above the price" for each spell
  needs price is known
  expected price
  flag when billed > expected
  flag undercharges too
  reason "{note}: billed {billed}"
  challenge provider answers within 10 working days, otherwise deemed upheld
    penalty 10% of overcharge when upheld

check dear "Dearer than £500" for each spell
  expected £500
  flag when billed > expected
  reason "{note}"
  challenge provider answers within 14 days, otherwise lapsed

check odd "For our own books" for each spell
  flag when billed is £666

challenge each spell once for the largest overcharge
  ties in the order above_price, dear
"""

LINK = '=HYPERLINK("http://example.org","x")'
ODD = "a/b[c]:*?'d"
SPELLS = [
    ("A1", "RXX", "plain", "100.00", "800.10"),
    ("A2", "RXX", "-1+2", "", "600.00"),
    ("=A3", "RAX", LINK, "450.00", "500.01"),
    ("A4", ODD, "@x", "1.00", "2.00"),
    ("A5", "=cmd", "12", "1.00", "666.00"),
    ("A6", "RXX", "http://example.org", "700.00", "600.00"),
    ("A7", "RXX", "fine", "600.00", "1.00"),
]
DUE = date(2018, 7, 13)
"""Ten working days after the 29th of June 2018, a Friday."""


@pytest.fixture
def ran(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a run with challenges to four providers."""
    monkeypatch.chdir(tmp_path)
    return run_on(requite, tmp_path, SPELLS)


def run_on(requite: Here, folder: Path, spells: Sequence[Sequence[str]], ruleset: str = RULESET) -> Path:
    (folder / "claims.requite").write_text(ruleset, encoding="utf-8")
    with (folder / "spell.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "provider", "note", "price", "billed"), *spells])
    done = requite("run", "claims.requite", "--data", "spell=spell.csv", "--known", "2018-06-29", "--out", "run", "--overwrite")
    assert done.status == 0, done.err
    return folder / "run"


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- as a workbook ----------------------------------------------------------------------------------------------------


def test_a_workbook_with_a_sheet_for_each_provider(requite: Here, ran: Path) -> None:
    done = requite("challenges", ran, "--out", "out.xlsx")
    assert (done.status, done.err) == (0, "")
    assert "6 challenges in out.xlsx, as sent on 2018-06-29" in done.out
    book = openpyxl.load_workbook("out.xlsx")
    assert book.sheetnames == ["Summary", "=cmd", "RAX", "RXX", "a_b_c____'d"]
    sheet = book["RXX"]
    assert [sheet.cell(row, 1).value for row in range(1, 5)] == [
        "Claims of a month: challenges",
        "Provider: RXX",
        "Claims as known on 2018-06-29",
        "Sent on 2018-06-29; the day by which an answer is due stands in each row.",
    ]
    rows = list(sheet.iter_rows(min_row=7, values_only=True))
    assert rows[0] == (
        "Claim", "Kind", "Check", "What is wrong", "Billed", "Expected", "Overcharge", "Penalty", "Reason", "Answer due",
        "Without an answer", "Also found by",
    )  # fmt: skip
    assert rows[1] == (
        "A1", "spell", "above_price", "Billed above the price", 800.10, 100, 700.10, 70.01, "plain: billed £800.10",
        datetime(2018, 7, 13), "upheld", "Dearer than £500 (£300.10)",
    )  # fmt: skip
    assert [row[0] for row in rows[1:]] == ["A1", "A2", "A6"]
    assert rows[2][9:11] == (datetime(2018, 7, 13), "lapsed")
    assert rows[3][11] == "Billed above the price (£-100.00)"
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B8", "A7:L10")
    assert sheet["E8"].number_format.startswith('"£"#,##0.00')
    assert sheet["J8"].number_format == "d mmm yyyy"
    assert sheet.column_dimensions["I"].width > 40


def test_totals_of_the_rows_shown(requite: Here, ran: Path) -> None:
    assert requite("challenges", ran, "--out", "out.xlsx").status == 0
    formulas = openpyxl.load_workbook("out.xlsx")["RXX"]
    assert [formulas.cell(6, column).value for column in range(5, 9)] == [f"=SUBTOTAL(109,{c}8:{c}10)" for c in "EFGH"]
    values = openpyxl.load_workbook("out.xlsx", data_only=True)["RXX"]
    assert [values.cell(6, column).value for column in range(5, 9)] == [2000.10, 1100, 900.10, 70.01]


def test_the_summary(requite: Here, ran: Path) -> None:
    assert requite("challenges", ran, "--out", "out.xlsx").status == 0
    rows = CalamineWorkbook.from_path("out.xlsx").get_sheet_by_name("Summary").to_python()
    assert rows[1][0] == "Provider: all"
    assert rows[5:11] == [
        ["Provider", "Challenges", "Billed", "Overcharge", "Penalty"],
        ["=cmd", 1, 666, 665, 66.5],
        ["RAX", 1, 500.01, 50.01, 5],
        ["RXX", 3, 2000.10, 900.10, 70.01],
        [ODD, 1, 2, 1, 0.1],
        ["Total", 6, 3168.11, 1616.11, 141.61],
    ]
    assert rows[12:16] == [
        ["Check", "Challenges", "Billed", "Overcharge", "Penalty"],
        ["Billed above the price", 4, 1968.11, 1416.11, 141.61],
        ["Dearer than £500", 2, 1200, 200, 0],
        ["Total", 6, 3168.11, 1616.11, 141.61],
    ]
    assert [row[:3] for row in rows[17:]] == [
        ["Not in this schedule", "Not assessable", "Not challenged"],
        ["Billed above the price", 1, 2],
        ["Dearer than £500", 0, 3],
        ["For our own books", 0, 1],
    ]


def test_no_cell_from_data_is_a_formula_or_a_link(requite: Here, ran: Path) -> None:
    assert requite("challenges", ran, "--out", "out.xlsx").status == 0
    with zipfile.ZipFile("out.xlsx") as packed:
        sheets = {name: packed.read(name).decode() for name in packed.namelist() if "worksheets/sheet" in name}
        assert not [name for name in packed.namelist() if "externalLink" in name]
    formulas = [formula for text in sheets.values() for formula in re.findall(r"<f>(.*?)</f>", text)]
    assert formulas
    assert {re.sub(r"[A-L]\d+:[A-L]\d+", "RANGE", formula) for formula in formulas} == {"SUBTOTAL(109,RANGE)"}
    assert not [text for text in sheets.values() if "<hyperlink" in text]
    book = openpyxl.load_workbook("out.xlsx")
    texts = {cell.value: cell.data_type for sheet in book for row in sheet.iter_rows(min_row=8) for cell in row}
    assert texts["=A3"] == "s" or book["RAX"]["A8"].data_type == "s"
    assert book["RAX"]["A8"].value == "=A3"
    assert book["RAX"]["I8"].value == f"{LINK}: billed £500.01"
    assert book["RXX"]["I9"].value == "-1+2"
    assert book["RXX"]["I10"].data_type == "s"
    assert book["=cmd"]["A2"].value == "Provider: =cmd"


def test_one_provider(requite: Here, ran: Path) -> None:
    done = requite("challenges", ran, "--out", "out.xlsx", "--provider", "RAX", "--sent", "2018-12-20", "--json")
    assert set(done.json) == {
        "format",
        "command",
        "ok",
        "errors",
        "out",
        "title",
        "sent",
        "challenges",
        "total",
        "providers",
        "checks",
    }
    assert done.json["providers"] == [
        {"provider": "RAX", "challenges": 1, "billed": "500.01", "overcharge": "50.01", "penalty": "5.00"}
    ]
    book = openpyxl.load_workbook("out.xlsx")
    assert book.sheetnames == ["Summary", "RAX"]
    # Neither Christmas nor New Year is a working day.
    assert book["RAX"]["J8"].value == datetime(2019, 1, 8)
    assert done.json["checks"][0] == {
        "check": "above_price", "title": "Billed above the price", "answer_due": "2019-01-08",
        "not_assessable": 1, "not_challenged": 2,
    }  # fmt: skip


def test_names_of_sheets(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    providers = ["summary", "Summary", "history", "h" * 40, "h" * 41, "'", "[]", "rxx", "RXX"]
    ran = run_on(requite, tmp_path, [(f"A{i}", name, "n", "1", "2") for i, name in enumerate(providers)])
    assert requite("challenges", ran, "--out", "out.xlsx").status == 0
    names = openpyxl.load_workbook("out.xlsx").sheetnames
    assert len({name.casefold() for name in names}) == len(providers) + 1
    assert all(0 < len(name) <= 31 and not set("[]:*?/\\") & set(name) for name in names)


def test_names_that_a_workbook_counts_otherwise(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    providers = ["\U0001f600" * 20, "\U0001f600" * 21, "x" * 30 + "'yz", "x" * 30 + "'z", "x" * 26 + "'" * 10 + "q", "x" * 26,
                 "two\nlines", "\ufffe", "\uffff"]  # fmt: skip
    ran = run_on(requite, tmp_path, [(f"A{i}\ufffe", name, "n\uffff", "1", "2") for i, name in enumerate(providers)])
    done = requite("challenges", ran, "--out", "out.xlsx")
    assert (done.status, done.err) == (0, "")
    book = openpyxl.load_workbook("out.xlsx")
    names = book.sheetnames
    assert len({name.casefold() for name in names}) == len(providers) + 1
    assert all(0 < len(name.encode("utf-16-le")) // 2 <= 31 for name in names)
    assert not any(name.startswith("'") or name.endswith("'") or re.search(r"[\s]", name.replace(" ", "")) for name in names)
    assert "two_lines" in names
    assert book["two_lines"]["A8"].value == "A6\ufffd"
    assert CalamineWorkbook.from_path("out.xlsx").sheet_names == names


def test_no_cell_turns_what_is_read_around(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run_on(requite, tmp_path, [("A\u202e1", "R\u202eX\u2066X", "n", "1", "2")])
    assert requite("challenges", ran, "--out", "out.xlsx").status == 0
    book = openpyxl.load_workbook("out.xlsx")
    told = [*book.sheetnames, *(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)]
    assert "R�X�X" in book.sheetnames
    assert not [text for text in told if set(text) & {"\u202e", "\u2066"}]


def test_nothing_to_challenge(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fhir.resources")
    monkeypatch.chdir(tmp_path)
    ran = run_on(requite, tmp_path, SPELLS[-1:])
    for ending in ("xlsx", "csv", "json"):
        done = requite("challenges", ran, "--out", f"out.{ending}")
        assert done.status == 0
        assert "0 challenges" in done.out
    assert openpyxl.load_workbook("out.xlsx").sheetnames == ["Summary", "no provider named"]
    assert cells(tmp_path / "out.csv") == []
    assert "entry" not in json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert "No provider is" in requite("challenges", ran, "--out", "more.csv", "--provider", "RXX").err


def test_a_text_longer_than_a_cell_and_one_that_steers(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run_on(requite, tmp_path, SPELLS[:1])
    path = ran / "findings.parquet"
    table = pq.read_table(path)
    reason = pa.array(["\x1b[31m" + "x" * 40_000] * table.num_rows, pa.string())
    pq.write_table(table.set_column(table.schema.get_field_index("reason"), "reason", reason), path)
    accept(ran)
    assert requite("challenges", ran, "--out", "out.xlsx").status == 0
    text = openpyxl.load_workbook("out.xlsx")["RXX"]["I8"].value
    assert isinstance(text, str)
    assert len(text) == 32_767
    assert text.startswith("�[31mxx")
    assert text.endswith("…")


def accept(ran: Path) -> None:
    """Let the manifest say that the findings are as they are now."""
    manifest = json.loads((ran / "manifest.json").read_text(encoding="utf-8"))
    for item in manifest["outputs"]:
        if item["file"] == "findings.parquet":
            item["sha256"] = file_hash(ran / "findings.parquet")
    (ran / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_amounts_longer_than_a_number_of_a_workbook(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run_on(requite, tmp_path, [("A1", "RXX", "n", "1.00", "12345678901234567.89")])
    assert requite("challenges", ran, "--out", "out.xlsx").status == 0
    assert openpyxl.load_workbook("out.xlsx")["RXX"]["E8"].value == "12345678901234567.89"
    assert requite("challenges", ran, "--out", "out.csv").status == 0
    assert cells(tmp_path / "out.csv")[0]["billed"] == "12345678901234567.89"


# --- as CSV -----------------------------------------------------------------------------------------------------------


def test_csv(requite: Here, ran: Path) -> None:
    assert requite("challenges", ran, "--out", "out.csv").status == 0
    found = cells(Path("out.csv"))
    assert [one["claim"] for one in found] == ["A5", "'=A3", "A1", "A2", "A6", "A4"]
    assert found[2] == {
        "claim": "A1", "record": "spell", "provider": "RXX", "check": "above_price", "title": "Billed above the price",
        "billed": "800.10", "expected": "100.00", "overcharge": "700.10", "penalty": "70.01", "reason": "plain: billed £800.10",
        "answer_due": DUE.isoformat(), "without_answer": "upheld", "also_found_by": "Dearer than £500 (£300.10)",
    }  # fmt: skip
    assert found[0]["provider"] == "'=cmd"
    assert found[1]["reason"] == f"'{LINK}: billed £500.01"
    assert found[3]["reason"] == "'-1+2"
    assert found[3]["penalty"] == ""
    starts = {one[name][:1] for one in found for name in ("claim", "provider", "reason", "also_found_by")}
    assert not starts & set("=+-@")


# --- as FHIR ----------------------------------------------------------------------------------------------------------


def test_claim_responses(requite: Here, ran: Path) -> None:
    pytest.importorskip("fhir.resources")
    from fhir.resources.R4B.bundle import Bundle

    assert requite("challenges", ran, "--out", "out.json").status == 0
    text = Path("out.json").read_text(encoding="utf-8")
    assert '"value": 800.10, "currency": "GBP"' in text
    bundle: Any = Bundle.model_validate(json.loads(text, parse_float=Decimal))
    responses = [entry.resource for entry in bundle.entry]
    assert {response.get_resource_type() for response in responses} == {"ClaimResponse"}
    assert [response.request.identifier.value for response in responses] == ["A5", "=A3", "A1", "A2", "A6", "A4"]
    one = responses[2]
    assert one.request.identifier.system == "urn:x-requite:claim:spell"
    amounts = {part.category.coding[0].code: part.amount.value for part in one.adjudication}
    assert amounts == {
        "submitted": Decimal("800.10"),
        "eligible": 100,
        "overcharge": Decimal("700.10"),
        "penalty": Decimal("70.01"),
    }
    assert {part.category.coding[0].code: part.amount.value for part in one.total} == amounts
    assert one.adjudication[1].reason.text == "plain: billed £800.10"
    assert one.adjudication[1].reason.coding[0].code == "above_price"
    assert one.requestor.identifier.value == "RXX"
    assert (one.status, one.use, one.outcome, one.created.isoformat()) == ("active", "claim", "complete", "2018-06-29")
    assert [note.text for note in one.processNote] == [
        "plain: billed £800.10",
        "An answer is due by 2018-07-13; without one the challenge is upheld.",
        "Also found by: Dearer than £500 (£300.10)",
    ]
    assert one.patient.extension[0].valueCode == "masked"


def test_a_check_without_an_expected_amount(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fhir.resources")
    monkeypatch.chdir(tmp_path)
    plain = RULESET[: RULESET.index("check above_price")] + (
        'check dear "Dear" for each spell\n  flag when billed > £500\n  overcharge billed - £500\n'
        "  challenge provider answers within 14 days, otherwise lapsed\n"
    )
    ran = run_on(requite, tmp_path, SPELLS[:1], plain)
    assert requite("challenges", ran, "--out", "out.json").status == 0
    (entry,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["entry"]
    codes = [part["category"]["coding"][0]["code"] for part in entry["resource"]["adjudication"]]
    assert codes == ["submitted", "overcharge"]
    assert entry["resource"]["adjudication"][1]["reason"]["coding"][0]["code"] == "dear"
    assert requite("challenges", ran, "--out", "out.xlsx").status == 0
    assert openpyxl.load_workbook("out.xlsx")["RXX"]["F8"].value is None


# --- what is refused --------------------------------------------------------------------------------------------------


def refuse(requite: Here, *arguments: str | Path) -> Done:
    done = requite("challenges", *arguments)
    assert done.status in (1, 2)
    assert "fault inside Requite" not in done.err
    return done


def test_what_is_refused(requite: Here, ran: Path) -> None:
    Path("mine.csv").write_text("mine")
    assert "mine.csv is there already" in refuse(requite, ran, "--out", "mine.csv").err
    assert "must end in .xlsx or .csv or .json" in refuse(requite, ran, "--out", "out.pdf").err
    assert "there is no folder far" in refuse(requite, ran, "--out", "far/out.csv").err
    assert "lies in the folder of the run" in refuse(requite, ran, "--out", "run/out.csv").err
    assert "is not the folder of a run" in refuse(requite, ".", "--out", "out.csv").err
    assert "soon is not a date" in refuse(requite, ran, "--out", "out.csv", "--sent", "soon").err
    assert "2018-02-30 is not a date" in refuse(requite, ran, "--out", "out.csv", "--sent", "2018-02-30").err
    assert "beyond the calendar" in refuse(requite, ran, "--out", "out.csv", "--sent", "9999-12-30").err
    assert "Did you mean RXX?" in refuse(requite, ran, "--out", "out.csv", "--provider", "RXZ").err
    assert Path("mine.csv").read_text() == "mine"
    assert not list(Path().glob("out*")) + list(Path().glob(".*"))
    assert requite("challenges", ran, "--out", "mine.csv", "--overwrite").status == 0


def test_results_that_have_changed_are_refused(requite: Here, ran: Path) -> None:
    text = next((ran / "ruleset").iterdir())
    was = text.read_text(encoding="utf-8")
    text.write_text(was.replace("10 working days", "90 working days"), encoding="utf-8")
    assert "has changed" in refuse(requite, ran, "--out", "out.csv").err
    text.write_text(was, encoding="utf-8")
    assert requite("challenges", ran, "--out", "out.csv").status == 0
    path = ran / "findings.parquet"
    pq.write_table(pq.read_table(path).slice(0, 1), path)
    assert "has changed since the run" in refuse(requite, ran, "--out", "more.csv").err
    assert not Path("more.csv").exists()


def test_data_that_is_gone_is_no_matter(requite: Here, ran: Path) -> None:
    Path("spell.csv").unlink()
    assert requite("challenges", ran, "--out", "out.csv").status == 0


def test_a_sheet_that_is_too_small(requite: Here, ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requite.api.schedules.workbook.MOST_ROWS", 9)
    done = refuse(requite, ran, "--out", "out.xlsx")
    assert "RXX is asked about 3 claims, more than a sheet holds" in done.err
    assert not Path("out.xlsx").exists()


def test_without_the_models(requite: Here, ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fhir.resources.R4B.claimresponse", None)
    assert "pip install requite[fhir]" in refuse(requite, ran, "--out", "out.json").err
    assert not Path("out.json").exists()
