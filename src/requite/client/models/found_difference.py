from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="FoundDifference")


@_attrs_define
class FoundDifference:
    """What one check found in two runs.

    Attributes:
        check (str):
        here (int):
        there (int):
        overcharge_here (str):
        overcharge_there (str):
        difference (str): Overcharges here less those there.
    """

    check: str
    here: int
    there: int
    overcharge_here: str
    overcharge_there: str
    difference: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        check = self.check

        here = self.here

        there = self.there

        overcharge_here = self.overcharge_here

        overcharge_there = self.overcharge_there

        difference = self.difference

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "check": check,
                "here": here,
                "there": there,
                "overcharge_here": overcharge_here,
                "overcharge_there": overcharge_there,
                "difference": difference,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        check = d.pop("check")

        here = d.pop("here")

        there = d.pop("there")

        overcharge_here = d.pop("overcharge_here")

        overcharge_there = d.pop("overcharge_there")

        difference = d.pop("difference")

        found_difference = cls(
            check=check,
            here=here,
            there=there,
            overcharge_here=overcharge_here,
            overcharge_there=overcharge_there,
            difference=difference,
        )

        found_difference.additional_properties = d
        return found_difference

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
