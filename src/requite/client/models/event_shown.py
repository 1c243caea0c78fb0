from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.event_shown_payload import EventShownPayload


T = TypeVar("T", bound="EventShown")


@_attrs_define
class EventShown:
    """Something that happened. It names things by their ids and keys, never a patient.

    Attributes:
        number (int): Its place among the organisation's events: later events have higher numbers.
        id (str):
        kind (str):
        subject (str): What it happened to.
        payload (EventShownPayload):
        at (datetime.datetime):
    """

    number: int
    id: str
    kind: str
    subject: str
    payload: EventShownPayload
    at: datetime.datetime
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        number = self.number

        id = self.id

        kind = self.kind

        subject = self.subject

        payload = self.payload.to_dict()

        at = self.at.isoformat()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "id": id,
                "kind": kind,
                "subject": subject,
                "payload": payload,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.event_shown_payload import EventShownPayload  # noqa: PLC0415

        d = dict(src_dict)
        number = d.pop("number")

        id = d.pop("id")

        kind = d.pop("kind")

        subject = d.pop("subject")

        payload = EventShownPayload.from_dict(d.pop("payload"))

        at = datetime.datetime.fromisoformat(d.pop("at"))

        event_shown = cls(
            number=number,
            id=id,
            kind=kind,
            subject=subject,
            payload=payload,
            at=at,
        )

        event_shown.additional_properties = d
        return event_shown

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
