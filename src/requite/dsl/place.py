"""Where the parser stands in a declaration that it cannot read on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from requite.dsl.reader import Failure
from requite.dsl.scan import Piece
from requite.dsl.source import Source, Span
from requite.dsl.split import Chunk
from requite.dsl.wording import CLAUSES


@dataclass(frozen=True)
class Place:
    """Where the parser stands: the piece that it cannot take, those before it, and what it would have taken."""

    source: Source
    chunk: Chunk
    failure: Failure

    @property
    def pieces(self) -> list[Piece]:
        return self.chunk.pieces

    @property
    def accepted(self) -> frozenset[str]:
        return self.failure.accepted

    @cached_property
    def piece(self) -> Piece | None:
        """The piece that does not fit; nothing at the end of the declaration."""
        return self.pieces[self.failure.index] if self.failure.index < len(self.pieces) else None

    @cached_property
    def before(self) -> Piece | None:
        return self.pieces[self.failure.index - 1] if self.failure.index else None

    @cached_property
    def text(self) -> str:
        """The words that do not fit, as written; nothing at the end."""
        return self.source.text[self.piece.start : self.piece.end] if self.piece else ""

    @cached_property
    def clause(self) -> str:
        """The phrase that starts the clause in which the parser stands, or the declaration's word."""
        return self.phrase_at(self.failure.clause) or self.chunk.word

    @cached_property
    def in_clause(self) -> list[Piece]:
        """The pieces of the clause before the one that does not fit."""
        return self.pieces[self.failure.clause : self.failure.index]

    @property
    def breaks_off(self) -> bool:
        """Whether what was begun ends here: the next piece is on a new line, or there is none."""
        return self.piece is None or self.piece.first

    @property
    def between_clauses(self) -> bool:
        """Whether a clause is complete, so that another may follow."""
        return bool(self.accepted & {"$END", "let", "expect"})

    @property
    def awaits_value(self) -> bool:
        return "(" in self.accepted and "NAME" in self.accepted

    def phrase_at(self, index: int) -> str:
        """The phrase that starts a clause at a piece, or nothing."""
        words = [piece.text if piece.kind == "WORD" else "" for piece in self.pieces[index : index + 5]]
        return next((" ".join(words[:n]) for n in range(len(words), 0, -1) if " ".join(words[:n]) in CLAUSES), "")

    def name(self) -> str:
        """The name that follows the clause's word, or that the clause's word is."""
        size = len(self.clause.split())
        after = self.pieces[self.failure.clause + size : self.failure.clause + size + 1]
        return after[0].text if after and after[0].kind == "WORD" else ""

    def span(self, missing: bool = False) -> Span:
        """The place to show: what does not fit; or, where something is missing at the end of a line, what stands before."""
        shown = self.before if self.piece is None or (missing and self.breaks_off) else self.piece
        assert shown is not None
        return Span(self.source, shown.start, shown.end)

    def of(self, piece: Piece) -> Span:
        return Span(self.source, piece.start, piece.end)
