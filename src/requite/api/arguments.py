"""The arguments of the commands: what several of them take, the words that some choose from, and how their help is laid out."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer
from typer.core import TyperArgument, TyperCommand

from requite.engine.settings import MOST_THREADS, memory_of


class Plain(TyperCommand):
    """A command whose help says what people type, without the names of types."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002
        return ["[OPTIONS]", *(name for name, _ in self._arguments())]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        options = [p.get_help_record(ctx) for p in self.get_params(ctx) if not isinstance(p, TyperArgument)]
        for title, rows in (("Arguments", self._arguments()), ("Options", [row for row in options if row])):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def _arguments(self) -> list[tuple[str, str]]:
        return [(p.display_name_raw, p.help or "") for p in self.params if isinstance(p, TyperArgument)]


Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="Rulesets (.requite or .md), or folders of them.", show_default=False)
]
Ruleset = Annotated[str, typer.Argument(metavar="RULESET", help="The ruleset's file.", show_default=False)]
Run = Annotated[str, typer.Argument(metavar="DIR", help="The folder that a run wrote.", show_default=False)]
Memory = Annotated[
    str | None,
    typer.Option("--memory", metavar="SIZE", help="How much memory it may use, as in 3GB; otherwise half of what there is."),
]
Threads = Annotated[
    int | None,
    typer.Option("--threads", metavar="N", min=1, max=MOST_THREADS, help="How many processors it may use; otherwise all."),
]
TO = "Delta tables (delta:FOLDER, or delta: and an address) or PostgreSQL (postgresql://USER@HOST/DATABASE#schema)"
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


class Engine(StrEnum):
    """What decides."""

    DUCKDB = "duckdb"
    SPARK = "spark"
    INTERPRET = "interpret"


class Written(StrEnum):
    """What a sample is written as."""

    CSV = "csv"
    PARQUET = "parquet"


class Paper(StrEnum):
    """What a statement can be written as."""

    HTML = "html"
    PDF = "pdf"
    MD = "md"


class Form(StrEnum):
    """What a ruleset can be shown as."""

    SYNTAX = "syntax"
    PROGRAM = "program"
    PLAN = "plan"
    SQL = "sql"


class ClaimFile(StrEnum):
    """As what a claim file comes."""

    HES = "hes"
    FHIR = "fhir"
    SUS = "sus"


def check_memory(memory: str | None) -> None:
    """WrongUse where an amount of memory is not how it is written."""
    from requite.api.answers import WrongUse

    try:
        if memory is not None:
            memory_of(memory)
    except ValueError as error:
        raise WrongUse(f"--memory: {error}") from error
