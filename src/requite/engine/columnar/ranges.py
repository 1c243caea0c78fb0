"""Related records in SQL: what is taken over a range, the row that a match picks, the rows of derived records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from requite.dsl import program as core
from requite.engine.columnar.aggregates import aggregate, exists
from requite.engine.columnar.cells import Cell
from requite.engine.columnar.compiler import Compiler, Sight
from requite.engine.columnar.derived import derived
from requite.engine.columnar.matches import matched
from requite.engine.columnar.pairing import PairSight, pairs

MAKERS: Mapping[type, Callable[[Any, Sight, Compiler], Cell]] = {core.Aggregate: aggregate, core.Exists: exists}

__all__ = ["MAKERS", "PairSight", "derived", "matched", "pairs"]
