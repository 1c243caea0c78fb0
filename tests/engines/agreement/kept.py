"""Cases that are kept: a program and its data as files, so that a difference once found is tried ever after on every engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from requite.dsl.program import Program, Record, known_name
from requite.dsl.types import QUANTITIES, Kind, Type
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.rows import Row
from tests.engines.agreement.data import Drawn
from tests.engines.agreement.programs import checked

REGRESSIONS = Path(__file__).parents[1] / "regressions"


def keep(text: str, drawn: Drawn, name: str, folder: Path = REGRESSIONS) -> Path:
    """Write a case as NAME.requite and NAME.json; the path of its program."""
    folder.mkdir(parents=True, exist_ok=True)
    case: dict[str, Any] = {"known": drawn.known and drawn.known.isoformat()}
    case["brought"] = {column: [[list(key), _missing(value)] for key, value in of.items()] for column, of in drawn.brought.items()}
    case["rows"] = {record: [_written_row(row) for row in rows] for record, rows in drawn.rows.items()}
    path = folder / f"{name}.requite"
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps(case, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def load(path: Path) -> tuple[Program, Drawn]:
    """A case that was kept, by the path of its program."""
    program, errors = checked(path.read_text(encoding="utf-8"))
    assert program is not None, errors
    case = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    rows = {name: [_row(program.records[name], program, row) for row in given] for name, given in case["rows"].items()}
    brought = {column: {tuple(key): _brought(value) for key, value in of} for column, of in case["brought"].items()}
    return program, Drawn(rows, _date(case["known"]), brought)


def cases(folder: Path = REGRESSIONS) -> list[Path]:
    return sorted(folder.glob("*.requite"))


def _written_row(row: Row) -> dict[str, Any]:
    values = {name: _written(value) for name, value in row.values.items() if value is not None}
    return {"line": row.line, "values": values}


def _written(value: Any) -> Any:
    """A value as JSON has it: exact, and told by its field when it is read."""
    if isinstance(value, tuple):
        return [_written(part) for part in value]
    return value if isinstance(value, bool | None) else str(value)


def _missing(value: Any) -> Any:
    return {"not known": value.reason} if isinstance(value, Missing) else _written(value)


def _brought(value: Any) -> Any:
    return Missing(Lack.UNDECIDED, value["not known"]) if isinstance(value, Mapping) else Fraction(value)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _row(record: Record, program: Program, written: Mapping[str, Any]) -> Row:
    given, line = written["values"], written["line"]
    values: dict[str, Any] = {field.name: _read(given.get(field.name), field.type, program) for field in record.fields}
    if record.period and record.field(record.period).known_column:
        values[known_name(record.period)] = _date(given.get(known_name(record.period)))
    key = tuple(values[name] for name in record.key) or (Fraction(line),)
    return Row(record.name, key, values, f"{record.name}.csv", line)


def _read(value: Any, kind: Type, program: Program) -> Any:
    if value is None:
        return None
    match kind.kind:
        case Kind.ROW:
            return _reference(value, program.records[kind.record], program)
        case Kind.PERIOD:
            return tuple(_date(day) for day in value)
        case Kind.DATE:
            return date.fromisoformat(value)
        case Kind.MOMENT:
            return datetime.fromisoformat(value)
    return Fraction(value) if kind.kind in QUANTITIES else value


def _reference(key: Sequence[Any], target: Record, program: Program) -> tuple[Any, ...]:
    if not target.key:
        return (Fraction(key[0]),)
    return tuple(_read(part, target.field(name).type, program) for part, name in zip(key, target.key, strict=True))
