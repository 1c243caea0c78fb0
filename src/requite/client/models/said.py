from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Said")


@_attrs_define
class Said:
    """That somebody said, at a moment, that a version is in force from a day on.

    Attributes:
        ruleset (str):
        version (str):
        starts (datetime.date):
        known_from (datetime.datetime):
        said_by (str):
    """

    ruleset: str
    version: str
    starts: datetime.date
    known_from: datetime.datetime
    said_by: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        ruleset = self.ruleset

        version = self.version

        starts = self.starts.isoformat()

        known_from = self.known_from.isoformat()

        said_by = self.said_by

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "ruleset": ruleset,
                "version": version,
                "starts": starts,
                "known_from": known_from,
                "said_by": said_by,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ruleset = d.pop("ruleset")

        version = d.pop("version")

        starts = datetime.date.fromisoformat(d.pop("starts"))

        known_from = datetime.datetime.fromisoformat(d.pop("known_from"))

        said_by = d.pop("said_by")

        said = cls(
            ruleset=ruleset,
            version=version,
            starts=starts,
            known_from=known_from,
            said_by=said_by,
        )

        said.additional_properties = d
        return said

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
