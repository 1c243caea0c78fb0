from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.kept_shown_arrival import KeptShownArrival, check_kept_shown_arrival

T = TypeVar("T", bound="KeptShown")


@_attrs_define
class KeptShown:
    """A row that was taken in, by its place among those sent (from 0).

    Attributes:
        index (int):
        key (str):
        arrival (KeptShownArrival):
    """

    index: int
    key: str
    arrival: KeptShownArrival
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        index = self.index

        key = self.key

        arrival: str = self.arrival

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "index": index,
                "key": key,
                "arrival": arrival,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        index = d.pop("index")

        key = d.pop("key")

        arrival = check_kept_shown_arrival(d.pop("arrival"))

        kept_shown = cls(
            index=index,
            key=key,
            arrival=arrival,
        )

        kept_shown.additional_properties = d
        return kept_shown

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
