"""Penalties on the part of an overcharge, asked of the ruleset with the claim as it was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from fractions import Fraction
from typing import Any, Self

from sqlalchemy.orm import Session

from requite.api.challenges.ending import NoPenaltyKnownError, Reckon, Reckoned, Reckoning
from requite.api.jobs.places import run_folder
from requite.api.live.catching_up import Live
from requite.api.live.explaining import penalty_of_decision
from requite.api.service.problems import Problem
from requite.api.service.service import Service
from requite.api.store.schema import Challenge
from requite.engine.live.penalties import Penalty, penalty_of
from requite.engine.reading.problems import DataError
from requite.engine.render import to_json
from requite.engine.verify import opened_again, reload


def reckon_with(service: Service) -> Reckoning:
    """What asks the ruleset for penalties: the live engine for a live decision, a run's data opened again for a run's finding."""

    @contextmanager
    def begun() -> Iterator[Reckon]:
        with OpenRun(service) as run:

            def reckon(session: Session, challenge: Challenge, agreed: Decimal) -> Reckoned:
                try:
                    if challenge.run is not None:
                        return run.reckon(challenge, challenge.run, agreed)
                    return _of_decision(service, session, challenge, agreed)
                except DataError as error:
                    raise NoPenaltyKnownError(error.problems[0].message) from None

            yield reckon

    return begun


class OpenRun:
    """The data of the run that was asked for last, open for the next penalty."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stack = ExitStack()
        self._run: str | None = None
        self._interpreter: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def reckon(self, challenge: Challenge, run: str, agreed: Decimal) -> Reckoned:
        interpreter = self._of(challenge.org, run)
        rows = interpreter.tables.named(challenge.record, [challenge.key])
        if len(rows) != 1:
            raise NoPenaltyKnownError("the claim is no longer in the run's data")
        return _reckoned(penalty_of(interpreter, challenge.check, rows[0], Fraction(agreed)))

    def _of(self, org: str, run: str) -> Any:
        if run != self._run:
            self._stack.close()
            self._run = None
            data = self._stack.enter_context(opened_again(reload(run_folder(self._service.settings, org, run))))
            self._interpreter = data.interpreter()
            self._run = run
        return self._interpreter


def _of_decision(service: Service, session: Session, challenge: Challenge, agreed: Decimal) -> Reckoned:
    live: Live | None = service.parts.get("live")
    if live is None or challenge.decision is None:
        raise NoPenaltyKnownError("the decision that it rests on is not there")
    org, check = challenge.org, challenge.check
    try:
        return _reckoned(
            penalty_of_decision(session, service.database, live.desk, org, challenge.decision, check, Fraction(agreed))
        )
    except Problem as problem:
        raise NoPenaltyKnownError(problem.detail) from None


def _reckoned(penalty: Penalty) -> Reckoned:
    explanation: Mapping[str, Any] = to_json(penalty.explanation)
    return Reckoned(penalty.amount, penalty.reason, dict(explanation))
