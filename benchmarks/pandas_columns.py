"""Vectorised pandas: `python -m benchmarks.pandas_columns DATA OUT`. A check is a handful of masks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.peer import CHECKS, EMERGENCY, SAVINGS, TIES, Task, run_peer, write_results
from benchmarks.prepare import Frame, matched, priced, read, spending


@dataclass(frozen=True, slots=True)
class Book:
    """What the checks have come to so far."""

    spell: Frame
    findings: list[pd.DataFrame] = field(default_factory=list)
    lacking: list[pd.DataFrame] = field(default_factory=list)
    counts: list[tuple[str, int, int, int, int]] = field(default_factory=list)

    def enter(
        self,
        check: str,
        scope: Frame,
        lacking: Frame,
        flagged: Frame,
        expected: Frame,
        overcharge: Frame = None,
        penalty: Frame = None,
    ) -> None:
        """One check: masks of the spells in scope, of those not assessable, and of those flagged; then the money."""
        spell = self.spell
        lacking = scope & lacking
        wrong = scope & ~lacking & flagged
        found = spell.loc[wrong, ["id", "billed", "provider"]].rename(columns={"id": "key", "provider": "respondent"})
        found.insert(0, "check", check)
        found["expected"] = expected if expected is None or np.isscalar(expected) else expected[wrong]
        found["overcharge"] = found["billed"] if overcharge is None else overcharge[wrong]
        found["penalty"] = None if penalty is None else penalty[wrong]
        self.findings.append(found)
        self.lacking.append(pd.DataFrame({"rule": check, "key": spell.loc[lacking, "id"]}))
        read, inside, without = len(spell), int(scope.sum()), int(lacking.sum())
        self.counts.append((check, read, inside - without, without, read - inside))


def decide(task: Task) -> None:
    """Read, join, check, settle, write."""
    frames = read(task.data)
    book = Book(matched(frames, priced(frames)))
    check_prices(book)
    check_history(book)
    check_sense(book)
    write(book, spending(frames), task.out)


def check_prices(book: Book) -> None:
    """The six checks that hold a bill against the price table."""
    s = book.spell
    billed, base, price = s["billed"], s["base"], s["price"]
    day_case, elective, emergency = (s["admission"] == kind for kind in ("day_case", "elective", "non_elective"))
    backwards = s["stay"] < 0
    book.enter("day_case_price", day_case, backwards | base.isna(), billed != base, base, billed - base)
    book.enter("elective_price", elective, backwards | price.isna(), billed != price, price, billed - price)
    long = emergency & (backwards | (s["stay"] >= 2))
    book.enter("non_elective_price", long, backwards | price.isna(), billed != price, price, billed - price)

    reduced = (base * 65 + 50) // 100
    short = emergency & (backwards | (s["stay"] < 2) & (s["years"].isna() | (s["years"] >= 19)))
    unknown = backwards | s["years"].isna() | base.isna()
    book.enter("short_stay", short, unknown, billed > reduced, reduced, billed - reduced)

    too_many = s["excess_days"] - s["excess"]
    unknown = backwards | ~s["has_line"] | s["day_rate"].isna() | s["trim"].isna()
    more = too_many * s["day_rate"]
    book.enter("long_stay_days", s["excess_days"] > 0, unknown, too_many > 0, billed - more, more)

    outpatient = s["outpatient"]
    scope = day_case & (~s["has_line"] | outpatient.notna())
    book.enter("day_case_for_outpatient", scope, ~s["has_line"], billed > outpatient, outpatient, billed - outpatient)


def check_history(book: Book) -> None:
    """The four checks that look at what was before."""
    s = book.spell
    billed, cost = s["billed"], s["expected_cost"]
    never = pd.Series(False, index=s.index)
    over = billed - cost
    far = (5 * over > cost) & (over > 10_000)
    book.enter("over_estimate", cost.notna(), never, far, cost, over, (over + 5) // 10)
    book.enter("readmission", s["id_before"].notna(), never, billed > 0, 0)
    book.enter("duplicate", s["first_id"].notna(), never, billed > 0, 0)
    book.enter("overlap", ~never, never, s["overlaps"], None)


def check_sense(book: Book) -> None:
    """The two checks on what cannot be."""
    s = book.spell
    never = pd.Series(False, index=s.index)
    age = (s["years"] < s["least_age"]) | (s["years"] > s["greatest_age"])
    sex = s["line_sex"].notna() & (s["sex"] != s["line_sex"])
    method = (s["admission"] == "non_elective") != s["method"].isin(EMERGENCY)
    book.enter("coherence", ~never, ~s["known"] | ~s["has_line"], age | sex | method, None)
    book.enter("dates", ~never, never, s["stay"] < 0, None)


def challenged(findings: Frame) -> Frame:
    """The findings with the one of each claim that goes out."""
    order = findings.assign(tie=findings["check"].map({check: place for place, check in enumerate(TIES)}))
    due = order[order["overcharge"] > 0].sort_values(["overcharge", "tie"], ascending=[False, True])
    chosen = findings["key"].map(due.drop_duplicates("key").set_index("key")["check"])
    counts = findings["overcharge"] > 0
    findings["challenged"] = counts & (findings["check"] == chosen)
    findings["challenged_as"] = chosen.where(counts & ~findings["challenged"], "")
    return findings


def savings(practice: Frame) -> tuple[Frame, Frame]:
    """What each practice earns, in pence, and whose markers cannot be told."""
    generics = (practice["generic_items"] * 100 >= 70 * practice["prescribed_items"]).where(practice["prescribed_items"] != 0)
    follow_ups = (practice["follow_ups"] < 2 * practice["first_attendances"]).where(practice["first_attendances"] != 0)
    met = generics.eq(True) | follow_ups.eq(True)
    unknown = ~met & (generics.isna() | follow_ups.isna())
    half = ((practice["budget"] - practice["spend"]).clip(lower=0) + 1) // 2
    return np.minimum(half, practice["list_size"] * 4000).where(met, 0), unknown


def write(book: Book, practice: Frame, out: Path) -> None:
    """The four files."""
    rank = {check: place for place, check in enumerate(CHECKS)}
    findings: Frame = challenged(pd.concat(book.findings, ignore_index=True))
    findings = findings.sort_values(["check", "key"], key=lambda c: c.map(rank) if c.name == "check" else c)
    columns = ("check", "key", "billed", "expected", "overcharge", "penalty", "respondent", "challenged", "challenged_as")
    earned, unknown = savings(practice)
    codes = practice["code"]
    lacking = pd.concat([pd.DataFrame({"rule": SAVINGS, "key": codes[unknown]}), *book.lacking])
    paid = len(practice), int((~unknown).sum()), int(unknown.sum())
    counts = list(zip(*[(SAVINGS, *paid, 0), *book.counts], strict=True))
    payments = [codes[~unknown], earned[~unknown].astype("int64")]
    write_results(out, [findings[c] for c in columns], [lacking["rule"], lacking["key"]], counts, payments)


if __name__ == "__main__":
    run_peer(__doc__, decide)
