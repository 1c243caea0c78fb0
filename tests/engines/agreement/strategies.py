"""The strategies: a program with its data, drawn choice by choice."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import assume
from hypothesis import strategies as st

from requite.dsl.program import Program
from tests.engines.agreement.choices import Choices, Drawn, Seeded
from tests.engines.agreement.data import Drawn as DrawnData
from tests.engines.agreement.data import draw_data
from tests.engines.agreement.programs import checked, draw_text

SETS = 1
"""The sets of data that each program is run with: where an engine compiles, each costs as much as another program."""


@dataclass(frozen=True)
class Case:
    """A program and some sets of data for it."""

    text: str
    program: Program
    data: tuple[DrawnData, ...]

    @staticmethod
    def of(text: str, *data: DrawnData) -> Case:
        """A case of a text that has no errors."""
        program, errors = checked(text)
        assert program is not None, errors
        return Case(text, program, data)

    def __repr__(self) -> str:
        return f"a program of {len(self.text.splitlines())} lines"


def made(choices: Choices, sets: int = SETS) -> Case | None:
    """A case from some choices; None where the checker finds fault with the program."""
    text = draw_text(choices)
    program, _ = checked(text)
    if program is None:
        return None
    return Case(text, program, tuple(draw_data(program, choices) for _ in range(sets)))


@st.composite
def cases(draw: st.DrawFn, sets: int = SETS) -> Case:
    """A case that Hypothesis draws."""
    case = made(Drawn(draw), sets)
    assume(case is not None)
    assert case is not None
    return case


def seeded(seed: int, sets: int = SETS) -> Case | None:
    """The case of a seed."""
    return made(Seeded(seed), sets)
