from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.line_told import LineTold


T = TypeVar("T", bound="PositionTold")


@_attrs_define
class PositionTold:
    """Where the challenges of a month stand, or of all months.

    Attributes:
        month (None | str):
        lines (list[LineTold]):
        total (LineTold): The challenges of one provider by one check. All that were raised went one of the `ways`, or
            stand there.
    """

    month: None | str
    lines: list[LineTold]
    total: LineTold
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        month: None | str
        month = self.month

        lines = []
        for lines_item_data in self.lines:
            lines_item = lines_item_data.to_dict()
            lines.append(lines_item)

        total = self.total.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "month": month,
                "lines": lines,
                "total": total,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.line_told import LineTold  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_month(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        month = _parse_month(d.pop("month"))

        lines = []
        _lines = d.pop("lines")
        for lines_item_data in _lines:
            lines_item = LineTold.from_dict(lines_item_data)

            lines.append(lines_item)

        total = LineTold.from_dict(d.pop("total"))

        position_told = cls(
            month=month,
            lines=lines,
            total=total,
        )

        position_told.additional_properties = d
        return position_told

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
