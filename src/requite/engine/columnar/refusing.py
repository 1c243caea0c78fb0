"""What this engine does not run, said as what is to be put right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from requite.engine.columnar.problems import CannotRun, Overflow
from requite.engine.reading.problems import problem

ELSEWHERE: Final = "Run it with --engine interpret."


@contextmanager
def refusals() -> Iterator[None]:
    """Says what cannot be run, or is too large, as a problem of the run: never as a fault."""
    try:
        yield
    except CannotRun as error:
        raise problem("cannot-run", f"the columnar engine does not run this: {error}", help=ELSEWHERE) from error
    except Overflow as error:
        raise problem("too-large", str(error), help=ELSEWHERE) from error
