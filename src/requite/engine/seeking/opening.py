"""The interpreter at work on data that lies in a database: one row needs no more of it than it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from requite.dsl.program import Program
from requite.engine.data import Progress
from requite.engine.decision import Rejected
from requite.engine.interpret import Brought, Interpreter
from requite.engine.interpreting.tables import DeriveRows
from requite.engine.lower import lower
from requite.engine.plan import Plan
from requite.engine.reading.sources import Given
from requite.engine.seeking.store import Store, storing
from requite.engine.seeking.tables import SMALL, SoughtTables
from requite.engine.settings import Settings


@dataclass(frozen=True, eq=False)
class Opened:
    """A run's data, open, and what is made of it. `memory` is what the rows of one interpreter may take."""

    store: Store
    plan: Plan
    known: date | None
    brought: Brought
    memory: int
    progress: Progress | None = None
    small: int = SMALL

    def interpreter(self) -> Interpreter:
        """An interpreter that has not read anything yet; what it reads, it keeps."""

        def tables(derive: DeriveRows) -> SoughtTables:
            return SoughtTables(
                self.plan.program,
                {},
                self.known,
                derive,
                store=self.store,
                memory=self.memory,
                progress=self.progress,
                small=self.small,
            )

        return Interpreter(self.plan, {}, self.known, self.brought, tables=tables)

    @property
    def rejected(self) -> int:
        """How many rows could not be read."""
        return self.store.data.rejected

    def reject(self, records: Sequence[str], key: str) -> Rejected | None:
        """The first reject of these records with this key."""
        return self.store.rejected(records, key)


@contextmanager
def opened(
    program: Program,
    sources: Sequence[Given],
    known: date | None,
    brought: Brought,
    scratch: Path,
    settings: Settings | None = None,
    progress: Progress | None = None,
    small: int = SMALL,
) -> Iterator[Opened]:
    """The data of some sources, open; what cannot be read in place is copied into `scratch`.

    Records of no more than `small` rows are read whole.
    """
    chosen = (settings or Settings()).chosen()
    with storing(program, sources, scratch, chosen, progress) as store:
        yield Opened(store, lower(program), known, brought, chosen.memory or 0, progress, small)
