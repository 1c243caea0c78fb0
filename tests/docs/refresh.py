"""To bring the output shown in the documentation up to date: python -m tests.docs.refresh [PAGE…]

What the checker says and what commands print is written into the pages as it really is; read the difference before you keep it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.docs import notebooks as nb
from tests.docs.grammar_text import sections
from tests.docs.pages import ROOT, Block, Page, Session, ValueTable, agrees, checked, error_of, pages, said

FAULT = "a fault inside Requite"


def refresh(page: Page) -> bool:
    """Whether a page was out of date; then it is written anew."""
    lines = page.text.split("\n")
    for block, text in reversed(real_texts(page)):
        if not agrees(block.text, text):
            start = block.line - 1
            lines[start : start + block.text.count("\n")] = text.rstrip("\n").split("\n")
    new = "\n".join(lines)
    for table in (item for item in page.items if isinstance(item, ValueTable) and item.note == "errors"):
        for expression, shown in table.rows:
            new = new.replace(f"| `{expression}` | {shown} |", f"| `{expression}` | {error_of(table, expression)} |")
    if new == page.text:
        return False
    page.path.write_text(new, encoding="utf-8")
    return True


def refresh_notebook(path: Path) -> bool:
    """Whether a notebook was out of date; then it is written anew."""
    with tempfile.TemporaryDirectory() as folder:
        new = nb.written(nb.real(nb.read(path), Path(folder)))
    if new == path.read_text(encoding="utf-8"):
        return False
    path.write_text(new, encoding="utf-8")
    return True


def real_texts(page: Page) -> list[tuple[Block, str]]:
    """The blocks of a page that show something said or printed, each with what it ought to show."""
    found: list[tuple[Block, str]] = []
    message, grammar = "", iter(sections())
    with tempfile.TemporaryDirectory() as folder:
        session = Session(Path(folder))
        for block in page.blocks:
            if block.kind == "lark":
                found.append((block, next(grammar)))
            elif block.kind in ("console", "python", "pycon"):
                printed = session.run(block)
                if FAULT in printed:
                    raise SystemExit(f"{page.name}, line {block.line}: {printed}")
                found.append((block, printed))
            elif block.kind == "diagnostics":
                found.append((block, f"{message}\n"))
            elif block.kind == "requite" or (block.kind == "markdown" and block.title):
                message = said(checked(block, session.files))
            session.see(block)
    return found


if __name__ == "__main__":
    wanted = sys.argv[1:]
    for page in pages():
        if (not wanted or page.name in wanted) and refresh(page):
            print(page.name)
    for path in nb.notebooks():
        name = path.relative_to(ROOT).as_posix()
        if (not wanted or name in wanted) and refresh_notebook(path):
            print(name)
