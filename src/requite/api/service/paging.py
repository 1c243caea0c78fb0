"""Long lists, a page at a time: a cursor names the last thing that was seen, so that nothing new shifts the pages."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.elements import KeyedColumnElement

from requite.api.service.problems import Problem

T = TypeVar("T")
MOST: Final = 1000
USUAL: Final = 100
LONGEST: Final = 4000


class Page(BaseModel, Generic[T]):
    """Part of a list. `next` is what to give as `after` for the part that follows; null at the end."""

    items: list[T]
    next: str | None = Field(description="The cursor of the page that follows; null where this is the last.")


@dataclass(frozen=True)
class Paging:
    """What page is asked for."""

    limit: int
    after: str | None
    request: Request
    response: Response

    def page(self, items: Sequence[T], next: str | None) -> Page[T]:
        """The page, its Link header set."""
        if next is not None:
            address = self.request.url.include_query_params(limit=self.limit, after=next)
            self.response.headers["Link"] = f'<{address.path}?{address.query}>; rel="next"'
        return Page[Any](items=list(items), next=next)


def _paging(
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MOST, description="The most items of a page.")] = USUAL,
    after: Annotated[str | None, Query(max_length=LONGEST, description="The `next` of the page before.")] = None,
) -> Paging:
    return Paging(limit, after, request, response)


Pages = Annotated[Paging, Depends(_paging)]
"""The parameters `limit` and `after` of a list."""


def cursor_of(values: Sequence[str | int | date | datetime]) -> str:
    """A cursor that names a place in a list by the values by which the list is in order."""
    plain = [value.isoformat() if isinstance(value, date) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def values_of(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The values that a cursor holds; a problem where it is none of ours."""
    try:
        plain = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(plain, list) or len(plain) != len(kinds):
            raise ValueError("another list's")
        return [_value(value, kind) for value, kind in zip(plain, kinds, strict=True)]
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise Problem(
            422, "unknown-cursor", "`after` is no cursor of this list", "Give the `next` of the page before, as it was."
        ) from None


def _value(value: Any, kind: type) -> Any:
    if issubclass(kind, datetime):
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError("no time zone")
        return found
    if issubclass(kind, date):
        return date.fromisoformat(value)
    if kind is int and type(value) is int and -(2**63) <= value < 2**63:
        return value
    if kind is str and isinstance(value, str) and _is_storable(value):
        return value
    raise ValueError("another kind")


def _is_storable(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)


def page_of(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    order: Sequence[InstrumentedAttribute[Any] | KeyedColumnElement[Any]],
    paging: Paging,
    show: Callable[[Any], T],
    newest_first: bool = False,
) -> Page[T]:
    """A page of what a statement selects, in the order of columns that together tell every row apart.

    The statement selects an entity (`select(Run).where(Run.org == actor.org)`) or columns in which those of the order are.
    """
    if paging.after is not None:
        kinds = [column.type.python_type for column in order]
        place = tuple_(*values_of(paging.after, kinds), types=[column.type for column in order])
        here: ColumnElement[bool] = tuple_(*order) < place if newest_first else tuple_(*order) > place
        statement = statement.where(here)
    statement = statement.order_by(*(column.desc() if newest_first else column.asc() for column in order))
    found = session.execute(statement.limit(paging.limit + 1)).all()
    rows = [row[0] if len(row) == 1 else row for row in found[: paging.limit]]
    last = rows[-1] if len(found) > paging.limit else None
    following = None if last is None else cursor_of([getattr(last, column.key) for column in order])
    return paging.page([show(row) for row in rows], following)
