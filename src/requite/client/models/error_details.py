from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.error_details_detail import ErrorDetailsDetail


T = TypeVar("T", bound="ErrorDetails")


@_attrs_define
class ErrorDetails:
    """One thing that is wrong with data or a request: the same shape as the command line's.

    Attributes:
        code (str):
        message (str):
        record (str | Unset):  Default: ''.
        file (str | Unset):  Default: ''.
        help_ (str | Unset):  Default: ''.
        detail (ErrorDetailsDetail | Unset):
    """

    code: str
    message: str
    record: str | Unset = ""
    file: str | Unset = ""
    help_: str | Unset = ""
    detail: ErrorDetailsDetail | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        message = self.message

        record = self.record

        file = self.file

        help_ = self.help_

        detail: dict[str, Any] | Unset = UNSET
        if not isinstance(self.detail, Unset):
            detail = self.detail.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "code": code,
                "message": message,
            }
        )
        if record is not UNSET:
            field_dict["record"] = record
        if file is not UNSET:
            field_dict["file"] = file
        if help_ is not UNSET:
            field_dict["help"] = help_
        if detail is not UNSET:
            field_dict["detail"] = detail

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.error_details_detail import ErrorDetailsDetail  # noqa: PLC0415

        d = dict(src_dict)
        code = d.pop("code")

        message = d.pop("message")

        record = d.pop("record", UNSET)

        file = d.pop("file", UNSET)

        help_ = d.pop("help", UNSET)

        _detail = d.pop("detail", UNSET)
        detail: ErrorDetailsDetail | Unset
        if isinstance(_detail, Unset):
            detail = UNSET
        else:
            detail = ErrorDetailsDetail.from_dict(_detail)

        error_details = cls(
            code=code,
            message=message,
            record=record,
            file=file,
            help_=help_,
            detail=detail,
        )

        error_details.additional_properties = d
        return error_details

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
