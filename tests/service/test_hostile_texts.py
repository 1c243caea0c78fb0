"""Texts that would do harm elsewhere, in every place that takes a text: they are stored as they are, or refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest

from requite.api.service.document import openapi_document
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings
from tests.service.furnished import Things, furnish
from tests.service.service_fixtures import MakeSettings
from tests.service.support import Call, sound

HOSTILE: Final = (
    "'; DROP TABLE live_row; --",
    "../../etc/passwd",
    "%s%n{0}${jndi:ldap://x/a}{{7*7}}",
    "a\0b",
    "\ud800",
    "\u202egnp.exe\u2066\u200f",
    "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: a=b",
    "<script>alert(1)</script>",
    "é" * 300,
    "",
)
LARGE: Final = 10_000_000
DOCUMENT: Final = openapi_document()


Place = tuple[str | int, ...]


@pytest.fixture(name="settings")
def unlimited(make_settings: MakeSettings) -> ServiceSettings:
    return make_settings(requests_per_minute=10_000_000)


@pytest.fixture
def things(service: Service, call: Call, tmp_path: Path) -> Things:
    return furnish(service, call, tmp_path)


def example_of(schema: dict[str, Any]) -> Any:
    """Something that a schema takes, from its examples."""
    if "$ref" in schema:
        return example_of(DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if schema.get("examples"):
        return deepcopy(schema["examples"][0])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example_of(next((one for one in schema[several] if one.get("type") != "null"), schema[several][0]))
    if "properties" in schema:
        return {name: example_of(one) for name, one in schema["properties"].items()}
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}))]
    if schema.get("type") == "object":
        return {"a.requite": "x"}
    plain = {"integer": 1, "boolean": False, "number": 1}
    return schema.get("default") or schema.get("enum", [None])[0] or plain.get(schema.get("type", ""), "x")


def texts_in(value: Any, path: Place = ()) -> Iterator[Place]:
    """Where texts stand in something."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from texts_in(one, (*path, name))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from texts_in(one, (*path, number))


def changed(value: Any, path: Sequence[str | int], text: str) -> Any:
    found = deepcopy(value)
    at = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = text
    return found


def harmless(answer: Any, what: str) -> None:
    assert answer.status_code < 500, f"{what}: {answer.text}"
    assert "set-cookie" not in answer.headers
    assert "Traceback" not in answer.text
    assert "root:" not in answer.text


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if path != "/events/stream":
                yield method.upper(), path, operation


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)
def test_no_text_in_a_body_does_harm(service: Service, call: Call, things: Things) -> None:
    admin, tried = call("admin"), 0
    for method, path, operation in operations():
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            continue
        body = example_of(content["schema"])
        for place in texts_in(body):
            for text in HOSTILE:
                sent = json.dumps(changed(body, place, text)).encode()
                answer = admin.request(method, things.named(path), content=sent, headers={"Content-Type": "application/json"})
                harmless(answer, f"{method} {path} {place} {text!r}")
                tried += 1
        first = next(texts_in(body), None)
        if first is not None:
            sent = json.dumps(changed(body, first, "x" * LARGE)).encode()
            answer = admin.request(method, things.named(path), content=sent, headers={"Content-Type": "application/json"})
            assert answer.status_code == 413, f"{method} {path}: {answer.status_code}"
    assert tried > 500
    stands(service, call)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"], indirect=True)
def test_no_text_in_an_address_does_harm(service: Service, call: Call, things: Things) -> None:
    admin, tried = call("admin"), 0
    sendable = [text for text in HOSTILE if text.isprintable() or text.startswith("\u202e") or "\0" in text or "\r" in text]
    for method, path, operation in operations():
        for parameter in operation.get("parameters", ()):
            for text in sendable:
                if parameter["in"] == "query":
                    answer = admin.request(method, things.named(path), params={parameter["name"]: text})
                elif parameter["in"] == "header" and text.isascii() and text.isprintable():
                    answer = admin.request(method, things.named(path), headers={parameter["name"]: text})
                else:
                    continue
                harmless(answer, f"{method} {path} {parameter['name']} {text!r}")
                tried += 1
    assert tried > 500
    stands(service, call)


def stands(service: Service, call: Call) -> None:
    """That nothing is gone."""
    assert sound(call("auditor").get("/audit/verify"))["ok"]
    assert sound(call("analyst").get("/claims/kingston/spell"))["items"] != []
    assert service.database.engine.dialect.name in service.settings.url
