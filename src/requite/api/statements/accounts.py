"""One row's account: its payments with the clauses in words, what limited them, and what the row was measured by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from requite.api.statements.measuring import Measuring, place_among
from requite.api.statements.model import Account, FigureLine, Line, Party, State, Step, Used
from requite.api.statements.parties import called, payee_party, payees
from requite.api.statements.phrases import brief, clause_words, marker_titles, plainly, scheme_title, short_reason, titles
from requite.api.statements.results import FigureRow, PaymentRow
from requite.dsl import program as core
from requite.dsl.types import QUANTITIES, Kind, Type
from requite.engine.decision import ClauseStep, Decision, Explanation, Read
from requite.engine.explain import explain_row
from requite.engine.interpret import Interpreter
from requite.engine.rows import Row
from requite.engine.seeking import TooManyRows
from requite.engine.wording import words

DID: Final = {
    "holds": "met",
    "refused": "not met",
    "not assessable": "cannot be judged",
    "out of scope": "out of scope",
    "applied": "applies",
    "did not apply": "does not bind",
    "capped": "limits",
    "not reached": "not reached",
    "value": "",
    "excepted": "an exception applies",
    "rounded": "rounded",
}
LIMITS: Final = ("at most", "at least", "only the first", "together at most", "altogether at most")
NAMES: Final = ("name", "title")
MOST_USED: Final = 12
"""Figures listed below one clause."""

Named = tuple[str, str]
"""A record, and the key of one of its rows as the results have it."""


@dataclass(eq=False)
class Accounts:
    """Makes the accounts of a run's rows, each once however many statements ask for it."""

    interpreter: Interpreter
    measuring: Measuring
    payments: Mapping[Named, Sequence[PaymentRow]]
    figures: Mapping[Named, Sequence[FigureRow]]
    peers: Mapping[str, Mapping[str, Mapping[str, Fraction]]]
    _explained: dict[Named, Explanation | str] = field(default_factory=dict)
    _made: dict[Named, Account] = field(default_factory=dict)

    @property
    def program(self) -> core.Program:
        return self.interpreter.program

    def row(self, record: str, key: str) -> Row | None:
        """The row with this key, as the results have it."""
        return next(iter(self.interpreter.tables.named(record, [key])), None)

    def explained(self, named: Named) -> Explanation | str:
        """Why a row got what it got; or why nobody can say."""
        if named not in self._explained:
            row = self.row(*named)
            try:
                self._explained[named] = (
                    f"{named[0]} {called(*named, self.program)} is no longer there"
                    if row is None
                    else explain_row(self.interpreter, row)
                )
            except TooManyRows as error:
                self._explained[named] = error.problems[0].message
        return self._explained[named]

    def account(self, named: Named, party: Party, is_own: bool = True) -> Account:
        """The account of a row as it is told to a party: all of it where it is the party's own row, else what the party gets."""
        if named not in self._made:
            self._made[named] = self._account(named)
        made = self._made[named]
        if not party.noun:
            # A declared payee is told what it gets, and of the row nothing else.
            made = Account(made.record, made.key, made.called, made.name, made.read_from, made.lines)
        if is_own:
            return made
        # One claim among claims has no peers.
        figures = tuple(replace(figure, peers=(), place=None) for figure in made.figures)
        lines = tuple(line for line in made.lines if line.payee in (party, None))
        return replace(made, lines=lines, figures=figures)

    def _account(self, named: Named) -> Account:
        record, key = named
        words_of_key = called(record, key, self.program)
        explanation = self.explained(named)
        if isinstance(explanation, str):
            lines = tuple(self._plain_line(paid) for paid in self.payments.get(named, ()))
            return Account(record, key, words_of_key, "", "", lines, unexplained=explanation)
        row = self.row(record, key)
        figures = tuple(self._figure(found, named) for found in self.figures.get(named, ()))
        figures += tuple(
            FigureLine(f"carried forward: {plainly(d.title)}", d.amount, plainly(d.reason))
            for d in explanation.decisions
            if d.kind == "carried forward"
        )
        account = Account(
            record,
            key,
            words_of_key,
            "",
            _file(explanation.from_row),
            tuple(line for d in explanation.decisions if (line := self._line(d, named)) is not None),
            figures=figures,
        )
        try:
            return account if row is None else self._measured(account, row)
        except TooManyRows:
            return account

    def _measured(self, account: Account, row: Row) -> Account:
        return Account(
            account.record,
            account.key,
            account.called,
            account.name or _name_of(row),
            account.read_from,
            account.lines,
            self.measuring.measures(row),
            self.measuring.hints(row),
            self.measuring.differences(row),
            account.figures,
            self._fields(row),
        )

    def _fields(self, row: Row) -> tuple[Used, ...]:
        """What was read of the row itself."""
        declared = self.program.records.get(row.record)
        if declared is None or declared.derived_from:
            return ()
        compiler = self.interpreter.compiler
        return tuple(
            Used(
                plainly(f.name),
                compiler.words(row.values.get(f.name), f.type) if row.values.get(f.name) is not None else "blank",
                "",
            )
            for f in declared.fields
            if not f.key and f.type.kind is not Kind.ROW
        )

    # --- payments ---

    def _paid(self, named: Named, rule: str) -> PaymentRow | None:
        return next((paid for paid in self.payments.get(named, ()) if paid.rule == rule), None)

    def _line(self, decision: Decision, named: Named) -> Line | None:
        """One payment of a row; None for what is no payment, or is out of scope."""
        whose = payees(self.program).get(decision.rule)
        if whose is None or decision.status == "out of scope":
            return None
        paid = self._paid(named, decision.rule)
        amount = paid.amount if paid is not None else None
        party = payee_party(whose, paid.payee, self.program) if paid is not None else self._declared(whose)
        state = _state(decision, amount)
        return Line(
            decision.rule,
            titles(self.program).get(decision.rule, decision.title),
            self._scheme(decision.rule),
            party,
            paid.spent_on if paid is not None else "",
            amount,
            state,
            _why(decision, paid.reason if paid is not None else decision.reason, state, marker_titles(named[0], self.program)),
            tuple(_step(clause) for clause in decision.clauses),
            decision.cites,
        )

    def _declared(self, whose: core.PaidTo | str) -> Party | None:
        is_declared = isinstance(whose, core.PaidTo) and whose.value is None
        return payee_party(whose, "", self.program) if is_declared else None

    def _plain_line(self, paid: PaymentRow) -> Line:
        """A payment that could not be explained: what the results say of it."""
        party = payee_party(payees(self.program)[paid.rule], paid.payee, self.program)
        state = State.CHARGED if paid.amount < 0 else State.PAID if paid.amount else State.NOTHING
        title = titles(self.program).get(paid.rule, paid.rule)
        return Line(paid.rule, title, self._scheme(paid.rule), party, paid.spent_on, paid.amount, state, plainly(paid.reason))

    def _scheme(self, rule: str) -> str:
        payment, share = self.program.payments.get(rule), self.program.shares.get(rule)
        return scheme_title(payment.scheme if payment is not None else share.scheme if share is not None else "", self.program)

    # --- figures ---

    def _figure(self, found: FigureRow, named: Named) -> FigureLine:
        others = {key: value for key, value in self.peers.get(named[0], {}).get(found.name, {}).items() if key != named[1]}
        peers = tuple(sorted(others.values())) if found.value is not None else ()
        place = place_among(found.value, peers) if found.value is not None else None
        text = figure_words(found, self.program.currency)
        return FigureLine(plainly(found.name), text, plainly(found.reason), found.value, peers, place)


def figure_words(found: FigureRow, currency: str) -> str:
    """A shown figure as people write it."""
    if found.value is not None and found.kind in QUANTITIES:
        return brief(found.value, Type(Kind(found.kind)), currency)
    return found.text or "not known"


# --- clauses in words -------------------------------------------------------------------------------------------------


def _state(decision: Decision, amount: Fraction | None) -> State:
    effects = {clause.effect for clause in decision.clauses}
    if decision.status == "not assessable" or amount is None:
        return State.UNKNOWN
    if amount < 0:
        return State.CHARGED
    if not amount:
        # A gate that refused, or an amount none of whose cases holds.
        is_refused = "refused" in effects or decision.reason.endswith(" is not so")
        return State.NOT_EARNED if is_refused else State.NOTHING
    capped = [clause for clause in decision.clauses if clause.effect == "capped"]
    if not capped:
        return State.PAID
    return State.RAISED if all(clause.kind == "at least" for clause in capped) else State.CUT


def _why(decision: Decision, reason: str, state: State, called: Mapping[str, str]) -> str:
    """Why a payment is what it is, in a sentence's part; `called` are the titles of markers by their names."""
    amounts = [clause for clause in decision.clauses if clause.kind in ("amount", "share")]
    if reason:
        said = short_reason(reason, (clause.text for clause in amounts), called)
        is_refused = state is State.NOT_EARNED and any(clause.effect == "refused" for clause in decision.clauses)
        return f"not met: {said}" if is_refused else said
    parts = [clause for clause in decision.clauses if clause.kind == "split"]
    told = [clause.text.removeprefix("amount ") for clause in parts or amounts]
    told += [f"{clause.text}: {clause.note}" for clause in decision.clauses if clause.effect == "applied"]
    return clause_words("; ".join(told)) if state is not State.UNKNOWN else ""


def step_of(clause: ClauseStep) -> Step:
    """A clause as a statement tells it."""
    return _step(clause)


def _step(clause: ClauseStep) -> Step:
    did = DID.get(clause.effect, clause.effect)
    if clause.kind not in LIMITS and clause.effect == "did not apply":
        did = "does not apply"
    value = clause.value if clause.value not in ("yes", "no") else ""
    used = tuple(_unfolded(clause.reads))[:MOST_USED]
    return Step(clause_words(clause.text) if clause.kind != "rounding" else "to the penny", value, did, plainly(clause.note), used)


def _unfolded(reads: Sequence[Read]) -> list[Used]:
    """What a clause read, down to the figures of the data, each once."""
    found: dict[tuple[str, str], Used] = {}
    for read in _in_order(reads):
        if read.origin != "case" and read.name:
            value = {"yes": "met", "no": "not met"}.get(read.value, read.value) if read.origin == "marker" else read.value
            found.setdefault(
                (read.name, read.from_row), Used(plainly(read.name), value, _file(read.from_row), plainly(_noted(read)))
            )
    return list(found.values())


def _noted(read: Read) -> str:
    """What else is said of a figure: why it is missing, its source, or what it is made of."""
    if read.missing:
        return read.missing
    if read.origin == "parameter":
        # Why nobody gives the figure stands at the foot of the page.
        return "; ".join((*read.cites, *(part.partition(":")[0] for part in read.note.split("; ") if part)))
    return read.note if read.origin == "let" and read.note != "unfolded above" else "; ".join(read.cites)


def _in_order(reads: Sequence[Read]) -> list[Read]:
    """What was read, and what made that in turn; of totals not every row."""
    return [one for read in reads for one in (read, *(_in_order(read.reads) if read.origin != "total" else ()))]


def _file(place: str) -> str:
    """Where a row was read, without the folders."""
    name, _, line = place.rpartition(" line ")
    return f"{name.replace(chr(92), '/').rpartition('/')[2]} line {line}" if name else place


def _name_of(row: Row) -> str:
    """The row's own name, where it has a field for it."""
    found: Any = next((row.values[name] for name in NAMES if isinstance(row.values.get(name), str)), "")
    return str(found)


def rule_clauses(rule: core.PaymentRule | core.CheckRule | core.Share) -> tuple[str, ...]:
    """The clauses of a rule in the author's words."""
    if isinstance(rule, core.Share):
        return (clause_words(words(rule.span)),)
    texts = [clause_words(words(clause.span)) for clause in rule.clauses]
    if isinstance(rule, core.CheckRule) and rule.undercharge_span is not None:
        texts.append(clause_words(words(rule.undercharge_span)))
    return tuple(texts)
