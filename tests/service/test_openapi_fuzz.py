"""The whole OpenAPI document, tried with made-up requests: never a fault, and every answer is as documented."""

from __future__ import annotations

import warnings
from itertools import cycle
from pathlib import Path
from typing import Any, Final, cast

import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from requite.api.service.document import openapi_document
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from tests.service.furnished import Things, furnish
from tests.service.service_fixtures import MakeSettings
from tests.service.support import Call

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

pytestmark = pytest.mark.filterwarnings("ignore")

CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
ENDLESS: Final = "/events/stream"
REQUEST: Final = ("method", "url", "headers", "files", "data", "params", "json", "cookies")
OTHERS: Final = ("analyst", "hospital", "auditor")
"""Who sends a request besides the administrator: one of them each time."""


@pytest.fixture(name="settings")
def unlimited(make_settings: MakeSettings) -> ServiceSettings:
    return make_settings(requests_per_minute=10_000_000)


@pytest.fixture
def things(service: Service, call: Call, tmp_path: Path) -> Things:
    return furnish(service, call, tmp_path)


def known(path: str, things: Things) -> dict[str, str]:
    """The parameters of a path, so that they name what is there."""
    parts = zip(path.split("/"), things.named(path).split("/"), strict=True)
    return {part[1:-1]: name for part, name in parts if part.startswith("{")}


def answers_as_documented(operation: Any, callers: list[Any], examples: int, path_parameters: dict[str, str]) -> None:
    """Send an operation requests that it should take and such as it should refuse, and hold each answer to the document."""
    more = {"path_parameters": path_parameters} if path_parameters else {}
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        turn = cycle(callers[1:])

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode, **more))
        def send(case: Any) -> None:
            for client in (callers[0], next(turn)):  # noqa: B023 - it is used at once
                hold_to_document(case, client)

        try:
            send()
        except Unsatisfiable:
            # Some operations have nothing that could be wrong.
            assert mode is GenerationMode.NEGATIVE


def hold_to_document(case: Any, client: Any) -> None:
    told = case.as_transport_kwargs(base_url="http://testserver")
    request = requests.Request(**{name: value for name, value in told.items() if name in REQUEST}).prepare()
    answer = client.request(request.method, request.url, headers=dict(request.headers), content=request.body or b"")
    assert answer.status_code < 500, f"{request.method} {request.url} {request.body!r}: {answer.text}"
    case.validate_response(answer, checks=CHECKS)


def tried(call: Call, things: Things, examples: int) -> None:
    callers = [call("admin"), *(call(role) for role in OTHERS)]
    schema = schemathesis.openapi.from_dict(openapi_document())
    number = 0
    for result in schema.get_all_operations():
        operation = cast("Any", result).ok()
        if operation.path == ENDLESS:
            continue
        number += 1
        if path := known(operation.path, things):
            answers_as_documented(operation, callers, examples, path)
        answers_as_documented(operation, callers, max(2, examples // (3 if path else 1)), {})
    assert number > 70


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_every_answer_is_as_documented(things: Things, call: Call) -> None:
    tried(call, things, 9)


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
def test_every_answer_is_as_documented_on_postgresql(things: Things, call: Call) -> None:
    tried(call, things, 2)
