"""`requite statement`: what each payee gets and why, and what each respondent is asked, for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from requite.api.answers import Refusal, WrongUse, refused
from requite.api.console import Screen, count, listed, money
from requite.api.statements.charts import cut
from requite.api.statements.gather import Gathered, gathered
from requite.api.statements.model import Party, Statement
from requite.api.statements.pages import statement_markdown
from requite.api.statements.parties import called, paid_records
from requite.api.statements.pdf import writer
from requite.api.statements.write import ROWS, Written, WrittenSet, free_for_statements, write_all
from requite.engine.overview import reject_words

NEAR: Final = 3
SHOWN: Final = 40
"""Statements that are listed on the screen."""

LONGEST: Final = 60
"""Letters of a payee's name on the screen; the statement itself has all of them."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, as the command line says it."""

    run: str
    parties: Sequence[str]
    record: str | None
    out: str | None
    formats: Sequence[str]
    overwrite: bool
    as_json: bool = False

    @classmethod
    def read(
        cls,
        run: str,
        parties: Sequence[str],
        everybody: bool,
        record: str | None,
        out: str | None,
        formats: Sequence[str],
        overwrite: bool,
        as_json: bool,
    ) -> Request:
        """Check what goes together; WrongUse where it does not."""
        if everybody == bool(parties):
            raise WrongUse("say whose statement: --for NAME, or --all")
        if out is None and (everybody or as_json):
            raise WrongUse("say where to write the statements: --out DIR")
        if out is None and (len(parties) > 1 or any(form != "md" for form in formats)):
            raise WrongUse("without --out DIR, one statement is printed, as Markdown")
        chosen = tuple(dict.fromkeys(formats)) or ("html",)
        return cls(run, tuple(parties), record, out, chosen, overwrite, as_json)


@dataclass(frozen=True, slots=True)
class Printed:
    """A statement that is printed."""

    statement: Statement
    ok: bool = True

    def content(self) -> dict[str, Any]:
        return {"errors": [], "statement": statement_markdown(self.statement, ROWS["md"])}

    def show(self, screen: Screen) -> None:
        screen.say(statement_markdown(self.statement, ROWS["md"]).rstrip("\n"))


@dataclass(frozen=True, slots=True)
class Stated:
    """Statements that have been written."""

    out: str
    written: WrittenSet
    currency: str
    ok: bool = True

    def content(self) -> dict[str, Any]:
        statements = [
            {
                "for": one.party.code,
                "kind": one.party.noun or "payee",
                "paid": one.paid,
                "credit": one.credit,
                "files": list(one.files),
            }
            for one in self.written.statements
        ]
        return {"errors": [], "out": self.out, "statements": statements, "summary": list(self.written.summary)}

    def show(self, screen: Screen) -> None:
        rows = [
            [_called(one), self._money(one.paid), self._money(one.credit), one.files[0]] for one in self.written.statements[:SHOWN]
        ]
        screen.table(["statement for", "paid>", "to credit>", "file"], rows)
        more = len(self.written.statements) - SHOWN
        if more > 0:
            screen.say(f"and {more:,} more")
        screen.say()
        screen.say(f"{count(len(self.written.statements), 'statement')} in {self.out}", "bold")
        if self.written.summary:
            screen.say(f"  the summary for the board: {listed(self.written.summary)}")

    def _money(self, amount: str) -> str:
        return money(Fraction(amount), self.currency) if amount else "–"


def _called(one: Written) -> str:
    return cut(" · ".join(part for part in (one.party.label, one.name) if part), LONGEST)


def statement(request: Request, screen: Screen) -> Printed | Stated:
    """Open a run, and write or print what is asked for."""
    target = free_for_statements(request.out, request.overwrite) if request.out is not None else None
    if "pdf" in request.formats:
        writer()
    if target is not None and target == Path(request.run).expanduser().resolve():
        raise WrongUse("--out is the folder of the run itself: name another one")
    with screen.progress() as progress, gathered(request.run, progress) as run:
        parties = _chosen(run, request)
        if target is None:
            return Printed(next(iter(run.statements(parties, progress))))
        formats, with_board = request.formats, not request.parties
        written = write_all(run, parties, formats, target, with_board, progress, request.overwrite)
        return Stated(request.out or "", written, run.program.currency)


def _chosen(run: Gathered, request: Request) -> Sequence[Party]:
    """The parties that are asked for; Refusal where nobody is called so, or several are."""
    own = request.record.rpartition(".")[2] if request.record else None
    there = [party for party in run.parties if own is None or own == party.noun]
    if own is not None and not there:
        nouns = sorted({party.noun for party in run.parties if party.noun})
        raise refused(
            "unknown-record", f"no {request.record} is paid or asked by this run", f"There are {listed(nouns)}." if nouns else ""
        )
    if not request.parties:
        return there
    found: dict[Party, None] = {}
    for name in request.parties:
        meant = _meant(run, name.strip(), there)
        if not meant:
            raise _unknown(name, run, there)
        if len(meant) > 1:
            kinds = [party.noun or "payee" for party in meant]
            raise refused(
                "several-parties", f"{listed(kinds)} are both called {name}", "Say which with --record NAME.", parties=kinds
            )
        found[meant[0]] = None
    return list(found)


def _meant(run: Gathered, name: str, there: Sequence[Party]) -> list[Party]:
    """Who is called so; of rows with a key of several parts, also those whose key is this as the results have it."""
    exact = [party for party in there if party.code == name]
    keys = {(noun, called(record, name, run.program)) for record, noun in paid_records(run.program).items()}
    return exact or [party for party in there if (party.noun, party.code) in keys]


def _unknown(name: str, run: Gathered, there: Sequence[Party]) -> Refusal:
    reject = run.opened.reject(list(run.program.records), name)
    if reject is not None:
        where = f"{reject.file} line {reject.line}"
        return refused("rejected", f"{reject.record} {name} was rejected ({where}): {reject_words(reject.field, reject.reason)}")
    near = get_close_matches(name, [party.code for party in there][:20_000], n=NEAR, cutoff=0.5)
    help = f"The nearest: {', '.join(near)}." if near else "--all writes everybody's."
    if run.opened.rejected:
        help += " Its row may have been rejected: rejects.parquet has those, line by line."
    return refused("unknown-party", f"nobody called {name} is paid or asked by this run", help, near=near)
