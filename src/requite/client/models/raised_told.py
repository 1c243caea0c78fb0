from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.not_raised import NotRaised


T = TypeVar("T", bound="RaisedTold")


@_attrs_define
class RaisedTold:
    """What became of the findings that a run challenges: found = raised + already + refused.

    Attributes:
        found (int):
        raised (int):
        already (int): Claims that are or were challenged before.
        refused (int):
        not_raised (list[NotRaised]): Of those that are refused the first 100, and why.
    """

    found: int
    raised: int
    already: int
    refused: int
    not_raised: list[NotRaised]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        found = self.found

        raised = self.raised

        already = self.already

        refused = self.refused

        not_raised = []
        for not_raised_item_data in self.not_raised:
            not_raised_item = not_raised_item_data.to_dict()
            not_raised.append(not_raised_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "found": found,
                "raised": raised,
                "already": already,
                "refused": refused,
                "not_raised": not_raised,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.not_raised import NotRaised  # noqa: PLC0415

        d = dict(src_dict)
        found = d.pop("found")

        raised = d.pop("raised")

        already = d.pop("already")

        refused = d.pop("refused")

        not_raised = []
        _not_raised = d.pop("not_raised")
        for not_raised_item_data in _not_raised:
            not_raised_item = NotRaised.from_dict(not_raised_item_data)

            not_raised.append(not_raised_item)

        raised_told = cls(
            found=found,
            raised=raised,
            already=already,
            refused=refused,
            not_raised=not_raised,
        )

        raised_told.additional_properties = d
        return raised_told

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
