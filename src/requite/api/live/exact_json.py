"""Bodies whose numbers are read as they are written: 1500.10 is that many pounds, not the nearest double."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from decimal import Decimal
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

MOST_DIGITS: Final = 100
"""Digits before or after the point of a number that is read as one; no field can hold a longer one, and a text says so as well.

A number such as 1e999999999 is short, and its digits are not: it must never be written out.
"""


class ExactRequest(Request):
    """A request whose JSON has exact numbers, and no object that says one name twice."""

    async def json(self) -> Any:
        if not hasattr(self, "_exact"):
            self._exact = exact(await self.body())
        return self._exact


class ExactRoute(APIRoute):
    """A route that takes such requests."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def exactly(request: Request) -> Response:
            return await handle(ExactRequest(request.scope, request.receive))

        return exactly


def exact(body: bytes) -> Any:
    """What a body says, its decimals as such."""
    return json.loads(body, parse_float=_decimal, parse_int=_whole, object_pairs_hook=_object)


def _whole(text: str) -> int | str:
    return int(text) if len(text) < MOST_DIGITS else text


def _decimal(text: str) -> Decimal | str:
    number = Decimal(text)
    _, digits, exponent = number.as_tuple()
    fits = isinstance(exponent, int) and abs(exponent) < MOST_DIGITS and len(digits) < MOST_DIGITS
    return number if fits else text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise json.JSONDecodeError("an object says one name twice", "", 0)
    return found
