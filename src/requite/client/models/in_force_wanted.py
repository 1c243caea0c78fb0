from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="InForceWanted")


@_attrs_define
class InForceWanted:
    """That a version shall be in force from a day on, which may lie in the past.

    Attributes:
        version (str):
        starts (datetime.date):
    """

    version: str
    starts: datetime.date

    def to_dict(self) -> dict[str, Any]:
        version = self.version

        starts = self.starts.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "version": version,
                "starts": starts,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        version = d.pop("version")

        starts = datetime.date.fromisoformat(d.pop("starts"))

        in_force_wanted = cls(
            version=version,
            starts=starts,
        )

        return in_force_wanted
