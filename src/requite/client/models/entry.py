from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.entry_detail import EntryDetail


T = TypeVar("T", bound="Entry")


@_attrs_define
class Entry:
    """Something that was done. `hash` covers it and the hash before it.

    Attributes:
        number (int):
        at (datetime.datetime):
        by (str):
        action (str):
        subject (str):
        detail (EntryDetail):
        before (str):
        hash_ (str):
    """

    number: int
    at: datetime.datetime
    by: str
    action: str
    subject: str
    detail: EntryDetail
    before: str
    hash_: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        number = self.number

        at = self.at.isoformat()

        by = self.by

        action = self.action

        subject = self.subject

        detail = self.detail.to_dict()

        before = self.before

        hash_ = self.hash_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "at": at,
                "by": by,
                "action": action,
                "subject": subject,
                "detail": detail,
                "before": before,
                "hash": hash_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.entry_detail import EntryDetail  # noqa: PLC0415

        d = dict(src_dict)
        number = d.pop("number")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        by = d.pop("by")

        action = d.pop("action")

        subject = d.pop("subject")

        detail = EntryDetail.from_dict(d.pop("detail"))

        before = d.pop("before")

        hash_ = d.pop("hash")

        entry = cls(
            number=number,
            at=at,
            by=by,
            action=action,
            subject=subject,
            detail=detail,
            before=before,
            hash_=hash_,
        )

        entry.additional_properties = d
        return entry

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
