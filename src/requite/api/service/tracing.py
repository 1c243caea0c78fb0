"""Traces for OpenTelemetry: which route was asked for and which statements ran, and nothing of what was sent or found.

The ready-made instrumentation of web frameworks puts addresses with their queries into spans, and these may name patients. What is
told here is listed below instead.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from sqlalchemy import Engine, event
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from requite import __version__
from requite.api.service.calls import call_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

WHERE_TO: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""The variables that say where traces go; without them there are none."""

OPEN: Final = "requite.span"


def trace(app: FastAPI, engine: Engine) -> bool:
    """Send traces of an application's requests and of their statements where the environment says so; whether any are sent."""
    if not any(map(os.environ.get, WHERE_TO)) or find_spec("opentelemetry.exporter") is None:
        return False
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME", "requite")
    provider = TracerProvider(resource=Resource.create({"service.name": name, "service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace_by(provider.get_tracer("requite", __version__), app, engine)
    return True


def trace_by(tracer: Tracer, app: FastAPI, engine: Engine) -> None:
    """Let a tracer know of an application's requests and of their statements."""
    app.add_middleware(Requests, tracer=tracer)
    Statements(tracer).listen(engine)


class Requests:
    """A span for each request: method, route, status, and the request's id, by which the log is found."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        headers = Headers(scope=scope)
        given = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        before = TraceContextTextMapPropagator().extract(given)
        method = scope["method"] if scope["method"].isalpha() and len(scope["method"]) < 10 else "other"
        # An exception's words may hold what was sent, so none is recorded.
        with self._tracer.start_as_current_span(
            method, before, SpanKind.SERVER, record_exception=False, set_status_on_exception=False
        ) as span:
            span.set_attribute("http.request.method", method)
            try:
                await self._app(scope, receive, _noting(span, send))
            finally:
                route = getattr(scope.get("route"), "path", "none")
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("requite.request", call_of(scope).id)


def _noting(span: Span, send: Send) -> Send:
    from opentelemetry.trace import StatusCode

    async def onward(message: Message) -> None:
        if message["type"] == "http.response.start":
            span.set_attribute("http.response.status_code", message["status"])
            if message["status"] >= 500:
                span.set_status(StatusCode.ERROR)
        await send(message)

    return onward


class Statements:
    """A span for each statement that a request needs: its text, in which values are only marked, never its parameters."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def listen(self, engine: Engine) -> None:
        """Hear of what an engine executes."""
        event.listen(engine, "before_cursor_execute", self._begin)
        event.listen(engine, "after_cursor_execute", self._end)
        event.listen(engine, "handle_error", self._fail)

    def _begin(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        from opentelemetry.trace import SpanKind, get_current_span

        # What runs beside the requests looks into the store every second; nobody would want to read of it.
        if not get_current_span().get_span_context().is_valid:
            return
        words = statement.split(None, 1)
        span = self._tracer.start_span(words[0].upper() if words else "statement", kind=SpanKind.CLIENT)
        span.set_attribute("db.system.name", connection.dialect.name)
        span.set_attribute("db.query.text", statement)
        connection.info[OPEN] = span

    def _end(self, connection: Any, *_: Any) -> None:
        if (span := connection.info.pop(OPEN, None)) is not None:
            span.end()

    def _fail(self, context: Any) -> None:
        from opentelemetry.trace import StatusCode

        found = context.connection and context.connection.info.pop(OPEN, None)
        if found:
            found.set_status(StatusCode.ERROR)
            found.set_attribute("error.type", type(context.original_exception).__name__)
            found.end()
