from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="MovedTold")


@_attrs_define
class MovedTold:
    """A challenge that was moved, and where it stands now.

    Attributes:
        id (str):
        state (str):
        revision (int):
        credit (None | str):
        penalty (None | str):
    """

    id: str
    state: str
    revision: int
    credit: None | str
    penalty: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        state = self.state

        revision = self.revision

        credit: None | str
        credit = self.credit

        penalty: None | str
        penalty = self.penalty

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "revision": revision,
                "credit": credit,
                "penalty": penalty,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        state = d.pop("state")

        revision = d.pop("revision")

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

        moved_told = cls(
            id=id,
            state=state,
            revision=revision,
            credit=credit,
            penalty=penalty,
        )

        moved_told.additional_properties = d
        return moved_told

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
