"""The practices of a sample: list sizes like real ones, and those that are made to stand out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp
from statistics import NormalDist
from typing import Final

MEAN_OF_LOGARITHM: Final = 9.0012
SPREAD_OF_LOGARITHM: Final = 0.6000
"""Natural logarithms of the list sizes of the 6,406 English practices with 1,000 patients or more: NHS Payments to General
Practice, England, 2022/23 (registered patients). Half of them have 8,381 or more, and one in ten fewer than 3,659."""

SHARE_STANDING_OUT: Final = 10
"""Of a hundred practices, how many steer their referrals, and how many make too many exceptions."""

NAMES: Final = (
    "Abbey", "Bridge", "Castle", "Dean", "East", "Ford", "Green", "Harbour", "Ivy", "Jubilee", "King", "Lake", "Mill", "North",
    "Orchard", "Park", "Queen", "River", "Station", "Temple", "Union", "Valley", "West", "York",
)  # fmt: skip
PLACES: Final = ("Road Surgery", "Street Practice", "House", "Medical Centre", "Lane Surgery", "Health Centre")
GROUPS: Final = ("town", "suburb", "country")


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice; `first` is the number of its first patient."""

    no: int
    code: str
    name: str
    list_size: int
    first: int
    commissioner: str
    peer_group: str
    steered_to: int | None
    exceptions: str | None
    has_stake: bool

    def row(self) -> tuple[object, ...]:
        return (
            self.no, self.code, self.name, self.list_size, self.first, self.commissioner, self.peer_group, self.steered_to,
            self.exceptions, self.has_stake,
        )  # fmt: skip


def practices(draws: Sequence[int], patients: int) -> Iterator[Practice]:
    """The practices, one for each draw (a number below a million), with so many patients together."""
    sizes = list_sizes(draws, patients)
    by_size = sorted(range(len(sizes)), key=lambda no: (-sizes[no], no))
    rank = {no: place for place, no in enumerate(by_size)}
    standing_out = max(3, len(sizes) * SHARE_STANDING_OUT // 100)
    first = 0
    for no, size in enumerate(sizes):
        turn, which = divmod(rank[no], 3)
        stands_out = turn < standing_out
        yield Practice(
            no=no,
            code=f"P{no + 1:04d}",
            name=f"{NAMES[no % len(NAMES)]} {PLACES[(no + no // len(NAMES)) % len(PLACES)]}",
            list_size=size,
            first=first,
            commissioner=f"C{no * 3 // len(sizes) + 1:02d}",
            peer_group=GROUPS[turn % 3],
            steered_to=3 + turn % 3 if stands_out and which == 0 else None,
            exceptions="many" if stands_out and which == 1 else "harmless" if turn == 0 and which == 2 else None,
            has_stake=stands_out and which == 2,
        )
        first += size


def list_sizes(draws: Sequence[int], patients: int) -> list[int]:
    """List sizes of a log-normal distribution, in proportion and to the patient what is to be given out."""
    chance = NormalDist(MEAN_OF_LOGARITHM, SPREAD_OF_LOGARITHM)
    # Whole numbers from here on.
    weights = [round(exp(chance.inv_cdf((draw + 0.5) / 1_000_000))) for draw in draws]
    least = max(1, patients // (len(weights) * 100))
    left = patients - least * len(weights)
    shares = [Fraction(left * weight, sum(weights)) for weight in weights]
    sizes = [int(share) for share in shares]
    order = sorted(range(len(shares)), key=lambda no: (sizes[no] - shares[no], no))
    for no in order[: left - sum(sizes)]:
        sizes[no] += 1
    return [least + size for size in sizes]
