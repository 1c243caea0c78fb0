"""What a request asks for in its query: a name that its route does not know is refused, as an unknown field of a body is."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Param, ParamTypes

from requite.api.service.problems import Problem
from requite.engine.reading.problems import DataProblem


def refuse_unknown(request: Request) -> None:
    """422 for a parameter that the route does not have: a filter that is spelt wrong would otherwise find everything."""
    given = list(dict.fromkeys(request.query_params))
    if not given:
        return
    known = _parameters(request)
    wrong = [_problem(name, known) for name in given if name not in known]
    if wrong:
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise Problem(422, "wrong-request", f"{wrong[0].message}{more}", wrong[0].help, errors=wrong[:10])


def _parameters(request: Request) -> list[str]:
    """The names of the route's own parameters in the query, and of those of all that it depends on."""
    every = get_flat_params(request.scope["route"].dependant)
    return [one.alias for one in every if isinstance(one.field_info, Param) and one.field_info.in_ is ParamTypes.query]


def _problem(name: str, known: Sequence[str]) -> DataProblem:
    shown = name[:100]
    there = f": the parameters are {', '.join(known)}" if known else ": there are none"
    near = get_close_matches(shown, known, n=1)
    help = f"Did you mean {near[0]}?" if near else ""
    detail = {"in": "query", "path": [shown], "why": "extra_forbidden"}
    return DataProblem("wrong-value", f"{shown} is not a parameter here{there}", help=help, detail=detail)
