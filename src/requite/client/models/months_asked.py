from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.month_asked import MonthAsked


T = TypeVar("T", bound="MonthsAsked")


@_attrs_define
class MonthsAsked:
    """The dates of several months.

    Attributes:
        months (list[MonthAsked]):
    """

    months: list[MonthAsked]

    def to_dict(self) -> dict[str, Any]:
        months = []
        for months_item_data in self.months:
            months_item = months_item_data.to_dict()
            months.append(months_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "months": months,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.month_asked import MonthAsked  # noqa: PLC0415

        d = dict(src_dict)
        months = []
        _months = d.pop("months")
        for months_item_data in _months:
            months_item = MonthAsked.from_dict(months_item_data)

            months.append(months_item)

        months_asked = cls(
            months=months,
        )

        return months_asked
