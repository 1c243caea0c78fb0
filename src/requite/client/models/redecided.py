from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.decision_shown import DecisionShown
    from ..models.version_shown import VersionShown


T = TypeVar("T", bound="Redecided")


@_attrs_define
class Redecided:
    """What came of it. `next` is null at the end.

    Attributes:
        version (VersionShown): The version in force, which decided.
        decided (int):
        changed (list[DecisionShown]):
        next_ (None | str):
    """

    version: VersionShown
    decided: int
    changed: list[DecisionShown]
    next_: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        version = self.version.to_dict()

        decided = self.decided

        changed = []
        for changed_item_data in self.changed:
            changed_item = changed_item_data.to_dict()
            changed.append(changed_item)

        next_: None | str
        next_ = self.next_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "version": version,
                "decided": decided,
                "changed": changed,
                "next": next_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.decision_shown import DecisionShown  # noqa: PLC0415
        from ..models.version_shown import VersionShown  # noqa: PLC0415

        d = dict(src_dict)
        version = VersionShown.from_dict(d.pop("version"))

        decided = d.pop("decided")

        changed = []
        _changed = d.pop("changed")
        for changed_item_data in _changed:
            changed_item = DecisionShown.from_dict(changed_item_data)

            changed.append(changed_item)

        def _parse_next_(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_ = _parse_next_(d.pop("next"))

        redecided = cls(
            version=version,
            decided=decided,
            changed=changed,
            next_=next_,
        )

        redecided.additional_properties = d
        return redecided

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
