"""What MkDocs does besides: pages for the rulesets of the library, made from their own documents, and colours for the language."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from pygments import lexers
from pygments.lexer import RegexLexer, words
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, String, Text, Whitespace

ROOT = Path(__file__).parents[1]
RULESETS = ROOT / "src" / "requite" / "rulesets"

SCHEMA = "explanation.schema.json"
PHRASE = re.compile(r'"([a-z][a-z ,/]*)"')


def on_startup(**_: Any) -> None:
    """Let code blocks say that they are `requite`."""
    module = ModuleType("requite_lexer")
    module.__dict__.update(RequiteLexer=RequiteLexer, __all__=["RequiteLexer"])
    sys.modules[module.__name__] = module
    lexers.LEXERS["RequiteLexer"] = (module.__name__, "Requite", ("requite",), ("*.requite",), ())


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each ruleset of the library that is a document, and the schema of explanations."""
    for path in sorted(RULESETS.rglob("*.md")):
        page = Path("library") / path.relative_to(RULESETS)
        files.append(File.generated(config, page.as_posix(), abs_src_path=str(path)))
    schema = ROOT / "src" / "requite" / "engine" / SCHEMA
    files.append(File.generated(config, SCHEMA, abs_src_path=str(schema)))
    return files


def _phrases() -> list[str]:
    """The words of the grammar, the longest first."""
    text = (ROOT / "src" / "requite" / "dsl" / "grammar.lark").read_text(encoding="utf-8")
    phrases = {phrase.strip(", ") for phrase in PHRASE.findall(text)}
    return sorted((phrase for phrase in phrases if phrase), key=len, reverse=True)


class RequiteLexer(RegexLexer):
    """Colours for blocks of rules: the grammar's own words, comments, texts, figures."""

    name = "Requite"
    aliases = ("requite",)
    tokens = {  # noqa: RUF012 - as Pygments has it
        "root": [
            (r"#[^\n]*", Comment.Single),
            (r'["“„][^"”\n]*["”]', String),
            (r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:]+)?", Literal.Date),
            (r"[£$€]?[0-9][0-9,]*(?:\.[0-9]+)?(?:%|p\b|m\b|bn\b|k\b)?", Number),
            (r"[A-Za-z_]\w*(?=\s*:)", Name.Attribute),
            (words(_phrases(), prefix=r"\b", suffix=r"\b"), Keyword),
            (r"[A-Za-z_]\w*", Name),
            (r"[-+*/×÷=<>≤≥≠!]+", Operator),
            (r"\s+", Whitespace),
            (r".", Text),
        ]
    }
