from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.stretch import Stretch


T = TypeVar("T", bound="RulesetShown")


@_attrs_define
class RulesetShown:
    """A ruleset: its versions in number, the one in force today, and when which is, as far as is known.

    Attributes:
        name (str):
        title (str):
        versions (int):
        in_force (None | str): The id of the version in force today by the organisation's clock.
        timeline (list[Stretch]):
    """

    name: str
    title: str
    versions: int
    in_force: None | str
    timeline: list[Stretch]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        title = self.title

        versions = self.versions

        in_force: None | str
        in_force = self.in_force

        timeline = []
        for timeline_item_data in self.timeline:
            timeline_item = timeline_item_data.to_dict()
            timeline.append(timeline_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "title": title,
                "versions": versions,
                "in_force": in_force,
                "timeline": timeline,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.stretch import Stretch  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        title = d.pop("title")

        versions = d.pop("versions")

        def _parse_in_force(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        in_force = _parse_in_force(d.pop("in_force"))

        timeline = []
        _timeline = d.pop("timeline")
        for timeline_item_data in _timeline:
            timeline_item = Stretch.from_dict(timeline_item_data)

            timeline.append(timeline_item)

        ruleset_shown = cls(
            name=name,
            title=title,
            versions=versions,
            in_force=in_force,
            timeline=timeline,
        )

        ruleset_shown.additional_properties = d
        return ruleset_shown

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
