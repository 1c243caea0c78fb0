"""Keeps real answers of the service as examples that are the same each time: made-up ids and times, placeholders for secrets."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tests.service.support import TestClient

PROBLEM: Final = "application/problem+json"
BINARY: Final = re.compile(r"parquet|spreadsheet|pdf|zip|octet")
MOMENT: Final = "2010-08-02T12:00:00Z"
HOOK: Final = "https://consortium.example.org/requite"
SECRETS: Final = {"rq_": "rq_placeholder-of-a-key-that-is-shown-once", "whsec_": "whsec_cGxhY2Vob2xkZXIgb2YgYSBzZWNyZXQ="}
CURSOR: Final = "WyIyMDEwLTA4LTAyIiwyXQ"
MOST_ITEMS: Final = 2
MOST_TEXT: Final = 700
MOST_LINES: Final = 12
UNLIKE: Final = {"request": "01K9QZ3V8M4T6Y2R5W7X9B0000", "prefix": "rq_placeho"}
"""What differs from one time to the next and has a form of its own, by the name of its field."""

UNTOLD: Final = ("_created", "_bucket", "_sum")
"""What says in a count's name that it is another each time."""

YEAR: Final = datetime.now(UTC).year
ID: Final = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{26}\b")
HASH: Final = re.compile(r"\b[0-9a-f]{64}\b")
NOW: Final = re.compile(rf"\b{YEAR}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
TODAY: Final = re.compile(rf"\b{YEAR}-\d\d-\d\d\b")
ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+/hook")


@dataclass(frozen=True)
class Sent:
    """One request as it was sent, so that it can be sent again with something wrong in it."""

    path: Mapping[str, str]
    query: Mapping[str, Any]
    more: Mapping[str, Any]


@dataclass(frozen=True)
class Steady:
    """Puts the same names in the place of what is made up anew each time, in the order of appearance."""

    ids: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        for start, placeholder in SECRETS.items():
            text = re.sub(rf"\b{start}[A-Za-z0-9_+/=-]{{20,}}", placeholder, text)
        text = ID.sub(lambda found: self.ids.setdefault(found[0], f"01K9QZ3V8M4T6Y2R5W7X9B{len(self.ids) + 1:04}"), text)
        text = HASH.sub(lambda found: self.hashes.setdefault(found[0], _hash(len(self.hashes) + 1)), text)
        return ADDRESS.sub(HOOK, TODAY.sub(MOMENT[:10], NOW.sub(MOMENT, text)))

    def value(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: self.value(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [self.value(one, name) for one in value[:MOST_ITEMS]]
        if isinstance(value, str):
            if name in ("next", "after") and re.fullmatch(r"W[A-Za-z0-9_-]{8,}", value):
                return CURSOR
            told = UNLIKE.get(name) or self.text(value)
            return told if len(told) <= MOST_TEXT else told[:MOST_TEXT] + "…"
        return value


def _hash(number: int) -> str:
    return hashlib.sha256(f"example {number}".encode()).hexdigest()


@dataclass
class Recorder:
    """Calls the service by the ids of its operations, and keeps the first answer of each kind."""

    document: Mapping[str, Any]
    steady: Steady = field(default_factory=Steady)
    sent: dict[str, Sent] = field(default_factory=dict)
    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    common: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
        }

    def ask(self, who: TestClient, name: str, status: int = 200, query: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The answer of an operation, which must have this status; `path` names its parameters, the rest goes to the client."""
        sent = Sent(more.pop("path", {}), query or {}, more)
        answer = self.send(who, name, sent)
        assert answer.status_code == status, f"{name}: {answer.status_code} {answer.text[:1000]}"
        if status < 300:
            self.sent.setdefault(name, sent)
            self.said(name, sent)
        self.keep(name, answer)
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer

    def send(self, who: TestClient, name: str, sent: Sent) -> Any:
        method, path, _ = self.operations[name]
        for key, value in sent.path.items():
            path = path.replace(f"{{{key}}}", value)
        return who.request(method, path, params=dict(sent.query), **sent.more)

    def said(self, name: str, sent: Sent) -> None:
        """Keep what a request says as the examples of parameters and body."""
        operation, given = self.operations[name][2], {**sent.path, **sent.query, **sent.more.get("headers", {})}
        into = self.kept.setdefault(name, {})
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in given:
                value = self.steady.value(given[parameter["name"]], parameter["name"])
                into.setdefault("parameters", {}).setdefault(parameter["name"], value)
        if "json" in sent.more:
            into.setdefault("body", self.steady.value(sent.more["json"]))

    def keep(self, name: str, answer: Any, common: bool = False) -> None:
        """Keep an answer, if it is the first of its kind that the document knows of."""
        status, kind = str(answer.status_code), answer.headers.get("content-type", "").partition(";")[0]
        known = self.operations[name][2]["responses"].get(status, {}).get("content", {})
        media = next((one for one in known if one.partition(";")[0] == kind), None)
        if media is None or BINARY.search(media) or kind == "text/event-stream":
            return
        value = self.steady.value(answer.json()) if "json" in kind else cut(self.steady.text(answer.text))
        if common and answer.status_code >= 400:
            self.common.setdefault(status, value)
        elif value != self.common.get(status):
            self.kept.setdefault(name, {}).setdefault("answers", {}).setdefault(status, {}).setdefault(media, value)

    def written(self) -> str:
        """All that was kept, as the file that the service reads."""
        told = {"operations": self.kept, "problems": self.common}
        return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def cut(text: str) -> str:
    """The beginning of a text, by lines."""
    lines = [line for line in text.splitlines() if not any(word in line.split("{")[0] for word in UNTOLD)]
    return "\n".join(lines[:MOST_LINES] + (["…"] if len(lines) > MOST_LINES else [])) + "\n"
