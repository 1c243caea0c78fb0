from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="RunInput")


@_attrs_define
class RunInput:
    """Where the rows of a record come from: one or several uploads, or a configured source.

    Attributes:
        upload (list[str] | None | str | Unset): The id of an upload, or of several.
        sheet (str | Unset): The sheet of a workbook; else its first. Default: ''.
        source (None | str | Unset): A configured source by its name, or a file or folder below the organisation's
            folder of data.
    """

    upload: list[str] | None | str | Unset = UNSET
    sheet: str | Unset = ""
    source: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        upload: list[str] | None | str | Unset
        if isinstance(self.upload, Unset):
            upload = UNSET
        elif isinstance(self.upload, list):
            upload = self.upload

        else:
            upload = self.upload

        sheet = self.sheet

        source: None | str | Unset
        if isinstance(self.source, Unset):
            source = UNSET
        else:
            source = self.source

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if upload is not UNSET:
            field_dict["upload"] = upload
        if sheet is not UNSET:
            field_dict["sheet"] = sheet
        if source is not UNSET:
            field_dict["source"] = source

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_upload(data: object) -> list[str] | None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                upload_type_1 = cast(list[str], data)

                return upload_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | str | Unset, data)

        upload = _parse_upload(d.pop("upload", UNSET))

        sheet = d.pop("sheet", UNSET)

        def _parse_source(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        source = _parse_source(d.pop("source", UNSET))

        run_input = cls(
            upload=upload,
            sheet=sheet,
            source=source,
        )

        return run_input
