"""Rows in and out: every row that is sent is read or rejected, and what is kept comes back as it was."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from requite.engine.live.engine import LiveEngine
from requite.engine.live.records import row_of, text_of
from requite.engine.reading.problems import DataError
from requite.engine.rows import Row
from tests.engines.live.matchers import SHARED
from tests.engines.live.test_live_examples import engine_of
from tests.engines.support import program_of

KINGSTON = engine_of("claims/kingston.md")

SPELL = {
    "Hospital Provider Spell No": "S1",
    "patient": "A",
    "provider": "RAX",
    "specialty": "100",
    "hrg": "HX1",
    "setting": "elective",
    "admitted": "01/07/2010",
    "discharged": "03/07/2010",
    "billed": "1500.10",
}


def test_each_row_is_read_or_rejected_by_its_place() -> None:
    sent = [SPELL, {**SPELL, "Hospital Provider Spell No": "S2", "billed": "dear"}, {**SPELL, "Hospital Provider Spell No": "S3"}]
    read = KINGSTON.read("spell", sent)
    assert [index for index, _ in read.rows] == [0, 2]
    assert [(index, reject.field, reject.value) for index, reject in read.rejects] == [(1, "billed", "dear")]
    first = read.rows[0][1]
    assert first.values["billed"] == Fraction(150010, 100)
    assert first.values["admitted"] == date(2010, 7, 1)
    assert first.place == "", "a row goes by its key, wherever it arrived"


def test_rows_that_repeat_a_key_are_all_rejected() -> None:
    read = KINGSTON.read("spell", [SPELL, SPELL])
    assert [index for index, _ in read.rejects] == [0, 1]
    assert not read.rows


def test_names_of_fields_will_do_for_columns() -> None:
    named = {"id" if name.startswith("Hospital") else name: value for name, value in SPELL.items()}
    assert len(KINGSTON.read("spell", [named]).rows) == 1


def test_a_column_that_is_missing_is_refused_as_a_whole() -> None:
    with pytest.raises(DataError, match="billed"):
        KINGSTON.read("spell", [{name: value for name, value in SPELL.items() if name != "billed"}])


def test_nothing_sent_is_nothing_read() -> None:
    read = KINGSTON.read("spell", [])
    assert (len(read.rows), len(read.rejects)) == (0, 0)


plain = st.one_of(
    *(st.none(), st.text(max_size=5), st.booleans(), st.fractions(), st.dates()),
    st.datetimes(),
    st.tuples(st.one_of(st.none(), st.dates()), st.one_of(st.none(), st.dates())),
    st.tuples(st.one_of(st.text(max_size=3), st.fractions())),
)


@given(
    st.dictionaries(st.text(max_size=5), plain, max_size=5), st.lists(st.one_of(st.text(), st.fractions(), st.dates()), max_size=3)
)
def test_what_is_kept_comes_back_as_it_was(values: dict[str, Any], key: list[Any]) -> None:
    row = Row("claim", tuple(key), values)
    back = row_of("claim", text_of(row))
    assert (back.record, back.key, back.values, back.place) == ("claim", tuple(key), values, "")
    assert [type(value) for value in back.values.values()] == [type(value) for value in values.values()]


def test_a_place_may_be_given_to_a_row_that_comes_back() -> None:
    row = KINGSTON.restored("spell", text_of(Row("spell", ("S1",), {"at": datetime(2020, 1, 1, 9)})), "june.csv line 7")
    assert row.place == "june.csv line 7"
    assert KINGSTON.restored("spell", text_of(row), "over the phone").place == ""


def test_rows_of_a_dated_table_are_told_apart_by_their_days() -> None:
    def price(start: int) -> Row:
        return Row("tariff", ("HX1",), {"hrg": "HX1", "valid": (date(2010, 4, start), None)})

    assert KINGSTON.own(price(1)) == KINGSTON.own(price(1))
    assert KINGSTON.own(price(1)) != KINGSTON.own(price(2))
    assert KINGSTON.links(price(1)) == KINGSTON.links(price(2)), "both are found by the key"


# --- what waits -------------------------------------------------------------------------------------------------------------

WAITS = {
    "settles with the period\n  flag when billed > £1": "settles with the period",
    "flag when there is another claim where day = this.day": "goes over every claim",
    "flag when there is a letter with the same id": "reads letter, whose rows have no key",
}


@pytest.mark.parametrize(("clauses", "why"), WAITS.items(), ids=WAITS.values())
def test_a_check_that_cannot_be_decided_live_says_why_and_where(clauses: str, why: str) -> None:
    text = "\nrecord claim\n  key id: text\n  day: date\n  billed: money\nrecord letter\n  id: text\n"
    text += f"check waits for each claim\n  {clauses}\ncheck goes for each claim\n  flag when billed > £2\n"
    engine = LiveEngine(program_of(text), SHARED)
    assert engine.checks == ("goes",)
    assert why in engine.waiting["waits"]
    assert "period" in why or "test.requite:" in engine.waiting["waits"]
    assert engine.records == {"claim"}


def test_a_scheme_has_nothing_to_decide_live() -> None:
    engine = engine_of("quality/scorecard.md")
    assert (engine.checks, engine.claims, engine.records) == ((), frozenset(), frozenset())
