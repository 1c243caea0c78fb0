"""Traces tell of routes and statements, and of nothing that was sent or found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from requite.api.service import tracing
from requite.api.service.app import create_app
from requite.api.service.service import Service
from requite.api.store.events import emit
from tests.service.receiver import receiving
from tests.service.support import TestClient, key_for

pytestmark = pytest.mark.usefixtures("org")

SECRET = "patient9434765919"


@pytest.fixture
def told(service: Service) -> Iterator[tuple[FastAPI, InMemorySpanExporter]]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app = create_app(service)
    tracing.trace_by(provider.get_tracer("test"), app, service.database.engine)
    yield app, exporter
    provider.shutdown()


def requests(spans: tuple[ReadableSpan, ...]) -> list[ReadableSpan]:
    return [span for span in spans if span.kind is SpanKind.SERVER]


def test_a_request_and_its_statements(service: Service, told: tuple[FastAPI, InMemorySpanExporter]) -> None:
    app, exporter = told
    with service.database.writing() as session:
        emit(session, "kingston", "finding.new", "S1", {})
    assert not exporter.get_finished_spans()
    with TestClient(app, headers={"Authorization": f"Bearer {key_for(service, 'analyst')}"}) as client:
        answer = client.get("/events", headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})
    spans = exporter.get_finished_spans()
    [request] = requests(spans)
    assert request.name == "GET /events"
    assert request.attributes == {
        "http.request.method": "GET",
        "http.route": "/events",
        "http.response.status_code": 200,
        "requite.request": answer.headers["x-request-id"],
    }
    assert request.context is not None
    assert request.context.trace_id == int("a" * 32, 16)
    statements = [span for span in spans if span.kind is SpanKind.CLIENT]
    assert {span.context.trace_id for span in statements if span.context} == {request.context.trace_id}
    texts = [str((span.attributes or {})["db.query.text"]) for span in statements]
    assert any("FROM event" in text for text in texts)
    assert {span.name for span in statements} <= {"SELECT", "BEGIN"}


def test_nothing_that_was_sent_is_told(service: Service, told: tuple[FastAPI, InMemorySpanExporter]) -> None:
    app, exporter = told
    with TestClient(app, headers={"Authorization": f"Bearer {key_for(service, 'admin')}"}, raise_server_exceptions=False) as client:
        client.get("/events", params={"after": 0, "kinds": SECRET})
        client.get(f"/nothing/{SECRET}", params={"nhs": SECRET})
        client.post("/webhooks", json={"url": f"https://example.org/{SECRET}", "kinds": ["finding.new"]})
        client.post("/webhooks", content=SECRET, headers={"User-Agent": SECRET, "X-Patient": SECRET})
        client.request(SECRET.upper(), "/events")
    spans = exporter.get_finished_spans()
    assert [span.name for span in requests(spans)] == [
        "GET /events",
        "GET none",
        "POST /webhooks",
        "POST /webhooks",
        "other /events",
    ]
    assert SECRET.lower() not in "".join(span.to_json() for span in spans).lower()
    assert "INSERT" in {span.name for span in spans}


def test_a_fault_is_told_without_its_words(service: Service, told: tuple[FastAPI, InMemorySpanExporter]) -> None:
    app, exporter = told

    @app.get("/faulty")
    def faulty() -> None:
        with service.database.reading() as session:
            session.connection().exec_driver_sql("SELECT 1 FROM nowhere")

    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/faulty").status_code == 500
    spans = exporter.get_finished_spans()
    [request] = requests(spans)
    assert request.status.status_code is StatusCode.ERROR
    [failed] = [span for span in spans if "error.type" in (span.attributes or {})]
    assert failed.status.status_code is StatusCode.ERROR
    assert not request.events
    assert not failed.events


def test_there_are_none_where_nothing_says_where_to(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tracing.WHERE_TO:
        monkeypatch.delenv(name, raising=False)
    app = create_app(service)
    before = len(app.user_middleware)
    assert not tracing.trace(app, service.database.engine)
    assert len(app.user_middleware) == before


def test_they_go_where_the_environment_says(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.port}")
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
        app = create_app(service)
        assert tracing.trace(app, service.database.engine)
        with TestClient(app) as client:
            client.get("/health")
        assert collector.came.wait(20)
    assert collector.got[0].path == "/v1/traces"
    assert "GET /health" in collector.got[0].body
    assert "requite" in collector.got[0].body
