"""Reading in columns gives what reading row by row gives: the same rows, values, rejects, counts and notes."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from requite.dsl.program import Program
from requite.engine.columnar.reading import cells, delimited, duplicates, store_rows, store_sources
from requite.engine.columnar.reading.staging import Staging
from requite.engine.columnar.stored import LARGE
from requite.engine.data import DataRead, read_data
from requite.engine.reading.problems import DataError
from requite.engine.reading.sources import find_sources
from tests.data.agreement import agrees, same_rows, stored
from tests.data.support import program

KINDS = {
    "code": "text",
    "choice": "one of a, b_c, Daycase",
    "flag": "yes/no",
    "pounds": "money",
    "pence": "money in pence",
    "rate": "percent",
    "fraction": "percent in fractions",
    "hundredth": "percent in hundredths",
    "amount": "number",
    "many": "count",
    "mark": "points",
    "stay": "days",
    "wait": "hours",
    "day": "date",
    "british": 'date as "DD/MM/YYYY"',
    "named": 'date as "D MMM YY"',
    "seen": "moment",
    "clock": 'moment as "DD/MM/YYYY HH:MM"',
}
"""A field of every kind, by name."""

EVERY = program("record r\n" + "".join(f"  {name}: {type} optional\n" for name, type in KINDS.items()))
REQUIRED = program("record r\n" + "".join(f"  {name}: {type}\n" for name, type in KINDS.items()))

PLAIN = st.sampled_from(
    [
        "",
        " ",
        "0",
        "1",
        "-1",
        "12.50",
        "-0.05",
        "0012",
        "1.0",
        "5.",
        ".5",
        "1,234.50",
        "£1,234.50",
        "£-3",
        "(£3)",
        "(3.5)",
        "−3",
        "3-",
        "+4",
        "70%",
        "70 %",
        "0.7",
        "-5%",
        "1e5",
        "1E-3",
        "12p",
        "$5",
        "GBP 5",
        "5 GBP",
        "3 days",
        "1 day",
        "2 hours",
        "4 points",
        "2017-04-01",
        "2017-02-30",
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "01/04/2017",
        "1/4/2017",
        "31/02/2017",
        "1 Apr 17",
        "1 april 70",
        "2017-04-01 00:00",
        "2017-04-01T09:30",
        "2017-04-01 09:30:15",
        "2017-04-01 09:30:15.123456",
        "2017-04-01 24:00",
        "2017-04-01 09:61",
        "2017-04-01T09:30Z",
        "01/04/2017 09:30",
        "01/04/2017 00:00",
        "y",
        "Yes",
        "NO",
        "n",
        "true",
        "False",
        "TRUE",
        "0.0",
        "2",
        "a",
        " a ",
        "b_c",
        "b-c",
        "B C",
        "daycase",
        "Daycase",
        "x",
        "\u00a0a\u00a0",
        "\u200ba",
        "é",
        "a\tb",
        "\u2003",
        "nan",
        "inf",
        "١٢",
        "1\u20093",
        "999999999999999999",
        "1234567890123456789",
        "-" + "9" * 30,
        "0." + "0" * 17 + "1",
        "1" * 17 + "." + "1" * 18,
        "x" * 201,
        "9" * 41,
    ],
)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9).map(str)
DATES = st.dates().map(str) | st.dates().map(lambda day: day.strftime("%d/%m/%Y"))
ODD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=6)
CELLS = PLAIN | NUMBERS | DATES | ODD

ONCE = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def compare(made: Program, folder: Path | None = None, **inputs: object) -> DataRead:
    """What the interpreter's reader gives, after making sure that the reader of columns gives the same, or refuses the same."""
    try:
        result = read_data(made, inputs)
    except DataError as expected:
        said = expected.to_json()
        with pytest.raises(DataError) as caught:
            stored(made, inputs, folder=folder)
        assert caught.value.to_json() == said
        raise
    connection, data = stored(made, inputs, folder=folder)
    agrees(made, result, connection, data)
    return result


def short(rows: list[tuple[Any, ...]], positions: list[int]) -> bool:
    """Whether the numbers of each column fit in 38 digits together."""
    for position in positions:
        texts = [str(row[position]) for row in rows if row[position] is not None]
        before = max((len(t.partition(".")[0]) for t in texts), default=0)
        after = max((len(t.partition(".")[2].rstrip("%")) for t in texts), default=0)
        if before + after > 34:
            return False
    return True


ROWS = st.lists(st.tuples(*[CELLS] * len(KINDS)), min_size=1, max_size=40)
POSITIONS = list(range(len(KINDS)))


@pytest.fixture(params=[0, cells.TRIED], ids=["by texts", "by rows"])
def looked_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns are looked at text by text, as those are that repeat a few, or row by row."""
    monkeypatch.setattr(cells, "TRIED", request.param)


@ONCE
@pytest.mark.usefixtures("looked_at")
@given(rows=ROWS, required=st.booleans())
def test_cells_of_a_csv_file(tmp_path: Path, rows: list[tuple[str, ...]], required: bool) -> None:
    assume(short(rows, POSITIONS))
    path = tmp_path / "r.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([KINDS, *rows])
    compare(REQUIRED if required else EVERY, r=path)


@ONCE
@pytest.mark.usefixtures("looked_at")
@given(rows=st.lists(st.tuples(*[CELLS | st.none()] * len(KINDS)), min_size=1, max_size=40), required=st.booleans())
def test_texts_of_a_parquet_file(tmp_path: Path, rows: list[tuple[str | None, ...]], required: bool) -> None:
    assume(short(rows, POSITIONS))
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    table = pa.table(dict(zip(KINDS, columns, strict=True)))
    pq.write_table(table, tmp_path / "r.parquet")
    compare(REQUIRED if required else EVERY, r=tmp_path / "r.parquet")
    compare(REQUIRED if required else EVERY, r=table)


MIDNIGHTS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)).map(lambda d: dt.datetime(d.year, d.month, d.day))

TYPED: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "int8": (pa.int8(), st.integers(-128, 127)),
    "int32": (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    "int64": (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2)),
    "uint64": (pa.uint64(), st.integers(0, 2**64 - 1)),
    "decimal": (pa.decimal128(10, 2), st.decimals(-(10**7), 10**7, places=2) | st.integers(0, 9).map(Decimal)),
    "long decimal": (pa.decimal128(30, 10), st.decimals(-(10**6), 10**6, places=4)),
    "longest decimal": (pa.decimal128(38, 6), st.decimals(-(10**30), 10**30, places=6)),
    "double": (
        pa.float64(),
        st.floats(-1e9, 1e9).map(lambda x: round(x, 3)) | st.sampled_from([0.1, -0.0, 5.0, float("nan"), 1e22, 1e-7]),
    ),
    "float": (pa.float32(), st.sampled_from([0.1, 5.0, 16777216.0, 1.25, -3.3, float("inf")])),
    "bool": (pa.bool_(), st.booleans()),
    "date": (pa.date32(), st.dates()),
    "timestamp": (pa.timestamp("us"), st.datetimes() | MIDNIGHTS),
    "milliseconds": (pa.timestamp("ms"), MIDNIGHTS),
    "nanoseconds": (pa.timestamp("ns"), MIDNIGHTS),
    "single nanoseconds": (pa.timestamp("ns"), st.integers(0, 10**18) | st.just(1_500_000_000_000_000_000)),
    "zoned": (pa.timestamp("us", tz="UTC"), st.datetimes(timezones=st.just(dt.UTC))),
    "binary": (pa.binary(), st.binary(max_size=3)),
    "list": (pa.list_(pa.int64()), st.lists(st.integers(0, 3), max_size=2)),
    "dictionary": (pa.dictionary(pa.int32(), pa.string()), PLAIN.filter(lambda text: len(text) < 20)),
}


@pytest.mark.parametrize("name", TYPED)
@settings(ONCE, max_examples=3)
@given(data=st.data())
def test_typed_columns(tmp_path: Path, name: str, data: st.DataObject) -> None:
    type, values = TYPED[name]
    column = pa.array(data.draw(st.lists(values | st.none(), min_size=1, max_size=12)), type)
    table = pa.table(dict.fromkeys(KINDS, column))
    required = data.draw(st.booleans())
    pq.write_table(table, tmp_path / "r.parquet")
    compare(REQUIRED if required else EVERY, r=tmp_path / "r.parquet")
    compare(REQUIRED if required else EVERY, r=table)


def test_days_that_python_does_not_know(tmp_path: Path) -> None:
    made = program(
        'record r\n  key id: count\n  day: date optional\n  british: date as "DD/MM/YYYY" optional\n  seen: moment optional\n'
    )
    duckdb.connect().from_query(
        "SELECT i AS id, CASE WHEN i = 3 THEN DATE '12017-01-01' ELSE DATE '2017-01-01' END AS day, DATE '2017-01-01' AS british, "
        "CASE WHEN i = 2 THEN TIMESTAMP '20170-01-01 10:00' ELSE TIMESTAMP '2017-01-01 10:00' END AS seen FROM range(5) t(i)"
    ).write_parquet(str(tmp_path / "r.parquet"))
    assert compare(made, r=tmp_path / "r.parquet").rejects


# --- files ------------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "a",
        "b",
        "1",
        "2.5",
        ",",
        ",",
        ",",
        ",",
        "\n",
        "\n",
        "\n",
        "\r\n",
        "\r",
        '"',
        '"',
        '""',
        " ",
        "  ",
        ";",
        "\t",
        "é",
        "\x00",
        "\ufeff",
        '"a,b"',
        '"a\nb"',
        "x,1,2\n",
        "y,2,3\n",
        "\n\n",
        ",,\n",
        '"q ""r""",1,2\n',
        '" s",1,2\n',
        "z, 4, 5\n",
        "z,4,5,\n",
        "z,4,5,6\n",
    ],
)
THREE = program("record r\n  key id: text\n  one: number optional\n  two: text optional\n")


@settings(ONCE, max_examples=60)
@given(
    pieces=st.lists(PIECES, max_size=40),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    block=st.sampled_from([1, 7, 30, 1 << 20]),
)
def test_files_of_every_shape(tmp_path: Path, pieces: list[str], encoding: str, block: int) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(("id,one,two\n" + "".join(pieces)).encode(encoding, "replace"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK", block)
        compare(THREE, r=path)


PLAIN_LINES = st.lists(
    st.tuples(st.integers(0, 10**6).map(str), NUMBERS, st.sampled_from(['"a"', '"Smith, J"', '"say ""so"""', '""', "b", "é"])).map(
        ",".join
    ),
    min_size=1,
    max_size=60,
)


@settings(ONCE, max_examples=12)
@given(lines=PLAIN_LINES, end=st.sampled_from(["\n", "\r\n"]), stray=st.integers(0, 80))
def test_a_stray_line_costs_its_own_block_only(tmp_path: Path, lines: list[str], end: str, stray: int) -> None:
    path = tmp_path / "r.csv"
    if stray < len(lines):
        lines[stray] = 'x"y,"1'
    path.write_bytes(("id,one,two\n" + end.join(lines)).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited, "BLOCK", 50)
        compare(THREE, r=path)


def test_a_plain_file_is_not_read_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.csv"
    lines = [f'{i},{i}.5,"Smith, ""J"" {i}"' for i in range(3_000)]
    path.write_text("id,one,two\r\n" + "\r\n".join(lines) + "\r\n", newline="")
    result = compare(THREE, r=path)
    assert len(result.data["r"]) == 3_000
    monkeypatch.setattr(delimited, "chunks_of", lambda *_: pytest.fail("the rows were read one by one"))
    monkeypatch.setattr(delimited, "BLOCK", 4_000)
    connection, data = stored(THREE, {"r": path})
    agrees(THREE, result, connection, data)


@pytest.mark.parametrize("columns", ["id\n1\n2\n\n3\n", "id\n \n1\n", "sep=;\nid;one\n1;2\n", "id,,one\n1,x,2\n,,\n", "id\n"])
def test_small_shapes(tmp_path: Path, columns: str) -> None:
    (tmp_path / "r.csv").write_text(columns)
    compare(THREE, r=tmp_path / "r.csv")


def test_a_program_that_wants_no_column(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("id,x\n1,2\n\n,\n3,4\n")
    compare(program("record r\n  one: text optional\n"), r=tmp_path / "r.csv")


# --- keys and periods -------------------------------------------------------------------------------------------------


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_repeated_keys_across_files(tmp_path: Path) -> None:
    made = program("record r\n  key id: text\n  key nth: number\n  paid: money\n")
    first = write(tmp_path / "a.csv", "id,nth,paid\nS1,1,1\nS2,1.50,x\nS3,3,1\n,4,1\nS5,5,1\n" + "S9,9,1\n" * 12)
    second = write(tmp_path / "b.csv", "nth,id,paid\n1.0,S1,2\n1.5,S2,2\n3,S4,\n5,S5,y\n9,S9,1\n")
    result = compare(made, r=[first, second])
    assert "also two rows have the key S2|1.5" in result.rejects[1].reason
    assert "and 5 more" in result.rejects[-1].reason
    compare(made, r=[second, first])


@pytest.mark.parametrize("place", ["tables", "folder"])
def test_repeated_keys_in_place(tmp_path: Path, place: str) -> None:
    made = program("record r\n  key id: count\n  paid: money in pence\n  day: date\n")
    for name, ids in (("a", [1, 2, 3, None, 5]), ("b", [7, 3, 9, 10, 11])):
        table = pa.table({"id": pa.array(ids, pa.int64()), "paid": pa.array([1, 2, 3, 4, 5]), "day": [dt.date(2017, 4, 1)] * 5})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    result = compare(made, tmp_path if place == "folder" else None, r=tmp_path)
    assert [reject.line for reject in result.rejects] == [3, 4, 2]
    assert result.rejects[0].value == "3"


def asked_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the data will have been asked, one row for each question."""
    asked: list[str] = []
    row = Staging.row

    def told(staging: Staging, sql: str) -> tuple[Any, ...]:
        asked.append(sql)
        return row(staging, sql)

    monkeypatch.setattr(Staging, "row", told)
    return asked


def test_a_column_of_few_texts_is_not_looked_at_row_by_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = program("record r\n  code: text\n  kind: one of a, b\n  other: text\n")
    rows = 500
    kinds = ["a", "b", " a", "", None]
    table = pa.table({"code": [f"C{n % 7} "[: 2 + n % 3] for n in range(rows)], "kind": [kinds[n % 5] for n in range(rows)],
                      "other": [f"T{n}" for n in range(rows)]})  # fmt: skip
    pq.write_table(table, tmp_path / "r.parquet")
    asked = asked_of(monkeypatch)
    monkeypatch.setattr(cells, "TRIED", 100)
    monkeypatch.setattr(cells, "FEW_TEXTS", 50)
    compare(made, r=tmp_path / "r.parquet")
    of_texts = [sql for sql in asked if "(SELECT DISTINCT" in sql]
    assert any('src."code"' in sql for sql in of_texts)
    assert any('src."kind"' in sql for sql in of_texts)
    assert not any('src."other"' in sql for sql in of_texts)


def test_a_column_of_codes_is_not_held_against_a_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = program("record r\n  code: text optional\n  words: text\n  odd: text\n")
    table = pa.table({"code": ["C-1.a_~", None, "", "D2"], "words": ["a b", "c/d", "e", "f"], "odd": ["a", " b", "é", "c\x01"]})
    pq.write_table(table, tmp_path / "r.parquet")
    asked = asked_of(monkeypatch)
    result = compare(made, r=tmp_path / "r.parquet")
    assert [reject.line for reject in result.rejects] == [4]
    patterns = [sql for sql in asked if "regexp_full_match" in sql]
    assert any('src."words"' in sql for sql in patterns)
    assert not any('src."code"' in sql for sql in patterns)


@pytest.mark.parametrize("is_mixed", [False, True])
def test_a_key_that_comes_again_among_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_mixed: bool) -> None:
    made = program("record r\n  key id: text\n  paid: money\n")
    numbers = list(range(20_000))
    numbers[15_000], numbers[19_999], numbers[7] = 4, 4, 6
    if is_mixed:
        numbers = [n * 7_919 % 20_011 for n in numbers]
    table = pa.table({"id": [f"S{n:06}" for n in numbers], "paid": [n % 100 for n in numbers]})
    for name, part in (("a", table.slice(0, 12_000)), ("b", table.slice(12_000))):
        pq.write_table(part, tmp_path / f"{name}.parquet", row_group_size=2_048)
    if not is_mixed:
        monkeypatch.setattr(duplicates, "_grouped_keys", lambda *_: pytest.fail("every key was compared with every other"))
    result = compare(made, r=tmp_path)
    assert [(reject.file, reject.line) for reject in result.rejects] == [
        (str(tmp_path / "a.parquet"), line) for line in (5, 7, 8)
    ] + [(str(tmp_path / "b.parquet"), line) for line in (3_001, 8_000)]


DATED = """
table tariff "Prices"
  key hrg: text
  valid: period from "from" to "to" known from "published"
  price: money optional
"""


def test_dated_tables(tmp_path: Path) -> None:
    text = """hrg,from,to,published,price
A,2017-04-01,2018-03-31,2017-01-01,1
A,2017-04-01,2018-03-31,2017-02-01,2
A,2017-04-01,2019-03-31,2017-02-01,3
B,2017-04-01,,,4
B,2017-04-01,,,5
C,,2018-03-31,,6
D,2018-04-01,2017-04-01,,7
E,x,2017-04-01,y,8
E,2017-04-01,z,,9
F,2017-04-01,2017-04-01,,10
"""
    result = compare(program(DATED), tariff=write(tmp_path / "t.csv", text))
    assert len(result.data["tariff"]) == 2
    compare(program(DATED), tmp_path, tariff=write(tmp_path / "t.csv", text))


def test_periods_that_may_be_blank(tmp_path: Path) -> None:
    made = program('record r\n  key id: text\n  stay: period from "in" to "out" known from "told" optional\n')
    day, other = dt.date(2017, 4, 1), dt.date(2017, 5, 1)
    ins, outs = [day, other, None, day, None], [other, day, day, None, None]
    for told in ([None] * 5, [day] * 5):
        table = pa.table(
            {
                "id": list("abcde"),
                "in": pa.array(ins, pa.date32()),
                "out": pa.array(outs, pa.date32()),
                "told": pa.array(told, pa.date32()),
            }
        )
        pq.write_table(table, tmp_path / "r.parquet")
        result = compare(made, r=tmp_path / "r.parquet")
        assert [reject.line for reject in result.rejects] == [2, 3]
    compare(
        made,
        r=pa.table({"id": ["a"]}),
    )


@settings(ONCE, max_examples=8)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["a", "b", ""]),
            st.sampled_from(["2017-01-01", "2018-01-01", "", " ", "x"]),
            st.sampled_from(["2017-01-01", "2016-01-01", "", "y"]),
            st.sampled_from(["", "2016-01-01", "z"]),
        ),
        min_size=1,
        max_size=15,
    ),
    parts=st.integers(1, 3),
)
def test_dated_tables_of_every_shape(tmp_path: Path, rows: list[tuple[str, ...]], parts: int) -> None:
    paths = []
    for part in range(parts):
        path = tmp_path / f"{part}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([("hrg", "from", "to", "published"), *rows[part::parts]])
        paths.append(path)
    compare(program(DATED), tariff=paths)


def test_references_share_the_scale_of_their_key(tmp_path: Path) -> None:
    made = program(
        "record ward\n  key nth: number\n  name: text optional\nrecord r\n  ward: ward\n  other: ward optional\n"
        "record visit\n  key ward: ward\nrecord bed\n  visit: visit\n"
    )
    ward = write(tmp_path / "w.csv", "nth,name\n1,A\n2.5,B\n")
    r = write(tmp_path / "r.csv", "ward,other\n1,\n2.50,2.125\nx,1\n")
    visit = write(tmp_path / "v.csv", "ward\n1\n2.5\n2.50\n")
    compare(made, ward=ward, r=r, visit=visit, bed=write(tmp_path / "b.csv", "visit\n1\n"))
    connection, data = stored(made, {"ward": ward, "r": r, "visit": visit, "bed": write(tmp_path / "b.csv", "visit\n1\n")})
    del connection
    scales = {
        data.stored[n].columns[c].scale
        for n, c in (("ward", "nth"), ("r", "ward"), ("r", "other"), ("visit", "ward"), ("bed", "visit"))
    }
    assert scales == {1000}


# --- large and small --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["tables", "folder"])
def test_numbers_of_many_digits(tmp_path: Path, place: str) -> None:
    made = program("record r\n  key id: number\n  a: number optional\n  b: money in pence\n")
    text = "id,a,b\n123456789012345678901,0.0000000001,9223372036854775807\n1.5,12345678901234567890123,-1\n1.50,,2\n"
    result = compare(made, tmp_path if place == "folder" else None, r=write(tmp_path / "r.csv", text))
    assert len(result.rejects) == 2
    compare(made, tmp_path if place == "folder" else None, r=write(tmp_path / "r.csv", text.replace("1.50,,2", "-7,,2")))


def test_numbers_that_no_column_holds(tmp_path: Path) -> None:
    made = program("record r\n  key id: text\n  a: number\n")
    path = write(tmp_path / "r.csv", f"id,a\nx,{'9' * 30}\ny,0.{'0' * 20}1\n")
    assert len(read_data(made, {"r": path}).data["r"]) == 2
    with pytest.raises(DataError, match=r"r\.a holds numbers that together need more than 38 digits"):
        stored(made, {"r": path})
    with pytest.raises(DataError, match=r"as many decimals as one has, and 0\.0{20}1 has 21"):
        stored(made, {"r": path})
    short = write(tmp_path / "short.csv", f"id,a\nx,{'9' * 18}\nw,1.5\ny,0.{'0' * 20}1\nz,2.{'0' * 20}1\n")
    with pytest.raises(DataError, match=r"as many decimals as one has, and .*short\.csv line 4 has 21"):
        stored(made, {"r": short})
    two = [write(tmp_path / "one.csv", f"id,a\nx,{'9' * 18}\nw,1.5\n"), write(tmp_path / "two.csv", f"id,a\ny,0.{'0' * 20}1\n")]
    with pytest.raises(DataError, match=r"two\.csv line 2 has 21"):
        stored(made, {"r": two})
    with pytest.raises(DataError, match=r"as many decimals as one has, and 0\.0{20}1 has 21"):
        stored(made, {"r": [{"id": "x", "a": Decimal("9" * 30)}, {"id": "y", "a": Decimal(f"0.{'0' * 20}1")}]})
    rows = read_data(made, {"r": path}).data
    with pytest.raises(DataError, match=r"r\.a holds numbers"):
        store_rows(duckdb.connect(), made, rows)
    assert len(str(LARGE)) == 38


def test_names_that_only_case_tells_apart(tmp_path: Path) -> None:
    made = program("record r\n  key id: text\n  Paid: money\n  paid: money\n")
    with pytest.raises(DataError, match="cannot tell the columns Paid and paid apart"):
        stored(made, {"r": write(tmp_path / "r.csv", "id,Paid,paid\n1,2,3\n")})
    two = program("record spell\n  key id: text\nrecord Spell\n  key id: text\n")
    compare(two, spell=pa.table({"id": ["a"]}), Spell=pa.table({"id": ["b", "c"]}))


def test_columns_named_like_those_of_the_database(tmp_path: Path) -> None:
    made = program(
        'record r\n  key id: text from "file_row_number"\n  a: text from "raw"\n  b: number from "value"\n  c: text from "src"\n'
    )
    table = pa.table({"file_row_number": ["x", "y"], "raw": ["é", "b"], "value": ["£1", "2"], "src": ["a", "b"]})
    pq.write_table(table, tmp_path / "r.parquet")
    compare(made, r=tmp_path / "r.parquet")
    pq.write_table(table.rename_columns(["id", "raw", "value", "src"]), tmp_path / "r.parquet")
    made = program('record r\n  key id: text\n  a: text from "raw"\n  b: number from "value" optional\n  c: text from "src"\n')
    compare(made, r=tmp_path / "r.parquet")


def test_files_of_several_kinds_for_one_record(tmp_path: Path) -> None:
    made = program("record r\n  day: date optional\n  paid: money optional\n  late: text optional\n")
    write(tmp_path / "a.csv", "day,paid\n2017-04-01,£1\n\nx,2\n")
    write(tmp_path / "b.jsonl", '{"day": "2017-04-01", "paid": 1.005}\n{"late": "\\u00e9", "paid": "x"}\nnot\n')
    pq.write_table(pa.table({"paid": [1, 2], "day": [dt.date(2017, 4, 1), None], "late": ["a", "b"]}), tmp_path / "c.parquet")
    pq.write_table(pa.table({"paid": [1.5, 2.25], "late": ["a", " "]}), tmp_path / "d.parquet")
    pq.write_table(pa.table({"paid": [3, None], "day": [None, dt.date(2017, 4, 1)], "late": ["a", "b"]}), tmp_path / "e.parquet")
    result = compare(made, r=tmp_path)
    assert len(result.counts) == 5
    compare(made, tmp_path, r=tmp_path)


def test_a_parquet_file_of_few_places_is_read_in_place(tmp_path: Path) -> None:
    made = program("record r\n  key id: count\n  paid: money\n  day: date\n  name: text\n")
    rows = 50_000
    table = pa.table(
        {
            "id": range(rows),
            "paid": pa.array([Decimal(i) / 100 for i in range(rows)], pa.decimal128(38, 18)),
            "day": [dt.date(2017, 4, 1)] * rows,
            "name": [f"N{i}" for i in range(rows)],
        }
    )
    pq.write_table(table, tmp_path / "r.parquet", row_group_size=7_000)
    compare(made, r=tmp_path / "r.parquet")
    connection, data = stored(made, {"r": tmp_path / "r.parquet"})
    assert data.stored["r"].columns["paid"].scale == 100
    assert not connection.sql("SELECT * FROM duckdb_tables() WHERE estimated_size > 10").fetchall()


HARMS: Mapping[str, Any] = {
    "cut": lambda b: b[: len(b) // 2],
    "zeroed": lambda b: b[:60] + bytes(200) + b[260:],
    "empty": lambda _: b"",
}


@pytest.mark.parametrize("harm", HARMS)
def test_a_broken_parquet_file_is_refused_in_the_same_words(tmp_path: Path, harm: str) -> None:
    made = program("record r\n  key id: text\n  paid: money\n")
    path = tmp_path / "r.parquet"
    pq.write_table(pa.table({"id": [f"x{i}" for i in range(500)], "paid": [str(i) for i in range(500)]}), path)
    path.write_bytes(HARMS[harm](path.read_bytes()))
    with pytest.raises(DataError):
        compare(made, r=path)


# --- partitions -------------------------------------------------------------------------------------------------------


def test_the_folders_of_a_partition_are_columns(tmp_path: Path) -> None:
    made = program('record r\n  key id: text\n  year: count\n  month: count\n  site: text from "Site" optional\n  paid: money\n')
    for year, month, site in ((2017, "04", "A%20B"), (2017, "05", "__HIVE_DEFAULT_PARTITION__"), (2018, "x", "C")):
        folder = tmp_path / "lake" / f"year={year}" / f"month={month}" / f"Site={site}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"id": [f"{year}{month}1", f"{year}{month}2"], "paid": [1, 2]}), folder / "part-0.parquet")
    result = compare(made, r=tmp_path / "lake")
    rows = result.data["r"]
    assert [(row.values["year"], row.values["month"], row.values["site"]) for row in rows] == [
        (2017, 4, "A B"), (2017, 4, "A B"), (2017, 5, None), (2017, 5, None)]  # fmt: skip
    assert {reject.field for reject in result.rejects} == {"month"}
    (tmp_path / "csv" / "year=2017" / "month=1").mkdir(parents=True)
    write(tmp_path / "csv" / "year=2017" / "month=1" / "a.csv", "id,paid\n1,£2\n")
    write(tmp_path / "csv" / "year=2017" / "month=1" / "b.csv", "id,paid,month\n2,£2,7\n")
    result = compare(made, r=tmp_path / "csv")
    assert [row.values["month"] for row in result.data["r"]] == [1, 7]


# --- rows -------------------------------------------------------------------------------------------------------------


def test_rows_that_are_there_already(tmp_path: Path) -> None:
    made = program(DATED + "record r\n  ward: text\n  paid: money optional\n  seen: moment optional\n  ok: yes/no optional\n")
    r = [write(tmp_path / "a.csv", "ward,paid,seen,ok\nA,1.25,2017-04-01 10:00,y\nB,,,\n"), write(tmp_path / "b.csv", "ward\nC\n")]
    rows = read_data(made, {"r": r, "tariff": write(tmp_path / "t.csv", "hrg,from,to,published\nA,2017-04-01,,2017-01-01\n")}).data
    tariff = pa.table(
        {"hrg": ["A", "B"], "from": ["2017-04-01"] * 2, "to": ["", "2018-01-01"], "published": [dt.date(2017, 4, 1)] * 2}
    )
    connection, _ = stored(made, {"r": r, "tariff": tariff})
    store_sources(connection, made, find_sources(made, {"r": r, "tariff": tariff.slice(0, 1)}))
    for given_rows in (rows, {"r": rows["r"]}, {}):
        found = store_rows(connection, made, given_rows)
        assert set(found) == {"tariff", "r"}
        for name, one in found.items():
            same_rows(connection, made, one, given_rows.get(name, ()))
