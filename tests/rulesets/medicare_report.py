"""What the Medicare ruleset works out for 3,165 ACO-years beside what was published: counts, every difference, and the page of it.

`python -m tests.rulesets.medicare_report` writes `docs/library/medicare/published_results.md` anew, and the list of differences
beside it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from tests.rulesets.support import ROOT, SHARED, read_csv, run

FOLDER = SHARED / "mssp_2014_2020"
RULESET = "medicare/shared_savings.md"
PAGE = ROOT / "docs" / "library" / "medicare" / "published_results.md"
DIFFERENCES = PAGE.with_name("differences.csv")
TEMPLATE = Path(__file__).with_name("medicare_page.md")

READ = (
    "performance_year", "aco_id_or_num", "track", "two_sided", "n_ab", "abtotbnchmk", "abtotexp", "minsavperc", "met_qps",
    "qualscore", "disadj",
)  # fmt: skip
"""The columns that the ruleset may see: neither the published share rate nor any result is among them."""

DOLLAR = Fraction(1)
"""Benchmark, expenditure and result are each published to the whole dollar."""

Row = dict[str, str]


# --- the formula a second time, in plain Python, to say how far rounding reaches ---------------------------------------------

POINTS = ((5_000, 390), (6_000, 360), (7_000, 340), (8_000, 320), (9_000, 310), (10_000, 300), (15_000, 270), (20_000, 250),
          (50_000, 220), (60_000, 200))  # fmt: skip
"""Lives, and the minimum savings rate in hundredths of a percent."""

MAX_RATE = {"T1": 50, "T1+": 50, "T2": 60, "T3": 75, "EN": 75, "A": 40, "B": 40, "C": 50, "D": 50, "E": 50}
LIMIT = {"T2": 15, "T3": 20, "EN": 20}
LOSS_BOUNDS = {"T2": (40, 60), "T3": (40, 75), "EN": (40, 75)}


def minimum(row: Row) -> Fraction:
    lives = Fraction(row["n_ab"])
    if row["two_sided"] == "True" or lives < POINTS[0][0]:
        return Fraction(row["minsavperc"])
    for (start, high), (end, low) in pairwise(POINTS):
        if lives < end:
            return (high + (lives - start) * Fraction(low - high, end - start)) / 10_000
    return Fraction(POINTS[-1][1], 10_000)


def score(row: Row) -> Fraction:
    """The score as published, without the noise of binary floating point."""
    return Fraction(round(Fraction(row["qualscore"]) * 10_000), 10_000) if row["qualscore"] else Fraction(1)


def half_unit(row: Row) -> Fraction:
    """Half the last decimal of the score as published: two decimals for 2014, four after that; none where no score is published."""
    if not row["qualscore"]:
        return Fraction(0)
    return Fraction(5, 1_000) if row["performance_year"] == "2014" else Fraction(5, 100_000)


def formula(row: Row, quality: Fraction) -> Fraction:
    """What is earned, or (negative) the loss before its limit, at a score."""
    benchmark, expenditure = Fraction(row["abtotbnchmk"]), Fraction(row["abtotexp"])
    saved, needed = benchmark - expenditure, minimum(row) * benchmark
    failed, rate = row["met_qps"] == "0.0", Fraction(MAX_RATE[row["track"]], 100)
    if saved >= needed and not failed:
        kept = Fraction(98, 100) if int(row["performance_year"]) < 2019 else Fraction(1)
        return min(saved * rate * quality * kept, Fraction(LIMIT.get(row["track"], 10), 100) * benchmark)
    if row["two_sided"] == "True" and saved < 0 and -saved >= needed:
        low, high = LOSS_BOUNDS.get(row["track"], (30, 30))
        share = max(Fraction(low, 100), min(Fraction(high, 100), 1 - (0 if failed else rate * quality)))
        return min(Fraction(0), saved * share - Fraction(row["disadj"] or 0))
    return Fraction(0)


# --- the comparison -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """One ACO-year: what was published, what the ruleset says, and by how much rounding lets them differ.

    `loss` is the loss before its limit, and `charge` what became of the charge. `low` and `high` are the least and the most that
    the result can have been, given how the quality score was rounded when it was published.
    """

    row: Row
    published: Fraction
    earned: Fraction
    reason: str
    loss: Fraction
    charge: str
    low: Fraction
    high: Fraction

    @property
    def worked_out(self) -> Fraction:
        """What the ruleset says; a loss is negative, and before its limit."""
        return self.earned - self.loss

    @property
    def difference(self) -> Fraction:
        return self.worked_out - self.published

    @property
    def same_when_rounded(self) -> bool:
        return nearest_dollar(self.worked_out) == self.published

    @property
    def to_the_dollar(self) -> bool:
        return abs(self.difference) < DOLLAR

    @property
    def within_rounding(self) -> bool:
        return self.low - DOLLAR <= self.published <= self.high + DOLLAR

    @property
    def below_minimum(self) -> bool:
        return self.reason == "requires saved >= least_saving"

    @property
    def year(self) -> str:
        return self.row["performance_year"]

    @property
    def aco(self) -> str:
        return self.row["aco_id_or_num"]

    @property
    def blank_score(self) -> bool:
        return not self.row["qualscore"]


def nearest_dollar(amount: Fraction) -> int:
    """Half a dollar away from zero."""
    whole = int((abs(amount) * 2 + 1) // 2)
    return whole if amount >= 0 else -whole


def compare() -> list[Comparison]:
    """Every ACO-year beside its published result."""
    rows = {_key(row): row for row in read_csv(FOLDER / "aco_years.csv")}
    published = {_key(row): Fraction(row["earnsaveloss"]) for row in read_csv(FOLDER / "published_results.csv")}
    ran = run(RULESET, {"aco": [{name: row[name] for name in READ} for row in rows.values()]})
    assert not ran.read.rejects, ran.read.rejects[:3]
    earned, charges, losses = ran.outcomes("shared_savings.earned"), ran.outcomes("losses.loss"), ran.figures("uncapped_loss")
    found = []
    for key, row in rows.items():
        amount, loss = earned[key].amount, losses[key]
        assert amount is not None, (key, earned[key].reason)
        assert isinstance(loss, Fraction), key
        ends = sorted(formula(row, score(row) + by) for by in (-half_unit(row), half_unit(row)))
        found.append(Comparison(row, published[key], amount, earned[key].reason, loss, charges[key].status, ends[0], ends[1]))
    return found


def _key(row: Row) -> str:
    return f"{row['performance_year']}|{row['aco_id_or_num']}"


# --- the page -------------------------------------------------------------------------------------------------------------

Test = Callable[[Comparison], bool]

COUNTS: tuple[tuple[str, Test], ...] = (
    ("ACO-years", lambda _: True),
    ("a payment was published", lambda c: c.published > 0),
    ("… and lies within what the rounding of the score allows", lambda c: c.published > 0 and c.within_rounding),
    ("… and is the same to the dollar (less than $1 away)", lambda c: c.published > 0 and c.to_the_dollar),
    ("… and is the same when ours is rounded to the nearest dollar", lambda c: c.published > 0 and c.same_when_rounded),
    ("nothing was published", lambda c: c.published == 0),
    ("… below the minimum, and $0 here", lambda c: c.published == 0 and c.below_minimum and c.earned == 0),
    ("… the quality standard failed or a score of 0%, and $0 here", lambda c: c.published == c.earned == 0 and not c.below_minimum),
    ("… for a reason that the files do not give", lambda c: c.published == 0 and c.earned > 0),
    ("a loss was published", lambda c: c.published < 0),
    ("… and the loss before its limit lies within the rounding", lambda c: c.published < 0 and c.within_rounding),
    ("… and was charged less, by a limit that is not published", lambda c: c.published < 0 and c.high + DOLLAR < c.published),
    ("… and was charged more, half of its relief being taken off", lambda c: c.published < 0 and c.published < c.low - DOLLAR),
)


def page(found: Sequence[Comparison]) -> str:
    """The page for the documentation."""
    years = sorted({c.year for c in found})
    counted = [[label, *(_count(found, test, year) for year in years), _count(found, test)] for label, test in COUNTS]
    blank = [c for c in found if c.blank_score]
    return TEMPLATE.read_text(encoding="utf-8").format(
        counts=_table(["", *years, "all"], counted),
        blank=len(blank),
        blank_below=sum(c.below_minimum for c in blank),
        blank_paid=sum(c.published > 0 for c in blank),
        unexplained=_table(
            ["year", "ACO", "saved", "minimum", "score", "worked out", "published"],
            [_unexplained(c) for c in found if c.published == 0 and c.earned > 0],
        ),
        losses=_table(
            ["year", "ACO", "track", "before the limit", "published", "difference"],
            [
                [c.year, c.aco, c.row["track"], _dollars(c.loss), _dollars(-c.published), _dollars(c.loss + c.published)]
                for c in found
                if c.loss or c.published < 0
            ],
        ),
        sizes=_table(["difference", "payments"], _sizes([c for c in found if c.published > 0])),
        listed=f"{sum(not c.same_when_rounded for c in found):,}",
        differences=DIFFERENCES.name,
    )


def _unexplained(c: Comparison) -> list[str]:
    saved = 1 - Fraction(c.row["abtotexp"]) / Fraction(c.row["abtotbnchmk"])
    return [c.year, c.aco, _percent(saved), _percent(minimum(c.row)), c.row["qualscore"] or "blank", _dollars(c.earned), "$0"]


def _count(found: Sequence[Comparison], test: Test, year: str = "") -> str:
    return f"{sum(test(c) for c in found if not year or c.year == year):,}"


def _sizes(found: Sequence[Comparison]) -> list[list[str]]:
    edges = ((0, "less than $1", DOLLAR), (1, "$1 to $100", Fraction(100)), (100, "$100 to $1,000", Fraction(1_000)),
             (1_000, "$1,000 to $10,000", Fraction(10_000)), (10_000, "$10,000 and more", Fraction(10**12)))  # fmt: skip
    return [[label, f"{sum(low <= abs(c.difference) < high for c in found):,}"] for low, label, high in edges]


def _percent(share: Fraction) -> str:
    return f"{float(share) * 100:.2f}%"


def _dollars(amount: Fraction) -> str:
    cents = nearest_dollar(amount * 100)
    return f"{'-' if cents < 0 else ''}${abs(cents) // 100:,}.{abs(cents) % 100:02}"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *("--:" for _ in header[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


HEADER = ("performance_year", "aco", "track", "published", "worked_out", "difference", "lowest", "highest", "within_rounding")


def differences(found: Sequence[Comparison]) -> str:
    """Every ACO-year whose result is not the published one when rounded to the nearest dollar, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(HEADER)
    for c in found:
        if not c.same_when_rounded:
            amounts = [_dollars(amount).replace("$", "").replace(",", "") for amount in (c.worked_out, c.difference, c.low, c.high)]
            writer.writerow([c.year, c.aco, c.row["track"], int(c.published), *amounts, "yes" if c.within_rounding else "no"])
    return text.getvalue()


def main() -> None:
    found = compare()
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(found), encoding="utf-8")
    DIFFERENCES.write_text(differences(found), encoding="utf-8")


if __name__ == "__main__":
    main()
