from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.role import Role, check_role

T = TypeVar("T", bound="Me")


@_attrs_define
class Me:
    """Who is calling, as the service sees them.

    Attributes:
        org (str):
        name (str):
        role (Role): What a caller is. A hospital sees only the challenges that it is asked to answer.
        provider (None | str): The hospital's code, for a hospital alone.
        may (list[str]):
    """

    org: str
    name: str
    role: Role
    provider: None | str
    may: list[str]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        org = self.org

        name = self.name

        role: str = self.role

        provider: None | str
        provider = self.provider

        may = self.may

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "org": org,
                "name": name,
                "role": role,
                "provider": provider,
                "may": may,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        org = d.pop("org")

        name = d.pop("name")

        role = check_role(d.pop("role"))

        def _parse_provider(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        provider = _parse_provider(d.pop("provider"))

        may = cast(list[str], d.pop("may"))

        me = cls(
            org=org,
            name=name,
            role=role,
            provider=provider,
            may=may,
        )

        me.additional_properties = d
        return me

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
