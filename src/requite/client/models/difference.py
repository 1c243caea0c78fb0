from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.found_difference import FoundDifference
    from ..models.paid_difference import PaidDifference


T = TypeVar("T", bound="Difference")


@_attrs_define
class Difference:
    """How two runs differ: the sums per payee and per check that are not alike, the largest differences first.

    Attributes:
        here (str):
        there (str):
        paid_here (str):
        paid_there (str):
        payments (list[PaidDifference]):
        checks (list[FoundDifference]):
        more (int): Further payees that differ and are not listed.
    """

    here: str
    there: str
    paid_here: str
    paid_there: str
    payments: list[PaidDifference]
    checks: list[FoundDifference]
    more: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        here = self.here

        there = self.there

        paid_here = self.paid_here

        paid_there = self.paid_there

        payments = []
        for payments_item_data in self.payments:
            payments_item = payments_item_data.to_dict()
            payments.append(payments_item)

        checks = []
        for checks_item_data in self.checks:
            checks_item = checks_item_data.to_dict()
            checks.append(checks_item)

        more = self.more

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "here": here,
                "there": there,
                "paid_here": paid_here,
                "paid_there": paid_there,
                "payments": payments,
                "checks": checks,
                "more": more,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.found_difference import FoundDifference  # noqa: PLC0415
        from ..models.paid_difference import PaidDifference  # noqa: PLC0415

        d = dict(src_dict)
        here = d.pop("here")

        there = d.pop("there")

        paid_here = d.pop("paid_here")

        paid_there = d.pop("paid_there")

        payments = []
        _payments = d.pop("payments")
        for payments_item_data in _payments:
            payments_item = PaidDifference.from_dict(payments_item_data)

            payments.append(payments_item)

        checks = []
        _checks = d.pop("checks")
        for checks_item_data in _checks:
            checks_item = FoundDifference.from_dict(checks_item_data)

            checks.append(checks_item)

        more = d.pop("more")

        difference = cls(
            here=here,
            there=there,
            paid_here=paid_here,
            paid_there=paid_there,
            payments=payments,
            checks=checks,
            more=more,
        )

        difference.additional_properties = d
        return difference

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
