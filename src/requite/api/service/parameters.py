"""What a request asks for in its query: a name that its route does not know is refused, as an unknown field of a body is, and so is
one that is said twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import get_origin

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Param, ParamTypes

from requite.api.service.problems import Problem
from requite.engine.reading.problems import DataProblem


def refuse_wrong_names(request: Request) -> None:
    """422 for a parameter that the route does not have, or has once: a filter that is spelt wrong would otherwise find everything,
    and of two values the first would count for nothing."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    if not given:
        return
    known = _parameters(request)
    wrong = [_unknown(name, list(known)) for name in given if name not in known]
    wrong += [_repeated(name) for name, times in given.items() if times > 1 and known.get(name) is False]
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise Problem(422, "wrong-request", f"{wrong[0].message}{more}", wrong[0].help, errors=wrong[:10])


def _parameters(request: Request) -> dict[str, bool]:
    """The names of the route's own parameters in the query, and of those of all that it depends on: whether each may be said more
    than once."""
    every = get_flat_params(request.scope["route"].dependant)
    of_query = [one for one in every if isinstance(one.field_info, Param) and one.field_info.in_ is ParamTypes.query]
    return {one.alias: get_origin(one.field_info.annotation) is list for one in of_query}


def _repeated(name: str) -> DataProblem:
    detail = {"in": "query", "path": [name], "why": "repeated"}
    return DataProblem("wrong-value", f"{name} is said more than once", help="Ask for one value at a time.", detail=detail)


def _unknown(name: str, known: Sequence[str]) -> DataProblem:
    shown = name[:100]
    there = f": the parameters are {', '.join(known)}" if known else ": there are none"
    near = get_close_matches(shown, known, n=1)
    help = f"Did you mean {near[0]}?" if near else ""
    detail = {"in": "query", "path": [shown], "why": "extra_forbidden"}
    return DataProblem("wrong-value", f"{shown} is not a parameter here{there}", help=help, detail=detail)
