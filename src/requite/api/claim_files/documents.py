"""FHIR resources out of a file: one by itself, those of a Bundle, or one a line (NDJSON), each with the place where it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from requite.engine.reading.problems import DataError, problem

LINES: Final = (".ndjson", ".jsonl")
MOST_AT_ONCE: Final = 128 * 10**6
"""The bytes of a resource or Bundle that are read at once. What is larger has to come as one resource a line."""

LONGEST_LINE: Final = 16 * 10**6
MOST_DIGITS: Final = 100
"""The digits that a number may have before the point, or after it: 1E999999999 is short to write and takes a gigabyte."""


@dataclass(frozen=True, slots=True)
class Found:
    """A resource, and the line or the number of the entry at which it stands; `wrong` says why there is none."""

    at: int
    resource: Mapping[str, Any]
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Beyond:
    """A number of more digits than are read: no field takes it."""


BEYOND: Final = Beyond()


@dataclass(frozen=True, slots=True)
class _None:
    """What stands where JSON should, and why it is none."""

    why: str


def resources_of(path: Path, name: str) -> Iterator[Found]:
    """The resources of a file in their order; DataError where it is no JSON at all."""
    try:
        if path.suffix.lower() in LINES or _is_lines(path):
            yield from _of_lines(path)
        else:
            yield from _in_bundle(_whole(path, name), None)
    except UnicodeDecodeError as error:
        raise _unreadable(name, "is not in UTF-8, as FHIR is") from error


def _is_lines(path: Path) -> bool:
    """Whether each line is a resource, whatever the name says."""
    with path.open(encoding="utf-8-sig") as file:
        first, second = file.readline(LONGEST_LINE), file.readline(LONGEST_LINE)
    return bool(second.strip()) and isinstance(_parsed(first), dict)


def _of_lines(path: Path) -> Iterator[Found]:
    with path.open(encoding="utf-8-sig") as file:
        line = 0
        while text := file.readline(LONGEST_LINE):
            line += 1
            if len(text) >= LONGEST_LINE:
                while text and not text.endswith("\n"):
                    text = file.readline(LONGEST_LINE)
                yield Found(line, {}, "is too long for a resource")
            elif text.strip():
                parsed = _parsed(text)
                yield from _in_bundle(parsed, line) if isinstance(parsed, dict) else [Found(line, {}, _why_none(parsed))]


def _in_bundle(resource: Mapping[str, Any], line: int | None) -> Iterator[Found]:
    """The resources of a Bundle, or the one that is none."""
    if resource.get("resourceType") != "Bundle":
        yield Found(line or 1, resource)
        return
    entries = resource.get("entry", [])
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        inside = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(inside, dict):
            yield Found(line or number, inside)
        else:
            yield Found(line or number, {}, "is an entry without a resource")


def _whole(path: Path, name: str) -> dict[str, Any]:
    size = path.stat().st_size
    if size > MOST_AT_ONCE:
        message = f"{name} has {size // 10**6:,} MB, more than is read at once"
        raise problem("too-large", message, file=name, help="Write it as NDJSON: one resource a line, without a Bundle.")
    parsed = _parsed(path.read_text(encoding="utf-8-sig"))
    if not isinstance(parsed, dict):
        raise _unreadable(name, _why_none(parsed))
    return parsed


def _parsed(text: str) -> Any:
    """JSON with exact numbers; a _None where it is none."""
    if not text.strip():
        return _None("is empty")
    try:
        return json.loads(text, parse_float=_number, parse_int=_whole_number, parse_constant=_no_number, object_pairs_hook=_object)
    except json.JSONDecodeError:
        return _None("is not JSON")
    except RecursionError:
        return _None("is nested too deep")
    except ValueError as error:
        return _None(str(error))


def _number(text: str) -> Decimal | Beyond:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return BEYOND
    places = number.as_tuple().exponent
    return number if abs(number.adjusted()) <= MOST_DIGITS and isinstance(places, int) and places >= -MOST_DIGITS else BEYOND


def _whole_number(text: str) -> int | Beyond:
    return int(text) if len(text) <= MOST_DIGITS else BEYOND


def _no_number(text: str) -> Any:
    raise ValueError(f"is not JSON: {text} is no number there")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("gives a name twice")
    return made


def _why_none(parsed: object) -> str:
    return parsed.why if isinstance(parsed, _None) else "is no FHIR resource"


def _unreadable(name: str, why: str) -> DataError:
    help = "Give a Claim, an ExplanationOfBenefit or a Bundle of them as JSON, or one resource a line as NDJSON."
    return problem("unreadable-file", f"{name} {why}", file=name, help=help)
