"""JSON that cannot be kept or read soundly is turned away before anything looks at it."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Final, NoReturn

from requite.api.service.problems import Problem

DEEPEST: Final = 64
NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
"""A text, or the beginning of one that never ends: the search then goes through it once, not from each quote in it."""

OTHERS: Final = bytes(set(range(256)) - set(b"[]{}"))
STEPS: Final = {**dict.fromkeys(b"[{", 1), **dict.fromkeys(b"]}", -1)}


def wrong_json(body: bytes) -> Problem | None:
    """What is wrong with a body that should be JSON, beyond what a parser sees; None where nothing is.

    Python's parser takes NaN, half surrogates and other encodings than UTF-8, and databases refuse NUL in a text.
    """
    try:
        body.decode()
    except UnicodeDecodeError:
        return Problem(400, "wrong-json", "the body is no JSON in UTF-8")
    if b"\0" in body:
        return Problem(400, "wrong-json", "the body is no JSON: it holds a NUL character")
    if b"\\u0000" in body and NUL.search(body):
        return Problem(422, "wrong-request", "a text holds a NUL character, which no text here may")
    if _is_deep(body):
        return Problem(422, "too-deep", f"lists and objects lie more than {DEEPEST} deep in one another")
    if b"NaN" in body or b"Infinity" in body or b"\\ud" in body.lower():
        return _wrong_in_parsing(body)
    return None


def _is_deep(body: bytes) -> bool:
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    brackets = TEXT.sub(b"", body).translate(None, OTHERS)
    # What does not pair is for the parser to say.
    return max(accumulate(map(STEPS.__getitem__, brackets)), default=0) > DEEPEST


def _wrong_in_parsing(body: bytes) -> Problem | None:
    try:
        found = json.loads(body.decode(), parse_constant=_no_constant)
        json.dumps(found, ensure_ascii=False).encode()
    except _ConstantError:
        return Problem(422, "wrong-request", "a number is NaN or Infinity, which JSON does not know")
    except UnicodeEncodeError:
        return Problem(422, "wrong-request", "a text holds half a character (a lone surrogate)")
    except (ValueError, RecursionError):
        return None  # the parser of the route says it
    return None


class _ConstantError(Exception):
    pass


def _no_constant(_: str) -> NoReturn:
    raise _ConstantError
