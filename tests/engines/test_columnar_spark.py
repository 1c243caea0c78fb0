"""Spark decides as the others do: worked examples, runs, and numbers at the ends of what it holds."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from importlib.util import find_spec
from math import gcd
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlglot import exp

from requite.dsl.load import load_program
from requite.engine.columnar import spark_sessions
from requite.engine.columnar import sql as s
from requite.engine.columnar.databases import written
from requite.engine.columnar.dialect import SPARK, divide
from requite.engine.columnar.frames import Statement
from requite.engine.columnar.problems import Overflow
from requite.engine.columnar.spark import Spark
from requite.engine.columnar.spark_sessions import QUICK, SETTINGS, check_java, local_session, remote_session
from requite.engine.columnar.sql import Sql, column, select_of
from requite.engine.examples import examples_on, run_example
from requite.engine.lower import lower
from requite.engine.reading.problems import DataError
from requite.engine.results import COLUMNS
from requite.engine.run import run
from tests.rulesets.support import load, shared

pytestmark = pytest.mark.skipif(
    find_spec("pyspark") is None or shutil.which("java") is None, reason="PySpark or Java is not installed"
)

PROGRAMS = Path(__file__).parent / "programs"
RULESETS = Path(__file__).parents[2] / "src" / "requite" / "rulesets"

A_PROGRAM, A_RULESET = 3, 1
"""How many examples of each file are tried: planning one takes Spark seconds. The other engines are tried on all."""

LARGE = 10**38 - 1


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A session of Spark in this process; its Java machine goes with the last of these tests."""
    yield local_session(memory=10**9, threads=2, brief=True)
    spark_sessions.stop()


@pytest.fixture
def base(spark: Any) -> Spark:
    return Spark(spark, settings={**SETTINGS, **QUICK})


# --- examples ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PROGRAMS.glob("*.requite")), ids=lambda path: path.stem)
def test_programs_mean_the_same(path: Path, spark: Any) -> None:
    del spark
    assert_examples_hold(path, A_PROGRAM)


@pytest.mark.parametrize("path", sorted(RULESETS.glob("*/*.md")), ids=lambda path: path.stem)
def test_rulesets_mean_the_same(path: Path, spark: Any) -> None:
    del spark
    assert_examples_hold(path, A_RULESET)


def assert_examples_hold(path: Path, most: int) -> None:
    program, _ = load_program(path)
    assert program is not None
    plan, engine = lower(program), examples_on("spark")
    examples = plan.program.examples[:most]
    assert examples or not (plan.program.schemes or plan.program.checks or plan.program.shown)
    for example in examples:
        failures = run_example(example, plan, {}, None, engine).failures
        assert not failures, "\n".join(f"{failure.span}: {failure.message}" for failure in failures)


def test_two_sessions_do_not_see_each_others_rows(spark: Any) -> None:
    one, other = Spark(spark), Spark(spark)
    for base, value in ((one, 1), (other, 2)):
        base.bring("rows", pa.table({"n": [value]}))
    assert [base.fetch(select_of([column("n")], "rows")).to_pylist() for base in (one, other)] == [[{"n": 1}], [{"n": 2}]]


# --- numbers ----------------------------------------------------------------------------------------------------------


def numbers(base: Spark, pairs: list[tuple[int, int]]) -> None:
    wide = pa.decimal128(38, 0)
    columns = {
        "i": pa.array(range(len(pairs)), pa.int64()),
        "n": pa.array([Decimal(n) for n, _ in pairs], wide),
        "d": pa.array([Decimal(d) for _, d in pairs], wide),
    }
    base.bring("pairs", pa.table(columns))


def asked(base: Spark, **outputs: Sql) -> list[dict[str, Any]]:
    select = select_of([column("i"), *(s.aliased(sql, name) for name, sql in outputs.items())], "pairs")
    return sorted(base.fetch(select).to_pylist(), key=lambda row: row["i"])


def some_pairs() -> list[tuple[int, int]]:
    """Numbers of all lengths, and those that are hardest: at the ends, and neighbours of Fibonacci's for a common divisor."""
    drawn = random.Random(7)
    pairs = [(LARGE, 1), (-LARGE, 1), (LARGE, 3), (-LARGE, 10**32), (LARGE, 10**32 - 1), (10**32, 7), (0, 5), (LARGE, LARGE)]
    for _ in range(300):
        shared = 10 ** drawn.randrange(12)
        n, d = (drawn.randrange(10 ** drawn.randrange(1, 39)) // shared * shared for _ in range(2))
        pairs.append((n * drawn.choice((1, -1)), max(d, 1)))
    a, b = 1, 1
    while a + b <= LARGE:
        a, b = b, a + b
    return [*pairs, (a, b), (b, a)]


@pytest.mark.parametrize("settings", [SETTINGS | QUICK, SETTINGS], ids=["quick", "compiled"])
def test_whole_numbers_of_38_digits_are_exact(spark: Any, settings: dict[str, str]) -> None:
    base, pairs = Spark(spark, settings=settings), some_pairs()
    numbers(base, pairs)
    n, d = column("n"), column("d")
    size = SPARK.magnitude_big(n)
    found = asked(
        base,
        quotient=divide(n, d, True, True, SPARK),
        rest=s.remainder(n, d),
        size=size,
        negative=SPARK.negate_big(n),
        shared=SPARK.common_divisor(size, d, LARGE),
        text=s.cast(n, "TEXT"),
        decimals=s.cast(SPARK.decimal_of(divide(n, s.whole(100), True, False, SPARK), 2), "TEXT"),
    )
    for (top, bottom), row in zip(pairs, found, strict=True):
        quotient = abs(top) // bottom * (1 if top >= 0 else -1)
        pennies = Fraction(abs(top) // 100 * (1 if top >= 0 else -1), 100)
        assert row["quotient"] == quotient, (top, bottom)
        assert row["rest"] == top - quotient * bottom, (top, bottom)
        assert (row["size"], row["negative"], row["text"]) == (abs(top), -top, str(top))
        assert row["shared"] == gcd(top, bottom), (top, bottom)
        assert Fraction(row["decimals"]) == pennies


@pytest.mark.parametrize(
    "sql",
    [
        s.plus(column("n"), s.whole(1)),
        s.times(column("n"), s.whole(2)),
        s.cast(column("n"), "BIGINT"),
        exp.Sum(this=column("n")),
        exp.Sum(this=s.cast(column("d"), "BIGINT")),
    ],
    ids=["sum", "product", "narrowed", "total", "small total"],
)
def test_what_does_not_fit_is_said(base: Spark, sql: Sql) -> None:
    numbers(base, [(LARGE, 2**63 - 1)] * 2)
    with pytest.raises(Overflow, match=r"an amount has more than 38 digits \(the clause\)"):
        base.make(Statement("made", "the clause", select_of([s.aliased(sql, "x")], "pairs")))


def test_texts_come_as_they_are(base: Spark) -> None:
    words = ["it's", 'a "b"', "back\\slash", "two\nlines", "${x}", "%_", "“é”", "*/ /*", "", None]
    base.bring("said", pa.table({"i": range(len(words)), "word": pa.array(words, pa.string())}))
    same = [{"word": word} for word in words]
    assert base.fetch(select_of([column("word")], "said")).to_pylist() == same
    for word in words:
        if word is not None:
            select = select_of([s.aliased(s.text(word), "word", "about /* this")], "requite_one")
            base.bring("requite_one", pa.table({"n": [1]}))
            assert base.fetch(select).to_pylist() == [{"word": word}], written(select, SPARK)


# --- runs -------------------------------------------------------------------------------------------------------------


def test_a_run_writes_the_same_bytes(spark: Any, tmp_path: Path) -> None:
    del spark
    path = PROGRAMS / "claims.requite"
    program, _ = load_program(path)
    assert program is not None
    given = {
        "spell": [
            {
                "id": f"S{n}",
                "provider": "RXX",
                "patient": f"N{n % 7}",
                "price": f"{n}.5",
                "admitted": "2012-04-01",
                "billed": f"{n * 2}",
            }
            for n in range(40)
        ]
    }
    inputs = {
        name: given.get(name, []) for name, record in program.records.items() if record.rows is None and not record.derived_from
    }
    for engine in ("duckdb", "spark"):
        run(program, inputs, tmp_path / engine, csv=True, engine=engine, threads=2, memory="1GB")
    for name in COLUMNS:
        one, other = ((tmp_path / engine / f"{name}.csv").read_bytes() for engine in ("duckdb", "spark"))
        assert one == other, name


def test_medicare_comes_to_the_same_on_real_data(spark: Any, tmp_path: Path) -> None:
    del spark
    program, _ = load("medicare/shared_savings.md")
    lines = shared("mssp_2014_2020/aco_years.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    some = tmp_path / "aco.csv"
    some.write_text("".join([lines[0], *lines[1::20]]), encoding="utf-8")
    for engine in ("interpret", "spark"):
        made = run(program, {"aco": some}, tmp_path / engine, csv=True, engine=engine, threads=2, memory="1GB")
        assert made.totals["payments"]["count"] > 0
    for name in COLUMNS:
        one, other = ((tmp_path / engine / f"{name}.csv").read_bytes() for engine in ("interpret", "spark"))
        assert one == other, name


# --- what is missing --------------------------------------------------------------------------------------------------


def test_an_executor_in_this_process_is_not_given_up_for_a_pause(spark: Any) -> None:
    """It was, after two minutes of collecting garbage, and what it had to do was waited for without end."""
    waits = spark.sparkContext.getConf().get("spark.network.timeout")
    assert waits.removesuffix("h").isdigit()
    assert int(waits.removesuffix("h")) >= 24


def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(DataError, match="Spark needs Java 17 or later, and there is none in JAVA_HOME"):
        check_java()


def test_an_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n", encoding="ascii")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(DataError, match=r"Spark needs Java 17 or later, and .* is version 11"):
        check_java()


@pytest.mark.parametrize(
    ("address", "said"),
    [("sc://127.0.0.1:1", "there is no Spark at sc://127.0.0.1:1"), ("spark", "spark is no address of Spark")],
)
def test_an_address_where_nothing_answers(address: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        remote_session(address)
