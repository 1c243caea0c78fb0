"""What each check says of each row, and which of its findings is the one that is challenged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from requite.dsl import program as core
from requite.engine.arithmetic import rounded
from requite.engine.decision import Finding
from requite.engine.interpreting.closures import Compiler
from requite.engine.interpreting.gates import Status, gate_stops, payee_of
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


@dataclass(eq=False)
class Checks:
    """The checks of a run, each made when first asked for."""

    c: Compiler
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
        if (name, row) not in self._examined:
            self._examined[name, row] = examine(self.c.program.checks[name], row, self.c)
        return self._examined[name, row]

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


def examine(check: core.CheckRule, row: Row, c: Compiler) -> Examined:
    """What a check says of a row, its clauses tried in the order written."""
    env, flagged, flag = (row,), False, check.clauses[-1].span
    for clause in check.clauses:
        value: Any = None
        match clause:
            case core.Gate():
                stop = gate_stops(clause, env, c)
                if stop is not None:
                    return Examined("not assessable" if stop.effect == "not assessable" else "out of scope", stop.reason)
            case core.ColumnClause() if clause.kind not in FIGURES_WHEN_FLAGGED:
                value = c.reader(clause.column)(row)
            case core.FlagClause():
                value = c.code(clause.condition)(env)
                if value is True and not flagged:
                    flagged, flag = True, clause.condition.span
                _note_flag(clause, value, c)
        if isinstance(value, Missing):
            return Examined("not assessable", value.reason)
    if check.undercharges and not flagged:
        under = is_undercharged(check, row, c)
        if isinstance(under, Missing):
            return Examined("not assessable", under.reason)
        flagged, flag = under, check.undercharge_span or check.span
    return _finding(check, row, words(flag), c) if flagged else Examined("assessed")


def _note_flag(clause: core.FlagClause, value: Any, c: Compiler) -> None:
    if c.note is not None and not isinstance(value, Missing):
        c.note("flag", clause.span, "flagged" if value else "passed")


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
