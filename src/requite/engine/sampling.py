"""Some records of a finished run decided again by the interpreter, and compared with what the other engine wrote."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, cast

import duckdb
import pyarrow as pa

from requite.dsl.memory import uncollected
from requite.dsl.program import WHOLE, Program
from requite.engine.data import Progress
from requite.engine.decision import Results
from requite.engine.interpret import Interpreter
from requite.engine.interpreting import deciding
from requite.engine.interpreting.closures import Compiler
from requite.engine.reading.frames import quoted, reading_path
from requite.engine.reading.problems import DataError, DataProblem, problem
from requite.engine.results import tables_of
from requite.engine.rows import Row
from requite.engine.seeking import Opened, TooManyRows
from requite.engine.wording import joined, key_text

Named = tuple[str, str]
"""A record, and the key of one of its rows as the results have it."""

STRATA: Final = {
    "payments": "scheme, payment, amount = 0",
    "findings": '"check", challenged',
    "not_assessable": "rule",
    "figures": "name, reason = ''",
    "carried": "scheme, name",
}
"""By table of results, what tells kinds of outcome apart: the sample has some of each."""

MOST_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Checked:
    """How many records were decided again, and what is to be said of those that could not be."""

    number: int
    notices: tuple[str, ...] = ()


def check_sample(opened: Opened, folder: Path, number: int, seed: str, engine: str, progress: Progress | None = None) -> Checked:
    """Decide so many records of a run's folder again, and compare. DataError tells every difference.

    `seed` decides which: the same run has the same sample. Each record's rows are decided by an interpreter of their own, so that
    what one needed is let go before the next; where that goes over more rows than there is room for, they are left out.
    """
    with duckdb.connect() as connection:
        sample = _sample(opened.interpreter(), folder, number, seed, connection)
    by_record: dict[str, list[Named]] = defaultdict(list)
    for one in sample:
        by_record[one[0]].append(one)
    done, differences, notices = 0, list[str](), list[str]()
    for record, named in by_record.items():
        if progress:
            progress("checking", done, len(sample))
        try:
            differences += differing(opened.interpreter(), folder, named, engine)
            done += len(named)
        except TooManyRows as error:
            of = "one record" if len(named) == 1 else f"{len(named):,} records"
            what = "the whole ruleset" if record == WHOLE else record
            notices.append(f"{of} of {what} could not be checked: {error.problems[0].message}")
    if differences:
        raise _differ(differences, done, engine)
    return Checked(done, tuple(notices))


def check_records(interpreter: Interpreter, folder: Path, named: Sequence[Named], engine: str) -> None:
    """Decide some records of a run's folder again, and compare every field; DataError tells every difference."""
    differences = differing(interpreter, folder, named, engine)
    if differences:
        raise _differ(differences, len(named), engine)


def differing(interpreter: Interpreter, folder: Path, named: Sequence[Named], engine: str) -> list[str]:
    """Every difference between what the interpreter decides of some records and what a run's folder holds of them."""
    with uncollected():
        results = _decided(interpreter, _rows_of(interpreter, named))
    expected = tables_of(interpreter.program.name, results, ())
    with duckdb.connect() as connection:
        there = {name: _found(folder, name, named, connection) for name in STRATA}
    wanted = set(named)
    return [
        difference
        for name, found in there.items()
        for difference in _differences(name, _by_row(expected[name].to_pylist(), wanted), _by_row(found, wanted), engine)
    ]


# --- which ------------------------------------------------------------------------------------------------------------


def _sample(interpreter: Interpreter, folder: Path, number: int, seed: str, connection: duckdb.DuckDBPyConnection) -> list[Named]:
    """Records of every kind of outcome in turn, until there are enough."""
    kinds = [
        *(kind for name in STRATA for kind in _kinds(folder, name, number, seed, connection)),
        *(_any_rows(interpreter, record, number, seed) for record in _decided_records(interpreter.program)),
    ]
    taken: dict[Named, None] = {}
    for together in zip_longest(*kinds):
        for one in together:
            if one is not None and len(taken) < number:
                taken[one] = None
    return list(taken)


def _kinds(folder: Path, name: str, number: int, seed: str, connection: duckdb.DuckDBPyConnection) -> Iterator[list[Named]]:
    source = connection.from_parquet(reading_path(folder / f"{name}.parquet"))
    mixed = f"hash(record || chr(31) || key || chr(31) || '{seed}')"
    picked = f"arg_min({{'record': record, 'key': key}}, {mixed}, {max(number, 1)})"
    for (found,) in source.aggregate(f"{picked} AS found", STRATA[name]).order("1").fetchall():
        yield [(one["record"], one["key"]) for one in found or ()]


def _any_rows(interpreter: Interpreter, record: str, number: int, seed: str) -> list[Named]:
    """Some rows, whatever became of them: that nothing did is an outcome, too."""
    return [(record, joined(key_text(row.key))) for row in interpreter.tables.some(record, number, seed)]


def _decided_records(program: Program) -> list[str]:
    """The records about which something is decided."""
    found = [scheme.record for scheme in program.schemes.values()]
    found += [share.range.record for share in program.shares.values() if share.scheme]
    found += [check.record for check in program.checks.values()]
    found += [shown.record for shown in program.shown]
    return [record for record in dict.fromkeys(found) if record != WHOLE]


def _rows_of(interpreter: Interpreter, sample: Sequence[Named]) -> dict[str, list[Row]]:
    wanted: dict[str, set[str]] = defaultdict(set)
    for record, key in sample:
        wanted[record].add(key)
    found = {}
    for record, keys in wanted.items():
        rows = [row for row in interpreter.tables.named(record, keys) if joined(key_text(row.key)) in keys]
        interpreter.tables.alike(rows)
        found[record] = rows
    return found


# --- deciding again -----------------------------------------------------------------------------------------------------


class _Instead:
    """Something with a few of its parts replaced."""

    def __init__(self, whole: object, **parts: object) -> None:
        self._whole = whole
        self.__dict__.update(parts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)


def _decided(interpreter: Interpreter, rows: Mapping[str, Sequence[Row]]) -> Results:
    """What all rules decide for some rows alone; what they read of others, they read of all."""
    rules = interpreter.rules
    tables = _Instead(rules.c.tables, rows=lambda record: rows.get(record, ()))
    return deciding.decide(replace(rules, c=cast("Compiler", _Instead(rules.c, tables=tables))), None, False)


# --- comparing --------------------------------------------------------------------------------------------------------


def _found(folder: Path, name: str, sample: Sequence[Named], connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The rows of a table of results that are about the records of the sample, in order."""
    named = pa.table({"record": [record for record, _ in sample], "key": [key for _, key in sample]})
    connection.register("requite_sample", named)
    path = folder / f"{name}.parquet"
    try:
        found = connection.sql(
            "SELECT * EXCLUDE (file_row_number) FROM read_parquet($path, file_row_number = true) "
            f"SEMI JOIN requite_sample USING ({quoted('record')}, {quoted('key')}) ORDER BY file_row_number",
            params={"path": reading_path(path)},
        )
        return list(found.to_arrow_table().to_pylist())
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise problem("changed-input", f"{path} cannot be read any more", file=str(path), help="Run anew.") from error


Rows = Mapping[Named, list[dict[str, Any]]]


def _by_row(rows: Iterable[dict[str, Any]], wanted: set[Named]) -> Rows:
    found: dict[Named, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if (row["record"], row["key"]) in wanted:
            found[row["record"], row["key"]].append(row)
    return found


def _differences(name: str, expected: Rows, found: Rows, engine: str) -> Iterator[str]:
    for one in sorted({*expected, *found}):
        of = f"{name} of {one[0]} {one[1] or ''}".rstrip()
        for right, other in zip_longest(expected.get(one, []), found.get(one, [])):
            if right is None or other is None:
                row = right or other
                which = next((row[column] for column in ("payment", "check", "rule", "name") if column in row), "")
                only = "the interpreter" if other is None else engine
                yield f"{of}: {which} is there by {only} alone"
            elif right != other:
                told = "; ".join(
                    f"{column} is {_shown(other[column])} by {engine}, and {_shown(right[column])} by the interpreter"
                    for column in right
                    if right[column] != other[column]
                )
                yield f"{of}: {told}"


def _shown(value: object) -> str:
    return "nothing" if value is None or value == "" else str(value)


def _differ(differences: Sequence[str], number: int, engine: str) -> DataError:
    help = "Please report it. Until then, run it with --engine interpret."
    rows = "1 row differs" if len(differences) == 1 else f"{len(differences):,} rows differ"
    records = "the one record" if number == 1 else f"{number:,} records"
    message = f"{engine} and the interpreter do not agree: of {records} that both decided, {rows}"
    told = [DataProblem("engines-differ", difference) for difference in differences[:MOST_TOLD]]
    return DataError([DataProblem("engines-differ", message, help=help), *told])
