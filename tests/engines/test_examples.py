"""Worked examples: what fails says what was expected and what was got; and what the examples reach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from requite.dsl.load import load_program
from requite.engine.coverage import Point, cover, points_of
from requite.engine.examples import run_examples
from requite.engine.lower import lower
from tests.engines.support import program_of

PROGRAM = """
payee gps "The GPs"
record practice
  key code: text
  spend: money
  budget: money optional
scheme s for each practice
  brought forward debt: money, £0 at the start
  payment p to gps
    requires spend > £0
    needs budget is known
    amount budget - spend - debt
    at most £30
  charge c to gps
    amount 10% of spend
  carry forward £1 as debt
record claim
  key id: text
  person: text
  billed: money
check dear for each claim
  requires person is not "exempt"
  expected £10
  flag when billed > expected
  reason "billed {billed}"
for each claim
  let double = billed * 2
table fees
  key code: text
  fee: money
  rows
    "A": £3
for each practice
  let fee = fees[code].fee
  show fee
"""

GIVEN = '  given practice P with spend £40, budget £100\n  given claim K with person "x", billed £12\n'


def failures(*expects: str, given: str = GIVEN) -> list[str]:
    text = PROGRAM + 'example "one"\n' + given + "".join(f"  expect {line}\n" for line in expects)
    (result,) = run_examples(program_of(text))
    assert all(failure.span.text.startswith("expect") for failure in result.failures)
    assert result.holds == (not result.failures)
    return [failure.message for failure in result.failures]


@pytest.mark.parametrize(
    "expects",
    [
        "p is £30",
        'p for P is £30 because "£60.00  cut to £30.00"',
        "c is £4",
        "c is -£4",
        "dear flags K",
        "dear flags K with overcharge £2",
        "dear does not challenge K",
        'dear flags K because "billed £12"',
        "double is £24",
        "claim.billed is £12",
    ],
)
def test_what_holds(expects: str) -> None:
    assert failures(expects) == []


@pytest.mark.parametrize(
    ("expects", "message"),
    [
        ("p is £30.01", "expected £30.01, got £30.00 because “at most £30: £60.00 cut to £30.00”"),
        ("p is not assessable", "expected that it is not assessable, got £30.00 because “at most £30: £60.00 cut to £30.00”"),
        ('p is £30 because "no cap"', "expected the reason to contain “no cap”, got “at most £30: £60.00 cut to £30.00”"),
        ('c is £4 because "why"', "expected the reason to contain “why”, got no reason"),
        (
            "dear passes K",
            "expected that it passes, got that it flags with overcharge £2.00, not challenged because “billed £12.00”",
        ),
        (
            "dear flags K with overcharge £3",
            (
                "expected that it flags with overcharge £3.00, got that it flags with overcharge £2.00, "
                "not challenged because “billed £12.00”"
            ),
        ),
        (
            "dear challenges K",
            "expected that it challenges, got that it flags with overcharge £2.00, not challenged because “billed £12.00”",
        ),
        ("double is £25", "expected £25.00, got £24.00"),
        ("fee is £3", "expected £3.00, got that it is not known: fees has no row for code P"),
    ],
)
def test_what_fails_says_what_was_got(expects: str, message: str) -> None:
    assert failures(expects) == [message]


def test_what_passes_or_is_challenged_is_not_what_does_not_challenge() -> None:
    passed = GIVEN.replace("£12", "£9")
    assert failures("dear does not challenge K", given=passed) == ["expected that it does not challenge, got that it passes"]
    once = "challenge each claim once for the largest overcharge\n"
    program = program_of(PROGRAM + once + f'example "one"\n{GIVEN}  expect dear does not challenge K\n')
    ((failure,),) = (result.failures for result in run_examples(program))
    assert failure.message.startswith("expected that it does not challenge, got that it flags with overcharge £2.00")


def test_rows_that_pass_or_cannot_be_assessed() -> None:
    claims = '  given claim K with person "exempt", billed £12\n  given claim L with person "x", billed £1\n'
    given = "  given practice A with spend £40\n" + claims
    expects = [
        'p is not assessable because "budget is blank"',
        'dear is out of scope for K because "requires person"',
        "dear passes L",
        "fee is £3",
    ]
    assert failures(*expects, given=given) == []
    assert failures("p is £0", "dear passes K", "dear flags L", given=given) == [
        "expected £0.00, got it is not assessable because “needs budget is known: budget is blank in test.requite line 37”",
        'expected that it passes, got that it is out of scope because “requires person is not "exempt"”',
        "expected that it flags, got that it passes",
    ]


def test_without_a_key_the_only_row_is_meant() -> None:
    text = PROGRAM + 'example "one"\n' + GIVEN + "  given practice Q with spend £0\n  expect p for P is £30\n"
    program = program_of(text)
    example = program.examples[0]
    unnamed = replace(example, expects=(replace(example.expects[0], key=None),))
    unknown = replace(example, expects=(replace(example.expects[0], key=("R",)),))
    results = run_examples(replace(program, examples=(example, unnamed, unknown)))
    assert [[failure.message for failure in result.failures] for result in results] == [
        [],
        ["got 2 rows of practice: say which one is meant, as in `for P1`"],
        ["expected one practice R, got none"],
    ]


def test_figures_brought_forward_and_the_known_date() -> None:
    text = (
        PROGRAM
        + """
parameter rate: percent
  10% from 2010-01-01 known from 2010-01-01
  20% from 2010-01-01 known from 2011-01-01
for each practice
  let rated = rate[on 2012-01-01]
  show rated
example "early" known on 2010-06-01
  given practice P with spend £40, budget £100, debt £35
  expect p is £25
  expect rated is 10%
example "late"
  given practice P with spend £40, budget £100
  expect rated is 20%
"""
    )
    assert [result.failures for result in run_examples(program_of(text))] == [(), ()]


# --- coverage ---------------------------------------------------------------------------------------------------------------

COVERED = """
payee gps "The GPs"
record practice
  key code: text
  n: number
bands reward by n
  below 1: £1
  1 to below 5: £2
  5 and above: £3
bands unread by n
  below 1: £1
  1 and above: £2
scheme s for each practice
  payment p to gps
    requires n > 0
    amount reward[n] when n < 3, £4 when n >= 3 and n < 4, otherwise reward[n]
    except £6 when n = 2
    at most £5
  payment q to gps
    amount £1
    only the first 1 for the same practice by code
    together at most £1 for the same practice, in proportion
  altogether at most £8
record claim
  key id: text
  billed: money
check c for each claim
  needs billed > £0
  expected £5
  flag when billed > expected
  flag undercharges too
"""


def said(points: tuple[Point, ...]) -> list[tuple[str, str, str]]:
    return [(point.kind, " ".join(point.span.text.split()), point.what) for point in points]


def test_points_are_all_there_in_the_order_of_the_text() -> None:
    points = points_of(lower(program_of(COVERED)).program)
    assert said(points) == [
        ("band", "below 1: £1", "reached"),
        ("band", "1 to below 5: £2", "reached"),
        ("band", "5 and above: £3", "reached"),
        ("gate", "requires n > 0", "held"),
        ("gate", "requires n > 0", "refused"),
        ("case", "n < 3", "reached"),
        ("case", "n >= 3 and n < 4", "reached"),
        ("case", "reward[n]", "reached"),
        ("exception", "except £6 when n = 2", "applied"),
        ("cap", "at most £5", "bound"),
        ("cap", "at most £5", "did not bind"),
        ("cap", "only the first 1 for the same practice by code", "bound"),
        ("cap", "only the first 1 for the same practice by code", "did not bind"),
        ("cap", "together at most £1 for the same practice, in proportion", "bound"),
        ("cap", "together at most £1 for the same practice, in proportion", "did not bind"),
        ("cap", "altogether at most £8", "bound"),
        ("cap", "altogether at most £8", "did not bind"),
        ("gate", "needs billed > £0", "held"),
        ("gate", "needs billed > £0", "refused"),
        ("flag", "flag when billed > expected", "flagged"),
        ("flag", "flag when billed > expected", "passed"),
        ("flag", "flag undercharges too", "flagged"),
        ("flag", "flag undercharges too", "passed"),
    ]


def missed(examples: str) -> set[tuple[str, str]]:
    _, coverage = cover(program_of(COVERED + examples))
    assert coverage.reached <= set(coverage.points)
    return {(" ".join(point.span.text.split()), point.what) for point in coverage.missed}


def test_what_one_example_reaches() -> None:
    before = missed("")
    after = missed(
        'example "2"\n  given practice P with n 2\n  given claim K with billed £9\n  expect p is £5\n  expect c flags K\n'
    )
    assert before - after == {
        ("1 to below 5: £2", "reached"),
        ("requires n > 0", "held"),
        ("n < 3", "reached"),
        ("except £6 when n = 2", "applied"),
        ("at most £5", "bound"),
        ("only the first 1 for the same practice by code", "did not bind"),
        ("together at most £1 for the same practice, in proportion", "did not bind"),
        ("altogether at most £8", "did not bind"),
        ("needs billed > £0", "held"),
        ("flag when billed > expected", "flagged"),
    }


def test_everything_can_be_reached_but_what_the_text_makes_impossible() -> None:
    practices = [("-1", "£0"), ("0.5", "£1"), ("2", "£5"), ("3", "£4"), ("6", "£3")]
    claims = [("£0", "is not assessable"), ("£9", "flags K"), ("£5", "passes K"), ("£4", "flags K")]
    program = program_of(
        COVERED
        + "".join(f'example "{n}"\n  given practice P with n {n}\n  expect p is {amount}\n' for n, amount in practices)
        + "".join(f'example "{b}"\n  given claim K with billed {b}\n  expect c {outcome}\n' for b, outcome in claims)
    )
    results, coverage = cover(program)
    assert [result.failures for result in results] == [()] * 9
    assert said(coverage.missed) == [
        ("cap", "only the first 1 for the same practice by code", "bound"),
        ("cap", "together at most £1 for the same practice, in proportion", "bound"),
        ("cap", "altogether at most £8", "bound"),
    ]


def test_recording_changes_no_result() -> None:
    program = program_of(COVERED + 'example "2"\n  given practice P with n 2\n  expect p is £5\n  expect p is £6\n')
    assert [len(result.failures) for result in cover(program)[0]] == [1]
    assert [r.failures for r in run_examples(program)] == [r.failures for r in cover(program)[0]]


def test_whether_a_finding_may_be_challenged_is_to_be_tried_both_ways() -> None:
    program = program_of(COVERED + "challenge each claim once for the largest overcharge\n  where billed < £100\n")
    assert said(points_of(program))[-2:] == [("challenge", "billed < £100", "allowed"), ("challenge", "billed < £100", "barred")]
    given = "  given claim K with billed {}\n  expect c flags K\n"
    for billed, other in (("£9", "barred"), ("£900", "allowed")):
        tried = program_of(
            COVERED
            + "challenge each claim once for the largest overcharge\n  where billed < £100\n"
            + f'example "one"\n{given.format(billed)}'
        )
        _, coverage = cover(tried)
        assert [point.what for point in coverage.missed if point.kind == "challenge"] == [other]


def test_examples_are_tried_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "fees.requite").write_text(
        "ruleset fees\n" + COVERED + 'example "of its own"\n  given claim K with billed £9\n  expect c flags K\n',
        encoding="utf-8",
    )
    main = tmp_path / "main.requite"
    main.write_text(
        'ruleset main\nuse "fees.requite"\nchallenge each claim once for the largest overcharge\n  where billed < £5\n'
        'example "barred"\n  given claim K with billed £9\n  expect c flags K\n',
        encoding="utf-8",
    )
    program, diagnostics = load_program(main)
    assert program is not None, diagnostics
    results, coverage = cover(program)
    assert [(result.name, result.holds) for result in results] == [("barred", True)]
    assert {point.span.source.name for point in coverage.points} == {str(main)}
