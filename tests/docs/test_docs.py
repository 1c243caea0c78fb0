"""The documentation says what is so: its rulesets are checked, its examples hold, its commands print what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs import pages as p

PAGES = p.pages()
KINDS = {"requite", "diagnostics", "console", "csv", "json", "markdown", "lark", "python", "sh"}


def _each(kind: type | str) -> list[object]:
    return [
        pytest.param(page, item, id=f"{page.name}:{item.line}")
        for page in PAGES
        for item in page.items
        if (item.kind == kind if isinstance(item, p.Block) else kind is p.ValueTable)
    ]


def _files_before(page: p.Page, block: p.Block) -> dict[str, str]:
    files: dict[str, str] = {}
    for other in page.blocks:
        if other is block:
            break
        p.write(other, files)
    return files


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_tried(page: p.Page) -> None:
    assert not [(block.line, block.kind) for block in page.blocks if block.kind not in KINDS]
    fences = len(re.findall(r"^\s*(?:`{3,}|~{3,})\S", page.text, re.MULTILINE))
    inside = sum(len(re.findall(r"^\s*(?:`{3,}|~{3,})\S", block.text, re.MULTILINE)) for block in page.blocks)
    assert fences == len(page.blocks) + inside, "a block stands where it is not read, as in a list or a note"
    tables = sum(isinstance(item, p.ValueTable) for item in page.items)
    assert tables == len(re.findall(r"<!-- (?:values|errors|cells)", page.text)), "a table does not follow its comment"
    for before, block in zip([None, *page.blocks], page.blocks, strict=False):
        if block.kind == "diagnostics":
            assert before is not None
            assert before.kind in ("requite", "markdown"), f"line {block.line}: what is this said of?"
        if block.kind in ("csv", "json", "markdown"):
            assert block.title, f"line {block.line}: name the file, or show the command that prints it"


@pytest.mark.parametrize(("page", "block"), _each("requite"))
def test_ruleset(page: p.Page, block: p.Block) -> None:
    _check_ruleset(page, block)


@pytest.mark.parametrize(("page", "block"), _each("markdown"))
def test_document(page: p.Page, block: p.Block) -> None:
    _check_ruleset(page, block)


def _check_ruleset(page: p.Page, block: p.Block) -> None:
    compiled = p.checked(block, _files_before(page, block))
    after = page.blocks[page.blocks.index(block) + 1 :]
    shown = after[0].text if after and after[0].kind == "diagnostics" else ""
    assert p.said(compiled).strip() == shown.strip()
    assert bool(p.failures(compiled)) == (block.note == "fails"), p.failures(compiled)


@pytest.mark.parametrize(("page", "table"), _each(p.ValueTable))
def test_values(page: p.Page, table: p.ValueTable) -> None:  # noqa: ARG001
    assert table.rows
    assert not p.value_failures(table)


@pytest.mark.parametrize("page", [page for page in PAGES if any(b.kind == "console" for b in page.blocks)], ids=lambda page: page.name)
def test_commands(page: p.Page, tmp_path: Path) -> None:
    session = p.Session(tmp_path)
    for block in page.blocks:
        if block.kind != "console":
            session.see(block)
            continue
        real = session.run(block)
        assert p.agrees(block.text, real), f"{page.name}, line {block.line}: really\n{real}"
