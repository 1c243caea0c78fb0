"""A short soak on each database: the service is killed and its store restarted, and nothing is lost, doubled or a penny wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from tests.postgres import NEEDED, tool
from tests.soak.soak import soak

SECONDS: Final = {"sqlite": 20.0, "postgresql": 30.0}
SEED: Final = 20180401


@pytest.mark.parametrize("kind", SECONDS)
def test_nothing_is_lost_doubled_or_a_penny_wrong(kind: str, tmp_path: Path) -> None:
    if kind == "postgresql" and tool("initdb") is None and not os.environ.get(NEEDED):
        pytest.skip("PostgreSQL is not installed")
    figures, differs = soak(kind, SECONDS[kind], SEED, tmp_path)
    assert differs == [], figures
    assert figures["claims sent"] > 0
    assert figures["database restarted" if kind == "postgresql" else "service restarted"] > 0, figures
