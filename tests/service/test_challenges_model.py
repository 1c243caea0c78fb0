"""Challenges against a model: random findings, moves, days and restarts; nothing illegal, nothing lost, every timer once."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from threading import Thread
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import event, select

from requite.api.challenges.calendar import MonthSaid, say
from requite.api.challenges.desk import ChallengeDesk
from requite.api.challenges.ending import Reckoned
from requite.api.challenges.moving import Asked, loaded, move_all
from requite.api.challenges.position import position, reconciles
from requite.api.challenges.ticking import tick
from requite.api.identity import Actor, Role
from requite.api.service.service import Service
from requite.api.store import audit
from requite.api.store.columns import new_id
from requite.api.store.database import now, take_turn
from requite.api.store.schema import Challenge, ChallengeEvent, Timer
from requite.engine.calendar import add
from requite.engine.live.inprocess import InProcess
from requite.engine.live.moves import Who
from tests.service.challenges_support import START, Claims, claims_of, end, set_day

WITHIN: Final = {"strict": (10, "working days"), "mild": (14, "days"), "open": (14, "days")}
SILENCE: Final = {"strict": "upheld", "mild": "lapsed", "open": ""}
SUBMITTED, CHALLENGE_BY, FREEZES = date(2012, 5, 2), date(2012, 5, 25), date(2012, 6, 20)
CREDIT_WITHIN: Final = 5
MOVES: Final = (
    "send", "accept", "part_accept", "dispute", "agree", "withdraw", "escalate", "uphold", "part_uphold", "reject", "credit",
    "close", "maintain",
)  # fmt: skip
PENNY: Final = Decimal("0.01")
UNDECIDED: Final = ("sent", "part_accepted", "disputed", "escalated")
BEFORE_AGREED: Final = ("raised", "sent", "part_accepted", "disputed", "escalated")


def penalty(check: str, overcharge: Fraction) -> Decimal:
    """The penalty of the checks of the ruleset, rounded half up to the penny."""
    share = {"strict": Fraction(1, 10), "open": Fraction(1, 20)}.get(check)
    pence = 2500 if share is None else (overcharge * share * 100 + Fraction(1, 2)).__floor__()
    return Decimal(pence).scaleb(-2)


@dataclass
class Modelled:
    """A challenge as it has to be."""

    check: str
    overcharge: Decimal
    state: str = "raised"
    outcome: str = ""
    due: date | None = None
    offered: Decimal | None = None
    agreed: Decimal | None = None
    penalty: Decimal | None = None
    credit_due: date | None = None
    overdue: bool = False
    events: int = 1
    doubt: bool = False

    @property
    def silence(self) -> str:
        return "" if self.doubt and SILENCE[self.check] == "upheld" else SILENCE[self.check]

    def pass_to(self, today: date) -> None:
        """What the clock makes of it."""
        if self.state == "sent" and self.due is not None and today > self.due and self.silence:
            self.go("upheld" if self.silence == "upheld" else "lapsed")
            if self.state == "upheld":
                self.settle(self.overcharge, "upheld", today)
        if self.state in ("agreed", "upheld") and self.credit_due is not None and today > self.credit_due and not self.overdue:
            self.overdue = True
            self.events += 1
        last = max(FREEZES, self.due or FREEZES)
        waits = self.state in ("raised", "part_accepted", "disputed") or (self.state == "sent" and not self.silence)
        if waits and today > last:
            is_offered = self.state == "part_accepted"
            self.go("agreed" if is_offered else "lapsed")
            if is_offered:
                self.settle(self.offered, "agreed", today)

    def go(self, to: str, outcome: str = "") -> None:
        self.state = to
        self.events += 1
        if to in ("agreed", "upheld", "rejected", "lapsed", "withdrawn"):
            self.outcome, self.doubt = outcome or to, False

    def settle(self, amount: Decimal | None, way: str, today: date) -> None:
        self.agreed = amount
        fits = {"strict": way == "upheld", "mild": way == "agreed", "open": True}[self.check]
        self.penalty = penalty(self.check, Fraction(amount or 0)) if fits else Decimal("0.00")
        self.credit_due = add(today, Fraction(CREDIT_WITHIN), "working days")

    def move(self, name: str, who: Who, amount: Decimal | None, today: date) -> bool:
        """Whether a move is possible, made where it is."""
        made = getattr(self, f"_{name}")(who, amount, today)
        return bool(made)

    def _part(self, amount: Decimal | None) -> bool:
        return amount is not None and 0 < amount < self.overcharge

    def _send(self, who: Who, amount: Decimal | None, today: date) -> bool:
        if self.state != "raised" or who is not Who.COMMISSIONER or amount is not None or today > CHALLENGE_BY:
            return False
        within, unit = WITHIN[self.check]
        self.due = add(today, Fraction(within), unit)
        self.go("sent")
        return True

    def _accept(self, who: Who, amount: Decimal | None, today: date) -> bool:
        if (
            self.state not in ("sent", "part_accepted", "disputed")
            or who is not Who.HOSPITAL
            or amount not in (None, self.overcharge)
        ):
            return False
        self.offered = self.overcharge
        self.go("agreed")
        self.settle(self.overcharge, "agreed", today)
        return True

    def _part_accept(self, who: Who, amount: Decimal | None, _: date) -> bool:
        if self.state not in ("sent", "part_accepted", "disputed") or who is not Who.HOSPITAL or not self._part(amount):
            return False
        if self.offered is not None and amount is not None and amount <= self.offered:
            return False
        self.offered = amount
        self.go("part_accepted")
        return True

    def _dispute(self, who: Who, amount: Decimal | None, _: date) -> bool:
        if self.state != "sent" or who is not Who.HOSPITAL or amount is not None:
            return False
        self.offered = None
        self.go("disputed")
        return True

    def _agree(self, who: Who, amount: Decimal | None, today: date) -> bool:
        if self.state != "part_accepted" or who is not Who.COMMISSIONER or amount not in (None, self.offered):
            return False
        self.go("agreed")
        self.settle(self.offered, "agreed", today)
        return True

    def _withdraw(self, who: Who, amount: Decimal | None, _: date) -> bool:
        if self.state not in BEFORE_AGREED or who is not Who.COMMISSIONER or amount is not None:
            return False
        self.go("withdrawn")
        return True

    def _escalate(self, who: Who, amount: Decimal | None, today: date) -> bool:
        overdue = self.state == "sent" and not self.silence and self.due is not None and today > self.due
        if not (self.state in ("part_accepted", "disputed") or overdue) or who is not Who.COMMISSIONER or amount is not None:
            return False
        self.go("escalated")
        return True

    def _uphold(self, who: Who, amount: Decimal | None, today: date) -> bool:
        if self.state != "escalated" or who is not Who.COMMISSIONER or amount is not None:
            return False
        self.go("upheld")
        self.settle(self.overcharge, "upheld", today)
        return True

    def _part_uphold(self, who: Who, amount: Decimal | None, today: date) -> bool:
        if self.state != "escalated" or who is not Who.COMMISSIONER or not self._part(amount):
            return False
        self.go("upheld")
        self.settle(amount, "upheld", today)
        return True

    def _reject(self, who: Who, amount: Decimal | None, _: date) -> bool:
        if self.state != "escalated" or who is not Who.COMMISSIONER or amount is not None:
            return False
        self.go("rejected")
        return True

    def _credit(self, who: Who, amount: Decimal | None, _: date) -> bool:
        owed = (self.agreed or Decimal(0)) + (self.penalty or Decimal(0))
        if self.state not in ("agreed", "upheld") or who is not Who.COMMISSIONER or amount not in (None, owed):
            return False
        self.overdue = False
        self.go("credited")
        return True

    def _maintain(self, who: Who, amount: Decimal | None, _: date) -> bool:
        if self.state not in UNDECIDED or not self.doubt or who is not Who.COMMISSIONER or amount is not None:
            return False
        self.doubt = False
        self.go(self.state)
        return True

    def _close(self, who: Who, amount: Decimal | None, _: date) -> bool:
        if self.state != "credited" or who is not Who.COMMISSIONER or amount is not None:
            return False
        self.go("closed")
        return True


ENDS: Final = ("closed", "rejected", "lapsed", "withdrawn")
KEYS: Final = ("S1", "S2", "S3")


def reckoned(session: Any, challenge: Challenge, agreed: Decimal) -> Any:
    """Stands in for the ruleset, whose reckoning of parts has tests of its own."""
    del session
    return Reckoned(Fraction(penalty(challenge.check, Fraction(agreed))), "", {"decisions": []})


def machine(service: Service) -> type[RuleBasedStateMachine]:
    """The machine: every run of it is an organisation of its own."""

    class Challenges(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.org = f"org-{new_id()}"
            self.today = START
            self.claims: Claims = claims_of(service, self.org)
            self.model: dict[str, list[Modelled]] = {key: [] for key in KEYS}
            self.fresh_desk()

        def fresh_desk(self) -> None:
            self.desk = ChallengeDesk(service, InProcess(), seconds=None)
            object.__setattr__(self.desk.desk, "reckon", lambda: nullcontext(reckoned))
            self.claims.desk = self.desk

        @initialize()
        def calendar(self) -> None:
            with service.database.writing() as session:
                admin = Actor(self.org, "Ann", Role.ADMIN)
                say(session, admin, [MonthSaid("2012-04", "", SUBMITTED, CHALLENGE_BY, FREEZES, CREDIT_WITHIN)])

        @rule(key=st.sampled_from(KEYS), check=st.sampled_from(sorted(WITHIN)), pence=st.integers(1, 99_999), found=st.booleans())
        def decide(self, key: str, check: str, pence: int, found: bool) -> None:
            amount = Decimal(pence).scaleb(-2)
            due = f"{penalty(check, Fraction(amount)):.2f}"
            self.claims.decide({key: (end(check, f"{amount:.2f}", due),) if found else ()})
            self.model_finding(key, check if found else None, amount)
            # What is in doubt may lapse, which silence would have upheld.
            self.desk.tick(self.org)

        def model_finding(self, key: str, check: str | None, amount: Decimal) -> None:
            before = self.model[key]
            current = next((one for one in before if one.state not in ENDS), None)
            last = getattr(self, "last", {}).get(key)
            self.last = getattr(self, "last", {}) | {key: (check, amount) if check else None}
            if current is None:
                blocked = any(
                    one.outcome not in ("not_found", "withdrawn") or (one.outcome == "withdrawn" and one.check == check)
                    for one in before
                )
                if check is not None and not blocked and self.today <= CHALLENGE_BY:
                    before.append(Modelled(check, amount))
                    self.model[key][-1].pass_to(self.today)
            elif current.state == "raised" and check is None:
                current.go("withdrawn", "not_found")
            elif current.state == "raised" and check is not None:
                if (current.check, current.overcharge) != (check, amount):
                    current.check, current.overcharge = check, amount
                    current.events += 1
            elif last != self.last[key]:
                current.events += 1
                current.doubt = current.state in UNDECIDED and (check != current.check or amount < current.overcharge)
                current.pass_to(self.today)

        @precondition(lambda self: any(self.model.values()))
        @rule(
            data=st.data(),
            name=st.sampled_from(MOVES),
            who=st.sampled_from((Who.COMMISSIONER, Who.HOSPITAL)),
            amount=st.sampled_from(("none", "none", "part", "less", "whole", "more", "owed", "offered")),
        )
        def move(self, data: st.DataObject, name: str, who: Who, amount: str) -> None:
            key = data.draw(st.sampled_from([key for key in KEYS if self.model[key]]))
            model = self.model[key][-1]
            given = self.amount(model, amount)
            with service.database.writing() as session:
                take_turn(session, self.org, "challenges")
                asked = Asked(name, who, "Ann", "as it was", given)
                (own,) = loaded(session, self.org, [self.claims.one(key).id])
                (result,) = move_all(self.desk.desk, session, self.org, now(session, self.org), [own], asked)
            assert (result.refused is None) == model.move(name, who, given, self.today), (name, who, given, model, result.refused)
            # What is maintained may have been due before.
            self.desk.tick(self.org)
            model.pass_to(self.today)

        def amount(self, model: Modelled, kind: str) -> Decimal | None:
            owed = (model.agreed or Decimal(0)) + (model.penalty or Decimal(0))
            half = Decimal(int(model.overcharge * 100) // 2).scaleb(-2)
            amounts = {
                "part": half,
                "less": half / 2 // PENNY * PENNY,
                "offered": model.offered,
                "whole": model.overcharge,
                "more": model.overcharge + 1,
                "owed": owed,
            }
            return amounts.get(kind)

        @rule(days=st.integers(0, 20))
        def advance(self, days: int) -> None:
            self.today += timedelta(days=days)
            set_day(service, self.org, self.today)
            moved = self.desk.tick(self.org)
            before = Counter((one.state, one.overdue) for own in self.model.values() for one in own)
            for own in self.model.values():
                for one in own:
                    one.pass_to(self.today)
            after = Counter((one.state, one.overdue) for own in self.model.values() for one in own)
            assert moved == (after - before).total()
            assert self.desk.tick(self.org) == 0

        @rule()
        def restart(self) -> None:
            self.desk.close()
            self.fresh_desk()

        @invariant()
        def as_modelled(self) -> None:
            for key in KEYS:
                found = sorted(
                    (one for one in self.claims.all() if one.key == key), key=lambda one: (one.closed_at is None, one.id)
                )
                told = [
                    (
                        one.check,
                        one.overcharge,
                        one.state,
                        one.outcome,
                        one.answer_due,
                        one.offered,
                        one.agreed,
                        one.penalty_due,
                        one.credit_due,
                        one.overdue,
                        one.revision,
                        bool(one.doubt),
                    )
                    for one in found
                ]
                expected = [
                    (
                        one.check,
                        one.overcharge,
                        one.state,
                        one.outcome,
                        one.due,
                        one.offered,
                        one.agreed,
                        one.penalty,
                        one.credit_due,
                        one.overdue,
                        one.events,
                        one.doubt,
                    )
                    for one in self.model[key]
                ]
                assert sorted(told, key=str) == sorted(expected, key=str)

        @invariant()
        def reconciles(self) -> None:
            with service.database.reading() as session:
                *lines, total = position(session, [Challenge.org == self.org])
                assert all(reconciles(line) for line in [*lines, total])
                assert total.raised.claimed == sum((one.overcharge for own in self.model.values() for one in own), Decimal(0))
                events = session.execute(
                    select(ChallengeEvent.challenge, ChallengeEvent.number, ChallengeEvent.before, ChallengeEvent.after)
                    .where(ChallengeEvent.org == self.org)
                    .order_by(ChallengeEvent.challenge, ChallengeEvent.number)
                ).all()
                by_challenge: dict[str, list[Any]] = {}
                for one in events:
                    by_challenge.setdefault(one.challenge, []).append(one)
                for own in by_challenge.values():
                    assert [one.number for one in own] == list(range(1, len(own) + 1))
                    assert [one.before for one in own] == ["", *(one.after for one in own[:-1])]
                open_timers = select(Timer.challenge).join(Challenge, Challenge.id == Timer.challenge)
                ended = open_timers.where(Timer.org == self.org, Timer.done_at.is_(None), Challenge.closed_at.is_not(None))
                assert session.execute(ended).all() == []

        def teardown(self) -> None:
            with service.database.reading() as session:
                assert audit.verify(session, self.org).ok
            self.desk.close()

    return Challenges


def test_whatever_happens_challenges_are_as_the_model_has_them(service: Service) -> None:
    run_state_machine_as_test(
        machine(service),
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # Making a failure smaller takes minutes with a database.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
        ),
    )


# --- the clock, in several processes ----------------------------------------------------------------------------------


def test_timers_fire_once_however_many_look_at_the_clock(service: Service) -> None:
    claims = claims_of(service, "kingston")
    claims.decide({f"S{number:03}": (end("strict", "10.00", "1.00"),) for number in range(250)})
    with service.database.writing() as session:
        asked = Asked("send", Who.COMMISSIONER, "Ann", "May")
        ids = [one.id for one in claims.all()]
        move_all(claims.desk.desk, session, "kingston", now(session, "kingston"), loaded(session, "kingston", ids), asked)
    set_day(service, "kingston", date(2012, 6, 30))
    moved: list[int] = []
    desks = [ChallengeDesk(service, InProcess(), seconds=None) for _ in range(4)]
    threads = [Thread(target=lambda desk=desk: moved.append(tick(service.database, desk.desk, "kingston"))) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for desk in desks:
        desk.close()
    assert sum(moved) == 250
    assert {one.state for one in claims.all()} == {"upheld"}
    assert {one.revision for one in claims.all()} == {3}


@pytest.mark.parametrize("number", [10, 400])
def test_many_moves_take_few_statements(service: Service, number: int) -> None:
    claims = claims_of(service, "kingston")
    claims.decide({f"S{one:03}": (end("strict", "10.00", "1.00"),) for one in range(number)})
    ids = [one.id for one in claims.all()]
    said: list[str] = []
    event.listen(service.database.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    with service.database.writing() as session:
        asked = Asked("send", Who.COMMISSIONER, "Ann", "May")
        move_all(claims.desk.desk, session, "kingston", now(session, "kingston"), loaded(session, "kingston", ids), asked)
    assert len(said) <= 15, Counter(statement[:60] for statement in said)
