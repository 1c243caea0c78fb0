"""PyArrow without pandas, where nobody hands it any."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

import pyarrow as pa


class _NoPandas(MetaPathFinder):
    """Finds no pandas."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        if name == "pandas":
            raise ModuleNotFoundError(name=name)
        return None


def leave_pandas_alone() -> None:
    """Let PyArrow find no pandas when it looks for it first, which is at the first value that it is handed.

    It would load all of pandas to see that the value is none of its. Who asks PyArrow for a frame of pandas later gets one still.
    """
    if "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.scalar(True)
    finally:
        sys.meta_path.remove(finder)
