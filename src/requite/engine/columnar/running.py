"""The columnar engine on the data of a run: read it in columns, decide in statements, write the results as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from requite.dsl.program import WHOLE
from requite.engine.columnar.databases import Database
from requite.engine.columnar.deciding import Decision, decide
from requite.engine.columnar.frames import Statement, StoredRows
from requite.engine.columnar.journal import data_in, data_text
from requite.engine.columnar.leaving_out import left_over, not_known_yet
from requite.engine.columnar.lifetimes import last_reads
from requite.engine.columnar.making import compiler_of
from requite.engine.columnar.outputs import copy, rule_counts, write_counts, write_rejects, write_rows, write_table
from requite.engine.columnar.overflows import where_it_overflows
from requite.engine.columnar.problems import Overflow
from requite.engine.columnar.reading import StoredData, store_sources
from requite.engine.columnar.reading.names import parquet_path
from requite.engine.columnar.refusing import refusals
from requite.engine.columnar.rows import Brought, bring_figures, whole_stored
from requite.engine.columnar.sessions import Session, session
from requite.engine.columnar.spark import Place, Spark, narrow, spark_for, spark_place
from requite.engine.columnar.totals import overview_in
from requite.engine.data import Progress
from requite.engine.decision import RuleCount
from requite.engine.overview import Settled
from requite.engine.plan import Plan
from requite.engine.reading.sources import Given
from requite.engine.settings import SPARK, Settings, engine_part

DATA: Final = "data"
READ: Final = "data read"
MOST_TOLD: Final = 60


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be decided, from what: a plan, the sources of its data, and what an earlier run carried forward."""

    plan: Plan
    sources: Sequence[Given]
    known: date | None
    brought: Brought


def settle_columns(
    work: Work, folder: Path, scratch: Path, settings: Settings, kept: bool = False, progress: Progress | None = None
) -> Settled:
    """Decide everything, and write the tables of results into a folder.

    `scratch` is for what lies between; with `kept`, what another try has finished there is taken as it is.
    """
    settings = settings.chosen()
    on_spark = settings.engine == SPARK
    with ExitStack() as stack, session(scratch, settings, kept) as here, refusals():
        tell = _Telling(here, progress)
        # Whether it is there is known before the data is read.
        place = stack.enter_context(spark_place(settings, scratch / SPARK)) if on_spark else None
        data = _read(work, here, scratch, progress)
        base: Database = here
        if place is not None:
            base = _spark(place, data, here, scratch, settings)
            stack.callback(base.close)
        stored = {**data.stored, WHOLE: whole_stored(base)}
        tell.say("preparing", 0)
        c = compiler_of(work.plan, stored, base, work.known, _bring(work, base))
        decision = decide(c)
        with _located(decision, here):
            tell.rows = sum(one.rows for one in data.stored.values())
            rules = _decide(decision, base, here, tell)
            _write(decision, rules, data, folder, base, here, tell)
            notes = (*data.notes, *not_known_yet(c, here), *left_over(decision, base))
        tell.say("summing up", 0)
        overview = overview_in(folder, rules, here.connection)
        part = engine_part(settings, base.session.version if isinstance(base, Spark) else duckdb.__version__)
        if place is not None and place.address:
            part |= {"address": place.address}
    return Settled(overview, data.counts, notes, part)


def _spark(place: Place, data: StoredData, here: Session, scratch: Path, settings: Settings) -> Spark:
    """The data in a session of Spark: as files that it reads, or handed over where it sees none of ours."""
    folder = scratch / SPARK
    rows = sum(one.rows for one in data.stored.values())
    base = spark_for(rows, place, folder, settings, here if here.kept else None)
    for one in data.stored.values():
        select, path = narrow(here.connection, one.relation), folder / f"{one.relation}.parquet"
        if not base.files:
            base.bring(one.relation, here.connection.sql(select).to_arrow_table())
            continue
        if here.said(path.name, select) is None:
            copy(select, path, here, f"the rows of {one.record} for Spark")
            here.note(path.name, select)
        with base.errors(None):
            base.view(one.relation, base.reading(path))
    return base


def _bring(work: Work, base: Database) -> dict[str, StoredRows]:
    return {
        name: bring_figures(f"requite_brought_{number}", figures, base)
        for number, (name, figures) in enumerate(work.brought.items(), 1)
    }


def _read(work: Work, base: Session, scratch: Path, progress: Progress | None) -> StoredData:
    """The data in the database; as it was read already where another try came so far."""
    said = base.said(READ, "")
    if said is not None:
        return data_in(said)
    if base.kept:
        base.forget()
    folder = scratch / DATA
    folder.mkdir(exist_ok=True)
    with base.errors():
        data = store_sources(base.connection, work.plan.program, work.sources, progress, folder=folder)
    base.note(READ, "", data_text(data))
    return data


def _decide(decision: Decision, base: Database, here: Session, tell: _Telling) -> list[RuleCount]:
    """Make the tables that the results are read from; each is counted, and let go of, as soon as that can be done."""
    for name, made in decision.c.shared.get("tables", {}).items():
        base.bring(name, made)
    steps = decision.steps()
    tell.steps = len(steps) + len(decision.tables)
    here.run("SET preserve_insertion_order = false")
    groups = {group.table: group for group in decision.groups}
    over = last_reads(steps, {**{name: [asked] for name, asked in decision.counts.items()}, "": decision.last()})
    rules: dict[int, RuleCount] = {}
    for step in steps:
        with tell.step(step.about):
            base.make(step)
            if step.name in groups:
                rules |= rule_counts(groups[step.name], decision.counts[step.name], base)
        if base is here:
            here.let_go(over.get(step.name, ()))
    return [rules[number] for number in sorted(rules)]


def _write(
    decision: Decision,
    rules: Sequence[RuleCount],
    data: StoredData,
    folder: Path,
    base: Database,
    here: Session,
    tell: _Telling,
) -> None:
    here.run("SET preserve_insertion_order = true")
    for name, statement in decision.tables.items():
        with tell.step(f"writing {name}"):
            path = folder / f"{name}.parquet"
            if isinstance(base, Spark):
                write_rows(_rows_of(base, statement, here), path, here, statement.about)
            else:
                write_table(statement, path, here)
    write_rejects(data.rejects, folder / "rejects.parquet", here)
    write_counts(decision.c.program.name, rules, folder / "counts.parquet")


def _rows_of(base: Spark, statement: Statement, here: Session) -> str:
    """What a statement gives on Spark, in order."""
    name = f"final_{statement.name}"
    found = base.in_order(Statement(name, statement.about, statement.select))
    if isinstance(found, list):
        return f"SELECT * FROM read_parquet([{', '.join(map(parquet_path, found))}])"
    here.connection.register(name, found)
    return f"SELECT * FROM {name}"


# --- telling ----------------------------------------------------------------------------------------------------------


class _Telling:
    """Tells how far a run is: which statement of how many, and how far that is, in rows."""

    def __init__(self, base: Session, progress: Progress | None) -> None:
        self._base, self._progress = base, progress
        self.rows, self.steps, self._begun = 0, 0, 0

    def say(self, stage: str, done: int, total: int = 0) -> None:
        if self._progress:
            self._progress(stage, done, total)

    @contextmanager
    def step(self, about: str) -> Iterator[None]:
        """One statement of the run, by what it makes."""
        self._begun += 1
        short = about if len(about) <= MOST_TOLD else about[: MOST_TOLD - 1] + "…"
        stage = f"{self._begun} of {self.steps}: {short}"
        self.say(stage, 0, self.rows)
        if self._progress:
            self._base.watch = lambda part: self.say(stage, min(int(part * self.rows), self.rows), self.rows)
        try:
            yield
        finally:
            self._base.watch = None


@contextmanager
def _located(decision: Decision, base: Session) -> Iterator[None]:
    try:
        yield
    except Overflow as error:
        raise Overflow(where_it_overflows(error, decision, base)) from error
