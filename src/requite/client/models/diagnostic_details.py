from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

if TYPE_CHECKING:
    from ..models.place import Place


T = TypeVar("T", bound="DiagnosticDetails")


@_attrs_define
class DiagnosticDetails:
    """One thing that is wrong with a text, or may be: the same as `requite check --json` tells.

    Attributes:
        code (str):
        severity (str):
        message (str):
        file (str):
        line (int):
        column (int):
        end_line (int):
        end_column (int):
        labels (list[Place]):
        help_ (str):
    """

    code: str
    severity: str
    message: str
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    labels: list[Place]
    help_: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        severity = self.severity

        message = self.message

        file = self.file

        line = self.line

        column = self.column

        end_line = self.end_line

        end_column = self.end_column

        labels = []
        for labels_item_data in self.labels:
            labels_item = labels_item_data.to_dict()
            labels.append(labels_item)

        help_ = self.help_

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "severity": severity,
                "message": message,
                "file": file,
                "line": line,
                "column": column,
                "end_line": end_line,
                "end_column": end_column,
                "labels": labels,
                "help": help_,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.place import Place  # noqa: PLC0415

        d = dict(src_dict)
        code = d.pop("code")

        severity = d.pop("severity")

        message = d.pop("message")

        file = d.pop("file")

        line = d.pop("line")

        column = d.pop("column")

        end_line = d.pop("end_line")

        end_column = d.pop("end_column")

        labels = []
        _labels = d.pop("labels")
        for labels_item_data in _labels:
            labels_item = Place.from_dict(labels_item_data)

            labels.append(labels_item)

        help_ = d.pop("help")

        diagnostic_details = cls(
            code=code,
            severity=severity,
            message=message,
            file=file,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            labels=labels,
            help_=help_,
        )

        diagnostic_details.additional_properties = d
        return diagnostic_details

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
