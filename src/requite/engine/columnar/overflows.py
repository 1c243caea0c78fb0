"""Which clause and which record an amount was too large for, once a statement has failed for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from requite.engine.columnar import sql as s
from requite.engine.columnar.databases import written
from requite.engine.columnar.deciding import Decision
from requite.engine.columnar.frames import Writer, columns_in
from requite.engine.columnar.problems import Overflow
from requite.engine.columnar.reading.names import literal, quoted
from requite.engine.columnar.sessions import Session, TooLarge
from requite.engine.columnar.sql import column
from requite.engine.columnar.words import key_words

ORDINARY_DECIMALS = 6
"""So many decimals are no cause of an overflow."""

TOO_LARGE = (duckdb.OutOfRangeException, duckdb.ConversionException)


@dataclass(frozen=True, slots=True)
class _Part:
    """One SELECT of a statement, the last of them without a name, and those before it that it may read."""

    name: str
    select: exp.Select
    before: Sequence[tuple[str, exp.Select]]

    def query(self, columns: Sequence[str], asked: str, base: Session) -> str:
        """What to ask of this part with these columns alone."""
        bare = exp.Select(**{**self.select.args, "expressions": [], "with_": None, "order": None})
        text = written(bare, base.dialect).replace("SELECT", f"SELECT {', '.join(columns)}", 1)
        parts = [*((name, written(select, base.dialect)) for name, select in self.before), ("probe", text)]
        return f"WITH {', '.join(f'{quoted(name)} AS NOT MATERIALIZED ({made})' for name, made in parts)} {asked}"


def where_it_overflows(error: Overflow, decision: Decision, base: Session) -> str:
    """What to say of an amount beyond 38 digits: the clause, the record and the decimals, as far as they can be found."""
    return _where(error, decision, base) + _most_decimals(decision, base)


def _where(error: Overflow, decision: Decision, base: Session) -> str:
    if not isinstance(error, TooLarge) or error.statement is None:
        return str(error)
    base.watch = None
    base.make_again(decision.steps())
    parts = list(_parts(error.statement.select))
    for number, part in enumerate(parts):
        for made in part.select.expressions:
            if isinstance(made, exp.Alias) and not isinstance(made.this, exp.Column) and _fails(part, made, base):
                about = _about(made, parts[number:]) or error.statement.about
                return f"{about}: more than 38 digits{_for_whom(part, made, error.statement.name, decision, base)}"
    return str(error)


def _most_decimals(decision: Decision, base: Session) -> str:
    """Where the number stands that has the most decimals of all data, where they are many: its column is held with as many."""
    every = ((one, name, stored) for one in decision.c.stored.values() for name, stored in one.columns.items())
    record, name, column = max(every, key=lambda one: one[2].scale, default=(None, "", None))
    if record is None or column is None or column.scale <= 10**ORDINARY_DECIMALS or not record.files:
        return ""
    file = '"_file"' if len(record.files) > 1 else literal(record.files[0])
    asked = f'SELECT {file}, "_line" FROM {quoted(record.relation)} WHERE {quoted(name)} % 10 <> 0 ORDER BY _n LIMIT 1'
    found = base.run(asked).fetchone()
    places = len(str(column.scale)) - 1
    return f"; the most decimals are those of {record.record}.{name} in {found[0]} line {found[1]}: {places}" if found else ""


def _parts(select: exp.Select) -> Iterator[_Part]:
    before: list[tuple[str, exp.Select]] = []
    outer = select.args.get("with_")
    for one in outer.expressions if outer is not None else ():
        if isinstance(one.this, exp.Select):
            yield _Part(one.alias, one.this, tuple(before))
        before.append((one.alias, one.this))
    yield _Part("", select, tuple(before))


def _fails(part: _Part, made: exp.Alias, base: Session) -> bool:
    try:
        base.connection.execute(part.query([written(made, base.dialect)], f"SELECT max({quoted(made.alias)}) FROM probe", base))
        base.connection.fetchall()
    except TOO_LARGE:
        return True
    except duckdb.Error:
        return False
    return False


def _about(made: exp.Alias, parts: Sequence[_Part]) -> str:
    """The clause that a column comes from: its own, or that of the next one which reads it."""
    names = {made.alias}
    if made.comments:
        return str(made.comments[0]).strip()
    for part in parts:
        for other in part.select.expressions:
            if isinstance(other, exp.Alias) and names & set(columns_in(other.this)):
                if other.comments:
                    return str(other.comments[0]).strip()
                names.add(other.alias)
    return ""


def _for_whom(part: _Part, made: exp.Alias, statement: str, decision: Decision, base: Session) -> str:
    """The first record for which a column cannot be reckoned."""
    record = next((group.record for group in decision.groups if group.table == statement and not part.name), None)
    record = record or part.name.rpartition("_")[0]
    if record not in decision.c.program.records:
        return ""
    # A hash is never NULL, whatever it is of: what is then NULL could not be reckoned.
    whether = f"TRY(hash({written(made.this, base.dialect)})) AS hashed"
    try:
        base.connection.execute(part.query(['"_n"', whether], "SELECT min(_n) FROM probe WHERE hashed IS NULL", base))
        ((number,),) = base.connection.fetchall()
        return f" for {record} {_key(record, int(number), decision, base)}" if number is not None else ""
    except duckdb.Error:
        return ""


def _key(record: str, number: int, decision: Decision, base: Session) -> str:
    c = decision.c
    frame = c.main(record).frame
    own = s.equal(column("_n"), s.whole(number))
    query = Writer().query("key", "key", lambda query: query.select(frame, {"key": key_words(record, c, ", ")}, own))
    ((key,),) = base.run(written(query.select, base.dialect)).fetchall()
    return str(key)
