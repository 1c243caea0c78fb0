"""The OpenAPI document shows real requests and answers for every operation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import jsonschema
import pytest

from requite.api.service.document import EXAMPLES, openapi_document
from tests.client.generate import fingerprint, without_examples

DOCUMENT: Final = openapi_document()
RECORDED: Final[dict[str, Any]] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
OPERATIONS: Final[dict[str, Any]] = {
    operation["operationId"]: operation for path in DOCUMENT["paths"].values() for operation in path.values()
}
UNSHOWN: Final = frozenset(
    {
        "application/pdf",
        "application/vnd.apache.parquet",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "text/event-stream",
    }
)
"""What is no text, or goes on and on."""

SAME_FOR_ALL: Final = frozenset({"400", "401", "403", "413", "415", "422", "429", "500"})
"""The problems of which every operation that may tell them has an example."""


def shown() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Every content that an answer may have: of which operation, with which status, of which media type."""
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            for media, content in answer.get("content", {}).items():
                yield name, status, media, content


def held_to(schema: dict[str, Any], value: Any) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(schema | {"components": DOCUMENT["components"]}, format_checker=checker).validate(value)


def test_every_operation_shows_what_it_answers() -> None:
    missing = [
        (name, status, media)
        for name, status, media, content in shown()
        if status.startswith("2") and media not in UNSHOWN and "example" not in content
    ]
    assert missing == [], "play it in tests/service/record_examples.py"


def test_every_operation_shows_what_may_go_wrong() -> None:
    missing = {(name, status) for name, status, _, content in shown() if status in SAME_FOR_ALL and "example" not in content}
    # What takes nothing can be told nothing wrong.
    taking = {name for name, operation in OPERATIONS.items() if operation.get("parameters") or "requestBody" in operation}
    assert {one for one in missing if one[1] != "422" or one[0] in taking} == set()
    own = {(name, status) for name, status, _, content in shown() if status in ("404", "409") and "example" in content}
    # Some of what cannot be done as things stand is not easily brought about.
    assert len(own) > 50


def test_every_example_is_as_documented() -> None:
    for name, status, _, content in shown():
        if "example" in content:
            if status >= "400":
                assert content["example"].get("status", int(status)) == int(status), name
            held_to(content["schema"], content["example"])
    for operation in OPERATIONS.values():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "example" in content:
                held_to(content["schema"], content["example"])


def test_every_request_with_a_body_is_shown() -> None:
    bodies = {name: operation["requestBody"]["content"] for name, operation in OPERATIONS.items() if "requestBody" in operation}
    assert [name for name, content in bodies.items() if "example" not in content.get("application/json", {"example": ""})] == []


def test_every_parameter_has_an_example_that_it_takes() -> None:
    missing = []
    for name, operation in OPERATIONS.items():
        for parameter in operation.get("parameters", ()):
            if "example" not in parameter:
                missing.append((name, parameter["name"]))
            else:
                held_to(parameter["schema"], parameter["example"])
    assert missing == []


def test_nothing_is_kept_of_what_is_not_there() -> None:
    assert set(RECORDED["operations"]) <= set(OPERATIONS)
    for name, told in RECORDED["operations"].items():
        operation = OPERATIONS[name]
        assert set(told.get("parameters", ())) <= {one["name"] for one in operation.get("parameters", ())}
        for status, contents in told.get("answers", {}).items():
            assert set(contents) <= set(operation["responses"][status]["content"]), (name, status)


@pytest.mark.parametrize("word", ["/tmp", "127.0.0.1", "testserver"])
def test_nothing_tells_of_the_machine_on_which_it_was_recorded(word: str) -> None:
    assert word not in EXAMPLES.read_text(encoding="utf-8")


def test_examples_do_not_change_the_client() -> None:
    plain = without_examples(DOCUMENT)
    assert '"example":' not in json.dumps(plain["paths"])
    assert fingerprint(plain) == fingerprint(DOCUMENT)
    assert plain["components"] == DOCUMENT["components"]
