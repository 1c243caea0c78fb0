from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.delivery_shown_state import DeliveryShownState, check_delivery_shown_state

T = TypeVar("T", bound="DeliveryShown")


@_attrs_define
class DeliveryShown:
    """An event on its way to an address, or that was. `due` is when it is tried next, or when that ended.

    Attributes:
        id (str):
        event (int): The event's number.
        kind (str):
        subject (str):
        state (DeliveryShownState):
        attempts (int):
        due (datetime.datetime):
        answer (str): How the last attempt went.
    """

    id: str
    event: int
    kind: str
    subject: str
    state: DeliveryShownState
    attempts: int
    due: datetime.datetime
    answer: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        event = self.event

        kind = self.kind

        subject = self.subject

        state: str = self.state

        attempts = self.attempts

        due = self.due.isoformat()

        answer = self.answer

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "event": event,
                "kind": kind,
                "subject": subject,
                "state": state,
                "attempts": attempts,
                "due": due,
                "answer": answer,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        event = d.pop("event")

        kind = d.pop("kind")

        subject = d.pop("subject")

        state = check_delivery_shown_state(d.pop("state"))

        attempts = d.pop("attempts")

        due = datetime.datetime.fromisoformat(d.pop("due"))

        answer = d.pop("answer")

        delivery_shown = cls(
            id=id,
            event=event,
            kind=kind,
            subject=subject,
            state=state,
            attempts=attempts,
            due=due,
            answer=answer,
        )

        delivery_shown.additional_properties = d
        return delivery_shown

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
