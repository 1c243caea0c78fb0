"""Data into a database session in columns: the same rows, rejects and counts as the interpreter's reader gives."""

from __future__ import annotations

from requite.engine.columnar.reading.stored_rows import store_rows
from requite.engine.columnar.reading.stored_sources import StoredData, rejects_of, rejects_table, store_sources

__all__ = ["StoredData", "rejects_of", "rejects_table", "store_rows", "store_sources"]
