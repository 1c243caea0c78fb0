from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="ChallengeTold")


@_attrs_define
class ChallengeTold:
    """A claim that is challenged, and how far that has come. Amounts are texts, to the penny.

    Attributes:
        id (str):
        ruleset (str):
        version (str):
        record (str):
        key (str):
        check (str):
        title (str):
        provider (str):
        month (str): The month of the claim; empty where it is not known.
        state (str):
        outcome (None | str): What became of it; null while that is open.
        doubt (None | str): Why it is in doubt since it went out. A hospital is not told.
        reason (str):
        billed (None | str):
        expected (None | str):
        overcharge (None | str):
        without_answer (None | str): What silence means: upheld, or lapsed; null where nothing is said.
        raised_on (datetime.date):
        challenge_by (datetime.date | None):
        sent_on (datetime.date | None):
        answer_due (datetime.date | None):
        freezes_on (datetime.date | None):
        offered (None | str): What of the overcharge the hospital accepted.
        agreed (None | str): What of the overcharge is agreed or upheld.
        credit (None | str):
        penalty (None | str):
        credit_due (datetime.date | None): The last day for what is owed; null where the contract says none.
        overdue (bool): Whether that day is past, and nothing has come in.
        closed_at (datetime.datetime | None):
        decision (None | str): The decision of the live claim that it rests on.
        run (None | str): The run that it was raised from.
        revision (int): How much has happened to it that the caller sees.
    """

    id: str
    ruleset: str
    version: str
    record: str
    key: str
    check: str
    title: str
    provider: str
    month: str
    state: str
    outcome: None | str
    doubt: None | str
    reason: str
    billed: None | str
    expected: None | str
    overcharge: None | str
    without_answer: None | str
    raised_on: datetime.date
    challenge_by: datetime.date | None
    sent_on: datetime.date | None
    answer_due: datetime.date | None
    freezes_on: datetime.date | None
    offered: None | str
    agreed: None | str
    credit: None | str
    penalty: None | str
    credit_due: datetime.date | None
    overdue: bool
    closed_at: datetime.datetime | None
    decision: None | str
    run: None | str
    revision: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        ruleset = self.ruleset

        version = self.version

        record = self.record

        key = self.key

        check = self.check

        title = self.title

        provider = self.provider

        month = self.month

        state = self.state

        outcome: None | str
        outcome = self.outcome

        doubt: None | str
        doubt = self.doubt

        reason = self.reason

        billed: None | str
        billed = self.billed

        expected: None | str
        expected = self.expected

        overcharge: None | str
        overcharge = self.overcharge

        without_answer: None | str
        without_answer = self.without_answer

        raised_on = self.raised_on.isoformat()

        challenge_by: None | str
        if isinstance(self.challenge_by, datetime.date):
            challenge_by = self.challenge_by.isoformat()
        else:
            challenge_by = self.challenge_by

        sent_on: None | str
        if isinstance(self.sent_on, datetime.date):
            sent_on = self.sent_on.isoformat()
        else:
            sent_on = self.sent_on

        answer_due: None | str
        if isinstance(self.answer_due, datetime.date):
            answer_due = self.answer_due.isoformat()
        else:
            answer_due = self.answer_due

        freezes_on: None | str
        if isinstance(self.freezes_on, datetime.date):
            freezes_on = self.freezes_on.isoformat()
        else:
            freezes_on = self.freezes_on

        offered: None | str
        offered = self.offered

        agreed: None | str
        agreed = self.agreed

        credit: None | str
        credit = self.credit

        penalty: None | str
        penalty = self.penalty

        credit_due: None | str
        if isinstance(self.credit_due, datetime.date):
            credit_due = self.credit_due.isoformat()
        else:
            credit_due = self.credit_due

        overdue = self.overdue

        closed_at: None | str
        if isinstance(self.closed_at, datetime.datetime):
            closed_at = self.closed_at.isoformat()
        else:
            closed_at = self.closed_at

        decision: None | str
        decision = self.decision

        run: None | str
        run = self.run

        revision = self.revision

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "ruleset": ruleset,
                "version": version,
                "record": record,
                "key": key,
                "check": check,
                "title": title,
                "provider": provider,
                "month": month,
                "state": state,
                "outcome": outcome,
                "doubt": doubt,
                "reason": reason,
                "billed": billed,
                "expected": expected,
                "overcharge": overcharge,
                "without_answer": without_answer,
                "raised_on": raised_on,
                "challenge_by": challenge_by,
                "sent_on": sent_on,
                "answer_due": answer_due,
                "freezes_on": freezes_on,
                "offered": offered,
                "agreed": agreed,
                "credit": credit,
                "penalty": penalty,
                "credit_due": credit_due,
                "overdue": overdue,
                "closed_at": closed_at,
                "decision": decision,
                "run": run,
                "revision": revision,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        ruleset = d.pop("ruleset")

        version = d.pop("version")

        record = d.pop("record")

        key = d.pop("key")

        check = d.pop("check")

        title = d.pop("title")

        provider = d.pop("provider")

        month = d.pop("month")

        state = d.pop("state")

        def _parse_outcome(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        outcome = _parse_outcome(d.pop("outcome"))

        def _parse_doubt(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        doubt = _parse_doubt(d.pop("doubt"))

        reason = d.pop("reason")

        def _parse_billed(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        billed = _parse_billed(d.pop("billed"))

        def _parse_expected(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        expected = _parse_expected(d.pop("expected"))

        def _parse_overcharge(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        overcharge = _parse_overcharge(d.pop("overcharge"))

        def _parse_without_answer(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        without_answer = _parse_without_answer(d.pop("without_answer"))

        raised_on = datetime.date.fromisoformat(d.pop("raised_on"))

        def _parse_challenge_by(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                challenge_by_type_0 = datetime.date.fromisoformat(data)

                return challenge_by_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        challenge_by = _parse_challenge_by(d.pop("challenge_by"))

        def _parse_sent_on(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                sent_on_type_0 = datetime.date.fromisoformat(data)

                return sent_on_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        sent_on = _parse_sent_on(d.pop("sent_on"))

        def _parse_answer_due(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                answer_due_type_0 = datetime.date.fromisoformat(data)

                return answer_due_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        answer_due = _parse_answer_due(d.pop("answer_due"))

        def _parse_freezes_on(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                freezes_on_type_0 = datetime.date.fromisoformat(data)

                return freezes_on_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        freezes_on = _parse_freezes_on(d.pop("freezes_on"))

        def _parse_offered(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        offered = _parse_offered(d.pop("offered"))

        def _parse_agreed(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        agreed = _parse_agreed(d.pop("agreed"))

        def _parse_credit(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        credit = _parse_credit(d.pop("credit"))

        def _parse_penalty(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        penalty = _parse_penalty(d.pop("penalty"))

        def _parse_credit_due(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                credit_due_type_0 = datetime.date.fromisoformat(data)

                return credit_due_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        credit_due = _parse_credit_due(d.pop("credit_due"))

        overdue = d.pop("overdue")

        def _parse_closed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                closed_at_type_0 = datetime.datetime.fromisoformat(data)

                return closed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        closed_at = _parse_closed_at(d.pop("closed_at"))

        def _parse_decision(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        decision = _parse_decision(d.pop("decision"))

        def _parse_run(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        run = _parse_run(d.pop("run"))

        revision = d.pop("revision")

        challenge_told = cls(
            id=id,
            ruleset=ruleset,
            version=version,
            record=record,
            key=key,
            check=check,
            title=title,
            provider=provider,
            month=month,
            state=state,
            outcome=outcome,
            doubt=doubt,
            reason=reason,
            billed=billed,
            expected=expected,
            overcharge=overcharge,
            without_answer=without_answer,
            raised_on=raised_on,
            challenge_by=challenge_by,
            sent_on=sent_on,
            answer_due=answer_due,
            freezes_on=freezes_on,
            offered=offered,
            agreed=agreed,
            credit=credit,
            penalty=penalty,
            credit_due=credit_due,
            overdue=overdue,
            closed_at=closed_at,
            decision=decision,
            run=run,
            revision=revision,
        )

        challenge_told.additional_properties = d
        return challenge_told

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
