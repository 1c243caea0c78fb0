"""In whatever order rows arrive, are corrected and taken back, the decisions in the end are those of the interpreter."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from requite.api.identity import Actor, Role
from requite.api.live.desk import LiveDesk
from requite.api.live.ends import ends_of
from requite.api.live.rows import sent_cells
from requite.api.live.taking import Counter
from requite.api.store.database import open_database
from requite.api.store.schema import Decision, LiveRow
from requite.dsl.load import check_text
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.deciding import check_outcome
from requite.engine.live.inprocess import InProcess
from requite.engine.live.records import read_rows
from requite.engine.lower import lower
from requite.engine.wording import joined, key_text
from tests.service.conftest import add_org
from tests.service.live_support import RULESET, estimate, price, published, spell
from tests.service.support import ORG

INTAKE = Actor(ORG, "intake", Role.ANALYST)
RECORDS = ("spell", "estimate", "tariff")

PATIENTS = st.sampled_from(["P1", "P2"])
SPELLS = st.builds(
    spell,
    st.sampled_from(["S1", "S2", "S3"]),
    PATIENTS,
    st.sampled_from(["900.00", "1500.00", "1500.01"]),
    hrg=st.sampled_from(["HX1", "HX2"]),
)
ESTIMATES = st.builds(estimate, st.sampled_from(["E1", "E2"]), PATIENTS, st.sampled_from(["800.00", "1400.00"]))
PRICES = st.builds(price, st.sampled_from(["HX1", "HX2"]), st.sampled_from(["700.00", "1500.00"]))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("spell"), st.lists(SPELLS, min_size=1, max_size=3)),
        st.tuples(st.just("estimate"), st.lists(ESTIMATES, min_size=1, max_size=2)),
        st.tuples(st.just("tariff"), st.lists(PRICES, min_size=1, max_size=2)),
        st.tuples(st.just("-spell"), st.lists(st.sampled_from(["S1", "S2", "S3"]), min_size=1, max_size=2)),
        st.tuples(st.just("-estimate"), st.lists(st.sampled_from(["E1", "E2"]), min_size=1, max_size=2)),
    ),
    max_size=12,
)


@given(STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_in_any_order(sqlite_template: Path, steps: Sequence[tuple[str, list[Any]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sqlite_template, Path(folder) / "store.db")
        database = open_database(f"sqlite:///{folder}/store.db")
        desk = LiveDesk(1, lambda _: InProcess())
        try:
            add_org(database, ORG)
            published(database)
            counter = Counter(database, desk)
            for what, items in steps:
                taken = _step(counter, what, items)
                assert taken.received == len(taken.kept) + len(taken.rejected)
            with database.reading() as session:
                rows = session.scalars(
                    select(LiveRow).where(LiveRow.superseded_at.is_(None), LiveRow.cancelled.is_(False)).order_by(LiveRow.id)
                ).all()
                stands = session.scalars(select(Decision).where(Decision.superseded_at.is_(None))).all()
            assert {one.key: one.ends for one in stands} == _interpreted(rows)
        finally:
            desk.close()
            database.close()


def _step(counter: Counter, what: str, items: list[Any]) -> Any:
    match what:
        case "spell":
            return counter.take_claims(INTAKE, "bills", None, items)
        case "-spell":
            return counter.cancel_claims(INTAKE, "bills", None, items)
        case "-estimate":
            return counter.cancel_others(INTAKE, "bills", "estimate", items)
    return counter.take_others(INTAKE, "bills", what, items)


def _interpreted(rows: Sequence[LiveRow]) -> dict[str, Any]:
    """What the interpreter says of every claim, with all that stands in the end."""
    program, _ = check_text(RULESET, "bills.requite")
    assert program is not None
    sent = {record: [sent_cells(row.cells) for row in rows if row.record == record] for record in RECORDS}
    data = {
        record: tuple(row for _, row in read_rows(program, program.records[record], cells).rows) for record, cells in sent.items()
    }
    interpreter = Interpreter(lower(program), data, datetime.now(UTC).date())
    return {
        joined(key_text(row.key)): ends_of(check_outcome(check, row, interpreter.rules) for check in program.checks.values())
        for row in interpreter.rows("spell")
    }
