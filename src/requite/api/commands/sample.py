"""`requite sample`: make a year of claims in which errors are planted, and list them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from requite.api.answers import WrongUse
from requite.api.arguments import check_memory
from requite.api.console import Screen, count, money
from requite.api.sample.making import (
    LEAST_PATIENTS,
    LEAST_PRACTICES,
    MOST_PATIENTS,
    PATIENTS_A_PRACTICE,
    REVIEWED_ON,
    TRUTH_FILE,
    Made,
    Wanted,
    make,
)
from requite.api.sample.roles import TITLES
from requite.api.signals import Signals
from requite.engine.settings import DUCKDB, settings_of

CURRENCY = "GBP"


@dataclass(frozen=True, slots=True)
class SampleMade:
    """A sample that stands in its folder."""

    made: Made
    wanted: Wanted
    ok: bool = True

    def content(self) -> dict[str, Any]:
        made = self.made
        return {
            "errors": [],
            "out": str(made.out),
            "seed": self.wanted.seed,
            "rows": dict(made.rows),
            "planted": [
                {
                    "kind": one.kind,
                    "title": TITLES[one.kind],
                    "errors": one.errors,
                    "findable": one.findable,
                    "overcharge": _plain(one.overcharge),
                    "undercharge": _plain(one.undercharge),
                }
                for one in made.planted
            ],
            "wrong_hrg": {
                "bills": made.bills,
                "wrong": made.wrong_bills,
                "billed": _plain(made.billed),
                "gross_error": _plain(made.gross),
                "net_error": _plain(made.net),
            },
        }

    def show(self, screen: Screen) -> None:
        made = self.made
        practices, patients = made.rows["practice"], made.rows["patient"]
        screen.say("A consortium to try the checks on", "bold")
        screen.say(f"{count(practices, 'practice')} with {count(patients, 'patient')}, from April 2017 to March 2018")
        screen.title("Files")
        screen.table(["file", "rows>"], [[name, f"{rows:,}"] for name, rows in made.rows.items()])
        screen.title("Planted")
        rows = [
            [one.kind, TITLES[one.kind], f"{one.errors:,}", f"{one.findable:,}", _pounds(one.overcharge), _pounds(one.undercharge)]
            for one in made.planted
        ]
        screen.table(["kind", "error", "number>", "a check can find>", "too much>", "too little>"], rows)
        share, gross, net = (_percent(*pair) for pair in self._shares())
        screen.say(f"Of {count(made.bills, 'spell')}, {share} have the wrong HRG: a gross error of {gross}, and a net one of {net}")
        screen.title(f"All of it is in {made.out}")
        screen.say(f"  {TRUTH_FILE} lists what is planted. To go on:")
        screen.say(f"  requite run rulesets/claims/monthly_validation.md --data-dir {made.out} --out results --known {REVIEWED_ON}")
        screen.say(f"  requite score results --truth {made.out / TRUTH_FILE}")

    def _shares(self) -> tuple[tuple[int, int], ...]:
        made = self.made
        return (made.wrong_bills, made.bills), (made.gross, made.billed), (made.net, made.billed)


def sample(wanted: Wanted, screen: Screen) -> SampleMade:
    """Make the sample that is asked for."""
    with screen.progress() as progress:
        made = SampleMade(make(wanted, progress), wanted)
    Signals.told = ""
    return made


def wanted_of(
    practices: int,
    patients: int,
    seed: int,
    out: str,
    tariff: str | None,
    format: str,
    overwrite: bool,
    memory: str | None,
    threads: int | None,
) -> Wanted:
    """What the command line asks for; WrongUse where no sample can be so."""
    if not out.strip():
        raise WrongUse("--out: name a folder for the sample")
    if not LEAST_PATIENTS <= patients <= MOST_PATIENTS:
        raise WrongUse(f"--patients {patients}: a sample has {LEAST_PATIENTS:,} to {MOST_PATIENTS:,} patients")
    if not LEAST_PRACTICES <= practices <= patients // PATIENTS_A_PRACTICE:
        most = f"{LEAST_PRACTICES} to {patients // PATIENTS_A_PRACTICE:,} practices"
        raise WrongUse(f"--practices {practices}: for {patients:,} patients there may be {most}")
    if not 0 <= seed < 2**63:
        raise WrongUse(f"--seed {seed}: a seed is a whole number from 0 up")
    check_memory(memory)
    return Wanted(practices, patients, seed, out, tariff, format, overwrite, settings_of(DUCKDB, memory, threads).chosen())


def _plain(pence: int) -> str:
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def _pounds(pence: int) -> str:
    return money(Fraction(pence, 100), CURRENCY) if pence else "–"


def _percent(part: int, whole: int) -> str:
    """A share to a tenth of a per cent, rounded half away from nought."""
    tenths = (2000 * abs(part) + whole) // (2 * whole) if whole else 0
    return f"{'-' if part < 0 and tenths else ''}{tenths // 10}.{tenths % 10}%"
