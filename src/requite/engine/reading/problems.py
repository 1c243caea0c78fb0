"""What is wrong with data as a whole, so that nothing can be read: in words, and as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class DataProblem:
    """One thing to put right before a run: what (a code and a message), for which record and file, and what to do.

    Codes: no-data, unknown-record, not-found, unreadable-file, wrong-kind, empty-file, missing-columns, repeated-column,
    outside-folder, not-rows, out-exists, changed-input, not-a-run, wrong-use, cannot-run, too-large, out-of-memory,
    engines-differ, cannot-write, all-rejected, disk-full. `detail` holds the same as data (missing, there, likely …).
    """

    code: str
    message: str
    record: str = ""
    file: str = ""
    help: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "record": self.record,
            "file": self.file,
            "message": self.message,
            "help": self.help,
            "detail": dict(self.detail),
        }

    def __str__(self) -> str:
        return f"{self.message}\n  {self.help}" if self.help else self.message


class DataError(Exception):
    """Data, or a run's folder, that cannot be used; every problem found at once."""

    def __init__(self, problems: Iterable[DataProblem]) -> None:
        self.problems: Sequence[DataProblem] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[DataError], tuple[Sequence[DataProblem]]]:
        # A process of a pool hands its errors over: an exception is otherwise made anew of its message.
        return type(self), (self.problems,)

    def to_json(self) -> list[dict[str, Any]]:
        return [problem.to_json() for problem in self.problems]


def problem(code: str, message: str, record: str = "", file: str = "", help: str = "", **detail: Any) -> DataError:
    """A DataError of one problem, to raise."""
    return DataError([DataProblem(code, message, record, file, help, detail)])
