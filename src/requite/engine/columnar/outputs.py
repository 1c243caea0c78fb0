"""The tables of a run's results as Parquet files, written by the database in batches."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq
from sqlglot import exp

from requite.engine.columnar import sql as s
from requite.engine.columnar.databases import Database, written
from requite.engine.columnar.frames import Statement
from requite.engine.columnar.gates import NOT_ASSESSABLE
from requite.engine.columnar.groups import Group, Ruled, out_names
from requite.engine.columnar.reading.names import quoted, writing_path
from requite.engine.columnar.sessions import Session
from requite.engine.columnar.sql import select_of
from requite.engine.decision import RuleCount
from requite.engine.results import COLUMNS, PENNY_DECIMALS, counts_table

DECIMAL: Final = re.compile(r"DECIMAL\(38,\s*([0-9]+)\)")

AMOUNTS: Final = frozenset({"amount", "billed", "expected", "overcharge", "penalty"})


def write_table(statement: Statement, path: Path, base: Session) -> None:
    """Write what a statement gives, amounts with as many decimals as the finest of them needs."""
    select = written(statement.select, base.dialect)
    if _wide(_types(select, base)):
        base.make(Statement(f"final_{statement.name}", statement.about, statement.select))
        select = f"SELECT * FROM {quoted(f'final_{statement.name}')}"
    write_rows(select, path, base, statement.about)


def write_rows(rows: str, path: Path, base: Session, about: str) -> None:
    """Write rows that are there already."""
    types = _types(rows, base)
    wide = _wide(types)
    changed = [_narrowed(rows, wide, base)] if wide else []
    changed += [f"CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name, type in types.items() if type.startswith("ENUM")]
    replaced = ", ".join(filter(None, changed))
    copy(f"SELECT * REPLACE ({replaced}) FROM ({rows})" if replaced else rows, path, base, about)


def _types(select: str, base: Session) -> dict[str, str]:
    return {name: type for name, type, *_ in base.run(f"DESCRIBE {select}").fetchall()}


def _wide(types: Mapping[str, str]) -> dict[str, int]:
    """The amounts that have more decimals than a penny needs, and how many."""
    found = {name: DECIMAL.fullmatch(type) for name, type in types.items() if name in AMOUNTS}
    scales = {name: int(match[1]) for name, match in found.items() if match}
    return {name: scale for name, scale in scales.items() if scale > PENNY_DECIMALS}


def copy(select: str, path: Path, base: Session, about: str) -> None:
    base.run(f"COPY ({select}) TO {writing_path(path)} (FORMAT parquet, COMPRESSION zstd)", about)


def _narrowed(rows: str, scales: Mapping[str, int], base: Session) -> str:
    """The columns that may do with fewer decimals, cast to those."""
    asked = [(name, few) for name, scale in scales.items() for few in range(PENNY_DECIMALS, scale)]
    fits = ", ".join(_fits(quoted(name), few, scales[name]) for name, few in asked)
    answers = dict(zip(asked, base.row(f"SELECT {fits} FROM ({rows})"), strict=True))
    enough = {name: next((few for few in range(PENNY_DECIMALS, scales[name]) if answers[name, few]), None) for name in scales}
    return ", ".join(
        f"CAST({quoted(name)} AS DECIMAL(38, {few})) AS {quoted(name)}" for name, few in enough.items() if few is not None
    )


def _fits(name: str, few: int, scale: int) -> str:
    """Whether every amount of a column may do with so few decimals."""
    there_and_back = f"TRY_CAST(CAST({name} AS DECIMAL(38, {few})) AS DECIMAL(38, {scale}))"
    return f"coalesce(bool_and({name} IS NULL OR coalesce({there_and_back} = {name}, false)), true)"


def write_rejects(relation: str, path: Path, base: Session) -> None:
    """Write the rows that were not read."""
    copy(f"SELECT {', '.join(COLUMNS['rejects'])} FROM {relation} ORDER BY _n", path, base, "the table rejects")


def write_counts(ruleset: str, counts: Sequence[RuleCount], path: Path) -> None:
    pq.write_table(counts_table(ruleset, counts), path, compression="zstd")


def rule_counts(group: Group, asked: Statement, base: Database) -> dict[int, RuleCount]:
    """For each rule of a group, by its number, how many rows it read, and what became of them; `asked` counts who is out."""
    (said,) = base.fetch(asked.select).to_pylist()
    refused = [s.aliased(exp.Sum(this=_refused(rule)), rule.named("refused")) for rule in group.rules]
    (more,) = base.fetch(select_of(refused, group.table)).to_pylist()
    names = out_names(group)
    return {rule.number: _count(rule, int(said.get(names[rule]) or 0), said, more) for rule in group.rules}


def _refused(rule: Ruled) -> s.Sql:
    return s.case([(s.equal(s.column(rule.named("status")), s.whole(NOT_ASSESSABLE)), s.whole(1))], s.whole(0))


def _count(rule: Ruled, out: int, said: Mapping[str, int | None], more: Mapping[str, int | None]) -> RuleCount:
    read = int(said["rows"] or 0)
    refused = int(more[rule.named("refused")] or 0)
    return RuleCount(rule.name, rule.kind, rule.record, read, read - out - refused, refused, out)
