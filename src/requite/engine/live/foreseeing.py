"""What claims will look for, told from their own fields: so that for many claims it is asked for at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from requite.dsl import program as core
from requite.dsl.types import Kind
from requite.engine.interpreting.values import Missing, identity
from requite.engine.interpreting.walk import in_no_order, ranges
from requite.engine.live.choosing import everything
from requite.engine.live.linking import Plainly, Way, Ways, key_hash
from requite.engine.rows import Row

Ask = Callable[[Row], str | None]


class Foresight:
    """For each record of claims, the hashes that its rows are likely to ask for."""

    def __init__(self, program: core.Program, ways: Ways, claims: Iterable[str]) -> None:
        self._asks: dict[str, dict[str, Ask]] = {record: {} for record in claims}
        for part in everything(program):
            record = getattr(part, "record", "")
            if record in self._asks:
                self._asks[record] |= dict(_asks(part, program, ways))

    def hashes(self, rows: Iterable[Row]) -> list[str]:
        """What rows will look for, each once."""
        found = (ask(row) for row in rows for ask in self._asks.get(row.record, {}).values())
        return list(dict.fromkeys(one for one in found if one is not None))


def _asks(part: Any, program: core.Program, ways: Ways) -> Iterator[tuple[str, Ask]]:
    for reach in ranges(part):
        way = ways.of_range(reach) if reach.record in program.records else None
        if way is not None and way.record not in ways.still:
            own = [ways.plainly(reach.same[i][1], 0) for i in way.parts]
            if all(own):
                yield f"{way.name}\x1e{reach.span}", _of_way(way, [one for one in own if one is not None])
    for expression in in_no_order(part):
        match expression:
            case core.Lookup(record=record, keys=keys) if _arrives(record, program, ways):
                plain = [ways.plainly(key, 0) for key in keys]
                if all(plain):
                    yield str(expression.span), _of_key(record, [one for one in plain if one is not None])
            case core.FieldRead(row=core.RowVariable(level=0)) if expression.type.kind is Kind.ROW:
                reference = ways.plainly(expression, 0)
                if reference is not None and _arrives(expression.type.record, program, ways):
                    yield f"{expression.field} of {expression.type.record}", _of_key(expression.type.record, [reference])


def _arrives(record: str, program: core.Program, ways: Ways) -> bool:
    return record in program.records and record not in ways.still and not program.records[record].derived_from


def _of_way(way: Way, own: Sequence[Plainly]) -> Ask:
    def ask(row: Row) -> str | None:
        key: dict[int, Any] = dict(zip(way.parts, (plain(row) for plain in own), strict=True))
        return None if any(value.__class__ is Missing for value in key.values()) else way.sought(key)

    return ask


def _of_key(record: str, plain: Sequence[Plainly]) -> Ask:
    def ask(row: Row) -> str | None:
        key = tuple(one(row) for one in plain)
        return None if any(value.__class__ is Missing for value in key) else key_hash(record, identity(key))

    return ask
