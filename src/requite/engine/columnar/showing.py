"""The statements of a run as readable SQL, each column with the clause that it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import duckdb
import pyarrow as pa
from sqlglot import exp

from requite.dsl.memory import uncollected
from requite.dsl.program import WHOLE, Program, Record
from requite.dsl.types import QUANTITIES, Kind
from requite.engine.columnar.databases import Database, DuckDB, written
from requite.engine.columnar.deciding import decide
from requite.engine.columnar.dialect import DIALECTS, Dialect
from requite.engine.columnar.frames import Statement
from requite.engine.columnar.making import compiler_of
from requite.engine.columnar.problems import CannotRun, Overflow
from requite.engine.columnar.reading import store_sources
from requite.engine.columnar.reading.layout import Home, slots_of
from requite.engine.columnar.reading.names import relation_name
from requite.engine.columnar.reading.stored_rows import store_some
from requite.engine.columnar.refusing import refusals
from requite.engine.columnar.stored import Stored, StoredColumn, day_number
from requite.engine.interpreting.tables import literal_rows
from requite.engine.lower import lower
from requite.engine.reading.sources import Given

SCALES: Final = {Kind.MONEY: 100, Kind.COUNT: 1, Kind.DAYS: 1, Kind.WORKING_DAYS: 1, Kind.MONTHS: 1, Kind.POINTS: 100}
"""How many parts a whole one is taken to have, by kind; of other numbers ten thousand."""

FINEST: Final = 10_000
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
DAYS: Final = (day_number(FIRST_DAY), day_number(LAST_DAY))
"""What dates are taken to lie between."""

MOST: Final = (10**15, 10**12, 10**9)
"""What no number is taken to be greater than, in such parts: the first that all figures of a ruleset can be reckoned with."""


@dataclass(slots=True)
class _Assumed:
    """A database that is not there: nothing is known of its rows."""

    dialect: Dialect

    def bring(self, name: str, table: pa.Table) -> None:
        pass

    def make(self, statement: Statement) -> None:
        pass

    def fetch(self, select: exp.Select) -> pa.Table:
        raise NotImplementedError

    def truth(self, select: exp.Select) -> bool:
        del select
        return False


class _Shown(DuckDB):
    """Data in DuckDB, for statements that another database would run."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, dialect: Dialect) -> None:
        super().__init__(connection)
        self.dialect = dialect

    def truth(self, select: exp.Select) -> bool:
        return DuckDB(self.connection).truth(select)


def show_sql(program: Program, engine: str = "duckdb") -> str:
    """The SQL of a ruleset without data, for a run in which no number is too large and no periods overlap."""
    with uncollected(), refusals():
        return _without_data(program, engine)


def _without_data(program: Program, engine: str) -> str:
    for most in MOST:
        try:
            assumed = assumed_records(program, most)
            head = [
                f"Without data: every number is taken to lie within {most:,} of its smallest parts (money in pence),",
                f"every date between {FIRST_DAY} and {LAST_DAY},",
                "and no periods of a table to overlap. A run looks at its own data: its SQL may be simpler.",
            ]
            return statements_text(program, assumed, _Assumed(DIALECTS[engine]), None, head)
        except (CannotRun, Overflow):
            if most == MOST[-1]:
                raise
    raise AssertionError("one of them is the last")


def show_sql_of(program: Program, sources: Sequence[Given], engine: str = "duckdb") -> str:
    """The SQL of a ruleset on data, whose numbers decide how it reckons."""
    with duckdb.connect() as connection, refusals():
        data = store_sources(connection, program, sources)
        base = _Shown(connection, DIALECTS[engine])
        rows = ", ".join(f"{one.rows:,} of {name}" for name, one in data.stored.items())
        return statements_text(program, data.stored, base, None, [f"For rows as they are in the data: {rows}."])


def statements_text(program: Program, stored: Mapping[str, Stored], base: Database, known: date | None, head: list[str]) -> str:
    """The statements of a run on these records, in order."""
    c = compiler_of(lower(program), {**stored, WHOLE: Stored(WHOLE, "requite_whole", 1, {})}, base, known)
    decision = decide(c)
    title = f"{program.title or program.name}: how a run is decided by {base.dialect.name}"
    parts = ["\n".join(f"-- {line}" for line in (title, *head))]
    parts += [_made(step, base.dialect) for step in decision.steps()]
    parts += [_comment(one.about) + _pretty(one.select, base.dialect) for one in decision.counts.values()]
    parts += [_comment(one.about) + _pretty(one.select, base.dialect) for one in decision.tables.values()]
    return "\n\n".join(parts) + "\n"


def _made(statement: Statement, dialect: Dialect) -> str:
    quote = "`" if dialect.name == "spark" else '"'
    kind = "TEMPORARY VIEW" if dialect.name == "spark" else "TEMP TABLE" if statement.is_kept else "TEMP VIEW"
    create = f"CREATE {kind} {quote}{statement.name}{quote} AS\n"
    return _comment(statement.about) + create + _pretty(statement.select, dialect)


def _comment(about: str) -> str:
    return "".join(f"-- {line}\n" for line in about.splitlines())


def _pretty(select: exp.Expression, dialect: Dialect) -> str:
    return written(select, dialect, pretty=True) + ";"


# --- records without data -----------------------------------------------------------------------------------------------


def assumed_records(program: Program, most: int) -> dict[str, Stored]:
    """How the records would lie in a database whose numbers are all within bounds. The rows of the text are known."""
    records = [record for record in program.records.values() if not record.derived_from and record.name != WHOLE]
    scales: dict[Home, int] = {}
    for record in records:
        scales |= {slot.home: SCALES.get(slot.kind, FINEST) for slot in slots_of(program, record) if slot.kind in QUANTITIES}
    rows = {record.name: literal_rows(record) for record in records if record.rows}
    stored: dict[str, Stored] = {}
    if rows:
        with duckdb.connect() as connection:
            stored = dict(store_some(connection, program, rows, {}))
        scales |= dict(_scales_in(program, stored))
    return {record.name: stored.get(record.name) or _assumed(program, record, scales, most) for record in records}


def _scales_in(program: Program, stored: Mapping[str, Stored]) -> Iterator[tuple[Home, int]]:
    for name, one in stored.items():
        for slot in slots_of(program, program.records[name]):
            if slot.is_number:
                yield slot.home, one.columns[slot.column].scale


def _assumed(program: Program, record: Record, scales: Mapping[Home, int], most: int) -> Stored:
    columns = {}
    for slot in slots_of(program, record):
        nulls = slot.field.optional or slot.role == "known"
        if slot.is_number:
            columns[slot.column] = StoredColumn(slot.kind, nulls, scales[slot.home], -most, most)
        else:
            columns[slot.column] = StoredColumn(slot.kind, nulls, 1, *(DAYS if slot.is_day else ()))
    return Stored(record.name, relation_name("stored", record.name), 0, columns, ("data",), exact=False)
