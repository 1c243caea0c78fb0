"""Where data comes from: files, folders, patterns, the text, beside the ruleset; and keys, references and periods across them."""

from __future__ import annotations

import os
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from requite.dsl.load import load_program
from requite.engine.data import read_data
from requite.engine.reading.problems import DataError
from requite.engine.rows import known_name
from requite.engine.run import sources_of
from tests.data.support import conserved, program, read, values

NOTES = program('record note "A note"\n  key id: text\n  words: text optional\n')


def note(path: Path, *ids: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("id,words\n" + "".join(f"{i},x\n" for i in ids))
    return path


def problems(code: str, made: object = NOTES, **inputs: object) -> str:
    with pytest.raises(DataError) as caught:
        read(made, **inputs)  # type: ignore[arg-type]
    assert {p.code for p in caught.value.problems} == {code}
    assert all(p["message"] and p["code"] == code for p in caught.value.to_json())
    return str(caught.value)


# --- paths ------------------------------------------------------------------------------------------------------------


def test_a_folder_a_pattern_and_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    note(Path("in/b.csv"), "B"), note(Path("in/a.csv"), "A1", "A2"), note(Path("in/below/c.csv"), "C")
    note(Path("in/.hidden.csv"), "H"), note(Path("in/_temporary"), "T"), note(Path("in/~$lock.xlsx"), "L")
    for given in ("in", Path("in"), "in/*.csv", ["in/a.csv", Path("in/b.csv")]):
        result = read(NOTES, note=given)
        assert [(row.file, row.line) for row in result.data["note"]] == [("in/a.csv", 2), ("in/a.csv", 3), ("in/b.csv", 2)]
        assert [(c.file, c.read) for c in result.counts] == [("in/a.csv", 2), ("in/b.csv", 1)]
    assert len(read(NOTES, note="in/**/*.csv").data["note"]) == 4


def test_a_name_with_the_signs_of_a_pattern(tmp_path: Path) -> None:
    assert len(read(NOTES, note=note(tmp_path / "a[1]*#b.csv", "A")).data["note"]) == 1


def test_a_file_that_is_given_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    note(Path("in/a.csv"), "A1", "A2"), note(Path("in/b.csv"), "B")
    without_key = program("record note\n  id: text\n  words: text optional\n")
    for made in (NOTES, without_key):
        said = problems("given-twice", made, note=["in/a.csv", "in/b.csv", "in/a.csv"])
        assert "in/a.csv is given twice, so that each row of note would count twice" in said
        assert "./in/a.csv" in problems("given-twice", made, note=["in/a.csv", "./in/a.csv"])
        assert "in/b.csv is given twice" in problems("given-twice", made, note=["in", "in/b.csv"])
        with pytest.raises(DataError, match="given twice"):
            sources_of(made, {"note": ["in/a.csv", "in/a.csv"]})
    Path("in/latest.csv").symlink_to("b.csv")
    assert "in/latest.csv is the same file as in/b.csv" in problems("given-twice", note="in")


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    note(tmp_path / "claims.csv", "A")
    assert "Did you mean" in problems("not-found", note=tmp_path / "claim.csv")
    assert "there is no folder" in problems("not-found", note=tmp_path / "x" / "claims.csv")
    assert "no file matches" in problems("not-found", note=str(tmp_path / "*.parquet"))
    assert "The current folder is" in problems("not-found", note="zzzzzzzz.csv")
    for given in ("", "a\0b"):
        problems("not-found", note=given)
    (tmp_path / "empty").mkdir()
    assert "holds no data files" in problems("not-found", note=tmp_path / "empty")
    (tmp_path / "notes.docx").touch()
    assert "also holds notes.docx, which is no data" in problems("wrong-kind", note=tmp_path)


def test_what_is_no_file_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is no file" in problems("wrong-kind", note=tmp_path / "pipe.csv"), "nobody ever writes into it"
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    said = problems("not-found", note=tmp_path / "gone.csv")
    assert f"is a link to {tmp_path / 'nowhere.csv'}, which is not there" in said
    assert "Did you mean" not in said
    for address in ("https://example.org/claims.csv", "s3://bucket/claims.parquet"):
        assert f"{address} is an address" in problems("not-found", note=address)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = note(tmp_path / "a.csv", "A")
    path.chmod(0)
    assert "cannot be opened: permission denied" in problems("unreadable-file", note=path)


# --- records ----------------------------------------------------------------------------------------------------------

TWO = """
record practice "A practice"
  key code: text
record patient "A patient"
  key id: text
  practice: practice
  cost: money
record group for each practice of patient
"""


def test_records_without_data_are_told_together(tmp_path: Path) -> None:
    made = program(TWO)
    text = problems("no-data", made)
    assert "no data for practice and patient" in text
    assert "Add --data practice=FILE --data patient=FILE." in text
    assert read_data(made, {}, {"group": frozenset()}).data == {"practice": (), "patient": ()}
    assert "the ruleset t has no record patients: it reads practice, patient" in problems(
        "unknown-record", made, patients=[], practice=[], patient=[]
    )
    assert "its rows are made from patient" in problems("unknown-record", made, group=[], practice=[], patient=[])
    del tmp_path


def test_references_are_keys_of_the_records_referred_to() -> None:
    result = read(
        program(TWO),
        practice=[{"code": "P1"}],
        patient=[
            {"id": "a", "practice": " P1 ", "cost": 1},
            {"id": "b", "practice": "P9", "cost": 1},
            {"id": "c", "practice": "", "cost": 1},
        ],
    )
    assert values(result, "patient", "practice") == [("P1",), ("P9",)]
    assert [(r.field, r.reason) for r in result.rejects] == [("practice", "is blank")]


def test_references_read_as_the_key_does() -> None:
    made = program(
        """
record year "A year"
  key begins: date as "DD/MM/YYYY"
record area "An area, for a year"
  key year: year
record visit "A visit"
  key number: count
  area: area
"""
    )
    rows = [{"number": 1, "area": "01/04/2017"}, {"number": "2.0", "area": "April"}]
    result = read(made, year=[], area=[{"year": "01/04/2017"}], visit=rows)
    assert result.data["area"][0].key == ((date(2017, 4, 1),),)
    assert result.data["visit"][0].values["area"] == ((date(2017, 4, 1),),)
    assert result.data["visit"][0].key == (Fraction(1),)
    assert result.rejects[0].reason == "is not a date of the form DD/MM/YYYY"


# --- keys -------------------------------------------------------------------------------------------------------------


def test_rows_that_repeat_a_key_are_all_rejected(tmp_path: Path) -> None:
    a, b = note(tmp_path / "a.csv", "S1", "S2", "S1"), note(tmp_path / "b.csv", "S3", "S1", "S4", "S4")
    result = read(NOTES, note=[a, b])
    assert [row.key for row in result.data["note"]] == [("S2",), ("S3",)]
    said = f"3 rows have the key S1: {a} line 2, line 4 and {b} line 3"
    assert [(r.file, r.line, r.field, r.value, r.reason) for r in result.rejects] == [
        (str(a), 2, "id", "S1", said),
        (str(a), 4, "id", "S1", said),
        (str(b), 3, "id", "S1", said),
        (str(b), 4, "id", "S4", f"two rows have the key S4: {b} line 4 and line 5"),
        (str(b), 5, "id", "S4", f"two rows have the key S4: {b} line 4 and line 5"),
    ]
    assert [(c.read, c.rejected) for c in result.counts] == [(1, 2), (1, 3)]


def test_a_row_that_is_rejected_anyway_still_repeats_its_key() -> None:
    made = program('record r "R"\n  key id: text\n  billed: money\n')
    result = read(made, r=[{"id": "a", "billed": 1}, {"id": "a", "billed": "x"}])
    assert result.data["r"] == ()
    assert result.rejects[1].reason == "is not an amount of money; also two rows have the key a: <r> line 1 and line 2"


def test_keys_of_several_fields() -> None:
    made = program('record r "R"\n  key a: text\n  key b: count\n')
    result = read(made, r=[{"a": "x", "b": 1}, {"a": "x", "b": 2}, {"a": "x", "b": "1.0"}])
    assert [row.key for row in result.data["r"]] == [("x", Fraction(2))]
    assert (result.rejects[0].field, result.rejects[0].value) == ("a, b", "x|1")


def test_records_without_a_key_are_known_by_their_line(tmp_path: Path) -> None:
    made = program('record letter "A letter"\n  words: text optional\n  n: count optional\n')
    a = tmp_path / "a.csv"
    a.write_text("words,n\nx,\nx,\n")
    result = read(made, letter=a)
    assert [row.key for row in result.data["letter"]] == [(Fraction(2),), (Fraction(3),)]
    (tmp_path / "b.csv").write_text("words,n\nx,\n")
    several = read(made, letter=[a, tmp_path / "b.csv"])
    assert [row.key for row in several.data["letter"]] == [(f"{a}:2",), (f"{a}:3",), (f"{tmp_path / 'b.csv'}:2",)]


# --- tables -----------------------------------------------------------------------------------------------------------

TARIFF = """
table tariff "Prices"
  key hrg: text
  valid: period from "from" to "to" known from "published"
  price: money optional
"""


def test_dated_tables(tmp_path: Path) -> None:
    path = tmp_path / "tariff.csv"
    path.write_text(
        "hrg,from,to,published,price\n"
        "A,2017-04-01,2018-03-31,,1\n"
        "A,2018-04-01,,,2\n"
        "A,2018-04-01,,2018-06-01,3\n"
        "B,2018-04-01,2018-03-31,,1\n"
        "C,,2018-03-31,,1\n"
        "D,2018-04-01,x,,1\n"
        "E,2018-04-01,,,1\n"
        "E,2018-04-01,2019-03-31,,1\n"
    )
    result = read(program(TARIFF), tariff=path)
    assert [(row.key, row.values["valid"], row.values[known_name("valid")]) for row in result.data["tariff"]] == [
        (("A",), (date(2017, 4, 1), date(2018, 3, 31)), None),
        (("A",), (date(2018, 4, 1), date.max), None),
        (("A",), (date(2018, 4, 1), date.max), date(2018, 6, 1)),
    ]
    assert [(r.line, r.field, r.value, r.reason) for r in result.rejects] == [
        (5, "valid", "2018-03-31", "ends on 2018-03-31, before it begins on 2018-04-01"),
        (6, "valid", "", "is blank"),
        (7, "valid", "x", "is not a date such as 2017-04-01"),
        (8, "hrg", "E", f"two rows have the key E from 2018-04-01: {path} line 8 and line 9"),
        (9, "hrg", "E", f"two rows have the key E from 2018-04-01: {path} line 8 and line 9"),
    ]


def test_rows_in_the_text(tmp_path: Path) -> None:
    made = program('table terms "Terms"\n  key track: text\n  rate: percent\n  rows\n    "T1": 50%\n    "T2": 60%\n')
    result = read(made)
    assert [(row.key, row.values["rate"], row.line) for row in result.data["terms"]] == [
        (("T1",), Fraction(1, 2), 7),
        (("T2",), Fraction(3, 5), 8),
    ]
    path = tmp_path / "terms.csv"
    path.write_text("track,rate\nT9,10%\n")
    assert [row.key for row in read(made, terms=path).data["terms"]] == [("T9",)]


def ruleset_with_table(folder: Path, file: str) -> object:
    folder.mkdir(exist_ok=True)
    (folder / "r.requite").write_text(
        f'ruleset r "R"\n  currency GBP\ntable terms "Terms"\n  from "{file}"\n  key track: text\n  rate: percent in hundredths\n'
    )
    made, diagnostics = load_program(folder / "r.requite")
    assert made is not None, diagnostics
    return made


def test_a_table_beside_the_ruleset(tmp_path: Path) -> None:
    made = ruleset_with_table(tmp_path / "rules", "data/terms.csv")
    assert "but there is no such file" in problems("not-found", made)
    (tmp_path / "rules" / "data").mkdir()
    (tmp_path / "rules" / "data" / "terms.csv").write_text("track,rate\nT1,50\n")
    result = read(made)  # type: ignore[arg-type]
    conserved(result)
    assert values(result, "terms", "rate") == [Fraction(1, 2)]


def test_a_table_may_not_leave_the_folder_of_its_ruleset(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("track,rate\nT1,50\n")
    rules = tmp_path / "rules"
    for file in ("../secret.csv", str(tmp_path / "secret.csv"), "x/../../secret.csv"):
        try:
            made = ruleset_with_table(rules, file)
        except AssertionError:
            continue  # refused by the checker already
        problems("outside-folder", made)
    (rules / "link.csv").symlink_to(tmp_path / "secret.csv")
    problems("outside-folder", ruleset_with_table(rules, "link.csv"))


def test_names_of_records_in_other_files(tmp_path: Path) -> None:
    (tmp_path / "prices.requite").write_text(
        'ruleset p "P"\n  currency GBP\ntable price "Prices"\n  key hrg: text\n  price_of: money\n'
    )
    (tmp_path / "main.requite").write_text(
        'ruleset m "M"\n  currency GBP\nuse "prices.requite" as tariff\n'
        'record spell "S"\n  key id: text\n  hrg: text\n  billed: money\n'
        'check c "C" for each spell\n  needs tariff.price[hrg] is known\n'
        "  expected tariff.price[hrg].price_of\n  flag when billed > expected\n"
    )
    made, diagnostics = load_program(tmp_path / "main.requite")
    assert made is not None, diagnostics
    assert "tariff.price" in made.records
    for name in ("tariff.price", "price"):
        result = read_data(made, {"spell": [], name: [{"hrg": "A", "price_of": 1}]})
        assert len(result.data["tariff.price"]) == 1
