"""`requite verify`: run again from a run's manifest, and compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from requite.api.arguments import check_memory
from requite.api.console import Screen, count
from requite.engine.verify import Difference
from requite.engine.verify import verify as run_again


@dataclass(frozen=True, slots=True)
class Verified:
    """What is not as the run left it: nothing, if all is well."""

    folder: str
    differences: Sequence[Difference]

    @property
    def ok(self) -> bool:
        return not self.differences

    def content(self) -> dict[str, Any]:
        return {
            "errors": [],
            "run": self.folder,
            "differences": [{"what": d.what, "message": d.message} for d in self.differences],
        }

    def show(self, screen: Screen) -> None:
        for difference in self.differences:
            screen.error(str(difference))
        if self.ok:
            screen.say(f"{self.folder}: run again, everything is the same to the penny")
        else:
            screen.say(f"{self.folder}: {count(len(self.differences), 'difference')}")


def verify(folder: str, engine: str | None, memory: str | None, threads: int | None, screen: Screen) -> Verified:
    """Run a folder's ruleset again on its inputs, and compare every row."""
    check_memory(memory)
    with screen.progress() as progress:
        return Verified(folder, run_again(folder, progress=progress, engine=engine, memory=memory, threads=threads))
