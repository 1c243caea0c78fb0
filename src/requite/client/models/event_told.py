from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.event_told_attachments_item import EventToldAttachmentsItem
    from ..models.event_told_detail import EventToldDetail


T = TypeVar("T", bound="EventTold")


@_attrs_define
class EventTold:
    """Something that happened to a challenge: who did it, when and why.

    Attributes:
        number (int):
        move (str):
        before (str):
        after (str):
        at (datetime.datetime):
        by (str):
        why (str):
        amount (None | str):
        attachments (list[EventToldAttachmentsItem]):
        detail (EventToldDetail):
    """

    number: int
    move: str
    before: str
    after: str
    at: datetime.datetime
    by: str
    why: str
    amount: None | str
    attachments: list[EventToldAttachmentsItem]
    detail: EventToldDetail
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        number = self.number

        move = self.move

        before = self.before

        after = self.after

        at = self.at.isoformat()

        by = self.by

        why = self.why

        amount: None | str
        amount = self.amount

        attachments = []
        for attachments_item_data in self.attachments:
            attachments_item = attachments_item_data.to_dict()
            attachments.append(attachments_item)

        detail = self.detail.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "move": move,
                "before": before,
                "after": after,
                "at": at,
                "by": by,
                "why": why,
                "amount": amount,
                "attachments": attachments,
                "detail": detail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.event_told_attachments_item import EventToldAttachmentsItem  # noqa: PLC0415
        from ..models.event_told_detail import EventToldDetail  # noqa: PLC0415

        d = dict(src_dict)
        number = d.pop("number")

        move = d.pop("move")

        before = d.pop("before")

        after = d.pop("after")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        by = d.pop("by")

        why = d.pop("why")

        def _parse_amount(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        amount = _parse_amount(d.pop("amount"))

        attachments = []
        _attachments = d.pop("attachments")
        for attachments_item_data in _attachments:
            attachments_item = EventToldAttachmentsItem.from_dict(attachments_item_data)

            attachments.append(attachments_item)

        detail = EventToldDetail.from_dict(d.pop("detail"))

        event_told = cls(
            number=number,
            move=move,
            before=before,
            after=after,
            at=at,
            by=by,
            why=why,
            amount=amount,
            attachments=attachments,
            detail=detail,
        )

        event_told.additional_properties = d
        return event_told

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
