from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Reject")


@_attrs_define
class Reject:
    """A row that was not taken in, by its place among those sent (from 0), and why. Only the sender sees what was in it.

    Attributes:
        index (int):
        record (str):
        field (str):
        value (str):
        reason (str):
    """

    index: int
    record: str
    field: str
    value: str
    reason: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        index = self.index

        record = self.record

        field = self.field

        value = self.value

        reason = self.reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "index": index,
                "record": record,
                "field": field,
                "value": value,
                "reason": reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        index = d.pop("index")

        record = d.pop("record")

        field = d.pop("field")

        value = d.pop("value")

        reason = d.pop("reason")

        reject = cls(
            index=index,
            record=record,
            field=field,
            value=value,
            reason=reason,
        )

        reject.additional_properties = d
        return reject

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
