"""Dates in SQL, against the calendar: every unit and period, on both databases, at the ends of years and of the calendar."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib.util import find_spec
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from sqlglot import ErrorLevel, exp

from requite.engine import calendar
from requite.engine.columnar import working_days
from requite.engine.columnar.dates import Reckoner
from requite.engine.columnar.dialect import DUCKDB, SPARK, Dialect
from requite.engine.columnar.frames import Frame, StoredRows, Writer
from requite.engine.columnar.numbers import Arithmetic, Number, Whole
from requite.engine.columnar.sql import Sql, column
from requite.engine.columnar.stored import LARGE, Stored
from requite.engine.interpret import Interpreter
from requite.engine.lower import lower
from tests.engines.agreement.compare import columnar, differences
from tests.engines.support import program_of, rows_of

UNITS = ("days", "months", "hours", "working days")
WHOLE_UNITS = ("days", "months", "years", "hours", "working days")
PERIODS = ("financial year", "quarter", "month", "calendar year")
CONSTANTS = (0, 1, -13, 180, -2500, 119987, -3652058, 3652059, -(10**15), 10**25)
PARTS = (Fraction(1, 2), Fraction(-49, 2), Fraction(-100, 3), Fraction(-1, 10**15))

Value = date | str | Fraction | None


@dataclass(frozen=True)
class Given:
    """A row: two dates, two moments, and numbers: `count`, `huge`, `top`/1000, `top`/7 and `top` over its own `bottom`."""

    day: date
    other: date
    moment: datetime
    later: datetime
    count: int
    huge: int
    top: int
    bottom: int


@dataclass(frozen=True)
class Question:
    """What is asked of each row, in SQL and of the calendar."""

    name: str
    ask: Callable[[Reckoner], Sql | Number | Whole]
    expect: Callable[[Given], Value]


# --- what is asked ----------------------------------------------------------------------------------------------------------


def whole(name: str, most: int) -> Whole:
    return Whole(column(name), -most, most)


def amounts(r: Reckoner) -> dict[str, Number]:
    top = whole("top", 10**12)
    return {
        "count": r.a.of(whole("count", 10**9)),
        "huge": r.a.of(whole("huge", LARGE)),
        "thousandths": r.a.of(top, 1000),
        "sevenths": r.a.of(top, 7),
        "ratio": Number(top, Whole(column("bottom"), 1, 10**9)),
    }


AMOUNTS: Mapping[str, Callable[[Given], Fraction]] = {
    "count": lambda row: Fraction(row.count),
    "huge": lambda row: Fraction(row.huge),
    "thousandths": lambda row: Fraction(row.top, 1000),
    "sevenths": lambda row: Fraction(row.top, 7),
    "ratio": lambda row: Fraction(row.top, row.bottom),
}


def adding(unit: str, exact: bool, amount: str) -> Question:
    start, of = "moment" if exact else "day", AMOUNTS[amount]
    return Question(
        f"{start} + {amount} {unit}",
        lambda r: r.add(column(start), exact, amounts(r)[amount], unit),
        lambda row: calendar.add(getattr(row, start), of(row), unit),
    )


def adding_constant(unit: str, exact: bool, amount: Fraction) -> Question:
    start = "moment" if exact else "day"
    return Question(
        f"{start} + {amount} {unit}",
        lambda r: r.add(column(start), exact, r.a.constant(amount), unit),
        lambda row: calendar.add(getattr(row, start), amount, unit),
    )


def between(unit: str, exact: bool) -> list[Question]:
    start, end = ("moment", "later") if exact else ("day", "other")
    asked = [
        Question(
            f"whole {unit} from {start} to {end}",
            lambda r: r.whole_between(unit, column(start), column(end), exact),
            lambda row: calendar.whole_between(unit, getattr(row, start), getattr(row, end)),
        )
    ]
    if unit in ("days", "hours"):
        asked.append(
            Question(
                f"{unit} from {start} to {end}",
                lambda r: r.elapsed(unit, column(start), column(end), exact),
                lambda row: calendar.elapsed(unit, getattr(row, start), getattr(row, end)),
            )
        )
    return asked


def of_period(period: str, start: str) -> list[Question]:
    edges = {"first": calendar.first_day, "last": calendar.last_day}
    label = Question(
        f"{period} of {start}",
        lambda r: r.label(period, column(start)),
        lambda row: calendar.period_label(period, getattr(row, start)),
    )
    return [label] + [
        Question(
            f"{edge} day of {period} of {start}",
            lambda r, edge=edge: r.edge(period, edge, column(start)),  # type: ignore[misc]
            lambda row, edge=edge: edges[edge](period, getattr(row, start)),  # type: ignore[misc]
        )
        for edge in edges
    ]


def year_begins(period: str, amount: str) -> Question:
    return Question(
        f"{period} of {amount}",
        lambda r: r.year_begins(period, amounts(r)[amount]),
        lambda row: calendar.year_begins(period, AMOUNTS[amount](row)),
    )


def year_of_constant(period: str, year: Fraction) -> Question:
    return Question(
        f"{period} of {year}",
        lambda r: r.year_begins(period, r.a.constant(year)),
        lambda _: calendar.year_begins(period, year),
    )


ON_CONSTANTS: Sequence[Question] = [
    adding_constant(unit, exact, Fraction(n)) for unit in UNITS for exact in (False, True) for n in (*CONSTANTS, *PARTS)
]

QUESTIONS: Sequence[Question] = [
    *(adding(unit, exact, amount) for unit in UNITS for exact in (False, True) for amount in AMOUNTS),
    *(question for unit in WHOLE_UNITS for exact in (False, True) for question in between(unit, exact)),
    *(question for period in PERIODS for start in ("day", "moment") for question in of_period(period, start)),
    *(year_begins(period, amount) for period in ("financial year", "calendar year") for amount in AMOUNTS),
    *(
        year_of_constant(period, Fraction(year))
        for period in ("financial year", "calendar year")
        for year in (0, 1, 2014, 9999, 10000, Fraction(4029, 2))
    ),
]


# --- the rows ---------------------------------------------------------------------------------------------------------------

ENDS = [date(1, 1, 1), date(1, 3, 31), date(1, 4, 1), date(9999, 3, 31), date(9999, 4, 1), date(9999, 12, 31)]
DAYS = [
    *ENDS,
    *(date(year, 2, 29) for year in (4, 1600, 1904, 2000, 2020, 9996)),
    *(date(year, month, day) for year in (1899, 1900, 1969, 1970, 2019, 2100, 2200, 2201) for month, day in ((1, 1), (12, 31))),
    *(date(2019, month, day) for month, day in ((1, 30), (1, 31), (2, 28), (3, 31), (4, 19), (4, 22), (4, 30), (12, 25))),
]
TIMES = [0, 1, 43_200_000_000, 86_399_999_999]
COUNTS = [0, 1, -1, 2, -2, 11, 12, -12, 25, 250, -250, 5000, 76_000, -76_000, 10**9, -(10**9)]
HUGE = [0, 3, -40, 3652058, -3652059, 2**31, 2**63, -(2**63), 10**20, LARGE, -LARGE]


def rows(many: int) -> list[Given]:
    """Random rows, near and far apart, the special ones among them."""
    pick = random.Random(42)

    def day() -> date:
        far = date(1, 1, 1) + timedelta(days=pick.randrange(3_652_059))
        return pick.choice([pick.choice(DAYS), far, date(1990, 1, 1) + timedelta(days=pick.randrange(20_000))])

    def moment() -> datetime:
        time = pick.choice([pick.choice(TIMES), pick.randrange(86_400_000_000)])
        return datetime.combine(day(), datetime.min.time()) + timedelta(microseconds=time)

    def near(start: date) -> date:
        """Another day; often a few days or exact months away."""
        try:
            apart = [timedelta(days=pick.randrange(-40, 40)), calendar.add_months(start, pick.randrange(-30, 30)) - start]
            return pick.choice([day(), start + pick.choice(apart)])
        except (OverflowError, calendar.BeyondCalendarError):
            return start

    made = []
    for _ in range(many):
        first, start = day(), moment()
        later = datetime.combine(near(start.date()), pick.choice([start, moment()]).time())
        numbers = (
            pick.choice(COUNTS),
            pick.choice(HUGE),
            pick.choice([pick.randrange(-(10**6), 10**8), pick.choice(COUNTS) * 7000]),
        )
        made.append(Given(first, near(first), start, later, *numbers, pick.choice([1, 2, 7, 999, 10**9, 7 * 3600])))
    return made


# --- asking -----------------------------------------------------------------------------------------------------------------


def expected(question: Question, row: Given) -> Value:
    try:
        return question.expect(row)
    except calendar.BeyondCalendarError:
        return None


def written(dialect: Dialect, questions: Sequence[Question], size: int) -> tuple[str, dict[str, pa.Table]]:
    """One SELECT for all the questions, each in a column (a number in two), and the tables that it rests on."""
    frame = Frame("given", StoredRows(Stored("given", "given", size, {})))
    frame.reserve(["_n", *Given.__dataclass_fields__])
    shared: dict[Any, Any] = {}
    reckoner = Reckoner(Arithmetic(dialect, frame.hold), frame, shared)
    outputs: dict[str, Sql] = {"_n": column("_n")}
    for n, question in enumerate(questions):
        found = question.ask(reckoner)
        if isinstance(found, Whole):
            found = reckoner.a.of(found)
        if isinstance(found, Number):
            outputs[f"q{n}"], outputs[f"q{n}_over"] = found.top.sql, found.bottom.sql
        else:
            outputs[f"q{n}"] = found
    statement = Writer().query("asked", "", lambda query: query.select(frame, outputs))
    for part in statement.select.find_all(exp.CTE):
        part.set("materialized", None)
    return statement.select.sql(dialect=dialect.name, unsupported_level=ErrorLevel.RAISE), shared.get(working_days.TABLES, {})


def compared(questions: Sequence[Question], given: Sequence[Given], found: Sequence[Mapping[str, Any]]) -> None:
    """Every answer is the calendar's."""
    assert [answer["_n"] for answer in found] == list(range(len(given)))
    for n, question in enumerate(questions):
        for row, answer in zip(given, found, strict=True):
            value, over = answer[f"q{n}"], answer.get(f"q{n}_over")
            if value is not None and over is not None:
                value = Fraction(int(value), int(over))
            wanted = expected(question, row)
            assert (type(value), value) == (type(wanted), wanted), (question.name, row)


def on_duckdb(questions: Sequence[Question], given: Sequence[Given]) -> list[dict[str, Any]]:
    sql, tables = written(DUCKDB, questions, len(given))
    columns: dict[str, Any] = {name: [getattr(row, name) for row in given] for name in Given.__dataclass_fields__}
    columns["huge"] = pa.array([Decimal(value) for value in columns["huge"]], pa.decimal128(38, 0))
    with duckdb.connect() as db:
        db.register("read", pa.table({"_n": list(range(len(given))), **columns}))
        db.execute('CREATE TABLE given AS SELECT * REPLACE (CAST(huge AS HUGEINT) AS huge) FROM "read"')
        for name, table in tables.items():
            db.register(name, table)
        asked = db.execute(f"SELECT * FROM ({sql}) ORDER BY _n")
        names = [name for name, *_ in asked.description or ()]
        return [dict(zip(names, values, strict=True)) for values in asked.fetchall()]


def test_duckdb_reckons_as_the_calendar_does() -> None:
    given, questions = rows(1500), [*QUESTIONS, *ON_CONSTANTS]
    compared(questions, given, on_duckdb(questions, given))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A Spark session, in a time zone whose clocks change: moments are what the clock shows."""
    from pyspark.sql import SparkSession

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate().newSession()
        session.conf.set("spark.sql.session.timeZone", "Europe/London")
        session.conf.set("spark.sql.timestampType", "TIMESTAMP_NTZ")
        session.conf.set("spark.sql.ansi.enabled", "true")
        yield session


def on_spark(session: Any, questions: Sequence[Question], given: Sequence[Given]) -> list[dict[str, Any]]:
    sql, tables = written(SPARK, questions, len(given))
    schema = "_n BIGINT, day DATE, other DATE, moment TIMESTAMP_NTZ, later TIMESTAMP_NTZ, "
    schema += "count BIGINT, huge DECIMAL(38, 0), top BIGINT, bottom BIGINT"
    fields = [(n, *(getattr(row, name) for name in Given.__dataclass_fields__)) for n, row in enumerate(given)]
    values = [tuple(Decimal(value) if at == 6 else value for at, value in enumerate(row)) for row in fields]
    session.createDataFrame(values, schema).createOrReplaceTempView("given")
    for name, table in tables.items():
        session.createDataFrame(table).createOrReplaceTempView(name)
    return [row.asDict() for row in session.sql(f"SELECT * FROM ({sql}) ORDER BY _n").collect()]


@pytest.mark.skipif(find_spec("pyspark") is None, reason="pyspark is not installed")
def test_spark_reckons_as_the_calendar_does(spark: Any) -> None:
    joined = [question for question in QUESTIONS if "working" in question.name]
    plain = [question for question in QUESTIONS if question not in joined]
    given, questions = rows(300), [*plain, *joined[::3], *ON_CONSTANTS[:84:5]]
    compared(questions, given, on_spark(spark, questions, given))


# --- in programs ------------------------------------------------------------------------------------------------------------

FIGURES = {
    "later": "start + stayed",
    "earlier": "start - 2 days",
    "renewed": "start + wait",
    "due": "start + term",
    "reply": "start + 10 working days",
    "done": "seen + shift",
    "far": "seen + huge",
    "nights": "finish - start",
    "worked": "left - seen",
    "full": "whole months from start to finish",
    "years": "age on finish born start",
    "office": "whole working days from start to finish",
    "attended": "whole hours from seen to left",
    "paid_in": "financial year of later",
    "part": "quarter of start",
    "closes": "last day of financial year of start",
    "opens": "first day of financial year of year",
    "both": "(whole days from start to (last day of month of due)) else 5 days",
}

PROGRAM = """
record stay
  key id: text
  start: date
  finish: date optional
  seen: moment
  left: moment optional
  stayed: days
  wait: months
  term: working days
  shift: hours
  huge: days
  year: number

for each stay
""" + "".join(f"  let {name} = {value}\n  show {name}\n" for name, value in FIGURES.items())


def stays(many: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"S{n}",
            "start": row.day,
            "finish": row.other if n % 7 else None,
            "seen": row.moment,
            "left": row.later if n % 5 else None,
            "stayed": Fraction(row.count),
            "wait": Fraction(row.top, 7000),
            "term": Fraction(row.count, 2),
            "shift": Fraction(row.top, 8),
            "huge": Fraction(row.huge),
            "year": Fraction(1990 + n % 40, 1 + n % 2),
        }
        for n, row in enumerate(rows(many))
    ]


def test_figures_and_the_reasons_why_there_are_none_are_the_interpreters() -> None:
    program = program_of(PROGRAM)
    plan, data = lower(program), {"stay": rows_of(program, "stay", stays(200))}
    assert not differences(plan, data, None, None, columnar())
    reasons = {figure.reason for figure in Interpreter(plan, data).decide().figures if figure.value is None}
    beyond = {reason.removesuffix(" is beyond the calendar") for reason in reasons if reason.endswith("beyond the calendar")}
    assert beyond >= {FIGURES[name] for name in ("later", "renewed", "due", "reply", "done", "far", "office", "part", "closes")}
    assert any(reason.startswith("finish is blank") for reason in reasons)
