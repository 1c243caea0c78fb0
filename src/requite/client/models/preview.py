from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.reject import Reject
    from ..models.tried_shown import TriedShown
    from ..models.version_shown import VersionShown


T = TypeVar("T", bound="Preview")


@_attrs_define
class Preview:
    """What claims would be decided, were they sent. Nothing of it is kept.

    Attributes:
        ruleset (str):
        version (VersionShown): The version in force, which decided.
        received (int):
        decided (list[TriedShown]):
        rejected (list[Reject]):
    """

    ruleset: str
    version: VersionShown
    received: int
    decided: list[TriedShown]
    rejected: list[Reject]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ruleset = self.ruleset

        version = self.version.to_dict()

        received = self.received

        decided = []
        for decided_item_data in self.decided:
            decided_item = decided_item_data.to_dict()
            decided.append(decided_item)

        rejected = []
        for rejected_item_data in self.rejected:
            rejected_item = rejected_item_data.to_dict()
            rejected.append(rejected_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ruleset": ruleset,
                "version": version,
                "received": received,
                "decided": decided,
                "rejected": rejected,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.reject import Reject  # noqa: PLC0415
        from ..models.tried_shown import TriedShown  # noqa: PLC0415
        from ..models.version_shown import VersionShown  # noqa: PLC0415

        d = dict(src_dict)
        ruleset = d.pop("ruleset")

        version = VersionShown.from_dict(d.pop("version"))

        received = d.pop("received")

        decided = []
        _decided = d.pop("decided")
        for decided_item_data in _decided:
            decided_item = TriedShown.from_dict(decided_item_data)

            decided.append(decided_item)

        rejected = []
        _rejected = d.pop("rejected")
        for rejected_item_data in _rejected:
            rejected_item = Reject.from_dict(rejected_item_data)

            rejected.append(rejected_item)

        preview = cls(
            ruleset=ruleset,
            version=version,
            received=received,
            decided=decided,
            rejected=rejected,
        )

        preview.additional_properties = d
        return preview

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
