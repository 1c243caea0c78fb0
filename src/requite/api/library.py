"""Requite inside another program: a ruleset made from text, run on frames and files, its results as tables."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from html import escape
from io import IOBase
from pathlib import Path
from types import GeneratorType
from typing import Any, Final, Literal

import duckdb
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq

from requite.api.answers import Refusal
from requite.api.commands.explain import explain_key
from requite.api.console import count
from requite.dsl.diagnostics import Diagnostic, Severity, render_text
from requite.dsl.load import check_text, load_program
from requite.dsl.program import Program
from requite.engine.data import Progress
from requite.engine.decision import Explanation
from requite.engine.examples import ExampleResult, run_examples
from requite.engine.explain import NoSuchRowError
from requite.engine.exporting.export import Exported, export
from requite.engine.reading.problems import DataError, DataProblem, problem
from requite.engine.render import to_markdown, to_text
from requite.engine.run import RunSummary
from requite.engine.run import run as run_engine
from requite.engine.seeking import Opened
from requite.engine.settings import SPARK
from requite.engine.verify import Reloaded, opened_again, reload
from requite.engine.wording import joined

Engine = Literal["duckdb", "spark", "interpret"]

ROWS_SHOWN: Final = 20
"""Rows that a notebook shows of a table."""

ENDINGS: Final = (".requite", ".md")
FENCE: Final = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[ ]*requite\b", re.MULTILINE)
"""By which a text is told to be a Markdown document."""

__all__ = ["DataError", "Explained", "Exported", "NoSuchRowError", "Ruleset", "RulesetError", "Run", "Table", "compile"]


class RulesetError(ValueError):
    """A text that is no ruleset yet; `diagnostics` say what is wrong, and where."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n" + render_text(self.diagnostics))

    def __reduce__(self) -> tuple[type[RulesetError], tuple[Sequence[Diagnostic]]]:
        # A process of a pool hands its errors over: an exception is otherwise made anew of its message.
        return type(self), (self.diagnostics,)


def compile(text_or_path: str | os.PathLike[str], name: str | None = None) -> Ruleset:
    """Make a ruleset of a text, or of the file that a path names; RulesetError says what is wrong with it.

    A `Path`, or a text of one line that ends in .requite or .md, is a path; anything else is a DataError. `name` is what messages
    call a text, ruleset.requite if nothing is said; with `requite` blocks in it, or a name that ends in .md, it is read as a
    Markdown document.
    """
    _check_ruleset(text_or_path)
    is_path = not isinstance(text_or_path, str) or ("\n" not in text_or_path and text_or_path.strip().endswith(ENDINGS))
    if is_path:
        program, diagnostics = load_program(Path(text_or_path))
    else:
        text = str(text_or_path)
        program, diagnostics = check_text(text, name or ("ruleset.md" if FENCE.search(text) else "ruleset.requite"))
    errors = [d for d in diagnostics if d.severity is Severity.ERROR]
    if program is None or errors:
        raise RulesetError(errors or diagnostics)
    return Ruleset(program, tuple(diagnostics))


@dataclass(frozen=True, eq=False)
class Ruleset:
    """A checked ruleset. `diagnostics` are its warnings."""

    program: Program
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        return self.program.name

    @property
    def title(self) -> str:
        return self.program.title

    def run(
        self,
        data: Mapping[str, object] | None = None,
        /,
        *,
        known: date | None = None,
        out: str | os.PathLike[str] | None = None,
        engine: Engine = "duckdb",
        spark: object = None,
        memory: str | None = None,
        threads: int | None = None,
        brought_forward: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        resume: bool = False,
        check_engines: int = 0,
        progress: Progress | None = None,
        **records: object,
    ) -> Run:
        """Run the ruleset on data given by record: `ruleset.run(spell="claims.parquet", estimate=frame)`.

        Data are paths, lists of paths, data frames (of Spark, too), Arrow tables, DuckDB relations, or lists of dictionaries or
        models; `data` takes those of records whose names are no keywords, as names with a dot. Without `out` the results lie in a
        folder that goes when nobody holds the run any more. `spark` is the address of Spark Connect or a session of Spark, for
        `engine="spark"`. The other options are those of the command line. DataError says what cannot be read.
        """
        _check_options(data, known, {"check_engines": check_engines, "threads": threads}, memory)
        _check_others({"out": out, "brought_forward": brought_forward}, {"overwrite": overwrite, "resume": resume}, progress)
        inputs = {name: _lasting(given) for name, given in {**(data or {}), **records}.items()}
        home = tempfile.mkdtemp(prefix="requite-") if out is None else None
        folder = Path(out) if out is not None else Path(home or "") / "run"
        try:
            summary = run_engine(
                self.program,
                inputs,
                folder,
                known=known,
                brought_forward=brought_forward,
                progress=progress,
                overwrite=overwrite,
                engine=engine,
                spark=spark,
                memory=memory,
                threads=threads,
                resume=resume,
                check_engines=check_engines,
            )
        except BaseException as error:
            if home is not None:
                shutil.rmtree(home, ignore_errors=True)
            if isinstance(error, DataError):
                raise _told_in_python(error) from error.__cause__
            raise
        run = Run(self, folder.absolute(), summary, {name: given for name, given in inputs.items() if not _is_path(given)})
        if home is not None:
            weakref.finalize(run, _removed, home, os.getpid())
        return run

    def test(self) -> tuple[ExampleResult, ...]:
        """What the worked examples in the text show."""
        return run_examples(self.program)

    def sql(self, engine: Literal["duckdb", "spark"] = "duckdb") -> str:
        """The SQL that a run would have, as far as it can be told without data."""
        from requite.engine.columnar.showing import show_sql

        return show_sql(self.program, engine)

    def __repr__(self) -> str:
        numbers = {
            "payment": len(self.program.payments),
            "check": len(self.program.checks),
            "example": len(self.program.examples),
        }
        return f"<Ruleset {self.name}: {', '.join(count(number, noun) for noun, number in numbers.items() if number)}>"


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run: its tables of results, and why each row got what it got."""

    ruleset: Ruleset
    folder: Path
    summary: RunSummary
    handed_over: Mapping[str, object]

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What the run was made from, and what came of it."""
        return self.summary.manifest

    @property
    def payments(self) -> Table:
        """Who is paid or charged what for which record, and why."""
        return self.table("payments")

    @property
    def findings(self) -> Table:
        """What the checks flagged."""
        return self.table("findings")

    @property
    def figures(self) -> Table:
        """The figures that the ruleset shows."""
        return self.table("figures")

    @property
    def not_assessable(self) -> Table:
        """Rows that a rule could not assess, and why."""
        return self.table("not_assessable")

    @property
    def rejects(self) -> Table:
        """Rows that could not be read, and why."""
        return self.table("rejects")

    @property
    def counts(self) -> Table:
        """For each rule how many rows it read, assessed, could not assess, and left alone."""
        return self.table("counts")

    @property
    def carried(self) -> Table:
        """Figures carried forward to the next run."""
        return self.table("carried")

    def table(self, name: str) -> Table:
        """A table of results by its name."""
        return Table(name, self.folder / f"{name}.parquet", self)

    def export(self, to: str, *, progress: Progress | None = None) -> Exported:
        """Write the results on to Delta tables (`delta:lake/settled`) or to a schema of PostgreSQL
        (`postgresql://writer@db.example/payments#settled`), in place of what is there of this run; DataError says why not.
        """
        return export(self.folder, to, progress)

    def explain(self, *key: object, record: str | None = None) -> Explained:
        """Why the record with this key got what it got; LookupError where none, or more than one, has the key.

        The key is what stands in the column `key` of a table, or its parts one by one. Of the data no more is read than the record
        needs; DataError where it is no longer what the run read.
        """
        reloaded, data = self._again
        try:
            return Explained(explain_key(reloaded, data, joined([str(part) for part in key]), record))
        except Refusal as refusal:
            raise NoSuchRowError("\n".join(map(_in_python, refusal.problems))) from None

    @cached_property
    def _again(self) -> tuple[Reloaded, Opened]:
        reloaded, open_data = reload(self.folder, inputs=self.handed_over), ExitStack()
        data = open_data.enter_context(opened_again(reloaded))
        weakref.finalize(self, open_data.close)
        return reloaded, data

    def sql(self) -> str:
        """The SQL of the run; of one by the interpreter, what DuckDB would run."""
        return self.ruleset.sql("spark" if self.manifest["engine"]["name"] == SPARK else "duckdb")

    def __repr__(self) -> str:
        told = f"{count(len(self.payments), 'payment')}, {count(len(self.findings), 'finding')}"
        return f"<Run of {self.ruleset.name}: {told}>"


OPTIONS: Final[Sequence[tuple[str, str]]] = (
    (r"--data (\w+\.[\w.]+)=(?:FILE|…)", r'{"\1": DATA}'),
    (r"--data (\w+)=(?:FILE|…)", r"\1=DATA"),
    (r"--engine (\w+)", r'engine="\1"'),
    (r"--memory (\d+\w*)", r'memory="\1"'),
    (r"--(overwrite|resume)\b", r"\1=True"),
    (r"--brought-forward\b", "brought_forward"),
    (r"--(memory|threads)\b", r"\1"),
)
"""What the command line calls an option, and how it is given here."""


def _told_in_python(error: DataError) -> DataError:
    """An error whose help names the options as they are given here."""
    found = []
    for one in error.problems:
        help = one.help
        for pattern, here in OPTIONS:
            help = re.sub(pattern, here, help)
        found.append(replace(one, help=help))
    return type(error)(found)


def _in_python(problem: DataProblem) -> str:
    """A problem as it is put right in Python, not on the command line."""
    if problem.code == "several-records":
        return f"{problem.message}\n  Say which: {' or '.join(f'record={name!r}' for name in problem.detail['records'])}."
    return str(problem)


def _removed(home: str, owner: int) -> None:
    """Take a folder of results away, if this process made it: one that was forked lets go of what the other still holds."""
    if os.getpid() == owner:
        shutil.rmtree(home, ignore_errors=True)


def _check_ruleset(given: object) -> None:
    if not isinstance(given, (str, os.PathLike)):
        help = 'Give the text itself, or its path, as in compile("fees.requite").'
        raise problem("wrong-use", f"the ruleset is {str(given)[:40]}, and must be a text or a path", help=help)


def _check_options(data: object, known: object, numbers: Mapping[str, object], memory: object) -> None:
    """Refuse what a type checker would have told of, before anything is read."""
    if data is not None and not isinstance(data, Mapping):
        message = f"the data is a {type(data).__name__}, which does not say of which record"
        raise problem(
            "wrong-use", message, help='Give it by the name of the record, as in run(spell=DATA) or run({"spell": DATA}).'
        )
    if known is not None and (not isinstance(known, date) or isinstance(known, datetime)):
        raise problem(
            "wrong-use", f"known is {known!r}, and must be a day", help="Give a datetime.date, such as date(2014, 3, 31)."
        )
    for name, number in numbers.items():
        if number is not None and type(number) is not int:
            raise problem("wrong-use", f"{name} is {number!r}, and must be a whole number", help="Give an int, such as 4.")
    checked = numbers["check_engines"]
    if isinstance(checked, int) and checked < 0:
        raise problem("wrong-use", f"{checked} records cannot be checked: none is the least", help="Leave check_engines out.")
    if memory is not None and not isinstance(memory, str):
        raise problem("wrong-use", f"memory is {memory!r}, and must be a text", help='Give an amount with its unit, such as "3GB".')


def _check_others(folders: Mapping[str, object], switches: Mapping[str, object], progress: object) -> None:
    for name, folder in folders.items():
        if folder is not None and not isinstance(folder, (str, os.PathLike)):
            raise problem("wrong-use", f"{name} is {folder!r}, and must be a folder", help="Give its path, as a text or a Path.")
    for name, switch in switches.items():
        if not isinstance(switch, bool):
            raise problem("wrong-use", f"{name} is {switch!r}, and must be yes or no", help="Give True or False.")
    if progress is not None and not callable(progress):
        raise problem("wrong-use", f"progress is {progress!r}, and must be a function", help="Leave it out, or give a function.")


def _lasting(given: object) -> object:
    """Data that can be read again, for an explanation, where it was handed over as what can be read once; an open file is none."""
    if isinstance(given, pa.RecordBatchReader):
        return given.read_all()
    if isinstance(given, GeneratorType) and given.gi_frame is None:
        message = "a generator that has given all its rows already holds none"
        raise problem("not-rows", message, help="Make it anew for each run, or keep its rows in a list.")
    return list(given) if isinstance(given, Iterator) and not isinstance(given, IOBase) else given


def _is_path(given: object) -> bool:
    if isinstance(given, (list, tuple)):
        return bool(given) and all(isinstance(item, (str, os.PathLike)) for item in given)
    return isinstance(given, (str, os.PathLike))


@dataclass(frozen=True, eq=False)
class Table:
    """A table of results where it lies: nothing is read until it is asked for.

    Whatever reads Arrow (pandas, Polars, DuckDB) takes it as it is.
    """

    name: str
    path: Path
    run: Run = field(repr=False)

    def relation(self) -> duckdb.DuckDBPyRelation:
        """The table as a DuckDB relation, to be queried further."""
        data = pyarrow.dataset.dataset(self.path)
        # The relation, and what is made of it, holds the data: the run's folder must not go before.
        weakref.finalize(data, _held, self.run).atexit = False
        return duckdb.connect().from_arrow(data)

    def arrow(self) -> pa.Table:
        """The whole table as Arrow."""
        with pq.ParquetFile(self.path) as file:
            return file.read()

    def batches(self, rows: int = 100_000) -> Iterator[pa.RecordBatch]:
        """The table a number of rows at a time, for one that is larger than memory."""
        with pq.ParquetFile(self.path) as file:
            yield from file.iter_batches(rows)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.arrow().__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        with pq.ParquetFile(self.path) as file:
            return int(file.metadata.num_rows)

    def _first(self) -> pa.Table:
        with pq.ParquetFile(self.path) as file:
            batch = next(file.iter_batches(ROWS_SHOWN), None)
            return pa.Table.from_batches([batch]) if batch is not None else file.schema_arrow.empty_table()

    def __repr__(self) -> str:
        return f"<{self.name}: {count(len(self), 'row')}>"

    def _repr_html_(self) -> str:
        """The first rows as a notebook shows them."""
        first = self._first()
        heads = "".join(f"<th>{escape(name)}</th>" for name in first.column_names)
        numeric = [pa.types.is_decimal(kind) or pa.types.is_integer(kind) for kind in first.schema.types]
        lines = []
        for row in zip(*(column.to_pylist() for column in first.columns), strict=True):
            cells = (_cell(value, right) for value, right in zip(row, numeric, strict=True))
            lines.append(f"<tr>{''.join(cells)}</tr>")
        total = len(self)
        more = f"the first {first.num_rows} of {total:,} rows" if total > first.num_rows else count(total, "row")
        head = f"<caption>{escape(self.name)}: {more}</caption><thead><tr>{heads}</tr></thead>"
        return f'<div style="overflow-x:auto"><table>{head}<tbody>{"".join(lines)}</tbody></table></div>'


def _held(run: Run) -> None:
    """Nothing: it is enough that the run was held until here."""


def _cell(value: object, right: bool) -> str:
    shown = "" if value is None else "yes" if value is True else "no" if value is False else str(value)
    return f'<td style="text-align:{"right" if right else "left"}">{escape(shown)}</td>'


@dataclass(frozen=True, slots=True, repr=False)
class Explained:
    """An explanation, shown as text where it is printed and as Markdown in a notebook; `explanation` is the data."""

    explanation: Explanation

    def _repr_markdown_(self) -> str:
        return to_markdown(self.explanation)

    def __str__(self) -> str:
        return to_text(self.explanation)

    __repr__ = __str__
