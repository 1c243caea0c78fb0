"""Rows for live claims: made claims, and around them estimates, patients and prices, kept in memory by their links."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks import bulk
from benchmarks.generate import inputs
from benchmarks.requite_peer import WORKLOAD
from requite.dsl.load import load_program
from requite.dsl.program import Program
from requite.engine.data import read_data
from requite.engine.live.engine import LiveEngine
from requite.engine.rows import Data, Row

CLAIM: Final = "spell"
CHALLENGE_BEGINS: Final = "challenge each spell"
CHECK_BEGINS: Final = "\ncheck "


def ruleset(checks: int, folder: Path) -> Path:
    """Writes so many checks: those of the workload first, then checks of bills against prices."""
    head, _, rest = WORKLOAD.read_text(encoding="utf-8").partition(bulk.CHECKS_BEGIN)
    own = [CHECK_BEGINS + text for text in rest.partition(CHALLENGE_BEGINS)[0].split(CHECK_BEGINS)[1:]]
    further = ["\n" + bulk.check(number) for number in range(max(0, checks - len(own)))]
    precedence = "\nchallenge each spell once for the largest overcharge\n" if checks > 1 else ""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"live_{checks}.requite"
    file.write_text(head + "".join([*own[:checks], *further]) + precedence, encoding="utf-8")
    return file


def program(file: Path) -> Program:
    made, diagnostics = load_program(file)
    if made is None:
        raise SystemExit(str(diagnostics))
    return made


def rows(made: Program, folder: Path) -> Data:
    """All rows of a folder of made claims."""
    there = {name: path for name, path in inputs(folder).items() if name in made.records}
    return read_data(made, there).data


class Around:
    """Rows that stand, found by their links."""

    def __init__(self, engine: LiveEngine) -> None:
        self.engine = engine
        self._rows: dict[str, list[Row]] = {}

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            for link in self.engine.links(row):
                self._rows.setdefault(link, []).append(row)

    def remove(self, rows: Iterable[Row]) -> None:
        for row in rows:
            for link in self.engine.links(row):
                there = self._rows[link]
                there.remove(row)
                if not there:
                    del self._rows[link]

    def linked(self, hashes: Collection[str]) -> Mapping[str, Sequence[Row]]:
        return {one: self._rows[one] for one in hashes if one in self._rows}


def standing(engine: LiveEngine, data: Data, claims: int = 0) -> tuple[Around, Sequence[Row]]:
    """The rows around, all claims among them, and the claims to decide: the last ones, so that others came before."""
    around = Around(engine)
    for record in engine.records:
        around.add(data[record])
    return around, data[CLAIM][-claims:]
