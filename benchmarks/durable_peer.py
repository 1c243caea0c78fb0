"""durable-rules: `python -m benchmarks.durable_peer DATA OUT`. One fact for each claim, asserted, matched, retracted.

Its faults shape the rules. Conditions test plain whole numbers of one fact, so that what is relative is reckoned beforehand;
one rule holds for every fact, so that nothing goes unhandled; facts share one number and one state; a ruleset has fewer than
32 rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from durable.engine import Closure  # type: ignore[import-untyped]
from durable.lang import assert_fact, m, retract_fact, ruleset, when_all  # type: ignore[import-untyped]

from benchmarks.facts import Fact, alone, claims, practices
from benchmarks.peer import CHECKS, SAVINGS, Decided, Flagged, Task, run_peer
from benchmarks.prepare import read

FIRED: Final[list[tuple[str, str]]] = []
"""What the rules said of the fact at hand."""


def say(rule: str, what: str) -> Callable[[Closure], None]:
    """An action that notes that a rule has fired."""

    def action(c: Closure) -> None:  # noqa: ARG001 -- the library looks for this one parameter
        FIRED.append((rule, what))

    return action


def rules() -> dict[str, Any]:
    """For each check what is in scope, what is not assessable, what is flagged."""
    whole = m.backwards == 0
    day_case, elective, emergency = m.day_case == 1, m.elective == 1, m.emergency == 1
    long = emergency & ((m.backwards == 1) | (m.stay >= 2))
    short = emergency & ((m.backwards == 1) | (m.stay < 2) & (m.child == 0))
    outpatient = day_case & ((m.has_line == 0) | (m.has_outpatient == 1))
    unpriced = (m.backwards == 1) | (m.has_price == 0)
    return {
        "day_case_price": (day_case, (m.backwards == 1) | (m.has_base == 0), whole & (m.has_base == 1) & (m.over_base != 0)),
        "elective_price": (elective, unpriced, whole & (m.has_price == 1) & (m.over_price != 0)),
        "non_elective_price": (long, unpriced, whole & (m.has_price == 1) & (m.over_price != 0)),
        "short_stay": (
            short,
            (m.backwards == 1) | (m.known == 0) | (m.has_base == 0),
            whole & (m.known == 1) & (m.has_base == 1) & (m.over_reduced > 0),
        ),
        "long_stay_days": (m.excess_days > 0, (m.backwards == 1) | (m.has_days == 0), whole & (m.has_days == 1) & (m.too_many > 0)),
        "day_case_for_outpatient": (outpatient, m.has_line == 0, (m.has_outpatient == 1) & (m.over_outpatient > 0)),
        "over_estimate": (m.estimated == 1, None, (m.over_share > 0) & (m.over_floor > 0)),
        "readmission": (m.before == 1, None, m.billed > 0),
        "duplicate": (m.first == 1, None, m.billed > 0),
        "overlap": (None, None, m.overlaps == 1),
        "coherence": (
            None,
            (m.known == 0) | (m.has_line == 0),
            (m.known == 1) & (m.has_line == 1) & ((m.wrong_age == 1) | (m.wrong_sex == 1) | (m.wrong_method == 1)),
        ),
        "dates": (None, None, m.backwards == 1),
    }


def declare() -> None:
    """The two rulesets: claims, and practices."""
    with ruleset("claim"):
        when_all(m.here == 1)(say("", "here"))
        for check, (scope, lacking, flagged) in rules().items():
            for what, condition in (("scope", None), ("lacking", lacking), ("flagged", flagged)):
                parts = [part for part in (scope, condition) if part is not None]
                if parts and (what == "scope" or condition is not None):
                    when_all(parts[0] if len(parts) == 1 else parts[0] & parts[1])(say(check, what))
    with ruleset("practice"):
        when_all(m.here == 1)(say("", "here"))
        when_all((m.generics == 1) | (m.few_follow_ups == 1))(say(SAVINGS, "paid"))
        unknown = (m.generics == -1) | (m.few_follow_ups == -1)
        when_all((m.generics != 1) & (m.few_follow_ups != 1) & unknown)(say(SAVINGS, "lacking"))


def figures(fact: Fact) -> dict[str, int | None]:
    """What a claim was to be billed, by check."""
    kind, combined = fact["admission"], fact["combined"]
    own = {"day_case": fact["day_case"], "elective": fact["ordinary_elective"], "non_elective": fact["non_elective"]}[kind]
    base = combined if own is None and kind != "non_elective" else own
    trim = fact["non_elective_trim_days"] if kind == "non_elective" else fact["elective_trim_days"]
    excess = None if trim is None else max(0, fact["stay"] - trim)
    rate = fact["day_rate"]
    beyond = 0 if excess == 0 else None if excess is None or rate is None else excess * rate
    price = None if base is None or beyond is None else base + beyond
    too_many = None if excess is None or rate is None else fact["excess_days"] - excess
    return {
        "day_case_price": base,
        "elective_price": price,
        "non_elective_price": price,
        "short_stay": None if base is None else (base * 65 + 50) // 100,
        "long_stay_days": None if too_many is None else fact["billed"] - too_many * rate,
        "day_case_for_outpatient": fact["outpatient"],
        "over_estimate": fact["expected_cost"],
        "readmission": 0,
        "duplicate": 0,
        "too_many": too_many,
    }


def plain(fact: Fact, due: Mapping[str, int | None]) -> dict[str, int]:
    """The fact that the rules see: whole numbers, and yes or no as 1 or 0."""
    billed, years, kind = fact["billed"], fact["years"], fact["admission"]
    least, greatest = fact["least_age"], fact["greatest_age"]
    over = {check: 0 if expected is None else billed - expected for check, expected in due.items()}
    cost = due["over_estimate"] or 0
    too_young = None not in (least, years) and years < least
    too_old = None not in (greatest, years) and years > greatest
    seen = {
        "here": True, "day_case": kind == "day_case", "elective": kind == "elective", "emergency": kind == "non_elective",
        "backwards": fact["stay"] < 0, "has_line": fact["has_line"], "known": fact["known"],
        "child": years is not None and years < 19, "has_base": due["day_case_price"] is not None,
        "has_price": due["elective_price"] is not None, "has_days": due["too_many"] is not None,
        "has_outpatient": due["day_case_for_outpatient"] is not None, "estimated": due["over_estimate"] is not None,
        "before": fact["id_before"] is not None, "first": fact["first_id"] is not None, "overlaps": fact["overlaps"],
        "wrong_age": too_young or too_old, "wrong_sex": fact["line_sex"] is not None and fact["sex"] != fact["line_sex"],
        "wrong_method": (kind == "non_elective") != fact["emergency_method"],
        "id": 1, "stay": fact["stay"], "excess_days": fact["excess_days"], "billed": billed, "too_many": due["too_many"] or 0,
        "over_base": over["day_case_price"], "over_price": over["elective_price"], "over_reduced": over["short_stay"],
        "over_outpatient": over["day_case_for_outpatient"], "over_share": 5 * over["over_estimate"] - cost,
        "over_floor": over["over_estimate"] - 10_000,
    }  # fmt: skip
    return {name: int(value) for name, value in seen.items()}


def fired(name: str, fact: dict[str, int]) -> list[tuple[str, str]]:
    """Assert a fact, take what the rules said, retract it."""
    FIRED.clear()
    assert_fact(name, fact)
    said = list(FIRED)
    retract_fact(name, fact)
    return said


def decide(task: Task) -> None:
    """Claim after claim, then practice after practice."""
    frames = read(task.data)
    facts, decided = claims(frames), Decided()
    declare()
    with alone(task.out, len(facts)):
        for fact in facts:
            decide_claim(fact, decided)
    for practice in practices(frames):
        decide_practice(practice, decided)
    decided.write(task.out)


def decide_claim(fact: Fact, decided: Decided) -> None:
    """Enter what fired for one claim."""
    due = figures(fact)
    said = set(fired("claim", plain(fact, due)))
    billed, key = fact["billed"], fact["id"]
    found: list[Flagged] = []
    for check in CHECKS:
        tally = decided.tallies[check]
        tally.read += 1
        if check not in ("overlap", "coherence", "dates") and (check, "scope") not in said:
            tally.out_of_scope += 1
        elif (check, "lacking") in said:
            decided.lacking(check, key)
        elif (check, "flagged") in said:
            expected = due.get(check)
            over = billed if expected is None else billed - expected
            penalty = (over + 5) // 10 if check == "over_estimate" else None
            found.append(Flagged(check, key, billed, expected, over, penalty, fact["provider"]))
    decided.challenge(found)


def decide_practice(practice: Mapping[str, Any], decided: Decided) -> None:
    """Enter what fired for one practice."""
    decided.tallies[SAVINGS].read += 1
    prescribed, attendances = practice["prescribed_items"], practice["first_attendances"]
    seen = {
        "id": 1,
        "here": 1,
        "generics": -1 if prescribed == 0 else int(practice["generic_items"] * 100 >= 70 * prescribed),
        "few_follow_ups": -1 if attendances == 0 else int(practice["follow_ups"] < 2 * attendances),
    }
    said = fired("practice", seen)
    if (SAVINGS, "lacking") in said:
        decided.lacking(SAVINGS, practice["code"])
        return
    half = (max(0, practice["budget"] - practice["spend"]) + 1) // 2
    earned = min(half, 4000 * practice["list_size"]) if (SAVINGS, "paid") in said else 0
    decided.payments.append((practice["code"], earned))


if __name__ == "__main__":
    run_peer(__doc__, decide)
