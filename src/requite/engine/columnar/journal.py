"""What is known of data that was read, as text: another try of the same run goes on from there."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from requite.dsl.types import Kind
from requite.engine.columnar.reading import StoredData
from requite.engine.columnar.stored import Stored, StoredColumn
from requite.engine.data import FileCount


def data_text(data: StoredData) -> str:
    """Data that was read as text: its relations stay in the database."""
    stored = {
        name: {**asdict(one), "columns": {c: {**asdict(made), "kind": made.kind.name} for c, made in one.columns.items()}}
        for name, one in data.stored.items()
    }
    return json.dumps({**asdict(data), "stored": stored, "counts": [asdict(count) for count in data.counts]})


def data_in(text: str) -> StoredData:
    """Data that was read, from its text."""
    said: dict[str, Any] = json.loads(text)
    return StoredData(
        {name: _stored(one) for name, one in said["stored"].items()},
        said["rejects"],
        said["rejected"],
        tuple(FileCount(**count) for count in said["counts"]),
        tuple(said["notes"]),
    )


def _stored(said: dict[str, Any]) -> Stored:
    columns = {
        name: StoredColumn(**{**made, "kind": Kind[made["kind"]], "texts": tuple(made.get("texts", ()))})
        for name, made in said["columns"].items()
    }
    return Stored(said["record"], said["relation"], said["rows"], columns, tuple(said["files"]), exact=said["exact"])
