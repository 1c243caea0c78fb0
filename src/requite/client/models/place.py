from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

T = TypeVar("T", bound="Place")


@_attrs_define
class Place:
    """Something that belongs to a diagnostic, and where it stands.

    Attributes:
        text (str):
        file (str):
        line (int):
        column (int):
        end_line (int):
        end_column (int):
    """

    text: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        text = self.text

        file = self.file

        line = self.line

        column = self.column

        end_line = self.end_line

        end_column = self.end_column

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "text": text,
                "file": file,
                "line": line,
                "column": column,
                "end_line": end_line,
                "end_column": end_column,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        text = d.pop("text")

        file = d.pop("file")

        line = d.pop("line")

        column = d.pop("column")

        end_line = d.pop("end_line")

        end_column = d.pop("end_column")

        place = cls(
            text=text,
            file=file,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
        )

        place.additional_properties = d
        return place

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
