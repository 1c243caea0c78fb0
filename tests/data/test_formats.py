"""Parquet, JSON Lines, Excel, and what programs hand over."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from requite.dsl.program import Scalar
from requite.dsl.values.objects import shortest_half
from requite.engine.reading.problems import DataError
from tests.data.agreement import agrees, stored
from tests.data.support import program, read, values

PROGRAM = program(
    """
record spell "A hospital claim"
  key id: text
  provider: text optional
  admitted: date as "DD/MM/YYYY"
  billed: money
  discount: percent in fractions optional
  emergency: yes/no optional
  seen: moment optional
"""
)

DAY = dt.date(2017, 4, 1)
SEEN = dt.datetime(2017, 4, 1, 10, 30)

PLAIN = [
    {
        "id": "S1",
        "provider": "RXX",
        "admitted": DAY,
        "billed": Decimal("1234.50"),
        "discount": 0.7,
        "emergency": True,
        "seen": SEEN,
    },
    {"id": "S2", "provider": None, "admitted": DAY, "billed": Decimal("0.10"), "discount": None, "emergency": None, "seen": None},
]

WHOLE = [
    {
        "id": "S1",
        "provider": "RXX",
        "admitted": DAY,
        "billed": Fraction(2469, 2),
        "discount": Fraction(7, 10),
        "emergency": True,
        "seen": SEEN,
    },
    {"id": "S2", "provider": None, "admitted": DAY, "billed": Fraction(1, 10), "discount": None, "emergency": None, "seen": None},
]


def arrow() -> pa.Table:
    return pa.Table.from_pylist(PLAIN)


class Spell(pydantic.BaseModel):
    id: str
    provider: str | None
    admitted: dt.date
    billed: Decimal
    discount: float | None
    emergency: bool | None
    seen: dt.datetime | None


@dataclasses.dataclass
class SpellData:
    id: str
    provider: str | None
    admitted: dt.date
    billed: Decimal
    discount: float | None
    emergency: bool | None
    seen: dt.datetime | None


class SpellTuple(NamedTuple):
    id: str
    provider: str | None
    admitted: dt.date
    billed: Decimal
    discount: float | None
    emergency: bool | None
    seen: dt.datetime | None


class Streaming:
    """Anything that streams Arrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return arrow().__arrow_c_stream__(requested_schema)


MAKERS: dict[str, Callable[[], Any]] = {
    "dictionaries": lambda: PLAIN,
    "a generator": lambda: (row for row in PLAIN),
    "pydantic": lambda: [Spell.model_validate(row) for row in PLAIN],
    "data classes": lambda: [SpellData(**row) for row in PLAIN],  # type: ignore[arg-type]
    "named tuples": lambda: [SpellTuple(**row) for row in PLAIN],  # type: ignore[arg-type]
    "Arrow table": arrow,
    "Arrow batch": lambda: arrow().to_batches()[0],
    "Arrow reader": lambda: arrow().to_reader(),
    "a stream": Streaming,
    "pandas": lambda: pd.DataFrame(PLAIN),
    "pandas with Arrow types": lambda: arrow().to_pandas(types_mapper=pd.ArrowDtype),
    "Polars": lambda: pl.from_arrow(arrow()),
    "Polars, lazily": lambda: pl.DataFrame(arrow()).lazy(),
    "DuckDB": lambda: duckdb.connect().from_arrow(arrow()),
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_programs_hand_over(name: str) -> None:
    result = read(PROGRAM, spell=MAKERS[name]())
    assert [dict(row.values) for row in result.data["spell"]] == WHOLE
    assert [(row.file, row.line) for row in result.data["spell"]] == [("<spell>", 1), ("<spell>", 2)]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "a [1]*.parquet"
    pq.write_table(arrow(), path)
    result = read(PROGRAM, spell=str(path))
    assert [dict(row.values) for row in result.data["spell"]] == WHOLE
    assert result.counts[0].form == "Parquet"


def test_parquet_keeps_every_digit(tmp_path: Path) -> None:
    made = program('record r "R"\n  key id: text\n  a: money\n  b: number\n  c: number\n  d: count\n')
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "a": pa.array([Decimal("92233720368547758.07"), Decimal("-0.01")], pa.decimal128(38, 2)),
            "b": pa.array([0.1, 1e-9], pa.float64()),
            "c": pa.array([0.1, 16777216], pa.float32()),
            "d": pa.array([2**64 - 1, 0], pa.uint64()),
        }
    )
    pq.write_table(table, tmp_path / "r.parquet")
    for source in (tmp_path / "r.parquet", table):
        first, second = read(made, r=source).data["r"]
        assert first.values == {
            "id": "1",
            "a": Fraction(9223372036854775807, 100),
            "b": Fraction(1, 10),
            "c": Fraction(1, 10),
            "d": 2**64 - 1,
        }
        assert second.values == {"id": "2", "a": Fraction(-1, 100), "b": Fraction(1, 10**9), "c": 16777216, "d": 0}


HALVES = np.array([20.1, 0.3333, 2048, 65504, 0.015625, -0.5, 6e-8, 0, np.nan], np.float16)
SHORTEST = [Fraction(text) for text in ("20.1", "0.3333", "2048", "65500", "0.015625", "-0.5", "0.00000006", "0")]


@pytest.mark.parametrize("form", ["pandas", "Polars", "Arrow", "rows"])
def test_a_float_of_16_bits_has_the_digits_that_it_holds(form: str) -> None:
    made = program('record r "R"\n  key id: count\n  n: number optional\n')
    ids = list(range(len(HALVES)))
    given: object = [{"id": id, "n": None if np.isnan(n) else n} for id, n in zip(ids, HALVES, strict=True)]
    if form == "pandas":
        given = pd.DataFrame({"id": ids, "n": HALVES})
    elif form == "Polars":
        given = pl.DataFrame({"id": ids, "n": pl.Series([None if np.isnan(n) else float(n) for n in HALVES], dtype=pl.Float16)})
    elif form == "Arrow":
        given = pa.table({"id": ids, "n": pa.array(HALVES, from_pandas=True)})
    found = read(made, r=given)
    assert values(found, "r", "n") == [*SHORTEST, None]
    agrees(made, found, *stored(made, {"r": given}))


def test_the_shortest_decimal_of_every_float_of_16_bits_is_that_float() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    found = [(n, shortest_half(float(n))) for n in every[np.isfinite(every)]]
    assert all(np.float16(float(text)) == n for n, text in found)
    assert all(len(text.as_tuple().digits) <= len(Decimal(str(n)).normalize().as_tuple().digits) + 1 for n, text in found)


def test_what_a_frame_cannot_say(tmp_path: Path) -> None:
    del tmp_path
    rows = [
        {"id": 7.0, "admitted": DAY, "billed": 1},
        {"id": "A", "admitted": dt.datetime(2017, 4, 1, tzinfo=dt.UTC), "billed": 1},
        {"id": "B", "admitted": DAY, "billed": float("nan")},
        {"id": "C", "admitted": "2017-04-01", "billed": True},
        "not a row",
        {"id": 12, "admitted": "01/04/2017", "billed": "£1"},
    ]
    result = read(PROGRAM, spell=rows)
    assert [(r.line, r.field, r.value) for r in result.rejects] == [
        (1, "id", "7.0"),
        (2, "admitted", "2017-04-01 00:00:00+00:00"),
        (3, "billed", "nan"),
        (4, "admitted", "2017-04-01"),
        (5, "", ""),
    ]
    assert [row.key for row in result.data["spell"]] == [("12",)]


def test_pandas_leaves_blanks_and_mixes_kinds() -> None:
    frame = pd.DataFrame(
        {
            "id": ["S1", 2, "S3"],
            "admitted": pd.Series([dt.datetime(2017, 4, 1), None, dt.datetime(2017, 4, 1, 10)]),
            "billed": [1.5, 2, float("nan")],
            "unused": [object(), object(), object()],
        }
    )
    result = read(PROGRAM, spell=frame)
    assert [row.key for row in result.data["spell"]] == [("S1",)]
    assert [(r.line, r.field, r.reason) for r in result.rejects] == [
        (2, "admitted", "is blank"),
        (3, "admitted", "has a time of day, but the field is a date; also billed is blank"),
    ]


def test_polars_nan_is_no_blank() -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "admitted": [DAY, DAY], "billed": [float("nan"), 0.3]})
    result = read(PROGRAM, spell=frame)
    assert values(result, "spell", "billed") == [Fraction(3, 10)]
    assert result.rejects[0].reason == "is NaN, which is no number"


def test_categories_time_zones_and_odd_types() -> None:
    made = program('record r "R"\n  key id: text\n  setting: one of a, b\n  seen: moment optional\n')
    table = pa.table(
        {
            "id": ["1", "2", "3"],
            "setting": pa.array(["a", "b", "c"]).dictionary_encode(),
            "seen": pa.array([None, SEEN, SEEN], pa.timestamp("ns", tz="UTC")),
        }
    )
    result = read(made, r=table)
    assert [row.key for row in result.data["r"]] == [("1",)]
    assert [r.reason.partition(";")[0] for r in result.rejects] == [
        "names a time zone: give the local time without it",
        "is not one of a, b",
    ]
    listed = pa.table({"id": [["x"]], "setting": ["a"], "seen": pa.array([None], pa.null())})
    assert read(made, r=listed).rejects[0].reason == "is a list, which no field can hold"


def test_no_rows_and_no_data() -> None:
    assert read(PROGRAM, spell=[]).data["spell"] == ()
    assert read(PROGRAM, spell=pl.DataFrame(schema=arrow().schema.names)).data["spell"] == ()
    for thing in (7, {"id": ["S1"]}, b"x", None):
        with pytest.raises(DataError) as caught:
            read(PROGRAM, spell=thing)
        assert caught.value.problems[0].code == "not-rows"


SAY = 'or let the field say what the rows call it: `name: type from "Name"`.'


@pytest.mark.parametrize(
    ("given", "message", "help"),
    [
        (
            [{"id": "S1", "admitted": DAY}, {"id": "S2"}],
            "spell needs a field that is not there: billed. There are id, admitted.",
            f"Give each row billed, {SAY}",
        ),
        (
            [{"id": "S1", "admited": DAY}],
            "spell needs 2 fields that are not there: admitted (likely admited), billed. There are id, admited.",
            f"Rename admited to admitted and give each row billed, {SAY}",
        ),
        (
            pd.DataFrame({"id": ["S1"], "admitted": [DAY]}),
            "spell needs a column that is not there: billed. There are id, admitted.",
            'Rename the columns of what is handed over, or let the field name its column: `name: type from "Column"`.',
        ),
    ],
    ids=["rows", "a slip in rows", "a frame"],
)
def test_what_is_handed_over_is_not_told_of_files(given: object, message: str, help: str) -> None:
    made = program('record spell "A spell"\n  key id: text\n  admitted: date\n  billed: money\n')
    with pytest.raises(DataError) as caught:
        read(made, spell=given)
    assert [(p.code, p.message, p.help) for p in caught.value.problems] == [("missing-columns", f"<spell>: {message}", help)]


def test_an_object_may_go_by_the_names_of_fields() -> None:
    made = program('record r "R"\n  key id: text from "Hospital No"\n  billed: money from "Total"\n')
    rows = [{"id": "a", "Total": 1}]
    assert values(read(made, r=rows), "r", "billed") == [1]
    with pytest.raises(DataError, match="Hospital No"):
        read(made, r=[{"Total": 1}])


# --- JSON Lines -------------------------------------------------------------------------------------------------------


def test_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "spells.jsonl"
    lines = [
        '{"id": "S1", "provider": "RXX", "admitted": "01/04/2017", "billed": 1234.50, "discount": 0.7, "emergency": true}',
        "",
        '{"billed": 0.1, "admitted": "01/04/2017", "id": 2, "extra": {"a": [1]}}',
        '{"id": "S3", "admitted": "01/04/2017", "billed": 1e2}',
    ]
    path.write_text("\n".join(lines))
    result = read(PROGRAM, spell=path)
    assert values(result, "spell", "billed") == [Fraction(2469, 2), Fraction(1, 10), 100]
    assert [(row.key, row.line) for row in result.data["spell"]] == [(("S1",), 1), (("2",), 3), (("S3",), 4)]


def test_json_lines_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "spells.ndjson"
    good = {"id": "S1", "admitted": "01/04/2017", "billed": 1}
    lines = [json.dumps(good), "{", "[1]", '{"id": 1, "id": 2}', '{"id": ["x"], "billed": NaN}', "[" * 5000, '{"id": 1e999999999}']
    path.write_text("\n".join(lines))
    result = read(PROGRAM, spell=path)
    assert [(r.line, r.field, r.reason.partition(";")[0]) for r in result.rejects] == [
        (2, "", "is not JSON"),
        (3, "", "is not a JSON object"),
        (4, "", "gives id twice"),
        (5, "id", "is a list, which no field can hold"),
        (6, "", "is not JSON"),
        (7, "id", "has more than 40 digits"),
    ]


# --- Excel ------------------------------------------------------------------------------------------------------------


def workbook(path: Path, rows: list[list[Scalar | float]], sheet: str = "Sheet1", corner: tuple[int, int] = (1, 1)) -> Path:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            page.cell(corner[0] + i, corner[1] + j, value)  # type: ignore[arg-type]
    book.create_sheet("Other")["A1"] = "nothing"
    book.save(path)
    return path


def test_excel(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["ID", "provider", "admitted", "billed", "discount", "emergency", "seen"],
        [12345, "RXX", DAY, 1234.5, 0.7, True, SEEN],
        [],
        ["007", None, "01/04/2017", 0.1, None, None, None],
        ["S3", None, DAY, "=1/0", None, None, None],
        ["S4", "#REF!", DAY, 5, None, None, None],
    ]
    rows[4][3] = "#DIV/0!"
    path = workbook(tmp_path / "spells.xlsx", rows, corner=(3, 2))
    result = read(PROGRAM, spell=path)
    assert [(row.key, row.line) for row in result.data["spell"]] == [(("12345",), 4), (("007",), 6)]
    assert [row.values["billed"] for row in result.data["spell"]] == [Fraction(2469, 2), Fraction(1, 10)]
    assert result.data["spell"][0].values["seen"] == SEEN
    assert [(r.line, r.field, r.reason) for r in result.rejects] == [
        (7, "billed", "is an error of the spreadsheet: #DIV/0!"),
        (8, "provider", "is an error of the spreadsheet: #REF!"),
    ]
    assert result.counts[0].blank == 1


def test_a_sheet_by_name(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["id", "admitted", "billed"], ["S1", DAY, 1]]
    path = workbook(tmp_path / "book.xlsx", rows, sheet="Claims 2017")
    assert len(read(PROGRAM, spell=f"{path}#Claims 2017").data["spell"]) == 1
    with pytest.raises(DataError, match="has no sheet Claims 2071: it has Claims 2017, Other") as caught:
        read(PROGRAM, spell=f"{path}#Claims 2071")
    assert caught.value.problems[0].help == "Did you mean Claims 2017?"
    with pytest.raises(DataError, match="spell needs 3 columns"):
        read(PROGRAM, spell=f"{path}#Other")


# --- files that are not what they say ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"PK\x03\x04rest", "wrong-kind"),
        ("a.csv", b"PAR1rest", "wrong-kind"),
        ("a.csv", b"\x1f\x8brest", "wrong-kind"),
        ("a.xlsx", b"id,words\n", "wrong-kind"),
        ("a.xlsx", b"PK\x03\x04rest", "wrong-kind"),
        ("a.xlsx", b"", "empty-file"),
        ("a.parquet", b"id,words\n", "wrong-kind"),
        ("a.parquet", b"PAR1 cut off", "unreadable-file"),
        ("a.parquet", b"", "empty-file"),
        ("a.jsonl", b"", "empty-file"),
        ("a.jsonl", b"id,words\n", "wrong-kind"),
        ("a.jsonl", b"[1, 2]\n", "wrong-kind"),
        ("a.pdf", b"%PDF-1.4", "wrong-kind"),
        ("a", b"", "empty-file"),
    ],
)
def test_files_that_are_not_what_they_say(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read(PROGRAM, spell=path)
    assert [p.code for p in caught.value.problems] == [code]
    assert caught.value.problems[0].help


def test_an_ending_that_says_nothing(tmp_path: Path) -> None:
    pq.write_table(arrow(), tmp_path / "spells")
    assert len(read(PROGRAM, spell=tmp_path / "spells").data["spell"]) == 2


# --- files that came to harm ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("seeds")
    pq.write_table(arrow(), folder / "a.parquet")
    workbook(folder / "a.xlsx", [["id", "admitted", "billed"], ["S1", DAY, 1.5], ["S2", DAY, 2]])
    lines = [{"id": "S1", "admitted": "01/04/2017", "billed": 1.5}, {"id": "S2", "admitted": "01/04/2017", "billed": 2}]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.sampled_from(["a.parquet", "a.xlsx", "a.jsonl"]),
    harm=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 20), st.binary(max_size=10)), min_size=1, max_size=5),
)
def test_a_file_that_came_to_harm_is_refused_or_keeps_the_books(
    tmp_path: Path, seeds: dict[str, bytes], name: str, harm: list[tuple[float, int, bytes]]
) -> None:
    content = seeds[name]
    for where, taken, put in harm:
        at = int(where * len(content))
        content = content[:at] + put + content[at + taken :]
    (tmp_path / name).write_bytes(content)
    try:
        read(PROGRAM, spell=tmp_path / name)
    except DataError as refused:
        messages = [problem.message for problem in refused.problems]
    else:
        return
    assert messages
    assert all(messages)
