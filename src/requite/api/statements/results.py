"""The results of a run as statements need them: sums by payee and respondent, and of the rows as many as are listed.

The tables are read once, by DuckDB, whatever their size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from requite.engine.columnar.reading.names import parquet_path

LISTED: Final = 500
"""Rows of one rule that a statement lists; all of them are in a file beside it."""

TABLES: Final = ("payments", "findings", "figures", "not_assessable", "rejects", "counts")


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment of the results; `rule` is its full name."""

    rule: str
    record: str
    key: str
    payee: str
    amount: Fraction
    kind: str
    spent_on: str
    reason: str


@dataclass(frozen=True, slots=True)
class PaymentGroup:
    """What one payment comes to for one payee."""

    rule: str
    record: str
    payee: str
    kind: str
    spent_on: str
    number: int
    paid: int
    amount: Fraction


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding of the results; what a check does not say is None."""

    check: str
    record: str
    key: str
    billed: Fraction | None
    expected: Fraction | None
    overcharge: Fraction | None
    reason: str
    penalty: Fraction | None
    respondent: str
    challenged: bool
    challenged_as: str


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """What one check found of one respondent's claims. `under` counts those that were billed too low."""

    check: str
    respondent: str
    number: int
    challenged: int
    credit: Fraction
    penalty: Fraction
    under: int
    undercharge: Fraction
    overcharge: Fraction


@dataclass(frozen=True, slots=True)
class UnknownRow:
    """A rule that could not be decided for a row."""

    rule: str
    record: str
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A shown figure: as text, and as a number where it is a quantity of a kind."""

    name: str
    text: str
    kind: str
    value: Fraction | None
    reason: str


@dataclass(eq=False)
class Results:
    """The tables of a run's folder, open."""

    connection: duckdb.DuckDBPyConnection
    folder: Path

    def _rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(statement, list(parameters)).fetchall()

    # --- payments ---

    def payment_groups(self) -> list[PaymentGroup]:
        """What every payment comes to for every payee, in the order of the results."""
        found = self._rows(
            "SELECT scheme || '.' || payment, record, payee, kind, spent_on, count(*), count(*) FILTER (amount <> 0), sum(amount)"
            " FROM payments GROUP BY ALL ORDER BY min(file_row_number)"
        )
        return [
            PaymentGroup(rule, record, payee, kind, spent_on or "", number, paid, _exact(amount))
            for rule, record, payee, kind, spent_on, number, paid, amount in found
        ]

    def listed_payments(self) -> Mapping[tuple[str, str], Sequence[PaymentRow]]:
        """By rule and payee, the first rows of each, as many as a statement lists."""
        listed: dict[tuple[str, str], list[PaymentRow]] = defaultdict(list)
        order = "PARTITION BY scheme, payment, payee ORDER BY file_row_number"
        for row in self._payments(f"QUALIFY row_number() OVER ({order}) <= {LISTED} ORDER BY file_row_number"):
            listed[row.rule, row.payee].append(row)
        return listed

    def payments_of(self, named: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[PaymentRow]]:
        """Every payment of some rows, by record and key."""
        self._name(named)
        found: dict[tuple[str, str], list[PaymentRow]] = defaultdict(list)
        for row in self._payments("SEMI JOIN named USING (record, key) ORDER BY file_row_number"):
            found[row.record, row.key].append(row)
        return found

    def payments_to(self, payee: str, rules: Sequence[str]) -> Iterator[PaymentRow]:
        """Every payment that some rules made to a payee."""
        where = "WHERE payee = ? AND scheme || '.' || payment IN (SELECT unnest(?)) ORDER BY file_row_number"
        return self._payments(where, [payee, list(rules)])

    def _payments(self, rest: str, parameters: Sequence[Any] = ()) -> Iterator[PaymentRow]:
        select = "SELECT scheme || '.' || payment, record, key, payee, amount, kind, spent_on, reason FROM payments "
        for rule, record, key, payee, amount, kind, spent_on, reason in self._rows(select + rest, parameters):
            yield PaymentRow(rule, record, key, payee, _exact(amount), kind, spent_on or "", reason or "")

    def totals_by_key(self, record: str) -> Mapping[str, Fraction]:
        """What each row of a record comes to altogether."""
        found = self._rows("SELECT key, sum(amount) FROM payments WHERE record = ? GROUP BY key ORDER BY key", [record])
        return {key: _exact(amount) for key, amount in found}

    # --- findings ---

    def finding_groups(self) -> list[FindingGroup]:
        """What every check found of every respondent's claims, in the order of the results."""
        found = self._rows(
            'SELECT "check", respondent, count(*), count(*) FILTER (challenged AND coalesce(overcharge, 0) >= 0),'
            " sum(overcharge) FILTER (challenged AND overcharge > 0),"
            " sum(penalty) FILTER (challenged AND coalesce(overcharge, 0) >= 0),"
            " count(*) FILTER (overcharge < 0), sum(-overcharge) FILTER (overcharge < 0), sum(overcharge) FILTER (overcharge > 0)"
            " FROM findings GROUP BY ALL ORDER BY min(file_row_number)"
        )
        made = ((*row[:4], _exact(row[4]), _exact(row[5]), row[6], _exact(row[7]), _exact(row[8])) for row in found)
        return [FindingGroup(*row) for row in made]

    def listed_findings(self) -> Mapping[tuple[str, str], Sequence[FindingRow]]:
        """By check and respondent, the challenged findings with the largest overcharges, as many as a statement lists."""
        listed: dict[tuple[str, str], list[FindingRow]] = defaultdict(list)
        order = 'PARTITION BY "check", respondent ORDER BY overcharge DESC NULLS LAST, file_row_number'
        where = "WHERE challenged AND coalesce(overcharge, 0) >= 0"
        for row in self._findings(
            f"{where} QUALIFY row_number() OVER ({order}) <= {LISTED} ORDER BY overcharge DESC NULLS LAST, file_row_number"
        ):
            listed[row.check, row.respondent].append(row)
        return listed

    def findings_beside(self, named: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[FindingRow]]:
        """By record and key, the findings about some claims for which they are not challenged."""
        self._name(named)
        found: dict[tuple[str, str], list[FindingRow]] = defaultdict(list)
        for row in self._findings("SEMI JOIN named USING (record, key) WHERE NOT challenged ORDER BY file_row_number"):
            found[row.record, row.key].append(row)
        return found

    def findings_of(self, respondent: str, checks: Sequence[str]) -> Iterator[FindingRow]:
        """Everything that some checks found of a respondent's claims."""
        where = 'WHERE respondent = ? AND "check" IN (SELECT unnest(?)) ORDER BY file_row_number'
        return self._findings(where, [respondent, list(checks)])

    def _findings(self, rest: str, parameters: Sequence[Any] = ()) -> Iterator[FindingRow]:
        select = (
            'SELECT "check", record, key, billed, expected, overcharge, reason, penalty, respondent, challenged, challenged_as'
            " FROM findings "
        )
        for row in self._rows(select + rest, parameters):
            amounts = [None if row[i] is None else _exact(row[i]) for i in (3, 4, 5, 7)]
            billed, expected, overcharge, penalty = amounts
            more = row[6] or "", penalty, row[8] or "", bool(row[9]), row[10] or ""
            yield FindingRow(row[0], row[1], row[2], billed, expected, overcharge, *more)

    # --- the rest ---

    def figures_of(self, named: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Sequence[FigureRow]]:
        """The shown figures of some rows."""
        self._name(named)
        found: dict[tuple[str, str], list[FigureRow]] = defaultdict(list)
        select = (
            "SELECT record, key, name, value, type, reason, exact FROM figures"
            " SEMI JOIN named USING (record, key) ORDER BY file_row_number"
        )
        for record, key, name, value, kind, reason, exact in self._rows(select):
            found[record, key].append(FigureRow(name, value or "", kind, _quantity(exact or "", kind), reason or ""))
        return found

    def figures_by_key(self, record: str, most: int) -> Mapping[str, Mapping[str, Fraction]]:
        """The shown quantities of a record by name and key; none where there are more rows than `most`."""
        found: dict[str, dict[str, Fraction]] = defaultdict(dict)
        number = self._rows("SELECT count(DISTINCT key) FROM figures WHERE record = ?", [record])[0][0]
        if number > most:
            return {}
        for name, key, exact, kind in self._rows(
            "SELECT name, key, exact, type FROM figures WHERE record = ? ORDER BY key", [record]
        ):
            value = _quantity(exact or "", kind)
            if value is not None:
                found[name][key] = value
        return found

    def shown_figures(self, record: str, most: int) -> Mapping[str, tuple[FigureRow, ...]]:
        """The shown figures of a record by key, in the order of the results; none where there are more rows than `most`."""
        found: dict[str, list[FigureRow]] = defaultdict(list)
        if self._rows("SELECT count(DISTINCT key) FROM figures WHERE record = ?", [record])[0][0] > most:
            return {}
        select = "SELECT key, name, value, type, reason, exact FROM figures WHERE record = ? ORDER BY file_row_number"
        for key, name, value, kind, reason, exact in self._rows(select, [record]):
            found[key].append(FigureRow(name, value or "", kind, _quantity(exact or "", kind), reason or ""))
        return {key: tuple(rows) for key, rows in found.items()}

    def unknown(self) -> list[tuple[str, str, str, int]]:
        """What could not be assessed: rule, record, reason, and how often."""
        return [
            (rule, record, reason, number)
            for rule, record, reason, number in self._rows(
                "SELECT rule, record, reason, count(*) FROM not_assessable GROUP BY ALL ORDER BY min(file_row_number)"
            )
        ]

    def unknown_rows(self, most: int) -> list[UnknownRow]:
        """What could not be assessed, as many as are looked into."""
        select = "SELECT rule, record, key, reason FROM not_assessable ORDER BY file_row_number LIMIT ?"
        return [UnknownRow(rule, record, key, reason) for rule, record, key, reason in self._rows(select, [most])]

    def rejects(self) -> list[tuple[str, str, str, int]]:
        """Why rows were rejected: record, field, reason, and how often."""
        select = "SELECT record, field, reason, count(*) FROM rejects GROUP BY ALL ORDER BY min(file_row_number)"
        return [(record, field, reason, number) for record, field, reason, number in self._rows(select)]

    def _name(self, named: Sequence[tuple[str, str]]) -> None:
        names = pa.table(
            {"record": pa.array([r for r, _ in named], pa.string()), "key": pa.array([k for _, k in named], pa.string())}
        )
        self.connection.register("named", names)


@contextmanager
def opened_results(folder: Path) -> Iterator[Results]:
    """The tables of a run's folder."""
    with duckdb.connect() as connection:
        for name in TABLES:
            path = parquet_path(folder / f"{name}.parquet")
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({path}, file_row_number = true)")
        yield Results(connection, folder)


def _exact(amount: Decimal | None) -> Fraction:
    return Fraction(0) if amount is None else Fraction(amount)


def _quantity(exact: str, kind: str) -> Fraction | None:
    """A shown quantity; None for what is none."""
    try:
        return Fraction(exact.removesuffix("%")) / (100 if kind == "percent" else 1)
    except (ValueError, ZeroDivisionError):
        return None
