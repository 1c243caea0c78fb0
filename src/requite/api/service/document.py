"""The OpenAPI document of the service."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from requite.api.service.documented import PROBLEM_TYPE, ProblemDetails, problems
from requite.api.service.service import Service
from requite.api.service.settings import ServiceSettings

EXAMPLES: Final = Path(__file__).with_name("examples.json")
"""Requests and answers as they were recorded, by the ids of operations; and problems that any operation may tell."""

ABOUT: Final = """\
Requite runs local incentive schemes and hospital tariff checks that are written as text, exact to the penny.

Amounts are text with their decimals ("1830.00"), dates are as in 2018-06-30, moments have their time zone. Lists come in pages:
give `next` as `after`. Whatever is wrong is told as problem details (RFC 9457), with `errors` and `diagnostics` in the shape of
the command line's. A POST that creates takes an `Idempotency-Key`, so that it can be sent again.
"""

TAGS: Final[Mapping[str, str]] = {
    "health": "Whether the service lives and is ready, and what it counts.",
    "keys": "Who may call, and as what.",
    "rulesets": "Rulesets from text to in force.",
    "clock": "What an organisation takes for now.",
    "audit": "Who did what.",
    "claims": "Claims as they arrive, and what they are laid beside.",
    "decisions": "What the checks said of each claim.",
    "uploads": "Files for runs.",
    "runs": "Rulesets run over whole files.",
    "statements": "What each payee gets, and each hospital owes.",
    "challenges": "Findings followed to their end.",
    "calendar": "The contract's dates for each month.",
    "webhooks": "Addresses that are told what happens.",
    "events": "What happened.",
}


def describe(app: FastAPI) -> None:
    """Let the application's document say what problems look like, and leave out what never happens."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(
        title=app.title,
        version=app.version,
        summary="Incentive schemes and tariff checks, written as text and run to the penny",
        description=ABOUT,
        routes=app.routes,
        servers=[{"url": "http://127.0.0.1:8000", "description": "requite serve"}],
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
    )
    used = {tag for path in found["paths"].values() for method in path.values() for tag in method.get("tags", ())}
    found["tags"] = [{"name": name, "description": words} for name, words in TAGS.items() if name in used]
    for operation in (method for path in found["paths"].values() for method in path.values()):
        if operation.get("security"):
            known = {str(status): told for status, told in problems(401, 403).items()}
            operation["responses"] = dict(sorted({**known, **operation["responses"]}.items()))
    schemas = found.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    shape = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schemas.update(shape.pop("$defs"))
    schemas["ProblemDetails"] = shape
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    if EXAMPLES.exists():
        _add_examples(found, json.loads(EXAMPLES.read_text(encoding="utf-8")))
    return found


def _add_examples(document: dict[str, Any], recorded: dict[str, Any]) -> None:
    for operation in (method for path in document["paths"].values() for method in path.values()):
        told = recorded["operations"].get(operation["operationId"], {})
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in told.get("parameters", {}):
                parameter["example"] = told["parameters"][parameter["name"]]
        if "body" in told:
            operation["requestBody"]["content"]["application/json"]["example"] = told["body"]
        own, any_may = told.get("answers", {}), recorded["problems"]
        operation["responses"] = {
            status: _shown(answer, own.get(status, {}), any_may.get(status)) for status, answer in operation["responses"].items()
        }


def _shown(answer: dict[str, Any], own: dict[str, Any], any_may: Any) -> dict[str, Any]:
    """An answer with its examples; made anew, since operations share what is alike."""
    if "content" not in answer:
        return answer
    examples = {PROBLEM_TYPE: any_may} if any_may else {}
    examples |= own
    shown = {
        media: content | ({"example": examples[media]} if media in examples else {}) for media, content in answer["content"].items()
    }
    return answer | {"content": shown}


def openapi_document() -> dict[str, Any]:
    """The OpenAPI document, made without a store."""
    from requite.api.service.app import create_app
    from requite.api.store.database import open_database

    # Nothing is opened until something asks.
    app = create_app(Service(ServiceSettings(oidc_issuer=None), open_database("sqlite://")))
    return app.openapi()
