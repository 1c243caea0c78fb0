from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.end import End


T = TypeVar("T", bound="TriedShown")


@_attrs_define
class TriedShown:
    """What a claim would be decided.

    Attributes:
        index (int):
        record (str):
        key (str):
        ends (list[End]):
    """

    index: int
    record: str
    key: str
    ends: list[End]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        index = self.index

        record = self.record

        key = self.key

        ends = []
        for ends_item_data in self.ends:
            ends_item = ends_item_data.to_dict()
            ends.append(ends_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "index": index,
                "record": record,
                "key": key,
                "ends": ends,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.end import End  # noqa: PLC0415

        d = dict(src_dict)
        index = d.pop("index")

        record = d.pop("record")

        key = d.pop("key")

        ends = []
        _ends = d.pop("ends")
        for ends_item_data in _ends:
            ends_item = End.from_dict(ends_item_data)

            ends.append(ends_item)

        tried_shown = cls(
            index=index,
            record=record,
            key=key,
            ends=ends,
        )

        tried_shown.additional_properties = d
        return tried_shown

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
