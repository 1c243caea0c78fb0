"""CSV and its like: separators, encodings, quotation marks, ragged rows, lines; and that no row is ever lost."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from requite.engine.data import DataRead, read_data
from requite.engine.reading.problems import DataError
from tests.data.support import SPELL, conserved, program, read, values

PROGRAM = program(SPELL)
NOTES = program('record note "A note"\n  key id: text\n  words: text optional\n')
HEADER = "id,provider,admitted,billed,discount,emergency"


def written(folder: Path, content: str | bytes, name: str = "spells.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def spells(folder: Path, *lines: str, header: str = HEADER) -> DataRead:
    return read(PROGRAM, spell=written(folder, "\n".join((header, *lines)) + "\n"))


def refusals(result: DataRead) -> list[tuple[int, str, str, str]]:
    return [(r.line, r.field, r.value, r.reason) for r in result.rejects]


def test_a_plain_file(tmp_path: Path) -> None:
    result = spells(tmp_path, 'S1,RXX,01/04/2017,"£1,234.50",70%,yes', "S2,RXX,02/04/2017,5,,")
    first, second = result.data["spell"]
    assert first.key == ("S1",)
    assert first.values == {
        "id": "S1",
        "provider": "RXX",
        "admitted": date(2017, 4, 1),
        "billed": Fraction(2469, 2),
        "discount": Fraction(7, 10),
        "emergency": True,
    }
    assert (first.line, second.line) == (2, 3)
    assert first.file.endswith("spells.csv")
    assert second.values["discount"] is None


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_separators_line_ends_and_encodings(tmp_path: Path, separator: str, newline: str, encoding: str) -> None:
    rows = [HEADER.split(","), ["S1", "Café £", "01/04/2017", "£5", "", "no"]]
    text = newline.join(separator.join(row) for row in rows)
    result = read(PROGRAM, spell=written(tmp_path, text.encode(encoding)))
    assert values(result, "spell", "provider") == ["Café £"]
    assert values(result, "spell", "billed") == [5]


def test_excel_names_the_separator(tmp_path: Path) -> None:
    result = spells(tmp_path, HEADER.replace(",", ";"), "S1;RXX;01/04/2017;5;;", header="sep=;")
    assert [row.line for row in result.data["spell"]] == [3]


def test_headers_in_another_case_and_spacing(tmp_path: Path) -> None:
    result = spells(tmp_path, "S1,RXX,01/04/2017,5,,", header=' ID ,Provider,"ADMITTED",Billed, dis count,EMERGENCY\u00a0')
    assert values(result, "spell", "id") == ["S1"]


def test_columns_that_are_not_declared_are_left_alone(tmp_path: Path) -> None:
    result = spells(tmp_path, "x,S1,RXX,01/04/2017,5,,,,", header=f"other,{HEADER},,")
    assert "other" not in result.data["spell"][0].values
    assert len(result.data["spell"]) == 1


def test_rejects_say_where_and_why(tmp_path: Path) -> None:
    result = spells(
        tmp_path,
        "S1,RXX,01/04/2017,12,,",
        "S2,,01/04/2017,12,,",
        "S3,RXX,2017-04-01,twelve,,",
        "S4,RXX,01/04/2017,12,0.5,",
    )
    assert [r.line for r in result.rejects] == [3, 4, 5]
    assert refusals(result)[0] == (3, "provider", "", "is blank")
    line, name, value, reason = refusals(result)[1]
    assert (line, name, value) == (4, "admitted", "2017-04-01")
    assert reason == "is not a date of the form DD/MM/YYYY; also billed is not an amount of money"
    assert refusals(result)[2][1:3] == ("discount", "0.5")


def test_ragged_rows_are_named(tmp_path: Path) -> None:
    result = spells(tmp_path, "S1,RXX,01/04/2017,5", "S2,RXX,01/04/2017,5,,,extra", "S3,RXX,01/04/2017,5,,,,", "S4")
    assert refusals(result) == [
        (2, "", "S1,RXX,01/04/2017,5", "has 4 cells where the header has 6"),
        (3, "", "S2,RXX,01/04/2017,5,,,extra", "has 7 cells where the header has 6"),
        (5, "", "S4", "has 1 cell where the header has 6"),
    ]
    assert [row.key for row in result.data["spell"]] == [("S3",)]


def test_lines_are_those_of_the_file_past_breaks_in_cells_and_blank_lines(tmp_path: Path) -> None:
    text = 'id,words\nN1,"two\nlines"\n\nN2,"three\r\nmore\nlines"\n   \n,\nN3,x\nN3,y\n'
    result = read(NOTES, note=written(tmp_path, text))
    assert [(row.line, row.values["words"]) for row in result.data["note"]] == [(2, "two\nlines"), (5, "three\r\nmore\nlines")]
    assert [r.line for r in result.rejects] == [10, 11]
    assert result.counts[0].blank == 3


def test_quotation_marks(tmp_path: Path) -> None:
    text = 'id,words\nN1,"say ""hi"", he did"\nN2,5" pipe\nN3, "spaced, too"\n'
    result = read(NOTES, note=written(tmp_path, text))
    assert values(result, "note", "words") == ['say "hi", he did', '5" pipe', "spaced, too"]


def test_a_mark_that_is_not_closed_costs_one_row(tmp_path: Path) -> None:
    lines = [f"N{i},word" for i in range(1000)]
    lines[3] = 'N3,"never closed'
    lines[500] = 'N500,"closed" and more'
    result = read(NOTES, note=written(tmp_path, "id,words\n" + "\n".join(lines)))
    assert refusals(result) == [
        (5, "", 'N3,"never closed', "has quotation marks that do not pair"),
        (502, "", 'N500,"closed" and more', "has quotation marks that do not pair"),
    ]
    assert len(result.data["note"]) == 998


def test_a_stray_mark_does_not_pair_with_a_later_one(tmp_path: Path) -> None:
    text = 'id,words\nN1,"open\nN2,x\nN3,"Smith, J"\n'
    result = read(NOTES, note=written(tmp_path, text))
    assert [r.line for r in result.rejects] == [2]
    assert values(result, "note", "words") == ["x", "Smith, J"]


def test_nul_bytes_and_other_control_characters_are_rejected(tmp_path: Path) -> None:
    result = read(NOTES, note=written(tmp_path, b"id,words\nN1,a\0b\nN2,\x07\nN3,ok\n"))
    assert [(r.line, r.field, r.reason) for r in result.rejects] == [
        (2, "words", "holds a control character, which no one can see"),
        (3, "words", "holds a control character, which no one can see"),
    ]


def test_header_only(tmp_path: Path) -> None:
    result = read(NOTES, note=written(tmp_path, "id,words\n"))
    assert result.data["note"] == ()
    assert (result.counts[0].rows, result.counts[0].read) == (0, 0)


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "empty-file", "is empty: it has not even a header row"),
        (b"\n \n\r\n", "empty-file", "is empty"),
        (b'"id,words\nN1,x\n', "unreadable-file", "the quotation marks of its header do not pair"),
        (b"id,words,words\nN1,x,y\n", "repeated-column", "2 columns could be words of note: words"),
        (b"id,words,ID\nN1,x,y\n", "", ""),
        (b"ID,words,Id\nN1,x,y\n", "repeated-column", "2 columns could be id of note: ID, Id"),
        ("id,words\nN1,x\n".encode("utf-16-le"), "wrong-kind", "is not text, or UTF-16 without its mark"),
        (b"\x7fELF\0\1,\0\nid,words\n", "wrong-kind", "Save it as CSV in UTF-8."),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "missing-columns", "note needs a column that is not there: id"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes, code: str, words: str) -> None:
    path = written(tmp_path, content)
    if not code:
        assert len(read(NOTES, note=path).data["note"]) == 1
        return
    with pytest.raises(DataError) as caught:
        read(NOTES, note=path)
    assert [p.code for p in caught.value.problems] == [code]
    assert words in str(caught.value)


def test_one_message_for_all_columns_that_are_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "id,provder,date admitted,amount,discont\nS1,RXX,01/04/2017,5,\n")
    with pytest.raises(DataError) as caught:
        read(PROGRAM, spell=path)
    (problem,) = caught.value.problems
    assert problem.detail["missing"] == ["provider", "admitted", "billed", "discount"]
    assert problem.detail["likely"] == {"provider": "provder", "admitted": "date admitted", "discount": "discont"}
    assert problem.detail["there"] == ["id", "provder", "date admitted", "amount", "discont"]
    assert (
        "spell needs 4 columns that are not there: provider (likely provder), admitted (likely date admitted), billed, "
        "discount (likely discont). There are id, provder, date admitted, amount, discont." in problem.message
    )


def test_an_optional_column_may_be_absent_and_is_noted(tmp_path: Path) -> None:
    result = spells(tmp_path, "S1,RXX,01/04/2017,5", header="id,provider,admitted,billed")
    assert values(result, "spell", "discount") == [None]
    assert "has no column for discount, emergency of spell: optional, so taken as blank" in result.notes[0]


def test_all_files_are_complained_about_at_once(tmp_path: Path) -> None:
    a, b = written(tmp_path, "x\n", "a.csv"), written(tmp_path, b"", "b.csv")
    with pytest.raises(DataError) as caught:
        read(NOTES, note=[a, b, tmp_path / "c.csv"])
    assert [p.code for p in caught.value.problems] == ["not-found"]
    with pytest.raises(DataError) as caught:
        read(NOTES, note=[a, b])
    assert [p.code for p in caught.value.problems] == ["missing-columns", "empty-file"]


def test_more_rows_than_are_read_at_a_time(tmp_path: Path) -> None:
    lines = (f"N{i},{'' if i % 1000 else 'a,b'}" for i in range(120_000))
    result = read(NOTES, note=written(tmp_path, "id,words\n" + "\n".join(lines)))
    assert (result.counts[0].read, result.counts[0].rejected) == (119_880, 120)
    assert result.data["note"][-1].line == 120_001


# --- properties -------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [b"id", b"words", b",", b";", b"\t", b'"', b'""', b"\n", b"\r\n", b"\r", b"N1", b"N2", b" ", b"\0", b"\xa3", b"\xc2\xa3",
     b"\xff", b"\xef\xbb\xbf", b"x" * 50, b"sep=;\n"]
)  # fmt: skip
ANYTHING = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=60).map(b"".join))


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=ANYTHING, has_header=st.booleans())
@example(content=b'N1,"', has_header=True)
@example(content=b'"\n"\n"\n"', has_header=True)
@example(content=b"\xff\xfea", has_header=False)
def test_whatever_the_bytes_no_row_is_lost(tmp_path: Path, content: bytes, has_header: bool) -> None:
    path = written(tmp_path, (b"id,words\n" if has_header else b"") + content)
    try:
        conserved(read_data(NOTES, {"note": path}))
    except DataError as refused:
        messages = [problem.message for problem in refused.problems]
    else:
        return
    assert messages
    assert all(messages)
    assert not has_header


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=("Cc", "Cs")), max_size=12)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 30), CELL), max_size=12), newline=st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_as_csv_is_read_back(tmp_path: Path, rows: list[tuple[int, str]], newline: str) -> None:
    lines = ["id,words", *(f'N{number},"{words.replace(chr(34), chr(34) * 2)}"' for number, words in rows)]
    result = read(NOTES, note=written(tmp_path, newline.join(lines)))
    assert result.counts[0].rows == len(rows)
    once = [(f"N{n}", words) for n, words in rows if sum(n == m for m, _ in rows) == 1]
    assert [(row.values["id"], row.values["words"] or "") for row in result.data["note"]] == [(i, _trimmed(w)) for i, w in once]


def _trimmed(text: str) -> str:
    previous = None
    while previous != text:
        previous = text
        text = text.strip().strip("\u200b\u200c\u200d\u2060\ufeff")
    return text
