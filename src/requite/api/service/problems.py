"""What the service says when something is wrong: problem details as RFC 9457 has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from requite.dsl.diagnostics import Diagnostic
from requite.engine.reading.problems import DataProblem


class Problem(Exception):  # noqa: N818 - it is an answer
    """An answer that ends a request early.

    `code` names the kind of problem, as in `type` (urn:requite:problem:CODE). `errors` have the shape of the command line's:
    diagnostics of a text, or problems of data. `more` are further members, such as the moves that are possible.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        help: str = "",
        errors: Sequence[DataProblem] = (),
        diagnostics: Sequence[Diagnostic] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.help = help
        self.errors = tuple(errors)
        self.diagnostics = tuple(diagnostics)
        self.headers = dict(headers or {})
        self.more = more

    def content(self) -> dict[str, Any]:
        """The problem as JSON."""
        found: dict[str, Any] = {
            "type": f"urn:requite:problem:{self.code}",
            "title": self.code.replace("-", " "),
            "status": self.status,
            "detail": self.detail,
        }
        if self.help:
            found["help"] = self.help
        if self.errors:
            found["errors"] = [error.to_json() for error in self.errors]
        if self.diagnostics:
            found["diagnostics"] = [diagnostic.to_json() for diagnostic in self.diagnostics]
        return found | self.more


def not_found(what: str) -> Problem:
    """That there is no such thing, or that it is another organisation's: the answer does not tell which."""
    return Problem(404, "not-found", f"there is no such {what}", "Check its id.")
