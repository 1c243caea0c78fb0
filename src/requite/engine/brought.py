"""Figures that an earlier run carried forward, as this one brings them forward."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from requite.dsl.program import BroughtForward, Program, Scalar
from requite.engine.changed_csv import refuse_changed_csv
from requite.engine.decision import Key
from requite.engine.interpreting.values import Lack, Missing
from requite.engine.manifest import file_part, path_part, read_manifest
from requite.engine.reading.problems import problem
from requite.engine.results import read_table

CARRIED: Final = "carried.parquet"

Brought = Mapping[str, Mapping[Key, Scalar | Missing]]
"""Figures brought forward: by the column's unique name, then by the row's key as text."""


def brought_part(folder: str | os.PathLike[str] | None, out: Path) -> dict[str, Any] | None:
    """What the manifest says of the run before."""
    if folder is None:
        return None
    path = Path(folder) / CARRIED
    return {**path_part(path, str(folder), out), **file_part(path)}


def read_brought(program: Program, folder: Path) -> Brought:
    """The figures that an earlier run carried forward, for those that this program brings forward."""
    manifest = read_manifest(folder)
    said = next((part for part in manifest.get("outputs", ()) if part["file"] == CARRIED), None)
    path = folder / CARRIED
    if said is not None and path.is_file() and file_part(path)["sha256"] != said["sha256"]:
        message = f"{path} is not what its run wrote: it was changed since"
        raise problem("changed-file", message, file=str(path), help="Run that period again.")
    if said is not None and path.is_file():
        refuse_changed_csv(folder, manifest, Path(CARRIED).with_suffix(".csv").name)
    return brought_from(program, path)


_LAST, _EARLIER = "was not known in the run before", "was not known in an earlier run"
_HANDED_ON = re.compile(rf"(?:[A-Za-z]\w* (?:{_LAST}|{_EARLIER}): )+")


def _brought_value(row: Mapping[str, Any]) -> Fraction | Missing:
    """A figure of an earlier run: not known now where it was not known then. However long ago, the first cause is said once."""
    if row["value"]:
        return Fraction(row["value"])
    reason = str(row["reason"])
    handed_on = _HANDED_ON.match(reason)
    if handed_on is None:
        return Missing(Lack.UNDECIDED, f"{row['name']} {_LAST}: {reason}")
    return Missing(Lack.UNDECIDED, f"{row['name']} {_EARLIER}: {reason[handed_on.end() :]}")


def brought_from(program: Program, path: Path) -> Brought:
    """The figures of one `carried.parquet`, by column and key."""
    wanted = {c.name: c.record for c in program.columns.values() if isinstance(c.definition, BroughtForward)}
    try:
        rows = read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        help = "Run that period again."
        raise problem("unreadable-file", f"{path} cannot be read", file=str(path), help=help) from error
    found: dict[str, dict[tuple[str, ...], Fraction | Missing]] = {}
    for row in rows:
        name = f"{row['scheme']}.{row['name']}"
        if wanted.get(name) == row["record"]:
            found.setdefault(name, {})[tuple(row["key_parts"])] = _brought_value(row)
    if rows and wanted and not found:
        there = sorted({f"{row['scheme']}.{row['name']}" for row in rows})
        message = f"{path.parent} carries {', '.join(there)} forward, and {program.name} brings {', '.join(wanted)} forward"
        raise problem("no-data", message, file=str(path), help="Name the run of the period before, or leave it out.")
    if not wanted:
        message = f"{program.name} brings no figures forward"
        raise problem("no-data", message, file=str(path), help="Leave out --brought-forward.")
    return found
