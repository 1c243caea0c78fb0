"""What a respondent is asked: its challenged claims by check, with what each check says and one of them worked through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from requite.api.statements.accounts import Accounts, rule_clauses, step_of
from requite.api.statements.model import Asked, CheckPart, Claim, Step
from requite.api.statements.parties import called
from requite.api.statements.phrases import plainly
from requite.api.statements.results import FindingGroup, FindingRow
from requite.dsl import program as core
from requite.engine.explaining.unfold import cited
from requite.engine.overview import merged

Listed = Mapping[tuple[str, str], Sequence[FindingRow]]
Unknown = Mapping[str, Counter[str]]
"""By rule, how often each reason kept it from being decided."""


@dataclass(frozen=True, eq=False)
class Asking:
    """Makes what respondents are asked, of the findings of a run."""

    accounts: Accounts
    listed: Listed
    beside: Listed

    @property
    def program(self) -> core.Program:
        return self.accounts.program

    def asked(self, groups: Sequence[FindingGroup], unknown: Unknown) -> Asked | None:
        """What one respondent is asked; None where nothing was found and nothing is unknown."""
        by_check: dict[str, list[FindingGroup]] = {}
        for group in groups:
            by_check.setdefault(group.check, []).append(group)
        names = [name for name in self.program.checks if name in by_check or name in unknown]
        parts = tuple(self._part(self.program.checks[name], by_check.get(name, ()), unknown.get(name, Counter())) for name in names)
        return Asked(parts) if parts else None

    def _part(self, check: core.CheckRule, groups: Sequence[FindingGroup], unknown: Counter[str]) -> CheckPart:
        found = [row for group in groups for row in self.listed.get((check.name, group.respondent), ())]
        number, challenged = sum(g.number for g in groups), sum(g.challenged for g in groups)
        under = sum(g.under for g in groups)
        return CheckPart(
            check.name,
            check.title or plainly(check.name),
            rule_clauses(check),
            cited(check.cites),
            terms(check.challenge),
            challenged,
            sum((g.credit for g in groups), Fraction(0)),
            sum((g.penalty for g in groups), Fraction(0)),
            under,
            sum((g.undercharge for g in groups), Fraction(0)),
            tuple(self._claim(row) for row in found),
            number - challenged - under,
            told_unknown(check.name, unknown),
            self._worked(check.name, found[0]) if found else None,
        )

    def _claim(self, row: FindingRow) -> Claim:
        beside = (
            f"{self._title(other.check)}: {self._money(other.overcharge)}"
            if other.overcharge is not None
            else self._title(other.check)
            for other in self.beside.get((row.record, row.key), ())
            if other.check != row.check
        )
        return Claim(
            called(row.record, row.key, self.program),
            row.billed,
            row.expected,
            row.overcharge,
            row.penalty,
            row.reason,
            tuple(beside),
        )

    def _title(self, name: str) -> str:
        check = self.program.checks.get(name)
        return (check.title or plainly(check.name)) if check is not None else plainly(name)

    def _money(self, amount: Fraction) -> str:
        return self.accounts.interpreter.compiler.money(amount)

    def _worked(self, check: str, row: FindingRow) -> tuple[str, tuple[Step, ...]] | None:
        """The largest of the claims, clause by clause."""
        explanation = self.accounts.explained((row.record, row.key))
        if isinstance(explanation, str):
            return None
        steps = next((d.clauses for d in explanation.decisions if d.rule == check), ())
        if not steps:
            return None
        told = tuple(step_of(clause) for clause in steps if clause.kind != "challenge")
        return called(row.record, row.key, self.program), told


def told_unknown(rule: str, reasons: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Why a rule could not be decided, the most frequent first; of very many reasons, codes and dates are left out."""
    return tuple((plainly(reason), number) for _, reason, number in merged((rule, reason, n) for reason, n in reasons.items()))


def terms(challenge: core.Challenge | None) -> str:
    """What is asked of a respondent, and by when, in a sentence."""
    if challenge is None:
        return ""
    unit = challenge.unit.removesuffix("s") if challenge.within == 1 else challenge.unit
    ending = f"; without one, the challenge counts as {plainly(challenge.otherwise)}" if challenge.otherwise else ""
    return f"An answer is asked for within {challenge.within} {unit}{ending}." if challenge.within else ""
