"""What is wrong with a request, in words that say what is expected: never what was sent, which may be secret."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Final, Union, get_args, get_origin

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from requite.api.service import patterns
from requite.engine.reading.problems import DataProblem

MOST_PLACES: Final = 1_000
"""Faults that are looked at: a request may have as many as it has values."""

AN_ID: Final = "must be an id, such as 01K9QZ3V8M4T6Y2R5W7X9B1C2D"

PATTERNS: Final[Mapping[str, str]] = {
    patterns.ID: AN_ID,
    "^[0-9A-Z]{26}$": AN_ID,
    patterns.MONTH: "must be a month such as 2030-04",
    patterns.AMOUNT: "must be an amount of money such as 120.00, not below 0, without a sign for the currency",
    patterns.ONE_LINE: "must be text on one line, and not empty",
    patterns.BARE_OR_NOTHING: "must be text on one line, without spaces around it",
}
"""What is expected where a text is to have a form."""

A_DAY: Final = "must be a day as YYYY-MM-DD, such as 2026-03-31"
A_MOMENT: Final = "must be a moment with its time zone, such as 2026-04-01T00:00:00Z"

BY_BEGINNING: Final[Sequence[tuple[str, str]]] = (
    ("datetime_", A_MOMENT),
    ("timezone_", A_MOMENT),
    ("date_", A_DAY),
    ("int_", "must be a whole number"),
    ("decimal_", "must be a number"),
    ("float_", "must be a number"),
    ("finite_number", "must be a number"),
    ("bool_", "must be true or false"),
    ("list_type", "must be a list, in square brackets"),
    ("string_type", "must be text, in quotation marks"),
    ("string_unicode", "must be text, in quotation marks"),
    ("missing", "is missing"),
)
"""What is expected, by how the kind of a fault begins."""

OBJECTS: Final = ("model_type", "model_attributes_type", "dict_type", "dataclass_type")
OF_KIND: Final = ("_type", "_parsing")
"""How the kinds of faults end that say only that a value is of another kind."""


def request_problems(request: Request, error: RequestValidationError) -> list[DataProblem]:
    """All that is wrong with a request: one problem for each place, though it may be several kinds of things."""
    body = _body_of(request)
    places: dict[tuple[Any, ...], list[tuple[Mapping[str, Any], Any]]] = {}
    for one in list(error.errors())[:MOST_PLACES]:
        where, *path = one["loc"]
        known = body if where == "body" else None
        inside = one["type"] == "extra_forbidden"
        steps, kind = _seen(known, path[:-1] if inside else path)
        place = (where, *steps, *(path[-1:] if inside else ()))
        places.setdefault(place, []).append((one, kind))
    return [_problem(place, found) for place, found in places.items() if not _is_told_within(place, found, places)]


def _is_told_within(
    place: tuple[Any, ...], found: Sequence[tuple[Mapping[str, Any], Any]], places: Iterable[tuple[Any, ...]]
) -> bool:
    """Whether a value is of another kind only where it might have been an alternative, and that one's fault lies within it."""
    inner = any(len(other) > len(place) and other[: len(place)] == place for other in places)
    return inner and all(one["type"].endswith(OF_KIND) for one, _ in found)


def _problem(place: Sequence[Any], found: Sequence[tuple[Mapping[str, Any], Any]]) -> DataProblem:
    telling = [each for each in found if not each[0]["type"].endswith(OF_KIND)] or found
    words = list(dict.fromkeys(_words(one, kind) for one, kind in telling))
    said = ", or ".join([words[0], *(word.removeprefix("must be ") for word in words[1:])])
    at = [str(part)[:100] for part in place]
    where = ".".join(at[1:]) or at[0]
    between = ": " if telling[0][0]["type"] == "value_error" else " "
    return DataProblem(
        "wrong-value",
        f"{where}{between}{said}",
        help=_meant(at[-1], telling[0]),
        detail={"in": at[0], "path": at[1:], "why": telling[0][0]["type"]},
    )


def _words(one: Mapping[str, Any], kind: Any) -> str:
    name, context = one["type"], one.get("ctx", {})
    if name == "extra_forbidden":
        return f"is not a field here: the fields are {', '.join(_fields(kind))}" if _fields(kind) else "is not a field here"
    if name in OBJECTS:
        return f"must be an object such as {_example(kind)}"
    if name in BY_CONTEXT and context:
        return BY_CONTEXT[name](context)
    return next((words for beginning, words in BY_BEGINNING if name.startswith(beginning)), _plain(one["msg"]))


BY_CONTEXT: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "string_pattern_mismatch": lambda ctx: PATTERNS.get(ctx["pattern"], "is not written as it should be"),
    "string_too_short": lambda ctx: (
        "must not be empty" if ctx["min_length"] == 1 else f"must have at least {ctx['min_length']:,} letters"
    ),
    "string_too_long": lambda ctx: f"may have at most {ctx['max_length']:,} letters",
    "too_short": lambda ctx: f"needs at least {'one' if ctx['min_length'] == 1 else ctx['min_length']}",
    "too_long": lambda ctx: f"may have at most {ctx['max_length']:,}",
    "literal_error": lambda ctx: f"is none of {ctx['expected'].replace(chr(39), '')}",
    "enum": lambda ctx: f"is none of {ctx['expected'].replace(chr(39), '')}",
    "greater_than_equal": lambda ctx: f"must be at least {ctx['ge']}",
    "greater_than": lambda ctx: f"must be more than {ctx['gt']}",
    "less_than_equal": lambda ctx: f"must be at most {ctx['le']}",
    "less_than": lambda ctx: f"must be less than {ctx['lt']}",
}


def _plain(message: str) -> str:
    said = message.removeprefix("Value error, ")[:500]
    return said[:1].lower() + said[1:]


def _meant(name: str, fault: tuple[Mapping[str, Any], Any]) -> str:
    near = get_close_matches(name, _fields(fault[1]), n=1) if fault[0]["type"] == "extra_forbidden" else []
    return f"Did you mean {near[0]}?" if near else ""


# --- what is expected at a place --------------------------------------------------------------------------------------


def _body_of(request: Request) -> Any:
    """What the route's body is to be; None where that is not one model."""
    field = getattr(request.scope.get("route"), "body_field", None)
    return getattr(getattr(field, "field_info", None), "annotation", None)


def _seen(kind: Any, path: Sequence[Any]) -> tuple[tuple[Any, ...], Any]:
    """A place without the names that alternatives go by, which no request holds; and what is expected there, if that is known."""
    kind = _bare(kind)
    if not path:
        return (), kind
    options = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else ()
    if options:
        return _seen(next((option for option in options if _leads(option, path[1:2])), None), path[1:]) if path[1:] else ((), None)
    steps, found = _seen(_inside(kind, path[0]), path[1:])
    return (path[0], *steps), found


def _leads(kind: Any, next_part: Sequence[Any]) -> bool:
    return _inside(_bare(kind), next_part[0]) is not None


def _inside(kind: Any, part: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        fields = kind.model_fields
        return next((field.annotation for name, field in fields.items() if part in (name, field.alias)), None)
    return get_args(kind)[-1] if get_origin(kind) in (list, dict, set, frozenset) else None


def _bare(kind: Any) -> Any:
    """A kind without what is said about it, and without None as its alternative."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
            continue
        options = [one for one in get_args(kind) if one is not type(None)]
        if get_origin(kind) not in (Union, types.UnionType) or len(options) == len(get_args(kind)):
            return kind
        kind = Union[tuple(options)]  # noqa: UP007 - they are known only here


def _fields(kind: Any) -> list[str]:
    if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return []
    return [field.alias or name for name, field in kind.model_fields.items()]


def _example(kind: Any) -> str:
    fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
    needed = [field.alias or name for name, field in fields.items() if field.is_required()] or list(fields)[:1] or ["name"]
    return "{" + ", ".join(f'"{name}": …' for name in needed) + "}"
