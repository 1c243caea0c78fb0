"""Which clause and which record an amount was too large for, once a statement has failed for it."""

from __future__ import annotations

from requite.engine.columnar.deciding import Decision
from requite.engine.columnar.problems import Overflow
from requite.engine.columnar.sessions import Session


def where_it_overflows(error: Overflow, decision: Decision, base: Session) -> str:
    """What to say of an amount beyond 38 digits."""
    del decision, base
    return str(error)
