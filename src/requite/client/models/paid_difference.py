from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="PaidDifference")


@_attrs_define
class PaidDifference:
    """What one payee gets of one payment in two runs.

    Attributes:
        payment (str):
        payee (str):
        here (str):
        there (str):
        difference (str): Here less there.
    """

    payment: str
    payee: str
    here: str
    there: str
    difference: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        payment = self.payment

        payee = self.payee

        here = self.here

        there = self.there

        difference = self.difference

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "payment": payment,
                "payee": payee,
                "here": here,
                "there": there,
                "difference": difference,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        payment = d.pop("payment")

        payee = d.pop("payee")

        here = d.pop("here")

        there = d.pop("there")

        difference = d.pop("difference")

        paid_difference = cls(
            payment=payment,
            payee=payee,
            here=here,
            there=there,
            difference=difference,
        )

        paid_difference.additional_properties = d
        return paid_difference

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
