"""An import from beginning to end: a claim file becomes a spell file, and what does not cohere becomes rejects."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa

from requite.api.answers import refused
from requite.api.claim_files import fhir, hes, sus
from requite.api.claim_files.plans import Plan, Said
from requite.api.claim_files.reading import Read, read
from requite.api.claim_files.writing import put_in_place, write_table
from requite.engine.columnar.sessions import Session, session
from requite.engine.csv_files import csv_of
from requite.engine.data import Progress
from requite.engine.reading.files import InputFile
from requite.engine.reading.sources import find_files
from requite.engine.results import CONTROL, CONTROL_SHOWN
from requite.engine.settings import DUCKDB, settings_of

HES, FHIR, SUS = "hes", "fhir", "sus"
REJECTS: Final = pa.schema(
    [("file", pa.string()), ("line", pa.int64()), ("field", pa.string()), ("value", pa.string()), ("reason", pa.string())]
)
LINES_TOLD: Final = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import came to: rows = written + rejected."""

    file: str
    rows: int
    written: int
    rejected: int
    blank: int
    said: Said
    reasons: list[tuple[str, int]] = field(default_factory=list)
    first: list[tuple[int, str]] = field(default_factory=list)


def import_file(form: str, given: str, out: Path, rejects: Path | None, progress: Progress | None) -> Outcome:
    """Read a claim file of some form, and write the spells, and the rejects where they are wanted."""
    file = one_file(given)
    with tempfile.TemporaryDirectory(prefix=".requite-", dir=out.parent, ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        with session(folder, settings_of(DUCKDB).chosen(), kept=False) as work, work.errors():
            found = _read(work, form, file, folder, progress)
            _write(found, out, rejects, folder, progress)
            return Outcome(
                file.name,
                found.rows,
                found.rows - found.rejected,
                found.rejected,
                found.blank,
                found.plan.said,
                found.reasons(),
                found.first_lines(LINES_TOLD),
            )


def one_file(given: str) -> InputFile:
    """The file that is meant; Refusal where a folder or a pattern means several."""
    files = find_files(given, "")
    if len(files) > 1:
        raise refused("wrong-use", f"{given} means {len(files)} files", "Import one after another.", given)
    return files[0]


def _read(work: Session, form: str, file: InputFile, folder: Path, progress: Progress | None) -> Read:
    before = 0
    plan: Plan
    if form == FHIR:
        plan, before = fhir.plan(work.connection, file, folder, progress)
    else:
        plan = hes.plan(file) if form == HES else sus.plan(file)
    return read(work.connection, plan, folder, progress, before)


def _write(found: Read, out: Path, rejects: Path | None, folder: Path, progress: Progress | None) -> None:
    if progress:
        progress("writing", 0, 0)
    paths = [out, rejects] if rejects else [out]
    with put_in_place(*paths) as beside:
        write_table(beside[0], found.schema, found.batches())
        if rejects and rejects.suffix.lower() == ".csv":
            # People open it: no cell may be read as a formula.
            table = folder / "rejects.parquet"
            write_table(table, REJECTS, _rejects(found))
            csv_of(table, beside[1])
        elif rejects:
            write_table(beside[1], REJECTS, _rejects(found))


def _rejects(found: Read) -> Iterator[pa.RecordBatch]:
    """The rejects as they are written: no cell steers a terminal."""
    for batch in found.reject_batches():
        columns: Mapping[str, list[object]] = batch.to_pydict()
        texts = {
            name: [CONTROL.sub(CONTROL_SHOWN, str(cell or "")) for cell in columns[name]] for name in ("field", "value", "reason")
        }
        named = {"file": [found.plan.file.name] * batch.num_rows, "line": columns["line"], **texts}
        yield pa.RecordBatch.from_pydict(named, REJECTS)
