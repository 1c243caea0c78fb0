"""`requite statement`: what each payee gets and why, what each hospital is asked to credit, and the board's summary."""

from __future__ import annotations

import csv
import json
import random
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from requite.api.statements import charts, gather, results
from requite.api.statements.gather import used_figures
from requite.api.statements.model import Difference, FigureLine, Measure, Party, Place
from requite.api.statements.pages import markdown
from requite.api.statements.parties import file_names, slug
from requite.api.statements.phrases import plainly
from requite.dsl.load import check_text
from requite.engine.reading.problems import DataProblem
from requite.engine.seeking import TooManyRows
from tests.api.support import RULESETS, Here

NORTH_BRADFORD = RULESETS / "incentives" / "north_bradford.md"
KINGSTON = RULESETS / "claims" / "kingston.md"

PRACTICES = """code,list_size,generic_items,prescribed_items,follow_ups,first_attendances,elective_budget,elective_spend
P1,10000,80,100,150,100,1000000,900000
P2,10000,60,100,250,100,1000000,970000
P3,10000,80,100,0,0,1000000,1040000
P4,6543,70,100,199,100,800000,795000
P5,10000,60,100,0,0,1000000,900000
P6,10000,60,100,150,100,1000000,990000
"""

CLAIMS = """ruleset fees "Fees & <claims>"
  currency GBP

source paper "The <b>paper</b>"

record claim "A claim"
  key id: text
  practice: text
  provider: text
  given: count optional
  billed: money

payee pool "The pool"

parameter fee: money £10 illustrative "nobody has agreed it"

scheme visits "Visits" for each claim
  cites paper
  needs given is known
  payment visit "A visit" to practice
    amount fee when given >= 2
  charge levy "A levy" to pool
    amount £1 when given >= 2

check dear "Too <dear>" for each claim
  cites paper
  expected £100
  flag when billed > expected
  flag undercharges too
  reason "billed {billed} by {provider}"
  challenge provider answers within 10 working days, otherwise deemed upheld
    penalty 10% of overcharge when upheld

check very_dear "Far too dear" for each claim
  needs given is known
  requires given > 0
  expected £90
  flag when billed > £150
  challenge provider answers within 1 days, otherwise deemed lapsed

challenge each claim once for the largest overcharge
  ties in the order very_dear, dear

example "one"
  given claim C1 with practice "P", provider "R", given 2, billed £100
  expect visit is £10
"""

HOSTILE = """id,practice,provider,given,billed
C1,<script>alert(1)</script>,../../RAX,2,200.00
C2,../../etc/passwd,../../RAX,1,120.00
C3,p1,RBB,3,100.00
C4,P1,RBB,2,60.00
C5,P1,RBB,,100.00
C6,=1+1,=cmd,2,300.00
"""


@pytest.fixture
def bradford(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the run of six practices in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "practice.csv").write_text(PRACTICES, encoding="utf-8")
    done = requite("run", NORTH_BRADFORD, "--data", "practice=practice.csv", "--known", "2005-06-30", "--out", "done")
    assert done.status == 0, done.err
    return tmp_path


@pytest.fixture
def claims(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the run of a few claims in it, whose texts are not to be trusted."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fees.requite").write_text(CLAIMS, encoding="utf-8")
    (tmp_path / "claim.csv").write_text(HOSTILE, encoding="utf-8")
    done = requite("run", "fees.requite", "--data", "claim=claim.csv", "--out", "done")
    assert done.status == 0, done.err
    return tmp_path


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def page(requite: Here, party: str, *more: str) -> str:
    """A statement as it is printed, without the marks of Markdown."""
    answer = requite("statement", "done", "--for", party, *more)
    assert (answer.status, answer.err) == (0, "")
    return re.sub(r"\\(.)", r"\1", answer.out)


class Page(HTMLParser):
    """The words of a page and its tags; every tag that is opened must be closed."""

    VOID = frozenset({"meta", "br", "link", "img", "rect", "line", "circle", "polygon", "path"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open, self.tags, self.links, self.words = list[str](), list[str](), list[str](), list[str]()
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


# --- what a practice is told ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("bradford")
def test_what_is_paid_to_whom_and_what_limited_it(requite: Here) -> None:
    told = page(requite, "P1")
    assert told.startswith("# Practice P1\n")
    assert "**£20,000.00 is paid**" in told
    assert "£22,500.00 beside this to The GPs of the practice" in told, "what others get is not counted as the practice's own"
    assert "for agreed investment in the practice" in told
    assert "| paid, limited | £20,000.00 |" in told
    assert (
        "Financial performance has reached its limit. At most £20,000 per 10,000 of list size: £50,000.00 becomes £20,000.00."
        in told
    )
    assert "Source: Lewis R (2004)" in told
    assert "Share of items that must be generic: the published table names" in told


@pytest.mark.usefixtures("bradford")
def test_why_nothing_was_earned_and_where_the_practice_stands(requite: Here) -> None:
    told = page(requite, "P2")
    assert "not met: Generic prescribing at the agreed level | not earned | £0.00 |" in told
    assert "not met: requires at least 1 of generics, few follow ups | not earned" in told
    assert "| Generic prescribing at the agreed level | 60% | 70% or more | Not met | the lowest of 6, like 2 others |" in told
    assert (
        "| Follow-ups for each first attendance below the agreed level | 2.5 | less than 2 | Not met | the highest of 4 |" in told
    )


@pytest.mark.usefixtures("bradford")
def test_what_cannot_be_judged_is_not_called_unearned(requite: Here) -> None:
    told = page(requite, "P5")
    assert "1 of 3" not in told
    assert "cannot be judged yet | – |" in told
    assert "first attendances is 0, so follow ups / first attendances has no value" in told
    # The one thing that can be told: the prescribing marker would have brought its payment. What it opens is not known.
    assert "- **£12,500.00** more" in told


def test_what_would_have_brought_more_is_what_it_brings(requite: Here, bradford: Path) -> None:
    """Each promise is held against a run on data in which the condition is met."""
    told = page(requite, "P2")
    promised = dict(re.findall(r"- \*\*£([\d,.]+)\*\* more, if this had been met: (Generic|Follow)", told))
    more = {condition: Decimal(amount.replace(",", "")) for amount, condition in promised.items()}
    assert set(more) == {"Generic", "Follow"}
    for condition, change in {"Generic": ("P2,10000,60,", "P2,10000,70,"), "Follow": (",250,", ",199,")}.items():
        (bradford / "changed.csv").write_text(PRACTICES.replace(*change), encoding="utf-8")
        done = requite("run", NORTH_BRADFORD, "--data", "practice=changed.csv", "--out", "changed", "--overwrite")
        assert done.status == 0
        paid = [row for row in pq.read_table("changed/payments.parquet").to_pylist() if row["key"] == "P2"]
        assert sum(row["amount"] for row in paid) == more[condition]


def test_what_would_have_brought_more_minds_the_scheme_cap_and_exceptions(
    requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.requite").write_text(
        """ruleset s "S"
record practice "P"
  key code: text
  a: percent
  b: percent
scheme s "S" for each practice
  marker first "First" met when a >= 50%
  marker second "Second" met when not (b < 50%)
  payment one to practice
    amount £100 when first
  payment two to practice
    amount £80 when second
    except £10 when b > 90%
  payment graded to practice
    amount £40 * (a scaled from 20% to 60%)
  altogether at most £150
""",
        encoding="utf-8",
    )
    (tmp_path / "practice.csv").write_text("code,a,b\nP1,40%,60%\nP2,50%,40%\nP3,70%,95%\nP4,10%,10%\n", encoding="utf-8")
    assert requite("run", "s.requite", "--data", "practice=practice.csv", "--out", "done").status == 0
    first, second = page(requite, "P1"), page(requite, "P2")
    # £80 and £20 are paid. The first marker would bring £100, of which the cap leaves £50; in full, the third brings £20 more.
    assert "- **£50.00** more, if this had been met: First: 50% or more (a is 40%)" in first
    assert "- **£20.00** more, if this had been met: Graded: 60% for all of it, more than 20% for some (a is 40%)" in first
    assert "| Graded | 40% | 60% for all of it, more than 20% for some | In part |" in first
    # £100 and £30 are paid; the second marker would bring £80, of which the cap leaves £20. Written the other way, it is the same.
    assert "- **£20.00** more, if this had been met: Second" in second
    # More than 90% is an exception that costs £70: nothing that would bring more, and the marker is met.
    assert "more, if" not in page(requite, "P3")
    assert "| First | 10% | 50% or more | Not met |" in page(requite, "P4")


def test_the_next_band(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the band above, or below, would bring, whichever is the better one; nothing in the best."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.requite").write_text(
        """ruleset s "S"
record practice "P"
  key code: text
  score: percent
  waiting: days
bands reward by score
  below 50%: £0
  50% to below 70%: £5
  70% and above: £20
bands bonus by waiting
  below 10 days: £9
  10 days to 20 days: £4
  above 20 days: £0
scheme s "S" for each practice
  let points = reward[score]
  payment one "For the score" to practice
    amount 3 * points
  payment two "For short waits" to practice
    amount bonus[waiting]
""",
        encoding="utf-8",
    )
    (tmp_path / "practice.csv").write_text("code,score,waiting\nP1,45%,20\nP2,60%,21\nP3,90%,3\n", encoding="utf-8")
    done = requite("run", "s.requite", "--data", "practice=practice.csv", "--out", "done")
    assert done.status == 0, done.err
    first, second = page(requite, "P1"), page(requite, "P2")
    assert "- **£15.00** more, if this had been met: Score: 50% or more (score is 45%). Through For the score." in first
    assert "- **£5.00** more, if this had been met: Waiting: less than 10 days (waiting is 20 days)" in first
    assert "- **£45.00** more, if this had been met: Score: 70% or more (score is 60%)" in second
    assert "- **£4.00** more, if this had been met: Waiting: 20 days or less (waiting is 21 days)" in second
    assert "brought more" not in page(requite, "P3")


def test_two_of_three_amounts_are_not_told_as_the_difference_between_all(requite: Here, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.requite").write_text(
        """ruleset s "Savings"
record practice
  key code: text
  budget: money
  debt: money
  spend: money
scheme s "S" for each practice
  let balance = budget - debt - spend
  let saved = budget - spend
  payment kept to practice
    amount max(£0, balance)
  show balance, saved
""",
        encoding="utf-8",
    )
    Path("practice.csv").write_text("code,budget,debt,spend\nP1,£100,£10,£150\n", encoding="utf-8")
    assert requite("run", "s.requite", "--data", "practice=practice.csv", "--out", "done").status == 0
    told = page(requite, "P1")
    assert "budget £100.00, debt" not in told
    assert "Saved: budget £100.00, spend £150.00." in told


INDICATORS = """ruleset points "Points"
record practice "A practice"
  key code: text
  size: count
record result "One indicator of one practice"
  key practice: practice
  key indicator: text
  share: percent
for each result
  let points = 10 * (share scaled from 40% to 80%)
  show points
scheme pay "Points" for each result
  payment worth "One indicator" to practice
    amount £2 * points
for each practice
  let earned = total of points over each result
  show earned
"""


def test_figures_of_what_belongs_to_a_practice(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rules = INDICATORS.replace("for each result\n  payment worth", "for each practice\n  payment worth").replace(
        "£2 * points", "£1 * size"
    )
    (tmp_path / "points.requite").write_text(rules, encoding="utf-8")
    (tmp_path / "practice.csv").write_text("code,size\nP1,10\nP2,20\nP3,30\n", encoding="utf-8")
    (tmp_path / "result.csv").write_text("practice,indicator,share\nP1,I1,60%\nP1,I2,80%\nP2,I1,40%\nP3,I1,80%\n", encoding="utf-8")
    assert requite("run", "points.requite", "--data-dir", ".", "--out", "done").status == 0
    told = page(requite, "P1")
    assert "### Result\n\n| | Points |\n| --- | ---: |\n| I1 | 5 (above 1 of 2 others) |\n| I2 | 10 |\n" in told


def test_many_rows_of_one_practice(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each indicator is a row of its own: the practice gets them as one list, and is told where most is to be gained."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.requite").write_text(INDICATORS, encoding="utf-8")
    (tmp_path / "practice.csv").write_text("code,size\nP1,10\nP2,20\n", encoding="utf-8")
    rows = [f"{p},I{i},{20 * i + (5 if p == 'P2' else 0)}%" for p in ("P1", "P2") for i in range(1, 5)]
    (tmp_path / "result.csv").write_text("practice,indicator,share\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert requite("run", "points.requite", "--data-dir", ".", "--out", "done").status == 0
    told = page(requite, "P1")
    assert "**£30.00 is paid**" in told
    assert "**£30.00** for 2 of 4 results." in told
    assert "| I3 | 5 |  | £10.00 |" in told
    assert "| I4 | 10 |  | £20.00 |" in told
    assert told.index("- **£20.00** more in I1") < told.index("- **£10.00** more in I3")
    assert "I4, if" not in told, "nothing is to be gained where everything is earned"
    assert "Earned: 15, the lowest of 2" in told
    assert requite("statement", "done", "--all", "--out", "all").status == 0
    paid = sum(row["amount"] for row in pq.read_table("done/payments.parquet").to_pylist())
    assert f"£{paid:,.2f} is paid to 2 payees" in Page((tmp_path / "all" / "index.html").read_text("utf-8")).text


@pytest.mark.usefixtures("bradford")
def test_everybody_has_a_file_and_the_board_a_summary(requite: Here, bradford: Path) -> None:
    answer = requite("statement", "done", "--all", "--out", "all", "--format", "html", "--format", "md")
    assert (answer.status, answer.err) == (0, "")
    files = written(bradford / "all")
    assert {"index.html", "index.md", "practice-P1.html", "practice-P6.md", "payee-gps.html", "statements.json"} <= set(files)
    board = Page(files["index.html"].decode())
    assert "practice-P4.html" in board.links
    total = sum(row["amount"] for row in pq.read_table("done/payments.parquet").to_pylist())
    assert f"£{total:,.2f}" in board.text
    assert "requires at least 1 of generics, few follow ups" in board.text, "what could not be judged, and why"
    assert not list(bradford.glob(".*partial"))


@pytest.mark.usefixtures("bradford")
def test_the_same_run_gives_the_same_bytes(requite: Here, bradford: Path) -> None:
    for name in ("one", "two"):
        assert requite("statement", "done", "--all", "--out", name, "--format", "html", "--format", "md").status == 0
    assert written(bradford / "one") == written(bradford / "two")
    assert requite("statement", "done", "--for", "P2", "--out", "three").status == 0
    assert (bradford / "three" / "practice-P2.html").read_bytes() == (bradford / "one" / "practice-P2.html").read_bytes()
    assert not (bradford / "three" / "index.html").exists()


@pytest.mark.usefixtures("bradford")
def test_a_page_stands_alone(requite: Here, bradford: Path) -> None:
    assert requite("statement", "done", "--all", "--out", "all").status == 0
    for path in sorted((bradford / "all").glob("*.html")):
        text = path.read_text("utf-8")
        made = Page(text)
        assert "script" not in made.tags
        assert not any("//" in link for link in made.links)
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
        assert text.count("<svg") == text.count("</title></svg>") + text.count("<title>") - 1, (
            "every chart says in words what it shows"
        )
        assert str(bradford) not in text


def test_a_scheme_of_no_record_and_a_payee_that_is_a_reference(
    requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheme without `for each` pays on nobody's account; what one practice's row pays to another is not its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.requite").write_text(
        """ruleset s "S"
payee owner "The owner"
record practice "P"
  key code: text
  lead: practice
  size: count
scheme all "All of it"
  let sum = total of size over every practice
  payment together to owner
    amount £1 * sum
scheme each "Each" for each practice
  payment own to practice
    amount £2 * size
  payment led to lead
    amount £3 * size
""",
        encoding="utf-8",
    )
    (tmp_path / "practice.csv").write_text("code,lead,size\nP1,P2,10\nP2,P2,1\n", encoding="utf-8")
    assert requite("run", "s.requite", "--data", "practice=practice.csv", "--out", "done").status == 0
    owner = page(requite, "owner")
    assert "**£11.00 is paid**" in owner
    assert "sum = £" not in owner
    first, second = page(requite, "P1"), page(requite, "P2")
    assert "**£20.00 is paid**" in first
    assert "£30.00 beside this to Practice P2" in first
    assert "**£35.00 is paid**" in second, "£2 and £3 of its own row, and £30 that the other one's row pays"
    answer = requite("statement", "done", "--all", "--out", "all", "--json")
    assert sum(Decimal(one["paid"]) for one in answer.json["statements"]) == 20 + 35 + 11
    board = Page((tmp_path / "all" / "index.html").read_text("utf-8")).text
    assert "£66.00 is paid to 3 payees" in board
    assert "Practice P1 £20.00 £30.00" in board


@pytest.mark.usefixtures("bradford")
def test_as_json(requite: Here) -> None:
    answer = requite("statement", "done", "--for", "P1", "--out", "some", "--json")
    assert answer.status == 0
    assert answer.json["statements"] == [
        {"for": "P1", "kind": "practice", "paid": "20000.00", "credit": "", "files": ["practice-P1.html"]}
    ]
    assert (answer.json["command"], answer.json["summary"]) == ("statement", [])


# --- what a hospital is asked -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("claims")
def test_what_a_hospital_is_asked_to_credit(requite: Here) -> None:
    told = page(requite, "../../RAX")
    assert told.startswith("# Provider ../../RAX\n")
    assert "**£130.00 is asked to be credited**, for 2 claims; penalties come to £2.00 where challenges are upheld." in told
    # C1 is found twice, and challenged for the larger overcharge.
    assert "C1 | £200.00 | £90.00 | £110.00 | – |" in told
    assert "also found, and not challenged: Too <dear>: £100.00" in told
    assert "An answer is asked for within 10 working days; without one, the challenge counts as upheld." in told
    assert "An answer is asked for within 1 day; without one, the challenge counts as lapsed." in told
    assert "billed £120.00 by ../../RAX" in told
    assert "The largest, worked through: C2" in told


@pytest.mark.usefixtures("claims")
def test_the_board_reads_what_all_hospitals_are_asked_together(requite: Here) -> None:
    assert requite("statement", "done", "--all", "--out", "all", "--format", "md").status == 0
    lines = Path("all/index.md").read_text(encoding="utf-8").splitlines()
    begins = lines.index("## By who is asked")
    (together,) = (line for line in lines[begins:] if line.startswith("| **together** |"))
    rows = [line.split(" | ")[-3:] for line in lines[begins + 4 : lines.index(together)]]
    asked = [[Decimal(cell.strip(" |£").replace(",", "")) for cell in row] for row in rows]
    assert len(asked) > 1
    sums = [sum(column) for column in zip(*asked, strict=True)]
    assert together == f"| **together** | {sums[0]} | £{sums[1]:,} | £{sums[2]:,} |"


@pytest.mark.usefixtures("claims")
def test_what_was_billed_too_low_stands_apart(requite: Here) -> None:
    told = page(requite, "RBB")
    assert "**£0.00 is asked to be credited**, for 0 claims; beside this, £40.00 was billed too little." in told
    assert "| Too <dear> | 1 | £40.00 | – |" in told
    # A claim that could not be judged concerns whom it would have been held against.
    assert "1 × not judged: needs given is known: given is blank in claim.csv line 6" in told


@pytest.mark.usefixtures("claims")
def test_payments_for_claims_are_listed_by_whom_they_go_to(requite: Here) -> None:
    told = page(requite, "P1")
    assert "**£10.00 is paid**" in told
    assert "cannot be judged yet" in told
    assert "nobody has agreed it" in told
    pool = page(requite, "pool")
    assert pool.startswith("# The pool\n")
    assert "£4.00 is owed" in pool


def test_texts_of_the_data_never_become_markup_or_paths(requite: Here, claims: Path) -> None:
    answer = requite("statement", "done", "--all", "--out", "all", "--format", "html", "--format", "md")
    assert answer.status == 0, answer.err
    files = written(claims / "all")
    assert [name for name in files if name.endswith(".html")] == sorted(
        [
            "index.html",
            "payee-pool.html",
            "practice-1-1.html",
            "practice-P1.html",
            "practice-etc-passwd.html",
            "practice-p1-2.html",
            "practice-script-alert-1-script.html",
            "provider-RAX.html",
            "provider-RBB.html",
            "provider-cmd.html",
        ]
    )
    assert sorted(path.name for path in claims.iterdir()) == ["all", "claim.csv", "done", "fees.requite"]
    for name, content in files.items():
        if name.endswith(".html"):
            made = Page(content.decode())
            assert "script" not in made.tags
            assert "dear" not in made.tags
        if name.endswith(".md"):
            assert "<script>" not in content.decode().replace("\\<script\\>", "")
    assert "Practice <script>alert(1)</script>" in Page(files["practice-script-alert-1-script.html"].decode()).text


def test_long_lists_are_cut_and_all_of_them_are_in_a_file(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fees.requite").write_text(CLAIMS, encoding="utf-8")
    rows = "".join(f"C{i:04d},P1,=R1,2,{101 + i}.00\n" for i in range(620))
    (tmp_path / "claim.csv").write_text("id,practice,provider,given,billed\n" + rows, encoding="utf-8")
    assert requite("run", "fees.requite", "--data", "claim=claim.csv", "--out", "done").status == 0
    assert requite("statement", "done", "--for", "=R1", "--for", "P1", "--out", "long").status == 0
    text = Page((tmp_path / "long" / "provider-R1.html").read_text("utf-8")).text
    assert "C0619" in text
    assert "C0060" not in text, "of those for which most is asked, the ones with the smallest overcharge"
    assert f"{570 - results.LISTED} more are in provider-R1.csv" in text
    with (tmp_path / "long" / "provider-R1.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    found = pq.read_table("done/findings.parquet").to_pylist()
    assert len(listed) == len(found) == 620 + 570
    assert {row["challenged"] for row in listed} == {"yes", "no"}
    assert sum(Decimal(row["overcharge"]) for row in listed) == sum(row["overcharge"] for row in found)
    with (tmp_path / "long" / "practice-P1.csv").open(encoding="utf-8", newline="") as file:
        assert sum(Decimal(row["amount"]) for row in csv.DictReader(file)) == 6200


def test_the_hospitals_of_kingston(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert requite("demo", "--out", "demo").status == 0
    assert requite("statement", "demo/kingston", "--all", "--out", "all").status == 0
    text = Page((tmp_path / "all" / "provider-RAX.html").read_text("utf-8")).text
    found = [row for row in pq.read_table("demo/kingston/findings.parquet").to_pylist() if row["challenged"]]
    assert f"£{sum(row['overcharge'] for row in found):,.2f} is asked to be credited, for {len(found)} claims" in text
    board = Page((tmp_path / "all" / "index.html").read_text("utf-8")).text
    assert "Why rows were rejected" in board
    counted = json.loads(Path("demo/kingston/manifest.json").read_text("utf-8"))["rows"]
    spell = next(rows for rows in counted if rows["record"] == "spell")
    assert "Record File Read Rejected" in board
    assert f"spell spell.csv {spell['read']} {spell['rejected']}" in board


# --- wrong use, and what has changed ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("bradford")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say whose statement"),
        (("--all", "--for", "P1", "--out", "x"), "say whose statement"),
        (("--all",), "--out DIR"),
        (("--for", "P1", "--json"), "--out DIR"),
        (("--for", "P1", "--format", "html"), "without --out DIR"),
        (("--for", "P1", "--for", "P2"), "without --out DIR"),
        (("--for", "P1", "--out", "done"), "is no statement"),
        (("--for", "P1", "--out", "x", "--format", "word"), "word"),
    ],
)
def test_wrong_use(requite: Here, arguments: tuple[str, ...], said: str) -> None:
    answer = requite("statement", "done", *arguments)
    assert answer.status in (1, 2)
    assert said in answer.err
    assert not Path("x").exists()


@pytest.mark.usefixtures("bradford")
def test_what_goes_over_too_many_rows_is_told_without_its_clauses(requite: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_many(*_: object) -> None:
        raise TooManyRows([DataProblem("too-large", "this reads 9 rows of practice, and there is room for 8")])

    monkeypatch.setattr("requite.api.statements.accounts.explain_row", too_many)
    told = page(requite, "P1")
    assert "**£20,000.00 is paid**" in told
    assert "The clauses behind these amounts cannot be shown: this reads 9 rows of practice, and there is room for 8." in told


@pytest.mark.usefixtures("bradford")
def test_a_name_that_nobody_has(requite: Here) -> None:
    answer = requite("statement", "done", "--for", "P7")
    assert answer.status == 1
    assert "nobody called P7 is paid or asked by this run" in answer.err
    assert "The nearest: P" in answer.err
    answer = requite("statement", "done", "--for", "P1", "--record", "spell")
    assert (answer.status, "no spell is paid or asked" in answer.err) == (1, True)


def test_a_practice_whose_row_was_rejected(requite: Here, bradford: Path) -> None:
    text = PRACTICES.replace("P6,10000", "P6,many")
    (bradford / "practice.csv").write_text(text, encoding="utf-8")
    assert requite("run", NORTH_BRADFORD, "--data", "practice=practice.csv", "--out", "done", "--overwrite").status == 0
    answer = requite("statement", "done", "--for", "P6")
    assert answer.status == 1
    assert "nobody called P6 is paid or asked by this run" in answer.err
    assert "Its row may have been rejected: rejects.parquet has those, line by line." in answer.err


def test_nothing_is_told_of_a_run_that_has_been_changed(requite: Here, bradford: Path) -> None:
    path = bradford / "done" / "payments.parquet"
    table = pq.read_table(path)
    amounts = table.column("amount").slice(1, 1).to_pylist() * table.num_rows
    changed = table.set_column(
        table.schema.get_field_index("amount"), "amount", pa.array(amounts, table.schema.field("amount").type)
    )
    pq.write_table(changed, path)
    answer = requite("statement", "done", "--all", "--out", "x")
    assert answer.status == 1
    assert "payments.parquet: has changed since the run" in answer.err
    assert not (bradford / "x").exists()


def test_nothing_is_told_beside_a_csv_that_was_edited(requite: Here, bradford: Path) -> None:
    assert requite("run", NORTH_BRADFORD, "--data", "practice=practice.csv", "--out", "done", "--overwrite", "--csv").status == 0
    path = bradford / "done" / "payments.csv"
    names, first, *rest = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([names, *rest, first]) + "\n", encoding="utf-8")
    answer = requite("statement", "done", "--for", "P1")
    assert (answer.status, "payments.csv row 1: " in answer.err, answer.out) == (1, True, "")
    path.unlink()
    assert requite("statement", "done", "--for", "P1").status == 0


def test_nothing_is_told_where_the_data_has_changed(requite: Here, bradford: Path) -> None:
    (bradford / "practice.csv").write_text(PRACTICES.replace("P1,10000", "P1,20000"), encoding="utf-8")
    answer = requite("statement", "done", "--for", "P1")
    assert (answer.status, "practice.csv: has changed since the run" in answer.err) == (1, True)
    answer = requite("statement", "nowhere", "--for", "P1")
    assert (answer.status, "is not the folder of a run" in answer.err) == (1, True)


@pytest.mark.usefixtures("bradford")
def test_only_statements_are_replaced(requite: Here, bradford: Path) -> None:
    assert requite("statement", "done", "--for", "P1", "--out", "st").status == 0
    again = requite("statement", "done", "--for", "P2", "--out", "st")
    assert (again.status, "holds earlier statements" in again.err) == (1, True)
    assert requite("statement", "done", "--for", "P2", "--out", "st", "--overwrite").status == 0
    assert sorted(written(bradford / "st")) == ["practice-P2.html", "statements.json"]
    (bradford / "st" / "mine.txt").write_text("mine")
    refused = requite("statement", "done", "--for", "P2", "--out", "st", "--overwrite")
    assert (refused.status, "holds what is no statement: mine.txt" in refused.err) == (1, True)
    assert json.loads((bradford / "st" / "statements.json").read_text())["files"] == ["practice-P2.html"]


@pytest.mark.usefixtures("bradford")
def test_of_two_at_once_the_second_replaces_nothing(requite: Here, bradford: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = gather.Gathered.statements

    def slow(*arguments: Any) -> Any:
        monkeypatch.setattr(gather.Gathered, "statements", real)
        assert requite("statement", "done", "--for", "P2", "--out", "st").status == 0
        return real(*arguments)

    monkeypatch.setattr(gather.Gathered, "statements", slow)
    second = requite("statement", "done", "--for", "P1", "--out", "st")
    assert (second.status, "st has been written by another command in the meantime" in second.err) == (1, True)
    assert sorted(written(bradford / "st")) == ["practice-P2.html", "statements.json"]
    assert not list(bradford.glob(".*partial"))


def test_codes_with_bars_and_commas_are_those_of_different_practices(
    requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = PRACTICES.replace("P1,", "a|b,").replace("P2,", '"a, b",').replace("P3,", "a | b,").replace("P4,", "c|d,")
    Path("practice.csv").write_text(rows, encoding="utf-8")
    done = requite("run", NORTH_BRADFORD, "--data", "practice=practice.csv", "--known", "2005-06-30", "--out", "done")
    assert done.status == 0, done.err
    answer = requite("statement", "done", "--all", "--out", "all", "--json")
    codes = [one["for"] for one in answer.json["statements"] if one["kind"] == "practice"]
    assert codes == sorted(["a|b", "a, b", "a | b", "c|d", "P5", "P6"])
    payments = pq.read_table("done/payments.parquet").to_pylist()
    for one in answer.json["statements"]:
        own = (row["amount"] for row in payments if row["payee"] == row["key"] == one["for"])
        assert one["kind"] != "practice" or Decimal(one["paid"] or 0) == sum(own, Decimal(0))
    assert page(requite, "a|b").startswith("# Practice a|b\n")
    assert page(requite, "a, b").startswith("# Practice a, b\n")
    assert requite("statement", "done", "--for", "c, d").status == 1, "a key of one part has one name"


def test_a_long_code_is_cut_on_the_screen(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("practice.csv").write_text(PRACTICES.replace("P1,", "P" * 300 + ","), encoding="utf-8")
    run = ("run", NORTH_BRADFORD, "--data", "practice=practice.csv", "--known", "2005-06-30", "--out", "done")
    assert requite(*run).status == 0
    answer = requite("statement", "done", "--for", "P" * 300, "--out", "st")
    assert max(len(line) for line in answer.out.splitlines()) < 200
    assert "PPP…" in answer.out


def test_nothing_turns_the_text_of_a_chart_around() -> None:
    bars = [charts.Bar(f"\u202ereversed{i}", Fraction(i)) for i in (1, 2, 3)]
    for chart in (charts.bars_chart(bars, "GBP", "\u202etitle"), charts.parts_bar(bars, "GBP")):
        assert "reversed1" in chart
        assert "\u202e" not in chart


LONG_NAMES = """
ruleset bills "Bills"
  currency GBP

record claim
  key id: text
  practice: text
  provider: text
  billed: money

scheme visits "Visits" for each claim
  payment fee "A fee" to practice
    amount 10% of billed

check dear "Billed too much" for each claim
  expected £100
  flag when billed > expected
  overcharge billed - expected
  challenge provider answers within 10 working days, otherwise deemed upheld
"""


def test_very_long_names_leave_a_page_as_wide_as_it_is(requite: Here, here: Path) -> None:
    weasyprint = pytest.importorskip("weasyprint")
    (here / "bills.requite").write_text(LONG_NAMES, encoding="utf-8")
    rows = [f"S1,P1,{'X' * 400},300.00", f"{'K' * 400},P1,RAX,150.00", f"S3,{'P' * 400},RAX,120.00"]
    (here / "claim.csv").write_text("\n".join(["id,practice,provider,billed", *rows, ""]), encoding="utf-8")
    assert requite("run", "bills.requite", "--data", "claim=claim.csv", "--out", "done").status == 0
    assert requite("statement", "done", "--all", "--out", "all", "--format", "html").status == 0
    pages = sorted((here / "all").glob("*.html"))
    assert len(pages) == 5
    for path in pages:
        for paper in weasyprint.HTML(path).render().pages:
            ends = {box.position_x + box.width for box in paper._page_box.descendants() if isinstance(box.width, int | float)}
            assert max(ends) <= paper.width, path.name


# --- paper ------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("bradford")
def test_as_pdf(requite: Here, bradford: Path) -> None:
    answer = requite("statement", "done", "--for", "P1", "--out", "paper", "--format", "pdf")
    assert (answer.status, answer.err) == (0, "")
    assert (bradford / "paper" / "practice-P1.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.usefixtures("bradford")
def test_without_what_writes_pdf(requite: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    answer = requite("statement", "done", "--for", "P1", "--out", "paper", "--format", "pdf")
    assert answer.status == 1
    assert "no PDF can be written, since WeasyPrint is not installed" in answer.err
    assert 'pip install "requite[pdf]"' in answer.err
    assert not Path("paper").exists()


# --- many -------------------------------------------------------------------------------------------------------------


def many(number: int) -> Iterator[str]:
    """Practices of ordinary sizes, always the same ones."""
    rng = random.Random(27)

    def whole(least: int, most: int) -> int:
        return least + int(rng.random() * (most - least + 1))

    yield PRACTICES.partition("\n")[0]
    for i in range(number):
        size = whole(1900, 15_400)
        items, first = size * whole(11, 14), size * whole(15, 20) // 100
        budget = size * 120
        told = (
            size,
            items * whole(60, 83) // 100,
            items,
            first * whole(140, 235) // 100,
            first,
            budget,
            budget * whole(90, 104) // 100,
        )
        yield f"Q{i:03d}," + ",".join(map(str, told))


def test_three_hundred_practices(requite: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "practice.csv").write_text("\n".join(many(300)) + "\n", encoding="utf-8")
    assert requite("run", NORTH_BRADFORD, "--data", "practice=practice.csv", "--out", "done").status == 0
    answer = requite("statement", "done", "--all", "--out", "all", "--json")
    assert answer.status == 0
    paid: dict[str, Decimal] = {}
    for row in pq.read_table("done/payments.parquet").to_pylist():
        paid[row["payee"]] = paid.get(row["payee"], Decimal(0)) + row["amount"]
    assert {one["for"]: Decimal(one["paid"]) for one in answer.json["statements"]} == paid
    assert len(answer.json["statements"]) == 301
    text = Page((tmp_path / "all" / "practice-Q007.html").read_text("utf-8")).text
    assert re.search(r"(Above \d+|The (lowest|highest)) of (299|300)", text)


# --- parts ------------------------------------------------------------------------------------------------------------


def test_names_of_files() -> None:
    assert slug("../../etc/passwd") == "etc-passwd"
    assert slug("Ünïcode & Söhne") == "Unicode-Sohne"
    assert slug("\u202e日本") == ""
    assert len(slug("a" * 500)) == 60
    parties = [
        Party("practice", "P1"),
        Party("practice", "p1"),
        Party("practice", "P 1"),
        Party("practice", "P-1"),
        Party("", "日"),
    ]
    names = file_names(parties)
    assert list(names.values()) == ["practice-P1", "practice-p1-2", "practice-P-1", "practice-P-1-2", "payee"]
    assert "index" not in file_names([Party("index", "")]).values()


def test_words() -> None:
    assert plainly('few_follow_ups is "as_it_is" per_head') == 'few follow ups is "as_it_is" per head'
    assert markdown("a|b\n# *c* <i> 1") == "a\\|b \\# \\*c\\* \\<i\\> 1"
    assert markdown("- x") == "\\- x"
    assert markdown("1. x") == "1\\. x"
    assert markdown("73.75%") == "73.75%"
    assert "\u202e" not in markdown("\u202eabc")
    assert "https:" not in markdown("https://x.example me@x.example")
    assert Place(0, 0, 4).words == "the lowest of 5"
    assert Place(4, 0, 4).words == "the highest of 5"
    assert Place(0, 4, 4).words == "the same as all 4 others"
    assert Place(1, 1, 4).words == "above 1 of 4 others"
    assert Place(0, 0, 0).words == ""


def _numbers(svg: str) -> list[Fraction]:
    return [Fraction(n) for name in ("x", "cx", "x1", "x2") for n in re.findall(rf' {name}="(-?[\d.]+)"', svg)]


@pytest.mark.parametrize("value", [Fraction(-5), Fraction(0), Fraction(1, 3), Fraction(10**12), Fraction(7, 10)])
def test_charts_stay_on_paper(value: Fraction) -> None:
    measure = Measure("s", "<Title>", "f", value, "<v>", Fraction(7, 10), "70%", "70% or more", value >= Fraction(7, 10), True)
    drawn = str(charts.measure_chart(measure))
    assert all(-1 <= n <= charts.WIDTH for n in _numbers(drawn))
    assert "<v>" not in drawn
    assert "<Title>" not in drawn
    figure = FigureLine("n", "t", "", value, (Fraction(1), Fraction(2)), Place(0, 0, 2))
    assert all(-1 <= n <= charts.WIDTH for n in _numbers(str(charts.figure_chart(figure))))
    difference = Difference("t", "budget", abs(value), "spend", Fraction(1))
    assert all(-1 <= n <= charts.WIDTH for n in _numbers(str(charts.difference_chart(difference, "GBP"))))


def test_the_sum_beside_stacked_bars_is_what_is_left_of_them() -> None:
    rows = [("a", [Fraction(10), Fraction(-3)]), ("b", [Fraction(5), Fraction(2)])]
    drawn = str(charts.stacked_chart(rows, ["paid", "charged"], "GBP", "Together"))
    assert 'aria-label="Together: a £7.00 net of £3.00 taken off; b £7.00"' in drawn
    assert re.findall(r">(£[^<]*)<", drawn) == ["£7.00 net", "£7.00"]


def test_a_chart_of_nothing_is_none() -> None:
    assert charts.parts_bar([charts.Bar("a", Fraction(0)), charts.Bar("b", Fraction(-1))], "GBP") == ""
    assert charts.bars_chart([], "GBP", "t") == ""
    assert charts.stacked_chart([("a", [Fraction(0)]), ("b", [Fraction(0)])], ["p"], "GBP", "t") == ""


def test_figures_that_no_source_gives_are_found_wherever_they_stand() -> None:
    text = """ruleset made_up
record practice
  key code: text
  list_size: number
parameter unread: money £1 illustrative "nobody reads it"
bands rate by n illustrative "a guess at the bands"
  below 5: £1
  5 and above: £2
table weights illustrative "a guess at the weights"
  key code: text
  weight: number
  rows
    "A": 2
for each practice
  let weighted = list_size * weights[code].weight
scheme s for each practice
  payment p to practice
    amount rate[weighted]
"""
    program, diagnostics = check_text(text, "made_up.requite")
    assert program is not None, diagnostics
    assert [used.name for used in used_figures(["s.p"], program)] == ["rate", "weights"]
