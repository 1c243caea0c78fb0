"""How many of each kind of error are planted, and among whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Role:
    """What a row is made to be: so many of ten thousand rows, and never fewer than `least`."""

    name: str
    of_ten_thousand: int
    least: int

    def number(self, rows: int) -> int:
        return max(self.least, rows * self.of_ten_thousand // 10_000)


# Only patients with a single spell are given a role, so that what is planted in one claim touches no other.
SPELLS: Final[Mapping[str, Sequence[Role]]] = {
    "adult": (
        Role("estimate", 60, 5),
        Role("tolerance", 20, 3),
        Role("outpatient", 60, 6),
        Role("price", 100, 10),
        Role("short", 60, 5),
        Role("daily", 15, 3),
        Role("elsewhere", 30, 4),
        Role("local", 20, 4),
        Role("local_right", 60, 4),
        Role("excluded", 20, 4),
        Role("excluded_right", 40, 3),
        Role("maternity", 300, 4),
    ),
    "old": (
        Role("excess", 60, 6),
        Role("after_elective", 40, 5),
        Role("after_emergency", 120, 12),
        Role("not_counted", 40, 6),
        Role("twice", 40, 4),
        Role("overlap", 20, 4),
        Role("no_letter", 40, 4),
        Role("hip", 20, 4),
        Role("hip_right", 80, 6),
        Role("hip_unknown", 5, 2),
    ),
}
"""Errors, and beside them what looks like one: a bill just within the tolerance, a readmission that does not count."""

COURSES: Final = (Role("two_bills", 30, 4), Role("unapproved", 40, 4))
LINES: Final = (Role("units", 150, 5), Role("two_lines", 40, 3), Role("pair", 80, 5), Role("pair_right", 80, 4))

WRONG_HRG: Final = 9
"""Bills of a hundred with the wrong HRG, as in 2007/08 (Health Service Journal)."""

WRONG_BY: Final = 60
"""Per cent by which such a bill is wrong, up or down: so that the gross error is about 5%, and the net one about none."""

CONTRACTS: Final = 20
CLINICS: Final = 8
INVOICES: Final = 3
"""Per cent of the contracts, clinics and invoices in which an error is planted."""

ADDITION: Final = 1_300
"""Pounds that are added where best practice for a hip fracture is met; illustrative."""

TITLES: Final = {
    "T1": "billed above the GP's estimate",
    "T2": "a day case for an outpatient price",
    "T3": "a wrong price of a spell",
    "T4": "excess bed days that were not stayed",
    "T5": "a short stay billed in full",
    "T6": "an emergency readmission",
    "T7": "too little credited for emergencies",
    "T8": "the same care billed twice",
    "T9": "outpatients beyond what is agreed",
    "T10": "not our patient, or no letter",
    "T11": "best practice not met",
    "T12": "units and pairs of codes",
    "T13": "local prices, exclusions, invoices",
    "T14": "the wrong HRG",
    "T15": "a conflict of interest",
    "T16": "exceptions out of line",
}


def choosing(roles: Sequence[Role], rows: int) -> str:
    """The cases of an SQL expression that gives each row its role by its place in a random order."""
    cases, end = [], 0
    for role in roles:
        end += role.number(rows)
        cases.append(f"WHEN place < {end} THEN '{role.name}'")
    return f"CASE {' '.join(cases)} END"


def spell_roles(rows: int) -> str:
    """The same for spells, in each crowd of patients."""
    cases = [f"WHEN crowd = '{crowd}' THEN {choosing(roles, rows)}" for crowd, roles in SPELLS.items()]
    return f"CASE {' '.join(cases)} END"
