from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="AmountsTold")


@_attrs_define
class AmountsTold:
    """So many challenges, and their amounts. `received` is what of credit and penalty has been credited.

    Attributes:
        count (int):
        claimed (str):
        agreed (str):
        credit (str):
        penalty (str):
        received (str):
    """

    count: int
    claimed: str
    agreed: str
    credit: str
    penalty: str
    received: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        count = self.count

        claimed = self.claimed

        agreed = self.agreed

        credit = self.credit

        penalty = self.penalty

        received = self.received

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "count": count,
                "claimed": claimed,
                "agreed": agreed,
                "credit": credit,
                "penalty": penalty,
                "received": received,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        count = d.pop("count")

        claimed = d.pop("claimed")

        agreed = d.pop("agreed")

        credit = d.pop("credit")

        penalty = d.pop("penalty")

        received = d.pop("received")

        amounts_told = cls(
            count=count,
            claimed=claimed,
            agreed=agreed,
            credit=credit,
            penalty=penalty,
            received=received,
        )

        amounts_told.additional_properties = d
        return amounts_told

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
