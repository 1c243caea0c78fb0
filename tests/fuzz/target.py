"""What must hold of every text, whatever stands in it."""

from __future__ import annotations

from time import process_time

from requite.dsl.diagnostics import has_errors, render_json, render_text
from requite.dsl.format import format_document
from requite.dsl.load import check_text
from requite.dsl.parse import parse
from requite.dsl.source import Source
from tests.language.structure import structure

LONGEST_SECONDS = 2.0
"""Of processor time, for reading, checking and formatting one text."""


def assert_reads(text: str, name: str) -> None:
    """Read, check and format a text: no exception, not too long, and what is formatted means the same."""
    source = Source(name, text)
    began = process_time()
    document, found = parse(source)
    written = text if has_errors(found) else format_document(document)
    _, checked = check_text(text, name)
    took = process_time() - began
    assert took < LONGEST_SECONDS, f"{took:.1f} s"
    render_text(checked)
    render_json(checked)
    if written == text:
        return
    again, errors = parse(Source(name, written))
    assert not has_errors(errors), f"{written}\n{render_text(errors)}"
    assert structure(again) == structure(document), written
    assert format_document(again) == written, written


def assert_reads_bytes(data: bytes) -> None:
    """The same for bytes: the first says whether they are a Markdown document."""
    assert_reads(data[1:].decode("utf-8", "replace"), "x.md" if data[:1] == b"m" else "x.requite")


def as_bytes(name: str, text: str) -> bytes:
    return (b"m" if name.endswith(".md") else b"r") + text.encode()
