"""References as numbers, found once for all who read them, and dates that surely lie within the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from requite.engine.columnar.databases import DuckDB, written
from requite.engine.columnar.deciding import Decision, decide
from requite.engine.columnar.dialect import DUCKDB, SPARK, Dialect
from requite.engine.columnar.rows import at_work, decide_rows
from requite.engine.interpret import Interpreter
from requite.engine.lower import lower
from requite.engine.plan import Plan
from requite.engine.rows import Data
from tests.engines.support import program_of, rows_of

TEXT = """
record practice
  key code: text
record patient
  key id: text
  practice: practice optional
record spell
  key id: text
  patient: patient optional
  provider: text
  admitted: date
  billed: money
  follows: spell optional
  unread: text optional

check twice for each spell
  match an earlier spell as first with the same patient, provider, admitted earliest by id
  expected £0
  flag when billed > expected
  reason "billed already as {first.id} for {first.patient} of {patient.practice}"

check elsewhere for each spell
  flag when there is another spell with the same patient
    where provider != this.provider and admitted within 30 days before this.admitted
  overcharge billed
  reason "seen elsewhere before {admitted}"

check again for each spell
  match an earlier spell as last with the same patient, provider
    where admitted within 30 days before this.admitted latest by admitted, id
  flag when last.billed > £0
  overcharge billed
  reason "seen on {last.admitted}"

check chain for each spell
  requires follows is known
  needs follows.follows is known
  flag when follows.follows.billed > £0
  overcharge billed
  reason "{follows.follows.id} before {follows.id}"

for each practice
  let spent = total of billed over every spell where patient is known and patient.practice is known and patient.practice = this
  show spent
"""


def claim(id: str, patient: Any, provider: str, day: int, billed: int, follows: Any = None) -> dict[str, Any]:
    reference = (patient,) if patient else None
    before = (follows,) if follows else None
    return {
        "id": id,
        "patient": reference,
        "provider": provider,
        "admitted": date(2012, 1, day),
        "billed": billed,
        "follows": before,
    }


CLAIMS = [
    claim("S1", "A", "R1", 1, 10),
    claim("S2", "A", "R1", 1, 20, "S1"),
    claim("S3", "A", "R2", 9, 30, "S2"),
    claim("S4", None, "R1", 1, 40, "S3"),
    claim("S5", "nobody", "R1", 1, 50, "S9"),
    claim("S6", "nobody", "R1", 1, 60, "S5"),
    claim("S7", "B", "R1", 1, 70, "S7"),
]


def given() -> tuple[Plan, Data]:
    program = program_of(TEXT)
    rows = {
        "practice": rows_of(program, "practice", [{"code": "P"}]),
        "patient": rows_of(program, "patient", [{"id": "A", "practice": ("P",)}, {"id": "B", "practice": None}]),
        "spell": rows_of(program, "spell", CLAIMS),
    }
    return lower(program), rows


def decided(plan: Plan, rows: Data) -> tuple[DuckDB, Decision]:
    base, c = at_work(plan, rows, None, None, "duckdb")
    assert isinstance(base, DuckDB)
    return base, decide(c)


@pytest.mark.parametrize("few", [100_000, 0])
def test_blank_and_broken_references_come_to_the_same(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", few)
    plan, rows = given()
    meant, found = Interpreter(plan, rows).decide(), decide_rows(plan, rows)
    assert found.findings == meant.findings
    assert found.not_assessable == meant.not_assessable
    assert found.figures == meant.figures
    assert found.counts == meant.counts
    assert {finding.key[0] for finding in meant.findings if finding.check == "chain"} == {"S3", "S4", "S7"}
    assert {finding.key[0] for finding in meant.findings if finding.check == "twice"} == {"S2"}
    assert {row.key[0] for row in meant.not_assessable if row.rule == "chain"} == {"S2", "S6"}


def test_a_reference_is_looked_up_by_its_key_once_for_all_rules() -> None:
    _, decision = decided(*given())
    statements = [*decision.steps(), *decision.counts.values(), *decision.tables.values()]
    text = {one.name: written(one.select, decision.c.dialect) for one in statements}
    by_key = [name for name, sql in text.items() if '"stored_patient"' in sql and '= "t0"."id"' in sql]
    assert by_key == ["numbered_spell"]
    assert len([name for name, sql in text.items() if '"_row_of_patient"' in sql]) > 2


def test_many_rows_are_numbered_in_a_table_that_holds_only_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    _, small = decided(*given())
    assert not {one.name: one for one in small.steps()}["numbered_spell"].is_kept
    monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", 0)
    base, large = decided(*given())
    numbered = {one.name: one for one in large.steps()}["numbered_spell"]
    assert numbered.is_kept
    base.make(numbered)
    columns = {str(row[0]) for row in base.connection.sql("DESCRIBE numbered_spell").fetchall()}
    assert {"_n", "id", "admitted", "_row_of_patient", "_row_of_follows"} <= columns
    assert "unread" not in columns
    assert base.connection.sql("SELECT _row_of_patient FROM numbered_spell ORDER BY _n").fetchall() == [
        (0,), (0,), (0,), (None,), (None,), (None,), (1,)
    ]  # fmt: skip


@pytest.mark.parametrize(("related", "dialect"), [("often", DUCKDB), ("once", DUCKDB), ("often", SPARK)])
def test_rows_that_are_often_related_lie_together(related: str, dialect: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", 0)
    plan, rows = given()
    if related == "once":
        start, end = TEXT.index("check again"), TEXT.index("check chain")
        plan = lower(program_of(TEXT[:start] + TEXT[end:]))
    _, c = at_work(plan, rows, None, None, "duckdb")
    decision = decide(replace(c, dialect=dialect))
    numbered = {one.name: one for one in decision.steps()}["numbered_spell"]
    ordered = numbered.select.args.get("order")
    assert (ordered is not None) == (related == "often" and dialect is DUCKDB)


def test_queues_of_one_row_are_left_out_before_rows_are_put_in_order() -> None:
    base, decision = decided(*given())
    (queue,) = [one for one in decision.steps() if "ROWS BETWEEN" in written(one.select, decision.c.dialect)]
    assert 'IN (SELECT * FROM "queues_1")' in written(queue.select, decision.c.dialect)
    for one in decision.steps():
        base.make(one)
    assert base.connection.sql(f'SELECT count(*) FROM "{queue.name}"').fetchall() == [(1,)]


def test_rows_without_a_match_are_counted_where_the_matches_stand() -> None:
    _, decision = decided(*given())
    counted = {
        rule.name: written(decision.counts[group.table].select, decision.c.dialect)
        for group in decision.groups
        for rule in group.rules
    }
    assert not any("JOIN" in sql for name, sql in counted.items() if name in ("twice", "again"))
    assert 'COUNT(*) - ((SELECT COUNT("picked")' in counted["twice"]


@pytest.mark.parametrize("precedences", [1, 2])
def test_findings_compete_with_those_of_their_own_record(precedences: int) -> None:
    checks = "".join(
        f"""
record {record}
  key id: text
  billed: money
check {record}_dear for each {record}
  expected £1
  flag when billed > expected
  challenge us answers within 10 working days, otherwise lapsed
check {record}_dearer for each {record}
  expected £0
  flag when billed > expected
  challenge us answers within 10 working days, otherwise lapsed
"""
        for record in ("claim", "stay")
    )
    ranked = "".join(
        f"challenge each {record} once for the largest overcharge\n  ties in the order {record}_dear, {record}_dearer\n"
        for record in ("claim", "stay")[:precedences]
    )
    program = program_of(f'payee us "Us"\n{checks}{ranked}')
    lines = [{"id": f"R{i}", "billed": i} for i in range(4)]
    plan, rows = lower(program), {record: rows_of(program, record, lines) for record in ("claim", "stay")}
    meant = Interpreter(plan, rows).decide()
    assert len({finding.challenged_as for finding in meant.findings}) == precedences + 1
    assert decide_rows(plan, rows).findings == meant.findings


def test_many_rows_are_decided_by_their_statuses_first(monkeypatch: pytest.MonkeyPatch) -> None:
    text = """
record claim
  key id: text
  status1: money
  reason2: money
  out1: text
check large for each claim
  requires status1 > £1
  flag when status1 > reason2
  overcharge status1 - reason2
  reason "{status1} for {out1}"
check small for each claim
  needs reason2 > £1
  flag when reason2 < £5
  reason "{reason2}"
"""
    program = program_of(text)
    lines = [{"id": f"C{i}", "status1": i, "reason2": i % 4, "out1": f"o{i}"} for i in range(12)]
    plan, rows = lower(program), {"claim": rows_of(program, "claim", lines)}
    meant = Interpreter(plan, rows).decide()
    for few in (100, 0):
        monkeypatch.setattr("requite.engine.columnar.numbered.FEW_ROWS", few)
        found = decide_rows(plan, rows)
        assert (found.findings, found.not_assessable, found.counts) == (meant.findings, meant.not_assessable, meant.counts)
    _, decision = decided(plan, rows)
    assert [step.name for step in decision.steps()][:2] == ["statuses_of_decided_1", "decided_1"]
    assert "statuses_of_decided_1" in written(decision.counts["decided_1"].select, decision.c.dialect)


def test_fields_may_be_named_as_joined_columns_would_be() -> None:
    text = """
record patient
  key id: text
  age: count
record claim
  key id: text
  patient: patient
  patient_1_id: text
  patient_1__n: count
  patient_1_age: count
  claim_1_o1: count
  tariff_1_price: money
table tariff
  key id: text
  price: money
check c for each claim
  match an earlier claim as before with the same patient earliest by id
  expected tariff[patient_1_id].price
  flag when tariff_1_price > expected
  reason "{patient_1__n} {patient_1_id} {patient.id} {patient_1_age} {patient.age} {claim_1_o1} {before.id} {before.patient_1_id}"
"""
    program = program_of(text)
    own = {"patient": ("P",), "patient_1_id": "T", "patient_1__n": 7, "patient_1_age": 8, "claim_1_o1": 9, "tariff_1_price": 5}
    rows = {
        "patient": rows_of(program, "patient", [{"id": "P", "age": 40}]),
        "tariff": rows_of(program, "tariff", [{"id": "T", "price": 1}]),
        "claim": rows_of(program, "claim", [{"id": id, **own} for id in "AB"]),
    }
    plan = lower(program)
    (finding,) = decide_rows(plan, rows).findings
    assert finding == Interpreter(plan, rows).decide().findings[0]
    assert finding.reason == "7 T P 8 40 9 A T"


# --- dates --------------------------------------------------------------------------------------------------------------


def sql_of(days: list[date], text: str) -> str:
    program = program_of(f"record claim\n  key id: text\n  day: date\n  n: days\n\n{text}")
    lines = [{"id": f"C{i}", "day": day, "n": i} for i, day in enumerate(days)]
    plan, rows = lower(program), {"claim": rows_of(program, "claim", lines)}
    assert Interpreter(plan, rows).decide().figures == decide_rows(plan, rows).figures
    _, decision = decided(plan, rows)
    return " ".join(written(one.select, decision.c.dialect) for one in (*decision.steps(), *decision.tables.values()))


@pytest.mark.parametrize(
    "value",
    ["day + 180 days", "day - 180 days", "day + n", "day + 2 months", "day + n + 1 day", "first day of financial year of day"],
)
def test_only_dates_near_the_ends_of_the_calendar_are_guarded(value: str) -> None:
    text = f"for each claim\n  let then = {value}\n  show then\n"
    ordinary = sql_of([date(2012, 2, 29), date(1999, 12, 31)], text)
    assert "beyond the calendar" not in ordinary
    ends = sql_of([date(2012, 2, 29), date(9999, 12, 31), date(1, 1, 1)], text)
    assert "beyond the calendar" in ends


# --- rows that are read from themselves ---------------------------------------------------------------------------------


def test_a_row_looked_up_may_be_asked_for_what_rests_on_looking_it_up() -> None:
    program = program_of("""
record claim
  key id: text
  billed: money
for each claim
  let own = claim[id].billed
  let again = claim[id].own
  let once_more = claim[id].again
  show own, again, once_more
""")
    plan, rows = lower(program), {"claim": rows_of(program, "claim", [{"id": "A", "billed": 3}, {"id": "B", "billed": 5}])}
    found = decide_rows(plan, rows).figures
    assert found == Interpreter(plan, rows).decide().figures
    assert {figure.value for figure in found} == {3, 5}
