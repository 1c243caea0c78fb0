"""`requite export`: write a finished run on to where others read it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from requite.api.answers import WrongUse
from requite.api.console import Screen
from requite.api.signals import Signals
from requite.engine.exporting.export import Exported, target_of
from requite.engine.exporting.export import export as write_on
from requite.engine.exporting.targets import Target
from requite.engine.reading.problems import DataError


@dataclass(frozen=True, slots=True)
class ExportDone:
    """A run that has been written on."""

    exported: Exported
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {"errors": [], **asdict(self.exported)}

    def show(self, screen: Screen) -> None:
        show_exported(self.exported, screen)


def export(folder: str, to: str, screen: Screen) -> ExportDone:
    """Write the results of a run's folder on to another place."""
    target = named_target(to)
    Signals.told = f"the run is not in {target.name}: the same command writes all of it"
    with screen.progress() as progress:
        done = ExportDone(write_on(folder, target, progress))
    Signals.told = ""
    return done


def named_target(to: str) -> Target:
    """The place that `--to` names; WrongUse where it names none."""
    try:
        return target_of(to)
    except DataError as error:
        problem = error.problems[0]
        raise WrongUse(f"--to: {problem.message}" + (f"\n  {problem.help}" if problem.help else "")) from None


def show_exported(exported: Exported, screen: Screen) -> None:
    """Where a run is written on to, and what of it."""
    screen.say(f"Results in {exported.to}", "bold")
    screen.say(f"  as the run {exported.run}")
    screen.table(["table", "rows>"], [[table, f"{rows:,}"] for table, rows in exported.rows.items()])
