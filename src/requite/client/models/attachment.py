from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Attachment")


@_attrs_define
class Attachment:
    """A paper that belongs to a move: what it is called, and where it is kept. Requite keeps no files.

    Attributes:
        name (str):
        reference (str):
    """

    name: str
    reference: str

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        reference = self.reference

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "reference": reference,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        reference = d.pop("reference")

        attachment = cls(
            name=name,
            reference=reference,
        )

        return attachment
