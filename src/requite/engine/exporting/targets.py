"""Where results are written on to: what every such place can do, and what goes wrong there."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from requite.engine.exporting.runs import FinishedRun, Written
from requite.engine.reading.problems import DataError, problem

DELTA: Final = "delta:"
CODE: Final = "cannot-write"


@dataclass(frozen=True, slots=True)
class Target:
    """A place for the tables of several runs. `name` is what messages call it: nothing secret is in it."""

    name: str

    def check(self, out: Path | None = None) -> None:
        """Say, before anything is written, whether a run could be; `out` is the folder of the run."""
        raise NotImplementedError

    def write(self, run: FinishedRun, written: Written) -> None:
        """Write the tables of a run, in place of the rows that they have of it."""
        raise NotImplementedError

    def refused(self, why: str, help: str = "") -> DataError:
        """That this place does not take the results, to raise."""
        message = f"{self.name} cannot be written" + (f": {why}" if why else "")
        return problem(CODE, message, file=self.name, help=help)

    def module(self, name: str, extra: str) -> Any:
        """The package that writes there; DataError with what to install where it is not there."""
        try:
            return import_module(name)
        except ImportError as error:
            help = f"Install it with `pip install requite[{extra}]`."
            raise self.refused("what writes there is not installed", help) from error


def lacking(table: str, there: dict[str, str], wanted: dict[str, tuple[str, ...]], spare: set[str]) -> str:
    """What is wrong with the columns of a table that is there already; blank where nothing is.

    `wanted` has the types that will do, the usual one first; `spare` are the columns that may stay empty.
    """
    for column, types in wanted.items():
        if column not in there:
            return f"the table {table} is there already, and has no column {column}"
        if there[column] not in types:
            return f"the table {table} is there already, with {column} as {there[column]}; it has to be {types[0]}"
    for column in there:
        if column not in wanted and column not in spare:
            return f"the table {table} is there already, with a column {column} that may not stay empty"
    return ""


def first_line(said: str) -> str:
    """What a library says, in one line that is not too long."""
    return next((line.strip()[:300] for line in said.splitlines() if line.strip()), "")
