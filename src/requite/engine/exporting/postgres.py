"""Results as tables of PostgreSQL, written through ADBC in one transaction: all of a run is there, or nothing of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from requite.engine.exporting.runs import RUN, RUNS, SCHEMAS, TABLES, FinishedRun, Written, streamed
from requite.engine.exporting.targets import Target, first_line, lacking
from requite.engine.reading.addresses import postgres_address
from requite.engine.reading.frames import quoted
from requite.engine.reading.problems import DataError
from requite.engine.results import PENNY_DECIMALS

LONGEST_NAME: Final = 63
"""Bytes of a name; PostgreSQL would cut a longer one short."""

PATIENCE: Final = 30
"""Seconds to wait for a connection, or for another export to the same tables."""

NOTHING: Final = "␀"
"""The sign for the character 0, which PostgreSQL's texts cannot hold."""

# COPY takes numbers in the very type of the column only.
TYPES: Final[dict[pa.DataType, tuple[str, ...]]] = {
    pa.string(): ("text", "character varying"),
    pa.int64(): ("bigint",),
    pa.bool_(): ("boolean",),
    pa.date32(): ("date",),
    pa.timestamp("us", tz="UTC"): ("timestamp with time zone",),
    pa.list_(pa.string()): ("text[]", "character varying[]"),
}
NUMBER: Final = "numeric"
BOUNDED: Final = re.compile(r"numeric\([0-9]+,([0-9]+)\)")

PENNIES: Final = {
    name: pa.schema([(c.name, pa.decimal128(38, PENNY_DECIMALS) if pa.types.is_decimal(c.type) else c.type) for c in schema])
    for name, schema in SCHEMAS.items()
}
"""What is looked for before the run, when nobody knows yet how many decimals its amounts will have."""

COLUMNS: Final = """
SELECT a.attname::text, format_type(a.atttypid, a.atttypmod),
       NOT a.attnotnull OR a.atthasdef OR a.attidentity <> '', c.relkind::text
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname::text = $1 AND c.relname::text = $2 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""
RIGHTS: Final = ("SELECT", "INSERT", "DELETE")
RELATIONS: Final = ("r", "p", "f")
"""What takes rows: tables, partitioned ones, and those of another server."""


@dataclass(frozen=True, slots=True)
class PostgresTables(Target):
    """Tables of a schema, their names after a prefix; the address may hold a password, and is shown nowhere."""

    address: str = field(repr=False)
    schema: str
    prefix: str

    def check(self, out: Path | None = None) -> None:  # noqa: ARG002
        # What is made on the way goes with the transaction.
        with self._connected() as (_, cursor):
            self._prepare(cursor, PENNIES)

    def write(self, run: FinishedRun, written: Written) -> None:
        with self._connected() as (connection, cursor):
            schemas = {name: run.schema(name) for name in TABLES}
            schema = self._prepare(cursor, schemas)
            for name in TABLES:
                cursor.execute(f"DELETE FROM {self._quoted(schema, name)} WHERE {RUN} = $1", (run.id,))
            for name in TABLES:
                batches = map(_without_zeros, written(run.batches(name, schemas[name])))
                with streamed(schemas[name], batches) as rows:
                    cursor.adbc_ingest(self.prefix + name, rows, mode="append", db_schema_name=schema)
            written.go_on()
            connection.commit()

    def _prepare(self, cursor: Any, schemas: Mapping[str, pa.Schema]) -> str:
        """Make what is missing, and look whether the rest takes a run; the name of the schema."""
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
        cursor.execute("SET LOCAL client_encoding = 'UTF8'")
        schema = self.schema or _rows(cursor, "SELECT current_schema()::text")[0][0]
        if not schema:
            raise self.refused("it names no schema", "Name one after a #: postgresql://HOST/DATABASE#schema.")
        # Two exports of a run at the same time would both find nothing to take away.
        _rows(cursor, "SELECT pg_advisory_xact_lock(hashtextextended('requite.' || $1, 0))::text", f"{schema}.{self.prefix}")
        if not _rows(cursor, "SELECT 1 FROM pg_namespace WHERE nspname::text = $1", schema):
            cursor.execute(f"CREATE SCHEMA {quoted(schema)}")
        for name in TABLES:
            self._prepare_table(cursor, schema, name, schemas[name])
        return schema

    def _prepare_table(self, cursor: Any, schema: str, name: str, own: pa.Schema) -> None:
        columns = _rows(cursor, COLUMNS, schema, self.prefix + name)
        table = f"{schema}.{self.prefix}{name}"
        if not columns:
            cursor.execute(f"CREATE TABLE {self._quoted(schema, name)} ({self._columns(name)})")
            return
        help = f"Write to another schema or behind another prefix ({self._base()}#SCHEMA.PREFIX), or put that table right."
        if columns[0][3] not in RELATIONS:
            raise self.refused(f"{table} is there already, and is no table", help)
        there = {column: kind for column, kind, _, _ in columns}
        wanted = {column.name: _types(column.type, there.get(column.name, "")) for column in own}
        wrong = lacking(table, there, wanted, {column for column, _, spare, _ in columns if spare})
        if wrong:
            raise self.refused(wrong, help)
        for right in RIGHTS:
            allowed = _rows(cursor, f"SELECT has_table_privilege($1, '{right}')", self._quoted(schema, name))
            if not allowed[0][0]:
                raise self.refused(f"you may not {right} in the table {table}", "Ask for the right to.")

    def _columns(self, name: str) -> str:
        columns = [f"{quoted(column.name)} {_types(column.type)[0]}" for column in SCHEMAS[name]]
        columns[0] += " PRIMARY KEY" if name == RUNS else " NOT NULL"
        return ", ".join(columns)

    def _quoted(self, schema: str, name: str) -> str:
        return f"{quoted(schema)}.{quoted(self.prefix + name)}"

    def _base(self) -> str:
        return self.name.partition("#")[0]

    @contextmanager
    def _connected(self) -> Iterator[tuple[Any, Any]]:
        dbapi = self.module("adbc_driver_postgresql.dbapi", "postgres")
        try:
            with dbapi.connect(self.address) as connection, connection.cursor() as cursor:
                yield connection, cursor
        except dbapi.Error as error:
            raise self._explained(str(error), getattr(error, "sqlstate", None)) from None

    def _explained(self, said: str, state: str | None) -> DataError:
        if state is None:
            return self._unreachable(said)
        # What the server says of a statement follows its own word for how bad it is.
        server = first_line(said.partition("ERROR:")[2] or said.partition("FATAL:")[2])
        if state == "42501":
            return self.refused(server or "you may not", "Ask for the right to write there, and to CREATE what is missing.")
        if state == "55P03":
            help = "Wait until it is done, then export the run again."
            return self.refused("another program is writing to these tables", help)
        if state.startswith("53"):
            return self.refused(server, "Make room on the server.")
        return self.refused(server, "Nothing of the run was written. Once that is put right, export the run again.")

    def _unreachable(self, said: str) -> DataError:
        if "password" in said:
            return self.refused("the password is wrong", "Check that PGPASSWORD or the address gives the password.")
        # Only what the server or the system answered: the driver repeats what it was given.
        answer = re.search(r"(?:FATAL: |connection to server .* failed: )([^\n]*)", said)
        why = answer[1].replace("FATAL: ", "").strip() if answer else "no connection, or it broke off"
        return self.refused(why, "Check the address, and that the server runs there.")


def _rows(cursor: Any, statement: str, *values: str) -> list[tuple[Any, ...]]:
    """The rows of a query; what goes wrong in it is said only when they are fetched."""
    cursor.execute(statement, values or None)
    return list(cursor.fetchall())


def _types(kind: pa.DataType, there: str = "") -> tuple[str, ...]:
    """The types of a column that will do, the usual one first; not one with so few decimals that amounts would be rounded."""
    if not pa.types.is_decimal(kind):
        return TYPES[kind]
    bounded = BOUNDED.fullmatch(there)
    return (NUMBER, there) if bounded and int(bounded[1]) >= kind.scale else (NUMBER,)


def _without_zeros(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch in whose texts a sign stands for each character 0."""
    columns = batch.columns
    for position, column in enumerate(columns):
        if pa.types.is_string(column.type) and pc.any(pc.match_substring(column, "\0")).as_py():
            columns[position] = pc.replace_substring(column, "\0", NOTHING)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def postgres_tables(given: str) -> PostgresTables:
    """The schema and prefix that `postgresql://…#schema.prefix` names; ValueError where it names none."""
    address = postgres_address(given)
    if "table" in address.query:
        raise ValueError("results are several tables: name their schema after a #, as in postgresql://HOST/DATABASE#schema")
    schema, dot, prefix = address.named.partition(".")
    longest = max(map(len, TABLES))
    if (address.named and not schema) or (dot and not prefix) or "." in prefix:
        raise ValueError("name a schema after the #, and a prefix after a dot: postgresql://HOST/DATABASE#schema.prefix_")
    if len(schema.encode()) > LONGEST_NAME or len(prefix.encode()) + longest > LONGEST_NAME:
        most = f"{LONGEST_NAME} bytes, with the prefix and the table's own name"
        raise ValueError(f"{schema}{dot}{prefix} is too long: a name in PostgreSQL has at most {most}")
    shown = address.shown + (f"#{address.named}" if address.named else "")
    plain = address.plain
    if "connect_timeout" not in address.query and "PGCONNECT_TIMEOUT" not in os.environ:
        plain += f"{'&' if '?' in plain else '?'}connect_timeout={PATIENCE}"
    return PostgresTables(shown, plain, schema, prefix)
