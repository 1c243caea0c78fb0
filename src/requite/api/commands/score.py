"""`requite score`: lay a run's findings beside a list of what is truly wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from requite.api.console import Screen, count, money
from requite.api.sample.roles import TITLES
from requite.api.scoring import CheckScore, KindScore, Pair, Scores, check_json, kind_json, pair_json, ratio
from requite.api.scoring import score as score_run
from requite.engine.manifest import read_manifest

MOST_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Scored:
    """A run that was scored. It is no error that a run missed something: the exit status is 0."""

    run: str
    truth: str
    currency: str
    scores: Scores
    ok: bool = True

    def content(self) -> dict[str, Any]:
        scores = self.scores
        return {
            "errors": [],
            "run": self.run,
            "truth": self.truth,
            "checks": [check_json(one) for one in scores.checks],
            "total": check_json(scores.total),
            "kinds": [kind_json(one) for one in scores.sought],
            "unfindable": [kind_json(one) for one in scores.unfindable],
            "not_asked": [kind_json(one) for one in scores.not_asked],
            "missed": [pair_json(one) for one in scores.missed],
            "false": [pair_json(one) for one in scores.false],
            "differing": [pair_json(one) for one in scores.differing],
        }

    def show(self, screen: Screen) -> None:
        scores = self.scores
        screen.say(f"{self.run} beside {self.truth}", "bold")
        screen.title("By check")
        screen.table(
            ["check", "planted>", "found>", "missed>", "for nothing>", "precision>", "recall>", "planted>", "found>", "by pound>"],
            [self._check_row(one) for one in (*scores.checks, scores.total)],
        )
        screen.say("by pound: how much of the amount that is planted was found. An error that two checks find counts for both.")
        self._show_kinds("By kind of error", scores.sought, screen)
        self._show_kinds("What no check can find", scores.unfindable, screen)
        self._show_kinds("What this run does not look for", scores.not_asked, screen)
        total = scores.total
        self._show_pairs("Missed", total.missed, scores.missed, screen)
        self._show_pairs("Flagged for nothing", total.false, scores.false, screen)
        self._show_pairs("Found with another amount", total.differing, scores.differing, screen)

    def _check_row(self, one: CheckScore) -> list[str]:
        return [
            one.check,
            f"{one.planted:,}",
            f"{one.found:,}",
            f"{one.missed:,}",
            f"{one.false:,}",
            _percent(ratio(one.found, one.found + one.false, 3)),
            _percent(ratio(one.found, one.planted, 3)),
            self._money(one.true_amount),
            self._money(one.found_amount),
            _percent(ratio(one.right_amount, one.true_amount, 3)),
        ]

    def _show_kinds(self, title: str, kinds: Sequence[KindScore], screen: Screen) -> None:
        if not kinds:
            return
        screen.title(title)
        rows = [
            [
                one.kind,
                TITLES.get(one.kind, one.what),
                f"{one.errors:,}",
                f"{one.found:,}",
                _percent(ratio(one.found, one.errors, 3)),
                self._money(one.amount),
                self._money(one.found_amount),
            ]
            for one in kinds
        ]
        screen.table(["kind", "error", "planted>", "found>", "recall>", "amount>", "found>"], rows)

    def _show_pairs(self, title: str, number: int, pairs: Sequence[Pair], screen: Screen) -> None:
        if not number:
            return
        screen.title(title)
        rows = [
            [p.check, p.record, p.key, p.kind, self._money(p.true_amount), self._money(p.found_amount)] for p in pairs[:MOST_SHOWN]
        ]
        screen.table(["check", "record", "key", "kind", "true>", "found>"], rows)
        if number > MOST_SHOWN:
            screen.say(f"  and {count(number - MOST_SHOWN, 'more', 'more')}")

    def _money(self, amount: Decimal | None) -> str:
        return money(Fraction(amount), self.currency) if amount is not None else "–"


def score(run: str, truth: str) -> Scored:
    """Score the run in a folder against a truth file."""
    scores = score_run(run, truth)
    return Scored(run, truth, str(read_manifest(Path(run).expanduser())["ruleset"]["currency"]), scores)


def _percent(share: Decimal | None) -> str:
    """A share of three decimals as a percentage."""
    return "–" if share is None else f"{share * 100:.1f}%"
