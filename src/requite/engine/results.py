"""Results as tables: exact decimals in Arrow, Parquet and CSV, the same bytes for the same results."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from requite.engine.decision import Figure, Finding, Rejected, Results, RuleCount
from requite.engine.wording import joined, plain

PENNY_DECIMALS: Final = 2
DECIMALS: Final = 12
"""Decimals that a shown figure is rounded to where its decimals never end; its exact value stands beside it."""

WIDTHS: Final = {16: (38, pa.decimal128), 32: (76, pa.decimal256)}
"""The bytes that a decimal takes, how many digits it may have then, and its type."""

CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Characters that mean something to a terminal and nothing to a reader; lines and tabs may be broken."""

CONTROL_SHOWN: Final = "\N{REPLACEMENT CHARACTER}"

FORMULA: Final = frozenset("=+-@\t\r")
QUOTED: Final = re.compile(r'[",\n\r]')
PLAIN_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?%?")

Values = Sequence[Any]
Column = Callable[[Values], pa.Array]


def text(values: Values) -> pa.Array:
    return pa.array(values, pa.string())


def whole(values: Values) -> pa.Array:
    return pa.array(values, pa.int64())


def yes_no(values: Values) -> pa.Array:
    return pa.array(values, pa.bool_())


def parts(values: Values) -> pa.Array:
    return pa.array([list(value) for value in values], pa.list_(pa.string()))


def amount(values: Values) -> pa.Array:
    """Amounts as decimals of one scale: pennies, or as many decimals as the finest of them needs."""
    there = [value for value in values if value is not None]
    scale = max((decimals_below(denominator) for denominator in {value.denominator for value in there}), default=0)
    scale = max(scale, PENNY_DECIMALS)
    units = [None if value is None else value.numerator * 10**scale // value.denominator for value in values]
    most = max((len(str(abs(unit))) for unit in units if unit is not None), default=1)
    width = next((width for width, (digits, _) in WIDTHS.items() if max(most, scale + 1) <= digits), 0)
    if not width:
        raise ValueError("an amount has more than 76 digits")
    digits, kind = WIDTHS[width]
    present = pa.array([unit is not None for unit in units], pa.bool_()).buffers()[1]
    stored = pa.py_buffer(b"".join((unit or 0).to_bytes(width, "little", signed=True) for unit in units))
    return pa.Array.from_buffers(kind(digits, scale), len(units), [present, stored])


COLUMNS: Final[Mapping[str, Mapping[str, Column]]] = {
    "payments": {
        "ruleset": text, "scheme": text, "payment": text, "record": text, "key": text, "payee": text, "amount": amount,
        "kind": text, "spent_on": text, "reason": text,
    },
    "findings": {
        "ruleset": text, "check": text, "record": text, "key": text, "billed": amount, "expected": amount,
        "overcharge": amount, "reason": text, "penalty": amount, "respondent": text, "challenged": yes_no, "challenged_as": text,
    },
    "figures": {
        "ruleset": text, "name": text, "record": text, "key": text, "value": text, "type": text, "reason": text, "exact": text,
    },
    "not_assessable": {"ruleset": text, "rule": text, "record": text, "key": text, "reason": text},
    "rejects": {"record": text, "file": text, "line": whole, "field": text, "value": text, "reason": text},
    "counts": {
        "ruleset": text, "rule": text, "kind": text, "record": text, "read": whole, "assessed": whole,
        "not_assessable": whole, "out_of_scope": whole,
    },
    "carried": {
        "ruleset": text, "scheme": text, "name": text, "record": text, "key": text, "value": text, "reason": text,
        "key_parts": parts,
    },
}  # fmt: skip
"""The columns of each table, in order; in CSV as well, but for lists."""


def tables_of(ruleset: str, results: Results, rejects: Sequence[Rejected]) -> dict[str, pa.Table]:
    """The results of a run as tables, by name."""
    rows: dict[str, Iterable[tuple[Any, ...]]] = {
        "payments": (
            (
                ruleset,
                p.scheme,
                own_name(p.scheme, p.payment),
                p.record,
                joined(p.key),
                p.payee,
                p.amount,
                p.kind,
                p.spent_on,
                p.reason,
            )
            for p in results.payments
        ),
        "findings": (_finding(ruleset, f) for f in results.findings),
        "figures": (
            (ruleset, f.name, f.record, joined(f.key), figure_text(f), f.type, f.reason, exact_text(f)) for f in results.figures
        ),
        "not_assessable": ((ruleset, n.rule, n.record, joined(n.key), n.reason) for n in results.not_assessable),
        "rejects": ((r.record, r.file, r.line, r.field, r.value, r.reason) for r in rejects),
        "counts": _count_rows(ruleset, results.counts),
        "carried": (
            (ruleset, c.scheme, c.name, c.record, joined(c.key), carried_text(c.value), c.reason, c.key) for c in results.carried
        ),
    }
    return {name: _table(COLUMNS[name], list(rows[name])) for name in COLUMNS}


def _count_rows(ruleset: str, counts: Iterable[RuleCount]) -> Iterable[tuple[Any, ...]]:
    return ((ruleset, c.rule, c.kind, c.record, c.read, c.assessed, c.not_assessable, c.out_of_scope) for c in counts)


def counts_table(ruleset: str, counts: Iterable[RuleCount]) -> pa.Table:
    """What became of the rows of each rule, as a table."""
    return _table(COLUMNS["counts"], list(_count_rows(ruleset, counts)))


def _finding(ruleset: str, f: Finding) -> tuple[Any, ...]:
    amounts = (f.billed, f.expected, f.overcharge)
    return ruleset, f.check, f.record, joined(f.key), *amounts, f.reason, f.penalty, f.respondent, f.challenged, f.challenged_as


def _table(columns: Mapping[str, Column], rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    made = (make(column) for make, column in zip(columns.values(), values, strict=True))
    return pa.table(dict(zip(columns, made, strict=True)))


def own_name(scheme: str, payment: str) -> str:
    """A payment's name inside its scheme."""
    return payment.removeprefix(f"{scheme}.")


# --- exact numbers as text --------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def decimals_below(denominator: int) -> int:
    """How many decimals numbers with this denominator have; ValueError where they never end."""
    rest, twos, fives = denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        raise ValueError(f"a number over {denominator} has decimals without end")
    return max(twos, fives)


@lru_cache(maxsize=4096)
def ends_below(denominator: int) -> bool:
    """Whether the decimals of numbers with this denominator end."""
    return pow(10, denominator.bit_length(), denominator) == 0


def decimal_text(value: Fraction, least: int = 0) -> str:
    """A number in plain decimals, exact, with at least so many of them: 20447.00."""
    numerator, denominator = value.numerator, value.denominator
    decimals = max(decimals_below(denominator), least)
    digits = str(abs(numerator) * 10**decimals // denominator).rjust(decimals + 1, "0")
    sign = "-" if numerator < 0 else ""
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


def carried_text(value: Fraction | None) -> str:
    """A figure carried forward as text: it is money, exact and with its pennies."""
    return "" if value is None else fraction_text(value, PENNY_DECIMALS)


def fraction_text(value: Fraction, least: int = 0) -> str:
    """A number exactly, in decimals where they end, and at least so many of them, else as a fraction: 1/3."""
    return decimal_text(value, least) if ends_below(value.denominator) else str(value)


def _rounded_text(value: Fraction, least: int) -> str:
    if ends_below(value.denominator) and decimals_below(value.denominator) <= DECIMALS:
        return decimal_text(value, least)
    return decimal_text(Fraction(round(value * 10**DECIMALS), 10**DECIMALS), least)


def figure_text(figure: Figure) -> str:
    """A shown value as text: money with its pennies, 70% as such, dates ISO; at most twelve decimals."""
    return _figure(figure, _rounded_text)


def exact_text(figure: Figure) -> str:
    """A shown value as text, with every decimal, or as a fraction of whole numbers (1/3, or 100/3%)."""
    return _figure(figure, fraction_text)


def _figure(figure: Figure, number: Callable[[Fraction, int], str]) -> str:
    value = figure.value
    if not isinstance(value, Fraction):
        return value.isoformat(" ") if isinstance(value, datetime) else plain(value)
    if figure.type == "percent":
        return number(value * 100, 0) + "%"
    return number(value, PENNY_DECIMALS if figure.type == "money" else 0)


# --- files ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Written:
    """A file of results: its name, how many rows it has, and the SHA-256 of its bytes."""

    file: str
    rows: int
    sha256: str


def write_tables(tables: Mapping[str, pa.Table], folder: Path, with_csv: bool = False) -> tuple[Written, ...]:
    """Write each table as Parquet, and as CSV where that is asked for."""
    written: list[Written] = []
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
        files = [f"{name}.parquet"]
        if with_csv:
            write_csv(table, folder / f"{name}.csv")
            files.append(f"{name}.csv")
        written += [written_file(folder, file, table.num_rows) for file in files]
    return tuple(written)


def written_file(folder: Path, file: str, rows: int) -> Written:
    """What is said of a file of results."""
    return Written(file, rows, file_hash(folder / file))


def rows_in(path: Path) -> int:
    """How many rows a table of results has."""
    with pq.ParquetFile(path) as file:
        return int(file.metadata.num_rows)


def read_table(path: Path) -> pa.Table:
    """A table of results as it was written."""
    with pq.ParquetFile(path) as file:
        return file.read()


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as CSV: amounts as plain decimals; text that a spreadsheet would take for a formula behind an apostrophe."""
    kept = [name for name in table.column_names if not pa.types.is_list(table.schema.field(name).type)]
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(kept) + "\n")
        for batch in table.select(kept).to_batches(max_chunksize=50_000):
            file.writelines(",".join(row) + "\n" for row in zip(*(_csv_cells(column) for column in batch.columns), strict=True))


def _csv_cells(column: pa.Array) -> list[str]:
    values = column.to_pylist()
    if pa.types.is_decimal(column.type):
        return ["" if value is None else _amount_cell(value) for value in values]
    if pa.types.is_boolean(column.type):
        return ["" if value is None else "yes" if value else "no" for value in values]
    if pa.types.is_string(column.type):
        return ["" if value is None else _quoted(safe_cell(value)) for value in values]
    return ["" if value is None else str(value) for value in values]


def _amount_cell(value: Decimal) -> str:
    whole_part, _, decimals = f"{value:f}".partition(".")
    return f"{whole_part}.{decimals.rstrip('0').ljust(PENNY_DECIMALS, '0')}"


def _quoted(cell: str) -> str:
    """A cell between quotation marks where it needs them; every version of Python's own writer has other rules for it."""
    return '"' + cell.replace('"', '""') + '"' if QUOTED.search(cell) else cell


def safe_cell(value: str) -> str:
    """A text as a CSV cell that no spreadsheet takes for a formula, and no terminal for a command."""
    value = CONTROL.sub(CONTROL_SHOWN, value)
    return f"'{value}" if value[:1] in FORMULA and not PLAIN_NUMBER.fullmatch(value) else value


def file_hash(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
