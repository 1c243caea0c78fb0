"""The outline of a text: what it declares, and where, whether or not it is sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from requite.dsl import syntax
from requite.dsl.names import KINDS as NAMED
from requite.dsl.parse import parse
from requite.dsl.source import Source, in_file

KINDS: Final = {**NAMED, syntax.Ruleset: "ruleset", syntax.Example: "example"}
"""What is told: all that declares a name, the ruleset itself, and its examples."""


class Declared(BaseModel):
    """Something that a text declares."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(examples=["check"])
    name: str = Field(examples=["over_estimate"])
    title: str = Field(examples=["Billed above the GP's estimate"])
    line: int
    end_line: int


def outline_of(name: str, text: str) -> list[Declared]:
    """What a text declares, in its order."""
    return list(_declared(Source(name, text)))


def _declared(source: Source) -> Iterator[Declared]:
    document, _ = parse(source)
    for node in document.declarations:
        kind = KINDS.get(type(node))
        if kind is None:
            continue
        named, title = getattr(node, "name", ""), getattr(node, "title", None)
        place = in_file(node.span, document.places)
        yield Declared(
            kind=kind,
            name=str(getattr(named, "text", "") or getattr(named, "value", "")),
            title=title.value if title is not None else "",
            line=place.line,
            end_line=place.source.position(place.end)[0],
        )
