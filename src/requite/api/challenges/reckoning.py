"""Penalties on the part of an overcharge, asked of the ruleset with the claim as it was decided."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from requite.api.challenges.ending import NoPenaltyKnownError, Reckon, Reckoned
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


def reckon_with(service: Service) -> Reckon:
    """What asks the ruleset for a penalty: the live engine for a live decision, a run's data opened again for a run's finding."""

    def reckon(session: Session, challenge: Challenge, agreed: Decimal) -> Reckoned:
        try:
            if challenge.run is not None:
                return _of_run(service, challenge, agreed)
            return _of_decision(service, session, challenge, agreed)
        except DataError as error:
            raise NoPenaltyKnownError(error.problems[0].message) from None

    return reckon


def _of_run(service: Service, challenge: Challenge, agreed: Decimal) -> Reckoned:
    folder = run_folder(service.settings, challenge.org, challenge.run or "")
    with opened_again(reload(folder)) as data:
        interpreter = data.interpreter()
        rows = interpreter.tables.named(challenge.record, [challenge.key])
        if len(rows) != 1:
            raise NoPenaltyKnownError("the claim is no longer in the run's data")
        return _reckoned(penalty_of(interpreter, challenge.check, rows[0], Fraction(agreed)))


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
