"""Results as tables and files: exact, in the columns promised, the same bytes each time, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from requite.engine.decision import Carried, Figure, Finding, NotAssessable, Payment, Rejected, Results, RuleCount
from requite.engine.results import amount, decimal_text, fraction_text, read_table, safe_cell, tables_of, write_tables
from requite.engine.wording import joined, parted

HUGE = Fraction(9223372036854775807, 100)


@given(st.lists(st.lists(st.text("ab|\\ ", max_size=4), min_size=2, max_size=3), min_size=2, max_size=2))
def test_no_two_keys_of_several_parts_have_the_same_text(keys: list[list[str]]) -> None:
    one, other = keys
    assert (joined(one) == joined(other)) == (one == other)
    assert parted(joined(one)) == tuple(one)


def test_keys_as_one_text() -> None:
    assert joined(["RXX", "05A"]) == "RXX|05A"
    assert joined(["x|y", "z"]) == r"x\|y|z"
    assert joined(["x", "y|z"]) == r"x|y\|z"
    assert joined(["x\\", "y|z"]) == r"x\\|y\|z"
    assert joined([r"a|b\c"]) == r"a|b\c", "of one part it is the part itself"
    assert parted(r"a\b|c") == (r"a\b", "c"), "a backslash before anything else is one"
    assert joined([]) == ""


def payment(value: Fraction, payee: str = "RXX", reason: str = "", key: tuple[str, ...] = ("P1",)) -> Payment:
    return Payment("incentive", "incentive.financial", "payment", "practice", key, payee, value, "investment", reason)


def finding(**changes: object) -> Finding:
    values: dict[str, object] = {
        "check": "over_estimate", "record": "spell", "key": ("S1",), "billed": Fraction(120), "expected": Fraction(100),
        "overcharge": Fraction(20), "reason": "billed £120.00", "penalty": Fraction(2), "respondent": "RXX", "challenged": True,
        "challenged_as": "over_estimate",
    }  # fmt: skip
    return Finding(**{**values, **changes})  # type: ignore[arg-type]


def figure(value: object, type: str, reason: str = "") -> Figure:
    return Figure("shown", "practice", ("P1",), value, type, reason)  # type: ignore[arg-type]


RESULTS = Results(
    payments=(payment(Fraction(20447)), payment(HUGE, key=("RXX", "05A")), payment(Fraction(-1, 100), reason="=1+1")),
    findings=(
        finding(),
        finding(billed=None, expected=None, overcharge=Fraction(-5), penalty=None, challenged=False, challenged_as=""),
    ),
    figures=(
        figure(Fraction(1, 3), "money"),
        figure(Fraction(25, 2), "money"),
        figure(Fraction(7, 10), "percent"),
        figure(Fraction(1, 3), "percent"),
        figure(Fraction(5), "number"),
        figure(Fraction(-5, 2), "number"),
        figure(date(2017, 4, 1), "date"),
        figure(datetime(2017, 4, 1, 10, 30), "moment"),
        figure(True, "yes/no"),
        figure("-lots", "text"),
        figure(None, "money", "no row"),
    ),
    not_assessable=(NotAssessable("over_estimate", "spell", ("S2",), "no price"),),
    carried=(
        Carried("incentive", "debt", "practice", ("a|b", "c"), Fraction(1, 3)),
        Carried("incentive", "debt", "practice", ("d", "c"), Fraction(50)),
        Carried("incentive", "debt", "practice", ("e", "c"), Fraction(-1, 8)),
        Carried("incentive", "debt", "practice", ("f", "c"), None, "no row"),
    ),
    counts=(RuleCount("over_estimate", "check", "spell", 3, 1, 1, 1),),
)
REJECTS = (
    Rejected("spell", "claims.csv", 4, "billed", "-5", "is blank"),
    Rejected("spell", "claims.csv", 5, "id", "-x", "is blank"),
)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tables(tables_of("north_bradford", RESULTS, REJECTS), tmp_path, with_csv=True)
    return tmp_path


FIRST = {
    "payments": "ruleset,scheme,payment,record,key,payee,amount",
    "findings": "ruleset,check,record,key,billed,expected,overcharge,reason",
    "not_assessable": "ruleset,rule,record,key,reason",
    "rejects": "record,file,line,field,value,reason",
}


@pytest.mark.parametrize("name", FIRST)
def test_the_columns_that_were_promised_stand_first(folder: Path, name: str) -> None:
    header = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == FIRST[name] or header.startswith(FIRST[name] + ",")
    assert read_table(folder / f"{name}.parquet").column_names[: FIRST[name].count(",") + 1] == FIRST[name].split(",")


def test_payments(folder: Path) -> None:
    first, second, third = rows(folder / "payments.csv")
    assert first == {
        "ruleset": "north_bradford", "scheme": "incentive", "payment": "financial", "record": "practice", "key": "P1",
        "payee": "RXX", "amount": "20447.00", "kind": "payment", "spent_on": "investment", "reason": "",
    }  # fmt: skip
    assert (second["key"], second["amount"]) == ("RXX|05A", "92233720368547758.07")
    assert (third["amount"], third["reason"]) == ("-0.01", "'=1+1")
    table = read_table(folder / "payments.parquet")
    assert table.schema.field("amount").type == pa.decimal128(38, 2)
    assert table["amount"].to_pylist() == [Decimal("20447.00"), Decimal("92233720368547758.07"), Decimal("-0.01")]
    assert table["reason"].to_pylist()[2] == "=1+1"


def test_findings(folder: Path) -> None:
    first, second = rows(folder / "findings.csv")
    assert (first["billed"], first["overcharge"], first["penalty"], first["challenged"]) == ("120.00", "20.00", "2.00", "yes")
    assert (second["billed"], second["overcharge"], second["penalty"], second["challenged"]) == ("", "-5.00", "", "no")


def test_figures(folder: Path) -> None:
    assert [(row["value"], row["exact"]) for row in rows(folder / "figures.csv")] == [
        ("0.333333333333", "1/3"),
        ("12.50", "12.50"),
        ("70%", "70%"),
        ("33.333333333333%", "100/3%"),
        ("5", "5"),
        ("-2.5", "-2.5"),
        ("2017-04-01", "2017-04-01"),
        ("2017-04-01 10:30:00", "2017-04-01 10:30:00"),
        ("yes", "yes"),
        ("'-lots", "'-lots"),
        ("", ""),
    ]


def test_the_others(folder: Path) -> None:
    assert rows(folder / "not_assessable.csv")[0]["reason"] == "no price"
    assert [row["value"] for row in rows(folder / "rejects.csv")] == ["-5", "'-x"]
    assert rows(folder / "counts.csv")[0]["out_of_scope"] == "1"
    assert [row["value"] for row in rows(folder / "carried.csv")] == ["1/3", "50.00", "-0.125", ""]
    assert read_table(folder / "carried.parquet")["key_parts"].to_pylist()[:2] == [["a|b", "c"], ["d", "c"]]


def test_no_results_are_tables_too(tmp_path: Path) -> None:
    written = write_tables(tables_of("r", Results((), (), (), (), (), ()), ()), tmp_path, with_csv=True)
    assert {item.rows for item in written} == {0}
    assert read_table(tmp_path / "payments.parquet").schema.field("amount").type == pa.decimal128(38, 2)


def test_the_same_results_are_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    write_tables(tables_of("north_bradford", RESULTS, REJECTS), tmp_path / "again", with_csv=True)
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (folder / path.name).read_bytes()


def test_others_can_read_the_files(folder: Path) -> None:
    found = duckdb.connect().execute(f"SELECT sum(amount) FROM '{folder}/payments.parquet'").fetchall()
    assert found == [(Decimal("92233720368568205.06"),)]
    assert b"ZSTD" in str(read_metadata(folder / "payments.parquet")).encode()


def read_metadata(path: Path) -> object:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        return file.metadata.row_group(0).column(0)


@given(
    st.lists(
        st.one_of(st.none(), st.fractions(max_denominator=1).map(lambda f: f / 100), st.integers(-(10**30), 10**30).map(Fraction))
    )
)
def test_no_amount_loses_anything(values: list[Fraction | None]) -> None:
    back = amount(values).to_pylist()
    assert [None if value is None else Fraction(value) for value in back] == values


def test_amounts_choose_their_scale() -> None:
    assert amount([Fraction(1, 8), None]).type == pa.decimal128(38, 3)
    assert amount([Fraction(10**39)]).type == pa.decimal256(76, 2)
    with pytest.raises(ValueError, match="decimals without end"):
        amount([Fraction(1, 3)])
    with pytest.raises(ValueError, match="76 digits"):
        amount([Fraction(10**80)])


@given(st.integers(), st.integers(0, 30))
def test_decimals_as_text(number: int, decimals: int) -> None:
    value = Fraction(number, 10**decimals)
    assert Fraction(decimal_text(value)) == value
    assert Fraction(decimal_text(value, 2)) == value
    assert fraction_text(value) == decimal_text(value)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+44 20", "'+44 20"),
        ("-lots", "'-lots"),
        ("@sum", "'@sum"),
        ("\t=1", "'\t=1"),
        ("-5.00", "-5.00"),
        ("-5%", "-5%"),
        ("£5", "£5"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_cells_that_a_spreadsheet_would_run(text: str, cell: str) -> None:
    assert safe_cell(text) == cell
