"""`requite import`: claim files as others send them, made into spells, and what does not cohere rejected by name."""

from __future__ import annotations

import csv
import json
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from requite.api.claim_files import fhir, hes, sus
from requite.api.claim_files.fhir import COLUMN_SYSTEM, HRG_SYSTEM
from requite.api.claim_files.plans import spell
from tests.api.support import ROOT, RULESETS, Done, Here

ARTIFICIAL = ROOT.parent / "shared" / "data" / "nhs_artificial_hes" / "apc.csv"

HEADINGS = (
    "Record ID", "Hospital_Provider_Spell_Number", "nhs no", "Age at Admission", "Practice Code",
    "Organisation Code (Code of Commissioner)", "Code of Provider", "Treatment Function Code", "Patient Classification Code",
    "Admission Method Code (Hospital Provider Spell)", "Admission Date", "Discharge Date", "HRG Code",
    "Tariff Initial Amount (pence)", "Short Stay Emergency", "Long Stay Payment", "Service Adjustment", "MFF", "Pre-MFF Tariff",
    "Total Payment (£)", "Frozen",
)  # fmt: skip
SPELL = (
    "G1", "S1", "N1", "54", "P1", "05A", "RXX", "300", "1", "21", "01/04/2017", "05/04/2017", "AA22C", "104501", "N", "£0", "0.00",
    "1.1234567", "£1,045.01", "1,174.02", "Y",
)  # fmt: skip


DEAR = """ruleset dear "Dear"

use "records.md"

check dear for each spell
  expected £1,174.02
  flag when billed > expected
"""


def row(**changes: str) -> list[str]:
    """A good row of an extract, with other cells in the columns named by their first word."""
    cells = dict(zip(HEADINGS, SPELL, strict=True))
    for name, value in changes.items():
        cells[next(heading for heading in HEADINGS if heading.startswith(name.replace("_", " ")))] = value
    return list(cells.values())


def extract(path: Path, rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS, separator: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([headings, *rows])
    return path


def read(path: str | Path) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rejected(path: str | Path) -> list[tuple[str, str, str, str]]:
    return [(one["line"], one["field"], one["value"], one["reason"]) for one in read(path)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# --- extracts under other headings ------------------------------------------------------------------------------------


def test_an_extract_under_other_headings(requite: Here, folder: Path) -> None:
    extract(folder / "in.csv", [row()], separator=";")
    done = requite("import", "sus", "in.csv", "--out", "out.csv")
    assert (done.status, done.err) == (0, "")
    assert "in.csv: 1 row\n  1 spell in out.csv\n  0 rows rejected\n" in done.out
    assert "Tariff Initial Amount (pence) is in pence" in done.out
    assert "Admission Date is written DD/MM/YYYY" in done.out
    (one,) = read("out.csv")
    assert one["Source Line"] == "2"
    assert (one["PbR Spell Start Date"], one["PbR Spell End Date"]) == ("2017-04-01", "2017-04-05")
    amounts = ("Tariff Initial Amount", "Long Stay Payment", "Pre-MFF Tariff", "Total Payment", "Market Forces Factor")
    assert [one[name] for name in amounts] == ["1045.01", "0.00", "1045.01", "1174.02", "1.1234567"]
    assert (one["Short Stay Emergency"], one["Frozen Indicator"]) == ("no", "yes")
    assert (one["Generated Record ID"], one["NHS Number"], one["Specialty Code"]) == ("G1", "N1", "300")


def test_what_is_written_is_what_the_claim_checks_read(requite: Here, folder: Path) -> None:
    extract(folder / "in.csv", [row(), row(Record="G2", Total="=2+3"), row(Record="G3", Total="1,400.00")])
    shutil.copy(RULESETS / "claims" / "records.md", folder)
    (folder / "dear.requite").write_text(DEAR, encoding="utf-8")
    found = []
    for out in ("out.csv", "out.parquet"):
        assert requite("import", "sus", "in.csv", "--out", out, "--rejects", "rejects.csv", "--overwrite").status == 0
        run = requite(
            "run",
            "dear.requite",
            "--data",
            f"spell={out}",
            "--out",
            "run",
            "--known",
            "2018-01-01",
            "--csv",
            "--overwrite",
            "--json",
        )
        assert run.status == 0, run.err
        assert [(r["read"], r["rejected"]) for r in run.json["rows"]] == [(2, 0)]
        found.append([(f["key"], f["billed"], f["overcharge"]) for f in read("run/findings.csv")])
    assert found == [[("G3", "1400.00", "225.98")]] * 2


def test_parquet_is_typed(requite: Here, folder: Path) -> None:
    extract(folder / "in.csv", [row(Total="12.5")])
    assert requite("import", "sus", "in.csv", "--out", "out.parquet").status == 0
    (one,) = pq.read_table("out.parquet").to_pylist()
    assert one["Total Payment"] == Decimal("12.50")
    assert one["Market Forces Factor"] == Decimal("1.1234567")
    assert one["PbR Spell Start Date"] == date(2017, 4, 1)
    assert (one["Age on Admission"], one["Source Line"]) == (54, 2)


def test_rows_that_do_not_cohere_are_rejected_by_name(requite: Here, folder: Path) -> None:
    rows = [
        row(),
        row(Record="G2", Admission_Date="31/02/2017"),
        row(Record="G3", Admission_Date="06/04/2017"),
        row(Record="G4", Admission_Date="01/01/1801"),
        row(Record="G5", Patient="7"),
        row(Record="G6", nhs="", Total="ten"),
        row(Record="G7")[:5],
        row(Record="G8", Age="7001"),
        row(Record="G9"),
        row(Record="G9"),
        row(Record="=1+1", Admission_Date="=2+2"),
    ]
    extract(folder / "in.csv", rows)
    done = requite("import", "sus", "in.csv", "--out", "out.csv", "--rejects", "rejects.csv")
    assert done.status == 0
    assert rejected("rejects.csv") == [
        ("3", "Admission Date", "31/02/2017", "is not in the calendar: there is no such day"),
        (
            "4",
            "Discharge Date, Admission Date",
            "2017-04-05, 2017-04-06",
            "is before Admission Date: discharged before being admitted",
        ),
        ("5", "Admission Date", "1801-01-01", "is a date that stands for no date"),
        ("6", "Patient Classification Code", "7", "is not one of 1, 2, 3, 4, 5"),
        ("7", "nhs no", "", "is blank; also Total Payment (£) is not an amount of money"),
        ("8", "", "", "has 5 cells where the header has 21"),
        ("9", "Age at Admission", "7001", "is no age in years"),
        ("10", "Record ID", "G9", "two rows have the key G9: in.csv line 10 and line 11"),
        ("11", "Record ID", "G9", "two rows have the key G9: in.csv line 10 and line 11"),
        ("12", "Admission Date", "'=2+2", "is not a date of the form DD/MM/YYYY"),
    ]
    assert [one["Generated Record ID"] for one in read("out.csv")] == ["G1"]
    assert "11 rows\n  1 spell in out.csv\n  10 rows rejected, in rejects.csv" in done.out
    assert "nhs no is blank  " in done.out


def test_a_stay_longer_than_its_dates(requite: Here, folder: Path) -> None:
    headings = [*HEADINGS, "Adjusted Length of Stay"]
    rows = [[*row(), "4"], [*row(Record="G2"), "5"], [*row(Record="G3"), "-1"], [*row(Record="G4"), ""]]
    extract(folder / "in.csv", rows, headings)
    assert requite("import", "sus", "in.csv", "--out", "out.csv", "--rejects", "rejects.csv").status == 0
    assert rejected("rejects.csv") == [
        ("3", "Adjusted Length of Stay, Admission Date, Discharge Date", "5, 2017-04-01, 2017-04-05",
         "is longer than from Admission Date to Discharge Date"),
        ("4", "Adjusted Length of Stay", "-1", "is less than no day"),
    ]  # fmt: skip
    assert [one["PbR Final Adjusted Length of Stay"] for one in read("out.csv")] == ["4", ""]


@pytest.mark.parametrize(
    ("written", "form"),
    [("2017-04-01", ""), ("1/4/2017", "DD/MM/YYYY"), ("20170401", "YYYYMMDD"), ("01-Apr-2017", "DD-MMM-YYYY"),
     ("01-APR-17", "DD-MMM-YY"), ("2017-04-01 00:00:00", ""), ("01/04/2017 00:00", "DD/MM/YYYY")],
)  # fmt: skip
def test_how_dates_are_written(requite: Here, folder: Path, written: str, form: str) -> None:
    extract(folder / "in.csv", [row(Admission_Date=written, Discharge_Date="2017-04-05")])
    done = requite("import", "sus", "in.csv", "--out", "out.csv")
    assert [one["PbR Spell Start Date"] for one in read("out.csv")] == ["2017-04-01"]
    assert (f"Admission Date is written {form}\n" in done.out) == bool(form)


def test_dates_with_the_month_first_are_refused(requite: Here, folder: Path) -> None:
    extract(folder / "in.csv", [row(Admission_Date="04/02/2017"), row(Record="G2", Admission_Date="04/25/2017")])
    done = requite("import", "sus", "in.csv", "--out", "out.csv")
    assert done.status == 1
    assert "the dates of Admission Date are written with the month first" in done.err
    assert not (folder / "out.csv").exists()


def test_what_is_missing_and_what_is_left_out_is_said(requite: Here, folder: Path) -> None:
    keep = [i for i, name in enumerate(HEADINGS) if name != "MFF"]
    headings = [*(HEADINGS[i] for i in keep), "Colour", "Exclusion Reasons"]
    extract(folder / "in.csv", [[*(row()[i] for i in keep), "red", ""]], headings)
    done = requite("import", "sus", "in.csv", "--out", "out.csv")
    assert done.status == 0
    assert "No column for what the claim checks need: Market Forces Factor\n" in done.out
    assert "Exclusion Reason (perhaps Exclusion Reasons)" in done.out
    assert "Columns that are left out: Colour and Exclusion Reasons\n" in done.out
    assert "Market Forces Factor" not in read("out.csv")[0]
    told = requite("import", "sus", "in.csv", "--out", "out2.csv", "--json").json
    assert set(told) == {
        "format", "command", "ok", "errors", "file", "form", "out", "rejects", "rows", "rejected", "columns", "missing", "optional",
        "unused", "notes",
    }  # fmt: skip
    assert told["missing"] == ["Market Forces Factor"]
    assert told["columns"]["Total Payment"] == "Total Payment (£)"
    assert told["rows"] == {"read": 1, "written": 1, "rejected": 0, "blank": 0}


def test_a_column_of_our_own_name_goes_first(requite: Here, folder: Path) -> None:
    extract(folder / "in.csv", [[*row(), "2017-04-02"]], [*HEADINGS, "PbR Spell Start Date"])
    done = requite("import", "sus", "in.csv", "--out", "out.csv")
    assert read("out.csv")[0]["PbR Spell Start Date"] == "2017-04-02"
    assert "Columns that are left out: Admission Date\n" in done.out


def test_a_column_there_twice_is_refused(requite: Here, folder: Path) -> None:
    extract(folder / "in.csv", [[*row(), "5"]], [*HEADINGS, "MFF"])
    done = requite("import", "sus", "in.csv", "--out", "out.csv")
    assert done.status == 1
    assert "2 columns could be MFF" in done.err


@pytest.mark.parametrize("other", ["Total Payment (pence)", "total_payment", "TOTAL-PAYMENT"])
@pytest.mark.parametrize("first", [True, False])
def test_a_heading_as_it_is_named_goes_before_one_like_it(requite: Here, folder: Path, other: str, first: bool) -> None:
    headings = [other if heading.startswith("Total") else heading for heading in HEADINGS]
    rows = row(Total="9999")
    more = ["Total Payment", *headings] if first else [*headings, "Total Payment"]
    extract(folder / "in.csv", [["1,174.02", *rows] if first else [*rows, "1,174.02"]], more)
    done = requite("import", "sus", "in.csv", "--out", "out.csv")
    assert read("out.csv")[0]["Total Payment"] == "1174.02"
    assert f"Columns that are left out: {other}\n" in done.out


@pytest.mark.parametrize("others", [("Total Payment (£)", "Total Payment (pence)"), ("total_payment", "TOTAL PAYMENT")])
def test_headings_that_are_one_name_are_refused(requite: Here, folder: Path, others: tuple[str, str]) -> None:
    headings = [others[0] if heading.startswith("Total") else heading for heading in HEADINGS]
    extract(folder / "in.csv", [[*row(), "117402"]], [*headings, others[1]])
    done = refuse(requite, "sus", "in.csv", "--out", "out.csv")
    assert f"in.csv: 2 columns could be Total Payment of spell: {others[0]}, {others[1]}" in done.err
    assert not (folder / "out.csv").exists()


def test_an_extract_without_what_a_fault_could_be_of(requite: Here, folder: Path) -> None:
    (folder / "in.csv").write_text("Record ID,Total Payment\nG1,5\nG2,x\n", encoding="utf-8")
    done = requite("import", "sus", "in.csv", "--out", "out.csv", "--rejects", "rejects.csv")
    assert (done.status, done.err) == (0, "")
    assert [one["Total Payment"] for one in read("out.csv")] == ["5.00"]
    assert rejected("rejects.csv") == [("3", "Total Payment", "x", "is not an amount of money")]


@pytest.mark.parametrize(
    ("column", "amount"),
    [("Total", "9" * 38), ("Total", "9" * 19), ("Total", "-" + "9" * 19), ("Total", "0." + "0" * 18 + "1"), ("Tariff", "9" * 38)],
)
def test_an_amount_of_too_many_digits_costs_its_row_only(requite: Here, folder: Path, amount: str, column: str) -> None:
    most = "9" * 16
    extract(folder / "in.csv", [row(), row(Record="G2", **{column: amount}), row(Record="G3", Total=f"{most}.{most}")])
    done = requite("import", "sus", "in.csv", "--out", "out.csv", "--rejects", "rejects.csv")
    assert (done.status, done.err) == (0, "")
    ((line, _, value, reason),) = rejected("rejects.csv")
    assert (line, value, reason) == ("3", amount, "has more than 18 digits before or after the point")
    assert [one["Total Payment"].rstrip("0") for one in read("out.csv")] == ["1174.02", f"{most}.{most}"]


@pytest.mark.usefixtures("folder")
def test_so_does_one_of_a_typed_column(requite: Here) -> None:
    amounts = pa.array([Decimal("9" * 38), Decimal("-" + "9" * 19), Decimal("9" * 18), None], pa.decimal128(38, 0))
    pq.write_table(pa.table({"Record ID": ["G1", "G2", "G3", "G4"], "Total Payment": amounts}), "typed.parquet")
    assert requite("import", "sus", "typed.parquet", "--out", "typed.csv", "--rejects", "typed_rejects.csv").status == 0
    with Path("typed.csv").open(encoding="utf-8-sig", newline="") as file:
        written = [row["Total Payment"] for row in csv.DictReader(file)]
    assert written[0] == "9" * 18 + ".00"
    with Path("typed_rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        rejects = list(csv.DictReader(file))
    said = "has more than 18 digits before or after the point"
    assert [row["reason"] for row in rejects if row["reason"] == said] == [said, said]
    assert len(written) + len(rejects) == 4


def test_texts_of_the_file_never_become_sql(requite: Here, folder: Path) -> None:
    odd = '\'); DROP TABLE x; --""; SELECT $1'
    headings = [odd if name == "Frozen" else name for name in HEADINGS]
    extract(folder / 'it\'s "a" [file].csv', [row(Record=odd, Practice=odd)], headings)
    done = requite("import", "sus", 'it\'s "a" [file].csv', "--out", "o'ut.csv")
    assert (done.status, done.err) == (0, "")
    assert (read("o'ut.csv")[0]["Generated Record ID"], read("o'ut.csv")[0]["GP Practice Code"]) == (odd, odd)


def test_no_message_says_who_a_patient_is(requite: Here, folder: Path) -> None:
    secret = "9434765919"
    rows = [row(nhs=f"{secret}\x01"), [*row(Record="G2", nhs=secret)[:9]], row(Record="G3", nhs=secret, Admission_Date="soon")]
    extract(folder / "in.csv", rows)
    for arguments in ((), ("--rejects", "rejects.csv"), ("--json",)):
        done = requite("import", "sus", "in.csv", "--out", "out.csv", "--overwrite", *arguments)
        assert secret not in done.out + done.err
    assert secret not in (folder / "rejects.csv").read_text(encoding="utf-8")
    assert len(rejected("rejects.csv")) == 3


def test_every_other_heading_belongs_to_one_column() -> None:
    columns = {field.column for field in spell().fields}
    assert set(sus.names()) == columns
    keys = Counter(sus.key_of(name) for names in sus.names().values() for name in names)
    assert [key for key, number in keys.items() if number > 1] == []
    assert set(tomllib.loads(Path(str(sus.__file__)).with_name("sus.toml").read_text(encoding="utf-8"))) <= columns
    assert set(hes.WRITTEN) <= columns


def test_other_kinds_of_files(requite: Here, folder: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "March"
    book.active.append(HEADINGS)
    book.active.append([date(2017, 4, 1) if cell == "01/04/2017" else cell for cell in row(Discharge_Date="2017-04-05")])
    book.save("in.xlsx")
    assert requite("import", "sus", "in.xlsx#March", "--out", "out.csv").status == 0
    assert read("out.csv")[0]["PbR Spell Start Date"] == "2017-04-01"
    (folder / "in.jsonl").write_text(json.dumps(dict(zip(HEADINGS, row(), strict=True))) + "\n", encoding="utf-8")
    assert requite("import", "sus", "in.jsonl", "--out", "out2.csv").status == 0
    assert read("out2.csv")[0]["Total Payment"] == "1174.02"


# --- what is refused --------------------------------------------------------------------------------------------------


def refuse(requite: Here, *arguments: str) -> Done:
    done = requite("import", *arguments)
    assert done.status in (1, 2)
    assert "fault inside Requite" not in done.err
    return done


def test_what_cannot_be_imported(requite: Here, folder: Path) -> None:
    extract(folder / "in.csv", [row()])
    (folder / "empty.csv").write_text("")
    (folder / "other.csv").write_text("a,b\n1,2\n")
    (folder / "keyless.csv").write_text("Total Payment\n1\n")
    (folder / "two").mkdir()
    shutil.copy("in.csv", "two/a.csv")
    shutil.copy("in.csv", "two/b.csv")
    out = ("--out", "out.csv")
    assert "empty.csv is empty" in refuse(requite, "sus", "empty.csv", *out).err
    assert "other.csv has no column that a spell has. There are a, b" in refuse(requite, "sus", "other.csv", *out).err
    assert "keyless.csv has no column for Generated Record ID" in refuse(requite, "sus", "keyless.csv", *out).err
    assert "there is no file none.csv" in refuse(requite, "sus", "none.csv", *out).err
    assert "two means 2 files" in refuse(requite, "sus", "two", *out).err
    assert "episode needs" in refuse(requite, "hes", "in.csv", *out).err
    assert "in.csv is not JSON" in refuse(requite, "fhir", "in.csv", *out).err
    assert refuse(requite, "xml", "in.csv", *out).status == 2
    assert sorted(path.name for path in folder.iterdir()) == ["empty.csv", "in.csv", "keyless.csv", "other.csv", "two"]


def test_what_is_there_is_never_lost(requite: Here, folder: Path) -> None:
    extract(folder / "in.csv", [row()])
    (folder / "mine.csv").write_text("mine")
    assert "mine.csv is there already" in refuse(requite, "sus", "in.csv", "--out", "mine.csv").err
    assert "mine.csv is there already" in refuse(requite, "sus", "in.csv", "--out", "out.csv", "--rejects", "mine.csv").err
    assert "in.csv is what is read" in refuse(requite, "sus", "in.csv", "--out", "in.csv", "--overwrite").err
    assert "name another file" in refuse(requite, "sus", "in.csv", "--out", "out.csv", "--rejects", "./out.csv").err
    assert "must end in .csv or .parquet" in refuse(requite, "sus", "in.csv", "--out", "out.xlsx").err
    assert "there is no folder far" in refuse(requite, "sus", "in.csv", "--out", "far/out.csv").err
    extract(folder / "bad.csv", [row(Admission_Date="04/25/2017")])
    refuse(requite, "sus", "bad.csv", "--out", "mine.csv", "--overwrite")
    assert (folder / "mine.csv").read_text() == "mine"
    assert sorted(path.name for path in folder.iterdir()) == ["bad.csv", "in.csv", "mine.csv"]
    assert requite("import", "sus", "in.csv", "--out", "mine.csv", "--overwrite").status == 0
    assert len(read("mine.csv")) == 1


# --- Hospital Episode Statistics --------------------------------------------------------------------------------------

EPISODE = {
    "EPIKEY": "E1", "SUSRECID": "R1", "PSEUDO_HESID": "T1", "STARTAGE": "41", "MYDOB": "031960", "GPPRAC": "A81001",
    "PURCODE": "5AT", "PROCODE3": "RXX", "TRETSPEF": "300", "CLASSPAT": "1", "ADMIMETH": "21", "ADMISORC": "19", "DISMETH": "1",
    "ADMIDATE": "2001-05-03", "DISDATE": "2001-05-07", "EPISTART": "2001-05-03", "EPIEND": "2001-05-07", "EPIORDER": "1",
    "EPISTAT": "3", "SPELEND": "Y", "EPIDUR": "4", "SPELDUR": "4", "SUSHRG": "",
}  # fmt: skip

FAULTS: list[tuple[dict[str, str], str, str, str]] = [
    (
        {"DISDATE": "2001-05-02"},
        "DISDATE, ADMIDATE",
        "2001-05-02, 2001-05-03",
        "is before ADMIDATE: discharged before being admitted",
    ),
    (
        {"EPIEND": "2001-05-02"},
        "EPIEND, EPISTART",
        "2001-05-02, 2001-05-03",
        "is before EPISTART: the episode ends before it begins",
    ),
    (
        {"EPISTART": "2001-05-02"},
        "EPISTART, ADMIDATE",
        "2001-05-02, 2001-05-03",
        "is before ADMIDATE: the episode begins before the spell does",
    ),
    (
        {"EPIEND": "2001-05-08"},
        "DISDATE, EPIEND",
        "2001-05-07, 2001-05-08",
        "is before EPIEND: the episode ends after the spell does",
    ),
    (
        {"EPISTART": "2001-05-04", "EPIDUR": "3"},
        "EPISTART, ADMIDATE",
        "2001-05-04, 2001-05-03",
        "is after ADMIDATE, though EPIORDER says that the episode is the first",
    ),
    (
        {"EPIEND": "2001-05-06", "EPIDUR": "3"},
        "EPIEND, DISDATE",
        "2001-05-06, 2001-05-07",
        "is before DISDATE, though SPELEND says that the episode is the last",
    ),
    ({"MYDOB": "062001", "STARTAGE": ""}, "MYDOB, ADMIDATE", "062001, 2001-05-03", "is after ADMIDATE: born after being admitted"),
    ({"MYDOB": "132001"}, "MYDOB", "132001", "is not a month and a year such as 031975"),
    (
        {"STARTAGE": "40"},
        "STARTAGE, MYDOB, EPISTART",
        "40, 031960, 2001-05-03",
        "is not the age of somebody born in MYDOB on EPISTART",
    ),
    (
        {"SPELDUR": "5"},
        "SPELDUR, ADMIDATE, DISDATE",
        "5, 2001-05-03, 2001-05-07",
        "is not the number of days from ADMIDATE to DISDATE",
    ),
    ({"EPIDUR": "0"}, "EPIDUR, EPISTART, EPIEND", "0, 2001-05-03, 2001-05-07", "is not the number of days from EPISTART to EPIEND"),
    ({"ADMIDATE": "2001-02-30"}, "ADMIDATE", "2001-02-30", "is not in the calendar: there is no such day"),
    ({"ADMIDATE": ""}, "ADMIDATE", "", "is blank"),
    ({"ADMIDATE": "1801-01-01", "SPELDUR": "", "EPIORDER": ""}, "ADMIDATE", "1801-01-01", "is a date that stands for no date"),
    ({"DISDATE": "1800-01-01"}, "DISDATE", "1800-01-01", "is a date that stands for no date"),
    ({"DISDATE": ""}, "DISDATE, SPELEND", "blank, Y", "is blank, and SPELEND says that the spell ended"),
    ({"SPELEND": "N"}, "SPELEND", "N", "says that this is not the last episode of its spell, and a spell is one line"),
    ({"EPISTAT": "1"}, "EPISTAT", "1", "says that the episode is not finished"),
    ({"DISMETH": "8"}, "DISMETH, SPELEND", "8, Y", "says that nobody was discharged, and SPELEND that the spell ended"),
    ({"GPPRAC": "&"}, "GPPRAC", "&", "is &: the code is not known"),
    ({"PSEUDO_HESID": ""}, "PSEUDO_HESID", "", "is blank: nobody knows whose spell it is"),
    ({"CLASSPAT": "8"}, "CLASSPAT", "8", "is not one of 1, 2, 3, 4, 5"),
    ({"STARTAGE": "180", "MYDOB": ""}, "STARTAGE", "180", "is no age"),
]


def episodes(path: Path, rows: Sequence[dict[str, str]]) -> None:
    extract(path, [list((EPISODE | one).values()) for one in rows], list(EPISODE))


def test_incoherent_episodes(requite: Here, folder: Path) -> None:
    episodes(folder / "in.csv", [{}, *({"EPIKEY": f"F{i}"} | changes for i, (changes, *_) in enumerate(FAULTS))])
    assert requite("import", "hes", "in.csv", "--out", "out.csv", "--rejects", "rejects.csv").status == 0
    found = [(line, field, value, why.split("; also ")[0]) for line, field, value, why in rejected("rejects.csv")]
    assert "also" not in next(why for _, field, value, why in rejected("rejects.csv") if value == "1801-01-01")
    assert found == [(str(line), *fault) for line, (_, *fault) in enumerate(FAULTS, 3)]
    assert [one["Generated Record ID"] for one in read("out.csv")] == ["E1"]


def test_an_episode_that_coheres(requite: Here, folder: Path) -> None:
    baby = {"EPIKEY": "E2", "STARTAGE": "7003", "MYDOB": "042001", "ADMIMETH": "82"}
    birthday = {"EPIKEY": "E3", "STARTAGE": "40", "MYDOB": "051960"}
    last = {"EPIKEY": "E4", "EPIORDER": "2", "EPISTART": "2001-05-05", "EPIDUR": "2", "SUSHRG": "AA22C"}
    episodes(folder / "in.csv", [{}, baby, birthday, last])
    done = requite("import", "hes", "in.csv", "--out", "out.csv")
    assert "4 spells in out.csv\n  0 rows rejected" in done.out
    found = read("out.csv")
    assert [one["Age on Admission"] for one in found] == ["41", "0", "40", "41"]
    assert (found[3]["PbR Spell Start Date"], found[3]["PbR Spell End Date"]) == ("2001-05-03", "2001-05-07")
    assert (found[3]["Spell Core HRG"], found[3]["Hospital Provider Spell No"], found[3]["Commissioner Code"]) == (
        "AA22C",
        "R1",
        "5AT",
    )


def test_what_hes_cannot_tell_is_never_priced(requite: Here, folder: Path) -> None:
    episodes(folder / "in.csv", [{}])
    done = requite("import", "hes", "in.csv", "--out", "out.csv")
    assert "HES holds no prices" in done.out
    assert "No column for what the claim checks need: Tariff Initial Amount, " in done.out
    shutil.copy(RULESETS / "claims" / "records.md", folder)
    (folder / "dear.requite").write_text(DEAR, encoding="utf-8")
    run = requite("run", "dear.requite", "--data", "spell=out.csv", "--out", "run")
    assert run.status == 1
    assert "spell needs" in run.err
    assert "Total Payment" in run.err


@pytest.mark.skipif(not ARTIFICIAL.is_file(), reason="the artificial HES file is not there")
@pytest.mark.usefixtures("folder")
def test_the_artificial_file(requite: Here) -> None:
    done = requite("import", "hes", str(ARTIFICIAL), "--out", "out.csv", "--rejects", "rejects.csv", "--json")
    assert done.status == 0
    spells, refused = read("out.csv"), rejected("rejects.csv")
    assert len(spells) + len(refused) == 2075
    assert done.json["rows"] == {"read": 2075, "written": len(spells), "rejected": len(refused), "blank": 0}
    lines = [int(one["Source Line"]) for one in spells] + [int(line) for line, *_ in refused]
    assert sorted(lines) == list(range(2, 2077))
    assert all(field and value and reason for _, field, value, reason in refused)
    with ARTIFICIAL.open(encoding="utf-8", newline="") as file:
        source = dict(enumerate(csv.DictReader(file), 2))
    for one in spells:
        was = source[int(one["Source Line"])]
        days = (date.fromisoformat(was["DISDATE"]) - date.fromisoformat(was["ADMIDATE"])).days
        assert was["SPELEND"] == "Y"
        assert days == int(was["SPELDUR"])
        assert (one["PbR Spell Start Date"], one["PbR Spell End Date"]) == (was["ADMIDATE"], was["DISDATE"])
    assert sum("SPELDUR is not the number" in why or field.startswith("SPELDUR") for _, field, _, why in refused) > 1000


# --- FHIR -------------------------------------------------------------------------------------------------------------


def coding(code: str, system: str = "") -> dict[str, Any]:
    return {"coding": [{"code": code} | ({"system": system} if system else {})]}


def info(number: int, column: str, **value: Any) -> dict[str, Any]:
    return {"sequence": number, "category": coding(column, COLUMN_SYSTEM), **value}


def part(number: int, code: str, value: float | str, system: str = COLUMN_SYSTEM) -> dict[str, Any]:
    return {"sequence": number, "productOrService": coding(code, system), "net": {"value": value, "currency": "GBP"}}


def claim(**changes: Any) -> dict[str, Any]:
    hrg = {"sequence": 1, "productOrService": coding("AA22C", HRG_SYSTEM), "unitPrice": {"value": 1045.10}, "factor": 1.1234567}
    details = [part(1, "long-stay-payment", 0), part(2, "service-adjustment", 0), part(3, "pre-mff-tariff", 1045.10)]
    made = {
        "resourceType": "Claim",
        "identifier": [{"value": "G1"}],
        "status": "active",
        "type": coding("institutional"),
        "use": "claim",
        "patient": {"identifier": {"value": "N1"}},
        "created": "2017-05-01",
        "insurer": {"identifier": {"value": "05A"}},
        "provider": {"reference": "Organization/RXX"},
        "priority": coding("normal"),
        "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "NHS"}}],
        "billablePeriod": {"start": "2017-04-01T23:30:00+01:00", "end": "2017-04-05"},
        "diagnosis": [
            {"sequence": 2, "diagnosisCodeableConcept": coding("E119")},
            {"sequence": 1, "diagnosisCodeableConcept": coding("I639")},
        ],
        "procedure": [{"sequence": 1, "procedureCodeableConcept": coding("U543")}],
        "supportingInfo": [
            info(1, "hospital-provider-spell-no", valueString="S1"),
            info(2, "age-on-admission", valueQuantity={"value": 54}),
            info(3, "gp-practice-code", valueReference={"identifier": {"value": "A81001"}}),
            info(4, "specialty-code", code=coding("300")),
            info(5, "patient-classification", valueString="1"),
            info(6, "admission-method", valueString="21"),
            info(7, "short-stay-emergency", valueBoolean=False),
            info(8, "frozen-indicator", valueBoolean=True),
        ],
        "item": [hrg | {"detail": details}],
        "total": {"value": 1174.10, "currency": "GBP"},
    }
    return {name: value for name, value in (made | changes).items() if value is not None}


def benefit(**changes: Any) -> dict[str, Any]:
    """The same as an ExplanationOfBenefit."""
    total = [{"category": coding("submitted"), "amount": {"value": 1174.10, "currency": "GBP"}},
             {"category": coding("benefit"), "amount": {"value": 9, "currency": "GBP"}}]  # fmt: skip
    own = {
        "resourceType": "ExplanationOfBenefit",
        "outcome": "complete",
        "insurance": [{"focal": True, "coverage": {"display": "NHS"}}],
    }
    return claim(**own, priority=None, total=total, identifier=[{"value": "G2"}]) | changes


def put(path: Path, *resources: Any, bundle: bool = True) -> None:
    if bundle:
        path.write_text(
            json.dumps({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": r} for r in resources]}),
            encoding="utf-8",
        )
    else:
        path.write_text("".join(json.dumps(resource) + "\n" for resource in resources), encoding="utf-8")


def test_claims_and_explanations_of_benefit(requite: Here, folder: Path) -> None:
    pytest.importorskip("fhir.resources")
    put(folder / "in.json", {"resourceType": "Patient", "id": "p"}, claim(), benefit())
    done = requite("import", "fhir", "in.json", "--out", "out.csv")
    assert (done.status, done.err) == (0, "")
    assert "passed over: 1 Patient" in done.out
    one, other = read("out.csv")
    assert {name: value for name, value in one.items() if value} == {
        "Source Line": "2",
        "Generated Record ID": "G1",
        "Hospital Provider Spell No": "S1",
        "NHS Number": "N1",
        "Age on Admission": "54",
        "GP Practice Code": "A81001",
        "Commissioner Code": "05A",
        "Provider Code": "RXX",
        "Specialty Code": "300",
        "Patient Classification": "1",
        "Admission Method": "21",
        "PbR Spell Start Date": "2017-04-01",
        "PbR Spell End Date": "2017-04-05",
        "Spell Core HRG": "AA22C",
        "Tariff Initial Amount": "1045.10",
        "Short Stay Emergency": "no",
        "Long Stay Payment": "0.00",
        "Service Adjustment": "0.00",
        "Market Forces Factor": "1.1234567",
        "Pre-MFF Tariff": "1045.10",
        "Total Payment": "1174.10",
        "Frozen Indicator": "yes",
        "Diagnosis Codes": "I639;E119",
        "Procedure Codes": "U543",
    }
    assert other == one | {"Source Line": "3", "Generated Record ID": "G2"}


@pytest.mark.parametrize("bundle", [True, False])
def test_invalid_resources_are_rejected_by_path(requite: Here, folder: Path, bundle: bool) -> None:
    pytest.importorskip("fhir.resources")
    named = {f"G{i}": [{"value": f"G{i}"}] for i in range(20)}
    resources = [
        claim(),
        claim(created=None, priority=None),
        claim(colour="red"),
        claim(item=[{"sequence": 1, "productOrService": coding("x"), "net": {"value": "a lot"}}]),
        claim(patient={"reference": 9434765919}),
        claim(status="cancelled"),
        claim(use="preauthorization"),
        claim(total={"value": 5, "currency": "USD"}),
        claim(identifier=named["G3"], billablePeriod={"start": "2017-04-06", "end": "2017-04-05"}),
        claim(identifier=named["G4"], billablePeriod={"start": "2017-04"}),
        claim(identifier=named["G5"], total=None),
        claim(item=[claim()["item"][0], claim()["item"][0] | {"sequence": 2}]),
        claim(supportingInfo=[info(1, "admission-method", valueString="21"), info(2, "admission-method", valueString="11")]),
        {"no": "type"},
        claim(identifier=named["G6"]),
        claim(identifier=named["G6"]),
    ]
    name = "in.json" if bundle else "in.ndjson"
    put(folder / name, *resources, bundle=bundle)
    done = requite("import", "fhir", name, "--out", "out.csv", "--rejects", "rejects.csv")
    assert done.status == 0, done.err
    assert rejected("rejects.csv") == [
        ("2", "priority", "", "is missing"),
        ("3", "", "", "has a field that FHIR does not have there"),
        ("4", "item[0].net.value", "", "is not what FHIR asks for there"),
        ("5", "patient.reference", "", "is not what FHIR asks for there"),
        ("6", "status", "cancelled", "is not active: it bills for nothing"),
        ("7", "use", "preauthorization", "is not claim: it bills for nothing"),
        ("8", "total.currency", "USD", "is not GBP"),
        ("9", "billablePeriod.end, billablePeriod.start", "2017-04-05, 2017-04-06",
         "is before billablePeriod.start: discharged before being admitted"),
        ("10", "billablePeriod.start", "2017-04", "is not a date such as 2017-04-01; also billablePeriod.end is blank"),
        ("11", "total", "", "is blank"),
        ("12", "item.productOrService", "", "names 2 HRGs, and a spell has one"),
        ("13", "supportingInfo[admission-method]", "", "is given 2 times, with different values"),
        ("14", "resourceType", "", "is missing"),
        ("15", "identifier.value", "G6", "is what another claim has, too"),
        ("16", "identifier.value", "G6", "is what another claim has, too"),
    ]  # fmt: skip
    assert [one["Source Line"] for one in read("out.csv")] == ["1"]
    assert "16 rows\n  1 spell" in done.out
    assert "9434765919" not in done.out + (folder / "rejects.csv").read_text(encoding="utf-8")


def test_amounts_of_fhir_stay_exact(requite: Here, folder: Path) -> None:
    pytest.importorskip("fhir.resources")
    text = json.dumps(claim(total={"value": 1, "currency": "GBP"})).replace('"value": 1,', '"value": 90071992547409.93,')
    (folder / "in.json").write_text(text, encoding="utf-8")
    assert requite("import", "fhir", "in.json", "--out", "out.csv").status == 0
    assert read("out.csv")[0]["Total Payment"] == "90071992547409.93"


@pytest.mark.parametrize("number", ["1E999999999", "-1e999999999", "0E-999999999", "1E99999999999999999999", "9" * 5000, "1E200"])
def test_a_number_of_any_length_is_no_amount(requite: Here, folder: Path, number: str) -> None:
    pytest.importorskip("fhir.resources")
    bad = json.dumps(claim(total={"value": 1, "currency": "GBP"})).replace('"value": 1,', f'"value": {number},')
    sequence = json.dumps(claim()).replace('"sequence": 2', f'"sequence": {number}')
    (folder / "in.ndjson").write_text("\n".join([json.dumps(claim()), bad, sequence]), encoding="utf-8")
    assert requite("import", "fhir", "in.ndjson", "--out", "out.csv", "--rejects", "rejects.csv").status == 0
    (total, other) = rejected("rejects.csv")
    assert total == ("2", "total.value", "", "is a number of more than 100 digits")
    assert other[0] == "3"
    assert "diagnosis[0].sequence" in other[1]
    assert len(read("out.csv")) == 1


def test_one_large_amount_costs_its_resource_only(requite: Here, folder: Path) -> None:
    pytest.importorskip("fhir.resources")
    put(folder / "in.json", claim(), claim(identifier=[{"value": "G2"}], total={"value": 10**37, "currency": "GBP"}))
    assert requite("import", "fhir", "in.json", "--out", "out.csv", "--rejects", "rejects.csv").status == 0
    assert rejected("rejects.csv") == [("2", "total", str(10**37), "has more than 18 digits before or after the point")]
    assert len(read("out.csv")) == 1


def test_no_message_repeats_what_may_say_who_a_patient_is(requite: Here, folder: Path) -> None:
    pytest.importorskip("fhir.resources")
    secret = "9434765919"
    who = f"Ann {secret}"
    kinds: list[Any] = [secret, "Ann", 5, None, ["Ann"], {}]
    resources = [
        claim(patientName=who),
        claim(**{secret: 1}),
        claim(AnnSmith=1),
        claim(insurance=[{"sequence": 1, "focal": True, "coverage": {"displayName": who}}]),
        claim(payee={"type": coding("x"), "party": {"name": who}}),
        claim(item=[claim()["item"][0] | {"patientRef": who}]),
        claim(extension=[{"url": "http://example.org", "valueString": [who]}]),
        claim(status=who),
        claim(use=secret),
        claim(total={"value": 5, "currency": secret}),
        claim(total={"value": who, "currency": "GBP"}),
        claim(billablePeriod={"start": who, "end": "2017-04-05"}),
        claim(billablePeriod={"start": secret, "end": secret}),
        claim(contained=[{"resourceType": "Patient", "id": "p", "birthDate": who, secret: 1}]),
        *(claim(contained=[{"resourceType": kind}]) for kind in kinds),
        {"resourceType": "AnnSmith"},
        {"resourceType": "Patient"},
    ]
    put(folder / "in.json", *resources)
    for arguments in ((), ("--rejects", "rejects.csv"), ("--json",)):
        done = requite("import", "fhir", "in.json", "--out", "out.csv", "--overwrite", *arguments)
        assert done.status == 0, done.err
        assert not re.search(f"{secret}|Ann|patientName|displayName|patientRef", done.out + done.err)
        assert "1 Patient" in done.out
    found = rejected("rejects.csv")
    assert not re.search(f"{secret}|Ann|patientName|displayName|patientRef", str(found))
    assert [(line, field) for line, field, *_ in found][:12] == [
        ("1", ""), ("2", ""), ("3", ""), ("4", "insurance[0].coverage"), ("5", "payee.party"), ("6", "item[0]"),
        ("7", "extension[0].valueString"), ("8", "status"), ("9", "use"), ("10", "total.currency"), ("11", "total.value"),
        ("12", "billablePeriod.start"),
    ]  # fmt: skip
    assert len(found) == 20


def test_lines_that_are_no_resources(requite: Here, folder: Path) -> None:
    pytest.importorskip("fhir.resources")
    deep = "[" * 100_000
    lines = [
        json.dumps(claim()),
        "{",
        "[1]",
        deep,
        "",
        '{"resourceType": "Claim", "resourceType": "Claim"}',
        '{"resourceType": NaN}',
    ]
    (folder / "in.ndjson").write_text("\n".join(lines), encoding="utf-8")
    assert requite("import", "fhir", "in.ndjson", "--out", "out.csv", "--rejects", "rejects.csv").status == 0
    assert [line for line, *_ in rejected("rejects.csv")] == ["2", "3", "4", "6", "7"]
    assert len(read("out.csv")) == 1


def test_what_is_no_fhir(requite: Here, folder: Path) -> None:
    pytest.importorskip("fhir.resources")
    for name, text, said in (
        ("a.json", "{", "a.json is not JSON\n"),
        ("g.json", "", "g.json is empty"),
        ("h.json", " \n", "h.json is empty"),
        ("i.json", '{"resourceType": NaN}', "i.json is not JSON: NaN is no number there"),
        ("j.json", '{"a": 1, "a": 1}', "j.json gives a name twice"),
        ("k.json", '{"a": ' * 100_000, "k.json is nested too deep"),
        ("b.json", "[]", "b.json is no FHIR resource"),
        ("c.json", '{"resourceType": "Patient"}', "c.json holds no Claim and no ExplanationOfBenefit"),
        ("d.json", '{"resourceType": "Bundle", "type": "collection"}', "d.json holds no Claim"),
        ("e.ndjson", "", "e.ndjson holds no Claim"),
    ):
        (folder / name).write_text(text, encoding="utf-8")
        assert said in refuse(requite, "fhir", name, "--out", "out.csv").err
    (folder / "f.json").write_bytes(b'{"resourceType": "\xff"}')
    assert "f.json is not in UTF-8" in refuse(requite, "fhir", "f.json", "--out", "out.csv").err
    assert not (folder / "out.csv").exists()


def test_without_the_models(requite: Here, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "fhir.resources.R4B.claim", None)
    put(folder / "in.json", claim())
    done = refuse(requite, "fhir", "in.json", "--out", "out.csv")
    assert "FHIR needs fhir.resources, which is not installed" in done.err
    assert "pip install requite[fhir]" in done.err


# --- what the documentation says --------------------------------------------------------------------------------------

PAGE = ROOT / "docs" / "claim_files.md"
LISTED = re.compile(r"^\| ([A-Z][^|]*?) \| ([^|]*?) \|$", re.MULTILINE)


def listed(title: str) -> dict[str, str]:
    """The rows of the table under whose first row a column of a spell is listed."""
    text = PAGE.read_text(encoding="utf-8")
    start = text.index(f"| column of a spell | {title} |")
    return dict(LISTED.findall(text[start : text.index("\n\n", start)]))


def test_the_columns_that_are_documented() -> None:
    headings = listed("is also called")
    assert {column: ", ".join(others) for column, (_, *others) in sus.names().items()} == headings
    in_hes = listed("in HES")
    assert list(in_hes) == list(hes.WRITTEN)
    for column, value in hes.WRITTEN.items():
        fields = {"ADMIAGE", "STARTAGE"} if '"age"' in value else set(re.findall(r'"(\w+)"', value))
        assert set(re.findall(r"`([A-Z_0-9]+)`", in_hes[column])) == fields
    in_fhir = listed("in a Claim or an ExplanationOfBenefit")
    assert list(in_fhir) == [*(field.column for field in spell().fields), *fhir.CODES]
    for column in (field.column for field in spell().fields):
        path = fhir.path_of(column)
        code = re.search(r"\[(.*)\]", path)
        assert f"`{code[1] if code else path.split('.')[-1]}" in in_fhir[column].replace("`billablePeriod.", "`").replace(
            "`identifier.", "`"
        ).replace("`item.", "`")
    for system in (fhir.HRG_SYSTEM, fhir.COLUMN_SYSTEM):
        assert f"`{system}`" in PAGE.read_text(encoding="utf-8")
