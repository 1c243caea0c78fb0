"""Names, paths and texts as SQL writes them: what comes from a user enters a statement here only."""

from __future__ import annotations

from pathlib import Path

from requite.engine.reading.frames import quoted, reading_path

__all__ = ["literal", "parquet_path", "quoted", "reading_path", "relation_name", "writing_path"]


def literal(text: str) -> str:
    """A text as SQL writes it."""
    if "\0" in text:
        parts = (_plain(part) for part in text.split("\0"))
        return "(" + " || chr(0) || ".join(parts) + ")"
    return _plain(text)


def _plain(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def parquet_path(path: Path) -> str:
    """A path to be read, whatever signs it holds, as SQL writes it."""
    return literal(reading_path(path))


def writing_path(path: Path) -> str:
    """A path for `COPY … TO`, which takes it as it stands, as SQL writes it."""
    return literal(str(path.absolute()))


def relation_name(stage: str, record: str) -> str:
    """The name of the relation in which a record lies at some stage. Names that differ in case only stay apart."""
    capitals = "".join(str(i) for i, c in enumerate(record) if c.isupper())
    return f"{stage}_{record.replace('.', '__').lower()}" + (f"_{capitals}" if capitals else "")
