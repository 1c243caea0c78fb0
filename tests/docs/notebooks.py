"""What a notebook of the documentation shows, and what its cells really give when they are run in order, without Jupyter.

A cell shows what its last expression comes to as a notebook would: as HTML or Markdown, where the object has it, and as text.
"""

from __future__ import annotations

import ast
import io
import json
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

from tests.docs.pages import DOCS

FORMS = {"text/html": "_repr_html_", "text/markdown": "_repr_markdown_"}


def notebooks() -> list[Path]:
    return sorted(DOCS.rglob("*.ipynb"))


def read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def real(notebook: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A notebook with the outputs that its cells really have, run in a folder."""
    names: dict[str, object] = {}
    cells, number = [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            number += 1
            with chdir(folder):
                cell = {**cell, "execution_count": number, "outputs": _outputs("".join(cell["source"]), number, names)}
        cells.append(cell)
    return {**notebook, "cells": cells}


def written(notebook: dict[str, Any]) -> str:
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def _outputs(source: str, number: int, names: dict[str, object]) -> list[dict[str, Any]]:
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    value: object = None
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(tree, "cell", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    outputs: list[dict[str, Any]] = []
    if printed.getvalue():
        outputs.append({"name": "stdout", "output_type": "stream", "text": _lines(printed.getvalue())})
    if value is not None:
        data = {form: _lines(getattr(value, method)()) for form, method in FORMS.items() if hasattr(value, method)}
        data["text/plain"] = _lines(repr(value))
        outputs.append({"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"})
    return outputs


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)
