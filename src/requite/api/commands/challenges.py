"""`requite challenges`: the schedule of what a run challenges, for the hospitals that are asked."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from requite.api.answers import WrongUse
from requite.api.claim_files.writing import check_place, put_in_place
from requite.api.console import Screen, count
from requite.api.schedules.responses import write_responses
from requite.api.schedules.schedule import Schedule, Sum, Undecided, schedule_of
from requite.api.schedules.workbook import NOBODY, write_workbook
from requite.engine.csv_files import csv_of
from requite.engine.results import rows_in

WORKBOOK, CSV, FHIR = ".xlsx", ".csv", ".json"


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule that was written, and what it asks for."""

    out: Path
    title: str
    sign: str
    sent: date
    total: Sum
    providers: list[Sum]
    checks: list[Sum]
    undecided: list[Undecided]
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {
            "errors": [],
            "out": str(self.out),
            "title": self.title,
            "sent": self.sent.isoformat(),
            "challenges": self.total.claims,
            "total": _amounts(self.total),
            "providers": [{"provider": one.name, "challenges": one.claims, **_amounts(one)} for one in self.providers],
            "checks": [
                {
                    "check": one.check.name,
                    "title": one.check.title,
                    "answer_due": one.check.due.isoformat() if one.check.due else None,
                    "not_assessable": one.not_assessable,
                    "not_challenged": one.kept,
                }
                for one in self.undecided
            ],
        }

    def show(self, screen: Screen) -> None:
        screen.say(self.title, "bold")
        screen.say(f"  {count(self.total.claims, 'challenge')} in {self.out}, as sent on {self.sent}")
        for name, sums in (("provider", self.providers), ("check", self.checks)):
            if sums:
                rows = [
                    [one.name or NOBODY, f"{one.claims:,}", self._money(one.overcharge), self._money(one.penalty)] for one in sums
                ]
                total = ["total", f"{self.total.claims:,}", self._money(self.total.overcharge), self._money(self.total.penalty)]
                screen.say()
                screen.table([name, "challenges>", "overcharge>", "penalty>"], [*rows, total])
        kept = [one for one in self.undecided if one.not_assessable or one.kept]
        if kept:
            screen.title("Not in the schedule")
            rows = [[one.check.title, f"{one.not_assessable:,}", f"{one.kept:,}"] for one in kept]
            screen.table(["check", "not assessable>", "not challenged>"], rows)

    def _money(self, amount: Any) -> str:
        return f"{'-' if amount < 0 else ''}{self.sign}{abs(amount):,.2f}"


def _amounts(one: Sum) -> dict[str, str]:
    return {"billed": f"{one.billed:.2f}", "overcharge": f"{one.overcharge:.2f}", "penalty": f"{one.penalty:.2f}"}


def challenges(run: str, out: str, provider: str | None, sent: str | None, overwrite: bool, screen: Screen) -> Scheduled:
    """Write the schedule of a run as the ending of the file says: a workbook, CSV, or FHIR."""
    path, day = Path(out), _day(sent)
    check_place("--out", path, WRITERS, overwrite)
    inside = path.parent.resolve()
    if (Path(run) / "manifest.json").is_file() and inside.is_relative_to(Path(run).resolve()):
        raise WrongUse(f"--out: {out} lies in the folder of the run, which holds nothing but the run: choose another place")
    with (
        screen.progress() as progress,
        tempfile.TemporaryDirectory(prefix=".requite-", dir=path.parent, ignore_cleanup_errors=True) as scratch,
        schedule_of(Path(run), provider, day, Path(scratch)) as schedule,
    ):
        progress("writing", 0, schedule.total().claims)
        with put_in_place(path) as (beside,):
            WRITERS[path.suffix.lower()](schedule, beside)
        return Scheduled(
            path,
            schedule.title,
            schedule.sign,
            schedule.sent,
            schedule.total(),
            schedule.by_provider(),
            schedule.by_check(),
            schedule.undecided(),
        )


def _write_csv(schedule: Schedule, path: Path) -> int:
    """Write it as CSV, texts that a spreadsheet would take for formulas behind an apostrophe."""
    reader = schedule.table()
    table = path.with_suffix(".parquet")
    try:
        with pq.ParquetWriter(table, reader.schema) as writer:
            for batch in reader:
                writer.write_batch(batch)
        csv_of(table, path)
        return rows_in(table)
    finally:
        table.unlink(missing_ok=True)


WRITERS: Final = {WORKBOOK: write_workbook, CSV: _write_csv, FHIR: write_responses}


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise WrongUse(f"--sent: {text} is not a date: write year-month-day, as in 2018-06-30")
