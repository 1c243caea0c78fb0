"""What each check says of each row, and which of its findings is the one that is challenged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.dsl.source import Span
from requite.engine.arithmetic import rounded
from requite.engine.decision import Finding
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.gates import Status, Stop, payee_of, refused, says_it_all, stopped
from requite.engine.interpreting.naming import in_words
from requite.engine.interpreting.values import Env, Missing
from requite.engine.rows import Row
from requite.engine.wording import key_text, words

FIGURES_WHEN_FLAGGED = ("overcharge", "penalty")
"""Figures of a finding: they are not asked for where nothing is flagged."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a check says of a row: assessed with or without a finding; or why not."""

    status: Status
    reason: str = ""
    finding: Finding | None = None


NOTHING_FLAGGED = Examined("assessed")


@dataclass(eq=False)
class Checks:
    """The checks of a run, each made when first asked for."""

    c: Compiler
    _made: dict[str, Callable[[Row], Examined]] = field(default_factory=dict)
    _examined: dict[tuple[str, Row], Examined] = field(default_factory=dict)
    _challenged: dict[Row, str] = field(default_factory=dict)

    def examined(self, name: str, row: Row) -> Examined:
        """What a check says of a row; of several findings that one row may be challenged for once, which one it is."""
        found = self._alone(name, row)
        if found.finding is None:
            return found
        check = self.c.program.checks[name]
        precedence = next((p for p in self.c.program.precedences if p.record == check.record), None)
        if precedence is None or not is_claimed(found.finding):
            return found
        if not self._is_supported(name, row):
            return replace(found, finding=replace(found.finding, challenged=False))
        if row not in self._challenged:
            self._challenged[row] = self._chosen(precedence, row)
        chosen = self._challenged[row]
        challenged = chosen == name
        finding = replace(found.finding, challenged=challenged, challenged_as="" if challenged else chosen)
        return replace(found, finding=finding)

    def forget(self) -> None:
        """Forget what has been said: the rows are others from now on."""
        self._examined.clear()
        self._challenged.clear()

    def _alone(self, name: str, row: Row) -> Examined:
        found = self._examined.get((name, row))
        if found is None:
            if name not in self._made:
                self._made[name] = examiner(self.c.program.checks[name], self.c)
            found = self._examined[name, row] = self._made[name](row)
        return found

    def _chosen(self, precedence: core.Precedence, row: Row) -> str:
        """The check with the largest overcharge; ties in the order written, then as declared."""
        checks = [check.name for check in self.c.program.checks.values() if check.record == precedence.record]
        ordered = sorted(checks, key=lambda name: _place(name, precedence.ties))
        flagged = [(name, self._alone(name, row).finding) for name in ordered]
        claimed = [finding for _, finding in flagged if finding is not None and is_claimed(finding)]
        return max((f for f in claimed if self._is_supported(f.check, row)), key=_largeness).check

    def _is_supported(self, name: str, row: Row) -> bool:
        """Whether a finding may be the one that is challenged; where that is not known, it may not."""
        where = self.c.program.checks[name].supported
        if where is None:
            return True
        allowed = self.c.code(where)((row,)) is True
        if self.c.note is not None:
            self.c.note("challenge", where.span, "allowed" if allowed else "barred")
        return allowed


def _place(name: str, ties: tuple[str, ...]) -> int:
    return ties.index(name) if name in ties else len(ties)


def is_claimed(finding: Finding) -> bool:
    """Whether there is something to claim back: an undercharge is reported, never challenged or penalised."""
    return finding.overcharge is None or finding.overcharge > 0


def _largeness(finding: Finding) -> tuple[bool, Fraction]:
    return finding.overcharge is not None, finding.overcharge or Fraction(0)


Clause = Callable[[Env], Examined | Span | None]
"""A clause of a check tried for a row: the end of the check, the place of a flag that was raised, or nothing."""


def examiner(check: core.CheckRule, c: Compiler) -> Callable[[Row], Examined]:
    """What says of a row what a check says of it, its clauses tried in the order written."""
    clauses = list(_clauses(check, c))

    def examine(row: Row) -> Examined:
        env: Env = (row,)
        flag: Span | None = None
        for clause in clauses:
            found = clause(env)
            if isinstance(found, Examined):
                return found
            if flag is None:
                flag = found
        if flag is not None:
            return _finding(check, row, words(flag), c)
        return _undercharge(check, row, c) if check.undercharges else NOTHING_FLAGGED

    return examine


def _clauses(check: core.CheckRule, c: Compiler) -> Iterator[Clause]:
    for clause in check.clauses:
        match clause:
            case core.Gate():
                yield _gate(clause, c)
            case core.FlagClause():
                yield _flag(clause, c)
            case core.ColumnClause() if clause.kind not in FIGURES_WHEN_FLAGGED:
                yield _figure(clause, c)


def _gate(gate: core.Gate, c: Compiler) -> Clause:
    condition, note = c.code(gate.condition), c.note
    always = _ended(refused(gate)) if says_it_all(gate.condition) else None

    def run(env: Env) -> Examined | None:
        holds = condition(env)
        if note is not None and holds.__class__ is not Missing:
            note("gate", gate.span, "held" if holds else "refused")
        if holds is True:
            return None
        return always if holds is False and always is not None else _ended(stopped(gate, holds, env, c))

    return run


def _ended(stop: Stop) -> Examined:
    return Examined("not assessable" if stop.effect == "not assessable" else "out of scope", stop.reason)


def _flag(clause: core.FlagClause, c: Compiler) -> Clause:
    condition, note = c.code(clause.condition), c.note

    def run(env: Env) -> Examined | Span | None:
        value = condition(env)
        if value.__class__ is Missing:
            return Examined("not assessable", value.reason)
        if note is not None:
            note("flag", clause.span, "flagged" if value else "passed")
        return clause.condition.span if value else None

    return run


def _figure(clause: core.ColumnClause, c: Compiler) -> Clause:
    read = c.reader(clause.column)

    def run(env: Env) -> Examined | None:
        value = read(env[0])
        return Examined("not assessable", value.reason) if value.__class__ is Missing else None

    return run


def _undercharge(check: core.CheckRule, row: Row, c: Compiler) -> Examined:
    """What a check that flags undercharges, too, says of a row in which nothing else was flagged."""
    under = is_undercharged(check, row, c)
    if isinstance(under, Missing):
        return Examined("not assessable", under.reason)
    return _finding(check, row, words(check.undercharge_span or check.span), c) if under else NOTHING_FLAGGED


def is_undercharged(check: core.CheckRule, row: Row, c: Compiler) -> bool | Missing:
    """Whether a row is billed for less than expected − tolerance."""
    billed, expected, tolerance = figures(check, row, c)
    for value in (billed, expected, tolerance):
        if isinstance(value, Missing):
            return value
    if billed is None or expected is None:
        return False
    under: bool = billed < expected - (tolerance or 0)
    if c.note is not None and check.undercharge_span is not None:
        c.note("flag", check.undercharge_span, "flagged" if under else "passed")
    return under


def figures(check: core.CheckRule, row: Row, c: Compiler) -> tuple[Any, Any, Any]:
    """Billed, expected and tolerance; None for one that the check does not have."""
    billed = c.code(check.billed)((row,)) if check.billed is not None else None
    expected, tolerance = (c.reader(name)(row) if name else None for name in (check.expected, check.tolerance))
    return billed, expected, tolerance


def figures_when_flagged(check: core.CheckRule, row: Row, c: Compiler) -> tuple[Any, Any]:
    """Overcharge and penalty; None for one that the check does not have, and for the penalty on what is not claimed back."""
    billed, expected, _ = figures(check, row, c)
    overcharge: Any = None
    if check.overcharge:
        overcharge = c.reader(check.overcharge)(row)
    elif isinstance(billed, Fraction) and isinstance(expected, Fraction):
        overcharge = rounded(billed - expected, c.program.rounding)
    claimed = overcharge is None or isinstance(overcharge, Missing) or overcharge > 0
    return overcharge, c.reader(check.penalty)(row) if check.penalty and claimed else None


def _finding(check: core.CheckRule, row: Row, flag: str, c: Compiler) -> Examined:
    env = (row,)
    billed, expected, _ = figures(check, row, c)
    overcharge, penalty = figures_when_flagged(check, row, c)
    for value in (overcharge, penalty):
        if isinstance(value, Missing):
            return Examined("not assessable", value.reason)
    claimed = overcharge is None or overcharge > 0
    finding = Finding(
        check=check.name,
        record=check.record,
        key=key_text(row.key),
        billed=_rounded(billed, c),
        expected=_known(expected),
        overcharge=overcharge,
        reason=reason_of(check, env, c) if check.reason else flag,
        penalty=penalty,
        respondent=_respondent(check, env, c),
        challenged=check.challenge is not None and claimed,
        challenged_as="",
    )
    return Examined("assessed", "", finding)


def _rounded(value: Any, c: Compiler) -> Fraction | None:
    """A billed amount as it is shown: it may be reckoned, and then has no end of decimals."""
    return rounded(value, c.program.rounding) if isinstance(value, Fraction) else None


def _known(value: Any) -> Fraction | None:
    return value if isinstance(value, Fraction) else None


def reason_of(check: core.CheckRule, env: Env, c: Compiler) -> str:
    """A finding's reason, each value in it as an author would write it."""
    return "".join(part.text if part.value is None else in_words(part.value, env, c) for part in check.reason)


def _respondent(check: core.CheckRule, env: Env, c: Compiler) -> str:
    if check.challenge is None:
        return ""
    found = payee_of(check.challenge.respondent, env, c)
    return "" if isinstance(found, Missing) else found
