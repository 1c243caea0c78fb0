"""The rows of records and tables as they are looked up: by key, and those of a dated table by a day as well.

Most tables have one row for a key and day, which is asked of the data first. Where they may have more, or where a row was not yet
known, the days of each key are cut where any of its rows begins or ends, and it is settled once for each stretch which row counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlglot import exp

from requite.dsl.types import Kind, Type
from requite.engine.columnar import sql as s
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler, RowAt
from requite.engine.columnar.frames import Query, Relation, Source
from requite.engine.columnar.numbers import Number, Whole
from requite.engine.columnar.sql import Sql, column, select_of, table
from requite.engine.columnar.words import key_cells, row_place

FIRST_DAY, LAST_DAY = s.day(date.min.isoformat()), s.day(date.max.isoformat())


@dataclass(frozen=True, eq=False)
class TableRows:
    """Rows to be looked up, at most one for a key (and a day from `start` to `until`).

    `output` gives the column of the source that holds a piece of SQL. `trouble` and `after`, where they may be, are the beginning
    and the end of the reason why there is a row too many, or one that was not known yet; the key stands between them.
    """

    source: Source
    output: Callable[[Sql], str]
    keys: Sequence[Cell]
    ordinal: Sql
    start: Sql | None = None
    until: Sql | None = None
    trouble: Sql | None = None
    after: Sql | None = None


def table_rows(record: str, on_a_day: bool, c: Compiler) -> TableRows:
    """The rows of a record or table as they are looked up."""
    declared = c.program.records[record]
    if not declared.period:
        return _plain(record, c)
    if on_a_day:
        return _settled(record, c) if _needs_settling(record, c) else _plain(record, c, declared.period)
    return _by_key(record, c) if _repeats(record, c) else _plain(record, c)


def _plain(record: str, c: Compiler, period: str = "") -> TableRows:
    rows = c.rows_of(record)
    start, until = (column(f"{period}__from"), column(f"{period}__until")) if period else (None, None)
    return TableRows(rows, rows.output, key_cells(record, c), column("_n"), start, until)


def key_rows(record: str, c: Compiler) -> TableRows:
    """One row for each key of a dated table: whether it has rows at all."""
    return _by_key(record, c)


def _asked(name: tuple[Any, ...], select: Callable[[], exp.Select], c: Compiler) -> bool:
    if name not in c.shared:
        c.shared[name] = c.facts.truth(select())
    answer: bool = c.shared[name]
    return answer


def _key_names(record: str, c: Compiler) -> list[Sql]:
    return [cell.sql for cell in key_cells(record, c)]


def _repeats(record: str, c: Compiler) -> bool:
    """Whether a key has several rows, or one that was not known yet."""

    def select() -> exp.Select:
        # A row that was not known yet counts twice: by it, a key may be without a row.
        there = c.was_known(record)
        number = exp.Count(this=exp.Star()) if s.is_certain(there) else exp.Sum(this=s.case([(there, s.whole(1))], s.whole(2)))
        grouped = select_of([s.aliased(number, "rows")], c.stored[record].relation)
        grouped.set("group", exp.Group(expressions=_key_names(record, c)))
        return _any_above_one(grouped)

    return _asked(("repeats", record), select, c)


def _any_above_one(grouped: exp.Select) -> exp.Select:
    most = s.coalesce(exp.Max(this=column("rows")), s.whole(0))
    return exp.Select(
        expressions=[s.aliased(s.compare(">", most, s.whole(1)), "answer")],
        from_=exp.From(this=exp.Subquery(this=grouped, alias=exp.TableAlias(this=exp.Identifier(this="g", quoted=True)))),
    )


def _needs_settling(record: str, c: Compiler) -> bool:
    """Whether two rows of a key may be valid on one day, or one of them was not known yet."""
    declared = c.program.records[record]
    period = declared.period
    start, until, there = column(f"{period}__from"), column(f"{period}__until"), c.was_known(record)

    def select() -> exp.Select:
        before = exp.Window(
            this=exp.Lag(this=until),
            partition_by=_key_names(record, c),
            order=exp.Order(expressions=[exp.Ordered(this=start, nulls_first=True), exp.Ordered(this=column("_n"))]),
        )
        wrong = [s.compare("<=", start, column("before")), s.not_(there)]
        inner = select_of([exp.Star(), s.aliased(before, "before")], c.stored[record].relation)
        inner.set("where", exp.Where(this=s.is_there(start)))
        flags = s.case([(s.any_of(wrong), s.whole(2))], s.whole(0))
        middle = exp.Select(
            expressions=[s.aliased(flags, "rows")],
            from_=exp.From(this=exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.Identifier(this="b", quoted=True)))),
        )
        return _any_above_one(middle)

    return _asked(("needs settling", record), select, c)


def turn_cells(record: str, c: Compiler) -> list[Cell]:
    """By what rows take turns where nothing else orders them: by key, those of one key by first day and day known."""
    cells = key_cells(record, c)
    if c.is_dated(record):
        period, stored = c.program.records[record].period, c.stored_columns(record)
        days = [name for name in (f"{period}__from", f"{period}__known") if name in stored]
        cells += [Cell(Type(Kind.DATE), s.coalesce(column(name), FIRST_DAY)) for name in days]
    return cells


# --- rows that must be settled ------------------------------------------------------------------------------------------------


def _relation_rows(relation: Relation, keys: Sequence[Cell], dated: bool) -> TableRows:
    """A relation of `k1`, `k2` …, `_n`, `_trouble`, `_after`, and for dated ones `_start` and `_until`."""
    own = [_renamed(cell, f"k{i}") for i, cell in enumerate(keys, 1)]
    start, until = (column("_start"), column("_until")) if dated else (None, None)
    return TableRows(relation, lambda sql: sql.name, own, column("_n"), start, until, column("_trouble"), column("_after"))


def _renamed(cell: Cell, name: str) -> Cell:
    number = cell.number
    if number is not None:
        number = Number(Whole(column(name), number.top.low, number.top.high), number.bottom)
    return Cell(cell.type, column(name), cell.missing, number=number)


def _rows_with_places(record: str, c: Compiler, query: Query, period: str) -> str:
    """The rows of a table, known or not, with their keys as k1, k2 …, their days, when they became known, and where they stand."""
    frame = replace(c.main(record).frame, base=c.rows_as_read(record))
    row = RowAt(record, column("_n"), lambda sql: sql)
    outputs: dict[str, Sql] = {f"k{i}": cell.sql for i, cell in enumerate(key_cells(record, c), 1)}
    outputs |= {"_n": column("_n"), "_place": row_place(row, c)}
    there, where = c.was_known(record), None
    if not s.is_certain(there):
        outputs["_there"] = there
    if period:
        outputs |= {"_from": column(f"{period}__from"), "_until": column(f"{period}__until")}
        has_known = f"{period}__known" in c.stored[record].columns
        outputs["_known"] = s.coalesce(column(f"{period}__known"), FIRST_DAY) if has_known else FIRST_DAY
        where = s.is_there(column(f"{period}__from"))
    return query.part(frame, outputs, where)


def _by_key(record: str, c: Compiler) -> TableRows:
    """One row for each key; where it has several rows, why they cannot be told apart."""
    name = "by key", record
    keys = key_cells(record, c)
    if name not in c.shared:
        names = [column(f"k{i}") for i in range(1, len(keys) + 1)]

        def build(query: Query) -> exp.Select:
            rows = _rows_with_places(record, c, query, "")
            select = select_of([*names, *_the_one(record, _there(record, c, ""), c)], rows)
            select.set("group", exp.Group(expressions=names))
            return select

        c.shared[name] = c.relation(record, f"each key of {record}", build, 1)
    return _relation_rows(c.shared[name], keys, False)


def _too_many(record: str, count: Sql) -> Sql:
    return s.joined_text(f"c{record} has ", s.cast(count, "TEXT"), " rows for ")


def _settled(record: str, c: Compiler) -> TableRows:
    """One row for each key and stretch of days in which the same rows are valid."""
    name = "settled", record
    keys = key_cells(record, c)
    if name not in c.shared:
        about = f"which row of {record} counts for each key and stretch of days"
        c.shared[name] = c.relation(record, about, lambda query: _stretches(record, len(keys), c, query), 1)
    return _relation_rows(c.shared[name], keys, True)


def _stretches(record: str, width: int, c: Compiler, query: Query) -> exp.Select:
    rows = _rows_with_places(record, c, query, c.program.records[record].period)
    names = [f"k{i}" for i in range(1, width + 1)]
    keys: list[Sql] = [column(name) for name in names]
    day_after = s.plus(column("_until"), s.whole(1))
    begins = select_of([*keys, s.aliased(column("_from"), "_start")], rows)
    ends = select_of([*keys, s.aliased(day_after, "_start")], rows)
    ends.set("where", exp.Where(this=s.compare("<", column("_until"), LAST_DAY)))
    edges = query.named(exp.Union(this=begins, expression=ends, distinct=True), "edges")
    following = exp.Window(
        this=exp.Lead(this=column("_start")),
        partition_by=keys,
        order=exp.Order(expressions=[exp.Ordered(this=column("_start"), nulls_first=True)]),
    )
    last = s.coalesce(s.minus(following, s.whole(1)), LAST_DAY)
    stretches = query.named(select_of([*keys, column("_start"), s.aliased(last, "_until")], edges), "stretches")
    return _counted(record, names, c, query.named(_valid(record, names, rows, stretches, c), "valid"))


def _there(record: str, c: Compiler, rows: str) -> Sql:
    """That one of `_rows_with_places` was known."""
    return s.true() if s.is_certain(c.was_known(record)) else column("_there", rows)


def _valid(record: str, names: Sequence[str], rows: str, stretches: str, c: Compiler) -> exp.Select:
    """Each stretch with each row valid in it, and when the last one became known that was known at all."""
    there = _there(record, c, "r")
    latest = exp.Window(
        this=exp.Max(this=s.case([(there, column("_known", "r"))])),
        partition_by=[*(column(name, "t") for name in names), column("_start", "t")],
    )
    select = select_of(
        [
            *(s.aliased(column(name, "t"), name) for name in names),
            s.aliased(column("_start", "t"), "_start"),
            s.aliased(column("_until", "t"), "_until"),
            s.aliased(column("_n", "r"), "_n"),
            s.aliased(column("_place", "r"), "_place"),
            s.aliased(s.case([(there, column("_known", "r"))]), "_known"),
            s.aliased(latest, "_latest"),
        ],
        stretches,
        "t",
    )
    meets = [s.equal(column(name, "t"), column(name, "r")) for name in names]
    start = column("_start", "t")
    meets += [s.compare("<=", column("_from", "r"), start), s.compare(">=", column("_until", "r"), start)]
    select.append("joins", exp.Join(this=table(rows, "r"), kind="INNER", on=s.all_of(meets)))
    return select


def _counted(record: str, names: Sequence[str], c: Compiler, valid: str) -> exp.Select:
    counts = s.is_true(s.equal(column("_known"), column("_latest")))
    of_stretch = [*(column(name) for name in names), column("_start"), column("_until")]
    select = select_of([*of_stretch, *_the_one(record, counts, c)], valid)
    select.set("group", exp.Group(expressions=of_stretch))
    return select


def _the_one(record: str, counts: Sql, c: Compiler) -> list[Sql]:
    """Of some rows together the one that counts, as `_n`, and where it is not one alone, what to say: `_trouble` and `_after`."""
    every = s.is_certain(counts)
    number = exp.Count(this=exp.Star()) if every else exp.Sum(this=s.case([(counts, s.whole(1))], s.whole(0)))
    several, none = s.compare(">", number, s.whole(1)), s.false() if every else s.equal(number, s.whole(0))
    places = c.dialect.texts_in_order(s.case([(counts, column("_place"))]), " and ", column("_n"))
    known = c.known.isoformat() if c.known is not None else ""
    return [
        s.aliased(s.case([(several, s.null())], exp.Min(this=s.case([(counts, column("_n"))]))), "_n"),
        s.aliased(s.case([(several, _too_many(record, number)), (none, s.text(f"m{record} has no row for "))]), "_trouble"),
        s.aliased(s.case([(none, s.text(f", known on {known}"))], s.joined_text(": ", places)), "_after"),
    ]
