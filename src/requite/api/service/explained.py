"""Explanations as answers, in each of their forms."""

from __future__ import annotations

from typing import Literal

from fastapi import Response
from fastapi.responses import JSONResponse, PlainTextResponse

from requite.engine.decision import Explanation
from requite.engine.render import to_json, to_markdown, to_text

Form = Literal["json", "text", "md"]


def explained(explanation: Explanation, form: Form) -> Response:
    """An explanation as an answer in a form."""
    match form:
        case "text":
            return PlainTextResponse(to_text(explanation))
        case "md":
            return PlainTextResponse(to_markdown(explanation), media_type="text/markdown")
        case "json":
            return JSONResponse(to_json(explanation))
