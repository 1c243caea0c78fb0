from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.possible import Possible


T = TypeVar("T", bound="Refused")


@_attrs_define
class Refused:
    """A challenge that could not be moved, why, and what can be done with it.

    Attributes:
        id (str):
        state (None | str):
        why (str):
        possible (list[Possible]):
    """

    id: str
    state: None | str
    why: str
    possible: list[Possible]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        state: None | str
        state = self.state

        why = self.why

        possible = []
        for possible_item_data in self.possible:
            possible_item = possible_item_data.to_dict()
            possible.append(possible_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
                "why": why,
                "possible": possible,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.possible import Possible  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_state(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        state = _parse_state(d.pop("state"))

        why = d.pop("why")

        possible = []
        _possible = d.pop("possible")
        for possible_item_data in _possible:
            possible_item = Possible.from_dict(possible_item_data)

            possible.append(possible_item)

        refused = cls(
            id=id,
            state=state,
            why=why,
            possible=possible,
        )

        refused.additional_properties = d
        return refused

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
