"""Writing what was read: whole files or none, in the place of others only where that is asked for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from requite.api.answers import WrongUse, refused

TABLES: Final = (".csv", ".parquet")


def check_place(option: str, path: Path, endings: Iterable[str], overwrite: bool, inputs: Iterable[Path] = ()) -> None:
    """WrongUse or Refusal where a file cannot be written at a place."""
    allowed = list(endings)
    if path.suffix.lower() not in allowed:
        raise WrongUse(f"{option}: {path} must end in {' or '.join(allowed)}")
    if path.is_dir():
        raise refused("out-exists", f"{path} is a folder", f"Name a file with {option}.", str(path))
    if not path.parent.is_dir():
        raise refused("not-found", f"there is no folder {path.parent}", "Make it first.", str(path.parent))
    if any(path.exists() and one.exists() and path.samefile(one) for one in inputs):
        raise refused("out-exists", f"{path} is what is read", f"Name another file with {option}.", str(path))
    if (path.exists() or path.is_symlink()) and not overwrite:
        raise refused("out-exists", f"{path} is there already", "Choose another name, or add --overwrite.", str(path))


@contextmanager
def put_in_place(*paths: Path) -> Iterator[list[Path]]:
    """Files beside those that are meant, to write into; they take their places when all is written, and are gone otherwise."""
    beside: list[Path] = []
    try:
        for path in paths:
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
            os.close(handle)
            beside.append(Path(name))
        yield beside
        umask = os.umask(0)
        os.umask(umask)
        for made, path in zip(beside, paths, strict=True):
            made.chmod(0o666 & ~umask)
            made.replace(path)
    finally:
        for made in beside:
            with suppress(OSError):
                made.unlink(missing_ok=True)


def write_table(path: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write rows as CSV or Parquet, by the ending of the file; how many there were."""
    rows = 0
    writer: Any
    if path.suffix.lower() == ".parquet":
        writer = pq.ParquetWriter(path, schema, compression="zstd")
    else:
        writer = pacsv.CSVWriter(path, schema, write_options=pacsv.WriteOptions(quoting_style="needed", quoting_header="needed"))
    with writer:
        for batch in batches:
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows
