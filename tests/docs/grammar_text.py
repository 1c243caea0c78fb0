"""The grammar as its page shows it: the sections of `grammar.lark` without what only the parser needs."""

from __future__ import annotations

import re
from pathlib import Path

GRAMMAR = Path(__file__).parents[2] / "src" / "requite" / "dsl" / "grammar.lark"

SECTION = re.compile(r"^// --- .*\n", re.MULTILINE)
FOR_THE_TREE = re.compile(r"^\?(?=[a-z_])|[ ]+-> \w+$", re.MULTILINE)
"""How Lark is told what tree to build."""


def sections() -> list[str]:
    """The rules of each section of the grammar, as the page shows them."""
    return [_readable(section) for section in SECTION.split(GRAMMAR.read_text(encoding="utf-8"))]


def _readable(section: str) -> str:
    lines = [line for line in section.splitlines() if not line.startswith(("//", "%"))]
    return FOR_THE_TREE.sub("", "\n".join(lines).strip("\n")) + "\n"
