"""Rows put down many at once: one statement for each table, and no object of the session's for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Insert, insert, inspect
from sqlalchemy.orm import Session

from requite.api.store.schema import Base, table_of


def insert_all(session: Session, into: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Put rows down, each by the names of its columns; a column that has a default may be left out of all of them."""
    if not rows:
        return
    session.execute(_into(into), rows)


@cache
def _into(kind: type[Base]) -> Insert:
    # The table, not its class: what the session knows of objects is no part of this, and PostgreSQL is sent row after row
    # without a statement that grows with them.
    return insert(table_of(kind))


def values_of(row: Base) -> dict[str, Any]:
    """What stands in a row that is in no session, by the names of its columns."""
    return {name: value for name, value in inspect(row).dict.items() if name in type(row).__table__.columns}
