from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Declared")


@_attrs_define
class Declared:
    """Something that a text declares.

    Attributes:
        kind (str):
        name (str):
        title (str):
        line (int):
        end_line (int):
    """

    kind: str
    name: str
    title: str
    line: int
    end_line: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind

        name = self.name

        title = self.title

        line = self.line

        end_line = self.end_line

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "kind": kind,
                "name": name,
                "title": title,
                "line": line,
                "end_line": end_line,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = d.pop("kind")

        name = d.pop("name")

        title = d.pop("title")

        line = d.pop("line")

        end_line = d.pop("end_line")

        declared = cls(
            kind=kind,
            name=name,
            title=title,
            line=line,
            end_line=end_line,
        )

        declared.additional_properties = d
        return declared

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
