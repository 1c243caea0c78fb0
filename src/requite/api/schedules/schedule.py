"""What a run challenges: each finding that goes out, the day by which it is to be answered, and what else found the same claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from requite.api.answers import refused
from requite.dsl.program import Program
from requite.dsl.values.numbers import SIGNS
from requite.engine.calendar import BeyondCalendarError, add
from requite.engine.columnar.sessions import session
from requite.engine.exporting.runs import FinishedRun, finished_run
from requite.engine.manifest import known_date
from requite.engine.reading.frames import reading_path
from requite.engine.reading.problems import problem
from requite.engine.settings import DUCKDB, settings_of
from requite.engine.verify import kept_program

FINDINGS: Final = "requite_findings"
CHECKS: Final = "requite_checks"
CHALLENGES: Final = "requite_challenges"
ROWS_TOGETHER: Final = 10_000

COLUMNS: Final = (
    "claim", "record", "provider", "check", "title", "billed", "expected", "overcharge", "penalty", "reason", "answer_due",
    "without_answer", "also_found_by",
)  # fmt: skip
"""The columns of a schedule, in order."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """A check by its name: its title, and, where it challenges, the day of the answer and what silence means."""

    name: str
    title: str
    due: date | None
    otherwise: str


@dataclass(frozen=True, slots=True)
class Sum:
    """What is asked of one provider, or for one check."""

    name: str
    claims: int
    billed: Decimal
    overcharge: Decimal
    penalty: Decimal


@dataclass(frozen=True, slots=True)
class Undecided:
    """A check, of how many rows it could not say anything, and how many findings it has that do not go out."""

    check: Check
    not_assessable: int
    kept: int


@dataclass(frozen=True)
class Schedule:
    """The challenges of a run, or of one provider's share in it, open to be read."""

    connection: duckdb.DuckDBPyConnection
    run: FinishedRun
    checks: Mapping[str, Check]
    sent: date
    provider: str | None

    @property
    def title(self) -> str:
        ruleset = self.run.manifest["ruleset"]
        return str(ruleset["title"] or ruleset["name"])

    @property
    def currency(self) -> str:
        return str(self.run.manifest["ruleset"]["currency"])

    @property
    def sign(self) -> str:
        """What stands before an amount: £, or the code of the currency."""
        return SIGNS.get(self.currency, f"{self.currency} ")

    @property
    def known(self) -> date:
        return known_date(self.run.manifest)

    def rows(self, provider: str | None = None) -> Iterator[Row]:
        """The challenges in their order, of all or of one provider."""
        where = "" if provider is None else "WHERE provider = $provider"
        relation = self.connection.sql(
            f"SELECT * EXCLUDE position FROM {CHALLENGES} {where} ORDER BY provider, position",
            params=None if provider is None else {"provider": provider},
        )
        for batch in relation.to_arrow_reader(ROWS_TOGETHER):
            yield from batch.to_pylist()

    def table(self) -> pa.RecordBatchReader:
        """The same in columns."""
        query = f"SELECT * EXCLUDE position FROM {CHALLENGES} ORDER BY provider, position"
        return self.connection.sql(query).to_arrow_reader(ROWS_TOGETHER)

    def by_provider(self) -> list[Sum]:
        return self._sums("provider", "provider")

    def by_check(self) -> list[Sum]:
        found = self._sums('"check"', "min(position)")
        return [replace(one, name=self.checks[one.name].title) for one in found]

    def total(self) -> Sum:
        return next(iter(self._sums("'total'", "1")), Sum("total", 0, Decimal(0), Decimal(0), Decimal(0)))

    def sums_of(self, provider: str, columns: Sequence[str]) -> dict[str, Decimal]:
        """The totals of some columns of amounts, for one provider."""
        amounts = ", ".join(f"coalesce(sum({column}), 0)" for column in columns)
        query = f"SELECT {amounts} FROM {CHALLENGES} WHERE provider = $provider"
        (found,) = self.connection.execute(query, {"provider": provider}).fetchall()
        return dict(zip(columns, map(Decimal, found), strict=True))

    def undecided(self) -> list[Undecided]:
        """Of each check what it could not decide, and what it keeps back. A row is not told apart by provider here."""
        kept = dict(self.connection.sql(f'SELECT "check", count(*) FROM {FINDINGS} WHERE NOT challenged GROUP BY ALL').fetchall())
        counts = {rule["rule"]: rule["not_assessable"] for rule in self.run.manifest["rules"] if rule["kind"] == "check"}
        return [Undecided(check, counts.get(name, 0), kept.get(name, 0)) for name, check in self.checks.items()]

    def _sums(self, name: str, order: str) -> list[Sum]:
        amounts = ", ".join(f"coalesce(sum({column}), 0)" for column in ("billed", "overcharge", "penalty"))
        query = f"SELECT {name}, count(*), {amounts} FROM {CHALLENGES} GROUP BY {name} ORDER BY {order}"
        return [Sum(*row) for row in self.connection.sql(query).fetchall()]


@contextmanager
def schedule_of(folder: Path, provider: str | None, sent: date | None, scratch: Path) -> Iterator[Schedule]:
    """Open the challenges of a run; DataError where it is none or has changed, Refusal where the provider is asked nothing."""
    run = finished_run(folder)
    program = kept_program(run.folder, run.manifest)
    day = sent or known_date(run.manifest)
    checks = {check.name: check for check in _checks(program, day)}
    with session(scratch, settings_of(DUCKDB).chosen(), kept=False) as work, work.errors():
        schedule = Schedule(work.connection, run, checks, day, provider)
        _store(schedule)
        yield schedule


def _checks(program: Program, sent: date) -> Iterator[Check]:
    for rule in program.checks.values():
        title, asked = rule.title or rule.name, rule.challenge
        if asked is None:
            yield Check(rule.name, title, None, "")
            continue
        try:
            due = add(sent, Fraction(asked.within), asked.unit)
        except BeyondCalendarError:
            message = f"the answer to {rule.name} would be due beyond the calendar"
            raise refused("wrong-use", message, "Name another day with --sent.") from None
        yield Check(rule.name, title, due, asked.otherwise)


def _store(schedule: Schedule) -> None:
    """Bring the findings into the session, and of them those that go out."""
    connection, path = schedule.connection, schedule.run.path("findings")
    if any(pa.types.is_decimal256(field.type) for field in schedule.run.schema("findings")):
        message = "some amounts of this run have more than 38 digits, which no schedule holds"
        raise problem("too-large", message, file=str(path))
    connection.from_parquet(reading_path(path), file_row_number=True).create_view(FINDINGS)
    connection.execute(f"CREATE TABLE {CHECKS} (name VARCHAR, title VARCHAR, due DATE, otherwise VARCHAR)")
    rows = [(check.name, check.title, check.due, check.otherwise) for check in schedule.checks.values()]
    if rows:
        connection.executemany(f"INSERT INTO {CHECKS} VALUES (?, ?, ?, ?)", rows)
    if schedule.provider is not None:
        _known_provider(connection, schedule.provider)
    connection.execute(_select(), {"provider": schedule.provider, "sign": schedule.sign})


def _select() -> str:
    """The statement that makes the table of what goes out."""
    said = "c.title || coalesce(' (' || $sign || CAST(f.overcharge AS VARCHAR) || ')', '')"
    found = (
        f'SELECT f.record, f.key, f."check", {said} AS said, f.file_row_number AS position '
        f'FROM {FINDINGS} f JOIN {CHECKS} c ON c.name = f."check"'
    )
    same = 'o.record = f.record AND o.key = f.key AND o."check" <> f."check"'
    others = f"(SELECT string_agg(o.said, '; ' ORDER BY o.position) FROM found o WHERE {same})"
    return f"""CREATE TABLE {CHALLENGES} AS WITH found AS ({found})
        SELECT f.key AS claim, f.record, coalesce(f.respondent, '') AS provider, f."check", c.title, f.billed, f.expected,
            f.overcharge, f.penalty, f.reason, c.due AS answer_due, c.otherwise AS without_answer,
            coalesce({others}, '') AS also_found_by, f.file_row_number AS position
        FROM {FINDINGS} f JOIN {CHECKS} c ON c.name = f."check"
        WHERE f.challenged AND ($provider IS NULL OR f.respondent = $provider)"""


def _known_provider(connection: duckdb.DuckDBPyConnection, provider: str) -> None:
    asked: Sequence[str] = [
        row[0] for row in connection.sql(f"SELECT DISTINCT respondent FROM {FINDINGS} WHERE challenged ORDER BY 1").fetchall()
    ]
    if provider not in asked:
        near = get_close_matches(provider, asked, n=1)
        help = f"Did you mean {near[0]}?" if near else f"Asked are {', '.join(asked[:20])}." if asked else "No provider is."
        raise refused("unknown-provider", f"the run challenges nothing of {provider}", help)
