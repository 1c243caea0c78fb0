"""In which rows and columns a file of results as CSV is no longer what its Parquet file holds."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import duckdb
import pyarrow as pa

from requite.engine.csv_files import csv_of
from requite.engine.manifest import Manifest
from requite.engine.reading.problems import problem
from requite.engine.results import file_hash


def refuse_changed_csv(folder: Path, manifest: Manifest, name: str = "") -> None:
    """DataError where a CSV file of a run's folder, or the one named, was changed: who did that took it for the results."""
    for item in manifest["outputs"]:
        file = folder / item["file"]
        if name and file.name != name:
            continue
        if file.suffix != ".csv" or not file.is_file() or file_hash(file) == item["sha256"]:
            continue
        number, told = next(changed_rows(file, file.with_suffix(".parquet")), (0, ""))
        # Saved with other line breaks, it says the same.
        if not told:
            continue
        message = f"{file} row {number}: {told}" if number else f"{file} {told}"
        help = f"The results are in {file.stem}.parquet, which is as it was: take {file.name} away, or run anew on other data."
        raise problem("changed-input", message, file=str(file), help=help)


def changed_rows(file: Path, parquet: Path) -> Iterator[tuple[int, str]]:
    """Each row that differs, by its number (the row of names is 0), and how; none where no cell does, or it cannot be told."""
    with tempfile.TemporaryDirectory(prefix="requite-") as folder:
        meant = Path(folder) / file.name
        try:
            csv_of(parquet, meant)
            yield from _different(meant, file)
        except (OSError, duckdb.Error, pa.ArrowException, csv.Error):
            return


def _different(meant: Path, file: Path) -> Iterator[tuple[int, str]]:
    with (
        meant.open(encoding="utf-8", errors="replace", newline="") as old,
        file.open(encoding="utf-8", errors="replace", newline="") as new,
    ):
        were, are = csv.reader(old), csv.reader(new)
        names, now_names = next(were, []), next(are, [])
        if names != now_names:
            yield 0, f"has the columns {', '.join(now_names)}, and had {', '.join(names)}"
            return
        for number, (was, now) in enumerate(zip_longest(were, are), 1):
            if was != now:
                yield number, _told(names, was, now)


def _told(names: Sequence[str], was: Sequence[str] | None, now: Sequence[str] | None) -> str:
    if was is None or now is None:
        cells = dict(zip(names, was or now or (), strict=False))
        which = ", ".join(cells[name] for name in ("payment", "check", "rule", "name", "key", "file", "line") if cells.get(name))
        return f"is {'there no more' if now is None else 'new'} ({which})"
    if len(was) != len(now):
        return f"has {len(now)} cells, and had {len(was)}"
    return "; ".join(f"{name} was {a}, and is now {b}" for name, a, b in zip(names, was, now, strict=True) if a != b)
