"""What is counted for Prometheus. Labels name routes and states, never organisations or what they sent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

REGISTRY: Final = CollectorRegistry()
QUICK: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS: Final = Counter("requite_requests", "Requests that were answered.", ("method", "route", "status"), registry=REGISTRY)
SECONDS: Final = Histogram(
    "requite_request_seconds", "How long answers took.", ("method", "route"), registry=REGISTRY, buckets=QUICK
)
PROBLEMS: Final = Counter("requite_problems", "Problems that were answered, by their code.", ("code",), registry=REGISTRY)
CLAIMS_DECIDED: Final = Counter("requite_claims_decided", "Claims that were decided as they arrived.", registry=REGISTRY)
FINDINGS: Final = Counter("requite_findings", "Findings of claims as they arrived.", registry=REGISTRY)


def metrics_text(parts: Mapping[str, Any]) -> str:
    """All that is counted, in every process of the service where there are several."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry).decode() + _parts(parts)


def _parts(parts: Mapping[str, Any]) -> str:
    """What the parts beside the requests tell of themselves: those that have `gauges()`, numbers by name."""
    lines = []
    for part, found in parts.items():
        told = getattr(found, "gauges", None)
        for name, value in (told() if callable(told) else {}).items():
            lines += [f"# TYPE requite_{part}_{name} gauge", f"requite_{part}_{name} {value}"]
    return "\n".join(lines) + ("\n" if lines else "")
