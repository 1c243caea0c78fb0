"""Requite inside another program: a ruleset made from text, run on frames and files, its results as tables."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from pathlib import Path
from typing import Any, Final, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from requite.dsl.diagnostics import Diagnostic, Severity, render_text
from requite.dsl.load import check_text, load_program
from requite.dsl.program import Program
from requite.engine.data import Progress
from requite.engine.decision import Explanation
from requite.engine.examples import ExampleResult, run_examples
from requite.engine.explain import NoSuchRowError, explain
from requite.engine.render import to_markdown, to_text
from requite.engine.run import RunSummary
from requite.engine.run import run as run_engine
from requite.engine.verify import interpreter_of, reload

Engine = Literal["duckdb", "spark", "interpret"]

ROWS_SHOWN: Final = 20
"""Rows that a notebook shows of a table."""

ENDINGS: Final = (".requite", ".md")


class RulesetError(ValueError):
    """A text that is no ruleset yet; `diagnostics` say what is wrong, and where."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n" + render_text(self.diagnostics))


def compile(text_or_path: str | os.PathLike[str], name: str = "ruleset.requite") -> Ruleset:
    """Make a ruleset of a text, or of the file that a path names; RulesetError says what is wrong with it.

    A `Path`, or a text of one line that ends in .requite or .md, is a path. `name` is what messages call a text.
    """
    is_path = not isinstance(text_or_path, str) or ("\n" not in text_or_path and text_or_path.strip().endswith(ENDINGS))
    program, diagnostics = load_program(Path(text_or_path)) if is_path else check_text(str(text_or_path), name)
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
        memory: str | None = None,
        threads: int | None = None,
        brought_forward: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        progress: Progress | None = None,
        **records: object,
    ) -> Run:
        """Run the ruleset on data given by record: `ruleset.run(spell="claims.parquet", estimate=frame)`.

        Data are paths, lists of paths, data frames, Arrow tables, DuckDB relations, or lists of dictionaries or models; `data` takes
        those of records with a dot in their names. Without `out` the results lie in a folder that goes when the run is let go of.
        DataError says what cannot be read.
        """
        inputs = {**(data or {}), **records}
        home = None if out is not None else tempfile.TemporaryDirectory(prefix="requite-", ignore_cleanup_errors=True)
        folder = Path(out) if out is not None else Path(home.name if home is not None else "") / "run"
        summary = run_engine(
            self.program,
            inputs,
            folder,
            known=known,
            brought_forward=brought_forward,
            progress=progress,
            overwrite=overwrite,
            engine=engine,
            memory=memory,
            threads=threads,
        )
        return Run(self, folder, summary, {name: given for name, given in inputs.items() if not _is_path(given)}, home)

    def test(self) -> tuple[ExampleResult, ...]:
        """What the worked examples in the text show."""
        return run_examples(self.program)

    def sql(self, engine: Literal["duckdb", "spark"] = "duckdb") -> str:
        """The SQL that a run would have, as far as it can be told without data."""
        from requite.engine.columnar.showing import show_sql

        return show_sql(self.program, engine)

    def __repr__(self) -> str:
        rules = len(self.program.payments) + len(self.program.checks)
        return f"<Ruleset {self.name}: {rules} rules, {len(self.program.examples)} examples>"


@dataclass(frozen=True, eq=False)
class Run:
    """A finished run: its tables of results, and why each row got what it got."""

    ruleset: Ruleset
    folder: Path
    summary: RunSummary
    handed_over: Mapping[str, object]
    _home: tempfile.TemporaryDirectory[str] | None = field(default=None, repr=False)

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

    def explain(self, *key: str, record: str | None = None) -> Explained:
        """Why the record with this key got what it got; LookupError where none, or more than one, has the key."""
        reloaded = reload(self.folder, inputs=self.handed_over)
        interpreter, _ = interpreter_of(reloaded)
        names = [record] if record is not None else [name for name in reloaded.program.records if interpreter.row(name, key)]
        decided = [name for name in names if name in _decided(reloaded.program)] or names
        if len(decided) != 1:
            which = (
                f"several records have it: say record={' or record='.join(map(repr, decided))}" if decided else "no record has it"
            )
            raise NoSuchRowError(f"{' | '.join(key)}: {which}")
        return Explained(explain(interpreter, decided[0], key))

    def sql(self) -> str:
        """The SQL of the run; of one by the interpreter, what DuckDB would run."""
        return self.ruleset.sql("spark" if self.manifest.get("engine", {}).get("name") == "spark" else "duckdb")

    def __repr__(self) -> str:
        return f"<Run of {self.ruleset.name}: {len(self.payments):,} payments, {len(self.findings):,} findings>"


def _decided(program: Program) -> frozenset[str]:
    records = {scheme.record for scheme in program.schemes.values()} | {check.record for check in program.checks.values()}
    return frozenset(records | {share.range.record for share in program.shares.values() if share.scheme})


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
        pattern = "".join(f"[{c}]" if c in "[*?" else c for c in str(self.path))
        return duckdb.connect().read_parquet(pattern)

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
        return f"<{self.name}: {len(self):,} rows>"

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
        more = f"the first {first.num_rows} of {total:,} rows" if total > first.num_rows else f"{total:,} row{'s' * (total != 1)}"
        head = f"<caption>{escape(self.name)}: {more}</caption><thead><tr>{heads}</tr></thead>"
        return f"<table>{head}<tbody>{''.join(lines)}</tbody></table>"


def _cell(value: object, right: bool) -> str:
    shown = "" if value is None else "yes" if value is True else "no" if value is False else str(value)
    return f'<td style="text-align:{"right" if right else "left"}">{escape(shown)}</td>'


@dataclass(frozen=True, slots=True)
class Explained:
    """An explanation, shown as text where it is printed and as Markdown in a notebook; `explanation` is the data."""

    explanation: Explanation

    def _repr_markdown_(self) -> str:
        return to_markdown(self.explanation)

    def __str__(self) -> str:
        return to_text(self.explanation)
