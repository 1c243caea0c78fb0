"""Raising challenges from a finished run: all that it challenges, read in columns, put down in batches; each claim only once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from dataclasses import field as made_field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from sqlalchemy.orm import Session

from requite.api.challenges.dates import month_field, month_of
from requite.api.challenges.findings import Found, NotChallengeable, Terms, found_of, terms_of
from requite.api.challenges.raising import Origin, ToRaise, in_time, may_be_raised, raise_all, standing
from requite.api.identity import Actor
from requite.api.jobs.places import run_folder, scratch_folder
from requite.api.service.problems import Problem, not_found
from requite.api.service.service import Service
from requite.api.store import audit
from requite.api.store.database import day_of, now, take_turn
from requite.api.store.schema import Run
from requite.api.store.versions import APPROVED, version_of
from requite.dsl.program import Program
from requite.engine.columnar.sessions import session as columns
from requite.engine.exporting.runs import FinishedRun, finished_run
from requite.engine.reading.frames import reading_path
from requite.engine.reading.problems import DataError
from requite.engine.rows import Row
from requite.engine.seeking.opening import Opened
from requite.engine.settings import DUCKDB, settings_of
from requite.engine.verify import kept_program, opened_again, reload
from requite.engine.wording import joined, key_text

TOGETHER: Final = 1000
"""Findings of one transaction: others get their turn between them."""

MOST_TOLD: Final = 100
"""Findings that cannot be challenged, of which an answer tells one by one."""

DONE: Final = "done"


@dataclass(slots=True)
class RaisedOfRun:
    """What became of a run's findings that it challenges: found = raised + already + refused."""

    found: int = 0
    raised: int = 0
    already: int = 0
    refused: int = 0
    told: list[NotChallengeable] = made_field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of a run's challenges are to be raised, and the month of its claims, where the caller says it."""

    month: str = ""
    by: str = ""
    checks: Sequence[str] = ()
    provider: str = ""


def raise_from_run(service: Service, actor: Actor, id: str, wanted: Wanted) -> RaisedOfRun:
    """Raise what a finished run challenges. Done again, or taken up after it broke off, nothing is raised twice."""
    with service.database.reading() as session:
        run = session.get(Run, id)
    if run is None or run.org != actor.org:
        raise not_found("run")
    folder = run_folder(service.settings, actor.org, run.id)
    if run.state != DONE or not folder.is_dir():
        raise Problem(409, "not-finished", f"the run is {run.state}", "Only a run that is done, with its results, has challenges.")
    _refuse_unapproved(service, run)
    finished = finished_run(folder)
    program = kept_program(folder, finished.manifest)
    _known(program, wanted)
    made, origin, terms = RaisedOfRun(), Origin(run.ruleset, run.version, run.id), terms_of(program)
    with ExitStack() as stack:
        months = _months(stack, folder, program, wanted)
        for batch in _batches(service, finished, wanted):
            _raise(service, actor, origin, made, _found(batch, terms, made), months)
    with service.database.writing() as session:
        detail = {"found": made.found, "raised": made.raised, "already": made.already, "refused": made.refused}
        audit.record(session, actor.org, actor.name, "challenges.raised", f"run {run.id}", detail)
    return made


def _refuse_unapproved(service: Service, run: Run) -> None:
    """What nobody approved, or what was withdrawn, may be tried out, and asks no hospital for anything."""
    with service.database.reading() as session:
        state = version_of(session, run.org, run.version).state
    if state != APPROVED:
        help = "Run a version that is approved, and raise what that challenges."
        raise Problem(409, "not-approved", f"the run was by a version of {run.ruleset} that is not approved ({state})", help)


def _known(program: Program, wanted: Wanted) -> None:
    unknown = [name for name in wanted.checks if name not in program.checks]
    if unknown:
        raise Problem(422, "unknown-check", f"{program.name} has no check {unknown[0]}", f"It has {', '.join(program.checks)}.")
    fields = {field.name for record in program.records.values() for field in record.fields}
    if wanted.by and wanted.by not in fields:
        raise Problem(422, "unknown-field", f"no record of {program.name} has a field {wanted.by}", "Name a date of the claims.")


# --- what the run challenges ------------------------------------------------------------------------------------------


def _batches(service: Service, run: FinishedRun, wanted: Wanted) -> Iterator[list[Mapping[str, Any]]]:
    """The findings that go out, each claim's largest alone, some at a time."""
    if any(pa.types.is_decimal256(column.type) for column in run.schema("findings")):
        raise Problem(422, "too-large", "some amounts of this run have more than 38 digits")
    scratch = scratch_folder(service.settings)
    scratch.mkdir(parents=True, exist_ok=True)
    amounts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in ("billed", "expected", "overcharge", "penalty"))
    query = f"""SELECT "check", record, key, reason, coalesce(respondent, '') AS respondent, {amounts} FROM findings
        WHERE challenged AND (len($checks) = 0 OR list_contains($checks, "check")) AND ($provider = '' OR respondent = $provider)
        QUALIFY row_number() OVER (PARTITION BY record, key ORDER BY findings.overcharge DESC NULLS LAST, file_row_number) = 1
        ORDER BY file_row_number"""
    with (
        tempfile.TemporaryDirectory(dir=scratch) as place,
        columns(Path(place), settings_of(DUCKDB).chosen(), kept=False) as work,
        work.errors(),
    ):
        path = reading_path(run.path("findings"))
        work.connection.from_parquet(path, file_row_number=True).create_view("findings")
        asked = {"checks": list(wanted.checks), "provider": wanted.provider}
        for batch in work.connection.sql(query, params=asked).to_arrow_reader(TOGETHER):
            rows = batch.to_pylist()
            yield from (rows[at : at + TOGETHER] for at in range(0, len(rows), TOGETHER))


def _found(batch: Sequence[Mapping[str, Any]], terms: Mapping[str, Terms], made: RaisedOfRun) -> list[Found]:
    found = []
    for row in batch:
        made.found += 1
        one = found_of(row["record"], row["key"], row, terms)
        if isinstance(one, Found):
            found.append(one)
            continue
        made.refused += 1
        if len(made.told) < MOST_TOLD:
            made.told.append(one)
    return found


# --- the claims' months -----------------------------------------------------------------------------------------------


class Months:
    """The month of each claim: as the caller says, or by the run's data."""

    def of(self, record: str, keys: Sequence[str]) -> Mapping[str, str]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SaidMonth(Months):
    month: str

    def of(self, record: str, keys: Sequence[str]) -> Mapping[str, str]:  # noqa: ARG002
        return dict.fromkeys(keys, self.month)


@dataclass(frozen=True, slots=True)
class ReadMonths(Months):
    data: Opened
    program: Program
    by: str
    whole: dict[str, Mapping[str, str]] = made_field(default_factory=dict)
    """The months of all claims of records that are read whole whatever is asked of them."""

    def of(self, record: str, keys: Sequence[str]) -> Mapping[str, str]:
        if record in self.whole:
            return self.whole[record]
        # A new interpreter each time: it would keep the rows of one batch after another.
        tables = self.data.interpreter().tables
        if not tables.is_small(record):
            return self._months(record, tables.named(record, keys))
        self.whole[record] = self._months(record, tables.rows(record))
        return self.whole[record]

    def _months(self, record: str, rows: Iterable[Row]) -> Mapping[str, str]:
        field = self.by or month_field(self.program, record)
        return {joined(key_text(row.key)): month_of(row, field) for row in rows}


def _months(stack: ExitStack, folder: Path, program: Program, wanted: Wanted) -> Months:
    if wanted.month:
        return SaidMonth(wanted.month)
    try:
        return ReadMonths(stack.enter_context(opened_again(reload(folder))), program, wanted.by)
    except DataError as error:
        message = "the claims' months are not known: the run's data cannot be read any more"
        raise Problem(409, "data-gone", message, "Say the `month` of the run's claims.", errors=error.problems) from None


# --- raising ----------------------------------------------------------------------------------------------------------


def _raise(service: Service, actor: Actor, origin: Origin, made: RaisedOfRun, found: Sequence[Found], months: Months) -> None:
    """Raise one batch, in one transaction."""
    of_claims: dict[tuple[str, str], str] = {}
    for record in dict.fromkeys(one.record for one in found):
        own = months.of(record, [one.key for one in found if one.record == record])
        of_claims |= {(record, key): month for key, month in own.items()}
    with service.database.writing() as session:
        take_turn(session, actor.org, "challenges")
        fresh = _fresh(session, actor.org, origin, found)
        wanted = [ToRaise(one, of_claims.get((one.record, one.key), "")) for one in fresh]
        moment = now(session, actor.org)
        timely, late = in_time(session, actor.org, day_of(moment), wanted)
        raise_all(session, actor.org, moment, origin, timely)
    made.raised += len(timely)
    made.already += len(found) - len(fresh)
    made.refused += len(late)
    made.told += late[: max(0, MOST_TOLD - len(made.told))]


def _fresh(session: Session, org: str, origin: Origin, found: Sequence[Found]) -> list[Found]:
    """Those whose claims are not challenged yet."""
    fresh = []
    for record in dict.fromkeys(one.record for one in found):
        own = [one for one in found if one.record == record]
        before = standing(session, org, origin.ruleset, record, [one.key for one in own])
        fresh += [one for one in own if may_be_raised(one, before.get(one.key, []))]
    return fresh
