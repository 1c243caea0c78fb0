from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.published_state import PublishedState, check_published_state

if TYPE_CHECKING:
    from ..models.diagnostic_details import DiagnosticDetails


T = TypeVar("T", bound="Published")


@_attrs_define
class Published:
    """A version, whether it is new, and what the checker warns of.

    Attributes:
        id (str):
        name (str):
        title (str):
        hash_ (str): SHA-256 over all texts.
        main (str):
        files (list[str]):
        state (PublishedState):
        created_at (datetime.datetime):
        created_by (str):
        approved_at (datetime.datetime | None):
        approved_by (None | str):
        note (str):
        is_new (bool): False where the same texts had been published before.
        diagnostics (list[DiagnosticDetails]):
    """

    id: str
    name: str
    title: str
    hash_: str
    main: str
    files: list[str]
    state: PublishedState
    created_at: datetime.datetime
    created_by: str
    approved_at: datetime.datetime | None
    approved_by: None | str
    note: str
    is_new: bool
    diagnostics: list[DiagnosticDetails]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        title = self.title

        hash_ = self.hash_

        main = self.main

        files = self.files

        state: str = self.state

        created_at = self.created_at.isoformat()

        created_by = self.created_by

        approved_at: None | str
        if isinstance(self.approved_at, datetime.datetime):
            approved_at = self.approved_at.isoformat()
        else:
            approved_at = self.approved_at

        approved_by: None | str
        approved_by = self.approved_by

        note = self.note

        is_new = self.is_new

        diagnostics = []
        for diagnostics_item_data in self.diagnostics:
            diagnostics_item = diagnostics_item_data.to_dict()
            diagnostics.append(diagnostics_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "name": name,
                "title": title,
                "hash": hash_,
                "main": main,
                "files": files,
                "state": state,
                "created_at": created_at,
                "created_by": created_by,
                "approved_at": approved_at,
                "approved_by": approved_by,
                "note": note,
                "is_new": is_new,
                "diagnostics": diagnostics,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.diagnostic_details import DiagnosticDetails  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        title = d.pop("title")

        hash_ = d.pop("hash")

        main = d.pop("main")

        files = cast(list[str], d.pop("files"))

        state = check_published_state(d.pop("state"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        created_by = d.pop("created_by")

        def _parse_approved_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                approved_at_type_0 = datetime.datetime.fromisoformat(data)

                return approved_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        approved_at = _parse_approved_at(d.pop("approved_at"))

        def _parse_approved_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        approved_by = _parse_approved_by(d.pop("approved_by"))

        note = d.pop("note")

        is_new = d.pop("is_new")

        diagnostics = []
        _diagnostics = d.pop("diagnostics")
        for diagnostics_item_data in _diagnostics:
            diagnostics_item = DiagnosticDetails.from_dict(diagnostics_item_data)

            diagnostics.append(diagnostics_item)

        published = cls(
            id=id,
            name=name,
            title=title,
            hash_=hash_,
            main=main,
            files=files,
            state=state,
            created_at=created_at,
            created_by=created_by,
            approved_at=approved_at,
            approved_by=approved_by,
            note=note,
            is_new=is_new,
            diagnostics=diagnostics,
        )

        published.additional_properties = d
        return published

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
