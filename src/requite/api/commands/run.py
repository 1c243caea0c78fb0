"""`requite run`: run a ruleset on data, write the results, and say what a manager would ask first."""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from requite.api.answers import WrongUse, refused
from requite.api.arguments import check_memory
from requite.api.commands.export import named_target, show_exported
from requite.api.console import Screen, count, listed, money
from requite.api.finding import load_one
from requite.api.signals import Signals
from requite.dsl.program import Program
from requite.engine.data import FileCount, Progress
from requite.engine.exporting.export import Exported, export
from requite.engine.exporting.targets import Target
from requite.engine.overview import FindingSum, Overview
from requite.engine.pandas_unasked import leave_pandas_alone
from requite.engine.reading.columns import folded
from requite.engine.reading.files import KINDS
from requite.engine.reading.problems import DataError, DataProblem
from requite.engine.run import RunSummary, Unfinished
from requite.engine.run import run as run_engine
from requite.engine.settings import DUCKDB, INTERPRET, SPARK

RECORD_NAME: Final = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
MOST_REASONS: Final = 10
MOST_FILES: Final = 20


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be run on what."""

    ruleset: str
    out: str
    data: Mapping[str, str]
    data_dir: str | None = None
    known: date | None = None
    brought_forward: str | None = None
    csv: bool = False
    overwrite: bool = False
    engine: str = DUCKDB
    spark: str | None = None
    memory: str | None = None
    threads: int | None = None
    resume: bool = False
    check_engines: int = 0
    to: Target | None = None

    @classmethod
    def read(cls, ruleset: str, out: str, data: Sequence[str], known: str | None, to: str | None = None, **options: Any) -> Request:
        """A request from what stands on the command line; WrongUse where that is not how it is written."""
        if not out.strip():
            raise WrongUse("--out: name a folder for the results")
        if options.get("data_dir") is not None and not options["data_dir"].strip():
            raise WrongUse("--data-dir: name the folder of the data")
        target = named_target(to) if to is not None else None
        request = cls(ruleset, out, inputs_of(data), known=_date(known), to=target, **options)
        check_memory(request.memory)
        if request.check_engines and request.engine == INTERPRET:
            raise WrongUse("--check-engines compares another engine with the interpreter: leave out --engine interpret")
        if request.resume and request.engine == INTERPRET:
            raise WrongUse("--resume goes on with what duckdb or spark has finished: it does not go with --engine interpret")
        if request.spark is not None and request.engine != SPARK:
            raise WrongUse("--spark says where the Spark is that decides: add --engine spark")
        return request


def inputs_of(data: Iterable[str]) -> dict[str, str]:
    """What `--data` names, by record; WrongUse where that is not how it is written."""
    inputs: dict[str, str] = {}
    for given in data:
        record, sign, file = given.partition("=")
        record, file = record.strip(), file.strip()
        if not sign or not file or not RECORD_NAME.fullmatch(record):
            raise WrongUse(f"--data {given}: write RECORD=FILE, as in --data spell=claims.csv")
        if record in inputs:
            help = f"give several files as a folder or a pattern, {record}='claims/*.csv'"
            raise WrongUse(f"--data: {record} is given twice ({inputs[record]} and {file}): {help}")
        inputs[record] = file
    return inputs


def _date(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else _not_a_date(text)
    except ValueError:
        return _not_a_date(text)


def _not_a_date(text: str) -> date:
    raise WrongUse(f"--known: {text} is not a date: write year-month-day, as in 2018-06-30")


# --- the run ------------------------------------------------------------------------------------------------------------


def run(request: Request, screen: Screen) -> Ran:
    """Run a ruleset; what it decided is in the folder by then."""
    program = load_one(request.ruleset)
    if request.engine != SPARK:
        leave_pandas_alone()
    inputs: dict[str, object] = {}
    if request.data_dir is not None:
        inputs |= in_folder(program, request.data_dir)
    inputs |= request.data
    if request.to:
        request.to.check(Path(request.out))
    with screen.progress() as progress:
        try:
            summary = run_engine(
                program,
                inputs,
                request.out,
                known=request.known,
                csv=request.csv,
                brought_forward=request.brought_forward,
                progress=progress,
                overwrite=request.overwrite,
                engine=request.engine,
                spark=request.spark,
                memory=request.memory,
                threads=request.threads,
                resume=request.resume,
                check_engines=request.check_engines,
            )
        except Unfinished:
            Signals.kept = True
            raise
        return _written_on(Ran(program, summary, problems=_rejected_whole(summary.counts)), request, progress)


def _rejected_whole(counts: Sequence[FileCount]) -> tuple[DataProblem, ...]:
    """The records of which no row could be read, though there were some: the run is on nothing, whatever it came to."""
    problems = []
    for record in dict.fromkeys(c.record for c in counts):
        of_record = [c for c in counts if c.record == record]
        rows = sum(c.rows for c in of_record)
        if rows and not any(c.read for c in of_record):
            message, help = f"every row of {record} was rejected", "rejects.parquet says why, line by line."
            files = [c.file for c in of_record if c.rows]
            detail = {"rows": rows, "files": files[:MOST_FILES], "more_files": max(len(files) - MOST_FILES, 0)}
            problems.append(DataProblem("all-rejected", message, record, files[0], help, detail))
    return tuple(problems)


def _written_on(ran: Ran, request: Request, progress: Progress) -> Ran:
    """A finished run, written on to where else it is to be; what it came to is told even where that fails."""
    if request.to is None:
        return ran
    again = f"requite export {shlex.quote(request.out)} --to PLACE"
    Signals.told = f"the run is whole in {request.out}, and is not in {request.to.name}: `{again}` writes it there"
    try:
        return replace(ran, exported=export(request.out, request.to, progress))
    except DataError as error:
        help = f"The run itself is whole in {request.out}: once that is put right, `{again}` writes it on."
        told = (replace(one, help=f"{one.help} {help}".strip()) for one in error.problems)
        return replace(ran, problems=(*ran.problems, *told))
    finally:
        if not Signals.received:
            Signals.told = ""


def in_folder(program: Program, folder: str) -> dict[str, str]:
    """The data of each record that a folder has a file or a folder for, by its name."""
    if not Path(folder).is_dir():
        raise refused("not-found", f"there is no folder {folder}", file=folder)
    there: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(Path(folder).iterdir()):
        if path.is_dir() or path.suffix.lower() in KINDS:
            there[folded(path.name if path.is_dir() else path.stem)].append(path)
    inputs: dict[str, str] = {}
    for record in program.records.values():
        found = there[folded(record.name)]
        if len(found) > 1 and not record.derived_from:
            names = listed([path.name for path in found])
            help = f"Say which is meant: --data {record.name}={found[0]}."
            raise refused("two-files", f"{folder} has {names} for {record.name}", help, folder)
        if found and not record.derived_from:
            inputs[record.name] = str(found[0])
    if not inputs:
        names = listed([record.name for record in program.records.values() if not record.derived_from])
        raise refused("not-found", f"{folder} has no file for {names}", "Files are named like the records.", folder)
    return inputs


# --- what is told of it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished run."""

    program: Program
    summary: RunSummary
    exported: Exported | None = None
    problems: tuple[DataProblem, ...] = ()
    """What makes a finished run no good one: a record of which no row was read, or results not written on to another place."""

    @property
    def ok(self) -> bool:
        return not self.problems

    def content(self) -> dict[str, Any]:
        manifest, overview = self.summary.manifest, self.summary.overview
        return {
            "errors": [problem.to_json() for problem in self.problems],
            "out": str(self.summary.out),
            "ruleset": {part: manifest["ruleset"][part] for part in ("name", "title", "currency")},
            "known": manifest["known"],
            "rows": manifest["rows"],
            "rules": manifest["rules"],
            "totals": manifest["totals"],
            "not_assessable": [{"rule": rule, "reason": reason, "count": n} for rule, reason, n in overview.refused],
            "rejected": [{"record": record, "reason": reason, "count": n} for record, reason, n in overview.rejected],
            "notes": list(self.summary.notes),
            "notices": list(self.summary.notices),
            "checked": self.summary.checked,
            "engine": manifest["engine"],
            "outputs": manifest["outputs"],
            "exported": asdict(self.exported) if self.exported else None,
        }

    def show(self, screen: Screen) -> None:
        manifest = self.summary.manifest
        screen.say(self.program.title or self.program.name, "bold")
        screen.say(f"as known on {manifest['known']}")
        self._show_rows(screen)
        show_payments(self.summary.overview, self.program, screen)
        show_findings(self.summary.overview, self.program, screen)
        self._show_not_assessable(screen)
        for note in self.summary.notes:
            screen.note(f"note: {note}")
        for notice in self.summary.notices:
            screen.note(f"note: {notice}")
        if self.summary.checked:
            screen.note(f"checked: the interpreter decides {count(self.summary.checked, 'record')} alike")
        screen.title(f"Results in {self.summary.out}")
        tables = dict.fromkeys(Path(written.file).stem for written in self.summary.written)
        form = "Parquet and CSV" if manifest["csv"] else "Parquet"
        screen.say(f"  {', '.join(tables)} ({form}), and manifest.json")
        if self.exported:
            screen.say()
            show_exported(self.exported, screen)
        for problem in self.problems:
            screen.error(problem.message, problem.help)

    def _show_rows(self, screen: Screen) -> None:
        screen.title("Rows")
        counts = self.summary.counts
        screen.table(
            ["record", "file", "read>", "rejected>"],
            [[c.record, c.file, f"{c.read:,}", f"{c.rejected:,}"] for c in counts],
        )
        rejects = self.summary.overview.rejected
        if rejects:
            screen.title("Rejected rows")
            screen.table(["record", "reason", "rows>"], _shortened(rejects))
            screen.say("Totals, shares and `there is no` are reckoned without the rejected rows.")

    def _show_not_assessable(self, screen: Screen) -> None:
        reasons = self.summary.overview.refused
        if reasons:
            screen.title("Not assessable")
            screen.table(["rule", "reason", "number>"], _shortened(reasons))


def show_payments(overview: Overview, program: Program, screen: Screen) -> None:
    """The sum of each payment and charge, and of all."""
    if not program.payments and not any(share.scheme for share in program.shares.values()):
        return
    screen.title("Payments")
    payments = overview.payments
    rows = [[p.scheme, p.payment, p.kind, f"{p.paid:,}", money(p.amount, program.currency)] for p in payments]
    total = money(sum((p.amount for p in payments), Fraction(0)), program.currency)
    paid = sum(p.paid for p in payments)
    screen.table(["scheme", "payment", "kind", "paid>", "amount>"], [*rows, ["total", "", "", f"{paid:,}", total]])


def show_findings(overview: Overview, program: Program, screen: Screen) -> None:
    """How many claims each check flagged, and what they come to.

    Only what goes out is added up: a claim that two checks found is overcharged once.
    """
    if not program.checks:
        return
    screen.title("Findings")
    with_under = any(check.undercharges for check in program.checks.values())
    none = Fraction(0)
    by_check = {found.check: found for found in overview.findings}
    found = [by_check.get(name, FindingSum(name, 0, none, none, 0, none)) for name in program.checks]
    rows = []
    for one in found:
        sums = [
            money(amount, program.currency) for amount in ((one.overcharge, one.undercharge) if with_under else (one.overcharge,))
        ]
        asked = money(one.challenged_overcharge, program.currency)
        rows.append([one.check, f"{one.number:,}", *sums, f"{one.challenged:,}", asked])
    number, challenged = sum(one.number for one in found), sum(one.challenged for one in found)
    asked = money(sum((one.challenged_overcharge for one in found), none), program.currency)
    rows.append(["total", f"{number:,}", *([""] * (1 + with_under)), f"{challenged:,}", asked])
    sums_named = ["overcharged>", "undercharged>"] if with_under else ["overcharged>"]
    screen.table(["check", "findings>", *sums_named, "challenged>", "amount>"], rows)


def _shortened(groups: Sequence[tuple[str, str, int]]) -> list[list[str]]:
    rows = [[name, reason, f"{number:,}"] for name, reason, number in groups[:MOST_REASONS]]
    left = groups[MOST_REASONS:]
    if left:
        rows.append(["", f"{count(len(left), 'more reason')}", f"{sum(n for _, _, n in left):,}"])
    return rows
