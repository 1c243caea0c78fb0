"""A ruleset at work on claims as they arrive.

The interpreter reckons a claim's conditions with the rows around it; durable-rules decides by them which checks flag it; amounts
and reasons are the interpreter's, and where the two do not agree on a check, nothing is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from fractions import Fraction
from threading import Lock
from typing import Final

from requite.dsl.program import Program, known_name
from requite.engine.data import read_sources
from requite.engine.decision import Explanation, Outcome
from requite.engine.explain import explain_row
from requite.engine.interpret import Interpreter
from requite.engine.interpreting.deciding import check_outcome
from requite.engine.interpreting.tables import DeriveRows, literal_rows
from requite.engine.interpreting.values import identity
from requite.engine.live.choosing import Chosen, choose
from requite.engine.live.definitions import FLAGGED, PASSED, CheckPlan, Ruleset, plan_check, rulesets_of, why_too_large
from requite.engine.live.foreseeing import Foresight
from requite.engine.live.identities import described, hashed, value_text
from requite.engine.live.linking import key_hash, whole_hash
from requite.engine.live.penalties import Penalty, penalty_of
from requite.engine.live.reckoning import Fact, Reckoner
from requite.engine.live.records import LiveRead, read_rows, row_of, text_of
from requite.engine.live.surroundings import Files, LiveDecision, Matcher, Surroundings, begun
from requite.engine.live.tables import LiveTables
from requite.engine.live.windows import UNDATED, Days, Links, Rests
from requite.engine.reading.problems import problem
from requite.engine.reading.sources import find_sources
from requite.engine.rows import Data, Row
from requite.engine.wording import joined, key_text

MOST_DESKS: Final = 8
"""Interpreters that are kept for claims to come."""

AT_ONCE: Final = 500
"""Claims for which the rows around are asked for together."""

IN_HAND: Final = 50
"""Claims whose case files go to durable-rules in one call, while the interpreter is at the next ones."""

Decided = tuple[Row, list[Outcome], list[Fact], Rests]


class LiveEngine:
    """A ruleset at work on claims as they arrive. Safe among threads: each works at a desk of its own."""

    def __init__(self, program: Program, matcher: Matcher, data: Data | None = None) -> None:
        """`data` may bring the rows of tables in files beside the ruleset; else they are read there."""
        self.matcher = matcher
        chosen, plans = _planned(program)
        self.program, self._plan, self._ways = chosen.plan.program, chosen.plan, chosen.ways
        self.waiting: Mapping[str, str] = chosen.waiting
        self.checks = tuple(self.program.checks)
        self.claims = frozenset(check.record for check in self.program.checks.values())
        self.records, self._whole = chosen.read, chosen.whole
        self._data = _still(self.program, chosen.ways.still, data or {})
        self._rulesets = {record: _rulesets(record, plans) for record in self.claims}
        self._foresight = Foresight(self.program, self._ways, self.claims)
        self._linked_by = {record: [way for way in self._ways if way.record == record] for record in self.records}
        self._free: list[tuple[date, Desk]] = []
        self._lock = Lock()

    # --- rows in and out --------------------------------------------------------------------------------------------------

    def shape(self, record: str) -> str:
        """What rows of a record are read and linked by: rows kept under another shape are read again from their cells."""
        declared = self.program.records[record]
        ways = sorted(way.name for way in self._linked_by.get(record, ()))
        fields = [described(field) for field in declared.fields]
        return hashed("\x1d".join([record, *fields, repr(declared.key), declared.period, *ways, str(record in self._whole)]))

    def read(self, record: str, rows: Sequence[Mapping[str, object]]) -> LiveRead:
        """Rows that were sent, typed, and those rejected; DataError where a column is missing."""
        return read_rows(self.program, self.program.records[record], rows)

    def stored(self, row: Row) -> str:
        """A row as text, exact."""
        return text_of(row)

    def restored(self, record: str, text: str, place: str = "") -> Row:
        """The row that a text was made of."""
        return row_of(record, text, place)

    def own(self, row: Row) -> str:
        """What tells a row from all others of its record: its key; in a dated table also from when it holds and was known."""
        declared = self.program.records[row.record]
        days = row.values.get(declared.period) if declared.period else None
        parts = (row.key, days[0] if isinstance(days, tuple) else days, row.values.get(known_name(declared.period)))
        return hashed(f"own\x1e{row.record}\x1e{value_text(parts)}")

    def links(self, row: Row) -> Links:
        """The hashes by which a row is found, with its days."""
        found: dict[str, Days] = {key_hash(row.record, identity(row.key)): UNDATED}
        if row.record in self._whole:
            found[whole_hash(row.record)] = UNDATED
        found.update(link for way in self._linked_by.get(row.record, ()) if (link := way.link(row)) is not None)
        return found

    # --- deciding ---------------------------------------------------------------------------------------------------------

    def decide(self, rows: Sequence[Row], around: Surroundings, known: date) -> list[LiveDecision]:
        """What the live checks say of claims, which are among the rows around; in the order given."""
        found: list[LiveDecision] = []
        for start in range(0, len(rows), AT_ONCE):
            with self.desk(known) as desk, ExitStack() as in_hand:
                for decided in desk.decide(rows[start : start + AT_ONCE], around):
                    in_hand.close()  # what was sent before is answered by now, or waited for
                    in_hand.callback(self._sent(decided))
                    found += [LiveDecision(row.record, key_text(row.key), tuple(ends), rests) for row, ends, _, rests in decided]
        return found

    def explain(self, row: Row, around: Surroundings, known: date) -> Explanation:
        """Why a claim was decided so, by each live check of its record."""
        with self.desk(known) as desk:
            return desk.explain(row, around)

    def penalty(self, check: str, row: Row, overcharge: Fraction, around: Surroundings, known: date) -> Penalty:
        """What a check's penalty clause makes of an overcharge that both agreed on."""
        if check not in self.program.checks:
            message = f"{check} is not decided live: it {self.waiting.get(check, 'is no check of this ruleset')}"
            raise problem("cannot-run", message, row.record)
        with self.desk(known) as desk:
            return desk.penalty(check, row, overcharge, around)

    @contextmanager
    def desk(self, known: date) -> Iterator[Desk]:
        """A desk that nobody else is at."""
        with self._lock:
            at = next((i for i, (day, _) in enumerate(self._free) if day == known), None)
            desk = self._free.pop(at)[1] if at is not None else None
        desk = desk or self._new_desk(known)
        try:
            yield desk
        finally:
            desk.clear()
            with self._lock:
                self._free.append((known, desk))
                del self._free[:-MOST_DESKS]

    def _new_desk(self, known: date) -> Desk:
        def tables(derive: DeriveRows) -> LiveTables:
            return LiveTables(self.program, self._data, known, derive, ways=self._ways)

        return Desk(Interpreter(self._plan, {}, known, tables=tables), self._rulesets, self._foresight)

    def _sent(self, decided: Sequence[Decided]) -> Callable[[], None]:
        """Has durable-rules begin to decide each check of each claim; what is given back waits, and compares.

        That is a DataError where it is not what the interpreter came to.
        """
        asked: list[tuple[list[Decided], Ruleset]] = []
        requests: list[tuple[str, Files]] = []
        for record, rulesets in self._rulesets.items():
            own = [one for one in decided if one[0].record == record and one[2]]
            for number, ruleset in enumerate(rulesets if own else ()):
                asked.append((own, ruleset))
                requests.append((ruleset.text, [[facts[number]] for _, _, facts, _ in own]))
        answers = begun(self.matcher, requests)

        def compare() -> None:
            for (own, ruleset), fired in zip(asked, answers(), strict=True):
                _compare_all(own, ruleset, fired)

        return compare


class Desk:
    """An interpreter for claims of one engine, as known on one day, with the rows around those that lie on it."""

    def __init__(self, interpreter: Interpreter, rulesets: Mapping[str, Sequence[Ruleset]], foresight: Foresight) -> None:
        assert isinstance(interpreter.tables, LiveTables)
        self.interpreter, self.tables, self.foresight = interpreter, interpreter.tables, foresight
        self._reckoners = {record: [Reckoner(one, interpreter.compiler) for one in some] for record, some in rulesets.items()}
        checks = interpreter.program.checks.values()
        self._checks = {record: [check for check in checks if check.record == record] for record in rulesets}

    def decide(self, rows: Sequence[Row], around: Surroundings) -> Iterator[list[Decided]]:
        """For each claim its ends, its facts, and what was looked for: some at a time, for others to go on with."""
        self.tables.begin(around, rows)
        self.tables.fetch(self.foresight.hashes(rows))
        for start in range(0, len(rows), IN_HAND):
            yield [self._decided(row) for row in rows[start : start + IN_HAND]]

    def _decided(self, row: Row) -> Decided:
        self.interpreter.forget()  # so that what this claim rests on is asked for by this claim
        self.tables.ask_anew(key_hash(row.record, identity(row.key)))
        if not self.tables.as_known(row.record, (row,)):
            return row, [], [], self.tables.rests
        facts = [reckoner.fact(row) for reckoner in self._reckoners.get(row.record, ())]
        ends = self._ends(row)
        return row, ends, facts, self.tables.rests

    def _ends(self, row: Row) -> list[Outcome]:
        key = key_text(row.key)
        return [check_outcome(check, row, self.interpreter.rules, key) for check in self._checks.get(row.record, ())]

    def outcomes(self, rows: Sequence[Row], around: Surroundings) -> list[list[Outcome]]:
        """For each claim what the interpreter alone says of it."""
        self.tables.begin(around, rows)
        self.tables.fetch(self.foresight.hashes(rows))
        found: list[list[Outcome]] = []
        for row in rows:
            self.interpreter.forget()
            found.append(self._ends(row) if self.tables.as_known(row.record, (row,)) else [])
        return found

    def explain(self, row: Row, around: Surroundings) -> Explanation:
        self.tables.begin(around, (row,))
        self.interpreter.forget()
        return explain_row(self.interpreter, row)

    def penalty(self, check: str, row: Row, overcharge: Fraction, around: Surroundings) -> Penalty:
        self.tables.begin(around, (row,))
        return penalty_of(self.interpreter, check, row, overcharge)

    def clear(self) -> None:
        """Let go of all rows."""
        self.interpreter.forget()
        self.tables.end()


def _planned(program: Program) -> tuple[Chosen, dict[str, CheckPlan]]:
    """What is decided live, each check as rules of durable-rules; a check that these cannot hold waits, too."""
    chosen = choose(program)
    plans = _plans(chosen.plan.program)
    too_large = {name: why for name, plan in plans.items() if (why := why_too_large(plan))}
    if too_large:
        chosen = choose(program, too_large)
        plans = _plans(chosen.plan.program)
    return chosen, plans


def _plans(program: Program) -> dict[str, CheckPlan]:
    return {name: plan_check(check, number) for number, (name, check) in enumerate(program.checks.items())}


def _still(program: Program, still: frozenset[str], data: Data) -> Data:
    """The rows that stand in the text, or in files beside the ruleset."""
    found: dict[str, Sequence[Row]] = {}
    for name in sorted(still):
        record = program.records[name]
        if name in data:
            found[name] = data[name]
        elif record.rows is not None:
            found[name] = literal_rows(record)
        else:
            only = replace(program, records={name: record})
            found[name] = read_sources(program, find_sources(only, {})).data[name]
    return found


def _rulesets(record: str, plans: Mapping[str, CheckPlan]) -> list[Ruleset]:
    return rulesets_of(record, [plan for plan in plans.values() if plan.check.record == record])


def _compare_all(decided: Sequence[Decided], ruleset: Ruleset, fired: Sequence[Sequence[str]]) -> None:
    """Compares what the rules of a ruleset said of claims with what the interpreter came to."""
    checks = {plan.check.name for plan in ruleset.checks}
    for (row, outcomes, _, _), rules in zip(decided, fired, strict=True):
        said: dict[str, list[str]] = {}
        for rule in rules:
            check, end = ruleset.ends[rule]
            said.setdefault(check, []).append(end)
        for outcome in outcomes:
            if outcome.rule in checks:
                _compare(row, outcome, said.get(outcome.rule, []))


def _compare(row: Row, outcome: Outcome, said: Sequence[str]) -> None:
    own = outcome.status if outcome.status != "assessed" else FLAGGED if outcome.finding is not None else PASSED
    if said == [own]:
        return
    ends = list(dict.fromkeys(said))
    if ends == [own]:
        return
    message = (
        f"{outcome.rule} for {row.record} {joined(outcome.key)}: the interpreter says {own}, "
        f"durable-rules {' and '.join(ends) or 'nothing'}; nothing was decided"
    )
    raise problem("engines-differ", message, row.record)
